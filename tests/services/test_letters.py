"""Letters: templates with fields, what is looked at before it is kept, and how it goes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.letters import (
    LetterTemplate,
    LetterText,
    LetterTo,
    LetterWay,
    check_template,
    fill,
    unfilled,
)
from plans.models import AuditEvent, Letter, Work
from plans.services import letters, review
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan
from tests.services.review_help import again, kinds, raiser, refusal

pytestmark = pytest.mark.django_db

WRITTEN = LetterText(LetterTo.PATIENT, "Quill Testcase", "How are you?", "We would like to hear from you.")
TEMPLATE = LetterTemplate("Short", LetterTo.GP, "{patient}", "{patient} takes {dose}.")


def keep(by, patient, letter=WRITTEN, way=LetterWay.PRINTED, **more):
    return letters.keep(by=by, patient_id=patient.pk, letter=letter, shown=letter.digest, way=way, **more)


def test_a_field_that_is_none_and_a_stray_brace_are_refused():
    for text, reason in (
        ("{password}", "unknown_field"),
        ("{patient", "stray_brace"),
        ("a } b", "stray_brace"),
    ):
        with pytest.raises(Refused) as refused:
            check_template(text)
        assert (refusal(refused), refused.value.where) == (reason, "text")
    check_template("Dear {addressee}, on {today}")


def test_what_is_not_known_stays_to_be_filled_in():
    assert fill("{patient}: {dose}, {nothing}", {}) == "[patient]: [dose], [nothing]"
    assert unfilled("[dose] and [dose] and [see below]") == ("dose",)


def test_a_clinic_begins_with_templates_that_are_whole(clinic):
    found = letters.templates(clinic.reader)
    assert {one.to for one in found} == set(LetterTo)
    for one in found:
        check_template(one.subject)
        check_template(one.text)


def test_a_letter_is_filled_in_from_record_and_plan(clinic, patient):
    issue_story_plan(clinic.primary, patient)
    drafted = letters.draft(clinic.primary, patient.pk, "To the GP: the plan")
    assert patient.name in drafted.text
    assert "mg" in drafted.text
    assert clinic.primary.name in drafted.text
    assert unfilled(drafted.text) == ("addressee", "clinic_address")


def test_to_the_pharmacy_it_names_the_pharmacy_on_the_record(clinic, patient):
    drafted = letters.draft(clinic.primary, patient.pk, "To the pharmacy: what to dispense")
    assert (drafted.to_name, drafted.to) == (patient.pharmacy, LetterTo.PHARMACY)
    assert {"drugs", "dose"} <= set(unfilled(drafted.text))


def test_a_letter_to_a_patient_is_in_their_language(clinic):
    patient = make_patient(clinic.primary, language="es")
    drafted = letters.draft(clinic.primary, patient.pk, "We have not heard from you")
    assert "No hemos tenido noticias" in drafted.text


def test_a_template_that_is_none_is_not_there(clinic, patient):
    with pytest.raises(NotFound):
        letters.draft(clinic.primary, patient.pk, "Nothing")


def test_only_what_was_looked_at_is_kept(clinic, patient):
    edited = replace(WRITTEN, text="Something else.")
    with pytest.raises(Refused) as refused:
        letters.keep(
            by=clinic.primary,
            patient_id=patient.pk,
            letter=edited,
            shown=WRITTEN.digest,
            way=LetterWay.PRINTED,
        )
    assert refusal(refused) == "not_shown"
    assert not Letter.objects.exists()


def test_a_letter_with_something_to_fill_in_is_not_kept(clinic, patient):
    with pytest.raises(Refused) as refused:
        keep(clinic.primary, patient, replace(WRITTEN, text="Takes [dose] and [drugs]."))
    assert (refusal(refused), refused.value.facts["fields"]) == ("still_to_fill", "dose, drugs")


def test_a_printed_letter_is_kept_with_the_record_and_sends_nothing(clinic, patient):
    key = keep(clinic.primary, patient)
    found = letters.letter(clinic.reader, key)
    assert (found.text, found.made_by, found.way) == (WRITTEN.text, clinic.primary.name, "printed")
    assert AuditEvent.objects.filter(act="letter.kept", patient_id=patient.pk).count() == 1
    assert not Work.objects.filter(notice="letter_ready").exists()


def test_by_message_the_patient_reads_it_on_the_plan_page(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    keep(clinic.primary, patient, way=LetterWay.MESSAGE)
    work = Work.objects.get(notice="letter_ready")
    assert (work.patient_id, work.plan_id, WRITTEN.text in str(work.facts)) == (patient.pk, plan.pk, False)
    assert [one.text for one in letters.to_read(plan)] == [WRITTEN.text]


def test_a_printed_letter_is_not_on_the_patients_page(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    keep(clinic.primary, patient)
    assert letters.to_read(plan) == ()


def test_by_message_only_to_a_confirmed_address(clinic):
    patient = make_patient(clinic.primary, confirmed=False)
    issue_story_plan(clinic.primary, patient)
    with pytest.raises(Refused) as refused:
        keep(clinic.primary, patient, way=LetterWay.MESSAGE)
    assert refusal(refused) == "unconfirmed"
    assert not letters.goes_by_message(clinic.primary, patient.pk)
    assert keep(clinic.primary, patient)


def test_by_message_only_with_a_page_to_read_it_on(clinic, patient):
    with pytest.raises(Refused) as refused:
        keep(clinic.primary, patient, way=LetterWay.MESSAGE)
    assert refusal(refused) == "no_page"


def test_by_message_only_to_the_patient(clinic, patient):
    issue_story_plan(clinic.primary, patient)
    with pytest.raises(Refused) as refused:
        keep(clinic.primary, patient, replace(WRITTEN, to=LetterTo.GP), way=LetterWay.MESSAGE)
    assert refusal(refused) == "not_by_message"


def test_a_letter_that_answers_an_item_stands_in_its_record(clinic, patient):
    item = raiser(clinic, patient)("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    keep(clinic.primary, patient, item_id=item.pk)
    assert kinds(item)[-1] == "letter_made"
    assert (again(item).state, again(item).holder_id) == ("in_progress", clinic.primary.id)
    # Nobody has spoken with the patient.
    assert again(item).first_action_at is None


def test_an_item_of_another_patient_is_refused(clinic, patient):
    other = raiser(clinic, make_patient(clinic.primary))("routine")
    with pytest.raises(Refused) as refused:
        keep(clinic.primary, patient, item_id=other.pk)
    assert refusal(refused) == "not_this_patient"


def test_an_item_resolved_meanwhile_does_not_keep_the_letter_from_being_kept(clinic, patient):
    item = raiser(clinic, patient)("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="nothing_to_do")
    assert keep(clinic.primary, patient, item_id=item.pk)
    assert kinds(item)[-1] == "resolved"


def test_reception_and_another_clinic_write_none(clinic, patient):
    with pytest.raises(NotAllowed):
        keep(clinic.staff, patient)
    with pytest.raises(NotFound):
        keep(make_clinic().primary, patient)


def test_letters_are_found_by_their_words(clinic, patient):
    keep(clinic.primary, patient)
    keep(clinic.primary, patient, replace(WRITTEN, subject="Fire drill"))
    assert [one.subject for one in letters.of_patient(clinic.reader, patient.pk).rows] == [
        "Fire drill", "How are you?",
    ]  # fmt: skip
    assert [one.subject for one in letters.of_patient(clinic.reader, patient.pk, q="drill").rows] == [
        "Fire drill"
    ]
    assert letters.of_patient(clinic.reader, patient.pk, q="walrus").rows == ()


def test_a_lead_keeps_changes_and_removes_templates(clinic):
    letters.keep_template(by=clinic.lead, template=TEMPLATE)
    assert TEMPLATE in letters.templates(clinic.primary)
    shorter = replace(TEMPLATE, name="Shorter")
    letters.keep_template(by=clinic.lead, template=shorter, instead_of="Short")
    assert [one.name for one in letters.templates(clinic.primary)][-1] == "Shorter"
    letters.remove_template(by=clinic.lead, name="Shorter")
    assert shorter not in letters.templates(clinic.primary)
    assert AuditEvent.objects.filter(act__startswith="clinic.letter_template").count() == 3


def test_a_template_is_refused_with_its_reason(clinic):
    letters.keep_template(by=clinic.lead, template=TEMPLATE)
    for given, reason in (
        (replace(TEMPLATE, name="SHORT"), "name_taken"),
        (replace(TEMPLATE, name="Other", text="{secret}"), "unknown_field"),
    ):
        with pytest.raises(Refused) as refused:
            letters.keep_template(by=clinic.lead, template=given)
        assert refusal(refused) == reason
    with pytest.raises(NotAllowed):
        letters.keep_template(by=clinic.primary, template=replace(TEMPLATE, name="Other"))


def test_a_template_removed_meanwhile_is_stale(clinic):
    with pytest.raises(Stale):
        letters.keep_template(by=clinic.lead, template=TEMPLATE, instead_of="Gone")
    with pytest.raises(NotFound):
        letters.remove_template(by=clinic.lead, name="Gone")
