"""A plan as data for other programs: steps, days or answers as CSV, or everything as one JSON object.

Codes and amounts as in taper requests, not sentences: a column means the same in every language. Amounts are texts in
mg, days are the patient's. Every export is in the audit trail.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.checkins.states import DONE, OccasionState
from plans.domain.errors import NotFound
from plans.domain.json import JsonObject
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.models import ON_PAPER_STATES, CheckIn, Occasion, Plan, PlanVersion
from plans.services import audit, clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.plans import versions
from plans.services.plans.history import full_schedule
from plans.services.plans.taken import records_of

SCHEMA: Final = "taperplan-plan/1"
# A spreadsheet program takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, str]


class ExportKind(StrEnum):
    """What can be exported; the value ends the name of the file."""

    STEPS = "steps.csv"
    DAYS = "days.csv"
    ANSWERS = "answers.csv"
    WHOLE = "everything.json"


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name, which says nothing of the patient, its media type and its text."""

    name: str
    media_type: str
    text: str


@transaction.atomic
def export(*, by: Actor, plan_id: UUID, kind: ExportKind) -> Export:
    """A plan's steps, days, answers, or all of it. Raises NotFound, also for a plan that was never issued."""
    plan = get_plan_for(by, plan_id, May.LOOK)
    if plan.active_version_id is None:
        raise NotFound(what="Plan")
    schedule = full_schedule(plan)
    today = clock.today(plan.patient.zone)
    audit.record(
        by=by,
        act="plan.exported",
        subject_kind="plan",
        subject_id=plan.pk,
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        facts={"what": kind.value},
    )
    name = f"{today.isoformat()}-{kind.value}"
    if kind is ExportKind.WHOLE:
        text = json.dumps(everything(plan, schedule), ensure_ascii=False, indent=2) + "\n"
        return Export(name, "application/json", text)
    if kind is ExportKind.STEPS:
        # a column of its own if any dose is not taken every day
        columns = (*_STEP_COLUMNS, "days_of_week") if schedule.weekly else _STEP_COLUMNS
        return Export(name, "text/csv", as_csv(columns, _steps(schedule)))
    if kind is ExportKind.DAYS:
        return Export(name, "text/csv", as_csv(_DAY_COLUMNS, _days(schedule, today)))
    return Export(name, "text/csv", as_csv(_ANSWER_COLUMNS, _answers(plan)))


def as_csv(columns: Sequence[str], rows: Iterator[Row]) -> str:
    """Rows as CSV with a line of names. A cell that spreadsheets would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in row.items()}
        )
    return text.getvalue()


_DOSE_COLUMNS: Final = ("time", "drug", "dose_mg")
_STEP_COLUMNS: Final = ("step", "start", "end", "days", "kind", *_DOSE_COLUMNS)
_DAY_COLUMNS: Final = ("date", "step", "kind", *_DOSE_COLUMNS)
_ANSWER_COLUMNS: Final = ("date", "occasion", "state", "submitted_at", "entered_by", "question", "answer")


def _steps(schedule: Schedule) -> Iterator[Row]:
    """A row for each dose of each step; a step without a dose is one row with 0 mg, a hospital stay one without mg."""
    for step in schedule:
        facts = {
            "step": str(step.n),
            "start": step.start.isoformat(),
            "end": step.end.isoformat(),
            "days": str(step.days),
            "kind": step.kind.value,
        }
        yield from (facts | dose for dose in _doses(step))


def _days(schedule: Schedule, today: date) -> Iterator[Row]:
    """A row for each dose of each day, through the last written day, or today where a dose goes on."""
    day, last = schedule.start, max(schedule.end, today) if schedule.maintenance else schedule.end
    while day <= last:
        step = schedule.step_on(day)
        if step is not None:
            facts = {"date": day.isoformat(), "step": str(step.n), "kind": step.kind.value}
            yield from (facts | dose for dose in _doses(step))
        day += timedelta(days=1)


def _doses(step: Step) -> Iterator[Row]:
    """Its doses; 0 mg where none is taken, no amount in hospital, where the ward decides what is taken."""
    if step.kind is StepKind.PAUSE:
        yield {"time": "", "drug": "", "dose_mg": ""}
        return
    if not step.doses:
        yield {"time": "", "drug": "", "dose_mg": "0"}
    for one in step.doses:
        on = {} if one.weekdays.every else {"days_of_week": " ".join(one.weekdays.names)}
        yield {"time": one.time.value, "drug": one.drug, "dose_mg": one.dose.text} | on


def _answers(plan: Plan) -> Iterator[Row]:
    """A row for each answer and each total of a scale ("phq9.total"), and one for each missed check-in."""
    for one in _checkins(plan):
        facts = {key: one[key] for key in _ANSWER_COLUMNS if key in one}
        said = one["answers"] | {f"{scale}.total": str(total) for scale, total in one["totals"].items()}
        for question, answer in (said or {"": ""}).items():
            yield facts | {"question": question, "answer": str(answer)}


def _checkins(plan: Plan) -> list[JsonObject]:
    rows = (
        CheckIn.objects.filter(plan=plan, state__in=DONE)
        .select_related("occasion", "entered_by")
        .order_by("local_date", "started_at", "id")
    )
    missed = Occasion.objects.filter(plan=plan, state=OccasionState.MISSED, checkin=None)
    found: list[JsonObject] = [
        {
            "date": row.local_date.isoformat(),
            "occasion": row.occasion.purpose if row.occasion else "unscheduled",
            "state": row.state,
            "submitted_at": _moment(row.submitted_at),
            "entered_by": row.entered_by.name if row.entered_by else "",
            "answers": dict(row.answers),
            "totals": {scale: one["total"] for scale, one in row.scores.items()},
        }
        for row in rows
    ]
    found += [
        {
            "date": gone.local_date.isoformat(), "occasion": gone.purpose, "state": OccasionState.MISSED.value,
            "submitted_at": "", "entered_by": "", "answers": {}, "totals": {},
        }
        for gone in missed
    ]  # fmt: skip
    return sorted(found, key=lambda one: str(one["date"]))


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def everything(plan: Plan, schedule: Schedule) -> JsonObject:
    """The plan with every version as it was issued, what was valid on each step, doses really taken, and answers."""
    rows = PlanVersion.objects.filter(plan=plan).select_related("issued_by").order_by("number")
    patient = plan.patient
    return {
        "schema": SCHEMA,
        "exported_at": clock.now().isoformat(),
        "patient": {"record_no": patient.record_no, "born": patient.born.isoformat(), "zone": patient.zone},
        "state": plan.state,
        "steps": list(_steps(schedule)),
        "versions": [
            {
                "number": row.number,
                "kind": row.kind,
                "from_day": row.from_day.isoformat(),
                "made_on": row.made_on.isoformat(),
                "issued_by": versions.issuer(row),
                "note": row.note,
                "sha256": row.sha256,
                "issued_text": json.loads(row.canonical),
            }
            for row in rows
        ],
        "taken": [
            {
                "first": one.first.isoformat(),
                "last": one.last.isoformat() if one.last else None,
                "doses": [
                    {"time": dose.time.value, "drug": dose.drug, "dose_mg": dose.dose.text}
                    for dose in one.regimen
                ],
            }
            for one in records_of(plan)
        ],
        "supply": _supply(plan),
        "checkins": _checkins(plan),
    }


def _supply(plan: Plan) -> JsonObject:
    """What should be at home today, and the fills of the version in force as its pharmacy sheet counts them.

    `counted_on` is the day of the count that it is reckoned from; null: of the fills so far.
    """
    version, today = plan.active_version, clock.today(plan.patient.zone)
    if version is None or plan.state not in ON_PAPER_STATES:
        return {}
    home = versions.at_home(version, today)
    return {
        "day": today.isoformat(),
        "counted_on": home.counted_on.isoformat() if home.counted_on else None,
        "at_home": [
            {"product": product.name, "whole_units": parts // product.unit_parts}
            for product, parts in home.stock.items()
        ],
        "fills": [
            {
                "from": fill.first.isoformat(),
                "to": fill.last.isoformat(),
                "product": fill.product.name,
                "whole_units": fill.whole_units,
            }
            for fill in versions.fills(version, today).fills
        ],
    }
