"""Who may do what in a clinic: one table, role by act. What stands in no row is refused.

>>> may(Role.PHARMACIST, May.DISPENSE), may(Role.PHARMACIST, May.LOOK)
(True, False)
>>> [role.value for role in roles_with(May.PLAN)]
['lead', 'clinician']
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """A member's role in a clinic. STAFF is an assistant and READER a read-only member: the codes in the rows are older
    than the names on the screen."""

    LEAD = "lead"
    CLINICIAN = "clinician"
    PHARMACIST = "pharmacist"
    STAFF = "staff"
    READER = "reader"
    OPERATOR = "operator"


class May(StrEnum):
    """An act; every page and every use-case names the one it needs.

    - `MEMBER`: one's own account in this clinic. It opens no patient's row.
    - `LOOK`: patients' records with their notes, answers, plans, items, calls and messages.
    - `SEE_SUPPLY`: who has a running plan, what is taken and dispensed; neither notes nor answers.
    - `DISPENSE`: confirm that a fill was handed out.
    - `EDIT_PATIENT`: record, contact, care, appointments, messages.
    - `ENTER_CHECKIN`: calls, and answers given by phone.
    - `PLAN`: make, sign and change plans. `REVIEW`: work on review items.
    - `MANAGE`: the clinic's settings, people and rules.
    - `OPERATE`: the state of the installation, without any patient.
    """

    MEMBER = "member"
    LOOK = "look"
    SEE_SUPPLY = "see_supply"
    DISPENSE = "dispense"
    EDIT_PATIENT = "edit_patient"
    ENTER_CHECKIN = "enter_checkin"
    PLAN = "plan"
    REVIEW = "review"
    MANAGE = "manage"
    OPERATE = "operate"


_READING: Final = frozenset({May.MEMBER, May.LOOK, May.SEE_SUPPLY})
_ASSISTING: Final = _READING | {May.EDIT_PATIENT, May.ENTER_CHECKIN}
_TREATING: Final = _ASSISTING | {May.PLAN, May.REVIEW, May.DISPENSE}

ROLE_MAY: Final[Mapping[Role, frozenset[May]]] = MappingProxyType(
    {
        Role.LEAD: _TREATING | {May.MANAGE},
        Role.CLINICIAN: _TREATING,
        Role.PHARMACIST: frozenset({May.MEMBER, May.SEE_SUPPLY, May.DISPENSE}),
        Role.STAFF: _ASSISTING,
        Role.READER: _READING,
        Role.OPERATOR: frozenset({May.MEMBER, May.OPERATE}),
    }
)

GIVEN_BY_LEADS: Final = tuple(role for role in Role if role is not Role.OPERATOR)
"""The roles that a lead gives; an operator is appointed by whoever runs the installation (`manage.py add_operator`)."""


def may(role: Role, act: May) -> bool:
    """Whether a role has an act."""
    return act in ROLE_MAY[role]


def roles_with(act: May) -> tuple[Role, ...]:
    """The roles that have an act."""
    return tuple(role for role in Role if may(role, act))
