"""The audit trail for the lead: what was done and who opened whose record, by person, patient, day and kind; as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain.audit import AuditPart
from plans.domain.audit_chain import TrailName
from plans.domain.text import BadText
from plans.services import accounts, audit_seals, clock, trail
from plans.services.actors import May
from plans.services.trail import TrailQuery
from plans.web.clinician.audit_lines import audit_lines, look_lines, started_under
from plans.web.forms import optional_day, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.web.untyped import Context

LOOKS: Final = "looks"
_KINDS: Final[Mapping[str, Promise]] = {
    "": _("Everything that was done"),
    LOOKS: _("Who opened whose record"),
    AuditPart.ACCESS.value: _("Signing in, refusals and exports"),
    AuditPart.CLINIC.value: _("Clinic"),
    AuditPart.RECORD.value: _("Record"),
    AuditPart.PLAN.value: _("Plan"),
    AuditPart.CHECKINS.value: _("Check-ins and doses"),
    AuditPart.REVIEWS.value: _("Reviews"),
    AuditPart.MESSAGES.value: _("Messages and documents"),
}
"""Total over AuditPart (tested)."""
_CHAINS: Final[Mapping[TrailName, Promise]] = {
    TrailName.ACTS: _("What was done"),
    TrailName.LOOKS: _("Who opened whose record"),
}
_LOOKS_OF_DAYS: Final = 7
"""Looks of everybody at everybody are shown of so many days, unless days are given."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def trail_page(request: StaffRequest) -> HttpResponse:
    """The rows asked for in the address; a press of the button makes a file of them, which is kept in the trail."""
    actor = request.actor
    kind, typed, wanted, problem = _asked(request)
    if request.method == "POST" and not problem:
        made = (trail.export_looks if kind == LOOKS else trail.export_acts)(by=actor, wanted=wanted)
        answer = HttpResponse(made.text, content_type=f"{made.media_type}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
        return answer
    before = started_under(request)
    lines = _looks(request, wanted, before) if kind == LOOKS else _acts(request, wanted, before)
    given = {name: value for name, value in (("kind", kind), *typed.items()) if value}
    context = {
        "place": "settings",
        "kinds": _KINDS.items(),
        "kind": kind,
        "kind_looks": kind == LOOKS,
        "people": [(str(key), name) for key, name in trail.people(actor)],
        "typed": typed,
        "problem": problem,
        "patient_name": trail.names(actor, {wanted.patient}).get(wanted.patient, "")
        if wanted.patient
        else "",
        "query": f"{urlencode(given)}&" if given else "",
        "narrowed": bool(given),
        "days": _LOOKS_OF_DAYS if kind == LOOKS and not any(typed.values()) else 0,
        "heads": [(_CHAINS[one.trail], one) for one in audit_seals.heads()],
        "started": before,
        **lines,
    }
    return page(request, "clinic/trail.html", context, status=422 if problem else 200)


def _asked(request: StaffRequest) -> tuple[str, dict[str, str], TrailQuery, str]:
    """The kind, what was typed, the rows that this means, and what cannot be read of it."""
    kind = single(request.GET, "kind")
    kind = kind if kind in _KINDS else ""
    typed = {name: single(request.GET, name)[:40].strip() for name in ("person", "patient", "first", "last")}
    problem = ""
    try:
        first, last = optional_day(typed["first"]), optional_day(typed["last"])
    except BadText:
        first = last = None
        problem = str(_("These days cannot be read. Choose them in the calendar, or write 2026-12-01."))
    if first is not None and last is not None and last < first:
        problem = str(_("The last day is before the first. Change one of them."))
    narrowed = first or last or _key(typed["person"]) or _key(typed["patient"])
    if kind == LOOKS and not narrowed:
        zone = accounts.clinic_card(request.actor).zone
        first = clock.today(zone) - timedelta(days=_LOOKS_OF_DAYS)
    wanted = TrailQuery(
        person=_key(typed["person"]),
        patient=_key(typed["patient"]),
        first=first,
        last=last,
        part=AuditPart(kind) if kind and kind != LOOKS else None,
    )
    return kind, typed, wanted, problem


def _key(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def _acts(request: StaffRequest, wanted: TrailQuery, before: int | None) -> Context:
    found = trail.acts(request.actor, wanted, before=before)
    whose = trail.names(request.actor, {row.patient_id for row in found.rows if row.patient_id})
    return audit_lines(found, whose)


def _looks(request: StaffRequest, wanted: TrailQuery, before: int | None) -> Context:
    found = trail.looked(request.actor, wanted, before=before)
    whose = trail.names(request.actor, {row.patient_id for row in found.rows})
    return look_lines(found, whose)
