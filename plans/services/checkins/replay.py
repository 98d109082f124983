"""Reproduces what the rules found, from stored revisions, their context and the earlier responses.

This proves that a flag can be explained years later, and shows what another rule would have found.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.flagging import Evidence, FlagFinding, PatientContext
from plans.domain.checkins.response import Response
from plans.domain.checkins.scoring import Past
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import RawAnswerState
from plans.models import CheckIn, CheckInRevision, Flag, RawAnswer

_VERSIONS = {spec.code: spec.version for spec in flags.SPECS.values()}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One response judged again: its number of flags, and what differs ("R1", "H10:abandoned", "scores").

    `before`: it was saved before the context was stored, so it cannot be judged.
    """

    checkin_id: UUID
    flags: int
    differs: tuple[str, ...]
    before: bool = False


def count() -> int:
    """How many responses there are."""
    return CheckIn.objects.count()


def every() -> Iterator[Replayed]:
    """Judge every response again, each plan's in the order they were begun. Writes nothing."""
    for plan_id in (
        CheckIn.objects.order_by("plan_id").values_list("plan_id", flat=True).distinct().iterator()
    ):
        yield from of_plan(plan_id)


def of_plan(plan_id: UUID) -> Iterator[Replayed]:
    """Judge the responses of a plan again: scores, and every flag with its inputs and facts. Writes nothing."""
    checkins = list(CheckIn.objects.filter(plan_id=plan_id).order_by("started_at", "id"))
    revisions_of: dict[UUID, list[CheckInRevision]] = defaultdict(list)
    for revision in CheckInRevision.objects.filter(checkin__plan_id=plan_id).order_by("number"):
        revisions_of[revision.checkin_id].append(revision)
    raised: dict[UUID | None, list[Flag]] = defaultdict(list)
    # The first of its kind comes last, so that it represents those raised again after it was dealt with.
    for flag in Flag.objects.filter(checkin__plan_id=plan_id).order_by("-raised_at", "-id"):
        raised[flag.checkin_id].append(flag)
    # Raw copies are judged page by page as well; see `raw`.
    put_aside = (
        bool(checkins)
        and RawAnswer.objects.filter(patient_id=checkins[0].patient_id, state=RawAnswerState.STORED).exists()
    )
    for n, row in enumerate(checkins):
        earlier = [(one, revisions_of[one.pk]) for one in checkins[:n] if one.started_at < row.started_at]
        yield _again(row, revisions_of[row.pk], raised[row.pk], earlier, put_aside=put_aside)


_Earlier = list[tuple[CheckIn, list[CheckInRevision]]]


def _again(
    row: CheckIn, revisions: list[CheckInRevision], raised: list[Flag], earlier: _Earlier, *, put_aside: bool
) -> Replayed:
    standing = {_named(flag.rule, flag.facts): flag for flag in raised}
    if not all(one.known for one in revisions):
        return Replayed(row.pk, len(standing), (), before=True)
    asked = QuestionnaireSpec.from_json(row.form, row.form_version)
    found: dict[str, FlagFinding] = {}
    for revision in revisions:
        seen = Evidence(
            answers=revision.answers,
            scores=scoring.score(asked, revision.answers),
            past=_past(earlier, revision.saved_at),
            about=PatientContext.from_json(revision.known["about"]),
            abandoned=revision.known["abandoned"],
            unscored=revision.known.get("unscored", ""),
            texts=Response(asked, revision.answers).texts,
        )
        for one in flags.evaluate(seen, whole=revision.known["whole"]):
            found.setdefault(_named(one.rule, {"kind": one.kind}), one)
    differs = [
        name
        for name in sorted(found.keys() | standing.keys())
        if _differ(found.get(name), standing.get(name), put_aside=put_aside)
    ]
    if scoring.score(asked, row.answers) != scoring.from_json(row.scores):
        differs.append("scores")
    return Replayed(row.pk, len(standing), tuple(differs))


def _named(rule: str, facts: Mapping[str, object]) -> str:
    return f"{rule}:{facts['kind']}" if facts.get("kind") else rule


def _differ(found: FlagFinding | None, flag: Flag | None, *, put_aside: bool) -> bool:
    if flag is None:
        return True
    if flag.rule_version != _VERSIONS.get(flag.rule):
        # Raised by another version of the rule.
        return False
    if found is None:
        return not put_aside
    now = {
        "severity": found.priority.value,
        "inputs": found.inputs,
        "facts": {**found.facts, "kind": found.kind},
    }
    then = {"severity": flag.severity, "inputs": flag.inputs, "facts": flag.facts}
    return bool(json.loads(json.dumps(now)) != then)


def _past(earlier: _Earlier, moment: datetime) -> tuple[Past, ...]:
    """The earlier responses finished by a moment, oldest first, as they were then."""
    known: list[Past] = []
    for checkin, revisions in earlier:
        saved = [one for one in revisions if one.saved_at <= moment]
        if saved and saved[-1].known.get("whole"):
            asked = QuestionnaireSpec.from_json(checkin.form, checkin.form_version)
            known.append(Past(checkin.local_date, saved[-1].answers, scoring.score(asked, saved[-1].answers)))
    return tuple(known)
