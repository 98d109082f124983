"""Two versions of a plan side by side, by ranges of days: what a change changed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from plans.domain.errors import NotFound
from plans.domain.taper.schedule import Schedule, Step
from plans.services.actors import Actor, May
from plans.services.plans.compare import ComparedStretch, compare
from plans.web import layout_context
from plans.web.clinician.plan.steps import takes_by_time, totals
from plans.web.gate import staff_page
from plans.wording import plans

_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """What one version says for some days; `total` is "" for days outside it."""

    total: str
    takes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CompareRow:
    """A range of days, and what each version says for it. `same`: word for word the same."""

    days: str
    first: str
    last: str
    one: ComparedCell
    other: ComparedCell
    same: bool


@require_safe
@staff_page(May.LOOK)
def plan_compare(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Two versions side by side, with the days before they differ folded away."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    found = compare(actor, plan_id, _number(request, "one"), _number(request, "other"))
    rows = [compare_row(stretch, found.before, found.after) for stretch in found.stretches]
    parts = next((n for n, row in enumerate(rows) if not row.same), len(rows))
    context = {
        "compared": found,
        "alike": rows[:parts],
        "alike_until": rows[parts - 1].last if parts else "",
        "rows": rows[parts:],
        "ends": (_end(found.before), _end(found.after)),
        "parts_on": plans.long_day(found.parts_on) if found.parts_on is not None else "",
    }
    return layout_context.page(request, "clinic/plan_compare.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    raw = request.GET.get(name, "")
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) <= _MOST_DIGITS):
        raise NotFound(what="version")
    return int(raw)


def compare_row(stretch: ComparedStretch, before: Schedule, after: Schedule) -> CompareRow:
    """A stretch of days in words."""
    first, last = plans.short_day_year(stretch.start), plans.short_day_year(stretch.end)
    days = first if first == last else gettext("{start} to {end}").format(start=first, end=last)
    return CompareRow(
        days, first, last, _cell(stretch.one, before), _cell(stretch.other, after), stretch.same
    )


def _cell(step: Step | None, schedule: Schedule) -> ComparedCell:
    if step is None:
        return ComparedCell("", ())
    return ComparedCell(totals(step), takes_by_time(step, schedule))


def _end(schedule: Schedule) -> str:
    last = schedule.last_dose_day()
    return plans.short_day_year(last) if last is not None else gettext("stays")
