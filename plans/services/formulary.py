"""A clinic's formulary: what its pharmacies stock. Read when a plan begins, set by whoever manages the clinic."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from plans.domain.errors import Stale
from plans.domain.taper.formulary import Formulary
from plans.models import AuditEvent, Clinic
from plans.services import audit
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May

_ACT: Final = "clinic.formulary_set"
_KEY: Final = "formulary"


def of_clinic(clinic: Clinic) -> Formulary:
    """The formulary of a clinic's row; the usual products of the country if none was saved."""
    saved = clinic.settings.get(_KEY)
    return Formulary() if saved is None else Formulary.from_json(saved)


def formulary(actor: Actor) -> Formulary:
    """The formulary of the actor's own clinic."""
    return of_clinic(get_clinic_for(actor))


@transaction.atomic
def set_formulary(*, by: Actor, seen_digest: str, formulary: Formulary) -> bool:
    """Save it; False if nothing changed. Issued plans stay as they are.

    `seen_digest` is the digest of the formulary that the form began with. Raises NotAllowed, and Stale with `who` saved
    meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = of_clinic(clinic)
    if standing == formulary:
        return False
    if standing.digest != seen_digest:
        raise Stale(what="formulary", who=_who_saved_last(clinic))
    clinic.settings = {**clinic.settings, _KEY: formulary.to_json()}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": standing.to_json(), "after": formulary.to_json()},
    )
    return True


def _who_saved_last(clinic: Clinic) -> str:
    saved = AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT, subject_id=clinic.pk)
    last = saved.order_by("-id").first()
    return last.actor_name if last else ""
