"""The clinic that an actor's lists are limited to."""

from __future__ import annotations

from uuid import UUID

from plans.domain.errors import NotFound
from plans.services.actors import Actor


def clinic_id(actor: Actor) -> UUID:
    """The key of the actor's clinic. Raises NotFound for the system, which has none."""
    if actor.clinic_id is None:
        raise NotFound(what="Clinic")
    return actor.clinic_id
