"""The year of birth, asked once on each device before anything of the plan is shown."""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from plans.domain.errors import NotFound, Refused
from plans.services import links, patient_pages
from plans.services.links import LinkView
from plans.web import languages
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.untyped import Context

View = Callable[..., HttpResponse]
Problem = Callable[[], str] | None


def needs_year(view: View) -> View:
    """Let a view run only on a device that has given the year of birth; otherwise ask for it and return."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            link = link_session.link_of(request, link_session.PLAN)
        except NotFound:
            return link_session.expired(request)
        if not links.device_knows(link.patient_id, link_session.device(request)):
            return _ask_year(request, link)
        with translation.override(patient_pages.link_holder(link).language):
            return view(request, link, *args, **kwargs)

    return guarded


def _ask_year(request: HttpRequest, link: LinkView, problem: Problem = None, typed: str = "") -> HttpResponse:
    """Ask, in the language of the address, else of the patient. The page does not show who the patient is."""
    holder = patient_pages.link_holder(link)
    here = request.POST.get("here", "")[:40] if request.method == "POST" else request.path
    again = here if here in _ONWARD else reverse("plan-page")
    with languages.speaking(request, holder.language):
        context: Context = {"holder": languages.spoken(holder), **languages.frame(request, again)}
        if links.locked_out(link.patient_id):
            return render(request, "patient/locked_out.html", context, status=403)
        context |= {
            "problem": problem() if problem else "",
            "typed": typed,
            "here": here,
            "action": reverse("plan-page-year") + languages.in_address(languages.current()),
        }
        return render(request, "patient/birth_year.html", context, status=422 if problem else 200)


# Where the year-of-birth page may redirect: our own pages only, so that it is no open redirect.
_ONWARD = {
    "/p/": "plan-page",
    "/p/calendar": "plan-page-calendar",
    "/p/calendar.pdf": "plan-page",
    "/p/about": "plan-page-medicine",
    "/p/feed": "plan-page-feed",
}


@patient_page
@link_session.by_press(link_session.plan_link, back="plan-page")
def birth_year(request: HttpRequest) -> HttpResponse:
    """Check the year of birth and remember this device; five wrong ones within a day lock the page."""
    try:
        link = link_session.link_of(request, link_session.PLAN)
    except NotFound:
        return link_session.expired(request)
    typed = single(request.POST, "year")[:10]
    if not (len(typed.strip()) == 4 and typed.strip().isascii() and typed.strip().isdigit()):
        return _ask_year(request, link, lambda: _("Type the year with four figures, like 1971."), typed)
    try:
        outcome = patient_pages.give_year(link, typed)
    except Refused:
        return _ask_year(request, link)
    if outcome.key is None:
        return _ask_year(request, link, lambda: _("That is not the year we have. Please try again."), typed)
    response = HttpResponseRedirect(reverse(_ONWARD.get(request.POST.get("here", ""), "plan-page")))
    # For check-ins too: they show earlier answers on a device that has given the year.
    link_session.set_cookie(
        response, link_session.DEVICE_COOKIE, outcome.key, path="/", age=link_session.DEVICE_AGE
    )
    return response
