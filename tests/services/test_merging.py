"""Two records of one person, merged and parted again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import (
    AuditEvent,
    CheckIn,
    DoseMark,
    Link,
    Occasion,
    Patient,
    PatientMerge,
    Plan,
    ReviewItem,
    Work,
)
from plans.services import audit, clock, links, looks, merging, people, reminders
from plans.services.access import Fetched
from plans.services.caseload import projection
from plans.services.checkins import sessions
from plans.services.moving.following import FOLLOWING
from tests.makers import make_clinic, make_patient
from tests.makers_checkins import START, Asked, answer_all, asked, on, opened
from tests.makers_plans import issue_story_plan
from tests.present import present

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Any:
    """A patient with a plan and an answered check-in, whom somebody registered twice."""
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link))
    with on(made.occasion.due_at + timedelta(hours=1)):
        yield made


@pytest.fixture
def twin(story: Asked) -> Patient:
    return make_patient(story.clinic.primary, name=story.patient.name, record_no="TWIN-1")


def merged(story: Asked, keep: Patient, other: Patient, **more: Any) -> Any:
    by = story.clinic.lead
    seen = merging.picture(by, keep.pk, other.pk)
    return merging.merge(
        by=by, keep_id=keep.pk, other_id=other.pk, shown=seen.digest, reason="Registered twice", **more
    )


def rows_of(patient: Patient) -> dict[str, set[Any]]:
    return {
        model.__name__: set(model._default_manager.filter(patient_id=patient.pk).values_list("pk", flat=True))
        for model in FOLLOWING
    }


def test_everything_comes_to_the_record_that_stays_and_goes_back_as_it_was(
    story: Asked, twin: Patient
) -> None:
    before = (rows_of(twin), rows_of(story.patient))
    by = story.clinic.lead
    looks.record(by=by, session="s" * 32, fetched=[Fetched("Patient", story.patient.pk, story.patient.pk)])
    seen = merging.picture(by, twin.pk, story.patient.pk)
    assert (seen.both_plans, seen.against, seen.other.counts["Plan"]) == (False, (), 1)
    assert rows_of(twin) == before[0]
    key = merged(story, twin, story.patient)
    assert not any(rows_of(story.patient).values())
    for name, keys in before[1].items():
        assert keys <= rows_of(twin)[name], name
    other = Patient.objects.get(pk=story.patient.pk)
    assert other.care_state == "stopped_care"
    # A link that is out works on, for the record that stays.
    assert links.look(story.token, links.LinkPurpose.CHECKIN).patient_id == twin.pk
    assert Plan.objects.get(pk=story.plan.pk).patient_id == twin.pk
    # Both histories are read on it, and who looked at either.
    acts = {row.act for row in audit.patient_events(by, patient_id=twin.pk, size=200).rows}
    assert {"plan.issued", "patient.merged"} <= acts
    assert looks.of_patient(by, twin.pk).rows
    projection.tick(clock.now())
    merging.undo(by=by, merge_id=key)
    assert Patient.objects.get(pk=other.pk).care_state == "in_care"
    after = (rows_of(twin), rows_of(story.patient))
    for was, now in zip(before, after, strict=True):
        assert {name: keys for name, keys in was.items() if name not in ("Work", "ReviewItem")} == {
            name: keys for name, keys in now.items() if name not in ("Work", "ReviewItem")
        }
    assert CheckIn.objects.get().patient_id == story.patient.pk
    with pytest.raises(Refused, match="undone_already"):
        merging.undo(by=by, merge_id=key)


def test_what_came_to_a_plan_after_merging_goes_back_with_it(story: Asked, twin: Patient) -> None:
    key = merged(story, twin, story.patient)
    following = Occasion.objects.filter(plan=story.plan, state="planned").order_by("due_at")[0]
    with on(following.due_at):
        reminders.tick(following.due_at)
        again = opened(story.clinic, Occasion.objects.get(pk=following.pk))
        answer_all(sessions.for_link(again.link))
        assert CheckIn.objects.filter(patient=twin).count() == 2
        merging.undo(by=story.clinic.lead, merge_id=key)
    assert CheckIn.objects.filter(patient=story.patient).count() == 2
    assert not Link.objects.filter(patient=twin, plan=story.plan).exists()
    assert not Work.objects.filter(patient=twin, plan=story.plan).exists()


def test_of_two_running_plans_one_ends_by_choice_and_with_the_reason(story: Asked, twin: Patient) -> None:
    theirs = issue_story_plan(story.clinic.primary, twin)
    Occasion.objects.filter(plan=theirs).update(state="cancelled")
    assert merging.picture(story.clinic.lead, twin.pk, story.patient.pk).both_plans
    with pytest.raises(Refused, match="both_plans"):
        merged(story, twin, story.patient)
    with pytest.raises(Refused, match="both_plans"):
        merged(story, twin, story.patient, ends=twin.pk)
    assert Plan.objects.filter(state="active").count() == 2
    merged(story, twin, story.patient, ends=theirs.pk)
    assert Plan.objects.get(patient=twin, state="active").pk == story.plan.pk
    ended = Plan.objects.get(pk=theirs.pk)
    assert (ended.state, ended.patient_id) == ("stopped", twin.pk)
    event = AuditEvent.objects.get(act="plan.stopped", plan_id=theirs.pk)
    assert event.facts["note"] == "Registered twice"


def test_what_both_say_stays_behind_and_is_counted_before(story: Asked, twin: Patient) -> None:
    for patient in (twin, story.patient):
        DoseMark.objects.create(
            clinic_id=story.clinic.id, patient=patient, plan=story.plan, on=START.date(), time="morning",
            drug="clonazepam", how="planned", marked_at=clock.now(),
        )  # fmt: skip
    assert merging.picture(story.clinic.lead, twin.pk, story.patient.pk).stays_behind == 1
    merged(story, twin, story.patient)
    assert DoseMark.objects.filter(patient=story.patient).count() == 1


def test_nothing_is_merged_that_was_not_shown_or_cannot_be_told_apart(story: Asked, twin: Patient) -> None:
    by = story.clinic.lead
    seen = merging.picture(by, twin.pk, story.patient.pk)
    with pytest.raises(Refused, match="same_record"):
        merging.picture(by, twin.pk, twin.pk)
    with pytest.raises(NotAllowed):
        merging.picture(story.clinic.primary, twin.pk, story.patient.pk)
    foreign = make_patient(make_clinic(name="Lakeside Clinic").primary)
    with pytest.raises(NotFound):
        merging.picture(by, twin.pk, foreign.pk)
    with pytest.raises(Refused, match="reason_missing"):
        merging.merge(by=by, keep_id=twin.pk, other_id=story.patient.pk, shown=seen.digest, reason=" ")
    Patient.objects.filter(pk=twin.pk).update(version=twin.version + 5)
    with pytest.raises(Refused, match="not_shown"):
        merging.merge(by=by, keep_id=twin.pk, other_id=story.patient.pk, shown=seen.digest, reason="x")
    Patient.objects.filter(pk=twin.pk).update(care_state="admitted")
    assert merging.picture(by, twin.pk, story.patient.pk).against == ("in_hospital",)
    Patient.objects.filter(pk=twin.pk).update(care_state="in_care")
    issue_story_plan(story.clinic.primary, twin)
    Occasion.objects.filter(patient=twin, purpose="baseline").update(
        state="answered", local_date=story.occasion.local_date
    )
    assert merging.picture(by, twin.pk, story.patient.pk).against == ("both_answered",)
    assert not PatientMerge.objects.exists()


def test_it_is_undone_for_thirty_days_and_a_record_is_merged_once(story: Asked, twin: Patient) -> None:
    by = story.clinic.lead
    key = merged(story, twin, story.patient)
    third = make_patient(story.clinic.primary, name=twin.name, record_no="TWIN-2")
    assert merging.picture(by, third.pk, story.patient.pk).against == ("merged_already",)
    (said,) = merging.of_patient(by, story.patient.pk)
    assert (said.patient_id, said.can_be_undone, said.by) == (twin.pk, True, by.name)
    with on(clock.now() + timedelta(days=31)):
        with pytest.raises(Refused, match="undo_too_late"):
            merging.undo(by=by, merge_id=key)
        assert not merging.of_patient(by, twin.pk)[0].can_be_undone
    merging.undo(by=by, merge_id=key)
    assert ReviewItem.objects.filter(source="rights", source_key=f"unmerged:{key}").count() == 1
    assert people.by_record_no(by, "twin-1") == twin.pk
    assert present(PatientMerge.objects.get().undone_at)
