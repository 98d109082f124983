"""Actors: a member of staff in one clinic, a patient through a link, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from plans.domain import roles
from plans.domain.errors import NotAllowed, NotFound
from plans.domain.roles import ROLE_MAY, May, Role

__all__ = ("ROLE_MAY", "SYSTEM", "Actor", "May", "Role", "patient_actor")


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
    # Whether the clinic asks why a record outside one's own list is opened (plans.services.own_list).
    asks_why: bool = field(default=False, compare=False)

    def may(self, what: May) -> bool:
        """Whether this actor's role allows it; only staff have roles."""
        return self.role is not None and roles.may(self.role, what)

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
