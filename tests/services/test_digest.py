"""The digest: to whom, when, once a day, in counts only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from plans.domain.messages import MessageFacts, Skip
from plans.models import Clinic, Membership, Work
from plans.services import messages
from plans.services.actors import Actor
from plans.services.review import digest
from tests.makers import ClinicMade, at, make_clinic
from tests.present import present

pytestmark = pytest.mark.django_db

MONDAY = at("2026-11-23T13:00+00:00")  # eight in New York, when the clinic opens
HALF_HOUR = timedelta(minutes=30)


def readers(clinic_id: Any = None) -> set[Any]:
    rows = Work.objects.filter(notice="digest")
    return set((rows.filter(clinic_id=clinic_id) if clinic_id else rows).values_list("user_id", flat=True))


def composed(user: Actor, now: datetime) -> Any:
    with time_machine.travel(now):
        return messages.compose(Work.objects.get(notice="digest", user_id=present(user.id)).pk)


def test_it_goes_to_everybody_who_may_review_half_an_hour_before_the_clinic_opens(clinic: ClinicMade) -> None:
    assert clinic.staff
    assert clinic.reader
    assert digest.tick(MONDAY - HALF_HOUR - timedelta(seconds=1)) == 0
    assert digest.tick(MONDAY - HALF_HOUR) == 1
    assert readers() == {clinic.lead.id, clinic.primary.id, clinic.second.id}


@pytest.mark.slow
def test_it_goes_once_a_day_and_not_on_days_on_which_the_clinic_is_closed(clinic: ClinicMade) -> None:
    Clinic.objects.update(holidays=["2026-11-26"])
    days = [digest.tick(MONDAY + timedelta(days=day, hours=hour)) for day in range(7) for hour in (0, 4, 8)]
    assert days == [1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert Work.objects.filter(user_id=present(clinic.lead.id)).count() == 4


def test_it_goes_once_a_day_also_when_two_ticks_run_at_once(clinic: ClinicMade) -> None:
    digest.tick(MONDAY)
    # The other one had not seen the first one's rows.
    assert not digest._put(clinic.id, MONDAY.date(), MONDAY + timedelta(seconds=1))
    assert Work.objects.filter(notice="digest", user_id=present(clinic.lead.id)).count() == 1


def test_each_clinic_has_its_own_morning(clinic: ClinicMade) -> None:
    west = make_clinic(zone="America/Los_Angeles")
    assert digest.tick(MONDAY) == 1
    assert not readers(west.id)
    assert digest.tick(MONDAY + timedelta(hours=3)) == 1
    assert west.lead.id in readers(west.id)


def test_after_the_clocks_change_it_keeps_its_hour(clinic: ClinicMade) -> None:
    assert digest.tick(at("2026-10-30T11:30+00:00")) == 1  # Friday, summer time
    assert digest.tick(at("2026-11-02T12:29+00:00")) == 0  # Monday, winter time
    assert digest.tick(at("2026-11-02T12:30+00:00")) == 1


def test_a_member_turns_it_off_for_days_on_which_they_are_not_on_duty(clinic: ClinicMade) -> None:
    for who in (clinic.lead, clinic.second):
        digest.set_wanted(by=who, wanted=False)
    assert not digest.wants(clinic.lead)
    digest.tick(MONDAY)
    # The second is on duty today.
    assert readers() == {clinic.primary.id, clinic.second.id}
    digest.set_wanted(by=clinic.lead, wanted=True)
    assert digest.wants(clinic.lead)


@pytest.mark.slow
def test_it_tells_counts_and_who_is_on_duty(clinic: ClinicMade, raised: Any) -> None:
    sunday = MONDAY - timedelta(hours=20)
    raised("urgent", "a", now=sunday)
    raised("high", "b", now=sunday)
    raised("routine", "c", now=sunday)
    digest.tick(MONDAY)
    facts = composed(clinic.lead, MONDAY)
    assert isinstance(facts, MessageFacts)
    told = facts.digest
    assert told is not None
    assert (told.open, told.urgent, told.late, told.due_today, told.missed) == (3, 1, 1, 1, 0)
    names = {member.user_id: member.user.name for member in Membership.objects.select_related("user")}
    assert [(one.first, one.second) for one in told.duty] == [
        ((names[present(clinic.primary.id)],), (names[present(clinic.second.id)],))
    ]


@pytest.mark.slow
def test_with_nothing_to_tell_it_is_not_sent(clinic: ClinicMade) -> None:
    digest.tick(MONDAY)
    assert composed(clinic.lead, MONDAY) == Skip("nothing_to_say")


@pytest.mark.slow
def test_yesterdays_is_not_sent_today_and_nobodys_who_left(clinic: ClinicMade, raised: Any) -> None:
    raised("routine", now=MONDAY)
    digest.tick(MONDAY)
    assert composed(clinic.lead, MONDAY + timedelta(days=1)) == Skip("late")
    Membership.objects.filter(user_id=present(clinic.second.id)).update(is_active=False)
    assert composed(clinic.second, MONDAY) == Skip("left_clinic")
