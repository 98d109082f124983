"""Stores findings as flags and opens a review item for them, in the transaction that stores the answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.domain.checkins.flags import BROKEN, highest
from plans.domain.checkins.response import Response
from plans.domain.json import JsonObject
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.review.reasons import Source
from plans.models import CheckIn, Flag, Occasion, Patient, ReviewItem
from plans.services.review.review_items import open_item

# Items about what a patient answered or ticked.
_ANSWERS: Final = (Source.CHECKIN.value, Source.SCORING.value)


def raise_flags(
    response: Response, before: Response, *, row: CheckIn, patient: Patient, now: datetime
) -> None:
    """Store the flags of a response and open its item; `before` is the response as it was."""
    if not response.findings:
        return
    renewed = response.renewed_since(before)
    fresh = keep(response.findings, patient=patient, now=now, checkin=row, renewed=renewed)
    ask_for_review(fresh, checkin=row, patient=patient, now=now)


def keep(
    findings: Sequence[FlagFinding],
    *,
    patient: Patient,
    now: datetime,
    checkin: CheckIn | None = None,
    occasion: Occasion | None = None,
    raw: UUID | None = None,
    marks: str = "",
    renewed: Collection[tuple[str, str]] = (),
) -> list[Flag]:
    """Store findings as flags; returns the new ones. The same finding of one response is stored once, unless it is
    among `renewed` (rule, kind): reported again after it was taken back. Then it is stored again if somebody has
    already dealt with the earlier flag, because nobody would be alerted otherwise.

    Give one of: the check-in, the missed occasion, the key of a raw copy without a check-in, or the plan and week of
    ticked doses (`marks`).
    """
    subject = f"marks:{marks}" if marks else f"raw:{raw}"
    if checkin is not None:
        subject = f"checkin:{checkin.pk}"
    elif occasion is not None:
        subject = f"occasion:{occasion.pk}"
    rows = [
        Flag(
            clinic_id=patient.clinic_id,
            patient=patient,
            checkin=checkin,
            occasion=occasion,
            rule=finding.rule,
            rule_version=finding.version,
            severity=finding.priority.value,
            inputs=dict(finding.inputs),
            facts={**finding.facts, "kind": finding.kind},
            raised_at=now,
            key=f"{subject}:{finding.rule}" + (f":{finding.kind}" if finding.kind else ""),
        )
        for finding in findings
    ]
    stored = set(Flag.objects.filter(key__in=[row.key for row in rows]).values_list("key", flat=True))
    fresh = [row for row in rows if row.key not in stored]
    again = [row for row in rows if row.key in stored and (row.rule, row.facts["kind"]) in renewed]
    return Flag.objects.bulk_create([*fresh, *(row for row in again if _dealt_with(row))])


def _dealt_with(row: Flag) -> bool:
    """Whether every item of a flag is closed; then the new flag needs its own key."""
    standing = Flag.objects.filter(Q(key=row.key) | Q(key__startswith=f"{row.key}#"))
    if row.severity == FlagPriority.INFO.value or standing.exclude(item__state=ItemState.RESOLVED).exists():
        return False
    row.key = f"{row.key}#{standing.count() + 1}"
    return True


def ask_for_review(
    flags: Sequence[Flag], *, checkin: CheckIn, patient: Patient, now: datetime
) -> ReviewItem | None:
    """Open one review item for a response's new flags, at their highest priority. Info flags open none.

    Flags of a rule that an open item of the patient holds already join that item, unless something is urgent.
    """
    asking = [flag for flag in flags if flag.severity != FlagPriority.INFO.value]
    if not asking:
        return None
    found = tuple(FlagFinding(flag.rule, flag.rule_version, FlagPriority(flag.severity)) for flag in asking)
    severity = highest(found) or FlagPriority.HIGH
    source = "scoring" if all(flag.rule == BROKEN.code for flag in asking) else "checkin"
    facts: JsonObject = {
        "checkin": str(checkin.pk),
        "rules": sorted({flag.rule for flag in asking}),
        "late": checkin.late,
    }
    return open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=checkin.plan,
        source=source,
        source_key=_joins(asking, checkin, patient) or f"checkin:{checkin.pk}",
        priority=severity.value,
        facts=facts,
        flags=flags,
        now=now,
    )


def _joins(asking: Sequence[Flag], checkin: CheckIn, patient: Patient) -> str:
    """The source key of the patient's open item that these flags belong to: one with a flag of this response or of
    the same rule. "" if there is none or the response has an item of its own, and for urgent flags or items: those
    stand alone."""
    own = f"checkin:{checkin.pk}"
    items = ReviewItem.objects.filter(patient=patient, clinic_id=patient.clinic_id).exclude(
        state=ItemState.RESOLVED
    )
    urgent = any(flag.severity == FlagPriority.URGENT for flag in asking)
    if urgent or items.filter(source_key=own).exists():
        return ""
    rules = [flag.rule for flag in asking]
    held = Flag.objects.filter(item_id=OuterRef("pk"), rule__in=rules).exclude(severity=FlagPriority.INFO)
    mine = Flag.objects.filter(item_id=OuterRef("pk"), checkin=checkin).exclude(severity=FlagPriority.INFO)
    same = items.filter(Exists(mine) | Exists(held), source__in=_ANSWERS).exclude(severity=Priority.URGENT)
    found = same.select_for_update(of=("self",), no_key=True).order_by("opened_at", "id").first()
    return found.source_key if found is not None else ""
