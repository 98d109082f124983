"""The reminders of a check-in, changed by clinic and patient within limits; every change is in the history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from plans.domain.checkins.clinic_rules import BadRules
from plans.domain.checkins.occasions import Ladder
from plans.domain.errors import NotAllowed, Refused
from plans.models import AuditEvent, Clinic, Occasion, Patient, Plan, Work
from plans.services import links, mail_choices, reminders
from plans.services.checkins import rules
from plans.services.links import LinkPurpose, LinkView
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def first(plan: Plan) -> Occasion:
    return Occasion.objects.get(plan=plan, purpose="baseline")


def set_ladder(clinic: ClinicMade, by: Any = None, **changes: int) -> None:
    rules.set_rules(
        by=by or clinic.lead,
        thresholds={},
        every_weeks=1,
        after_cut_days=5,
        items_off=(),
        ladder=Ladder(**changes),
    )


def asked(plan: Plan) -> list[tuple[timedelta, str]]:
    """Let the first check-in be asked; how long after it each of its messages is due, and its state."""
    occasion = first(plan)
    reminders.tick(occasion.due_at)
    rows = Work.objects.filter(occasion=occasion).order_by("rung")
    return [(row.due_at - occasion.due_at, row.state) for row in rows]


def mail_link(plan: Plan) -> LinkView:
    link = links.lasting(purpose=LinkPurpose.MAIL, patient=plan.patient)
    return links.look(links.token_of(link), LinkPurpose.MAIL)


def wants(plan: Plan, count: int) -> None:
    now = mail_choices.choices(mail_link(plan))
    mail_choices.change(
        mail_link(plan),
        weekday=now.weekday,
        at=now.at,
        zone=now.zone,
        language=now.language,
        reminders=count,
    )


@pytest.mark.slow
def test_a_clinic_s_ladder_moves_the_closing_of_what_is_not_yet_asked_and_the_messages_of_what_is_asked_then(
    clinic: ClinicMade, plan: Plan
) -> None:
    set_ladder(clinic, reminders=1, apart_days=2, closes_days=4)
    assert first(plan).closes_at - first(plan).due_at == timedelta(days=4)
    assert asked(plan) == [(timedelta(0), "pending"), (timedelta(days=2), "pending")]
    (event,) = AuditEvent.objects.filter(act="clinic.rules_set")
    assert event.facts["after"]["ladder"] == {"reminders": 1, "apart_days": 2, "closes_days": 4}


@pytest.mark.slow
def test_what_has_been_asked_keeps_its_messages_and_its_closing(clinic: ClinicMade, plan: Plan) -> None:
    before = asked(plan)
    closes = first(plan).closes_at
    set_ladder(clinic, reminders=0, closes_days=2)
    assert first(plan).closes_at == closes
    assert Work.objects.filter(occasion=first(plan), state="pending").count() == len(before) == 3


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"reminders": 3, "closes_days": 5}, "reminders"),
        ({"reminders": -1}, "reminders"),
        ({"apart_days": 0}, "apart_days"),
        ({"apart_days": 3, "reminders": 1, "closes_days": 5}, "apart_days"),
        ({"closes_days": 1, "reminders": 0}, "closes_days"),
        ({"closes_days": 6}, "closes_days"),
        ({"reminders": 2, "apart_days": 2, "closes_days": 4}, "closes_days"),
    ],
)
def test_a_ladder_outside_the_limits_is_refused_and_nothing_is_written(
    clinic: ClinicMade, changes: dict[str, int], where: str
) -> None:
    with pytest.raises(BadRules) as refusal:
        set_ladder(clinic, **changes)
    assert refusal.value.where == where
    assert set(Clinic.objects.get(pk=clinic.id).settings) <= {"rota_unwatched"}


def test_only_the_lead_changes_it(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        set_ladder(clinic, by=clinic.primary, reminders=1)


@pytest.mark.slow
@pytest.mark.parametrize("stored", [{"reminders": 9}, {"unheard_of": 1}, "two", {"reminders": "many"}, None])
def test_a_stored_ladder_that_cannot_be_is_the_usual_one(
    clinic: ClinicMade, plan: Plan, stored: object
) -> None:
    Clinic.objects.filter(pk=clinic.id).update(settings={"ladder": stored})
    assert len(asked(plan)) == 3


@pytest.mark.slow
def test_a_patient_who_wants_one_reminder_gets_one_from_the_next_check_in_on(plan: Plan) -> None:
    wants(plan, 1)
    assert asked(plan) == [(timedelta(0), "pending"), (timedelta(days=1), "pending")]
    (event,) = AuditEvent.objects.filter(act="patient.choices_changed")
    assert (event.facts["reminders"], event.actor_kind) == (1, "patient")


@pytest.mark.slow
def test_reminders_already_queued_are_cancelled(plan: Plan) -> None:
    asked(plan)
    wants(plan, 0)
    found = Work.objects.filter(occasion=first(plan)).order_by("rung").values_list("state", "reason")
    assert list(found) == [("pending", ""), ("cancelled", "fewer_asked"), ("cancelled", "fewer_asked")]


@pytest.mark.slow
def test_more_than_the_clinic_sends_is_refused_and_nothing_changes(clinic: ClinicMade, plan: Plan) -> None:
    set_ladder(clinic, reminders=1)
    with pytest.raises(Refused) as refusal:
        wants(plan, 2)
    assert (refusal.value.where, refusal.value.facts["most"]) == ("reminders", 1)
    assert Patient.objects.get(pk=plan.patient_id).reminders is None


@pytest.mark.slow
def test_who_wants_as_many_as_the_clinic_sends_follows_the_clinic(clinic: ClinicMade, plan: Plan) -> None:
    wants(plan, 0)
    wants(plan, 2)
    assert Patient.objects.get(pk=plan.patient_id).reminders is None


@pytest.mark.slow
def test_reminders_that_were_cancelled_come_back_when_more_are_wanted(plan: Plan) -> None:
    occasion = first(plan)
    asked(plan)
    with on(occasion.due_at + timedelta(minutes=1)):
        wants(plan, 0)
        assert Work.objects.filter(occasion=occasion, state="pending").count() == 1
        wants(plan, 2)
    rows = Work.objects.filter(occasion=occasion, state="pending").order_by("rung")
    assert [row.rung for row in rows] == [0, 1, 2]
