"""What a leaving member still has is handed over, all of it or a part; what is left is shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.review.rota import DutyPlace, Pattern
from plans.models import CallClaim, Clinic, Patient, ReviewItem, Shift
from plans.services import calls, clock, leaving, members, shifts
from plans.services.actors import Actor, Role
from plans.services.leaving import LeftKind
from plans.services.review import acts
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.services.review_help import raiser

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(clinic: ClinicMade) -> Actor:
    """Somebody who leaves, with two patients, two items, two shifts and a call."""
    made = make_member(clinic.id, name="Dr Leaving Testcase")
    for number in range(2):
        patient = make_patient(made)
        acts.claim(by=made, item_id=raiser(clinic, patient)(key=f"checkin:{number}").pk)
    calls.claim(by=made, patient_id=patient.pk)
    day = clock.today("America/New_York") + timedelta(days=20)
    for ahead in range(2):
        on = day + timedelta(days=ahead)
        shifts.add(
            by=clinic.lead, user_id=made.member_id, place=DutyPlace.SECOND, pattern=Pattern.ALL,
            first_day=on, last_day=on,
        )  # fmt: skip
    return made


def counts(clinic: ClinicMade, who: Actor) -> dict[str, int]:
    return {
        kind.name.lower(): number
        for kind, number in leaving.left_of(clinic.lead, who.member_id).counts.items()
    }


def give(clinic: ClinicMade, who: Actor, kind: LeftKind, only: list[UUID] | None = None) -> int:
    return leaving.hand_over(
        by=clinic.lead, kind=kind, from_id=who.member_id, to_id=clinic.second.member_id, only=only
    )


@pytest.mark.slow
def test_everything_of_a_member_is_listed_with_its_number(clinic: ClinicMade, who: Actor) -> None:
    assert counts(clinic, who) == {"patients": 2, "items": 2, "shifts": 2, "calls": 1}
    left = leaving.left_of(clinic.lead, who.member_id)
    assert len(left.patients.rows) == 2
    assert leaving.left_of(clinic.lead, clinic.reader.member_id).nothing


@pytest.mark.slow
def test_all_of_each_kind_goes_to_a_colleague_and_then_the_membership_ends(
    clinic: ClinicMade, who: Actor
) -> None:
    assert {kind.name.lower(): give(clinic, who, kind) for kind in LeftKind} == {
        "patients": 2, "items": 2, "shifts": 2, "calls": 1,
    }  # fmt: skip
    assert leaving.left_of(clinic.lead, who.member_id).nothing
    second = clinic.second.member_id
    assert Patient.objects.filter(owner_id=second).count() == 2
    assert ReviewItem.objects.filter(holder_id=second).count() == 2
    assert Shift.objects.filter(user_id=second, end_at__isnull=False, cancelled_at=None).count() == 2
    assert CallClaim.objects.get().user_id == second
    assert members.end(by=clinic.lead, user_id=who.member_id)


@pytest.mark.slow
def test_some_of_it_goes_and_the_rest_is_left(clinic: ClinicMade, who: Actor) -> None:
    left = leaving.left_of(clinic.lead, who.member_id)
    assert give(clinic, who, LeftKind.PATIENTS, only=[left.patients.rows[0].id]) == 1
    assert give(clinic, who, LeftKind.ITEMS, only=[left.items[0].id]) == 1
    assert give(clinic, who, LeftKind.SHIFTS, only=[left.shifts[0].id]) == 1
    assert counts(clinic, who) == {"patients": 1, "items": 1, "shifts": 1, "calls": 1}


@pytest.mark.slow
def test_what_is_somebody_elses_stays_theirs(clinic: ClinicMade, who: Actor) -> None:
    theirs = make_patient(clinic.primary)
    other = make_clinic()
    abroad = make_patient(other.primary)
    assert give(clinic, who, LeftKind.PATIENTS, only=[theirs.pk, abroad.pk]) == 0
    assert Patient.objects.get(pk=theirs.pk).owner_id == clinic.primary.member_id
    with pytest.raises(NotFound):
        leaving.left_of(other.lead, who.member_id)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(LeftKind))
def test_only_whose_role_allows_it_takes_it_over_and_only_a_lead_gives_it(
    clinic: ClinicMade, who: Actor, kind: LeftKind
) -> None:
    assistant = clinic.staff.member_id
    able = {key for key, _name in leaving.colleagues(clinic.lead, kind, but=who.member_id)}
    assert clinic.reader.member_id not in able
    assert (assistant in able) is (kind is LeftKind.CALLS)
    for to in (clinic.reader.member_id, who.member_id, make_clinic().primary.member_id):
        with pytest.raises(Refused) as refused:
            leaving.hand_over(by=clinic.lead, kind=kind, from_id=who.member_id, to_id=to)
        assert refused.value.facts["reason"] == "not_a_candidate"
    with pytest.raises(NotAllowed):
        leaving.hand_over(by=clinic.second, kind=kind, from_id=who.member_id, to_id=clinic.second.member_id)


@pytest.mark.slow
def test_a_shift_is_not_given_to_whoever_stands_there_as_it_is(clinic: ClinicMade, who: Actor) -> None:
    shift = leaving.left_of(clinic.lead, who.member_id).shifts[0]
    assert shift.end is not None
    day = shift.start.astimezone(clock.zone_of("America/New_York")).date()
    shifts.add(
        by=clinic.lead, user_id=clinic.second.member_id, place=DutyPlace.SECOND, pattern=Pattern.ALL,
        first_day=day, last_day=day,
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        give(clinic, who, LeftKind.SHIFTS)
    assert refused.value.facts["reason"] == "already"
    assert counts(clinic, who)["shifts"] == 2


def test_who_stands_at_all_times_is_followed_by_a_colleague(clinic: ClinicMade) -> None:
    new = make_member(clinic.id)
    given = leaving.hand_over(
        by=clinic.lead, kind=LeftKind.SHIFTS, from_id=clinic.primary.member_id, to_id=new.member_id
    )
    assert given == 1
    assert shifts.standing(clinic.lead).first_id == new.member_id
    assert Clinic.objects.get(pk=clinic.id).primary_id == new.member_id
    with pytest.raises(Refused):
        leaving.hand_over(
            by=clinic.lead, kind=LeftKind.SHIFTS, from_id=new.member_id, to_id=clinic.second.member_id
        )


@pytest.mark.slow
def test_a_role_that_cannot_hold_it_any_more_is_no_way_around(clinic: ClinicMade, who: Actor) -> None:
    with pytest.raises(Refused) as refused:
        members.change_role(by=clinic.lead, user_id=who.member_id, role=Role.PHARMACIST)
    assert refused.value.facts["reason"] == "owns_patients"
