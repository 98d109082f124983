"""Pages about the messages themselves: confirm the address, day and time, stop, start again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.services import links, mail_choices, patient_pages, people
from plans.services.links import LinkPurpose
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.patient.messages.forms import ChoicesForm


@require_safe
@patient_page(LinkAct.OPEN)
def open_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the message that asks to confirm the address."""
    return link_session.enter(request, token, link_session.CONFIRM)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.CONFIRM)
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask, and take the answer: only pressing a button confirms, never opening a link."""
    try:
        link = link_session.link_of(request, link_session.CONFIRM, LinkAct.CONFIRM)
    except NotFound:
        return link_session.expired(request)
    holder = patient_pages.link_holder(link)
    with translation.override(holder.language):
        mine = single(request.POST, "mine") if request.method == "POST" else ""
        if mine == "yes":
            people.confirm_email(link)
            return render(request, "patient/confirmed.html", {"holder": holder})
        if mine == "no":
            mail_choices.wrong_person(link)
            return render(request, "patient/not_mine.html", {"holder": holder})
        problem = _("Choose one answer.") if request.method == "POST" else ""
        context = {"holder": holder, "problem": problem}
        return render(request, "patient/confirm.html", context, status=422 if problem else 200)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.OPEN, LinkAct.STOP)
def open_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The link to the message choices; a mail program's one-click POST (RFC 8058) stops the messages.

    Exempt from the CSRF check because the POST comes from a mail program; the token itself is the authority.
    """
    if request.method == "POST":
        link = links.look(token, LinkPurpose.MAIL)
        try:
            link_session.allowed(request, link, LinkAct.STOP)
        except NotFound:
            return link_session.no_longer(request, link)
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return HttpResponse(status=400)
        mail_choices.stop(link)
        return HttpResponse("", content_type="text/plain")
    return link_session.enter(request, token, link_session.MAIL)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.PREFERENCES, LinkAct.STOP)
def mail(request: HttpRequest) -> HttpResponse:
    """Day, hour, time zone and language of check-ins; stop and start."""
    act = single(request.POST, "act") if request.method == "POST" else ""
    needed = LinkAct.STOP if act == "stop" else LinkAct.PREFERENCES
    try:
        link = link_session.link_of(request, link_session.MAIL, needed)
    except NotFound:
        return link_session.expired(request)
    holder = patient_pages.link_holder(link)
    with translation.override(holder.language):
        if act == "stop":
            mail_choices.stop(link)
            return HttpResponseRedirect(reverse("mail") + "?stopped")
        too_many = False
        if act == "start":
            try:
                mail_choices.start(link)
                return HttpResponseRedirect(reverse("mail") + "?started")
            except Refused:
                too_many = True
        now = mail_choices.choices(link)
        form = ChoicesForm(request.POST if act == "change" else None, now=now)
        if act == "change" and form.is_valid():
            try:
                mail_choices.change(link, **form.chosen())
                return HttpResponseRedirect(reverse("mail") + "?changed")
            except Refused as refusal:
                if refusal.facts["reason"] == "too_many_changes":
                    too_many = True
                elif refusal.facts["reason"] == "too_many_reminders":
                    form.add_error("reminders", _("The clinic sends fewer reminders now. Choose again."))
                else:
                    form.add_error("at", _("Choose a time from 8 in the morning to 8 in the evening."))
        context = {
            "holder": holder,
            "choices": now,
            "form": form,
            "too_many": too_many,
            "asked_to_stop": "stop" in request.GET,
            "changed": "changed" in request.GET,
            "started": "started" in request.GET,
        }
        status = 429 if too_many else 422 if form.errors else 200
        return render(request, "patient/mail.html", context, status=status)
