"""What the rules found, found again from what is stored: revisions, what was known at each, and the earlier sheets.

It is the proof that a flag can be explained years later, and the way to see what another rule would have said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.flagging import About, Evidence, Finding
from plans.domain.checkins.forms import Ask
from plans.domain.checkins.scoring import Past
from plans.models import CheckIn, CheckInRevision, Flag, RawAnswer

_VERSIONS = {rule.code: rule.version for rule in flags.RULES} | {flags.BROKEN: 1}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One sheet asked again: how many flags stand, and what differs ("R1", "H10:abandoned", "scores").

    `before`: it was saved before this was kept, so nothing can be said.
    """

    checkin_id: UUID
    flags: int
    differs: tuple[str, ...]
    before: bool = False


def count() -> int:
    """How many sheets there are."""
    return CheckIn.objects.count()


def every() -> Iterator[Replayed]:
    """Every sheet asked again, a patient's in the order they were begun. Writes nothing."""
    rows = CheckIn.objects.order_by("plan_id", "started_at", "id").values_list("id", flat=True)
    for key in rows.iterator():
        yield again(key)


def again(checkin_id: UUID) -> Replayed:
    """One sheet asked again: its scores, and every flag with its inputs and facts. Writes nothing."""
    row = CheckIn.objects.get(pk=checkin_id)
    revisions = list(CheckInRevision.objects.filter(checkin=row).order_by("number"))
    standing = {_named(flag.rule, flag.facts): flag for flag in Flag.objects.filter(checkin=row)}
    if not all(one.known for one in revisions):
        return Replayed(row.pk, len(standing), (), before=True)
    ask = Ask.from_json(row.form, row.form_version)
    found: dict[str, Finding] = {}
    for revision in revisions:
        about = About.from_json(revision.known["about"])
        past = _past(row, revision.saved_at)
        scores = scoring.score(ask, revision.answers)
        seen = Evidence(revision.answers, scores, past, about, abandoned=revision.known["abandoned"])
        for one in flags.evaluate(seen, whole=revision.known["whole"]):
            found.setdefault(_named(one.rule, {"kind": one.kind}), one)
    # What was put aside when a sheet could not be written is judged page by page as well; see `raw`.
    put_aside = RawAnswer.objects.filter(patient_id=row.patient_id, state="stored").exists()
    differs = [
        name
        for name in sorted(found.keys() | standing.keys())
        if _differ(found.get(name), standing.get(name), put_aside=put_aside)
    ]
    if scoring.score(ask, row.answers) != scoring.from_json(row.scores):
        differs.append("scores")
    return Replayed(row.pk, len(standing), tuple(differs))


def _named(rule: str, facts: Mapping[str, Any]) -> str:
    return f"{rule}:{facts['kind']}" if facts.get("kind") else rule


def _differ(found: Finding | None, flag: Flag | None, *, put_aside: bool) -> bool:
    if flag is None:
        return True
    if flag.rule_version != _VERSIONS.get(flag.rule):
        # Another version of the rule said so; this one need not.
        return False
    if found is None:
        return not put_aside
    now = {
        "severity": found.severity.value,
        "inputs": found.inputs,
        "facts": {**found.facts, "kind": found.kind},
    }
    then = {"severity": flag.severity, "inputs": flag.inputs, "facts": flag.facts}
    return bool(json.loads(json.dumps(now)) != then)


def _past(row: CheckIn, moment: datetime) -> tuple[Past, ...]:
    """The earlier sheets of the plan as they stood at a moment, oldest first: those done with by then."""
    earlier = CheckIn.objects.filter(plan_id=row.plan_id, started_at__lt=row.started_at).exclude(pk=row.pk)
    known: list[Past] = []
    for sheet in earlier.order_by("started_at", "id"):
        told = list(CheckInRevision.objects.filter(checkin=sheet, saved_at__lte=moment).order_by("number"))
        if told and told[-1].known.get("whole"):
            ask = Ask.from_json(sheet.form, sheet.form_version)
            answers = told[-1].answers
            known.append(Past(sheet.local_date, answers, scoring.score(ask, answers)))
    return tuple(known)
