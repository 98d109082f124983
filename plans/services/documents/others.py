"""Papers beside the calendar that comes by itself: other sizes, the pharmacy sheet, a visit summary."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from plans.domain.documents.kinds import KINDS
from plans.domain.errors import Refused
from plans.models import ON_PAPER_STATES
from plans.services import audit, clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.documents.asking import ask
from plans.services.documents.variant import Variant


def ask_for(*, by: Actor, plan_id: UUID, kind: str, paper: str, size: str, language: str) -> UUID:
    """Ask for a paper of the version in force, in the look that was chosen; the one that stands if there is one.

    Raises NotFound, NotAllowed, and Refused: wrong_kind, wrong_variant, no_plan (ended, never issued, or resting for a
    hospital stay).
    """
    with transaction.atomic():
        spec = KINDS.get(kind)
        plan = get_plan_for(by, plan_id, May(spec.may if spec else "plan"), lock=True)
        if spec is None:
            raise Refused(reason="wrong_kind", where="kind")
        if plan.active_version is None or plan.state not in ON_PAPER_STATES:
            raise Refused(reason="no_plan")
        day = clock.today(plan.patient.zone) if spec.of_a_day else None
        variant = Variant(paper, size, language, day)
        row = ask(plan.active_version, now=clock.now(), kind=kind, variant=variant.code)
        audit.record(
            by=by,
            act="document.asked",
            subject_kind="document",
            subject_id=row.pk,
            patient_id=plan.patient_id,
            plan_id=plan.pk,
            version=plan.active_version.number,
            facts={"kind": kind, "variant": variant.code},
        )
        return row.pk
