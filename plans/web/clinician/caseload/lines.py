"""Rows of the caseload in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.domain.people import CareState
from plans.domain.taper.plan_states import PlanState
from plans.services.caseload import CaseRow, DueCode, DueThing, MoodPoint
from plans.services.plan_summaries import PlanSummary
from plans.web.clinician.care_words import last_known_words
from plans.wording.doses import day_dose_words, drugs_words
from plans.wording.people import CARE_STATES
from plans.wording.plans import STATE_NAMES, days_count, short_day, short_day_year
from plans.wording.taken import taken_words

_LEFT, _RIGHT, _BOTTOM, _TOP = 3.0, 93.0, 25.0, 3.0
_DAYS: Final = 56
_HIGHEST: Final = 6
# More than this between two answers is a gap: a line across it would invent an answer.
_GAP_DAYS: Final = 13


@dataclass(frozen=True, slots=True)
class Spark:
    """Geometry of the line: a path, and the last point."""

    path: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The text of each cell; `sub` cells are the second line. `dose` names every drug taken today; where today's dose
    is not known, `drugs` are those of the plan.
    """

    row: CaseRow
    dose: str
    drugs: str
    step: str
    overdue: bool
    # What else falls due within the week, beside the next change: in words, and whether its day has passed.
    due: tuple[tuple[str, bool], ...]
    change: str
    change_sub: str
    spark: Spark | None
    mood: str
    mood_sub: str
    state: str
    held: bool
    ended: bool
    state_sub: str = ""
    taken: str = ""


def _change(plan: PlanSummary) -> tuple[str, str]:
    if plan.state == PlanState.DRAFT.value:
        return _("Draft"), ""
    if plan.starts_on and plan.starts_on > plan.today:
        return _("Starts"), short_day(plan.starts_on)
    if plan.state == PlanState.HELD.value:
        since = _("since %(day)s") % {"day": short_day(plan.since)}
        if plan.held_until is None:
            return _("Held"), _("%(since)s, until reviewed") % {"since": since}
        return _("Held"), _("%(since)s, through %(day)s") % {
            "since": since,
            "day": short_day(plan.held_until),
        }
    if plan.state == PlanState.MAINTENANCE.value:
        return _("Stays"), _("maintenance since %(day)s") % {"day": short_day_year(plan.since)}
    if plan.next_change_on:
        return days_count(plan.days_to_change or 0), short_day(plan.next_change_on)
    if plan.last_day and plan.last_day < plan.today:
        return _("None"), _("stopped %(day)s") % {"day": short_day_year(plan.last_day)}
    return _("None"), ""


def review_overdue(plan: PlanSummary) -> bool:
    """Whether the review date of a maintenance dose has passed."""
    return (
        plan.state == PlanState.MAINTENANCE.value
        and plan.review_on is not None
        and plan.review_on < plan.today
    )


def _review(plan: PlanSummary) -> str:
    if plan.review_on is None:
        return _("No review date")
    words = _("Review overdue since %(day)s") if review_overdue(plan) else _("Review %(day)s")
    return words % {"day": short_day(plan.review_on)}


def _step(plan: PlanSummary) -> str:
    if plan.state == PlanState.FOLLOW_UP.value and plan.last_day:
        weeks = (plan.today - plan.last_day).days // 7 + 1
        return _("Week %(n)s after") % {"n": weeks}
    if plan.state == PlanState.MAINTENANCE.value:
        return _review(plan)
    if not plan.step or plan.state not in (PlanState.ACTIVE.value, PlanState.HELD.value):
        return ""
    return _("%(n)s of %(all)s") % {"n": plan.step, "all": plan.steps}


def change_words(now: int, before: int) -> str:
    """How an answer changed: "up 2", "down 1", "same"."""
    if now == before:
        return _("same")
    if now > before:
        return _("up %(n)s") % {"n": now - before}
    return _("down %(n)s") % {"n": before - now}


def _mood(points: tuple[MoodPoint, ...]) -> tuple[str, str]:
    if not points:
        return "", ""
    now = points[-1].value
    return str(now), change_words(now, points[-2].value) if len(points) > 1 else ""


def missed_words(count: int) -> str:
    """How many check-ins in a row were missed; empty for none."""
    return ngettext("%(n)s missed", "%(n)s missed", count) % {"n": count} if count else ""


def _care_words(row: CaseRow) -> str:
    """Since when the patient is not in care here, and the dose last known before a hospital stay."""
    care = row.care
    if care is None or care.since is None:
        return ""
    if care.state is CareState.DIED:
        return _("on %(day)s") % {"day": short_day_year(care.since)}
    since = _("since %(day)s") % {"day": short_day_year(care.since)}
    last = last_known_words(care)
    return _("%(since)s; last known dose %(dose)s") % {"since": since, "dose": last} if last else since


def _due_words(one: DueThing) -> str:
    day = short_day(one.on)
    if one.code is DueCode.WARD:
        return _("ask the ward %(day)s") % {"day": day}
    if one.at is not None:
        return _("visit %(day)s, %(hour)s") % {"day": day, "hour": f"{one.at:%H:%M}"}
    return _("visit %(day)s") % {"day": day}


def _due(row: CaseRow) -> tuple[tuple[str, bool], ...]:
    """Visits, and when to ask a ward; the next change and the review have columns of their own."""
    shown = (one for one in row.due if one.code in (DueCode.VISIT, DueCode.WARD))
    return tuple((_due_words(one), one.on < row.today) for one in shown)


def case_line(row: CaseRow) -> CaseLine:
    """A row of the caseload in words."""
    plan = row.plan
    # For a patient in hospital, treated elsewhere or dead, the plan says nothing about today or later.
    lives_by = plan if row.care_state == CareState.IN_CARE else None
    change, change_sub = _change(lives_by) if lives_by else ("", "")
    mood, mood_sub = _mood(row.mood)
    state = STATE_NAMES[PlanState(plan.state)] if plan else _("No plan")
    in_care = row.care_state == CareState.IN_CARE
    return CaseLine(
        row=row,
        dose=day_dose_words(lives_by.dose, clinician=True) if lives_by and lives_by.dose is not None else "",
        drugs=drugs_words(plan.drugs, clinician=True) if plan and not (lives_by and lives_by.dose) else "",
        step=_step(lives_by) if lives_by else "",
        overdue=lives_by is not None and review_overdue(lives_by),
        due=_due(row),
        change=change,
        change_sub=change_sub,
        spark=spark(row.mood, row.today),
        mood=mood,
        mood_sub=mood_sub,
        state=str(state if in_care else CARE_STATES[row.care_state]),
        held=in_care and plan is not None and plan.state == PlanState.HELD.value,
        ended=not in_care,
        state_sub=_care_words(row),
        taken=taken_words(row.taken.day, row.taken.planned) if row.taken and row.taken.differs else "",
    )


def spark(points: Sequence[MoodPoint], today: date) -> Spark | None:
    """The line of these answers up to today; None without any."""
    if not points:
        return None
    parts: list[str] = []
    before: date | None = None
    for point in points:
        x, y = _place(point, today)
        pen = "L" if before is not None and (point.day - before).days <= _GAP_DAYS else "M"
        parts.append(f"{pen}{x} {y}")
        before = point.day
    x, y = _place(points[-1], today)
    return Spark("".join(parts), x, y)


def _place(point: MoodPoint, today: date) -> tuple[str, str]:
    ago = min(_DAYS, max(0, (today - point.day).days))
    x = _RIGHT - (_RIGHT - _LEFT) * ago / _DAYS
    y = _BOTTOM - (_BOTTOM - _TOP) * point.value / _HIGHEST
    return f"{x:.1f}", f"{y:.1f}"
