"""The review date of a maintenance dose: set or changed on a page of its own, also without JavaScript."""

from __future__ import annotations

from datetime import date
from typing import cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import TaperplanError
from plans.domain.taper.maintenance import usual_review
from plans.services import plan_defaults
from plans.services.actors import May
from plans.services.plans import queries, review_dates
from plans.web import layout_context
from plans.web.forms import EdgeForm, ParsedField, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.untyped import Context
from plans.wording import plans


class ReviewDateForm(EdgeForm):
    """The day of the next review."""

    review_on = ParsedField(
        lambda raw: text.clean_date(raw, earliest=date(2000, 1, 1), latest=date(2099, 12, 31)),
        label=_("Next review"),
        help_text=_("A review item opens on this day. The patient sees the date on their page and calendar."),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def review_date(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Set or change the review date of a maintenance dose."""
    actor = cast(StaffRequest, request).actor
    plan = queries.plan_page(actor, plan_id)
    weeks = plan_defaults.plan_defaults(actor).review_weeks
    usual = plan.review_on or usual_review(plan.patient.today, plan.patient.today, weeks)
    form = ReviewDateForm(initial={"review_on": usual.isoformat()})
    status = 200
    if request.method == "POST":
        form, status = ReviewDateForm(request.POST), 422
        if form.is_valid():
            try:
                day = review_dates.set_review_date(
                    by=actor,
                    plan_id=plan_id,
                    seen_lock=seen_number(request.POST, "lock"),
                    on=form.cleaned_data["review_on"],
                )
            except TaperplanError as refusal:
                form.add_error(
                    refusal.where if refusal.where in form.fields else None, plans.problem(refusal)
                )
                plan = queries.plan_page(actor, plan_id)
            else:
                said = gettext("The next review is on {day}.").format(day=plans.long_day(day))
                layout_context.say(
                    request, said, gettext("The calendar is being drawn again with this date.")
                )
                return redirect("plan", plan_id)
    context: Context = {"plan": plan, "patient": plan.patient, "form": form}
    return layout_context.page(request, "clinic/plan_review_date.html", context, status=status)
