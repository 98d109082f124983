"""The patient's plan: today's doses, the calendar as a page and as a PDF. No account: a link and the year of birth."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.domain.errors import NotFound, Refused
from plans.services import links, patient_pages
from plans.services.documents import PAGE, PDF
from plans.services.links import LinkView
from plans.web import languages
from plans.web.clinician.plan.calendar import calendar_context
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.patient.plan import dose_marks, today
from plans.web.patient.plan.dose_chart import way_of
from plans.web.patient.plan.month import month_of
from plans.web.patient.plan.month_list import leaves_of
from plans.wording.advice import advice_words
from plans.wording.documents import after_last_day, calendar_words
from plans.wording.first_page import first_page
from plans.wording.times import opening_words

View = Callable[..., HttpResponse]
Problem = Callable[[], str] | None


@require_safe
@patient_page
def open_plan(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a letter."""
    return link_session.enter(request, token, link_session.PLAN)


def needs_year(view: View) -> View:
    """Let a view run only on a device that has given the year of birth; else ask for it and come back."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            link = link_session.link_of(request, link_session.PLAN)
        except NotFound:
            return link_session.expired(request)
        if not links.device_knows(link.patient_id, link_session.device(request)):
            return _ask_year(request, link)
        with translation.override(patient_pages.door(link).language):
            return view(request, link, *args, **kwargs)

    return guarded


def _ask_year(request: HttpRequest, link: LinkView, problem: Problem = None, typed: str = "") -> HttpResponse:
    """Ask, in the language of the address, else of the patient; who the patient is has not been shown yet."""
    door = patient_pages.door(link)
    here = request.POST.get("here", "")[:40] if request.method == "POST" else request.path
    again = here if here in _ONWARD else reverse("plan-page")
    with languages.speaking(request, door.language):
        context: dict[str, Any] = {"door": languages.spoken(door), **languages.frame(request, again)}
        if links.locked_out(link.patient_id):
            return render(request, "patient/locked_out.html", context, status=403)
        context |= {
            "problem": problem() if problem else "",
            "typed": typed,
            "here": here,
            "action": reverse("plan-page-year") + languages.in_address(languages.current()),
        }
        return render(request, "patient/birth_year.html", context, status=422 if problem else 200)


# Where the year-of-birth page may lead: our own pages only, so that the field cannot be turned into a redirect.
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
    """Take the year of birth and remember this device; five wrong ones within a day close the door."""
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
    # For check-ins too, which show answers given before on a device that knows the year.
    link_session.set_cookie(
        response, link_session.DEVICE_COOKIE, outcome.key, path="/", age=link_session.DEVICE_AGE
    )
    return response


@require_safe
@patient_page
@needs_year
def plan_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What to take today, the next change, and the calendar."""
    plan = patient_pages.plan_page(link)
    followed = not (plan.over or plan.other_dose)
    context = {
        "plan": plan,
        "door": plan.door,
        # A switch from one drug to another has no single line of milligrams.
        "way": way_of(plan.schedule, plan.day) if len(plan.schedule.drugs) == 1 and followed else None,
        **today.context_of(plan),
        **dose_marks.context_of(plan),
        "month": month_of(plan),
    }
    return render(request, "patient/plan.html", context)


@require_safe
@patient_page
@needs_year
def calendar_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The calendar as a page: the same content as the PDF, for screen readers, phones and browsers that print."""
    plan = patient_pages.plan_page(link)
    if plan.over or plan.other_dose:
        # The plan's page says that it is over, or that another dose is taken, and what to do.
        return HttpResponseRedirect(reverse("plan-page"))
    words = calendar_words(plan.door.language)
    clinic = plan.door.clinic
    # From today on: what has been taken is on the paper at home.
    day = max(plan.made_on, plan.day)
    schedule = plan.schedule.as_of(day)
    context = {
        "plan": plan,
        "door": plan.door,
        "opening": opening_words(clinic.hours, clinic.country),
        "first": first_page(
            schedule,
            words,
            day=day,
            clinician=plan.clinician,
            after=after_last_day(schedule, words, own=plan.after_words, review_on=plan.review_on),
            visits=[one.on for one in plan.visits],
            country=plan.door.country,
            help_checked=plan.door.help.checked_on,
        ),
        "advice": advice_words(words, plan.advice, plan.door.help.emergency),
        "leaves": leaves_of(
            calendar_context(
                schedule,
                made_on=day,
                country=plan.door.country,
                visits=[one.on for one in plan.visits],
            )
        ),
    }
    if request.method == "GET":
        patient_pages.calendar_opened(link, PAGE)
    return render(request, "patient/calendar.html", context)


@require_safe
@patient_page
@needs_year
def calendar_pdf(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The PDF of the version in force; while it is being drawn the page says so and offers the calendar page."""
    try:
        found = patient_pages.plan_pdf(link)
    except Refused as why:
        if why.facts.get("reason") == "over":
            return HttpResponseRedirect(reverse("plan-page"))
        context = {"door": patient_pages.door(link), "failed": why.facts.get("reason") == "failed"}
        return render(request, "patient/being_drawn.html", context, status=503)
    if request.method == "GET":
        patient_pages.calendar_opened(link, PDF)
    response = HttpResponse(found.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.filename}"'
    return response
