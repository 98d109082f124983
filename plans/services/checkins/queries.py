"""Check-ins as clinicians see them: a plan's history, one response, and its answers next to the last and first ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from plans.domain.checkins import instrument_file, scoring
from plans.domain.checkins.flagging import FlagPriority, outdated
from plans.domain.checkins.instrument import SKIP, Item, Translation
from plans.domain.checkins.states import DONE, CheckInState, OccasionState
from plans.domain.errors import NotFound
from plans.domain.json import Facts
from plans.domain.which import which
from plans.models import CheckIn, CheckInRevision, Flag, Occasion
from plans.services.access import get_checkin_for
from plans.services.actors import Actor, May
from plans.services.checkins.responses import answered
from plans.services.from_row import from_row


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One check-in of a plan on its local date. `totals` by scale and `symptoms` by item hold complete scores only."""

    on: date
    state: str
    purpose: str
    checkin_id: UUID | None
    totals: Mapping[str, int]
    symptoms: Mapping[str, int]
    doses: str
    severity: str
    late: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question with its answer now, last time and at the start. `change` is from the last time; None if there is
    nothing to compare. `new`: a "yes" that was not one before. `severity`: of the flags based on it."""

    item: Item
    now: str | None
    last: str | None
    first: str | None
    change: int | None
    new: bool
    severity: str


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One scale's total now, last time and at the start; `top` is the highest possible."""

    scale: str
    top: int
    now: int
    last: int | None
    first: int | None
    affective: int | None
    severity: str


@dataclass(frozen=True, slots=True)
class AnswersTable:
    """A response's scales and then its answers in the order they were asked."""

    checkin_id: UUID
    on: date
    started_at: datetime
    saved_at: datetime
    last_on: date | None
    first_on: date | None
    scales: tuple[ScaleRow, ...]
    rows: tuple[AnswerRow, ...]

    @property
    def flagged(self) -> tuple[AnswerRow, ...]:
        """The rows that flags are based on."""
        return tuple(row for row in self.rows if row.severity)


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag: rule, version, severity and the facts of its sentence."""

    rule: str
    version: int
    severity: str
    facts: Facts
    item_id: UUID | None

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(FlagPriority, self.severity)


@dataclass(frozen=True, slots=True)
class ResponseDetail:
    """One response for staff: whose, how it was given, its flags and its answers. `without_scales`: PHQ and GAD were
    not asked because no published translation existed in the patient's language; `translation`: the one used."""

    checkin_id: UUID
    patient_id: UUID
    patient_name: str
    plan_id: UUID
    purpose: str
    state: str
    late: bool
    entered_by: str
    submitted_at: datetime | None
    zone: str
    revisions: int
    flags: tuple[FlagView, ...]
    table: AnswersTable
    without_scales: bool
    translation: Translation | None

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(CheckInState, self.state)


def history(plan_id: UUID) -> tuple[HistoryPoint, ...]:
    """Every answered or missed check-in of a plan, by local date. The caller has checked access."""
    checkins = CheckIn.objects.filter(plan_id=plan_id, state__in=DONE).select_related("occasion")
    worst = _worst(Flag.objects.filter(checkin__plan_id=plan_id))
    points = [
        HistoryPoint(
            on=row.local_date,
            state=row.state,
            purpose=row.occasion.purpose if row.occasion else "unscheduled",
            checkin_id=row.pk,
            totals={scale: one["total"] for scale, one in row.scores.items()},
            symptoms=scoring.symptoms(row.answers),
            doses=row.answers.get("dose_taken", ""),
            severity=worst.get(row.pk, ""),
            late=row.late,
        )
        for row in checkins
    ]
    points += [
        HistoryPoint(gone.local_date, "missed", gone.purpose, None, {}, {}, "", "", late=False)
        for gone in Occasion.objects.filter(plan_id=plan_id, state=OccasionState.MISSED, checkin=None)
    ]
    return tuple(sorted(points, key=lambda point: point.on))


def _worst(flags: QuerySet[Flag]) -> dict[UUID, str]:
    order = ("urgent", "high", "routine", "info")
    found: dict[UUID, str] = {}
    for checkin_id, severity in flags.values_list("checkin_id", "severity"):
        standing = found.get(checkin_id, "info")
        found[checkin_id] = min(standing, severity, key=order.index)
    return found


def answers_table(checkin_id: UUID) -> AnswersTable:
    """A response's answers next to the last and first ones of its plan. The caller has checked access.

    Raises NotFound for an unknown response.
    """
    row = CheckIn.objects.filter(pk=checkin_id).first()
    if row is None:
        raise NotFound(what="CheckIn")
    earlier = list(
        CheckIn.objects.filter(plan_id=row.plan_id, state__in=DONE, started_at__lt=row.started_at)
        .exclude(pk=row.pk)
        .order_by("started_at", "id")
    )
    first, last = (earlier[0], earlier[-1]) if earlier else (None, None)
    severities = _by_input(Flag.objects.filter(checkin=row))
    return AnswersTable(
        checkin_id=row.pk,
        on=row.local_date,
        started_at=row.started_at,
        saved_at=row.saved_at,
        last_on=last.local_date if last else None,
        first_on=first.local_date if first else None,
        scales=_scales(row, earlier, severities),
        rows=_rows(row, first, last, severities),
    )


def _by_input(flags: QuerySet[Flag]) -> dict[str, str]:
    order = ("urgent", "high", "routine", "info")
    found: dict[str, str] = {}
    for inputs, severity in flags.values_list("inputs", "severity"):
        for code in inputs:
            found[code] = min(found.get(code, "info"), severity, key=order.index)
    return {code: severity for code, severity in found.items() if severity != "info"}


def _scales(row: CheckIn, earlier: list[CheckIn], severities: Mapping[str, str]) -> tuple[ScaleRow, ...]:
    asked = answered(row).spec
    found = []
    for scale, one in row.scores.items():
        before = [checkin.scores[scale]["total"] for checkin in earlier if scale in checkin.scores]
        found.append(
            ScaleRow(
                scale=scale,
                top=asked.questionnaire(scale).top,
                now=one["total"],
                last=before[-1] if before else None,
                first=before[0] if before else None,
                affective=one["affective"],
                severity=severities.get(scale, ""),
            )
        )
    return tuple(found)


def _rows(
    row: CheckIn, first: CheckIn | None, last: CheckIn | None, severities: Mapping[str, str]
) -> tuple[AnswerRow, ...]:
    response = answered(row)
    items = response.items
    found = []
    for page in response.pages:
        for code in page.items:
            now = row.answers.get(code)
            before = last.answers.get(code) if last else None
            begin = first.answers.get(code) if first else None
            found.append(
                AnswerRow(
                    item=items[code],
                    now=now,
                    last=before,
                    first=begin,
                    change=_change(items[code], now, before),
                    new=now == "yes" and last is not None and before != "yes",
                    severity=severities.get(code, ""),
                )
            )
    return tuple(found)


def _change(item: Item, now: str | None, before: str | None) -> int | None:
    if now is None or before is None or SKIP in (now, before):
        return None
    scores = item.score_of(now), item.score_of(before)
    if scores[0] is not None and scores[1] is not None:
        return scores[0] - scores[1]
    return int(now) - int(before) if now.isdigit() and before.isdigit() and not item.options else None


def response_detail(actor: Actor, checkin_id: UUID) -> ResponseDetail:
    """One response of the actor's clinic. Raises NotFound."""
    row = get_checkin_for(actor, checkin_id, May.LOOK)
    flags = Flag.objects.filter(checkin=row).order_by("raised_at", "id")
    order = ("urgent", "high", "routine", "info")
    kinds = {flag.pk: (flag.rule, str(flag.facts.get("kind", ""))) for flag in flags}
    # A flag that a later page of the same response superseded is left out; it stays in the audit trail.
    old = outdated(list(kinds.values()))
    current = [flag for flag in flags if kinds[flag.pk] not in old]
    shown = sorted(current, key=lambda flag: order.index(flag.severity))
    return ResponseDetail(
        checkin_id=row.pk,
        patient_id=row.patient_id,
        patient_name=row.patient.name,
        plan_id=row.plan_id,
        purpose=row.occasion.purpose if row.occasion else "unscheduled",
        state=row.state,
        late=row.late and row.occasion is not None,
        entered_by=row.entered_by.name if row.entered_by else "",
        submitted_at=row.submitted_at,
        zone=row.patient.zone,
        revisions=CheckInRevision.objects.filter(checkin=row).count(),
        flags=tuple(from_row(FlagView, flag, version=flag.rule_version) for flag in shown),
        table=answers_table(row.pk),
        without_scales="phq9" not in row.form_version["versions"],
        translation=_translation(row),
    )


def _translation(row: CheckIn) -> Translation | None:
    version = row.form_version["versions"].get("phq9")
    return instrument_file.get("phq9", version).translations.get(row.patient.language) if version else None
