"""Links end: by their purpose, with the care, when the patient or the clinic ends them; messages renew them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from plans.channels.email.rendering import write
from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.links import KEPT_FOR, LIFETIMES, SESSION_AT_MOST, LinkPurpose
from plans.domain.messages import MessageFacts
from plans.models import Document, Link, Patient, PatientDevice, PatientSession, ReviewItem, Work
from plans.services import clock, devices, drawing, feeds, links, patient_links, patient_pages
from plans.services.actors import patient_actor
from plans.services.links import LinkState, LinkView
from plans.services.messages import composing
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import set_care, take_back
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return make_patient(clinic.primary)


def made(patient: Patient, purpose: LinkPurpose = LinkPurpose.PLAN) -> Link:
    return links.lasting(purpose=purpose, patient=patient)


def seen(row: Link) -> LinkView:
    return links.look(links.token_of(row), LinkPurpose(row.purpose))


@pytest.mark.parametrize("purpose", [one for one in LinkPurpose if one is not LinkPurpose.INVITATION])
def test_a_link_lives_as_long_as_its_purpose_says(patient: Patient, purpose: LinkPurpose) -> None:
    with on(START):
        row = links.make(purpose=purpose, patient=patient)
    life = LIFETIMES[purpose].lasts
    with on(START + life - timedelta(seconds=1)):
        assert seen(row).state is LinkState.GOOD
    with on(START + life):
        assert seen(row).state is LinkState.EXPIRED


def test_a_link_of_the_release_before_has_the_same_end(patient: Patient) -> None:
    with on(START):
        row = made(patient)
        Link.objects.update(expires_at=None)
        assert seen(row).expires_at == row.created_at + LIFETIMES[LinkPurpose.PLAN].lasts
    with on(START + timedelta(days=91)):
        assert seen(row).state is LinkState.EXPIRED


def test_a_message_carries_the_same_link_again_while_it_is_young_and_a_new_one_later(
    patient: Patient,
) -> None:
    with on(START):
        first = made(patient)
    with on(START + timedelta(days=29)):
        assert made(patient) == first
    with on(START + timedelta(days=31)):
        second = made(patient)
        assert second != first
        # The older one lives out its own time, and no longer.
        assert seen(first).state is LinkState.GOOD
    with on(START + timedelta(days=91)):
        assert (seen(first).state, seen(second).state) == (LinkState.EXPIRED, LinkState.GOOD)


@pytest.mark.parametrize("state", ["transferred", "stopped_care", "died"])
def test_links_end_with_the_care_and_go_on_when_that_was_a_mistake(
    clinic: ClinicMade, patient: Patient, state: str
) -> None:
    device = devices.remember(patient, "")
    row, plan_row = made(patient, LinkPurpose.MAIL), made(patient)
    key = links.start_session(plan_row.pk)
    set_care(clinic.primary, patient, state)
    with pytest.raises(links.OutOfCare):
        links.check(links.session_link(key, LinkPurpose.PLAN), LinkAct.DOSE, device=device)
    assert seen(row).state is LinkState.EXPIRED
    # Stopping messages works all the same.
    assert links.may(seen(row), LinkAct.STOP, device="")
    take_back(clinic.primary, Patient.objects.get(pk=patient.pk))
    assert links.may(links.session_link(key, LinkPurpose.PLAN), LinkAct.DOSE, device=device)


def test_a_stay_in_hospital_ends_no_link(clinic: ClinicMade, patient: Patient) -> None:
    row = made(patient)
    set_care(clinic.primary, patient, "admitted")
    assert seen(row).state is LinkState.GOOD
    with pytest.raises(links.OutOfCare):
        links.check(seen(row), LinkAct.OPEN)


def test_a_session_ends_after_four_hours_however_busy(patient: Patient, monkeypatch: Any) -> None:
    key, begun = links.start_session(made(patient).pk), clock.real_now()
    minutes = range(10, int(SESSION_AT_MOST.total_seconds() // 60), 10)
    for minute in minutes:
        monkeypatch.setattr(clock, "real_now", lambda minute=minute: begun + timedelta(minutes=minute))
        links.session_link(key, LinkPurpose.PLAN)
    monkeypatch.setattr(clock, "real_now", lambda: begun + SESSION_AT_MOST + timedelta(seconds=1))
    with pytest.raises(NotFound):
        links.session_link(key, LinkPurpose.PLAN)


@pytest.mark.slow
def test_ended_links_are_deleted_after_their_time_but_not_those_on_paper_or_of_check_ins(
    clinic: ClinicMade, patient: Patient
) -> None:
    with on(START):
        plan = issue_story_plan(clinic.primary, patient)
        paper = links.lasting(purpose=LinkPurpose.DOCUMENT, patient=patient, version=plan.active_version)
        for _n in range(feeds.MOST_A_DAY):
            feeds.open_feed(seen(made(patient)), doses=False)
    with on(START + LIFETIMES[LinkPurpose.FEED].lasts + KEPT_FOR + timedelta(days=1)):
        links.forget_sessions()
    kept = set(Link.objects.values_list("purpose", flat=True))
    assert LinkPurpose.DOCUMENT.value in kept
    assert not kept & {LinkPurpose.FEED.value, LinkPurpose.PLAN.value}
    assert patient_pages.document_status(links.token_of(paper)).version == 1


def test_a_session_that_still_refers_to_a_link_goes_with_it(patient: Patient) -> None:
    with on(START):
        row, live = made(patient), made(patient, LinkPurpose.MAIL)
    with on(row.created_at + LIFETIMES[LinkPurpose.PLAN].lasts + KEPT_FOR + timedelta(days=1)):
        # Neither session has ended by itself.
        gone, kept = links.start_session(row.pk), links.start_session(live.pk)
        links.forget_sessions()
        connection.check_constraints()
        assert list(PatientSession.objects.values_list("link", flat=True)) == [live.pk]
        with pytest.raises(NotFound):
            links.session_link(gone, LinkPurpose.PLAN)
        assert links.session_link(kept, LinkPurpose.MAIL).id == live.pk


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_in_use_is_spared_until_the_next_tick(patient: Patient) -> None:
    with on(START):
        row = made(patient)
    with on(row.created_at + LIFETIMES[LinkPurpose.PLAN].lasts + KEPT_FOR + timedelta(days=1)):
        with transaction.atomic():
            Link.objects.select_for_update(no_key=True).get(pk=row.pk)
            links.start_session(row.pk)
            elsewhere(links.forget_sessions)
        assert Link.objects.filter(pk=row.pk).exists()
        elsewhere(links.forget_sessions)
        assert not Link.objects.filter(pk=row.pk).exists()
        assert not PatientSession.objects.exists()


def elsewhere(act: Callable[[], int]) -> int:
    """What a function returns in a connection of its own."""

    def run() -> int:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=30)


@pytest.mark.slow
def test_the_pharmacy_sheet_has_a_code_of_its_own_that_says_its_status_and_leads_nowhere(
    clinic: ClinicMade, patient: Patient
) -> None:
    plan = issue_story_plan(clinic.primary, patient)
    calendar = Document.objects.get(plan=plan, kind="calendar")
    sheet = Document(
        kind="pharmacy", plan=plan, version=plan.active_version, variant=calendar.variant, clinic=plan.clinic
    )
    urls = [drawing._facts(row).status_url for row in (calendar, sheet)]
    assert urls[0] != urls[1]
    token = urls[1].rpartition("/")[2]
    status = patient_pages.document_status(token)
    assert (status.current, status.to_plan) == (True, False)
    with pytest.raises(NotFound):
        patient_pages.plan_session(patient_pages.printed_link(token), device=devices.remember(patient, ""))


def test_ending_all_leaves_nothing_open_and_writes_to_the_confirmed_address_only(
    clinic: ClinicMade, patient: Patient
) -> None:
    links.start_session(made(patient).pk)
    devices.remember(patient, "phone")
    assert patient_links.end_all(patient_id=patient.pk, by=patient_actor(patient.pk, clinic.id))
    assert not Link.objects.filter(revoked_at=None).exists()
    assert (PatientSession.objects.count(), PatientDevice.objects.count()) == (0, 0)
    assert ReviewItem.objects.get().severity == "high"
    work = Work.objects.get(notice="new_link")
    facts = composing.compose(work.pk)
    assert isinstance(facts, MessageFacts)
    assert (facts.to_address, seen(Link.objects.get(purpose="plan", revoked_at=None)).state) == (
        patient.email,
        LinkState.GOOD,
    )
    stranger = make_patient(clinic.primary, confirmed=False)
    assert not patient_links.end_all(patient_id=stranger.pk, by=clinic.staff)
    assert not Work.objects.filter(notice="new_link", patient=stranger).exists()


def test_a_patient_ends_everything_a_few_times_a_day_and_staff_as_often_as_they_need(
    clinic: ClinicMade, patient: Patient
) -> None:
    by = patient_actor(patient.pk, clinic.id)
    for _n in range(patient_links.ENDED_ALL_A_DAY):
        patient_links.end_all(patient_id=patient.pk, by=by)
    with pytest.raises(Refused):
        patient_links.end_all(patient_id=patient.pk, by=by)
    assert patient_links.end_all(patient_id=patient.pk, by=clinic.staff)


@pytest.mark.slow
def test_nobody_ends_the_devices_and_links_of_another(clinic: ClinicMade, patient: Patient) -> None:
    other = make_patient(clinic.primary)
    devices.remember(other, "phone")
    device, link = PatientDevice.objects.get(), made(other)
    for by in (patient_actor(patient.pk, clinic.id), make_clinic().lead):
        with pytest.raises(NotFound):
            patient_links.end_device(patient_id=other.pk, device_id=device.pk, by=by)
        with pytest.raises(NotFound):
            patient_links.end_link(patient_id=other.pk, link_id=link.pk, by=by)
        with pytest.raises(NotFound):
            patient_links.end_all(patient_id=other.pk, by=by)
    with pytest.raises(NotFound):
        patient_links.end_link(
            patient_id=patient.pk, link_id=link.pk, by=patient_actor(patient.pk, clinic.id)
        )
    with pytest.raises(NotAllowed):
        patient_links.end_link(patient_id=other.pk, link_id=link.pk, by=clinic.reader)
    patient_links.end_link(patient_id=other.pk, link_id=link.pk, by=clinic.staff)
    patient_links.end_device(patient_id=other.pk, device_id=device.pk, by=clinic.staff)
    assert seen(link).state is LinkState.REVOKED


@pytest.mark.slow
def test_a_message_that_says_less_names_neither_the_patient_nor_the_clinic_nor_what_waits(
    clinic: ClinicMade, patient: Patient
) -> None:
    plan = issue_story_plan(clinic.primary, patient)
    work = Work.objects.get(plan=plan, notice="plan_ready")
    before = composing.compose(work.pk)
    assert patient_links.set_discreet(patient_id=patient.pk, on=True, by=clinic.staff)
    after = composing.compose(work.pk)
    assert isinstance(before, MessageFacts)
    assert isinstance(after, MessageFacts)
    sent, said = write(before), write(after)
    for word in (patient.preferred_name or patient.name.split()[0], clinic_name(patient), "calendar"):
        assert word in sent.text or word in sent.subject
        assert word not in said.text + said.subject + said.html + str(said.parsed["From"])
    assert after.link in said.text
    assert after.mail_link in said.text


def clinic_name(patient: Patient) -> str:
    return Patient.objects.select_related("clinic").get(pk=patient.pk).clinic.name
