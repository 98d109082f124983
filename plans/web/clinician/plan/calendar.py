"""The calendar of a plan as a page, to print from the browser when no PDF can be drawn."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from plans.services import advice
from plans.services.actors import Actor, May
from plans.services.plans import queries
from plans.web import layout_context
from plans.web.clinician.care_words import taken_context
from plans.web.gate import staff_page
from plans.web.parts.calendar import calendar_context
from plans.wording.advice import advice_words
from plans.wording.documents import after_last_day, calendar_words
from plans.wording.drugs import drug_words, listed
from plans.wording.first_page import first_page
from plans.wording.times import opening_words


@require_safe
@staff_page(May.LOOK)
def plan_calendar(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The calendar of the version in force as a page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    found = queries.calendar_page(actor, plan_id)
    if not found.followed:
        layout_context.say(
            request, gettext("This plan is not in use now: there is no calendar to print."), kind="think"
        )
        return redirect("plan", plan_id)
    words = calendar_words(get_language() or "en", found.country)
    schedule = found.schedule.as_of(found.made_on)
    after = after_last_day(schedule, words, own=found.after_words, review_on=found.review_on)
    context = {
        "plan": found,
        "replaced": words.replaced(found.replaces) if found.replaces else "",
        "drug": listed([drug_words(drug) for drug in schedule.drugs_taken]),
        "calendar": calendar_context(
            schedule, made_on=found.made_on, country=found.patient.country, visits=found.follow_up
        ),
        "first": first_page(
            schedule,
            words,
            day=found.made_on,
            clinician=found.clinician,
            after=after,
            visits=found.follow_up,
            country=found.patient.country,
            help_checked=found.help_checked,
        ),
        "opening": opening_words(found.hours, found.clinic_country),
        "advice": advice_words(words, advice.of_clinic(actor).get(words.language), found.emergency),
        "title": gettext("Dose calendar"),
        "taken": taken_context(actor, plan_id),
    }
    return layout_context.page(request, "clinic/plan_calendar.html", context)
