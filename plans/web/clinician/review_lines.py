"""Rows of the queue in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from plans.domain.review.item_states import ItemState
from plans.domain.taper.plan_states import PlanState
from plans.services.plan_summaries import PlanSummary
from plans.services.review.queries import ItemFlag, QueueRow
from plans.wording.doses import day_dose_words
from plans.wording.flags import flag_sentence, flag_title
from plans.wording.plans import days_count, short_day
from plans.wording.review import OUTCOMES, STATES, due_words, event_words, source_words, waiting_words


@dataclass(frozen=True, slots=True)
class ItemLine:
    """What stands in each cell; `sub` cells are the second line."""

    row: QueueRow
    due: str
    late: bool
    why: str
    why_sub: str
    dose: str
    dose_sub: str
    holder: str
    holder_sub: datetime | None
    holder_note: str


def flag_line(flag: ItemFlag) -> str:
    """A flag as "U3: thoughts of suicide"."""
    return _("%(rule)s: %(words)s") % {"rule": flag.rule, "words": flag_title(flag.rule)}


def why_words(row: QueueRow) -> tuple[str, str]:
    """Why an item is there: the most important reason, and the rules of the others."""
    if not row.flags:
        return source_words(row.source, row.facts), ""
    first = row.flags[0]
    named = dict.fromkeys(flag_line(flag) for flag in row.flags)
    return flag_sentence(first.rule, first.facts), " · ".join(named)


def dose_words(plan: PlanSummary | None) -> tuple[str, str]:
    """The dose of today, of every drug, and how long since it changed."""
    if plan is None or plan.dose is None:
        return "", ""
    dose = day_dose_words(plan.dose, clinician=True)
    if plan.state == PlanState.HELD:
        if plan.held_until is None:
            return dose, _("held until reviewed")
        return dose, _("held through %(day)s") % {"day": short_day(plan.held_until)}
    if plan.last_change_on is None:
        return dose, ""
    facts = {"day": short_day(plan.last_change_on), "ago": days_count(plan.days_since_change or 0)}
    if plan.last_change_was_cut:
        return dose, _("cut %(day)s, %(ago)s ago") % facts
    return dose, _("changed %(day)s, %(ago)s ago") % facts


def _holder(row: QueueRow) -> tuple[str, datetime | None, str]:
    if row.state == ItemState.RESOLVED:
        return row.resolved_by, row.resolved_at, str(OUTCOMES.get(row.outcome, row.outcome))
    if row.holder:
        name = _("You") if row.mine else row.holder
        return name, row.lease_until, ""
    note = event_words(row.last.kind, row.last.facts) if row.last and row.last.kind == "called" else ""
    if row.state == ItemState.SNOOZED:
        return str(STATES["snoozed"]), row.snoozed_until, ""
    if row.state == ItemState.WAITING:
        return waiting_words(row.waits_for), row.snoozed_until, note
    return str(STATES[row.state]), None, note


def item_line(row: QueueRow, now: datetime) -> ItemLine:
    """A row of the queue in words."""
    why, why_sub = why_words(row)
    dose, dose_sub = dose_words(row.plan)
    holder, when, note = _holder(row)
    acted = row.first_action_at is not None
    return ItemLine(
        row=row,
        due="" if acted else due_words(row.first_action_due, now),
        late=not acted and row.first_action_due < now,
        why=why,
        why_sub=why_sub,
        dose=dose,
        dose_sub=dose_sub,
        holder=holder,
        holder_sub=when,
        holder_note=note,
    )
