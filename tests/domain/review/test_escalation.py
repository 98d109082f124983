"""Who is alerted about an item, and when: the ladder, and how close together alerts to one person may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.review import escalation
from plans.domain.review.deadlines import read_opening
from plans.domain.review.escalation import (
    CEILING,
    MOST_AN_HOUR,
    TIER_NUMBERS,
    URGENT,
    Tier,
    climb,
    high_at,
    send_at,
)

RAISED = datetime(2026, 11, 28, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW_YORK = read_opening(
    "America/New_York",
    {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    ("2026-11-30",),
)


def night() -> list[tuple[int, str, int]]:
    """Every round of a night and a day in which nobody claims: minutes after the item was raised, who, channel."""
    at, rung, found = RAISED, 0, []
    while at <= RAISED + timedelta(hours=24):
        made = climb(rung, since=RAISED, now=at)
        found += [((at - RAISED) // MINUTE, step.who.value, step.channel) for step in made.rungs]
        rung, at = made.rung, made.next_at
    return found


def test_the_first_is_alerted_at_once_then_by_another_channel_then_the_second_then_everybody() -> None:
    assert night()[:5] == [
        (0, "first_on_duty", 1),
        (5, "first_on_duty", 2),
        (15, "second_on_duty", 1),
        (20, "second_on_duty", 2),
        (30, "everybody", 1),
    ]


def test_after_the_first_hour_repeats_come_less_and_less_often_up_to_the_ceiling() -> None:
    assert [at for at, _who, _channel in night()[5:]] == [60, 120, 240, 480, 960, 1440]


def test_every_reach_has_a_tier_and_the_ladder_never_steps_down() -> None:
    assert TIER_NUMBERS.keys() == set(Tier)
    tiers = [TIER_NUMBERS[step.who] for step in URGENT]
    assert tiers == sorted(tiers)
    assert [step.after for step in URGENT] == sorted({step.after for step in URGENT})
    assert URGENT[-1].after == timedelta(hours=1)


def test_what_a_silence_passed_over_is_due_together() -> None:
    made = climb(1, since=RAISED, now=RAISED + 33 * MINUTE)
    assert {(step.who.value, step.channel) for step in made.rungs} == {
        ("first_on_duty", 2),
        ("second_on_duty", 1),
        ("second_on_duty", 2),
        ("everybody", 1),
    }
    assert made.next_at == RAISED + 60 * MINUTE


def test_by_hand_the_next_who_were_not_reached_yet_are_next() -> None:
    assert [URGENT[escalation.rung_above(tier)].who.value for tier in (1, 2, 3)] == [
        "second_on_duty",
        "everybody",
        "everybody",
    ]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-27T10:00-05:00", "2026-11-27T10:00-05:00"),
        # A Saturday, and the Monday is a holiday.
        ("2026-11-28T10:00-05:00", "2026-12-01T08:00-05:00"),
        ("2026-11-27T16:59-05:00", "2026-11-27T16:59-05:00"),
        ("2026-11-27T17:00-05:00", "2026-12-01T08:00-05:00"),
    ],
)
def test_the_one_alert_of_a_high_item_waits_for_opening_hours(now: str, due: str) -> None:
    assert high_at(datetime.fromisoformat(now), NEW_YORK) == datetime.fromisoformat(due)


def test_a_clinic_that_never_opens_is_alerted_at_once() -> None:
    assert high_at(RAISED, read_opening("America/New_York", {})) == RAISED


def test_an_urgent_alert_waits_two_minutes_after_another_and_one_that_is_not_urgent_an_hour() -> None:
    assert send_at([], RAISED, urgent=True) == RAISED
    assert send_at([RAISED - MINUTE], RAISED, urgent=True) == RAISED + MINUTE
    assert send_at([RAISED - 5 * MINUTE], RAISED, urgent=True) == RAISED
    assert send_at([RAISED - 5 * MINUTE], RAISED, urgent=False) == RAISED + 55 * MINUTE


@given(
    st.lists(st.integers(1, 20_000), max_size=40),
    st.integers(0, 12),
    st.integers(0, 100_000),
)
def test_an_urgent_item_that_nobody_claims_is_never_silent_for_longer_than_the_ceiling(
    late: list[int], rung: int, begun: int
) -> None:
    """However late each tick comes, and wherever on the ladder it finds the item."""
    now = RAISED + begun * MINUTE
    for seconds in [0, *late]:
        now += timedelta(seconds=seconds)
        made = climb(rung, since=RAISED, now=now)
        assert made.rungs
        assert now < made.next_at <= now + CEILING
        assert made.rung > rung
        rung, now = made.rung, made.next_at


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=120))
def test_nobody_gets_more_alerts_in_an_hour_than_the_most(wanted: list[tuple[int, bool]]) -> None:
    """Whatever is raised when: each waits until it may be sent, and carries all that came meanwhile."""
    now = RAISED
    sent: list[datetime] = []
    for seconds, urgent in wanted:
        now += timedelta(seconds=seconds)
        now = send_at(sent, now, urgent=urgent)
        sent.append(now)
    for at in sent:
        assert sum(at - escalation.HOUR < other <= at for other in sent) <= MOST_AN_HOUR


@given(st.lists(st.integers(0, 900), max_size=60), st.integers(0, 900))
def test_an_urgent_alert_never_waits_longer_than_ten_minutes(gaps: list[int], after: int) -> None:
    now = RAISED
    sent: list[datetime] = []
    for seconds in gaps:
        now = send_at(sent, now + timedelta(seconds=seconds), urgent=True)
        sent.append(now)
    wanted = now + timedelta(seconds=after)
    assert send_at(sent, wanted, urgent=True) <= wanted + escalation.APART_WHEN_MANY
