"""Supply is counted from one day in every place: pages of plan, changes and visit, pharmacy sheet, and the watch."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pytest

from plans.documents.pharmacy.content import fills
from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.documents.facts import PharmacyFacts
from plans.domain.taper.amendments import Amendment, Hold, Pace
from plans.domain.taper.products import Product
from plans.domain.taper.supply_watch import look
from plans.models import Plan, PlanVersion
from plans.services import clock, documents, drawing, visit_summary
from plans.services.plans import queries, revise, versions
from plans.services.plans.consequences import Consequences
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ONE = timedelta(days=1)


class Sheet(NamedTuple):
    """What the pharmacy sheet says: the days and units of its first fill, and all it hands out."""

    first: date
    last: date
    fill: dict[Product, int]
    units: Counter[Product]


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def noon(plan: Plan, day: date) -> datetime:
    return datetime.combine(day, time(12), clock.zone_of(plan.patient.zone))


def begun(clinic: ClinicMade, back: int) -> Plan:
    """The story's plan, issued today and begun so many days ago."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - back * ONE)


def sheet(plan: Plan) -> Sheet:
    version = present(plan_row(plan.pk).active_version)
    documents.ask(version, now=clock.now(), kind="pharmacy", variant="a4-normal-en")
    facts = drawing.facts_of(version.pk, kind="pharmacy", variant="a4-normal-en")
    assert isinstance(facts, PharmacyFacts)
    rows = fills(PharmacyContext(facts))
    units: Counter[Product] = Counter()
    for row in rows:
        units.update(row.units)
    return Sheet(rows[0].first, rows[0].last, rows[0].units, units)


def seen(clinic: ClinicMade, plan: Plan, *changes: Amendment) -> Consequences:
    return revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=changes)


def change(clinic: ClinicMade, plan: Plan, *changes: Amendment) -> None:
    lock = plan_row(plan.pk).lock
    revise.change(by=clinic.primary, plan_id=plan.pk, seen_lock=lock, changes=changes, note="Unwell.")


def watched(plan: Plan) -> date:
    """The next fill, as the watch over the supply has it: on a day on which nobody dispenses."""
    issued = [versions.supplied_by(row) for row in PlanVersion.objects.filter(plan=plan).order_by("number")]
    warned = [
        one
        for ahead in range(35)
        for one in look(
            issued, today=today(plan) + ahead * ONE, closed=lambda _day: "holiday", last_open=lambda day: day
        )
        if one.code == "closed_day" and one.next
    ]
    return present(min(present(one.next) for one in warned))


@pytest.mark.parametrize("back", [0, 6, 20, 27])
def test_a_plan_dated_back_is_supplied_from_the_day_it_was_made_wherever_that_is_said(
    clinic: ClinicMade, back: int
) -> None:
    """The page of changes took what a fill at the plan's first day would have left for what is at home."""
    plan = begun(clinic, back)
    paper = sheet(plan)
    assert (paper.first, paper.last) == (today(plan), today(plan) + 27 * ONE)
    assert queries.plan_page(clinic.primary, plan.pk).run_out == paper.last
    assert visit_summary.page(clinic.primary, plan.pk).at_home == ()
    shown = seen(clinic, plan, Hold(today(plan), days=14))
    assert shown.at_home == ()
    assert {product: was for product, was, _now in shown.to_dispense} == paper.units
    assert watched(plan) == paper.last + ONE


@pytest.mark.parametrize("from_day", [-1, 0, 1, 9])
def test_after_a_change_dated_back_or_ahead_page_and_sheet_count_from_the_same_day(
    clinic: ClinicMade, from_day: int
) -> None:
    plan = begun(clinic, 20)
    made = Pace(today(plan) + from_day * ONE, interval_days=28)
    shown = seen(clinic, plan, made)
    change(clinic, plan, made)
    paper = sheet(plan)
    assert {product: now for product, _was, now in shown.to_dispense} == paper.units
    assert paper.first == today(plan)
    assert queries.plan_page(clinic.primary, plan.pk).run_out == paper.last
    assert watched(plan) == paper.last + ONE


def test_what_should_be_at_home_is_the_same_on_the_visit_and_on_the_page_of_changes(
    clinic: ClinicMade,
) -> None:
    plan = begun(clinic, 20)
    fill = sheet(plan).fill
    with on(noon(plan, today(plan) + 10 * ONE)):
        shown = seen(clinic, plan, Hold(today(plan), days=14))
        assert shown.at_home == visit_summary.page(clinic.primary, plan.pk).at_home
        for product, units in shown.at_home:
            assert 0 < units < fill[product]
        assert shown.at_home


def test_what_was_counted_when_a_plan_dated_back_was_issued_was_counted_on_that_day(
    clinic: ClinicMade,
) -> None:
    """Twenty days of doses that lay behind were taken off it."""
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone) - 20 * ONE
    counted = [{"product": "clonazepam tablet 0.5 mg", "whole_units": 40}]
    plan = issue_plan(clinic.primary, patient, story_request(first, stock=counted))
    at_home = visit_summary.page(clinic.primary, plan.pk)
    assert (at_home.counted, [units for _product, units in at_home.at_home]) == (True, [40])
    shown = seen(clinic, plan, Hold(today(plan), days=14))
    assert shown.at_home == at_home.at_home
    assert {product: was for product, was, _now in shown.to_dispense} == sheet(plan).units
