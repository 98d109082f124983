"""What patients consent to: given and taken back by text and version, and what follows from each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plans.domain.documents.kinds import CALENDAR, PHARMACY
from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.letters import LetterTo, LetterWay
from plans.domain.rights import consents as spec
from plans.domain.rights.consents import CONSENTS, ConsentHow, ConsentPurpose
from plans.models import AuditEvent, Letter, Patient, Plan, ReviewItem, Work
from plans.services import (
    clock,
    consent_acts,
    consents,
    documents,
    letters,
    links,
    mail_choices,
    moving,
    patient_files,
)
from plans.services.actors import Role
from plans.services.links import FactWanted, LinkPurpose, LinkView
from plans.wording.consents import HOW, REDISCLOSURE, WORDS
from tests.makers import make_clinic, make_member
from tests.makers_checkins import START, Asked, asked, on

pytestmark = pytest.mark.django_db
MESSAGES, PHARMA, PART2 = ConsentPurpose.MESSAGES, ConsentPurpose.PHARMACY, ConsentPurpose.SUBSTANCE_USE


@pytest.fixture
def story() -> Any:
    with on(START):
        yield asked()


def tell(story: Asked, purpose: ConsentPurpose, given: bool, how: ConsentHow = ConsentHow.PHONE) -> None:
    consent_acts.tell(
        by=story.clinic.primary, patient_id=story.patient.pk, purpose=purpose, given=given, how=how
    )


def own_page(story: Asked) -> LinkView:
    row = links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan)
    return links.session_link(links.start_session(row.pk, fact_at=clock.real_now()), LinkPurpose.PLAN)


def standing(story: Asked) -> dict[ConsentPurpose, bool]:
    found = consents.of_patient(story.clinic.primary, story.patient.pk)
    return {one.purpose: one.given for one in found.states}


def letter_to(story: Asked, to: LetterTo) -> Letter:
    by = story.clinic.primary
    name = next(one.name for one in letters.templates(by) if one.to is to)
    drafted = letters.draft(by, story.patient.pk, name)
    whole = replace(drafted, to_name="Someone", text="Dear colleague, the taper goes on.")
    key = letters.keep(
        by=by, patient_id=story.patient.pk, letter=whole, shown=whole.digest, way=LetterWay.PRINTED
    )
    return Letter.objects.get(pk=key)


def ask_document(story: Asked, kind: str) -> Any:
    return documents.ask_for(
        by=story.clinic.primary, plan_id=story.plan.pk, kind=kind, paper="a4", size="normal", language="en"
    )


def test_every_purpose_has_its_texts_and_says_what_follows() -> None:
    assert set(CONSENTS) == set(ConsentPurpose) == set(WORDS)
    assert set(HOW) == set(ConsentHow)
    for purpose, one in CONSENTS.items():
        assert set(WORDS[purpose].texts) == set(one.versions)
        assert list(one.versions) == sorted(one.versions)


def test_messages_stop_and_start_and_plan_and_paper_go_on(story: Asked) -> None:
    assert standing(story) == {MESSAGES: True, PHARMA: True}
    tell(story, MESSAGES, given=False)
    patient = Patient.objects.get(pk=story.patient.pk)
    assert patient.mail_state == "opted_out"
    assert not Work.objects.filter(patient=patient, notice="checkin_invitation", state="pending").exists()
    assert Plan.objects.get(pk=story.plan.pk).state == "active"
    assert ask_document(story, CALENDAR.code)
    with pytest.raises(Refused, match="nothing_changed"):
        tell(story, MESSAGES, given=False)
    # The link in a message starts them as well, and the two never say different things.
    mail = links.lasting(purpose=LinkPurpose.MAIL, patient=patient)
    assert mail_choices.start(links.by_id(mail.pk))
    assert standing(story)[MESSAGES] is True
    tell(story, MESSAGES, given=False)
    consent_acts.say(own_page(story), purpose=MESSAGES, given=True, device="")
    assert Patient.objects.get(pk=patient.pk).mail_state == "on"
    said = consents.of_patient(story.clinic.primary, patient.pk).history
    assert [(one.given, one.how.value, bool(one.by)) for one in said] == [
        (True, "page", False),
        (False, "phone", True),
        (False, "phone", True),
    ]


def test_a_pharmacy_is_told_nothing_new_once_that_is_taken_back(story: Asked) -> None:
    assert letter_to(story, LetterTo.PHARMACY)
    consent_acts.say(own_page(story), purpose=PHARMA, given=False, device="")
    item = ReviewItem.objects.get(source="rights")
    assert item.facts["code"] == "consent_pharmacy"
    with pytest.raises(Refused, match="no_consent_pharmacy"):
        letter_to(story, LetterTo.PHARMACY)
    with pytest.raises(Refused, match="no_consent_pharmacy"):
        ask_document(story, PHARMACY.code)
    assert letter_to(story, LetterTo.GP)
    assert ask_document(story, CALENDAR.code)
    tell(story, PHARMA, given=True)
    assert ask_document(story, PHARMACY.code)


def test_under_part_2_nobody_outside_is_told_without_a_signature(story: Asked) -> None:
    by, patient_id = story.clinic.primary, story.patient.pk
    other = make_clinic(name="Lakeside Clinic")
    with pytest.raises(NotAllowed):
        consent_acts.set_part2(by=by, on=True)
    assert REDISCLOSURE not in letter_to(story, LetterTo.GP).text
    assert consent_acts.set_part2(by=story.clinic.lead, on=True)
    assert standing(story)[PART2] is False
    outward = (
        lambda: letter_to(story, LetterTo.GP),
        lambda: letter_to(story, LetterTo.PHARMACY),
        lambda: ask_document(story, PHARMACY.code),
        lambda: patient_files.make(by=by, patient_id=patient_id),
        lambda: moving.offer(by=by, patient_id=patient_id, to_id=other.id),
    )
    for act in outward:
        with pytest.raises(Refused, match="no_consent_part2"):
            act()
    # A letter to the patient is no disclosure.
    assert letter_to(story, LetterTo.PATIENT)
    for how in (ConsentHow.PHONE, ConsentHow.IN_PERSON):
        with pytest.raises(Refused, match="needs_signature"):
            tell(story, PART2, given=True, how=how)
    with pytest.raises(Refused, match="needs_signature"):
        consent_acts.say(own_page(story), purpose=PART2, given=True, device="")
    tell(story, PART2, given=True, how=ConsentHow.IN_WRITING)
    assert letter_to(story, LetterTo.GP).text.endswith(REDISCLOSURE)
    for act in outward:
        assert act()
    # It is taken back in any way.
    consent_acts.say(own_page(story), purpose=PART2, given=False, device="")
    with pytest.raises(Refused, match="no_consent_part2"):
        letter_to(story, LetterTo.GP)


def test_a_new_text_is_asked_again_and_the_old_answer_holds_until_then(
    story: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(story, PHARMA, given=False)
    newer = {**CONSENTS, PHARMA: replace(CONSENTS[PHARMA], versions=(1, 2))}
    for place in (spec, consents, consent_acts):
        monkeypatch.setattr(place, "CONSENTS", newer)
    found = {one.purpose: one for one in consents.of_patient(story.clinic.primary, story.patient.pk).states}
    assert (found[PHARMA].given, found[PHARMA].asks_again, found[PHARMA].version) == (False, True, 1)
    assert not found[MESSAGES].asks_again
    tell(story, PHARMA, given=False)
    found = {one.purpose: one for one in consents.of_patient(story.clinic.primary, story.patient.pk).states}
    assert (found[PHARMA].asks_again, found[PHARMA].version) == (False, 2)


def test_it_is_kept_in_the_history_and_asks_for_the_second_fact_and_the_right_role(story: Asked) -> None:
    bare = links.by_id(links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan).pk)
    with pytest.raises(FactWanted):
        consent_acts.say(bare, purpose=PHARMA, given=False, device="")
    reader = make_member(story.clinic.id, Role.READER)
    with pytest.raises(NotAllowed):
        consent_acts.tell(
            by=reader, patient_id=story.patient.pk, purpose=PHARMA, given=False, how=ConsentHow.PHONE
        )
    with pytest.raises(NotFound):
        consents.of_patient(make_clinic(name="Lakeside Clinic").primary, story.patient.pk)
    with pytest.raises(Refused, match="bad_choice"):
        tell(story, PHARMA, given=False, how=ConsentHow.PAGE)
    tell(story, PHARMA, given=False)
    event = AuditEvent.objects.get(act="patient.consent_withdrawn")
    assert event.facts == {"consent": "pharmacy", "number": 1, "how": "phone"}
