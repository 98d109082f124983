"""The second fact: a code of the patient's own, the year of birth until then; guesses are slowed, never locked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.links import LinkPurpose
from plans.models import (
    AuditEvent,
    BirthYearTry,
    Clinic,
    Patient,
    PatientCode,
    PatientDevice,
    ReviewItem,
    Work,
)
from plans.services import clock, devices, links, second_fact
from plans.services.links import LinkView
from plans.services.second_fact import FactKind
from tests.forged_tokens import all_doors, hits
from tests.makers import ClinicMade, make_clinic, make_patient

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return make_patient(clinic.primary)


def opened(patient: Patient, purpose: LinkPurpose = LinkPurpose.PLAN, **more: Any) -> LinkView:
    """A session on the patient's plan, from a message."""
    row = links.lasting(purpose=purpose, patient=patient)
    return links.session_link(links.start_session(row.pk, **more), purpose)


def year(patient: Patient) -> str:
    return str(patient.born.year)


@pytest.fixture
def mine(patient: Patient) -> LinkView:
    return opened(patient)


def test_until_there_is_a_code_the_year_of_birth_opens_the_pages(patient: Patient, mine: LinkView) -> None:
    assert second_fact.asked_of(patient.pk) is FactKind.YEAR
    outcome = second_fact.give(mine, year(patient), network=HERE, kind="phone")
    assert outcome.right
    assert devices.knows(patient.pk, outcome.device)
    assert PatientDevice.objects.get().kind == "phone"


def test_a_code_takes_the_place_of_the_year(clinic: ClinicMade, patient: Patient, mine: LinkView) -> None:
    code = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    assert not second_fact.give(mine, year(patient), network=HERE).right
    assert second_fact.give(mine, f" {code[:3]}-{code[3:]} ", network=HERE).right


def test_a_code_is_stored_so_that_a_copy_of_the_table_cannot_be_tried_out(
    clinic: ClinicMade, patient: Patient, settings: Any
) -> None:
    code = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    assert code not in PatientCode.objects.get().code_hash
    settings.LINK_KEY = b"another key"
    assert not second_fact.give(opened(patient), code, network=HERE).right


@pytest.mark.slow
def test_a_new_code_ends_the_one_before_and_gives_new_tries(
    clinic: ClinicMade, patient: Patient, mine: LinkView
) -> None:
    old = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    for _n in range(second_fact.BURST):
        second_fact.give(mine, "000000", network=HERE)
    assert second_fact.give(mine, old, network=HERE).wait
    new = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    assert second_fact.give(mine, new, network=HERE).right


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("12345", "code_length"),
        ("1234567890123", "code_length"),
        ("48392x", "code_length"),
        ("", "code_length"),
    ],
)
def test_a_code_that_is_no_code_is_refused(patient: Patient, mine: LinkView, code: str, why: str) -> None:
    device = devices.remember(patient, "")
    with pytest.raises(Refused) as refused:
        second_fact.choose_code(mine, year(patient), code, code, network=HERE, device=device)
    assert (refused.value.facts["reason"], refused.value.where) == (why, "new")


def test_a_code_that_others_would_try_first_is_refused(patient: Patient, mine: LinkView) -> None:
    born = patient.born
    device = devices.remember(patient, "")
    for easy in ("777777", "345678", "987654", f"{born:%d%m%y}", f"{born:%m%d%y}", f"{born.year}83"):
        with pytest.raises(Refused) as refused:
            second_fact.choose_code(mine, year(patient), easy, easy, network=HERE, device=device)
        assert refused.value.facts["reason"] == "code_easy", easy


@pytest.mark.slow
def test_a_patient_chooses_a_code_behind_the_present_fact_only(patient: Patient, mine: LinkView) -> None:
    device = devices.remember(patient, "")

    def choose(present: str, again: str = "482913") -> bool:
        return second_fact.choose_code(mine, present, "482913", again, network=HERE, device=device).right

    assert not choose("1900")
    assert not PatientCode.objects.exists()
    with pytest.raises(Refused):
        choose(year(patient), again="482914")
    assert choose(year(patient))
    assert PatientCode.objects.get().set_by_id is None
    assert second_fact.give(opened(patient), "482913", network=THERE).right


def test_a_code_is_not_chosen_with_a_link_alone(patient: Patient, mine: LinkView) -> None:
    with pytest.raises(links.FactWanted):
        second_fact.choose_code(mine, year(patient), "482913", "482913", network=HERE, device="")
    paper, known = opened(patient, via=LinkPurpose.DOCUMENT), devices.remember(patient, "")
    with pytest.raises(NotFound):
        second_fact.choose_code(paper, year(patient), "482913", "482913", network=HERE, device=known)


def test_guesses_on_one_network_leave_those_of_another_and_of_another_link(patient: Patient) -> None:
    paper = opened(patient, via=LinkPurpose.DOCUMENT)
    for _n in range(second_fact.BURST + 3):
        second_fact.give(paper, "1900", network=HERE)
    assert second_fact.give(paper, year(patient), network=HERE).wait == pytest.approx(
        second_fact.EVERY, abs=timedelta(seconds=5)
    )
    # The message's own link still works, on the same network too.
    assert second_fact.give(opened(patient), year(patient), network=HERE).right


def test_a_stranger_who_never_stops_guessing_keeps_nobody_out(patient: Patient, mine: LinkView) -> None:
    for n in range(second_fact.SLOW_AFTER + 10):
        second_fact.give(mine, "1900", network=f"203.0.113.{n}")
    assert BirthYearTry.objects.count() == second_fact.SLOW_AFTER
    asked = second_fact.give(mine, year(patient), network=THERE)
    assert (asked.right, asked.wait) == (False, second_fact.SLOW_WAIT)
    # Somebody else who guesses meanwhile does not take the turn of the one who waits.
    second_fact.give(mine, "1900", network=HERE)
    real = clock.real_now()
    with pytest.MonkeyPatch.context() as later:
        later.setattr(clock, "real_now", lambda: real + second_fact.SLOW_WAIT + timedelta(seconds=1))
        assert second_fact.give(mine, year(patient), network=THERE).right


@pytest.mark.slow
def test_the_clinic_is_told_once_and_lets_the_patient_try_again(
    clinic: ClinicMade, patient: Patient, mine: LinkView
) -> None:
    for _n in range(second_fact.BURST + 4):
        second_fact.give(mine, "1900", network=HERE)
    assert ReviewItem.objects.get().facts["code"] == "fact_guessed"
    assert second_fact.is_slowed(clinic.staff, patient.pk)
    assert second_fact.let_try_again(by=clinic.staff, patient_id=patient.pk)
    assert not second_fact.let_try_again(by=clinic.staff, patient_id=patient.pk)
    assert second_fact.give(mine, year(patient), network=HERE).right


def test_a_device_that_others_use_is_not_remembered(patient: Patient, mine: LinkView) -> None:
    outcome = second_fact.give(mine, year(patient), network=HERE, remember=False)
    assert (outcome.right, outcome.device, PatientDevice.objects.count()) == (True, "", 0)
    again = opened(patient)
    assert links.may(
        links.session_link(links.start_session(again.id, fact_at=None), LinkPurpose.PLAN),
        LinkAct.GIVE_FACT,
        device="",
    )


@pytest.mark.slow
def test_the_address_on_record_is_told_of_a_new_device_a_few_times_a_day(patient: Patient) -> None:
    for n in range(second_fact.MESSAGES_A_DAY + 3):
        assert second_fact.give(opened(patient), year(patient), network=f"192.0.2.{n}").right
    told = Work.objects.filter(notice="new_device", patient=patient)
    assert told.count() == second_fact.MESSAGES_A_DAY


def test_a_clinic_that_does_not_take_the_year_asks_for_a_code(
    clinic: ClinicMade, patient: Patient, mine: LinkView
) -> None:
    assert second_fact.set_birth_year_off(by=clinic.lead, off=True)
    assert not second_fact.set_birth_year_off(by=clinic.lead, off=True)
    assert second_fact.asked_of(patient.pk) is FactKind.NONE
    assert not second_fact.give(mine, year(patient), network=HERE).right
    code = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    assert second_fact.give(mine, code, network=HERE).right
    with pytest.raises(Refused):
        second_fact.clear_code(by=clinic.staff, patient_id=patient.pk)
    assert second_fact.birth_year_use(clinic.lead).without_code == 0
    with pytest.raises(NotAllowed):
        second_fact.set_birth_year_off(by=clinic.primary, off=False)


def test_only_whoever_may_edit_the_record_gives_a_code_and_only_here(
    clinic: ClinicMade, patient: Patient
) -> None:
    with pytest.raises(NotAllowed):
        second_fact.give_code(by=clinic.reader, patient_id=patient.pk)
    with pytest.raises(NotFound):
        second_fact.give_code(by=make_clinic().lead, patient_id=patient.pk)
    assert not PatientCode.objects.exists()


def test_the_code_itself_stands_nowhere_in_the_trail(clinic: ClinicMade, patient: Patient) -> None:
    code = second_fact.give_code(by=clinic.staff, patient_id=patient.pk)
    second_fact.clear_code(by=clinic.staff, patient_id=patient.pk)
    events = AuditEvent.objects.filter(patient_id=patient.pk, act__startswith="code.")
    assert [one.act for one in events.order_by("at", "real_at")] == ["code.given", "code.cleared"]
    assert not any(code in str(one.facts) for one in events)
    assert Clinic.objects.get(pk=clinic.id).settings.get("birth_year_off") is None


@pytest.mark.slow
def test_no_forged_token_opens_anything(clinic: ClinicMade, patient: Patient) -> None:
    doors = all_doors(clinic, patient)
    for door in doors:
        assert all(door.tries(token) for token in door.real), door.name
        assert door.stored is None or door.stored(door.real), door.name
    assert hits(3000, doors) == []
