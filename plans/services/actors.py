"""Actors: a member of staff in one clinic, a patient through a link, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from plans.domain.errors import NotAllowed, NotFound


class Role(StrEnum):
    """A member's role in a clinic."""

    LEAD = "lead"
    CLINICIAN = "clinician"
    STAFF = "staff"
    READER = "reader"


class May(StrEnum):
    """What a role may do; every use-case names the one it needs."""

    LOOK = "look"
    EDIT_PATIENT = "edit_patient"
    ENTER_CHECKIN = "enter_checkin"
    PLAN = "plan"
    REVIEW = "review"
    MANAGE = "manage"


# Total over Role (tested). Staff log calls and enter answers, but only clinicians make or change a plan.
ROLE_MAY: Final[dict[Role, frozenset[May]]] = {
    Role.LEAD: frozenset(May),
    Role.CLINICIAN: frozenset(May) - {May.MANAGE},
    Role.STAFF: frozenset({May.LOOK, May.EDIT_PATIENT, May.ENTER_CHECKIN}),
    Role.READER: frozenset({May.LOOK}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is a user's or a patient's key; `clinic_id` is None only for the system."""

    kind: str
    id: UUID | None
    name: str
    clinic_id: UUID | None
    role: Role | None = None
    # Whether this member of staff also works in another clinic.
    elsewhere: bool = field(default=False, compare=False)
    # Whether a second step is required of them and they have none: then they may only set one up.
    factor_due: bool = field(default=False, compare=False)

    def may(self, what: May) -> bool:
        """Whether this actor's role allows it; only staff have roles."""
        return self.role is not None and what in ROLE_MAY[self.role]

    @property
    def home(self) -> UUID:
        """The actor's clinic. Raises NotFound for the system, which has none."""
        if self.clinic_id is None:
            raise NotFound(what="clinic")
        return self.clinic_id

    @property
    def member_id(self) -> UUID:
        """The key of the member of staff who acts. Raises NotAllowed for anybody else."""
        if self.kind != "user" or self.id is None:
            raise NotAllowed(may="staff")
        return self.id

    @property
    def user_id(self) -> UUID | None:
        """The key of the user, if a member of staff acts."""
        return self.id if self.kind == "user" else None


SYSTEM: Final = Actor(kind="system", id=None, name="Taperplan", clinic_id=None)


def patient_actor(patient_id: UUID, clinic_id: UUID) -> Actor:
    """A patient as the actor; the name stays in the patient's row."""
    return Actor(kind="patient", id=patient_id, name="", clinic_id=clinic_id)
