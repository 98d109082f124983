"""When a supply is raised with a clinician (before closed days, after changes) and when it is not."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plans.domain.review import closed_days
from plans.domain.review.closed_days import ClosedDays, public_holidays
from plans.domain.review.deadlines import DAYS, Opening
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.supply import covered_until, whole_units
from plans.domain.taper.supply_watch import Issued, Warned, at_home, before_fills, look
from tests.domain.taper.schedules import MONDAY, laid_out, pieces, tablet

HALF_MG = tablet("clonazepam", "0.5", 2)
QUARTER_MG = tablet("clonazepam", "0.25")
DAY = timedelta(days=1)


def clinic(*holidays: date, open_on: tuple[str, ...] = DAYS[:5], country: str = "US") -> ClosedDays:
    hours = {day: (time(8), time(17)) for day in open_on}
    return ClosedDays(Opening(ZoneInfo("America/New_York"), hours, frozenset(holidays)), country)


def plan(steps: list[tuple[int, int]], start: date = MONDAY, days: int = 14) -> Issued:
    """A plan of steps (days, halves a day)."""
    made = [(count, [pieces(HALF_MG, 2 * halves)] if halves else []) for count, halves in steps]
    schedule = laid_out("clonazepam", made, start=start)
    return Issued(schedule, schedule.start, days)


def heard(*versions: Issued, today: date, where: ClosedDays | None = None) -> tuple[Warned, ...]:
    days = where or clinic()
    return look(versions, today=today, closed=days.why, last_open=days.last_open)


def test_monday_is_what_the_tests_count_from() -> None:
    assert MONDAY.weekday() == 0


def test_a_fill_on_a_working_day_needs_nobody() -> None:
    issued = plan([(28, 2), (1, 0)])
    for ahead in range(28):
        assert heard(issued, today=MONDAY + ahead * DAY) == ()


def test_a_fill_on_a_holiday_is_raised_a_week_before_the_last_open_day() -> None:
    fill = MONDAY + 14 * DAY
    closed = clinic(fill)
    issued = plan([(28, 2), (1, 0)])
    collect_by = fill - 3 * DAY  # the Friday before
    assert heard(issued, today=collect_by - 8 * DAY, where=closed) == ()
    (one,) = heard(issued, today=collect_by - 7 * DAY, where=closed)
    assert one == Warned("closed_day", fill - DAY, collect_by, fill, "holiday")
    assert not one.is_soon(collect_by - 3 * DAY)
    assert one.is_soon(collect_by - 2 * DAY)


def test_a_fill_at_a_weekend_is_raised_unless_the_clinic_is_open_then() -> None:
    saturday = MONDAY + 5 * DAY
    start = saturday - 14 * DAY
    issued = plan([(28, 2), (1, 0)], start=start)
    (one,) = heard(issued, today=saturday - 3 * DAY)
    assert (one.why, one.collect_by) == ("weekend", saturday - DAY)
    assert heard(issued, today=saturday - 3 * DAY, where=clinic(open_on=DAYS[:6])) == ()


def test_a_week_of_holidays_is_stepped_over() -> None:
    fill = MONDAY + 14 * DAY
    closed = clinic(*(fill - n * DAY for n in range(8)))
    (one,) = heard(plan([(28, 2), (1, 0)]), today=MONDAY + DAY, where=closed)
    assert one.collect_by == MONDAY + 4 * DAY


def test_a_plan_that_ends_at_zero_needs_nothing_after_its_last_dose() -> None:
    assert heard(plan([(14, 2), (1, 0)]), today=MONDAY + 12 * DAY) == ()


@pytest.mark.parametrize("days", [14, 28, 60, 400])
def test_a_dose_that_stays_is_filled_on_and_on_and_only_a_closed_day_is_raised(days: int) -> None:
    issued = plan([(14, 3), (14, 2)], days=14)
    today = MONDAY + days * DAY
    assert heard(issued, today=today) == ()
    following = MONDAY + (days // 14 + 1) * 14 * DAY
    (one,) = heard(issued, today=following - 3 * DAY, where=clinic(following))
    assert (one.code, one.next, one.lasts_until) == ("closed_day", following, following - DAY)


def test_a_change_long_after_the_written_steps_counts_what_was_filled_meanwhile() -> None:
    first = plan([(14, 2)], days=28)
    day = MONDAY + 7 * 28 * DAY + 14 * DAY
    # Half of the fill under way is left: fourteen days of two halves, seven of four.
    (one,) = heard(first, revised(first, day, 4), today=day)
    assert (one.code, one.lasts_until, one.next) == ("before_fill", day + 6 * DAY, day + 14 * DAY)
    assert heard(first, revised(first, day, 2), today=day) == ()


def revised(before: Issued, day: date, halves: int, tail: int = 28) -> Issued:
    """From `day` on so many halves a day: a hold, or a step back."""
    schedule = laid_out("clonazepam", [(tail, [pieces(HALF_MG, 2 * halves)]), (1, [])], start=day)
    return Issued(schedule, day, before.dispense_days)


def test_a_step_back_that_uses_up_the_last_fill_early_is_raised() -> None:
    first = plan([(14, 2), (14, 1), (1, 0)], days=28)
    day = MONDAY + 14 * DAY
    # Seven tablets are left, half a one for each of 14 days; one a day lasts for seven.
    (one,) = heard(first, revised(first, day, 2), today=day)
    assert one == Warned("before_fill", day + 6 * DAY, day + 7 * DAY, None)


def test_a_change_that_the_last_fill_still_covers_is_not_raised() -> None:
    first = plan([(28, 2), (28, 1), (1, 0)], days=28)
    day = MONDAY + 14 * DAY
    assert heard(first, revised(first, day, 1), today=day) == ()


def test_a_change_to_a_product_that_is_not_at_hand_is_raised_at_once() -> None:
    first = plan([(28, 2), (1, 0)], days=28)
    day = MONDAY + 2 * DAY
    schedule = laid_out("clonazepam", [(28, [pieces(QUARTER_MG, 4)]), (1, [])], start=day)
    (one,) = heard(first, Issued(schedule, day, 28), today=day)
    assert (one.code, one.lasts_until, one.collect_by) == ("before_fill", day - DAY, day)
    assert one.is_soon(day)


def test_what_is_covered_is_counted_step_by_step() -> None:
    schedule: Schedule = plan([(3, 2), (3, 1), (1, 0)]).schedule
    (product,) = schedule.products
    assert covered_until(schedule, MONDAY, {product: 18}) is None
    assert covered_until(schedule, MONDAY, {product: 16}) == MONDAY + 4 * DAY
    assert covered_until(schedule, MONDAY, {product: 9}) == MONDAY + DAY
    assert covered_until(schedule, MONDAY, {}) == MONDAY - DAY
    assert covered_until(schedule, MONDAY + 4 * DAY, {product: 3}) == MONDAY + 4 * DAY


def test_a_plan_that_was_never_issued_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="never issued"):
        heard(today=MONDAY)


# 4 July 2026 is a Saturday, kept on the Friday; Boxing Day 2026 a Saturday, kept on the Monday.
@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("US", date(2026, 7, 3)),
        ("US", date(2026, 11, 26)),
        ("CA", date(2027, 5, 24)),
        ("GB", date(2026, 4, 3)),
        ("GB", date(2026, 12, 28)),
        ("AU", date(2027, 4, 25)),
    ],
)
def test_public_holidays_are_known_with_their_source(country: str, day: date) -> None:
    known = public_holidays(country)
    assert day in known.days
    assert known.source
    assert known.mark == "unverified"


def test_every_country_s_table_reaches_past_the_day_it_is_looked_at_again() -> None:
    table = tomllib.loads(Path(closed_days.__file__).with_name("public_holidays.toml").read_text("utf-8"))
    for country in ("US", "CA", "GB", "AU"):
        assert max(public_holidays(country).days) > table["recheck_on"]
    assert public_holidays("XX").days == frozenset()


def left(*versions: Issued, day: date) -> int:
    """Whole tablets that should be at home."""
    return sum(units for _product, units in whole_units(at_home(versions, day).stock))


def test_at_home_is_what_fills_gave_less_what_was_taken_version_after_version() -> None:
    first = plan([(56, 2), (1, 0)], days=28)
    day = MONDAY + 10 * DAY
    assert left(first, day=MONDAY) == 0
    assert left(first, day=day) == 18
    second = replace(revised(first, day, 4, tail=56), made_on=day)
    assert whole_units(before_fills([first, second]).stock) == ((HALF_MG, 18),)
    # 56 were needed for the next 28 days: 38 were given beside the 18.
    assert left(first, second, day=day + 7 * DAY) == 56 - 14
    counted = replace(second, counted={HALF_MG: 5 * 4})
    assert before_fills([first, counted]) == ({HALF_MG: 20}, day)
    assert left(first, counted, day=day + 7 * DAY) == 56 - 14


def test_of_instalments_only_those_begun_are_at_home_and_a_fill_collected_ahead_is() -> None:
    weekly = replace(plan([(56, 2), (1, 0)], days=28), instalment_days=7)
    assert left(weekly, day=MONDAY + 10 * DAY) == 4
    second = MONDAY + 28 * DAY
    early = replace(plan([(56, 2), (1, 0)], days=28), collected={second})
    assert left(early, day=second - 2 * DAY) == 2 + 28
    assert left(replace(early, instalment_days=7), day=second + 10 * DAY) == 18


def test_a_plan_that_is_changed_before_its_first_day_had_no_fill_yet() -> None:
    first = replace(plan([(56, 2), (1, 0)], start=MONDAY + 10 * DAY, days=28), made_on=MONDAY)
    later = replace(plan([(56, 2), (1, 0)], start=MONDAY + 20 * DAY, days=28), made_on=MONDAY + DAY)
    assert before_fills([first, later]).stock == {}
