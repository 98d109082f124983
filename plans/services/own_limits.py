"""A clinic's own limits: within them a finding asks for no reason. A lead signs them; versions keep those they used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from django.db import transaction

from plans.domain.amounts import Dose
from plans.domain.errors import Stale
from plans.domain.taper.clinic_limits import NONE, ClinicLimits, agreed
from plans.domain.taper.limit_rules import Verdict
from plans.domain.taper.snapshot import AcceptedReason
from plans.models import Clinic
from plans.services import audit, clock
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May

_KEY: Final = "own_limits"


def of_clinic(clinic: Clinic) -> ClinicLimits:
    """The limits of a clinic's row; none if nobody signed any."""
    saved = clinic.settings.get(_KEY)
    return NONE if saved is None else ClinicLimits.from_json(saved)


def own_limits(actor: Actor) -> ClinicLimits:
    """The limits of the actor's own clinic."""
    return of_clinic(get_clinic_for(actor))


@transaction.atomic
def sign(*, by: Actor, seen_digest: str, pace: int | None, tail: Dose | None) -> bool:
    """Sign limits (None: the rule's own figure); False if these figures stand already, signed.

    `seen_digest` is the digest of those the form began with. Issued versions keep theirs. Raises TaperError for a
    figure out of its range, NotAllowed for anybody but a lead, and Stale with `who` signed others meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = of_clinic(clinic)
    made = ClinicLimits(pace, tail, by.name, clock.today(clinic.zone).isoformat())
    made = ClinicLimits.from_json(made.to_json())
    if (standing.pace, standing.tail) == (made.pace, made.tail):
        return False
    if standing.digest != seen_digest:
        raise Stale(what="own_limits", who=standing.by)
    clinic.settings = {**clinic.settings, _KEY: made.to_json()}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act="clinic.limits_signed",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={
            "set": made.any,
            "before": replace(standing, by="", on="").to_json(),
            "after": made.to_json(),
        },
    )
    return True


def reasons(verdicts: Iterable[Verdict]) -> tuple[AcceptedReason, ...]:
    """For each finding within a limit of the clinic, that limit in place of a typed reason."""
    return tuple(
        AcceptedReason(one.rule, one.step, "", one.steps, limit=limit)
        for one in verdicts
        if (limit := agreed(one.facts))
    )
