"""The form of a change: what is chosen, from which day, and the fields that each choice has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import Dose
from plans.domain.taper import catalogue, reading
from plans.domain.taper.amendments import (
    Amendment,
    BeginDrug,
    ChangeProducts,
    ChangeSpread,
    EndDrug,
    Hold,
    HoldOpen,
    MoveChange,
    Pace,
    Resume,
    StepBack,
    StepLength,
    StopHere,
    SwitchDrug,
    TakesDose,
    TaperOn,
)
from plans.domain.taper.crossover import STAGE_DAYS, Crossover, night_first
from plans.domain.taper.drug import Drug, Spread
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.plan_states import PlanAct
from plans.domain.taper.products import Product
from plans.domain.taper.request import Intake
from plans.domain.taper.revisions import MOST_REVISION_DAYS
from plans.domain.taper.schedule import Schedule, times_of_plan
from plans.domain.text import BadText, clean_text
from plans.services.plans.queries import PlanPage
from plans.web.clinician.plan.dose_times import add_times, field_names, read_times, times_rows
from plans.web.clinician.plan.fields import (
    ReadField,
    choice_field,
    dose_field,
    read_day,
    read_percent,
    whole_field,
)
from plans.web.clinician.plan.products import ProductRows
from plans.web.clinician.plan.regimen_fields import add_regimen, read_regimen, regimen_initial
from plans.web.untyped import Values
from plans.wording import plans
from plans.wording.drugs import drug_words
from plans.wording.taper import spread_words

_DAY: Final = timedelta(days=1)
_MOST_STEPS: Final = 400
_WEEKDAYS: Final = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip

NAMES: Final[Mapping[PlanAct, Promise]] = {
    PlanAct.HOLD: _("Hold: keep the dose longer before the next change"),
    PlanAct.RESUME: _("End the hold: go on from here"),
    PlanAct.STEP_BACK: _("Step back to the dose before, then go on from there"),
    PlanAct.SLOW_DOWN: _("Slow down: more days between cuts"),
    PlanAct.SPEED_UP: _("Speed up: fewer days between cuts"),
    PlanAct.STEP_LENGTH: _("Make this step longer or shorter"),
    PlanAct.MOVE_CHANGE: _("Move the day of the change"),
    PlanAct.STOP_HERE: _("Stay at this dose (cancel later reductions)"),
    PlanAct.TAPER_ON: _("Taper again from this dose"),
    PlanAct.GO_ON_FROM: _("Go on from another dose"),
    PlanAct.CHANGE_PRODUCTS: _("Other products, the same drug"),
    PlanAct.SWITCH_DRUG: _("Switch to another drug"),
    PlanAct.CHANGE_SPREAD: _("Share the day’s dose differently"),
    PlanAct.BEGIN_DRUG: _("Add a drug"),
    PlanAct.END_DRUG: _("End one of the drugs"),
    PlanAct.STOP: _("End this plan (no more check-ins)"),
}
"""What can be chosen, in the order of the page."""

FIELDS: Final[Mapping[PlanAct, tuple[str, ...]]] = {
    PlanAct.HOLD: ("hold_how", "days", "through"),
    PlanAct.STEP_BACK: ("back_days",),
    PlanAct.SLOW_DOWN: ("slow_days", "slow_steps"),
    PlanAct.SPEED_UP: ("fast_days", "fast_steps"),
    PlanAct.STEP_LENGTH: ("length",),
    PlanAct.MOVE_CHANGE: ("move_how", "move_to", "weekday"),
    PlanAct.TAPER_ON: ("on_percent", "on_days"),
    PlanAct.SWITCH_DRUG: ("to", "stage_days", "part_mg", "share"),
    PlanAct.CHANGE_SPREAD: ("spread_drug", "spread"),
    PlanAct.BEGIN_DRUG: ("new_drug", *field_names("new")),
    PlanAct.END_DRUG: ("gone_drug",),
    PlanAct.STOP: ("because",),
}
"""The fields each choice has; doses and products have their own parts of the page."""

_NEEDED: Final[Mapping[PlanAct, tuple[str, ...]]] = {
    PlanAct.STEP_BACK: ("back_days",),
    PlanAct.SLOW_DOWN: ("slow_days",),
    PlanAct.SPEED_UP: ("fast_days",),
    PlanAct.STEP_LENGTH: ("length",),
    PlanAct.SWITCH_DRUG: ("to", "stage_days"),
    PlanAct.CHANGE_SPREAD: ("spread_drug", "spread"),
    PlanAct.BEGIN_DRUG: ("new_drug",),
    PlanAct.END_DRUG: ("gone_drug",),
    PlanAct.STOP: ("because",),
}
_BEGINS: Final = (
    ("today", _("Today")), ("tomorrow", _("Tomorrow")), ("yesterday", _("Yesterday")), ("other", _("Another day")),
)  # fmt: skip


_PARTS: Final = {
    PlanAct.GO_ON_FROM: "clinic/regimen_fields.html",
    PlanAct.CHANGE_PRODUCTS: "clinic/plan_change_products.html",
    PlanAct.BEGIN_DRUG: "clinic/plan_change_new_drug.html",
}
# Drawn by that template.
_IN_PARTS: Final = frozenset(field_names("new"))


@dataclass(frozen=True, slots=True)
class ChangeChoice:
    """One thing to choose, as the template draws it: its value and name, whether it is chosen, its fields, and the
    template of what it needs beside them."""

    value: str
    name: str
    chosen: bool
    fields: tuple[forms.BoundField, ...]
    part: str


class ChangeForm(forms.Form):
    """What changes, from when, and why."""

    act = forms.MultipleChoiceField(
        label=_("What changes"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what to change.")},
    )  # fmt: skip
    begins = forms.ChoiceField(
        label=_("From"), choices=_BEGINS, widget=forms.RadioSelect,
        help_text=_("Choose tomorrow if any of today’s doses may already have been taken."),
    )  # fmt: skip
    from_day = ReadField(read_day, label=_("From this day"), attrs={"type": "date"})
    hold_how = forms.ChoiceField(
        label=_("How long"), required=False, widget=forms.RadioSelect,
        choices=[("days", _("For so many days")), ("through", _("Through a day")), ("review", _("Until reviewed"))],
    )  # fmt: skip
    days = whole_field(_("Days longer"), 1, MOST_REVISION_DAYS)
    through = ReadField(read_day, label=_("Last day of the hold"), attrs={"type": "date"})
    back_days = whole_field(_("Days at the dose before"), 1, MOST_REVISION_DAYS)
    slow_days = whole_field(_("Days between cuts, at least"), 1, MOST_REVISION_DAYS)
    slow_steps = whole_field(_("For how many steps (empty: all)"), 1, _MOST_STEPS)
    fast_days = whole_field(_("Days between cuts, at most"), 1, MOST_REVISION_DAYS)
    fast_steps = whole_field(_("For how many steps (empty: all)"), 1, _MOST_STEPS)
    length = whole_field(_("Days this step lasts in all"), 1, MOST_REVISION_DAYS)
    move_how = forms.ChoiceField(
        label=_("Which changes"), required=False, widget=forms.RadioSelect,
        choices=[
            ("all", _("The next change, and all later ones with it")),
            ("one", _("Only the next change")),
            ("weekday", _("All changes onto one day of the week")),
        ],
    )  # fmt: skip
    move_to = ReadField(read_day, label=_("Next change on"), attrs={"type": "date"})
    weekday = choice_field(
        _("Day of the week"),
        [("", _("Choose")), *((str(n), name) for n, name in enumerate(_WEEKDAYS))],
        required=False,
    )
    on_percent = ReadField(
        read_percent, label=_("Cut by (%), empty: as before"), css="input num", mode="decimal", max_length=40
    )
    on_days = whole_field(_("Every so many days"), 1, MOST_REVISION_DAYS)
    stage_days = whole_field(_("Days a stage"), 1, MOST_REVISION_DAYS)
    part_mg = dose_field(_("At most so many mg of the old drug a stage (empty: a whole dose)"))
    share = ReadField(
        read_percent, label=_("Percent of the equivalent"), css="input num", mode="decimal", max_length=40
    )
    because = choice_field(_("Why it ends"), [("", _("Choose")), *plans.END_REASONS.items()], required=False)
    review_on = ReadField(
        read_day, label=_("Next review"), attrs={"type": "date"},
        help_text=_("Needed to stay at this dose or to hold until reviewed: a review item opens on this day."),
    )  # fmt: skip
    correction = forms.BooleanField(
        label=_("This corrects an error in the plan"), required=False,
        help_text=_("The version then says that it is a correction."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Reason, kept with the version and your name"), strip=False, required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "data-keep": ""}),
    )  # fmt: skip

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        plan: PlanPage,
        possible: tuple[PlanAct, ...],
        formulary: Formulary,
        initial: Values | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id="r-%s")
        self.plan, self.possible = plan, possible
        self.fields["act"].choices = [(act.value, NAMES[act]) for act in possible]  # type: ignore[attr-defined]  # declared above as a MultipleChoiceField
        add_regimen(self)
        taken = plan.step.day.drugs if plan.step else plan.present.drugs
        here = [("", _("Choose")), *((drug, drug_words(drug, clinician=True)) for drug in taken)]
        listed = {product.drug for product in plan.present.products}
        made = [
            one
            for one in catalogue.drugs()
            if one.name in listed or catalogue.default_products(one, plan.request.country)
        ]
        # One of several drugs taken may take the place of the others; the only drug taken may not replace itself.
        goals = [one for one in made if one.long_acting and {one.name} != set(taken)]
        self.fields["to"] = choice_field(_("To"), _drug_choices(goals), required=False)
        new = _drug_choices(one for one in made if one.name not in taken)
        self.fields["spread_drug"] = choice_field(_("Drug"), here, required=False)
        spreads = [("", _("Choose")), *((one.value, spread_words(one)) for one in Spread)]
        self.fields["spread"] = choice_field(_("How it is shared"), spreads, required=False)
        self.fields["gone_drug"] = choice_field(_("Drug"), here, required=False)
        self.fields["new_drug"] = choice_field(_("Drug"), new, required=False)
        add_times(self, "new")
        self.products = ProductRows(
            data if data is not None else _ticked(plan.present, tuple(taken), plan.request.country),
            tuple(taken),
            plan.request.country,
            formulary,
        )

    @property
    def chosen(self) -> tuple[PlanAct, ...]:
        """What is chosen, whatever else is wrong."""
        raw = self.data.getlist("act") if isinstance(self.data, QueryDict) else []
        raw = raw if self.is_bound else list(self.initial.get("act", ()))
        return tuple(act for act in self.possible if act.value in raw)

    def ticked(self, name: str) -> frozenset[str]:
        """What is ticked in a list: `signed` cautions, `confirmed` strengths."""
        raw = self.data.getlist(name) if isinstance(self.data, QueryDict) else []
        return frozenset(str(value)[:200] for value in raw)

    @property
    def choices(self) -> tuple[ChangeChoice, ...]:
        """Every choice with its fields."""
        chosen = self.chosen
        return tuple(
            ChangeChoice(
                act.value,
                str(NAMES[act]),
                act in chosen,
                tuple(self[name] for name in FIELDS.get(act, ()) if name not in _IN_PARTS),
                _PARTS.get(act, ""),
            )
            for act in self.possible
        )

    @property
    def new_times(self) -> dict[str, object]:
        """The doses of a drug to begin, as `clinic/dose_times.html` draws them."""
        return times_rows(self, "new")

    @property
    def ends(self) -> bool:
        """Whether the plan is to end."""
        return PlanAct.STOP in self.chosen

    @property
    def stays(self) -> bool:
        """Whether a dose is to stay, or to be held until reviewed."""
        held = PlanAct.HOLD in self.chosen and self["hold_how"].value() == "review"
        return held or PlanAct.STOP_HERE in self.chosen

    def clean_note(self) -> str:
        """The note, plain."""
        try:
            return clean_text(str(self.cleaned_data.get("note") or ""))
        except BadText as refusal:
            raise forms.ValidationError(plans.problem(refusal)) from None

    def clean(self) -> Values:
        """Ask for the fields of what is chosen, and read them together."""
        found = super().clean() or {}
        for act in self.chosen:
            for name in _NEEDED.get(act, ()):
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, gettext("This is needed."))
        if self.ends and len(self.chosen) > 1:
            self.add_error("act", gettext("End the plan by itself: nothing else can change with it."))
        if PlanAct.CHANGE_PRODUCTS in self.chosen and not self.chosen_products():
            self.add_error("act", gettext("Tick the products the pharmacy has."))
        self._check_pairs(found)
        # What belongs to a choice that is not made says nothing: its problems neither.
        open_fields = {name for act in self.chosen for name in FIELDS.get(act, ())}
        for name in {name for names in FIELDS.values() for name in names} - open_fields:
            self.errors.pop(name, None)
        self.begun = read_times(self, "new", found) if PlanAct.BEGIN_DRUG in self.chosen else []
        if PlanAct.BEGIN_DRUG in self.chosen and not self.begun and not _IN_PARTS & self.errors.keys():
            self.add_error("new_night", gettext("Enter the dose for at least one time of day."))
        self.regimen: tuple[Intake, ...] = ()
        if PlanAct.GO_ON_FROM in self.chosen:
            self.regimen = read_regimen(self, found)
        return found

    def _check_pairs(self, found: Values) -> None:
        """Fields of which one needs another."""
        if PlanAct.HOLD in self.chosen:
            how = found.get("hold_how") or "days"
            if how != "review" and not found.get(how) and how not in self.errors:
                self.add_error(how, gettext("This is needed."))
        if PlanAct.MOVE_CHANGE in self.chosen:
            name = "weekday" if found.get("move_how") == "weekday" else "move_to"
            if not found.get(name) and name not in self.errors:
                self.add_error(name, gettext("This is needed."))
        if found.get("begins") == "other" and not found.get("from_day") and "from_day" not in self.errors:
            self.add_error("from_day", gettext("This is needed."))
        if PlanAct.TAPER_ON in self.chosen and bool(found.get("on_percent")) != bool(found.get("on_days")):
            missing = "on_days" if found.get("on_percent") else "on_percent"
            if missing not in self.errors:
                self.add_error(missing, gettext("Percent and days belong together."))

    def first_day(self) -> date:
        """The first day of the change; not before the plan."""
        found, today = self.cleaned_data, self.plan.patient.today
        days = {"yesterday": today - _DAY, "tomorrow": today + _DAY}
        day = days.get(found.get("begins", ""), today)
        if found.get("begins") == "other":
            return date.fromisoformat(found["from_day"])
        return max(day, self.plan.present.start)

    def changes(self) -> tuple[Amendment, ...]:
        """What is chosen as the domain takes it, in the order in which it is done. Raises TaperError."""
        day, found = self.first_day(), self.cleaned_data
        chosen = self.chosen
        return tuple(_MADE[act](self, day, found) for act in _MADE if act in chosen)

    def chosen_products(self) -> tuple[Product, ...]:
        """The products ticked, and those of the plan that no list has."""
        listed = {row.product.name for group in self.products.groups for row in group.rows}
        ticked = set(self.data.getlist("products")) if isinstance(self.data, QueryDict) else set()
        others = [one for one in self.plan.present.products if one.name not in listed and one.name in ticked]
        return (*self.products.chosen(), *others)

    @property
    def own_products(self) -> tuple[tuple[Product, bool], ...]:
        """Products of the plan that no list has, each with whether it is ticked."""
        listed = {row.product.name for group in self.products.groups for row in group.rows}
        drugs = {group.drug for group in self.products.groups}
        ticked = set(self.data.getlist("products")) if isinstance(self.data, QueryDict) else None
        return tuple(
            (one, ticked is None or one.name in ticked)
            for one in self.plan.present.products
            if one.drug in drugs and one.name not in listed
        )


def first_values(plan: PlanPage, acts: Sequence[str], review_on: date) -> Values:
    """What the page begins with: usual numbers in every field, so that a choice is shown at once."""
    step = plan.step
    length = {"length": step.days} if step is not None else {}
    regimen = () if step is None else tuple(Intake(d.time, d.drug, d.dose) for d in step.doses)
    change = plan.present.next_change(plan.patient.today)
    due = {"move_to": change.start.isoformat()} if change is not None else {}
    through = {"through": (change.start + 13 * _DAY).isoformat()} if change is not None else {}
    return {
        "act": list(acts),
        "begins": "today",
        "hold_how": "days",
        "days": 14,
        "back_days": 14,
        "slow_days": 21,
        "fast_days": 14,
        "move_how": "all",
        "stage_days": STAGE_DAYS,
        "share": "100",
        "review_on": review_on.isoformat(),
        **length,
        **due,
        **through,
        **regimen_initial(regimen),
    }


def sent_by(form: ChangeForm) -> QueryDict:
    """What a page with this form on it would send, as it was first shown."""
    data = _ticked(
        form.plan.present, tuple(group.drug for group in form.products.groups), form.products.country
    )
    for name, value in form.initial.items():
        if isinstance(value, list):
            data.setlist(name, value)
        else:
            data[name] = str(value)
    return data


def _ticked(schedule: Schedule, drugs: tuple[str, ...], country: str) -> QueryDict:
    """The products of a plan as a form would send them."""
    data = QueryDict(mutable=True)
    data.setlist("listed", [f"{drug}/{country}" for drug in drugs])
    data.setlist("products", [product.name for product in schedule.products])
    for product in schedule.products:
        data[f"split:{product.name}"] = str(product.split)
    return data


def _hold(form: ChangeForm, day: date, found: Values) -> Amendment:
    if found.get("hold_how") == "review":
        return HoldOpen(day)
    if found.get("hold_how") == "through":
        return Hold(day, through=date.fromisoformat(found["through"]))
    return Hold(day, days=found["days"])


def _move(form: ChangeForm, day: date, found: Values) -> Amendment:
    if found.get("move_how") == "weekday":
        return MoveChange(day, weekday=int(found["weekday"]))
    return MoveChange(day, to=date.fromisoformat(found["move_to"]), later_too=found.get("move_how") != "one")


def _drug_choices(drugs: Iterable[Drug]) -> list[tuple[str, str]]:
    """Choices of a drug, none chosen."""
    return [("", gettext("Choose")), *((one.name, drug_words(one.name, clinician=True)) for one in drugs)]


def _taper_on(form: ChangeForm, day: date, found: Values) -> Amendment:
    if not found.get("on_percent"):
        return TaperOn(day)
    percent = reading.percent(found["on_percent"], "on_percent")
    return TaperOn(day, method=PercentOfCurrent(percent=percent, interval_days=found["on_days"]))


def _switch(form: ChangeForm, day: date, found: Values) -> Amendment:
    times = night_first(times_of_plan(form.plan.present.times))
    part = Dose.parse(found["part_mg"]) if found.get("part_mg") else None
    share = reading.percent(found.get("share") or "100", "share")
    return SwitchDrug(day, crossover=Crossover(found["to"], found["stage_days"], times, part, share))


def _begin(form: ChangeForm, day: date, found: Values) -> Amendment:
    doses = (Intake(one.time, found["new_drug"], Dose.parse(one.dose_mg)) for one in form.begun)
    return BeginDrug(day, doses=tuple(doses))


def _products(form: ChangeForm, day: date, found: Values) -> Amendment:
    return ChangeProducts(day, products=form.chosen_products())


# Days laid out anew come before steps that move, and a dose that stays comes last.
_MADE: Final[Mapping[PlanAct, Callable[[ChangeForm, date, Values], Amendment]]] = {
    PlanAct.RESUME: lambda form, day, found: Resume(day),
    PlanAct.TAPER_ON: _taper_on,
    PlanAct.GO_ON_FROM: lambda form, day, found: TakesDose(day, regimen=form.regimen),
    PlanAct.BEGIN_DRUG: _begin,
    PlanAct.END_DRUG: lambda form, day, found: EndDrug(day, drug=found["gone_drug"]),
    PlanAct.CHANGE_PRODUCTS: _products,
    PlanAct.CHANGE_SPREAD: lambda form, day, found: ChangeSpread(
        day, drug=found["spread_drug"], spread=Spread(found["spread"])
    ),
    PlanAct.SWITCH_DRUG: _switch,
    PlanAct.STEP_BACK: lambda form, day, found: StepBack(day, hold_days=found["back_days"]),
    PlanAct.SLOW_DOWN: lambda form, day, found: Pace(
        day, interval_days=found["slow_days"], count=found.get("slow_steps") or 0
    ),
    PlanAct.SPEED_UP: lambda form, day, found: Pace(
        day, interval_days=found["fast_days"], faster=True, count=found.get("fast_steps") or 0
    ),
    PlanAct.STEP_LENGTH: lambda form, day, found: StepLength(day, days=found["length"]),
    PlanAct.MOVE_CHANGE: _move,
    PlanAct.HOLD: _hold,
    PlanAct.STOP_HERE: lambda form, day, found: StopHere(day),
}
