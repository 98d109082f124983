"""Devices and links: the patient sees and ends them, chooses a code, and asks for messages that say less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.services import clock, patient_links, patient_pages, second_fact
from plans.services.links import LinkView
from plans.services.second_fact import FactKind
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.network import network_of
from plans.web.patient import link_session
from plans.web.patient.plan.second_fact import needs_fact, wait_words
from plans.web.untyped import Context
from plans.wording.patient_links import DEVICES, REFUSALS, purpose_words


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A known device in words."""

    id: UUID
    words: str
    since: datetime
    ends: datetime
    this: bool


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link in words."""

    id: UUID
    words: str
    made_on: date
    ends_on: date


def lines_of(opened: patient_links.AccessList, zone: str) -> Context:
    """Devices and links for a template."""
    here = clock.zone_of(zone)
    return {
        "devices": [
            DeviceLine(
                one.id,
                str(DEVICES.get(one.kind, one.kind)),
                one.confirmed_at.astimezone(here),
                one.expires_at.astimezone(here),
                one.this,
            )
            for one in opened.devices
        ],
        "links": [
            LinkLine(one.id, purpose_words(one.purpose.value), one.made_on, one.ends_on)
            for one in opened.links
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.DEVICES)
@needs_fact(LinkAct.DEVICES)
def devices_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What opens the patient's pages, and what ends it."""
    if request.method != "POST":
        return _show(request, link)
    act = single(request.POST, "act")
    try:
        if act == "end_all":
            return _end_all(request, link)
        if act == "code":
            return _choose_code(request, link)
        _do(request, link, act)
    except Refused as refusal:
        problem = str(REFUSALS[str(refusal.facts["reason"])])
        return _show(request, link, problem=problem, where=refusal.where)
    except (NotFound, ValueError):
        return _show(request, link, problem=_("That has ended already. This is what is left."))
    return HttpResponseRedirect(f"{reverse('plan-page-devices')}?done")


def _do(request: HttpRequest, link: LinkView, act: str) -> None:
    by = patient_links.actor_of(link, device=link_session.device(request))
    if act == "end_device":
        key = UUID(single(request.POST, "id"))
        patient_links.end_device(patient_id=link.patient_id, device_id=key, by=by)
    elif act == "end_link":
        key = UUID(single(request.POST, "id"))
        patient_links.end_link(patient_id=link.patient_id, link_id=key, by=by)
    elif act in ("say_less", "say_more"):
        patient_links.set_discreet(patient_id=link.patient_id, on=act == "say_less", by=by)
    else:
        raise Refused(reason="no_button")


def _end_all(request: HttpRequest, link: LinkView) -> HttpResponse:
    by = patient_links.actor_of(link, device=link_session.device(request))
    sent = patient_links.end_all(patient_id=link.patient_id, by=by)
    context = {"holder": patient_pages.link_holder(link), "sent": sent}
    return render(request, "patient/all_ended.html", context)


def _choose_code(request: HttpRequest, link: LinkView) -> HttpResponse:
    present, new, again = (single(request.POST, name)[:40] for name in ("present", "new", "again"))
    outcome = second_fact.choose_code(
        link, present, new, again, network=network_of(request), device=link_session.device(request)
    )
    if outcome.wait:
        return _show(request, link, problem=wait_words(outcome.wait), where="present")
    if not outcome.right:
        wrong = _("What you typed first is not right. Nothing was changed.")
        return _show(request, link, problem=wrong, where="present")
    return HttpResponseRedirect(f"{reverse('plan-page-devices')}?done")


def _show(request: HttpRequest, link: LinkView, *, problem: str = "", where: str = "") -> HttpResponse:
    opened = patient_links.of_link(link, device=link_session.device(request))
    holder = patient_pages.link_holder(link)
    context = {
        "holder": holder,
        "opened": opened,
        "has_code": second_fact.asked_of(link.patient_id) is FactKind.CODE,
        "problem": problem,
        "where": where,
        "done": _("Saved.") if "done" in request.GET else "",
        **lines_of(opened, holder.zone),
    }
    return render(request, "patient/devices.html", context, status=422 if problem else 200)
