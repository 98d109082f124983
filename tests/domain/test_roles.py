"""The table of roles and acts."""

from __future__ import annotations

import pytest

from plans.domain.roles import GIVEN_BY_LEADS, ROLE_MAY, May, Role, may, roles_with
from plans.wording import people


def test_every_role_has_a_row_and_words() -> None:
    assert set(ROLE_MAY) == set(Role)
    assert set(people.ROLES) == set(people.ROLE_MAY) == {role.value for role in Role}


def test_the_roles_of_the_first_release_kept_what_they_may() -> None:
    looking = {May.LOOK}
    before = {
        "lead": {*looking, May.EDIT_PATIENT, May.ENTER_CHECKIN, May.PLAN, May.REVIEW, May.MANAGE},
        "clinician": {*looking, May.EDIT_PATIENT, May.ENTER_CHECKIN, May.PLAN, May.REVIEW},
        "staff": {*looking, May.EDIT_PATIENT, May.ENTER_CHECKIN},
        "reader": looking,
    }
    added = {May.MEMBER, May.SEE_SUPPLY, May.DISPENSE}
    for code, acts in before.items():
        assert ROLE_MAY[Role(code)] - added == acts, code


def test_a_pharmacist_sees_supply_and_no_record() -> None:
    assert ROLE_MAY[Role.PHARMACIST] == {May.MEMBER, May.SEE_SUPPLY, May.DISPENSE}


def test_an_operator_has_no_act_about_patients_and_is_given_by_no_lead() -> None:
    assert ROLE_MAY[Role.OPERATOR] == {May.MEMBER, May.OPERATE}
    assert roles_with(May.OPERATE) == (Role.OPERATOR,)
    assert Role.OPERATOR not in GIVEN_BY_LEADS


@pytest.mark.parametrize("role", [Role.STAFF, Role.READER, Role.PHARMACIST, Role.OPERATOR])
def test_only_those_who_treat_plan_and_review(role: Role) -> None:
    assert not may(role, May.PLAN)
    assert not may(role, May.REVIEW)
    assert not may(role, May.MANAGE)


def test_every_act_belongs_to_somebody() -> None:
    assert all(roles_with(act) for act in May)
