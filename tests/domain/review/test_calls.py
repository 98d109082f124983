"""Whom to call: reasons, order of worry, waiting, "do not call", and when to call again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from plans.domain.errors import Refused
from plans.domain.review import calls
from plans.domain.review.calls import (
    CallFacts,
    CallNeed,
    CallReason,
    CallResult,
    LastCall,
    NoCall,
    Stand,
    Worry,
)
from plans.domain.review.deadlines import read_opening

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
"""A Monday, nine in the morning in New York."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
OPENING = read_opening("America/New_York", WEEK)
SILENT = CallFacts(missed=1, missed_at=NOW - DAY)


def needed(facts: CallFacts, now: datetime = NOW) -> CallNeed:
    found = calls.need(facts, now)
    assert found is not None
    return found


def tried(result: CallResult, ago: timedelta, again: timedelta | None = None) -> LastCall:
    return LastCall(NOW - ago, result, NOW + again if again is not None else None)


# ── reasons and worry ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "reasons", "worry"),
    [
        (SILENT, "missed", Worry.SOON),
        (replace(SILENT, missed=2), "missed", Worry.HIGH),
        (replace(SILENT, item=1), "missed", Worry.HIGH),
        (replace(SILENT, item=0), "missed", Worry.URGENT),
        (replace(SILENT, item=2), "missed", Worry.SOON),
        (CallFacts(asked="today", asked_at=NOW - HOUR), "asked_today", Worry.HIGH),
        (CallFacts(asked="week", asked_at=NOW - HOUR), "asked_week", Worry.ROUTINE),
        (CallFacts(agreed_at=NOW - HOUR), "callback", Worry.AGREED),
        (CallFacts(agreed_at=NOW), "callback", Worry.AGREED),
        (CallFacts(open=((NOW - HOUR, NOW + 2 * DAY),)), "by_phone", Worry.ROUTINE),
        (CallFacts(open=((NOW - HOUR, NOW + DAY),)), "by_phone", Worry.SOON),
        (
            replace(SILENT, asked="today", asked_at=NOW - 2 * DAY, agreed_at=NOW - HOUR),
            "asked_today callback missed",
            Worry.HIGH,
        ),
    ],
)
def test_a_patient_is_called_for_these_reasons_and_worries_as_much(
    facts: CallFacts, reasons: str, worry: Worry
) -> None:
    found = needed(facts)
    assert [one.value for one in found.reasons] == reasons.split()
    assert found.worry is worry
    assert found.stand is Stand.NOW


@pytest.mark.parametrize(
    "facts",
    [
        CallFacts(),
        CallFacts(item=0),
        CallFacts(open=((NOW + HOUR, NOW + DAY),)),
        CallFacts(open=((NOW - DAY, NOW),)),
        replace(SILENT, missed=0),
    ],
)
def test_nobody_is_called_for_nothing(facts: CallFacts) -> None:
    assert calls.need(facts, NOW) is None


def test_the_most_worrying_come_first_and_then_who_has_waited_longest() -> None:
    later, earlier = SILENT, replace(SILENT, missed_at=NOW - 2 * DAY)
    urgent = replace(SILENT, item=0, missed_at=NOW - HOUR)
    week = CallFacts(asked="week", asked_at=NOW - 30 * DAY)
    ordered = sorted([week, later, earlier, urgent], key=lambda one: needed(one).order)
    assert ordered == [urgent, earlier, later, week]
    assert needed(week).order < calls.NO_WORRY


# ── what a call changes ───────────────────────────────────────────────────────────────────────────────────────


def test_whoever_was_reached_is_not_called_again_until_something_new_comes_up() -> None:
    reached = replace(SILENT, reached_at=NOW - HOUR, last=tried(CallResult.REACHED, HOUR))
    assert calls.need(reached, NOW) is None
    assert needed(replace(reached, asked="today", asked_at=NOW)).reasons == (CallReason.ASKED_TODAY,)
    assert needed(replace(reached, missed=2, missed_at=NOW)).reasons == (CallReason.MISSED,)


def test_after_no_answer_a_patient_waits_until_the_time_to_try_again() -> None:
    waits = replace(SILENT, last=tried(CallResult.NO_ANSWER, HOUR, 2 * HOUR))
    found = needed(waits)
    assert (found.stand, found.at) == (Stand.LATER, NOW + 2 * HOUR)
    assert needed(waits, NOW + 2 * HOUR).stand is Stand.NOW


def test_what_comes_up_after_an_attempt_does_not_wait_for_the_next_one() -> None:
    waits = replace(SILENT, last=tried(CallResult.LEFT_WORD, HOUR, DAY))
    assert needed(replace(waits, asked="today", asked_at=NOW - HOUR / 2)).stand is Stand.NOW


def test_an_agreed_call_waits_for_its_time_and_stays_after_no_answer() -> None:
    agreed = CallFacts(agreed_at=NOW + DAY, last=tried(CallResult.AGREED, HOUR, DAY))
    assert (needed(agreed).stand, needed(agreed).at) == (Stand.LATER, NOW + DAY)
    assert needed(agreed, NOW + DAY).reasons == (CallReason.CALLBACK,)
    again = replace(agreed, last=LastCall(NOW + DAY + HOUR, CallResult.NO_ANSWER, NOW + DAY + 3 * HOUR))
    assert needed(again, NOW + DAY + 2 * HOUR).stand is Stand.LATER
    assert needed(again, NOW + DAY + 3 * HOUR).reasons == (CallReason.CALLBACK,)


def test_do_not_call_holds_through_its_last_day_where_the_patient_lives() -> None:
    off = replace(SILENT, off=True, off_until=date(2026, 11, 30), zone="America/New_York")
    assert needed(off).stand is Stand.OFF
    assert needed(off, datetime(2026, 12, 1, 4, 59, tzinfo=UTC)).stand is Stand.OFF
    assert needed(off, datetime(2026, 12, 1, 5, 0, tzinfo=UTC)).stand is Stand.NOW
    assert needed(replace(off, off_until=None), NOW + 400 * DAY).stand is Stand.OFF


def test_do_not_call_is_listed_also_while_there_is_nothing_to_call_about() -> None:
    found = needed(CallFacts(off=True, agreed_at=NOW + DAY))
    assert (found.stand, found.reasons) == (Stand.OFF, ())


@pytest.mark.parametrize(
    ("facts", "moment"),
    [
        (SILENT, None),
        (CallFacts(agreed_at=NOW + HOUR), NOW + HOUR),
        (replace(SILENT, last=tried(CallResult.NO_ANSWER, HOUR, HOUR)), NOW + HOUR),
        (replace(SILENT, last=tried(CallResult.NO_ANSWER, 3 * HOUR, -HOUR)), None),
        (CallFacts(open=((NOW - HOUR, NOW + 2 * DAY),)), NOW + DAY),
        (CallFacts(open=((NOW - HOUR, NOW + HOUR),)), NOW + HOUR),
        (
            CallFacts(off=True, off_until=date(2026, 11, 30), zone="America/New_York"),
            datetime(2026, 12, 1, 5, tzinfo=UTC),
        ),
    ],
)
def test_the_next_moment_at_which_a_patient_may_stand_elsewhere(
    facts: CallFacts, moment: datetime | None
) -> None:
    assert calls.changes_at(facts, NOW) == moment


# ── when to call again ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-11-30T14:07+00:00", "2026-11-30T16:00+00:00"),
        ("2026-11-30T14:15+00:00", "2026-11-30T16:15+00:00"),
        # Two hours from now it is closed: the next morning; on a Friday, on Monday.
        ("2026-11-30T20:30+00:00", "2026-12-01T13:00+00:00"),
        ("2026-12-04T21:00+00:00", "2026-12-07T13:00+00:00"),
        ("2026-12-05T15:00+00:00", "2026-12-07T13:00+00:00"),
        ("2026-11-30T11:00+00:00", "2026-11-30T13:00+00:00"),
    ],
)
def test_after_no_answer_the_next_attempt_is_while_the_clinic_is_open(now: str, again: str) -> None:
    assert calls.again_suggested(datetime.fromisoformat(now), OPENING) == datetime.fromisoformat(again)


def test_after_a_word_was_left_the_next_working_day_is_soon_enough() -> None:
    friday = datetime(2026, 12, 4, 15, tzinfo=UTC)
    assert calls.next_opening_day(friday, OPENING) == datetime(2026, 12, 7, 13, tzinfo=UTC)
    assert calls.check_again(CallResult.LEFT_WORD, None, friday, OPENING) == datetime(
        2026, 12, 7, 13, tzinfo=UTC
    )


def test_a_clinic_that_is_never_open_calls_again_all_the_same() -> None:
    never = read_opening("America/New_York", {})
    assert calls.again_suggested(NOW, never) == NOW + 2 * HOUR
    assert calls.next_opening_day(NOW, never) == NOW + DAY


@pytest.mark.parametrize(
    ("result", "again", "reason"),
    [
        (CallResult.NO_ANSWER, None, "again_missing"),
        (CallResult.AGREED, None, "again_missing"),
        (CallResult.NO_ANSWER, timedelta(0), "again_past"),
        (CallResult.REACHED, -HOUR, "again_past"),
        (CallResult.NO_ANSWER, calls.NOT_AGAIN_FOR + HOUR, "again_too_far"),
        (CallResult.LEFT_WORD, calls.NOT_AGAIN_FOR + HOUR, "again_too_far"),
        (CallResult.AGREED, calls.CALLBACK_MOST + HOUR, "again_too_far"),
    ],
)
def test_a_time_to_call_again_is_refused(result: CallResult, again: timedelta | None, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        calls.check_again(result, NOW + again if again is not None else None, NOW, OPENING)
    assert (refused.value.facts["reason"], refused.value.where) == (reason, "again_on")


def test_a_time_to_call_again_at_the_limit_is_taken() -> None:
    for result, most in (
        (CallResult.NO_ANSWER, calls.NOT_AGAIN_FOR),
        (CallResult.REACHED, calls.CALLBACK_MOST),
    ):
        assert calls.check_again(result, NOW + most, NOW, OPENING) == NOW + most
    assert calls.check_again(CallResult.REACHED, None, NOW, OPENING) is None
    assert calls.check_again(CallResult.DO_NOT_CALL, NOW + DAY, NOW, OPENING) is None


@pytest.mark.parametrize(
    ("why", "until", "note", "reason"),
    [
        ("", None, "", "why_missing"),
        ("because", None, "", "why_missing"),
        (NoCall.OTHER, None, "", "why_note_missing"),
        (NoCall.ABROAD, date(2026, 11, 29), "", "until_past"),
        (NoCall.ABROAD, date(2027, 12, 2), "", "until_too_far"),
    ],
)
def test_do_not_call_needs_a_reason_and_a_day_that_can_be(
    why: str, until: date | None, note: str, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        calls.check_until(why, until, date(2026, 11, 30), note)
    assert refused.value.facts["reason"] == reason


def test_do_not_call_is_taken_with_its_reason() -> None:
    today = date(2026, 11, 30)
    for until in (None, today, today + timedelta(days=366)):
        calls.check_until(NoCall.NOT_SAFE, until, today, "")
    calls.check_until(NoCall.OTHER, None, today, "Her husband answers.")
