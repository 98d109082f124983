"""Doses really taken: which record stands on a day, what may be recorded, and what would be a rise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.errors import Refused
from plans.domain.regimen import DayDose
from plans.domain.taper.dose_records import check_day, from_rows, in_force, rises, taken_on, to_rows
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.taken import Recorded

FIRST = date(2026, 11, 2)


def night(mg: str, drug: str = "clonazepam") -> tuple[Intake, ...]:
    return (Intake(TimeOfDay.NIGHT, drug, Dose.parse(mg)),)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def test_the_record_made_last_rules_from_its_first_day_on():
    found = in_force([Recorded(day(0), None, night("6")), Recorded(day(5), None, night("5"))])
    assert found == (Recorded(day(0), day(4), night("6")), Recorded(day(5), None, night("5")))


def test_a_record_of_which_no_day_is_left_is_left_out():
    found = in_force([Recorded(day(5), None, night("6")), Recorded(day(2), None, night("5"))])
    assert found == (Recorded(day(2), None, night("5")),)


def test_days_from_which_all_is_as_planned_again_have_no_record():
    found = in_force([Recorded(day(0), day(3), night("6"))])
    assert (taken_on(found, day(3)), taken_on(found, day(4))) == (found[0], None)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 30), st.integers(1, 9)), max_size=6))
def test_on_every_day_the_last_record_that_reaches_it_stands(rows):
    records = [
        Recorded(day(first), None if last is None else day(last), night(str(mg)))
        for first, last, mg in rows
        if last is None or last >= first
    ]
    found = in_force(records)
    for n in range(32):
        begun = [one for one in records if one.first <= day(n)]
        latest = begun[-1] if begun else None
        wanted = latest if latest and (latest.last is None or day(n) <= latest.last) else None
        standing = taken_on(found, day(n))
        assert (standing.regimen if standing else None) == (wanted.regimen if wanted else None)


@pytest.mark.parametrize(
    ("back", "reason"),
    [(-1, "day_ahead"), (91, "day_too_far_back"), (101, "day_before_plan")],
)
def test_a_record_begins_within_the_plan_and_ninety_days(back, reason):
    today = day(200)
    with pytest.raises(Refused) as refused:
        check_day(today - timedelta(days=back), today=today, plan_start=today - timedelta(days=100))
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize("back", [0, 90])
def test_today_and_the_ninetieth_day_back_may_be_given(back):
    check_day(day(200) - timedelta(days=back), today=day(200), plan_start=day(0))


def test_more_of_any_drug_is_a_rise_whatever_becomes_of_the_others():
    before = DayDose.of({"alprazolam": Dose.parse("1"), "diazepam": Dose.parse("10")})
    after = DayDose.of({"alprazolam": Dose.parse("1.5")})
    assert rises(before, after) == {"alprazolam": (Dose.parse("1"), Dose.parse("1.5"))}


def test_a_regimen_is_read_back_as_it_was_kept():
    regimen = (*night("0.00001"), *night("12.5", "diazepam"))
    assert from_rows(to_rows(regimen)) == regimen
