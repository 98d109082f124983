"""With what a clinic's new plans begin: read when one begins, set by whoever manages the clinic."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from plans.domain.errors import Stale
from plans.domain.taper.plan_defaults import PlanDefaults
from plans.models import AuditEvent, Clinic
from plans.services import audit
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May

_ACT: Final = "clinic.defaults_set"
_KEY: Final = "plan_defaults"


def of_clinic(clinic: Clinic) -> PlanDefaults:
    """The defaults of a clinic's row; the usual ones if none were saved."""
    return PlanDefaults.usable(clinic.settings.get(_KEY))


def plan_defaults(actor: Actor) -> PlanDefaults:
    """The defaults of the actor's own clinic."""
    return of_clinic(get_clinic_for(actor))


@transaction.atomic
def set_defaults(*, by: Actor, seen_digest: str, defaults: PlanDefaults) -> bool:
    """Save them; False if nothing changed. Plans and drafts that were begun stay as they are.

    `seen_digest` is the digest of the defaults that the form began with. Raises NotAllowed, and Stale with `who` saved
    meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = of_clinic(clinic)
    if standing == defaults:
        return False
    if standing.digest != seen_digest:
        saved = AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT, subject_id=clinic.pk)
        last = saved.order_by("-id").first()
        raise Stale(what="plan_defaults", who=last.actor_name if last else "")
    clinic.settings = {**clinic.settings, _KEY: defaults.to_json()}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": standing.to_json(), "after": defaults.to_json()},
    )
    return True
