"""Who is on duty: laws over random rotas, and the awkward hours of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.review.deadlines import Opening, read_opening
from plans.domain.review.rota import (
    Absence,
    Cover,
    Duty,
    DutyPlace,
    Pattern,
    Rota,
    covering,
    gaps,
    moments_of,
    on_duty,
    spans_of,
    stretches,
)

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
HOURS = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
WEEK = read_opening("America/New_York", HOURS)
ANN, BEN, CLEO, NIGHT_LINE = (UUID(int=number) for number in (1, 2, 3, 4))
EVERYBODY = {ANN: None, BEN: None, CLEO: None}
FIRST, SECOND = DutyPlace.FIRST, DutyPlace.SECOND
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2026, 12, 1, tzinfo=UTC)
END = START + timedelta(days=14)


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def duty(
    person: UUID,
    start: datetime = LONG_AGO,
    end: datetime | None = None,
    *,
    place: DutyPlace = FIRST,
    cancelled: datetime | None = None,
    open_only: bool = False,
) -> Duty:
    return Duty(person, start, end, LONG_AGO, cancelled, place, open_only)


def rota(*duties: Duty, absences: tuple[Absence, ...] = (), here=EVERYBODY, unwatched: bool = False) -> Rota:
    return Rota(duties, absences, WEEK, here, unwatched)


def test_a_shift_with_an_end_stands_over_an_open_ended_one() -> None:
    found = rota(duty(ANN), duty(BEN, at("2026-12-05T08:00"), at("2026-12-05T20:00")))
    assert on_duty(found, at("2026-12-05T07:59"))[0] == (ANN,)
    assert on_duty(found, at("2026-12-05T08:00"))[0] == (BEN,)
    assert on_duty(found, at("2026-12-05T20:00"))[0] == (ANN,)


def test_all_whose_dated_shifts_overlap_are_alerted() -> None:
    night = (at("2026-12-05T17:00"), at("2026-12-06T08:00"))
    found = rota(duty(ANN), duty(BEN, *night), duty(CLEO, *night))
    assert on_duty(found, at("2026-12-05T23:00"))[0] == (BEN, CLEO)


def test_whoever_is_on_leave_does_not_count_and_the_open_ended_shift_holds() -> None:
    day = (at("2026-12-05T00:00"), at("2026-12-06T00:00"))
    away = (Absence(BEN, *day, made=LONG_AGO),)
    found = rota(duty(ANN), duty(BEN, *day), absences=away)
    assert on_duty(found, at("2026-12-05T12:00"))[0] == (ANN,)
    assert on_duty(rota(duty(BEN, *day), absences=away), at("2026-12-05T12:00"))[0] == ()


def test_somebody_who_is_no_member_any_more_leaves_a_gap() -> None:
    found = rota(duty(ANN), duty(BEN, place=SECOND), here={ANN: None})
    assert on_duty(found, START) == ((ANN,), ())
    assert [(gap.place, gap.start, gap.end) for gap in gaps(found, START, END)] == [(SECOND, START, END)]


def test_the_shifts_of_a_locum_are_gaps_from_the_end_of_their_last_day() -> None:
    leaves = at("2026-12-08T00:00")
    found = rota(duty(ANN, place=SECOND), duty(BEN), here={ANN: None, BEN: leaves})
    assert [(gap.place, gap.start, gap.end) for gap in gaps(found, START, END)] == [(FIRST, leaves, END)]


def covered(*duties: Duty, hours: tuple[datetime, datetime], cancelled: datetime | None = None) -> Rota:
    return Rota(duties, (), WEEK, EVERYBODY, covers=(Cover(NIGHT_LINE, *hours, LONG_AGO, cancelled),))


def test_an_outside_service_stands_over_the_open_ended_and_beside_the_dated() -> None:
    night = (at("2026-12-05T17:00"), at("2026-12-06T08:00"))
    found = covered(duty(ANN), duty(BEN, place=SECOND), hours=night)
    assert on_duty(found, at("2026-12-05T16:59")) == ((ANN,), (BEN,))
    assert on_duty(found, at("2026-12-05T17:00")) == ((), ())
    assert covering(found, at("2026-12-05T17:00")) == (NIGHT_LINE,)
    assert covering(found, at("2026-12-06T08:00")) == ()
    found = covered(duty(ANN), duty(CLEO, *night), hours=night)
    assert on_duty(found, at("2026-12-05T23:00")) == ((CLEO,), ())


def test_what_an_outside_service_covers_is_no_gap_and_its_hours_are_a_stretch_of_their_own() -> None:
    night = (at("2026-12-05T17:00"), at("2026-12-06T08:00"))
    found = covered(duty(ANN), hours=night)
    assert [(gap.place, gap.start, gap.end) for gap in gaps(found, START, END)] == [
        (SECOND, START, night[0]),
        (SECOND, night[1], END),
    ]
    assert [(one.start, one.covers) for one in stretches(found, START, END)] == [
        (START, ()),
        (night[0], (NIGHT_LINE,)),
        (night[1], ()),
    ]


def test_hours_of_a_service_that_were_cancelled_count_until_then_and_are_a_gap_after() -> None:
    night, changed = (at("2026-12-05T17:00"), at("2026-12-06T08:00")), at("2026-12-05T20:00")
    found = covered(hours=night, cancelled=changed)
    assert covering(found, at("2026-12-05T19:59")) == (NIGHT_LINE,)
    assert covering(found, changed) == ()
    assert {gap.start for gap in gaps(found, night[0], night[1])} == {changed}


def test_nobody_is_first_and_second_at_once() -> None:
    found = rota(duty(ANN), duty(BEN, place=SECOND), duty(BEN, START, END))
    assert on_duty(found, START + timedelta(days=1)) == ((BEN,), ())


def test_the_past_is_answered_with_what_the_rota_said_then() -> None:
    changed = at("2026-12-04T10:00")
    found = Rota(
        (
            Duty(ANN, LONG_AGO, None, LONG_AGO, changed, FIRST),
            Duty(BEN, changed, None, changed, None, FIRST),
            # Entered on the fifth for the day before: it did not stand there then.
            Duty(CLEO, at("2026-12-04T00:00"), at("2026-12-06T00:00"), at("2026-12-05T09:00"), None, FIRST),
        ),
        (),
        WEEK,
    )
    assert on_duty(found, at("2026-12-04T09:59"))[0] == (ANN,)
    assert on_duty(found, at("2026-12-04T23:00"))[0] == (BEN,)
    assert on_duty(found, at("2026-12-05T09:00"))[0] == (CLEO,)


def test_in_an_unwatched_clinic_the_closed_hours_are_no_gap_and_nobody_is_on_duty_in_them() -> None:
    found = rota(duty(ANN, open_only=True), duty(BEN, place=SECOND, open_only=True), unwatched=True)
    assert on_duty(found, at("2026-12-04T12:00")) == ((ANN,), (BEN,))
    assert on_duty(found, at("2026-12-04T17:00")) == ((), ())
    assert gaps(found, START, END) == ()
    assert gaps(rota(duty(ANN), unwatched=True), at("2026-12-04T16:00"), at("2026-12-07T09:00")) == (
        *(
            gap
            for gap in gaps(rota(unwatched=True), at("2026-12-04T16:00"), at("2026-12-07T09:00"))
            if gap.place is SECOND
        ),
    )


# --- the awkward hours ----------------------------------------------------------------------------------------------


def test_a_night_across_the_change_to_summer_time_is_an_hour_shorter() -> None:
    # Saturday 27 March 2027, 17:00, until Sunday, 08:00, in London: clocks go forward at 1:00.
    ((start, end),) = spans_of(
        Pattern.CHOSEN, date(2027, 3, 27), date(2027, 3, 27), read_opening("Europe/London", HOURS),
        times=(time(17), time(8)),
    )  # fmt: skip
    assert end - start == timedelta(hours=14)
    found = rota(duty(BEN, start, end))
    assert gaps(found, start, end)[0].place is SECOND
    assert on_duty(found, at("2027-03-28T07:59", LONDON))[0] == (BEN,)
    assert on_duty(found, at("2027-03-28T08:00", LONDON))[0] == ()


def test_a_night_across_the_end_of_summer_time_is_an_hour_longer_without_a_gap() -> None:
    opening = read_opening("America/New_York", HOURS)
    spans = spans_of(Pattern.CHOSEN, date(2026, 10, 31), date(2026, 11, 1), opening, times=(time(0), time(0)))
    assert [end - start for start, end in spans] == [timedelta(hours=24), timedelta(hours=25)]
    assert spans[0][1] == spans[1][0]


def test_hours_within_the_hour_that_is_skipped_make_no_shift_that_ends_before_it_begins() -> None:
    opening = read_opening("Europe/London", HOURS)
    spans = spans_of(
        Pattern.CHOSEN, date(2027, 3, 27), date(2027, 3, 29), opening, times=(time(1, 30), time(2, 15))
    )
    assert all(start < end for start, end in spans)


@pytest.mark.parametrize(
    ("text", "zone", "number"),
    [
        ("2026-12-12T03:00", NEW_YORK, 1),
        ("2027-03-14T02:30", NEW_YORK, 0),
        ("2026-11-01T01:30", NEW_YORK, 2),
        ("2028-02-29T03:00", LONDON, 1),
    ],
)
def test_a_time_of_day_means_one_moment_none_or_two(text: str, zone: ZoneInfo, number: int) -> None:
    here = datetime.fromisoformat(text)
    found = moments_of(here.date(), here.time(), zone)
    assert len(found) == number
    assert all(one.astimezone(zone).replace(tzinfo=None) == here for one in found)
    if number == 2:
        assert found[1] - found[0] == timedelta(hours=1)


def test_the_rota_runs_in_the_clinics_zone_wherever_its_doctor_is() -> None:
    # A doctor in London has the day in New York: 5:00 to 5:00 there.
    ((start, end),) = spans_of(Pattern.ALL, date(2026, 12, 5), date(2026, 12, 5), WEEK)
    assert (start, end) == (at("2026-12-05T05:00", LONDON), at("2026-12-06T05:00", LONDON))


def test_a_leap_day_is_a_day_like_others() -> None:
    spans = spans_of(Pattern.WORKING, date(2028, 2, 28), date(2028, 3, 1), WEEK)
    assert [start.astimezone(NEW_YORK).date() for start, _ in spans] == [
        date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1),
    ]  # fmt: skip
    ((start, end),) = spans_of(Pattern.ALL, date(2028, 2, 29), date(2028, 2, 29), WEEK)
    assert end - start == timedelta(hours=24)


# --- patterns -------------------------------------------------------------------------------------------------------


def test_a_weekend_runs_from_closing_on_friday_until_opening_on_monday() -> None:
    assert spans_of(Pattern.WEEKENDS, date(2026, 12, 5), date(2026, 12, 6), WEEK) == (
        (at("2026-12-04T17:00"), at("2026-12-07T08:00")),
    )


def test_a_holiday_takes_the_nights_around_it() -> None:
    opening = read_opening("America/New_York", HOURS, ("2026-12-09",))
    days = (date(2026, 12, 7), date(2026, 12, 10))
    assert spans_of(Pattern.HOLIDAYS, *days, opening) == ((at("2026-12-08T17:00"), at("2026-12-10T08:00")),)
    assert [start for start, _ in spans_of(Pattern.NIGHTS, *days, opening)] == [
        at("2026-12-07T17:00"), at("2026-12-10T17:00"),
    ]  # fmt: skip


def test_chosen_hours_hold_on_the_chosen_days_of_the_week_alone() -> None:
    spans = spans_of(
        Pattern.CHOSEN,
        date(2026, 12, 1),
        date(2026, 12, 14),
        WEEK,
        times=(time(12), time(14)),
        weekdays=(0, 3),
    )
    assert [start.astimezone(NEW_YORK).date().day for start, _ in spans] == [3, 7, 10, 14]


def test_a_clinic_that_never_opens_has_no_nights() -> None:
    never = read_opening("America/New_York", {})
    for pattern in (Pattern.WORKING, Pattern.NIGHTS, Pattern.WEEKENDS, Pattern.HOLIDAYS):
        assert spans_of(pattern, date(2026, 12, 1), date(2026, 12, 31), never) == ()


# --- laws -----------------------------------------------------------------------------------------------------------

moments = st.integers(-48, 400).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(moments)
    end = start + timedelta(hours=draw(st.integers(1, 100)))
    return {
        "person": draw(st.sampled_from([ANN, BEN, CLEO])),
        "start": start,
        "end": end,
        "made": draw(st.one_of(st.just(LONG_AGO), moments)),
        "cancelled": draw(st.one_of(st.none(), moments)),
    }


@st.composite
def duties(draw: st.DrawFn) -> Duty:
    known = draw(entries())
    if draw(st.booleans()):
        known["end"] = None
    return Duty(**known, place=draw(st.sampled_from(DutyPlace)), open_only=draw(st.booleans()))


rotas = st.builds(
    Rota,
    st.lists(duties(), max_size=6).map(tuple),
    st.lists(entries().map(lambda one: Absence(**one)), max_size=3).map(tuple),
    st.just(WEEK),
    st.one_of(st.none(), st.dictionaries(st.sampled_from([ANN, BEN, CLEO]), st.one_of(st.none(), moments))),
    st.booleans(),
)


@pytest.mark.slow
@given(rotas, moments)
def test_whoever_is_on_duty_has_a_shift_that_counts_is_a_member_and_not_away(
    found: Rota, moment: datetime
) -> None:
    first, second = on_duty(found, moment)
    assert not set(first) & set(second)
    for place, people in ((FIRST, first), (SECOND, second)):
        for person in people:
            assert any(
                one.counts(moment) for one in found.duties if (one.person, one.place) == (person, place)
            )
            assert found.is_here(person, moment)


@pytest.mark.slow
@given(rotas, moments)
def test_an_open_ended_shift_counts_only_where_no_dated_one_does(found: Rota, moment: datetime) -> None:
    first, _ = on_duty(found, moment)
    dated = {
        one.person
        for one in found.duties
        if one.place is FIRST
        and one.end is not None
        and one.counts(moment)
        and found.is_here(one.person, moment)
        and not (one.open_only and not _open(moment))
    }
    if dated:
        assert set(first) == dated


@pytest.mark.slow
@given(rotas, moments)
def test_the_stretches_cover_all_the_time_once_and_say_what_on_duty_says(
    found: Rota, moment: datetime
) -> None:
    parts = stretches(found, START, END)
    assert (parts[0].start, parts[-1].end) == (START, END)
    for before, after in pairwise(parts):
        assert before.end == after.start
        assert (before.first, before.second) != (after.first, after.second)
    for part in parts:
        if part.start <= moment < part.end:
            assert (part.first, part.second) == on_duty(found, moment)


@pytest.mark.slow
@given(rotas, moments)
def test_a_moment_is_in_a_gap_exactly_where_a_place_is_empty_and_somebody_is_wanted(
    found: Rota, moment: datetime
) -> None:
    if not START <= moment < END:
        return
    empty = gaps(found, START, END)
    wanted = not found.unwatched or _open(moment)
    for place, people in zip(DutyPlace, on_duty(found, moment), strict=True):
        inside = any(gap.place is place and gap.start <= moment < gap.end for gap in empty)
        assert inside == (wanted and not people)


@pytest.mark.slow
@given(
    st.dates(date(2026, 1, 5), date(2028, 12, 1)),
    st.integers(7, 60),
    st.sets(st.dates(date(2026, 1, 1), date(2029, 3, 1)), max_size=8),
    st.sampled_from(["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_opening_hours_nights_weekends_and_holidays_share_out_all_the_time(
    first: date, days: int, holidays: set[date], zone: str
) -> None:
    opening = Opening(ZoneInfo(zone), WEEK.hours, frozenset(holidays))
    last = first + timedelta(days=days)
    kinds = (Pattern.WORKING, Pattern.NIGHTS, Pattern.WEEKENDS, Pattern.HOLIDAYS)
    spans = sorted(span for kind in kinds for span in spans_of(kind, first, last, opening))
    for before, after in pairwise(spans):
        assert before[1] == after[0], "a hole, or two at once"


def _open(moment: datetime) -> bool:
    hours = WEEK.on(moment.astimezone(NEW_YORK).date())
    return hours is not None and hours[0] <= moment < hours[1]
