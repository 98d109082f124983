"""A clinic's facts: phone, hours, holidays and its words for patients."""

from __future__ import annotations

from django.db import transaction

from plans.domain.clinics import ClinicFacts, changed_fields, read_facts
from plans.domain.errors import Stale
from plans.models import AuditEvent, Clinic
from plans.services import audit
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May

_ACT = "clinic.facts_set"


def _of(clinic: Clinic) -> ClinicFacts:
    return read_facts({name: getattr(clinic, name) for name in ClinicFacts.__dataclass_fields__})


def clinic_facts(actor: Actor) -> ClinicFacts:
    """The facts of the actor's own clinic."""
    return _of(get_clinic_for(actor))


@transaction.atomic
def set_clinic_facts(*, by: Actor, seen_digest: str, facts: ClinicFacts) -> tuple[str, ...]:
    """Change them; returns the names of the facts that differ. If none do, nothing is written.

    `seen_digest` is the digest of the facts that the form began with. Raises Stale, with `who` saved meanwhile, if they
    changed.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = _of(clinic)
    changed = changed_fields(standing, facts)
    if not changed:
        return ()
    if standing.digest != seen_digest:
        raise Stale(what="clinic", who=_who_saved_last(clinic))
    for name, value in facts.columns().items():
        setattr(clinic, name, value)
    clinic.save(update_fields=list(changed))
    audit.record(
        by=by, act=_ACT, subject_kind="clinic", subject_id=clinic.pk, facts={"fields": list(changed)}
    )
    return changed


def _who_saved_last(clinic: Clinic) -> str:
    last = (
        AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT, subject_id=clinic.pk).order_by("-id").first()
    )
    return last.actor_name if last else ""
