"""Drafts: nothing typed is lost, and nobody's work is overwritten."""

from __future__ import annotations

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.models import AuditEvent, Plan
from plans.services.plans import drafts
from tests.makers import make_clinic
from tests.present import present

pytestmark = pytest.mark.django_db


def save(clinic, patient, typed, *, by=None, seen=None):
    return drafts.save(
        by=by or clinic.primary, patient_id=patient.pk, form={"a_morning": [typed]}, seen_lock=seen
    )


def test_a_draft_keeps_the_form_as_typed_even_where_it_is_wrong(clinic, patient):
    save(clinic, patient, ".5")
    found = drafts.load(clinic.second, patient_id=patient.pk)
    assert (present(found).form, present(found).saved_by) == ({"a_morning": [".5"]}, clinic.primary.name)


@pytest.mark.slow
def test_a_patient_has_one_draft(clinic, patient):
    first = save(clinic, patient, "0.5")
    again = save(clinic, patient, "1", seen=first.lock)
    assert (first.plan_id, again.form["a_morning"]) == (again.plan_id, ["1"])
    assert Plan.objects.filter(patient=patient).count() == 1


def test_ones_own_newer_draft_may_be_saved_over_without_waiting_for_the_answer(clinic, patient):
    save(clinic, patient, "0.5")
    assert save(clinic, patient, "1", seen=None).form["a_morning"] == ["1"]


def test_somebody_elses_newer_draft_is_not_overwritten(clinic, patient):
    mine = save(clinic, patient, "0.5")
    save(clinic, patient, "1", by=clinic.second, seen=mine.lock)
    with pytest.raises(Stale) as refusal:
        save(clinic, patient, "2", seen=mine.lock)
    assert refusal.value.facts["who"] == clinic.second.name
    assert present(drafts.load(clinic.primary, patient_id=patient.pk)).form["a_morning"] == ["1"]


def test_the_history_has_a_line_for_each_person_not_for_each_keystroke(clinic, patient):
    for typed in ("0", "0.", "0.5"):
        first = save(clinic, patient, typed)
    save(clinic, patient, "1", by=clinic.second, seen=first.lock)
    assert AuditEvent.objects.filter(act="plan.draft_saved").count() == 2


def test_a_discarded_draft_is_gone_and_emptied(clinic, patient):
    draft = save(clinic, patient, "0.5")
    drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=draft.lock)
    assert drafts.load(clinic.primary, patient_id=patient.pk) is None
    row = Plan.objects.get(pk=draft.plan_id)
    assert (row.state, row.draft) == ("abandoned", {})


def test_a_draft_somebody_took_over_is_not_discarded(clinic, patient):
    draft = save(clinic, patient, "0.5")
    save(clinic, patient, "1", by=clinic.second, seen=draft.lock)
    with pytest.raises(Stale):
        drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=draft.lock)


def test_discarding_twice_says_that_it_is_gone(clinic, patient):
    draft = save(clinic, patient, "0.5")
    drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=draft.lock)
    with pytest.raises(Refused) as refusal:
        drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=draft.lock)
    assert refusal.value.facts["reason"] == "draft_gone"


def test_a_form_too_large_to_be_honest_is_refused(clinic, patient):
    with pytest.raises(Refused):
        save(clinic, patient, "1" * 200_001)


def test_staff_keep_no_drafts_and_other_clinics_find_none(clinic, patient):
    with pytest.raises(NotAllowed):
        save(clinic, patient, "1", by=clinic.staff)
    with pytest.raises(NotFound):
        drafts.load(make_clinic().primary, patient_id=patient.pk)


def test_a_page_that_still_saves_itself_brings_no_draft_back_that_is_gone(clinic, patient):
    """Issued or thrown away a moment ago: the last save of the open page must not make a second draft."""
    lock = save(clinic, patient, "0.5").lock
    drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=lock)
    with pytest.raises(Refused) as refusal:
        save(clinic, patient, "1", seen=lock)
    assert refusal.value.facts["reason"] == "draft_gone"
    assert drafts.load(clinic.primary, patient_id=patient.pk) is None
