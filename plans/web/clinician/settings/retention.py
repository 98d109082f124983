"""How long data is kept, what the last night deleted, and what the next would: for a lead and for an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.rights.retention import CLASSES
from plans.services import retention
from plans.services.actors import May
from plans.services.retention import ClassFigures, RunView
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.retention import CLASSES as NAMES
from plans.wording.retention import KEPT, period_words

_METHODS: Final = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class in words. `due` and `deleted` are None for one that is only kept."""

    name: str
    period: str
    source: str
    unverified: bool
    due: int | None
    deleted: int | None
    differs: bool
    kept: tuple[str, ...]


@require_http_methods(_METHODS)
@staff_page(May.MANAGE)
def retention_page(request: StaffRequest) -> HttpResponse:
    """For a lead."""
    return _page(request, "retention", "settings")


@require_http_methods(_METHODS)
@staff_page(May.OPERATE)
def installation_retention(request: StaffRequest) -> HttpResponse:
    """For an operator: the same figures."""
    return _page(request, "installation-retention", "installation")


def _page(request: StaffRequest, here: str, place: str) -> HttpResponse:
    if request.method == "POST":
        retention.dry_run(by=request.actor)
        say(request, _("Counted. Nothing was deleted."))
        return redirect(here)
    dry, real = retention.last_runs(request.actor)
    context = {"place": place, "here": here, "dry": dry, "real": real, "rows": _rows(dry, real)}
    return page(request, "clinic/retention.html", context)


def _rows(dry: RunView | None, real: RunView | None) -> list[ClassRow]:
    counted = {one.code: one for one in dry.figures} if dry else {}
    deleted = {one.code: one for one in real.figures} if real else {}
    rows = []
    for code, one in CLASSES.items():
        found, gone = counted.get(code), deleted.get(code)
        rows.append(
            ClassRow(
                name=str(NAMES[code]),
                period=period_words(one),
                source=one.source,
                unverified=not one.verified and not one.source.startswith("ours"),
                due=found.due if found else None,
                deleted=gone.deleted if gone and one.deletes else None,
                differs=bool(gone and real and real.ended_at and gone.differs),
                kept=_kept(found or gone) or ((str(KEPT[one.kept]),) if one.kept and one.period else ()),
            )
        )
    return rows


def _kept(one: ClassFigures | None) -> tuple[str, ...]:
    return tuple(f"{count} {KEPT[why]}" for why, count in one.kept) if one else ()
