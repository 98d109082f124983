"""A patient's devices and links on the record: seen and ended there, and the patient's code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound, Refused
from plans.services import patient_links, second_fact
from plans.services.actors import Actor, May
from plans.services.second_fact import FactKind
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.patient_links import DEVICES, REFUSALS, purpose_words

_ACTS: Final = frozenset({"clear_code", "end_all", "say_less", "say_more", "end_device", "end_link"})


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A device or a link in words, and how long it opens something."""

    id: UUID
    words: str
    since: date
    ends: date


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
def links_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What opens the patient's pages; a post ends it, or gives a code, which this page shows once."""
    if request.method != "POST":
        return _show(request, patient_id)
    act, actor = single(request.POST, "act"), request.actor
    if act == "give_code":
        return _show(request, patient_id, code=second_fact.give_code(by=actor, patient_id=patient_id))
    if act not in _ACTS:
        return _show(request, patient_id, problem=_("Press one of the buttons below."))
    try:
        said = _do(actor, patient_id, act, single(request.POST, "id"))
    except Refused as refusal:
        return _show(request, patient_id, problem=str(REFUSALS[str(refusal.facts["reason"])]))
    except NotFound:
        # A patient of another clinic is not found here either.
        return _show(request, patient_id, problem=_("That has ended already. This is what is left."))
    say(request, said)
    return redirect("patient-links", patient_id)


def _do(actor: Actor, patient_id: UUID, act: str, key: str) -> str:
    if act == "clear_code":
        second_fact.clear_code(by=actor, patient_id=patient_id)
        return _("The code is taken away: the year of birth is asked again")
    if act == "end_all":
        sent = patient_links.end_all(patient_id=patient_id, by=actor)
        if sent:
            return _("All devices and links are ended, and a new link goes to the confirmed address")
        return _("All devices and links are ended; no link was sent, because the address is not confirmed")
    if act in ("say_less", "say_more"):
        patient_links.set_discreet(patient_id=patient_id, on=act == "say_less", by=actor)
        return _("Saved")
    if act == "end_device":
        patient_links.end_device(patient_id=patient_id, device_id=_key(key), by=actor)
        return _("The device is ended: it has to give the code or the year of birth again")
    patient_links.end_link(patient_id=patient_id, link_id=_key(key), by=actor)
    return _("The link is ended")


def _key(raw: str) -> UUID:
    try:
        return UUID(raw)
    except ValueError as bad:
        raise NotFound(what="link") from bad


def _show(request: StaffRequest, patient_id: UUID, *, code: str = "", problem: str = "") -> HttpResponse:
    opened = patient_links.of_patient(request.actor, patient_id)
    fact = second_fact.code_state(request.actor, patient_id)
    context = {
        "place": "caseload",
        "opened": opened,
        "devices": [
            HeldLine(one.id, str(DEVICES.get(one.kind, one.kind)), one.confirmed_at, one.expires_at)
            for one in opened.devices
        ],
        "links": [
            HeldLine(one.id, purpose_words(one.purpose.value), one.made_on, one.ends_on)
            for one in opened.links
        ],
        "fact": fact,
        "has_code": fact.kind is FactKind.CODE,
        "year_off": fact.kind is FactKind.NONE,
        # In two groups, as it is read out.
        "code": f"{code[:3]} {code[3:]}" if code else "",
        "problem": problem,
    }
    return page(request, "clinic/patient_links.html", context, status=422 if problem else 200)
