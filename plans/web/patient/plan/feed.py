"""The plan in the patient's own calendar: a file to save, and a private address that can be ended."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from plans.documents.icalendar import CalendarEvent, write_calendar
from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.services import feeds, patient_pages
from plans.services.feeds import Feed
from plans.services.links import LinkView
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient.plan.second_fact import needs_fact
from plans.wording.documents import calendar_words
from plans.wording.feed import care_text, care_title, event_title, feed_name


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.MAKE_LINK)
@needs_fact(LinkAct.MAKE_LINK)
def feed_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What a private address is, the current one, and the buttons that make and end it."""
    status = 200
    if request.method == "POST":
        act = single(request.POST, "act")
        try:
            if act in ("open", "open_doses"):
                feeds.open_feed(link, doses=act == "open_doses")
            elif act == "close":
                feeds.close_feed(link)
            return HttpResponseRedirect(reverse("plan-page-feed"))
        except Refused:
            status = 429
    found = feeds.state(link)
    address = f"{settings.SITE_URL}{reverse('feed', args=[found.token])}" if found else ""
    context = {
        "holder": patient_pages.link_holder(link),
        "feed": found,
        "address": address,
        "too_many": status == 429,
    }
    return render(request, "patient/feed.html", context, status=status)


@require_safe
@patient_page(LinkAct.DOSE)
@needs_fact(LinkAct.DOSE)
def feed_file(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The steps as a file, with neutral titles."""
    return _file(feeds.feed_of(link, doses=False))


@require_safe
@patient_page(LinkAct.FEED)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program gets: no cookie, no page; 404 for an ended address."""
    return _file(feeds.read_feed(token))


def _care_events(found: Feed) -> list[CalendarEvent]:
    """One event, extended day by day, that says that somebody else now decides what is taken."""
    if found.care_days is None:
        return []
    (first, last), care = found.care_days, found.care
    who = ", ".join(part for part in (care.prescriber, care.prescriber_phone) if part)
    return [
        CalendarEvent(
            uid=f"{found.key}-{care.state.value}-{first.isoformat()}@taperplan",
            first=first,
            last=last,
            sequence=(last - first).days,
            title=care_title(care.state, found.language, phone=found.clinic_phone),
            cancelled=False,
            text=care_text(care.state, found.language, found.country, who=who),
        )
    ]


def _file(found: Feed) -> HttpResponse:
    words = calendar_words(found.language)
    events = [
        CalendarEvent(
            uid=f"{key}-{event.n}@taperplan",
            first=event.first,
            last=event.last,
            sequence=event.sequence,
            title=event_title(event.step, words, doses=found.doses),
            cancelled=event.cancelled,
        )
        for key, event in found.events
    ]
    events += _care_events(found)
    content = write_calendar(
        events, name=feed_name(found.language), language=found.language, stamped=found.stamped
    )
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="plan.ics"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
