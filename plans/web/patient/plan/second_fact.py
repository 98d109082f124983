"""The second fact, asked before anything of the plan is shown: the patient's own code, or their year of birth."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from plans.domain.errors import NotFound
from plans.domain.link_policy import LinkAct
from plans.services import links, patient_pages, second_fact
from plans.services.links import FactWanted, LinkView
from plans.services.second_fact import FactKind
from plans.web import languages
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.network import network_of
from plans.web.patient import link_session
from plans.web.untyped import Context

View = Callable[..., HttpResponse]
Problem = Callable[[], str] | None


def needs_fact(act: LinkAct) -> Callable[[View], View]:
    """Let a view run with a link that allows the act; where only the second fact is missing, ask for it instead."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                link = link_session.link_of(request, link_session.PLAN, act)
            except FactWanted as wanted:
                return _ask_fact(request, wanted.link)
            except NotFound:
                return _elsewhere(request)
            with translation.override(patient_pages.link_holder(link).language):
                return view(request, link, *args, **kwargs)

        return guarded

    return wrap


def _elsewhere(request: HttpRequest) -> HttpResponse:
    """Without a session, say that it is over. With one that allows less, such as a printed code's, lead to the plan
    page, or ask for the second fact first."""
    key = request.COOKIES.get(link_session.PLAN.cookie, "")
    try:
        link = links.session_link(key, link_session.PLAN.purpose)
        links.check(link, LinkAct.DOSE, device=link_session.device(request))
    except FactWanted as wanted:
        return _ask_fact(request, wanted.link)
    except NotFound:
        return link_session.expired(request)
    return HttpResponseRedirect(reverse(link_session.PLAN.page))


def _ask_fact(request: HttpRequest, link: LinkView, problem: Problem = None, typed: str = "") -> HttpResponse:
    """Ask, in the language of the address, else of the patient. The page does not show who the patient is."""
    holder = patient_pages.link_holder(link)
    here = request.POST.get("here", "")[:40] if request.method == "POST" else request.path
    again = here if here in _ONWARD else reverse("plan-page")
    kind = second_fact.asked_of(link.patient_id)
    with languages.speaking(request, holder.language):
        context: Context = {
            "holder": languages.spoken(holder),
            **languages.frame(request, again),
            "problem": problem() if problem else "",
            # A code is never written back.
            "typed": typed if kind is FactKind.YEAR else "",
            "code": kind is FactKind.CODE,
            "here": here,
            "action": reverse("plan-page-fact") + languages.in_address(languages.current()),
        }
        if kind is FactKind.NONE:
            return render(request, "patient/no_code.html", context, status=403)
        return render(request, "patient/second_fact.html", context, status=422 if problem else 200)


# Where the page may redirect: our own pages only, so that it is no open redirect.
_ONWARD = {
    "/p/": "plan-page",
    "/p/calendar": "plan-page-calendar",
    "/p/calendar.pdf": "plan-page",
    "/p/about": "plan-page-medicine",
    "/p/feed": "plan-page-feed",
    "/p/devices": "plan-page-devices",
    "/p/consents": "plan-page-consents",
    "/p/copy": "plan-page-copy",
}


@patient_page(LinkAct.GIVE_FACT)
@link_session.by_press(link_session.PLAN)
def give_fact(request: HttpRequest) -> HttpResponse:
    """Compare what was typed, and remember this device unless others use it too."""
    try:
        link = link_session.link_of(request, link_session.PLAN, LinkAct.GIVE_FACT)
    except NotFound:
        return link_session.expired(request)
    typed = single(request.POST, "fact")[:40]
    if not second_fact.is_readable(link.patient_id, typed):
        return _ask_fact(request, link, lambda: _form_words(link), typed)
    outcome = second_fact.give(
        link,
        typed,
        network=network_of(request),
        kind=device_kind(request.headers.get("User-Agent", "")),
        remember=single(request.POST, "shared") != "1",
    )
    if outcome.wait:
        return _ask_fact(request, link, lambda: wait_words(outcome.wait), typed)
    if not outcome.right:
        return _ask_fact(request, link, lambda: _wrong_words(link), typed)
    response = HttpResponseRedirect(reverse(_ONWARD.get(request.POST.get("here", ""), "plan-page")))
    if outcome.device:
        link_session.remember_device(response, outcome.device)
    return response


def _form_words(link: LinkView) -> str:
    if second_fact.asked_of(link.patient_id) is FactKind.CODE:
        return _("Type your code: 6 to 12 figures.")
    return _("Type the year with four figures, like 1971.")


def _wrong_words(link: LinkView) -> str:
    if second_fact.asked_of(link.patient_id) is FactKind.CODE:
        return _("That is not the code we have. Please try again.")
    return _("That is not the year we have. Please try again.")


def wait_words(wait: timedelta) -> str:
    """How long to wait before the next try; nothing was compared."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return _(
        "There were several wrong tries. We did not check this one. Wait %(minutes)s minutes and type it again, "
        "or call us."
    ) % {"minutes": minutes}


_KINDS: Final = (("tablet", ("iPad", "Tablet")), ("phone", ("iPhone", "Android", "Mobile")))


def device_kind(agent: str) -> str:
    """What a browser says of its device, as coarsely as its owner needs to recognise it."""
    for kind, words in _KINDS:
        if any(word in agent for word in words):
            return kind
    return "computer" if "Mozilla" in agent else ""
