"""Hospital, moved elsewhere, care stopped, died, back: what becomes of the plan, who is told, and corrections."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from plans.documents.pharmacy.content import FillRow, fills
from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.documents.facts import PharmacyFacts
from plans.domain.errors import NotAllowed, Refused, Stale
from plans.domain.people import CareState
from plans.domain.taper.plan_states import ACTS, PlanAct
from plans.domain.taper.schedule import StepKind
from plans.models import (
    AuditEvent,
    CareChange,
    Document,
    Occasion,
    Patient,
    Plan,
    PlanVersion,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services import care, care_status, clock, documents, drawing, going_on, supply_watch, ward_watch
from plans.services.caseload import CaseloadShow, caseload, caseload_view
from plans.services.plans import queries, revise, states, taken, versions
from plans.services.plans.lives import END_OF
from plans.services.review import acts
from plans.services.review.review_items import open_item
from tests.makers import ClinicMade, make_patient
from tests.makers_care import doses, record, return_home, set_care, take_back
from tests.makers_checkins import START, on
from tests.makers_plans import issue_plan, issue_story_plan, plan_row, story_request
from tests.present import present

pytestmark = pytest.mark.django_db

ENDS = ("transferred", "stopped_care", "died")


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    """The story's plan, begun 20 days ago: six days into its second step."""
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def today(plan: Plan) -> date:
    return clock.today(plan.patient.zone)


def reason(refused: Any) -> str:
    return str(refused.value.facts["reason"])


def open_items(plan: Plan) -> set[str]:
    rows = ReviewItem.objects.filter(patient=plan.patient).exclude(state="resolved")
    return {str(row.facts.get("code")) for row in rows}


def noon(plan: Plan, day: date) -> datetime:
    return datetime.combine(day, time(12), clock.zone_of(plan.patient.zone))


# Hospital


@pytest.mark.slow
def test_in_hospital_nothing_steps_down(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    row = plan_row(plan.pk)
    schedule = queries.schedule_of(present(row.active_version))
    assert (row.state, row.paused_on) == ("paused", today(plan) - timedelta(days=3))
    for n in (0, 30, 400):
        step = schedule.step_on(today(plan) + timedelta(days=n))
        assert step is not None
        assert step.kind is StepKind.PAUSE
    states.advance(noon(plan, today(plan) + timedelta(days=400)))
    assert plan_row(plan.pk).state == "paused"


@pytest.mark.slow
def test_the_days_before_the_stay_are_untouched(clinic: ClinicMade, plan: Plan) -> None:
    before = queries.full_schedule(plan)
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    after = queries.full_schedule(plan_row(plan.pk))
    for n in range(4, 21):
        day = today(plan) - timedelta(days=n)
        assert before.step_on(day).doses == after.step_on(day).doses  # type: ignore[union-attr]  # both within


@pytest.mark.parametrize(
    ("back", "why"), [(-1, "day_ahead"), (61, "day_too_far_back")], ids=["ahead", "too far back"]
)
def test_the_day_of_a_stay_is_bounded(clinic: ClinicMade, plan: Plan, back: int, why: str) -> None:
    with pytest.raises(Refused) as refused:
        set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=back))
    assert reason(refused) == why


@pytest.mark.parametrize(("ahead", "why"), [(None, "ask_missing"), (0, "ask_past"), (61, "ask_too_far")])
def test_a_day_to_ask_the_ward_is_needed(clinic: ClinicMade, plan: Plan, ahead: int | None, why: str) -> None:
    day = None if ahead is None else today(plan) + timedelta(days=ahead)
    with pytest.raises(Refused) as refused:
        set_care(clinic.primary, plan.patient, "admitted", ask_on=day)
    assert (reason(refused), refused.value.where) == (why, "ask_on")
    assert plan_row(plan.pk).state == "active"


@pytest.mark.slow
def test_an_item_asks_that_the_pharmacy_be_told(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    assert "tell_pharmacy" in open_items(plan)


@pytest.mark.slow
def test_the_ward_is_asked_on_its_day_and_again_until_the_return(clinic: ClinicMade, plan: Plan) -> None:
    first = today(plan) + timedelta(days=2)
    set_care(clinic.primary, plan.patient, "admitted", ask_on=first)
    assert ward_watch.tick(noon(plan, first - timedelta(days=1))) == 0
    assert ward_watch.tick(noon(plan, first)) == 1
    assert ward_watch.tick(noon(plan, first)) == 0
    item = ReviewItem.objects.get(facts__code="ask_ward")
    with on(noon(plan, first)):
        acts.claim(by=clinic.primary, item_id=item.pk)
        lock = ReviewItem.objects.get(pk=item.pk).lock
        acts.resolve(by=clinic.primary, item_id=item.pk, seen_lock=lock, outcome="reached_safe")
        again = first + timedelta(days=7)
        care.ask_ward_again(by=clinic.staff, patient_id=plan.patient_id, on=again)
    assert ward_watch.tick(noon(plan, again - timedelta(days=1))) == 0
    assert ward_watch.tick(noon(plan, again)) == 1


def test_an_item_ended_without_a_new_day_comes_back(clinic: ClinicMade, plan: Plan) -> None:
    first = today(plan) + timedelta(days=2)
    set_care(clinic.primary, plan.patient, "admitted", ask_on=first)
    ward_watch.tick(noon(plan, first))
    item = ReviewItem.objects.get(facts__code="ask_ward")
    with on(noon(plan, first)):
        acts.claim(by=clinic.primary, item_id=item.pk)
        lock = ReviewItem.objects.get(pk=item.pk).lock
        acts.resolve(
            by=clinic.primary, item_id=item.pk, seen_lock=lock, outcome="unable_to_reach",
            no_call="The ward has no telephone on Sundays.", told="Her sister",
        )  # fmt: skip
    assert ward_watch.tick(noon(plan, first + timedelta(days=2))) == 0
    assert ward_watch.tick(noon(plan, first + ward_watch.AGAIN_AFTER)) == 1


@pytest.mark.slow
def test_after_the_return_no_ward_is_asked_and_its_item_has_ended(clinic: ClinicMade, plan: Plan) -> None:
    first = today(plan) + timedelta(days=2)
    set_care(clinic.primary, plan.patient, "admitted", ask_on=first)
    with on(noon(plan, first)):
        ward_watch.tick(noon(plan, first))
        return_home(clinic.primary, plan)
        assert "ask_ward" not in open_items(plan)
        assert ward_watch.tick(noon(plan, first + timedelta(days=30))) == 0


@pytest.mark.slow
def test_supply_rests_with_the_plan(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    assert supply_watch.look(plan.pk, noon(plan, today(plan) + timedelta(days=26))) == 0


@pytest.mark.slow
def test_no_document_is_drawn_of_a_plan_that_rests(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    assert not Document.objects.filter(plan=plan).exclude(state="replaced").exists()
    with pytest.raises(Refused):
        documents.ask_for(
            by=clinic.primary, plan_id=plan.pk, kind="calendar", paper="a4", size="normal", language="en"
        )


@pytest.mark.slow
def test_the_caseload_says_since_when_and_what_was_taken_last(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    row = next(row for row in caseload(clinic.primary).rows if row.patient_id == plan.patient_id)
    assert row.care is not None
    assert row.care.since == today(plan) - timedelta(days=3)
    assert row.care.last_known is not None
    assert row.care.last_known.units == {"clonazepam": 137_500}


# Home again


@pytest.mark.slow
def test_no_pharmacy_is_told_of_a_pause_that_is_over(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    assert "tell_pharmacy" in open_items(plan)
    return_home(clinic.primary, plan, "night clonazepam 1", told_by="ward")
    assert "tell_pharmacy" not in open_items(plan)


@pytest.mark.slow
def test_the_return_asks_for_the_dose_and_goes_on_from_there(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    since = today(plan) - timedelta(days=2)
    return_home(clinic.primary, plan, "night clonazepam 1", since=since, told_by="ward")
    row = plan_row(plan.pk)
    step = queries.schedule_of(present(row.active_version)).step_on(today(plan))
    assert step is not None
    assert step.day.units == {"clonazepam": 100_000}
    assert (row.state, row.paused_on, row.ask_ward_on) == ("active", None, None)
    told = TakenDose.objects.get(plan=plan)
    assert (told.from_day, told.told_by, told.ended_how) == (since, "ward", "went_on")
    assert Occasion.objects.filter(plan=plan, state="planned").exists()
    assert AuditEvent.objects.filter(act="plan.returned", plan_id=plan.pk).exists()


@pytest.mark.slow
def test_the_care_page_cannot_bring_a_resting_plan_back_without_its_dose(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    with pytest.raises(Refused) as refused:
        set_care(clinic.primary, plan.patient, "in_care")
    assert reason(refused) == "return_needs_dose"


@pytest.mark.slow
def test_going_on_above_what_is_taken_is_a_rise_also_where_the_plan_says_so(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    back = going_on.Return(
        doses("night clonazepam 1"), today(plan) - timedelta(days=4), "ward", as_before=True
    )
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today", back=back)
    assert "rise" in {finding.rule for finding in seen.findings}
    calm = going_on.Return(doses("night clonazepam 1"), today(plan) - timedelta(days=4), "ward")
    seen = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today", back=calm)
    assert "rise" not in {finding.rule for finding in seen.findings}


@pytest.mark.slow
def test_supply_is_counted_anew_from_what_is_at_home(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    product = next(
        one
        for one in queries.schedule_of(present(plan.active_version)).products
        if one.drug == "clonazepam" and one.strength.text == "0.5"
    )
    regimen = taken.planned_on(clinic.primary, plan.pk, today(plan))
    unknown = going_on.Return(regimen, today(plan), "ward")
    known = going_on.Return(regimen, today(plan), "ward", stock={product.name: 40})
    few = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today", back=known).to_dispense
    many = going_on.preview(clinic.primary, plan_id=plan.pk, begins="today", back=unknown).to_dispense
    of = {one: after for one, _, after in few}
    assert {one: after for one, _, after in many}[product] - of[product] == 40


@pytest.mark.slow
@pytest.mark.parametrize(("days", "why"), [(1, "day_ahead"), (-9, "day_before_stay")])
def test_since_when_it_is_taken_lies_within_the_stay(
    clinic: ClinicMade, plan: Plan, days: int, why: str
) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=6))
    with pytest.raises(Refused) as refused:
        return_home(clinic.primary, plan, "night clonazepam 1", since=today(plan) + timedelta(days=days))
    assert reason(refused) == why


@pytest.mark.slow
def test_reception_may_say_in_hospital_but_not_how_the_plan_goes_on(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.staff, plan.patient, "admitted")
    with pytest.raises(NotAllowed):
        return_home(clinic.staff, plan)
    with pytest.raises(NotAllowed):
        take_back(clinic.staff, plan.patient)


@pytest.mark.slow
def test_after_the_last_dose_a_stay_rests_the_follow_up_and_it_goes_on(
    clinic: ClinicMade, plan: Plan
) -> None:
    over = present(plan.last_day) + timedelta(days=10)
    with on(noon(plan, over)):
        states.advance(noon(plan, over))
        assert plan_row(plan.pk).state == "follow_up"
        set_care(clinic.primary, plan.patient, "admitted")
        assert plan_row(plan.pk).state == "paused"
        assert not Occasion.objects.filter(plan=plan, state="planned").exists()
        row = plan_row(plan.pk)
        back = going_on.Return((), over, "patient")
        going_on.go_on(
            by=clinic.primary, plan_id=row.pk, seen_lock=row.lock, begins="today", note="Home.", back=back
        )
        assert plan_row(plan.pk).state == "follow_up"
        assert PlanVersion.objects.filter(plan=plan).count() == 1


# Ends


@pytest.mark.slow
@pytest.mark.parametrize("state", ENDS)
def test_an_end_of_care_ends_the_plan_with_its_reason_on_its_day(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    day = today(plan) - timedelta(days=4)
    set_care(clinic.primary, plan.patient, state, on=day)
    row = plan_row(plan.pk)
    assert (row.state, row.ended_because, row.ended_on) == ("stopped", state, day)
    assert queries.full_schedule(row).end == day
    act = END_OF[CareState(state)]
    event = AuditEvent.objects.get(plan_id=plan.pk, act=ACTS[act].audit)
    assert event.facts["from_day"] == day.isoformat()


@pytest.mark.slow
@pytest.mark.parametrize("state", ENDS)
def test_whoever_left_is_counted_out_and_found_by_a_filter_and_by_name(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    before = caseload_view(clinic.primary).counts
    set_care(clinic.primary, plan.patient, state)
    after = caseload_view(clinic.primary).counts
    assert after["gone"] == before["gone"] + 1
    for show in CaseloadShow:
        rows = {row.patient_id for row in caseload(clinic.primary, show=show.value).rows}
        assert (plan.patient_id in rows) == (show is CaseloadShow.GONE)
    name = Patient.objects.get(pk=plan.patient_id).name
    assert [row.patient_id for row in caseload(clinic.primary, q=name).rows] == [plan.patient_id]


@pytest.mark.slow
@pytest.mark.parametrize("state", ENDS)
def test_nothing_but_a_correction_can_be_done_to_the_plan(clinic: ClinicMade, plan: Plan, state: str) -> None:
    set_care(clinic.primary, plan.patient, state)
    row = plan_row(plan.pk)
    with pytest.raises(Refused):
        revise.revise(
            by=clinic.primary, plan_id=row.pk, seen_lock=row.lock, act="hold", params={}, note="No."
        )
    with pytest.raises(Refused):
        record(clinic.primary, plan, "night clonazepam 1")
    with pytest.raises(Refused):
        issue_story_plan(clinic.primary, Patient.objects.get(pk=plan.patient_id))


@pytest.mark.slow
def test_a_death_raises_what_must_be_closed_by_hand(clinic: ClinicMade, plan: Plan) -> None:
    Work.objects.filter(patient=plan.patient, notice="plan_ready").update(state="unknown")
    set_care(clinic.primary, plan.patient, "died")
    assert "died" in open_items(plan)
    found = care_status.to_close(clinic.primary, plan.patient_id)
    assert found is not None
    assert (found.items, found.messages) == (0, 1)
    assert "Harbour Pharmacy" in found.pharmacy
    assert "Bryony Testcase" in found.next_of_kin


@pytest.mark.slow
@pytest.mark.parametrize("state", ["transferred", "stopped_care"])
def test_other_ends_leave_what_the_pharmacy_must_be_told_open(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    set_care(clinic.primary, plan.patient, state)
    assert open_items(plan) == {"tell_pharmacy"}


KEYS = {
    "supply_closed_day": ("supply", "supply:{plan}:closed_day:2026-12-20"),
    "review_due": ("plan", "plan_review:{plan}:2026-12-20"),
    "ask_ward": ("care", "ward:{plan}"),
    "dose_marks_stopped": ("checkin", "marks:{plan}:2026-12-20"),
    "missed": ("missed", "missed:{patient}"),
}


def raise_all(plan: Plan) -> None:
    """An open item of every kind that hangs on a plan."""
    for code, (source, key) in KEYS.items():
        open_item(
            clinic_id=plan.clinic_id,
            patient=plan.patient,
            plan=plan,
            source=source,
            source_key=key.format(plan=plan.pk, patient=plan.patient_id),
            priority="high",
            facts={"code": code},
            now=clock.now(),
        )


@pytest.mark.slow
@pytest.mark.parametrize("state", [*ENDS, "stopped"])
def test_items_that_make_no_sense_without_the_plan_end_with_it_and_safety_stays(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    raise_all(plan)
    if state == "stopped":
        states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, note="Moved away.")
    else:
        set_care(clinic.primary, plan.patient, state, note="Moved away.")
    assert open_items(plan) - {"died"} == {"dose_marks_stopped", "missed"}
    ended = ReviewItem.objects.filter(patient=plan.patient, state="resolved")
    assert set(ended.values_list("outcome", "note")) == {("plan_ended", "Moved away.")}


@pytest.mark.slow
@pytest.mark.parametrize("state", ENDS)
def test_they_come_back_where_the_end_was_a_mistake(clinic: ClinicMade, plan: Plan, state: str) -> None:
    raise_all(plan)
    before = open_items(plan)
    set_care(clinic.primary, plan.patient, state)
    take_back(clinic.primary, plan.patient)
    assert open_items(plan) == before


@pytest.mark.slow
def test_somebody_who_comes_again_may_have_a_new_plan(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "transferred")
    set_care(clinic.primary, plan.patient, "in_care", note="Moved back.")
    assert plan_row(plan.pk).state == "stopped"
    assert issue_story_plan(clinic.primary, Patient.objects.get(pk=plan.patient_id)).state == "active"


# Corrections


@pytest.mark.slow
def test_a_mistaken_stay_is_taken_back_with_a_version_like_the_one_before(
    clinic: ClinicMade, plan: Plan
) -> None:
    before = queries.schedule_of(present(plan.active_version))
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=2))
    take_back(clinic.second, plan.patient, "It was her sister.")
    row = plan_row(plan.pk)
    assert (row.state, row.active_version.number) == ("active", 3)  # type: ignore[union-attr]  # issued
    assert queries.schedule_of(present(row.active_version)) == before
    kinds = [step.kind for step in queries.full_schedule(row) if step.start <= today(plan)]
    assert StepKind.PAUSE in kinds
    change = CareChange.objects.get(patient=plan.patient)
    assert (change.correction, change.corrected_by_id) == ("It was her sister.", clinic.second.id)
    event = AuditEvent.objects.get(plan_id=plan.pk, act="plan.corrected")
    assert event.facts["note"] == "It was her sister."
    messages = Work.objects.filter(plan=plan, notice="plan_changed")
    assert not messages.exists()


@pytest.mark.slow
@pytest.mark.parametrize("state", ENDS)
def test_an_end_taken_back_from_hospital_leads_back_to_the_ward(
    clinic: ClinicMade, plan: Plan, state: str
) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    set_care(clinic.primary, plan.patient, state)
    take_back(clinic.primary, plan.patient)
    row = plan_row(plan.pk)
    assert (row.state, row.ask_ward_on) == ("paused", today(plan))
    assert Patient.objects.get(pk=plan.patient_id).care_state == "admitted"
    take_back(clinic.primary, plan.patient)
    assert plan_row(plan.pk).state == "active"


@pytest.mark.slow
@pytest.mark.parametrize(("state", "code"), [("died", "died"), ("admitted", "tell_pharmacy")])
def test_nobody_is_sent_after_a_death_or_a_stay_that_was_recorded_by_mistake(
    clinic: ClinicMade, plan: Plan, state: str, code: str
) -> None:
    set_care(clinic.primary, plan.patient, state)
    assert code in open_items(plan)
    take_back(clinic.primary, plan.patient)
    assert code not in open_items(plan)
    ended = ReviewItem.objects.get(patient=plan.patient, facts__code=code)
    assert (ended.outcome, ended.note) == ("data_error", "Another patient was meant.")
    set_care(clinic.primary, plan.patient, state)
    assert code in open_items(plan)


@pytest.mark.slow
def test_documents_come_back_with_a_correction(clinic: ClinicMade, plan: Plan) -> None:
    sheet = documents.ask_for(
        by=clinic.primary, plan_id=plan.pk, kind="pharmacy", paper="a4", size="normal", language="en"
    )
    set_care(clinic.primary, plan.patient, "died")
    take_back(clinic.primary, plan.patient)
    assert Document.objects.get(pk=sheet).state == "asked"


@pytest.mark.slow
def test_a_correction_never_overrides_a_newer_plan(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "transferred")
    set_care(clinic.primary, plan.patient, "in_care")
    patient = Patient.objects.get(pk=plan.patient_id)
    issue_story_plan(clinic.primary, patient)
    set_care(clinic.primary, patient, "transferred")
    take_back(clinic.primary, patient)
    assert plan_row(plan.pk).state == "stopped"


@pytest.mark.slow
def test_a_correction_says_why_and_happens_once(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "died")
    with pytest.raises(Refused) as refused:
        take_back(clinic.primary, plan.patient, " ")
    assert reason(refused) == "note_missing"
    take_back(clinic.primary, plan.patient)
    with pytest.raises(Refused) as refused:
        take_back(clinic.primary, plan.patient)
    assert reason(refused) == "nothing_to_correct"


@pytest.mark.slow
def test_two_people_at_once_change_care_once(clinic: ClinicMade, plan: Plan) -> None:
    seen = Patient.objects.get(pk=plan.patient_id).version
    set_care(clinic.primary, plan.patient, "transferred")
    with pytest.raises(Stale):
        care.set_care_state(
            by=clinic.second,
            patient_id=plan.patient_id,
            seen_version=seen,
            state="died",
            note="Told by telephone.",
        )


def test_every_end_of_care_has_its_act() -> None:
    assert set(END_OF.values()) == {PlanAct.TRANSFER, PlanAct.STOP_CARE, PlanAct.DIED}
    assert set(care.NEXT) == set(CareState)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["two drugs", "ends on a dose"])
def test_plans_of_other_shapes_rest_and_come_back_as_well(clinic: ClinicMade, kind: str) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        first = clock.today(patient.zone) - timedelta(days=20)
        request = story_request(first, goal_mg="1.125")
        if kind == "two drugs":
            request = story_request(
                first,
                regimen=[
                    {"time": "morning", "drug": "alprazolam", "dose_mg": "1"},
                    {"time": "night", "drug": "diazepam", "dose_mg": "10"},
                ],
            )
            del request["products"]
        plan = issue_plan(clinic.primary, patient, request)
        drugs = queries.schedule_of(present(plan.active_version)).step_on(today(plan)).day.drugs  # type: ignore[union-attr]  # under way
        set_care(clinic.primary, patient, "admitted")
        rests = queries.schedule_of(present(plan_row(plan.pk).active_version)).steps[-1]
        assert rests.day.drugs == drugs
        return_home(clinic.primary, plan)
        step = queries.schedule_of(present(plan_row(plan.pk).active_version)).step_on(today(plan))
        assert step is not None
        assert step.day.drugs == drugs


@pytest.mark.slow
def test_what_was_really_taken_is_the_dose_last_known_before_a_stay(clinic: ClinicMade, plan: Plan) -> None:
    record(clinic.primary, plan, "night clonazepam 1", from_day=today(plan) - timedelta(days=5))
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=2))
    found = care_status.care_on_record(clinic.primary, plan.patient_id)
    assert found.last_known is not None
    assert found.last_known.units == {"clonazepam": 100_000}
    assert taken.current(plan_row(plan.pk)) is None
    take_back(clinic.primary, plan.patient)
    standing = taken.current(plan_row(plan.pk))
    assert standing is not None
    assert standing.day.units == {"clonazepam": 100_000}


# Home again: what the pharmacy has in hand


@pytest.mark.slow
def test_home_again_the_pharmacy_is_told_that_the_plan_goes_on(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted", on=today(plan) - timedelta(days=3))
    assert "tell_pharmacy" in open_items(plan)
    return_home(clinic.primary, plan)
    assert open_items(plan) & {"tell_pharmacy", "tell_pharmacy_back", "ask_ward"} == {"tell_pharmacy_back"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
def test_a_document_after_a_stay_names_the_version_whose_pages_are_in_somebodys_hands(
    clinic: ClinicMade, plan: Plan, kind: str
) -> None:
    first = plan.active_version
    set_care(clinic.primary, plan.patient, "admitted")
    return_home(clinic.primary, plan, "night clonazepam 1")
    row = plan_row(plan.pk)
    assert row.active_version is not None
    documents.ask(row.active_version, now=clock.now(), kind=kind, variant="a4-normal-en")
    data = drawing.facts_of(present(row.active_version_id), kind=kind, variant="a4-normal-en")
    assert (data.version, data.replaces) == (3, 1)
    if isinstance(data, PharmacyFacts):
        assert data.previous == queries.schedule_of(present(first))


@pytest.mark.slow
def test_home_again_the_supply_is_planned_from_the_day_of_the_return(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    return_home(clinic.primary, plan)
    assert queries.plan_page(clinic.primary, plan.pk).run_out == today(plan) + timedelta(days=27)


def sheet_facts(plan: Plan) -> PharmacyFacts:
    """What the pharmacy sheet of the version in force is drawn from."""
    version = plan_row(plan.pk).active_version
    assert version is not None
    documents.ask(version, now=clock.now(), kind="pharmacy", variant="a4-normal-en")
    facts = drawing.facts_of(version.pk, kind="pharmacy", variant="a4-normal-en")
    assert isinstance(facts, PharmacyFacts)
    return facts


def sheet_fills(plan: Plan) -> list[FillRow]:
    return fills(PharmacyContext(sheet_facts(plan)))


@pytest.mark.slow
def test_home_again_what_was_counted_is_taken_off_the_sheet_as_the_page_said(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    row = plan_row(plan.pk)
    product = queries.schedule_of(present(row.active_version)).products[0]
    back = going_on.Return(
        taken.planned_on(clinic.primary, row.pk, today(plan)), today(plan), "ward", stock={product.name: 7}
    )
    shown = going_on.preview(clinic.primary, plan_id=row.pk, begins="today", back=back)
    return_home(clinic.primary, plan, stock={product.name: 7})
    assert sheet_facts(plan).at_hand == {product: 7 * 4}
    given = sum(fill.units.get(product, 0) for fill in sheet_fills(plan))
    assert given == next(now for one, _was, now in shown.to_dispense if one == product)


@pytest.mark.slow
def test_what_was_counted_is_used_up_by_the_days_since(clinic: ClinicMade, plan: Plan) -> None:
    set_care(clinic.primary, plan.patient, "admitted")
    product = queries.schedule_of(present(plan.active_version)).products[0]
    return_home(clinic.primary, plan, stock={product.name: 7})
    row = plan_row(plan.pk)
    version = present(row.active_version)
    assert versions.before_fills(version) == ({product: 7 * 4}, today(plan))
    assert versions.at_home(version, today(plan)) == ({product: 7 * 4}, today(plan))
    # The fill of the day of return is the rest of what 28 days take.
    later = versions.at_home(version, today(plan) + timedelta(days=2))
    filled = next(
        fill.whole_units for fill in versions.fills(version, today(plan)).fills if fill.product == product
    )
    assert later.counted_on == today(plan)
    assert 0 < later.stock[product] < (7 + filled) * 4


@pytest.mark.slow
@pytest.mark.parametrize("revised", [False, True])
def test_page_and_sheet_count_the_fills_from_the_same_day(
    clinic: ClinicMade, plan: Plan, revised: bool
) -> None:
    row = plan_row(plan.pk)
    if revised:
        revise.revise(
            by=clinic.primary,
            plan_id=row.pk,
            seen_lock=row.lock,
            act="hold",
            params={"days": 14},
            note="Unwell.",
        )
    shown = sheet_fills(plan)[0]
    assert shown.first <= today(plan) <= shown.last
    assert queries.plan_page(clinic.primary, plan.pk).run_out == shown.last
