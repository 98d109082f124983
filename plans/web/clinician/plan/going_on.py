"""Going on from the dose actually taken, and returning from hospital: what will change is shown first."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django import forms
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused, TaperplanError
from plans.domain.taper.drug import DEFAULT_COUNTRY
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import StepKind
from plans.domain.taper.supply import supplied
from plans.services import going_on
from plans.services.actors import May
from plans.services.going_on import Return
from plans.services.plans import queries, taken
from plans.services.plans.consequences import Consequences
from plans.services.plans.queries import PlanPage, VersionRow
from plans.web import layout_context
from plans.web.clinician.care_words import taken_view
from plans.web.clinician.plan.change import at_home_of, moves_of
from plans.web.clinician.plan.fields import ReadField, choice_field, read_day, whole_field
from plans.web.clinician.plan.regimen_fields import add_regimen, read_regimen, regimen_initial, regimen_rows
from plans.web.clinician.plan.taken_dose import item_named, note_field, plain_note
from plans.web.forms import choices, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.untyped import Values
from plans.wording import plans
from plans.wording.second_signature import hands_words
from plans.wording.taken import TOLD_BY, higher_words
from plans.wording.taper import forms_as_in, product_words, says

_MOST_AT_HOME: Final = 9999


class GoOnForm(forms.Form):
    """From when the plan goes on, and why; after a hospital stay also what is taken now and what is at home."""

    begins = forms.ChoiceField(
        label=_("The plan goes on from"), choices=[("today", _("Today")), ("tomorrow", _("Tomorrow"))],
        widget=forms.RadioSelect,
        help_text=_("Choose tomorrow if any of today's doses may already have been taken."),
    )  # fmt: skip
    note = note_field(_("Reason, kept with the version and your name"))

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        initial: Values | None = None,
        products: tuple[Product, ...] | None = None,
        country: str = DEFAULT_COUNTRY,
        agreed: bool = False,
    ) -> None:
        """`products`: those of the plan, after a hospital stay; None without one. `country` is theirs. `agreed`:
        earlier changes lie ahead, and somebody has to say whether they still hold."""
        super().__init__(data, initial=initial, auto_id="o-%s")
        self.products, self.country = products, country
        self.back: Return | None = None
        if products is not None:
            self._add_return(products)
        if agreed:
            self.fields["agreed"] = forms.ChoiceField(
                label=_("Does it still hold?"),
                choices=[
                    ("kept", _("Yes: keep the later steps as they were agreed")),
                    ("anew", _("No: lay the later steps out again by the plan’s method")),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose one: nothing agreed is dropped unsaid.")},
            )

    @property
    def as_agreed(self) -> bool | None:
        """Whether what was agreed still holds; None where nothing asks, or nobody said."""
        said = self.cleaned_data.get("agreed")
        return None if not said else said == "kept"

    def _add_return(self, products: tuple[Product, ...]) -> None:
        add_regimen(self)
        self.fields["since"] = ReadField(
            read_day, label=_("Taken since"), required=True, attrs={"type": "date"}
        )
        self.fields["told_by"] = choice_field(_("Reported by"), choices(TOLD_BY, _("Choose who reported it")))
        self.fields["from_dose"] = forms.ChoiceField(
            label=_("Continue from which dose"),
            choices=[
                ("taken", _("The dose taken now, entered above")),
                ("before", _("The dose of the plan before the stay")),
            ],
            widget=forms.RadioSelect,
        )
        self.fields["stock_known"] = forms.ChoiceField(
            label=_("What is at home"),
            choices=[
                ("no", _("Not known: count the supply from zero")),
                ("yes", _("Counted, entered below")),
            ],
            widget=forms.RadioSelect,
        )
        for n, product in enumerate(products):
            with forms_as_in(self.country):
                named = product_words(product, count=2)
            self.fields[f"stock_{n}"] = whole_field(named, 0, _MOST_AT_HOME)

    def clean_note(self) -> str:
        """The note, plain."""
        return plain_note(self.cleaned_data.get("note"))

    def clean(self) -> Values:
        """Build what is asked for after a hospital stay."""
        found = super().clean() or {}
        if self.products is None:
            return found
        regimen = read_regimen(self, found)
        known = found.get("stock_known") == "yes"
        stock = {one.name: found.get(f"stock_{n}") or 0 for n, one in enumerate(self.products)}
        if not self.errors:
            self.back = Return(
                regimen=regimen,
                since=date.fromisoformat(found["since"]),
                told_by=found["told_by"],
                as_before=found["from_dose"] == "before",
                stock=stock if known else None,
            )
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def plan_go_on(request: StaffRequest, plan_id: UUID) -> HttpResponse:
    """Show what going on would change, then do it."""
    plan = queries.plan_page(request.actor, plan_id)
    # A return that somebody else recorded meanwhile: what was typed stays on the page that refuses it.
    back = plan.state is PlanState.PAUSED or "told_by" in request.POST
    products = supplied(plan.present) if back else None
    numbers = _agreed(request, plan)
    if request.method != "POST":
        initial: Values = {"begins": "today"}
        if back:
            today = plan.patient.today
            regimen = taken.planned_on(request.actor, plan.id, today)
            initial |= {"since": today.isoformat(), "from_dose": "taken", "stock_known": "no"}
            initial |= regimen_initial(regimen)
        return _show(
            request,
            plan,
            GoOnForm(initial=initial, products=products, country=plan.request.country, agreed=bool(numbers)),
            look=not back and not numbers,
        )
    if layout_context.duplicated(request):
        raise SuspiciousOperation("duplicated fields")
    form = GoOnForm(request.POST, products=products, country=plan.request.country, agreed=bool(numbers))
    valid, going = form.is_valid(), request.POST.get("do") == "go"
    if not valid:
        _check_since(request, plan, form)
    unsaid = going and "note" not in form.errors and not form.cleaned_data["note"]
    if unsaid:
        form.add_error("note", gettext("Say why, in a few words."))
    if not valid or unsaid or not going:
        return _show(request, plan, form, look=valid, status=422 if form.errors else 200)
    return _do(request, plan, form)


def _agreed(request: StaffRequest, plan: PlanPage) -> tuple[int, ...]:
    """The versions of which somebody has to say whether they still hold."""
    try:
        return going_on.agreed_ahead(request.actor, plan.id)
    except TaperplanError:
        # What stands in the way of going on is said where that is shown.
        return ()


def _check_since(request: StaffRequest, plan: PlanPage, form: GoOnForm) -> None:
    """Report a problem with the day together with all others."""
    if "since" in form.cleaned_data:
        try:
            going_on.check_since(request.actor, plan.id, date.fromisoformat(form.cleaned_data["since"]))
        except TaperplanError as refusal:
            form.add_error("since", _problem(refusal))


def _do(request: StaffRequest, plan: PlanPage, form: GoOnForm) -> HttpResponse:
    try:
        going_on.go_on(
            by=request.actor,
            plan_id=plan.id,
            seen_lock=seen_number(request.POST, "lock"),
            begins=form.cleaned_data["begins"],
            note=form.cleaned_data["note"],
            back=form.back,
            as_agreed=form.as_agreed,
            item_id=item_named(request.POST.get("item", "")),
            shown=request.POST.get("shown", ""),
        )
    except TaperplanError as refusal:
        form.add_error(refusal.where if refusal.where in form.fields else None, _problem(refusal))
        return _show(request, queries.plan_page(request.actor, plan.id), form, look=True, status=422)
    layout_context.say(
        request,
        gettext("Version {n} is in force.").format(n=plan.version + 1),
        gettext("The new calendar is being drawn. Check-ins and reminders go on."),
    )
    return redirect("plan", plan.id)


def _show(
    request: StaffRequest, plan: PlanPage, form: GoOnForm, *, look: bool, status: int = 200
) -> HttpResponse:
    """Show the form; with `look` it is complete enough to show what would change."""
    seen: Consequences | None = None
    problem = ""
    if look:
        try:
            seen = _preview(request, plan, form)
        except TaperplanError as refusal:
            problem = _problem(refusal)
    past = taken.history(request.actor, plan.id)
    standing = next((one for one in past if one.last is None), None)
    numbers = _agreed(request, plan) if "agreed" in form.fields else ()
    context = {
        "place": "caseload",
        "agreed": [_told(one) for one in plan.versions if one.number in numbers],
        "plan": plan,
        "patient": plan.patient,
        "form": form,
        "back": form.products is not None,
        "regimens": regimen_rows(form) if form.products is not None else (),
        "stock": [form[f"stock_{n}"] for n in range(len(form.products or ()))],
        "item_id": item_named(request.POST.get("item", "") or request.GET.get("item", "")) or "",
        "standing": taken_view(standing) if standing else None,
        "seen": seen,
        "problem": problem,
        "moves": moves_of(seen) if seen else (),
        "at_home": at_home_of(seen, plan.patient.today) if seen else "",
        "findings": _findings(seen),
        "version": plan.version,
    }
    return layout_context.page(request, "clinic/plan_go_on.html", context, status=status)


def _problem(refusal: TaperplanError) -> str:
    """The sentence of a refusal, without the products that would help: this page has none to choose."""
    refusal.facts.pop("would_help", None)
    return plans.problem(refusal)


def _told(row: VersionRow) -> dict[str, object]:
    """A version as it was agreed: which, by whom, when, what and why."""
    return {
        "number": row.number,
        "by": hands_words(row.by, row.second),
        "on": plans.long_day(row.made_on),
        "story": plans.version_story(row.kind, row.facts, row.dose),
        "note": row.note,
    }


def _findings(seen: Consequences | None) -> list[tuple[str, bool]]:
    """What must be seen before it is done, each with whether the clinic's own limits excuse it; a rise counts even if
    the higher dose is already on record."""
    if seen is None:
        return []
    found = [(says(verdict), one.agreed) for one in seen.findings for verdict in one.verdicts[:2]]
    step = seen.schedule.step_on(seen.from_day)
    said = any(finding.rule == "rise" for finding in seen.findings)
    if step is None or step.kind is not StepKind.RISE or said:
        return found
    return [(higher_words(seen.before.dose, seen.after.dose, seen.from_day), False), *found]


def _preview(request: StaffRequest, plan: PlanPage, form: GoOnForm) -> Consequences:
    begins = form.cleaned_data["begins"] if form.is_bound else "today"
    if form.products is not None and form.back is None:
        raise Refused(reason="bad_choice")
    return going_on.preview(
        request.actor,
        plan_id=plan.id,
        begins=begins,
        back=form.back,
        as_agreed=form.as_agreed if form.is_bound else None,
    )
