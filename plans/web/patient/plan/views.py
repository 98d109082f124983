"""The patient's plan: today's doses, the calendar as a page and as a PDF. No account: a link and the second fact."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from plans.domain.checkins.help_lines import phone_href
from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.taper import about
from plans.services import mail_choices, patient_pages
from plans.services.checkins import sessions
from plans.services.documents import PAGE, PDF
from plans.services.links import LinkView
from plans.web import languages
from plans.web.gate import patient_page
from plans.web.parts.calendar import calendar_context
from plans.web.patient import frame, link_session, unknown_link
from plans.web.patient.leaflets import leaflet, strengths
from plans.web.patient.link_session import PLAN, by_press
from plans.web.patient.plan import dose_marks, today
from plans.web.patient.plan.dose_chart import way_of
from plans.web.patient.plan.month import leaves_of, month_of
from plans.web.patient.plan.second_fact import needs_fact
from plans.wording.advice import advice_words
from plans.wording.documents import after_last_day, calendar_words
from plans.wording.first_page import first_page
from plans.wording.times import opening_words


@require_safe
@patient_page(LinkAct.OPEN)
def open_plan(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a message."""
    return link_session.enter(request, token, link_session.PLAN)


@require_safe
@patient_page(LinkAct.DOSE)
@needs_fact(LinkAct.DOSE)
def plan_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What to take today, the next change, and the calendar."""
    plan = patient_pages.plan_page(link)
    followed = not (plan.over or plan.other_dose)
    context = {
        "plan": plan,
        "holder": plan.holder,
        # A switch from one drug to another cannot be drawn as one line of milligrams.
        "way": way_of(plan.schedule, plan.day) if len(plan.schedule.drugs) == 1 and followed else None,
        **today.context_of(plan),
        **dose_marks.context_of(plan),
        **link_session.offers(request, link),
        "month": month_of(plan),
    }
    return render(request, "patient/plan.html", context)


@require_safe
@patient_page(LinkAct.DOSE)
@needs_fact(LinkAct.DOSE)
def calendar_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The calendar as a page: the same content as the PDF, for screen readers, phones and browsers that print."""
    plan = patient_pages.plan_page(link)
    if plan.over or plan.other_dose:
        # The plan page says that the plan is over, or that another dose is taken, and what to do.
        return HttpResponseRedirect(reverse("plan-page"))
    words = calendar_words(plan.holder.language, plan.country)
    clinic = plan.holder.clinic
    # From today on: past days are on the printed calendar at home.
    day = max(plan.made_on, plan.day)
    schedule = plan.schedule.as_of(day)
    context = {
        "plan": plan,
        "holder": plan.holder,
        "opening": opening_words(clinic.hours, clinic.country),
        "first": first_page(
            schedule,
            words,
            day=day,
            clinician=plan.clinician,
            after=after_last_day(schedule, words, own=plan.after_words, review_on=plan.review_on),
            visits=[one.on for one in plan.visits],
            country=plan.holder.country,
            help_checked=plan.holder.help.checked_on,
        ),
        "advice": advice_words(words, plan.advice, plan.holder.help.emergency),
        "leaves": leaves_of(
            calendar_context(
                schedule,
                made_on=day,
                country=plan.holder.country,
                visits=[one.on for one in plan.visits],
            )
        ),
    }
    if request.method == "GET":
        patient_pages.calendar_opened(link, PAGE)
    return render(request, "patient/calendar.html", context)


@require_safe
@patient_page(LinkAct.DOSE)
@needs_fact(LinkAct.DOSE)
def calendar_pdf(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The PDF of the version in force; while it is being drawn, a page says so and offers the calendar page."""
    try:
        found = patient_pages.plan_pdf(link)
    except Refused as why:
        if why.facts.get("reason") == "over":
            return HttpResponseRedirect(reverse("plan-page"))
        context = {"holder": patient_pages.link_holder(link), "failed": why.facts.get("reason") == "failed"}
        return render(request, "patient/being_drawn.html", context, status=503)
    if request.method == "GET":
        patient_pages.calendar_opened(link, PDF)
    response = HttpResponse(found.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.filename}"'
    return response


@require_safe
@patient_page(LinkAct.DOSE)
@needs_fact(LinkAct.DOSE)
def medicine(request: HttpRequest, link: LinkView) -> HttpResponse:
    """About the medicines of the plan."""
    plan = patient_pages.plan_page(link)
    leaflets = [leaflet(name, about.of_drug(name)) for name in plan.schedule.drugs]
    if switched := strengths(plan):
        leaflets.insert(0, switched)
    context = {"leaflets": leaflets, "back_url": reverse("plan-page")}
    return frame.page(request, "patient/medicine.html", plan.holder, context)


@patient_page(LinkAct.TO_CHECKIN)
@by_press(PLAN)
@needs_fact(LinkAct.TO_CHECKIN)
def to_checkin(request: HttpRequest, link: LinkView) -> HttpResponse:
    """From the plan to a check-in the patient starts."""
    return link_session.lead_on(
        link_session.CHECKIN, sessions.own_session(link, device=link_session.device(request))
    )


@patient_page(LinkAct.TO_PREFERENCES)
@by_press(PLAN)
@needs_fact(LinkAct.TO_PREFERENCES)
def to_mail(request: HttpRequest, link: LinkView) -> HttpResponse:
    """From the plan to the message choices."""
    return link_session.lead_on(
        link_session.MAIL, mail_choices.session(link, device=link_session.device(request))
    )


@require_safe
@patient_page(LinkAct.STATUS)
def printed(request: HttpRequest, token: str) -> HttpResponse:
    """Whether a printed page is current, for its QR code: CURRENT, or REPLACED ON a day. No health data."""
    try:
        status = patient_pages.document_status(token)
    except NotFound:
        return unknown_link.unknown(request, "patient/printed_unknown.html")
    with languages.speaking(request, status.language):
        holder = languages.spoken(status)
        phone = status.care.prescriber_phone
        href = phone_href(phone) if phone else ""
        context = {"status": status, "holder": holder, "token": token, "prescriber_href": href}
        context |= languages.frame(request)
        return render(request, "patient/printed.html", context)


@require_safe
@patient_page(LinkAct.TO_PLAN)
def to_plan(request: HttpRequest, token: str) -> HttpResponse:
    """From a printed calendar to the plan's own page, which shows nothing before the second fact: anybody may find one.
    A code that leads nowhere says whether its page is current."""
    try:
        link = patient_pages.printed_link(token)
    except NotFound:
        return unknown_link.unknown(request, "patient/printed_unknown.html")
    try:
        link_session.allowed(request, link, LinkAct.TO_PLAN)
        if request.method == "HEAD":
            return HttpResponseRedirect(reverse(link_session.PLAN.page))
        key = patient_pages.plan_session(link, device=link_session.device(request))
    except NotFound:
        return HttpResponseRedirect(reverse("printed", args=[token]))
    return link_session.lead_on(link_session.PLAN, key)
