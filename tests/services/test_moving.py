"""Patients who move from one clinic of an installation to another: what goes along, what stays, who sees what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import transaction

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.moving import OFFER_STANDS, MoveState
from plans.domain.outbox import UNSENT, WorkState
from plans.domain.review.item_states import ItemState
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.second_signature import Trigger
from plans.models import (
    AuditEvent,
    CaseloadRow,
    CheckIn,
    Clinic,
    Document,
    Link,
    Occasion,
    Patient,
    PatientMove,
    Plan,
    PlanVersion,
    ReviewItem,
    Work,
)
from plans.services import audit, clock, formulary, links, moving, patient_pages, people, reminders, review
from plans.services.access import get_proposal_for
from plans.services.actors import Actor
from plans.services.caseload import caseload, projection
from plans.services.checkins import sessions
from plans.services.links import LinkPurpose
from plans.services.moving.following import FOLLOWING, FOLLOWING_THE_PLAN
from plans.services.plans import drafts, proposals, queries, revise
from plans.wording.review import source_words
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import set_care
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import issue_story_plan
from tests.makers_proposals import ask_to_issue, want_two
from tests.present import present
from tests.services.review_help import alerted, kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db: None) -> ClinicMade:
    """The clinic that patients move to, in another time zone and with another phone."""
    made = make_clinic(name="Lakeside Clinic", zone="America/Chicago")
    Clinic.objects.filter(pk=made.id).update(phone="555-0199")
    return made


def offered(patient: Patient, clinic: ClinicMade, other: ClinicMade, note: str = "") -> UUID:
    return moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=other.id, note=note)


def taken_over(patient: Patient, clinic: ClinicMade, other: ClinicMade, number: str = "LK-1") -> Patient:
    """The patient, moved."""
    key = offered(patient, clinic, other)
    moving.accept(by=other.primary, move_id=key, record_no=number, zone="America/Chicago")
    return Patient.objects.select_related("clinic").get(pk=patient.pk)


def reason(refused: Any) -> str:
    return str(refused.value.facts["reason"])


def acts(clinic: ClinicMade, patient: Patient) -> list[str]:
    """The events of a clinic's trail about a patient's moves, oldest first."""
    rows = AuditEvent.objects.filter(
        clinic_id=clinic.id, patient_id=patient.pk, act__startswith="patient.move"
    )
    return list(rows.order_by("id").values_list("act", flat=True))


def items(clinic: ClinicMade, code: str) -> list[ReviewItem]:
    """The open items of a clinic with this code."""
    rows = ReviewItem.objects.filter(clinic_id=clinic.id, facts__code=code)
    return list(rows.exclude(state=ItemState.RESOLVED))


@pytest.mark.slow
def test_an_offer_moves_nothing_and_says_only_who_is_offered(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary, notes="Secret notes")
    plan = issue_story_plan(clinic.primary, patient)
    key = offered(patient, clinic, other, "Moves to the lake in May.")
    seen = moving.move(other.primary, key)
    assert (seen.name, seen.born, seen.record_no) == (patient.name, patient.born, patient.record_no)
    assert (seen.drugs, seen.note, seen.incoming) == (("clonazepam",), "Moves to the lake in May.", True)
    assert seen.patient_id is None
    for look in (
        lambda: people.patient_card(other.primary, patient.pk),
        lambda: queries.plan_page(other.primary, plan.pk),
        lambda: audit.patient_events(other.primary, patient_id=patient.pk),
    ):
        with pytest.raises(NotFound):
            look()
    (item,) = items(other, "move_offered")
    assert item.patient is None
    assert patient.name not in str(item.facts)
    assert Patient.objects.get(pk=patient.pk).clinic_id == clinic.id
    with pytest.raises(NotFound):
        moving.move(make_clinic().primary, key)


def test_everything_of_the_patient_has_the_new_clinic_but_what_was_issued_and_done(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    moved = taken_over(patient, clinic, other)
    assert (moved.clinic_id, moved.owner_id) == (other.id, other.primary.id)
    assert (moved.record_no, moved.zone) == ("LK-1", "America/Chicago")
    for model in FOLLOWING:
        of_patient = model._default_manager.filter(patient_id=patient.pk)
        assert set(of_patient.values_list("clinic_id", flat=True)) <= {other.id}, model
    assert PlanVersion.objects.get(plan=plan).clinic_id == clinic.id
    assert Plan.objects.get(pk=plan.pk).state == "active"
    seen = queries.plan_page(other.primary, plan.pk)
    assert [row.by for row in seen.versions] == [clinic.primary.name]
    revise.revise(
        by=other.primary, plan_id=plan.pk, seen_lock=seen.lock, act="hold", note="Heat wave.",
        params={"from": clock.today(moved.zone).isoformat(), "days": 7},
    )  # fmt: skip
    assert [row.clinic_id for row in PlanVersion.objects.filter(plan=plan).order_by("number")] == [
        clinic.id,
        other.id,
    ]


@pytest.mark.slow
def test_every_row_with_a_patient_and_a_clinic_follows() -> None:
    """A table that is added must be taken along."""
    found, of_plans = set(), set()
    for model in apps.get_app_config("plans").get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        if {"patient_id", "clinic_id"} <= names:
            found.add(model.__name__)
        elif {"plan_id", "clinic_id"} <= names:
            of_plans.add(model.__name__)
    # The trail stays, with why records were opened and which were merged; the caseload's row is written anew by itself.
    staying = {"AuditEvent", "CaseloadRow", "PatientMerge", "RecordLook", "RecordOpening"}
    assert found - staying == {model.__name__ for model in FOLLOWING}
    # A version stays with the clinic that issued it.
    assert of_plans - {"PlanVersion"} == {model.__name__ for model in FOLLOWING_THE_PLAN}


@pytest.mark.slow
def test_what_once_waited_for_a_signature_is_read_by_the_new_clinic_alone(
    clinic: ClinicMade, other: ClinicMade, patient: Patient
) -> None:
    want_two(clinic, Trigger.RISE)
    asked_for = ask_to_issue(clinic.primary, patient)
    proposals.withdraw(by=clinic.primary, proposal_id=asked_for)
    taken_over(patient, clinic, other)
    assert get_proposal_for(other.primary, asked_for).plan.patient_id == patient.pk
    with pytest.raises(NotFound):
        get_proposal_for(clinic.primary, asked_for)


def test_a_clinic_that_gave_a_patient_away_reads_its_own_record_and_nothing_later(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    with on(START):
        story = asked()
        target = make_clinic(name="Lakeside Clinic")
    with on(story.occasion.due_at):
        answer_all(sessions.for_link(story.link), note="Kept words")
        key = offered(story.patient, story.clinic, target)
        moving.accept(by=target.primary, move_id=key, record_no="LK-7", zone="America/New_York")
        people.update_patient(
            by=target.primary,
            patient_id=story.patient.pk,
            seen_version=Patient.objects.get(pk=story.patient.pk).version,
            data=_renamed(target.primary, story.patient.pk),
        )
    with pytest.raises(NotFound):
        people.patient_card(story.clinic.primary, story.patient.pk)
    kept = moving.kept_record(story.clinic.primary, key)
    assert [row.number for row in kept.issued] == [1]
    told = [row.act for row in kept.events.rows]
    assert told[0] == "patient.moved_out"
    assert "plan.issued" in told
    assert "patient.changed" not in told
    assert moving.move(story.clinic.primary, key).name == story.patient.name
    text = moving.export_kept(by=story.clinic.reader, move_id=key).text
    assert story.patient.name in text
    assert '"overall"' in text
    for stranger in (target.primary, other.primary):
        with pytest.raises(NotFound):
            moving.kept_record(stranger, key)


def _renamed(by: Actor, patient_id: UUID) -> Any:
    from dataclasses import replace

    return replace(people.data_of(people.patient_card(by, patient_id)), name="Quill Newname")


@pytest.mark.slow
def test_both_trails_say_it_and_the_new_clinic_reads_all_of_the_history(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    taken_over(patient, clinic, other)
    assert acts(clinic, patient) == ["patient.move_offered", "patient.moved_out"]
    assert acts(other, patient) == ["patient.moved_in"]
    told = [row.act for row in audit.patient_events(other.primary, patient_id=patient.pk, size=100).rows]
    assert {"patient.added", "plan.issued", "patient.move_offered", "patient.moved_in"} <= set(told)


def test_links_in_the_patients_hand_go_on_under_the_new_clinics_phone(other: ClinicMade) -> None:
    with on(START):
        story = asked()
        printed = links.lasting(
            purpose=LinkPurpose.DOCUMENT, patient=story.patient, version=story.plan.active_version
        )
        plan_link = links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan)
    with on(story.occasion.due_at):
        taken_over(story.patient, story.clinic, other)
        status = patient_pages.document_status(links.token_of(printed))
        assert (status.clinic.phone, status.current) == ("555-0199", True)
        view = links.look(links.token_of(plan_link), LinkPurpose.PLAN)
        assert (view.state, view.clinic_id) == (links.LinkState.GOOD, other.id)
        answer_all(sessions.for_link(links.look(story.token, LinkPurpose.CHECKIN)), s_thoughts="yes")
    assert CheckIn.objects.get(occasion=story.occasion).clinic_id == other.id
    urgent = ReviewItem.objects.get(patient=story.patient, severity="urgent")
    assert urgent.clinic_id == other.id
    assert alerted(urgent) == [other.primary.id]


@pytest.mark.slow
def test_a_message_that_waits_goes_out_once_for_the_new_clinic(other: ClinicMade) -> None:
    with on(START):
        story = asked()
    with on(story.occasion.due_at):
        waiting = Work.objects.get(occasion=story.occasion, rung=0)
        assert waiting.state == WorkState.PENDING
        taken_over(story.patient, story.clinic, other)
        reminders.tick(clock.now())
    waiting.refresh_from_db()
    assert (waiting.clinic_id, waiting.state) == (other.id, "pending")
    unsent = Work.objects.filter(patient=story.patient, state__in=UNSENT)
    assert set(unsent.values_list("clinic_id", flat=True)) == {other.id}
    assert Work.objects.filter(occasion=story.occasion, rung=0).count() == 1
    told = Work.objects.filter(patient=story.patient, notice="clinic_changed")
    assert [row.state for row in told] == ["pending"]


@pytest.mark.slow
def test_a_message_in_the_mail_servers_hands_ends_as_it_ends_and_goes_no_second_time(
    other: ClinicMade,
) -> None:
    with on(START):
        story = asked()
    with on(story.occasion.due_at):
        going = Work.objects.filter(occasion=story.occasion, rung=0)
        going.update(state=WorkState.SENDING, token="t", lease_until=clock.real_now() + timedelta(minutes=5))
        taken_over(story.patient, story.clinic, other)
        reminders.tick(clock.now())
        assert [(row.state, row.clinic_id) for row in going] == [("sending", other.id)]
        assert Work.objects.filter(occasion=story.occasion, rung=0).count() == 1


@pytest.mark.slow
def test_check_ins_to_come_follow_the_new_zone_and_none_is_lost_or_doubled(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    days = set(_planned(patient).values_list("local_date", flat=True))
    taken_over(patient, clinic, other)
    planned = _planned(patient)
    assert set(planned.values_list("local_date", flat=True)) == days
    assert set(planned.values_list("zone", "clinic_id")) == {("America/Chicago", other.id)}


def _planned(patient: Patient) -> Any:
    return Occasion.objects.filter(patient=patient, state="planned")


def test_open_items_come_along_without_a_holder_and_alert_whoever_is_on_call_there(
    clinic: ClinicMade, patient: Patient, other: ClinicMade, raised: Callable[..., ReviewItem]
) -> None:
    urgent, routine = raised(), raised("routine", "checkin:2")
    for item in (urgent, routine):
        review.claim(by=clinic.primary, item_id=item.pk)
    taken_over(patient, clinic, other)
    for item in (urgent, routine):
        item.refresh_from_db()
        assert (item.clinic_id, item.state, item.holder) == (other.id, "new", None)
        assert "moved" in kinds(item)
    assert alerted(urgent)[-1] == other.primary.id
    left = Work.objects.filter(item=urgent, user_id=clinic.primary.member_id)
    assert {(row.state, row.reason) for row in left} == {("cancelled", "moved")}
    review.claim(by=other.second, item_id=urgent.pk)
    with pytest.raises(NotFound):
        review.claim(by=clinic.primary, item_id=routine.pk)


@pytest.mark.slow
def test_a_draft_and_its_typed_fields_come_along(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    drafts.save(by=clinic.primary, patient_id=patient.pk, form={"method": ["steps"]}, seen_lock=None)
    taken_over(patient, clinic, other)
    assert present(drafts.load(other.primary, patient_id=patient.pk)).form == {"method": ["steps"]}


@pytest.mark.slow
def test_what_is_not_stocked_there_is_said_and_not_refused(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    formulary.set_formulary(
        by=other.lead,
        seen_digest=formulary.formulary(other.lead).digest,
        formulary=Formulary(drugs=(("clonazepam", ()),)),
    )
    taken_over(patient, clinic, other)
    (item,) = items(other, "moved_in")
    assert {one["strength_mg"] for one in item.facts["products"]} == {"0.5", "0.125"}
    assert item.facts["clinic"] == Clinic.objects.get(pk=clinic.id).name
    said = source_words(item.source, item.facts)
    assert "clonazePAM 0.125\u00a0mg orally disintegrating tablet and clonazePAM 0.5\u00a0mg tablet" in said


@pytest.mark.slow
def test_calendars_are_drawn_again_for_the_new_clinic(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    Document.objects.filter(plan=plan).update(state="ready", file="x", sha256="y")
    Work.objects.filter(document__plan=plan).update(state="sent")
    taken_over(patient, clinic, other)
    assert set(Document.objects.filter(plan=plan).values_list("state", "file", "clinic_id")) == {
        ("asked", "", other.id)
    }
    waiting = Work.objects.filter(document__plan=plan, state__in=UNSENT)
    assert set(waiting.values_list("clinic_id", flat=True)) == {other.id}


@pytest.mark.slow
@pytest.mark.usefixtures("caseload_rows")
def test_the_caseloads_of_both_clinics_and_their_counts_follow(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    stays = make_patient(clinic.primary)
    taken_over(patient, clinic, other)
    assert [row.patient_id for row in caseload(clinic.primary).rows] == [stays.pk]
    assert [row.patient_id for row in caseload(other.primary).rows] == [patient.pk]
    assert CaseloadRow.objects.get(pk=patient.pk).owner_id == other.primary.id
    assert projection.compare([patient.pk, stays.pk], clock.now()).differing == ()


@pytest.mark.slow
def test_a_patient_in_hospital_moves_with_the_paused_plan(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    set_care(clinic.primary, patient, "admitted")
    taken_over(patient, clinic, other)
    assert Plan.objects.get(pk=plan.pk).state == "paused"
    assert not _planned(patient).exists()


@pytest.mark.slow
def test_a_patient_comes_back_the_same_way_with_one_history(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    taken_over(patient, clinic, other)
    back = moving.offer(by=other.primary, patient_id=patient.pk, to_id=clinic.id)
    moving.accept(by=clinic.second, move_id=back, record_no=patient.record_no, zone=patient.zone)
    assert queries.plan_page(clinic.primary, plan.pk).version == 1
    assert acts(clinic, patient) == ["patient.move_offered", "patient.moved_out", "patient.moved_in"]


@pytest.mark.slow
def test_a_record_number_that_is_taken_is_asked_for(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    standing = make_patient(other.primary, record_no=patient.record_no.lower())
    key = offered(patient, clinic, other)
    assert moving.move(other.primary, key).number_taken
    with pytest.raises(Refused) as refused:
        moving.accept(by=other.primary, move_id=key, record_no=patient.record_no, zone="America/Chicago")
    assert (reason(refused), refused.value.where) == ("record_no_taken", "record_no")
    assert refused.value.facts["name"] == standing.name
    assert PatientMove.objects.get(pk=key).state == "offered"
    moving.accept(by=other.primary, move_id=key, record_no="LK-2", zone="America/Chicago")


@pytest.mark.slow
def test_the_same_person_in_the_records_there_is_pointed_out(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    twin = make_patient(other.primary, name=patient.name.upper(), born=patient.born)
    seen = moving.move(other.primary, offered(patient, clinic, other))
    assert [(one.patient_id, one.record_no) for one in seen.namesakes] == [(twin.pk, twin.record_no)]


def test_a_declined_offer_says_why_to_one_clinic_and_is_gone_for_the_other(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    key = offered(patient, clinic, other)
    with pytest.raises(Refused) as refused:
        moving.decline(by=other.primary, move_id=key, reason="  ")
    assert reason(refused) == "note_missing"
    moving.decline(by=other.primary, move_id=key, reason="No room before June.")
    assert moving.move(clinic.primary, key).reason == "No room before June."
    with pytest.raises(NotFound):
        moving.move(other.primary, key)
    (told,) = items(clinic, "move_declined")
    assert told.patient_id == patient.pk
    assert items(other, "move_offered") == []
    assert acts(clinic, patient) == ["patient.move_offered", "patient.move_declined"]
    mine = audit.clinic_events(other.lead).rows
    assert "clinic.move_declined" in [row.act for row in mine]
    assert not any(patient.name in str(row.facts) for row in mine)


@pytest.mark.slow
def test_what_is_open_about_an_earlier_offer_does_not_go_along(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    first = offered(patient, clinic, make_clinic())
    moving.lapse(PatientMove.objects.get(pk=first).expires_at)
    (told,) = items(clinic, "move_lapsed")
    taken_over(patient, clinic, other)
    told.refresh_from_db()
    assert (told.state, told.outcome) == ("resolved", "offer_answered")


@pytest.mark.slow
def test_an_offer_is_taken_back_before_it_is_answered(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    key = offered(patient, clinic, other)
    moving.take_back(by=clinic.second, move_id=key)
    with pytest.raises(NotFound):
        moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    assert items(other, "move_offered") == []
    assert Patient.objects.get(pk=patient.pk).clinic_id == clinic.id
    offered(patient, clinic, other)


@pytest.mark.slow
def test_an_offer_that_nobody_answers_lapses_once_and_both_clinics_are_told(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    key = offered(patient, clinic, other)
    ends = PatientMove.objects.get(pk=key).expires_at
    assert ends == PatientMove.objects.get(pk=key).offered_at + OFFER_STANDS
    assert moving.lapse(ends - timedelta(seconds=1)) == 0
    assert (moving.lapse(ends), moving.lapse(ends)) == (1, 0)
    assert moving.move(clinic.primary, key).state == MoveState.LAPSED
    with pytest.raises(NotFound):
        moving.move(other.primary, key)
    (here,), (there,) = items(clinic, "move_lapsed"), items(other, "move_not_answered")
    assert here.facts["move"] == str(key)
    assert there.facts["move"] == ""


def test_an_offer_whose_time_is_over_is_not_accepted_before_the_tick(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        key = offered(patient, clinic, other)
    with on(START + OFFER_STANDS), pytest.raises(Refused) as refused:
        moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    assert reason(refused) == "offer_over"


@pytest.mark.slow
def test_a_second_answer_changes_nothing(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    key = offered(patient, clinic, other)
    moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    for act in (
        lambda: moving.accept(by=other.second, move_id=key, record_no="LK-9", zone="America/Chicago"),
        lambda: moving.decline(by=other.second, move_id=key, reason="Too late."),
        lambda: moving.take_back(by=clinic.primary, move_id=key),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert reason(refused) == "offer_over"
    assert Patient.objects.get(pk=patient.pk).record_no == "LK-1"


@pytest.mark.slow
def test_only_whoever_plans_offers_and_answers_and_each_side_has_its_own_acts(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    for nobody in (clinic.staff, clinic.reader):
        with pytest.raises(NotAllowed):
            moving.offer(by=nobody, patient_id=patient.pk, to_id=other.id)
    with pytest.raises(NotFound):
        moving.offer(by=other.primary, patient_id=patient.pk, to_id=clinic.id)
    key = offered(patient, clinic, other)
    for by, act in (
        (other.staff, "accept"), (clinic.primary, "accept"), (clinic.primary, "decline"), (other.primary, "take_back"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            _do(act, by, key)
    with pytest.raises(NotFound):
        _do("accept", make_clinic().primary, key)


def _do(act: str, by: Actor, key: UUID) -> None:
    if act == "accept":
        moving.accept(by=by, move_id=key, record_no="LK-1", zone="America/Chicago")
    elif act == "decline":
        moving.decline(by=by, move_id=key, reason="No.")
    else:
        moving.take_back(by=by, move_id=key)


@pytest.mark.slow
def test_a_patient_is_offered_once_to_another_clinic_and_only_while_in_care(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    with pytest.raises(Refused) as refused:
        moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=clinic.id)
    assert reason(refused) == "not_a_clinic"
    key = offered(patient, clinic, other)
    with pytest.raises(Refused) as refused:
        offered(patient, clinic, make_clinic())
    assert reason(refused) == "offered_already"
    set_care(clinic.primary, patient, "stopped_care")
    with pytest.raises(Refused) as refused:
        moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    assert reason(refused) == "not_in_care"
    moving.take_back(by=clinic.primary, move_id=key)
    with pytest.raises(Refused) as refused:
        offered(patient, clinic, other)
    assert reason(refused) == "not_in_care"


@pytest.mark.slow
def test_a_patient_without_a_plan_or_an_address_moves_without_a_message(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    taken_over(patient, clinic, other)
    assert not Work.objects.filter(patient=patient, notice="clinic_changed").exists()


@pytest.mark.slow
def test_somebody_who_acts_on_the_patient_at_that_moment_finds_them_gone(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    version = Patient.objects.get(pk=patient.pk).version
    data = people.data_of(people.patient_card(clinic.primary, patient.pk))
    taken_over(patient, clinic, other)
    with pytest.raises(NotFound):
        people.update_patient(by=clinic.primary, patient_id=patient.pk, seen_version=version, data=data)


@pytest.mark.slow
def test_all_or_nothing_if_the_move_breaks_off(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    key = offered(patient, clinic, other)
    with pytest.raises(RuntimeError):
        _broken_off(other, key)
    assert Patient.objects.get(pk=patient.pk).clinic_id == clinic.id
    assert PatientMove.objects.get(pk=key).state == "offered"
    assert set(Link.objects.filter(patient=patient).values_list("clinic_id", flat=True)) <= {clinic.id}


@transaction.atomic
def _broken_off(other: ClinicMade, key: UUID) -> None:
    moving.accept(by=other.primary, move_id=key, record_no="LK-1", zone="America/Chicago")
    raise RuntimeError("the machine stops")
