"""The whole plans that a draft allows, side by side, for the patient to look at: the screen is turned around.

The page is in the patient's language and words, names nobody else, and holds no notes, findings or reasons. What is
chosen goes into the draft; the form goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from plans.domain.errors import TaperplanError
from plans.domain.taper.engine import Taper
from plans.domain.taper.options import TaperOption
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.plans import drafts, preview, queries
from plans.services.plans.drafts import Draft
from plans.services.plans.picture_data import stairs_of
from plans.services.plans.queries import PatientSummary
from plans.web import layout_context
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.plan.draft import form_of_draft
from plans.web.forms import read_number, single
from plans.web.gate import StaffRequest, staff_page
from plans.wording import options as words
from plans.wording import plans
from plans.wording.options import OptionWords
from plans.wording.taper import forms_as_in


@dataclass(frozen=True, slots=True)
class ShownOption:
    """One plan on the page: the value that chooses it, its picture and its words."""

    value: str
    chosen: bool
    picture: SafeString
    words: OptionWords


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def plan_options(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The plans to choose from; posted, the one that was chosen."""
    actor = cast(StaffRequest, request).actor
    patient = queries.subject(actor, patient_id)
    draft = drafts.load(actor, patient_id=patient_id)
    found, country = _options(actor, patient, draft)
    if draft is None or not found:
        layout_context.say(
            request,
            gettext("There are no ways to choose from"),
            gettext("Complete the plan. Ways are offered where its products make it in more than one."),
            kind="think",
        )
        return redirect("plan-new", patient_id)
    if request.method != "POST":
        return _show(request, actor, patient, draft, found, country)
    wanted = single(request.POST, "preparation")
    chosen = next((one for one in found if one.preparation.value == wanted), None)
    if chosen is None:
        return _show(request, actor, patient, draft, found, country, missing=True)
    try:
        drafts.choose_option(
            by=actor,
            patient_id=patient_id,
            preparation=chosen.preparation,
            seen_lock=read_number(single(request.POST, "lock")),
        )
    except TaperplanError as refusal:
        layout_context.say(request, gettext("Nothing was chosen"), plans.problem(refusal), kind="stop")
        return redirect("plan-new", patient_id)
    layout_context.say(
        request,
        gettext("The form goes on with the way you chose together"),
        gettext("Nothing is issued yet, and everything that was typed is here."),
    )
    return redirect("plan-new", patient_id)


def _options(
    actor: Actor, patient: PatientSummary, draft: Draft | None
) -> tuple[tuple[TaperOption, ...], str]:
    """The plans of a draft, and the country whose names of forms it uses; none while the form is not complete."""
    if draft is None or not draft.form:
        return (), ""
    form = form_of_draft(actor, draft)
    if not form.is_valid():
        return (), ""
    shown = preview.preview(
        actor, patient_id=patient.id, request=form.request, confirmed=form.ticked("confirmed")
    )
    return shown.options(), form.products.country


def _show(
    request: HttpRequest,
    actor: Actor,
    patient: PatientSummary,
    draft: Draft,
    found: tuple[TaperOption, ...],
    country: str,
    *,
    missing: bool = False,
) -> HttpResponse:
    clinic = clinic_card(actor)
    # The one thing on the page for whoever turned it around.
    back = {"back": gettext("Back to the form"), "back_language": get_language() or ""}
    with (
        translation.override(patient.language),
        timezone.override(clinic.zone),
        forms_as_in(country),
    ):
        context = {
            **back,
            "patient_id": patient.id,
            "lock": draft.lock,
            "clinic": clinic,
            "today": patient.today,
            "heading": words.heading(found[0].taper),
            "begins": words.from_to(found[0].taper),
            "at_home": words.at_home(found[0].taper),
            "options": _shown(found),
            "missing": missing,
        }
        return render(request, "patient/options.html", context, status=422 if missing else 200)


def _shown(found: tuple[TaperOption, ...]) -> list[ShownOption]:
    """The plans with their pictures on one scale, so that what is longer or higher looks longer or higher."""
    stairs = [stairs_of(one.taper.schedule, one.taper.equivalence) for one in found]
    last = max(_until(one.taper) for one in found)
    peak = max(tread.dose for each in stairs for tread in each.treads)
    return [
        ShownOption(
            one.preparation.value,
            one.chosen,
            picture.plain(
                each,
                last=last,
                peak=peak,
                ends=one.taper.schedule.last_dose_day() or one.taper.schedule.steps[-1].start,
                key=one.preparation.value,
                title=said.name,
                said=said.picture,
            ),
            said,
        )
        for one, each, said in zip(found, stairs, map(words.option_words, found), strict=True)
    ]


def _until(taper: Taper) -> date:
    """The day to which a plan is drawn: somewhat past its last change, so that its end shows."""
    schedule = taper.schedule
    last = schedule.steps[-1].start
    return last + timedelta(days=max(1, (last - schedule.start).days // 10))
