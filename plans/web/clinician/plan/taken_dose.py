"""The dose actually taken: recorded beside the plan, until it is taken "as planned again"."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django import forms
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain.errors import TaperplanError
from plans.domain.taper import dose_records
from plans.domain.taper.request import Intake
from plans.domain.text import BadText, clean_text
from plans.services.actors import May
from plans.services.plans import queries, taken
from plans.services.plans.queries import PlanPage
from plans.services.plans.taken import DoseTaken
from plans.web import layout_context
from plans.web.clinician.care_words import taken_view
from plans.web.clinician.plan.fields import ReadField, choice_field, read_day
from plans.web.clinician.plan.regimen_fields import add_regimen, read_regimen, regimen_initial, regimen_rows
from plans.web.forms import choices, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.untyped import Label, Values
from plans.wording import plans
from plans.wording.taken import TOLD_BY, rise_words


def note_field(label: Label) -> forms.CharField:
    """A note, kept with the record."""
    return forms.CharField(
        label=label, strip=False, required=False, max_length=2000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 2, "data-keep": ""}),
    )  # fmt: skip


def plain_note(raw: object) -> str:
    """A note as it is kept. Raises ValidationError with its sentence."""
    try:
        return clean_text(str(raw or ""))
    except BadText as refusal:
        raise forms.ValidationError(plans.problem(refusal)) from None


class TakenForm(forms.Form):
    """The dose actually taken, since when, and who reported it."""

    from_day = ReadField(read_day, label=_("Since"), required=True, attrs={"type": "date"})
    told_by = choice_field(_("Reported by"), choices(TOLD_BY, _("Choose who reported it")))
    note = note_field(_("Note (optional)"))

    def __init__(self, data: QueryDict | None = None, *, initial: Values | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="t-%s")
        add_regimen(self)
        self.regimen: tuple[Intake, ...] = ()

    def clean(self) -> Values:
        """Build the regimen."""
        found = super().clean() or {}
        self.regimen = read_regimen(self, found)
        return found

    def clean_note(self) -> str:
        """The note, plain."""
        return plain_note(self.cleaned_data.get("note"))


class AgainForm(forms.Form):
    """From which day the plan is followed again, and who reported it."""

    again_from = ReadField(read_day, label=_("As planned again from"), required=True, attrs={"type": "date"})
    again_note = note_field(_("Who reported it, and why"))

    def __init__(self, data: QueryDict | None = None, *, initial: Values | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="g-%s")

    def clean_again_note(self) -> str:
        """The note: plain text, required."""
        note = plain_note(self.cleaned_data.get("again_note"))
        if not note:
            raise forms.ValidationError(_("Say why, in a few words."))
        return note


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def taken_dose(request: StaffRequest, plan_id: UUID) -> HttpResponse:
    """The dose actually taken: the current record, and a form for another."""
    plan = queries.plan_page(request.actor, plan_id)
    if not plan.in_care:
        layout_context.say(
            request, gettext("This plan is paused or has ended: no dose is recorded beside it."), kind="think"
        )
        return redirect("plan", plan_id)
    if request.method != "POST":
        return _show(request, plan, TakenForm(initial=_begin(request, plan)))
    if layout_context.duplicated(request):
        raise SuspiciousOperation("duplicated fields")
    form = TakenForm(request.POST)
    if not form.is_valid():
        _check_day(request, plan, form)
        return _show(request, plan, form, status=422)
    try:
        taken.record(
            by=request.actor,
            plan_id=plan_id,
            seen_lock=seen_number(request.POST, "lock"),
            from_day=date.fromisoformat(form.cleaned_data["from_day"]),
            regimen=form.regimen,
            told_by=form.cleaned_data["told_by"],
            note=form.cleaned_data["note"],
            item_id=item_named(request.POST.get("item", "")),
        )
    except TaperplanError as refusal:
        form.add_error(refusal.where if refusal.where in form.fields else None, plans.problem(refusal))
        return _show(request, queries.plan_page(request.actor, plan_id), form, status=422)
    layout_context.say(
        request,
        gettext("Recorded. The plan itself has not changed."),
        gettext("Until it is revised the patient's page shows no doses and says to ask the clinic."),
    )
    return redirect(f"{reverse('plan', args=[plan_id])}#h-taken")


def _check_day(request: StaffRequest, plan: PlanPage, form: TakenForm) -> None:
    """Report a problem with the day together with all others, so that one sending shows them all."""
    if "from_day" in form.cleaned_data:
        try:
            taken.check_day(request.actor, plan.id, date.fromisoformat(form.cleaned_data["from_day"]))
        except TaperplanError as refusal:
            form.add_error("from_day", plans.problem(refusal))


@require_POST
@staff_page(May.PLAN)
def taken_again(request: StaffRequest, plan_id: UUID) -> HttpResponse:
    """Record that the plan is followed again."""
    if layout_context.duplicated(request):
        raise SuspiciousOperation("duplicated fields")
    plan = queries.plan_page(request.actor, plan_id)
    form = AgainForm(request.POST)
    if form.is_valid():
        try:
            taken.as_planned(
                by=request.actor,
                plan_id=plan_id,
                seen_lock=seen_number(request.POST, "lock"),
                from_day=date.fromisoformat(form.cleaned_data["again_from"]),
                note=form.cleaned_data["again_note"],
            )
        except TaperplanError as refusal:
            field = "again_from" if refusal.where == "from_day" else None
            form.add_error(field, plans.problem(refusal))
        else:
            layout_context.say(request, gettext("Recorded: taken as planned again."))
            return redirect("plan", plan_id)
    return _show(request, plan, TakenForm(initial=_begin(request, plan)), again=form, status=422)


def item_named(raw: str) -> UUID | None:
    """The review item a form answers; None if it names none."""
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None


def _begin(request: StaffRequest, plan: PlanPage) -> Values:
    today = plan.patient.today
    regimen = taken.planned_on(request.actor, plan.id, today)
    return {"from_day": today.isoformat(), **regimen_initial(regimen)}


def _show(
    request: StaffRequest,
    plan: PlanPage,
    form: TakenForm,
    *,
    again: AgainForm | None = None,
    status: int = 200,
) -> HttpResponse:
    past = taken.history(request.actor, plan.id)
    standing = next((one for one in past if one.last is None), None)
    today = plan.patient.today
    context = {
        "place": "caseload",
        "plan": plan,
        "patient": plan.patient,
        "form": form,
        "refused": again if again is not None else form,
        "regimens": regimen_rows(form),
        "item_id": item_named(request.POST.get("item", "") or request.GET.get("item", "")) or "",
        "standing": taken_view(standing) if standing else None,
        "again": (again or AgainForm(initial={"again_from": today.isoformat()})) if standing else None,
        "rise": _rise(standing, today) if standing else "",
        "past": [taken_view(one) for one in past if one.last is not None],
        "lock": plan.lock,
    }
    return layout_context.page(request, "clinic/taken_dose.html", context, status=status)


def _rise(standing: DoseTaken, today: date) -> str:
    return rise_words(dose_records.rises(standing.day, standing.planned), today)
