"""Changing a plan from its own page: choose the act, see what will change, say why."""

from __future__ import annotations

from datetime import date
from typing import Final, cast
from uuid import UUID

from django import forms
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Stale, TaperplanError
from plans.domain.taper.maintenance import usual_review
from plans.domain.taper.plan_states import REVISIONS, PlanAct, PlanActor, allowed
from plans.domain.taper.products import Product
from plans.domain.taper.revisions import MOST_REVISION_DAYS
from plans.domain.text import BadText, clean_text
from plans.services.actors import Actor, May
from plans.services.plans import queries, revise, states
from plans.services.plans.queries import PlanPage
from plans.services.plans.revise import DEFAULT_DAYS, Consequences, Outlook
from plans.web import layout_context
from plans.web.clinician.plan.fields import whole_field
from plans.web.forms import read_number, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.untyped import Values
from plans.wording import plans
from plans.wording.doses import day_dose_words, per_day_words
from plans.wording.taper import forms_as_in, product_words, says

NAMES: Final = {
    PlanAct.HOLD: _("Hold: keep the dose longer before the next change"),
    PlanAct.STEP_BACK: _("Step back to the dose before, then go on from there"),
    PlanAct.SLOW_DOWN: _("Slow down: more days between cuts from now on"),
    PlanAct.STOP_HERE: _("Stay at this dose (cancel later reductions)"),
    PlanAct.RESUME: _("End the hold: go on from here"),
    PlanAct.STOP: _("End this plan (no more check-ins)"),
}
_COUNTED: Final = (PlanAct.HOLD, PlanAct.STEP_BACK, PlanAct.SLOW_DOWN)


class ReviseForm(forms.Form):
    """The act, its days, from when, and why."""

    act = forms.ChoiceField(label=_("What changes"), widget=forms.RadioSelect)
    days = whole_field(_("For how long, or days between cuts"), 1, MOST_REVISION_DAYS)
    begins = forms.ChoiceField(
        label=_("From"), choices=[("today", _("Today")), ("tomorrow", _("Tomorrow"))], widget=forms.RadioSelect,
        help_text=_("Choose tomorrow if any of today's doses may already have been taken."),
    )  # fmt: skip
    review_on = forms.CharField(
        label=_("Next review"), required=False, max_length=10,
        widget=forms.TextInput(attrs={"type": "date", "class": "input", "autocomplete": "off"}),
        help_text=_("Needed to stay at this dose: a review item opens on this day."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Reason, kept with the version and your name"), strip=False, required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "data-keep": ""}),
    )  # fmt: skip

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        possible: tuple[PlanAct, ...],
        initial: Values | None = None,
    ) -> None:
        super().__init__(data, initial=initial, auto_id="r-%s")
        choices = [(act.value, NAMES[act]) for act in possible]
        self.fields["act"].choices = choices  # type: ignore[attr-defined]  # declared above as a ChoiceField
        if PlanAct.STOP_HERE not in possible:
            del self.fields["review_on"]

    def clean_note(self) -> str:
        """The note, required and plain."""
        try:
            note = clean_text(str(self.cleaned_data.get("note") or ""))
        except BadText as refusal:
            raise forms.ValidationError(plans.problem(refusal)) from None
        if not note:
            raise forms.ValidationError(_("Say why, in a few words."))
        return note

    def wanted(self) -> PlanAct | None:
        """The chosen act, whatever else is wrong."""
        raw = self.data.get("act") if self.is_bound else self.initial.get("act")
        return next((act for act in NAMES if act.value == raw), None)

    def params(self) -> Values:
        """The days and start for the services; the default number of days where none were typed."""
        act = self.wanted() or PlanAct.HOLD
        raw = str(self.data.get("days", "")) if self.is_bound else ""
        days = read_number(raw, longest=5)
        days = DEFAULT_DAYS.get(act, 0) if days is None else days
        begins = self.data.get("begins") if self.is_bound else self.initial.get("begins")
        return {
            "days": days if act in _COUNTED else DEFAULT_DAYS.get(act, 0),
            "from": begins or "today",
            "review_on": str(self.data.get("review_on", "")).strip() if self.is_bound else "",
        }


def _possible(plan: PlanPage) -> tuple[PlanAct, ...]:
    if not plan.in_care:
        # For a patient in hospital, treated elsewhere or dead, only the care page helps.
        return ()
    able = allowed(plan.state, PlanActor.CLINICIAN)
    # A maintenance dose is written out beyond today: only a plan that ends at zero can be over.
    over = plan.patient.today > plan.schedule.end
    return tuple(
        act for act in (*REVISIONS, PlanAct.STOP) if act in able and (act is PlanAct.STOP or not over)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def plan_revise(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Hold, step back, slow down, stay, resume or end: what will change, and a note."""
    actor = cast(StaffRequest, request).actor
    plan = queries.plan_page(actor, plan_id)
    possible = _possible(plan)
    if not possible:
        layout_context.say(
            request, gettext("This plan has ended or is paused: there is nothing to change."), kind="think"
        )
        return redirect("plan", plan_id)
    if request.method in ("GET", "HEAD"):
        wanted = request.GET.get("act", "")
        first = next((act for act in possible if act.value == wanted), possible[0])
        initial = {
            "act": first.value,
            "days": DEFAULT_DAYS.get(first, 0) or "",
            "begins": "today",
            "review_on": usual_review(plan.patient.today, plan.patient.today).isoformat(),
        }
        return _show(request, actor, plan, ReviseForm(initial=initial, possible=possible))
    if layout_context.duplicated(request):
        raise SuspiciousOperation("duplicated fields")
    form = ReviseForm(request.POST, possible=possible)
    act = form.wanted()
    # A preview never acts, whatever else is sent along.
    live = bool(getattr(request, "htmx", False))
    if live or request.POST.get("do") != "revise":
        return _show(request, actor, plan, form, live=live)
    if act in _COUNTED and not request.POST.get("days", "").strip():
        form.add_error("days", gettext("Give the number of days."))
    if act is PlanAct.STOP_HERE and not form.params()["review_on"]:
        form.add_error("review_on", plans.refused("review_missing"))
    if not form.is_valid() or act is None:
        return _show(request, actor, plan, form, refused=True, status=422)
    return _do(request, actor, plan, form, act)


def _do(request: HttpRequest, actor: Actor, plan: PlanPage, form: ReviseForm, act: PlanAct) -> HttpResponse:
    lock = seen_number(request.POST, "lock")
    note, shown = form.cleaned_data["note"], request.POST.get("shown", "")
    try:
        if act is PlanAct.STOP:
            if shown != act.value:
                raise Stale(what="moves")
            states.stop(by=actor, plan_id=plan.id, seen_lock=lock, note=note)
            layout_context.say(
                request, gettext("The plan has ended."), gettext("No more check-ins or messages are sent.")
            )
        else:
            revise.revise(
                by=actor,
                plan_id=plan.id,
                seen_lock=lock,
                act=act.value,
                params=form.params(),
                note=note,
                shown=shown,
            )
            number = gettext("Version {n} is in force.").format(n=plan.version + 1)
            more = gettext("The new calendar is being drawn; the old one is marked replaced.")
            layout_context.say(request, number, more)
    except TaperplanError as refusal:
        field = refusal.where if refusal.where in form.fields else None
        form.add_error(field, plans.problem(refusal))
        return _show(request, actor, queries.plan_page(actor, plan.id), form, refused=True, status=422)
    return redirect("plan", plan.id)


def _show(
    request: HttpRequest,
    actor: Actor,
    plan: PlanPage,
    form: ReviseForm,
    *,
    refused: bool = False,
    live: bool = False,
    status: int = 200,
) -> HttpResponse:
    act = form.wanted()
    seen, problem = None, ""
    if act is not None and act is not PlanAct.STOP:
        try:
            seen = revise.preview_revision(actor, plan_id=plan.id, act=act.value, params=form.params())
        except TaperplanError as refusal:
            problem = plans.problem(refusal)
    context = {
        "plan": plan,
        "patient": plan.patient,
        "form": form,
        "refused": refused,
        "problem": problem,
        "moves": _moves(seen) if seen else (),
        "findings": [says(verdict) for f in seen.findings for verdict in f.verdicts[:2]] if seen else [],
        "button": _button(act, seen),
        "stops": act is PlanAct.STOP,
        "shown": seen.digest if seen else act.value if act is PlanAct.STOP else "",
        "version": plan.version,
        "live": live,
    }
    if live:
        return layout_context.part(request, "clinic/plan_revise_moves.html", context)
    return layout_context.page(request, "clinic/plan_revise.html", context, status=status)


def _day(outlook: Outlook, what: str) -> str:
    if what == "next":
        if outlook.next_change is None or outlook.next_dose is None:
            return gettext("none")
        return f"{plans.short_day_year(outlook.next_change)}, {day_dose_words(outlook.next_dose, clinician=True)}"
    return plans.short_day_year(outlook.last_dose) if outlook.last_dose else gettext("none: the dose stays")


def _moves(seen: Consequences) -> tuple[tuple[str, str, str], ...]:
    """What will change, as (name, now, afterwards)."""
    before, later = seen.before, seen.after
    lines = [
        (
            gettext("Dose a day"),
            day_dose_words(before.dose, clinician=True),
            day_dose_words(later.dose, clinician=True),
        ),
        (gettext("Next change"), _day(before, "next"), _day(later, "next")),
        (gettext("Last dose"), _day(before, "last"), _day(later, "last")),
        (gettext("Steps"), str(before.steps), str(later.steps)),
    ]
    if before.held_until or later.held_until:
        lines.insert(
            2, (gettext("Hold"), plans.hold_words(before.held_until), plans.hold_words(later.held_until))
        )
    lines.append(
        (
            gettext("Messages"),
            plans.unsent_words(seen.messages),
            plans.fresh_words(seen.messages, told=seen.told),
        )
    )
    with forms_as_in(seen.country):
        lines += [
            (_to_dispense(product, seen.to_dispense_by), str(was), str(now))
            for product, was, now in seen.to_dispense
            if was != now
        ]
    return tuple(lines)


# The page of going on from another dose shows the same lines.
moves_of = _moves


def _to_dispense(product: Product, by: date | None) -> str:
    named = product_words(product, count=2, named=True, clinician=True)
    if by is None:
        return gettext("Still to dispense: {product}").format(product=named)
    return gettext("To dispense by {day}: {product}").format(day=plans.short_day_year(by), product=named)


def _button(act: PlanAct | None, seen: Consequences | None) -> str:
    """The label of the button, which names the result."""
    if act is PlanAct.STOP:
        return gettext("End this plan")
    if seen is None:
        return gettext("Change the plan")
    if act is PlanAct.HOLD and seen.after.next_change is not None:
        return plans.hold_button(seen.after.next_change)
    if act is PlanAct.STEP_BACK:
        return gettext("Step back to {dose}").format(dose=per_day_words(seen.after.dose, clinician=True))
    if act is PlanAct.SLOW_DOWN:
        return gettext("Cut every {days} from now on").format(days=plans.days_count(seen.days))
    if act is PlanAct.RESUME:
        return gettext("End the hold")
    return gettext("Stay at {dose}").format(dose=per_day_words(seen.after.dose, clinician=True))
