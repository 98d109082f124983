"""Supply is counted from one day in every place: pages of plan, changes and visit, pharmacy sheet, and the watch."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pytest

from plans.documents.pharmacy.content import fills
from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.documents.facts import PharmacyFacts
from plans.domain.taper.amendments import Amendment, ChangeProducts, Hold, MoveChange, Pace, StepLength
from plans.domain.taper.products import Product
from plans.domain.taper.supply_watch import look
from plans.models import Plan
from plans.services import clock, dispensing, documents, drawing, visit_summary
from plans.services.plans import queries, revise, versions
from plans.services.plans.consequences import Consequences
from plans.services.plans.export import ExportKind, export
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
    issued = versions.supplied_so_far(present(plan_row(plan.pk).active_version))
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
        visit = visit_summary.page(clinic.primary, plan.pk)
        assert (shown.at_home, shown.counted_on) == (visit.at_home, visit.counted_on)
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
    assert (at_home.counted_on, [units for _product, units in at_home.at_home]) == (today(plan), [40])
    shown = seen(clinic, plan, Hold(today(plan), days=14))
    assert shown.at_home == at_home.at_home
    assert {product: was for product, was, _now in shown.to_dispense} == sheet(plan).units


def named(at_home: tuple[tuple[Product, int], ...]) -> dict[str, int]:
    return {product.name: units for product, units in at_home}


def in_the_middle(clinic: ClinicMade, plan: Plan, *changes: Amendment) -> tuple[Consequences, Sheet]:
    """What the page of changes said, and what the sheet says after it; everything else must say the same."""
    shown = seen(clinic, plan, *changes)
    change(clinic, plan, *changes)
    paper = sheet(plan)
    assert {product.name: now for product, _was, now in shown.to_dispense if now} == {
        product.name: units for product, units in paper.units.items() if units
    }
    supplied = dispensing.page(clinic.primary, plan.patient_id)
    visit = visit_summary.page(clinic.primary, plan.pk)
    assert named(shown.at_home) == named(supplied.at_home) == named(visit.at_home)
    assert shown.counted_on == supplied.counted_on == visit.counted_on
    first = next((fill for fill in supplied.fills if fill.first == paper.first), None)
    assert dict(first.products if first else ()) == {
        product: units for product, units in paper.fill.items() if units
    }
    said = json.loads(export(by=clinic.primary, plan_id=plan.pk, kind=ExportKind.WHOLE).text)["supply"]
    assert [(one["product"], one["whole_units"]) for one in said["at_home"] if one["whole_units"]] == [
        (product.name, units) for product, units in shown.at_home
    ]
    assert {
        one["product"]: one["whole_units"] for one in said["fills"] if one["from"] == str(paper.first)
    } == {product.name: units for product, units in paper.fill.items()}
    assert queries.plan_page(clinic.primary, plan.pk).run_out == paper.last
    assert watched(plan) == paper.last + ONE
    return shown, paper


def test_in_the_middle_of_a_fill_every_place_takes_off_what_is_left_of_it(clinic: ClinicMade) -> None:
    """The sheet gave a whole new fill beside what the fill before had left."""
    plan = begun(clinic, 0)
    fill = sheet(plan).fill
    day = today(plan) + 10 * ONE
    with on(noon(plan, day)):
        shown, paper = in_the_middle(clinic, plan, Hold(day, days=14))
        assert shown.at_home
        assert all(paper.fill[product] < units for product, units in fill.items() if units)
    # And once more, days later: what the second sheet handed out is at home as well.
    with on(noon(plan, day + 3 * ONE)):
        again, _ = in_the_middle(clinic, plan, Pace(day + 3 * ONE, interval_days=28))
        assert again.at_home


def test_what_was_counted_and_what_was_filled_since_are_reckoned_together(clinic: ClinicMade) -> None:
    """A count was forgotten once it was used up, and fills since were forgotten until then."""
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone)
    counted = [{"product": "clonazepam tablet 0.5 mg", "whole_units": 12}]
    plan = issue_plan(clinic.primary, patient, story_request(first, stock=counted))
    # Twelve tablets last for four days; what the fill added is still there.
    for ahead in (3, 10):
        with on(noon(plan, first + ahead * ONE)):
            at_home = visit_summary.page(clinic.primary, plan.pk)
            assert at_home.counted_on == first
            assert at_home.at_home
    with on(noon(plan, first + 10 * ONE)):
        shown, _ = in_the_middle(clinic, plan, Hold(first + 10 * ONE, days=14))
        assert shown.counted_on == first


def test_instalments_that_were_not_handed_out_are_not_at_home(clinic: ClinicMade) -> None:
    """Of a fill for 28 days, handed out day by day, 18 days were taken off what is still to be given."""
    patient = make_patient(clinic.primary)
    first = clock.today(patient.zone)
    plan = issue_plan(clinic.primary, patient, story_request(first, instalment_days=1))
    day = first + 10 * ONE
    with on(noon(plan, day)):
        shown = seen(clinic, plan, Hold(day, days=14))
        assert sum(units for _product, units in shown.at_home) <= 1


def test_a_fill_collected_ahead_is_at_home_and_not_given_a_second_time(clinic: ClinicMade) -> None:
    plan = begun(clinic, 0)
    second = today(plan) + 28 * ONE
    with on(noon(plan, second - 2 * ONE)):
        before = seen(clinic, plan, Hold(today(plan), days=14)).at_home
        key = dispensing.confirm(
            by=clinic.primary,
            patient_id=plan.patient_id,
            version=1,
            first=second,
            on=today(plan),
        )
        shown, _ = in_the_middle(clinic, plan, Hold(today(plan), days=14))
        assert sum(units for _product, units in shown.at_home) > sum(units for _product, units in before) + 28
        # What the change leaves to hand out is confirmed by itself; a confirmation withdrawn counts no more.
        assert not any(fill.confirmed for fill in dispensing.page(clinic.primary, plan.patient_id).fills)
        dispensing.withdraw(by=clinic.primary, patient_id=plan.patient_id, dispensing_id=key)
        assert dispensing.page(clinic.primary, plan.patient_id).at_home == before


def test_on_the_day_of_a_fill_what_a_change_adds_is_a_fill_of_its_own(clinic: ClinicMade) -> None:
    """It counted as handed out with the fill of the version before."""
    plan = begun(clinic, 0)

    def give(version: int) -> None:
        dispensing.confirm(
            by=clinic.primary,
            patient_id=plan.patient_id,
            version=version,
            first=today(plan),
            on=today(plan),
        )

    give(1)
    in_the_middle(clinic, plan, StepLength(today(plan), days=28))
    (fill,) = (
        one for one in dispensing.page(clinic.primary, plan.patient_id).fills if one.first == today(plan)
    )
    assert not fill.confirmed
    give(2)


def test_a_tablet_that_is_broken_otherwise_is_still_the_tablet_at_home(clinic: ClinicMade) -> None:
    """The sheet of it was refused: what it took off and what was at home were two products."""
    plan = begun(clinic, 0)
    day = today(plan) + 10 * ONE
    said = versions.read(present(plan.active_version)).schedule.products
    broken = tuple(replace(one, split=4) if one.split == 2 else one for one in said)
    with on(noon(plan, day)):
        _, paper = in_the_middle(clinic, plan, ChangeProducts(day, products=broken), Hold(day, days=14))
        assert paper.fill


def test_a_plan_moved_to_a_later_beginning_took_nothing_before_it(clinic: ClinicMade) -> None:
    plan = begun(clinic, -10)
    moved = MoveChange(present(plan.active_version).from_day, to=today(plan) + 40 * ONE)
    assert seen(clinic, plan, moved).at_home == ()
    change(clinic, plan, moved)
    assert sheet(plan).first == today(plan) + 10 * ONE
    assert visit_summary.page(clinic.primary, plan.pk).at_home == ()
