"""What a clinic wants signed by two people: the setting, and what asks for it. Off unless a lead chose something."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.taper.second_signature import Trigger
from plans.models import AuditEvent, Clinic
from plans.services import audit
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.review.alerts import reviewers

_ACT: Final = "clinic.second_signature_set"
_KEY: Final = "second_signature"


def of_clinic(clinic: Clinic) -> tuple[Trigger, ...]:
    """What asks for a second signature in a clinic, in the order of `Trigger`."""
    chosen = clinic.settings.get(_KEY, ())
    return tuple(one for one in Trigger if one.value in chosen)


def triggers(actor: Actor) -> tuple[Trigger, ...]:
    """What asks for a second signature in the actor's own clinic."""
    return of_clinic(get_clinic_for(actor))


@transaction.atomic
def set_triggers(*, by: Actor, seen: Collection[Trigger], chosen: Collection[Trigger]) -> bool:
    """Choose what asks for a second signature; False if nothing changed. What waits already goes on waiting.

    `seen` is what the form began with. Raises NotAllowed, Stale with `who` chose meanwhile, and
    Refused("one_clinician") where there is nobody who could sign for another.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = of_clinic(clinic)
    made = tuple(one for one in Trigger if one in chosen)
    if made == standing:
        return False
    if set(seen) != set(standing):
        last = AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT).order_by("-id").first()
        raise Stale(what="second_signature", who=last.actor_name if last else "")
    if made and len(reviewers(clinic)) < 2:
        raise Refused(reason="one_clinician", where="triggers")
    clinic.settings = {**clinic.settings, _KEY: [one.value for one in made]}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": [one.value for one in standing], "after": [one.value for one in made]},
    )
    return True


def check_somebody_else(clinic: Clinic, author_id: UUID) -> None:
    """Raise Refused("nobody_to_sign") where no other clinician could give the second signature."""
    if all(user.pk == author_id for user in reviewers(clinic)):
        raise Refused(reason="nobody_to_sign")
