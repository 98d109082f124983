"""The plan form: it turns what is typed into a taper request, the same JSON that `manage.py taper` reads.

The fields of all methods stay in the page (those of other methods hidden), so that trying another method loses
nothing. The domain parses every value; this module only maps fields to the request and refusals back to fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import TaperplanError
from plans.domain.syringes import SYRINGES
from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES, Spread
from plans.domain.taper.equivalence import TABLES
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.occupancy import CURVES
from plans.domain.taper.options import OFFERED
from plans.domain.taper.published.files import PublishedSchedule
from plans.domain.taper.request import LONGEST_STEP, read_method, syringes_json
from plans.domain.taper.schedule import DAY_ORDER, TimeOfDay
from plans.domain.taper.supply import FILL_DAYS
from plans.domain.taper.tablets import MOST_PIECES
from plans.domain.text import BadText, clean_text, clean_time
from plans.web.clinician.plan.dose_times import add_times, field_names, read_times
from plans.web.clinician.plan.fields import (
    ReadField,
    choice_field,
    dose_field,
    read_day,
    read_dose_or_zero,
    read_percent,
    whole_field,
)
from plans.web.clinician.plan.pauses import add_pauses, read_pauses
from plans.web.clinician.plan.products import ProductRows
from plans.web.clinician.plan.published import named
from plans.web.clinician.plan.rows import BANDS, drugs_in, read_rows
from plans.web.clinician.plan.weekdays import read_stages, read_weekdays
from plans.web.untyped import Context, Posted, Values
from plans.wording import plans
from plans.wording.drugs import TIME_NAMES
from plans.wording.published import cited_words
from plans.wording.taper import (
    drug_words,
    mark_words,
    method_words,
    preparation_words,
    spread_words,
    table_words,
)

# The field of the form for each path of the request; the longest matching path wins.
_FIELD_OF: Final[Mapping[str, str]] = {
    "start": "start", "country": "country", "goal_mg": "goal_mg", "equivalence": "equivalence",
    "max_pieces": "max_pieces", "dispense_days": "dispense_days", "instalment_days": "instalment_days",
    "falls_first": "falls_first", "drug_order": "drug_order", "interleave": "drug_order", "crossover": "cross_to",
    "crossover.stage_days": "cross_days", "crossover.part_mg": "cross_part",
    "crossover.percent_of_equivalent": "cross_percent", "products": "products", "stock": "products", "method": "method",
    "method.percent": "percent", "method.interval_days": "interval", "method.amount_mg": "amount",
    "method.points": "points", "method.curve": "curve", "method.first": "first_percent", "method.then": "then_percent",
    "method.then.interval_days": "then_interval",
    "method.below_mg": "below", "method.by": "by", "method.count": "count", "method.rows": "rows",
    "method.bands": "band_above_1", "syringes": "syringes",
    "taken_before": "before", "spread": "spread", "preparation": "preparation", "pauses": "pause_from_1",
    "published": "rows",
    "method.lengthen_days": "lengthen", "end": "end_last", "end.longest_step_days": "end_longest",
    "end.days_of_week": "end_days",
}  # fmt: skip


def field_at(where: str, more: Mapping[str, str]) -> str | None:
    """The field for a path such as "method.bands[1].above_mg", by the longest known path; None for the whole form.

    `more` are the paths of one form: which row of the regimen or of the bands is in which field.
    """
    known = {**_FIELD_OF, **more}
    while where:
        if where in known:
            return known[where]
        shorter = re.sub(r"(\.[^.\[\]]+|\[\d+\])\Z", "", where)
        where = "" if shorter == where else shorter
    return None


ROWS: Final = ("a", "b")
METHOD_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "percent_of_current": ("percent",),
    "percent_of_original": ("percent",),
    "fixed_amount": ("amount",),
    "bands": tuple(f"band_{part}_{n}" for n in BANDS for part in ("above", "cut")),
    "equal_occupancy": ("points",),
    "two_rates": ("first_percent", "then_percent", "below"),
    "micro": ("percent",),
    "target_date": ("by",),
    "steps": ("count",),
    "typed": ("rows",),
}


# Methods whose intervals may grow.
LENGTHENING: Final = ("percent_of_current", "percent_of_original", "fixed_amount")


def _drug_choices(first: str) -> list[tuple[str, str]]:
    return [("", first), *((drug.name, drug_words(drug.name, clinician=True)) for drug in catalogue.drugs())]


def _read_time(text: str) -> time:
    return clean_time(text)


def syringe_choices() -> list[tuple[str, str]]:
    """The oral syringes to tick, by their index in the list of usual syringes."""
    words = gettext("{size} mL, marked every {mark} mL")
    return [(str(n), words.format(size=one.holds.text, mark=one.mark.text)) for n, one in enumerate(SYRINGES)]


_DRUGS = [
    ("", _("The shorter-acting first (usual advice, not verified)")),
    ("a", _("First drug")),
    ("b", _("Second drug")),
    ("turn", _("In turn, a cut of each")),
]
_TIMES = [(when.value, TIME_NAMES[when]) for when in DAY_ORDER]


def _curve_words(name: str) -> str:
    """An occupancy curve with its mark and source, in the active language."""
    curve = CURVES[name]
    return f"{curve.title} ({mark_words(curve.mark)}; {curve.source})"


def _ordered(drugs: Sequence[str], first: str) -> Context:
    """The order in which several drugs are lowered; unless chosen, by their shortest half-life."""
    if first in ("a", "b"):
        return {"drug_order": list(drugs if first == "a" else reversed(drugs))}
    shorter = sorted(drugs, key=lambda name: catalogue.drug(name).shortest_half_life.value)
    return {"drug_order": shorter} | ({"interleave": True} if first == "turn" else {})


class PlanForm(forms.Form):
    """The plan as typed. After a valid clean `request` holds the taper request as JSON."""

    start = ReadField(read_day, label=_("First day"), required=True, attrs={"type": "date"})
    country = choice_field(_("Products of"), [(code, plans.COUNTRY_NAMES[code]) for code in COUNTRIES])
    method = choice_field(_("Method"), [(name, method_words(name)) for name in METHOD_FIELDS])
    percent = ReadField(read_percent, label=_("Each cut"), css="input num", mode="decimal", max_length=40)
    amount = dose_field(_("Each cut"))
    points = ReadField(
        read_percent,
        label=_("Percentage points of occupancy a step"),
        css="input num",
        mode="decimal",
        max_length=40,
    )
    curve = choice_field(
        _("Curve of occupancy"),
        [(name, lazy(_curve_words, str)(name)) for name in CURVES],
        required=False,
        help_text=_(
            "Published curves differ by two orders of magnitude: each is a scale, none a measurement."
        ),
    )
    first_percent = ReadField(
        read_percent, label=_("Each cut at first"), css="input num", mode="decimal", max_length=40
    )
    then_percent = ReadField(
        read_percent, label=_("Then each cut"), css="input num", mode="decimal", max_length=40
    )
    below = dose_field(_("Slower under"))
    then_interval = whole_field(_("Then a cut every (if different)"), 1, 366)
    by = ReadField(read_day, label=_("Last dose by"), attrs={"type": "date"})
    count = whole_field(_("Number of steps"), 1, 400)
    rows = forms.CharField(
        label=_("Rows"), required=False, strip=False, max_length=100_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 6, "spellcheck": "false"}),
        help_text=_(
            "One line per step: days, then mg a day (14: 1.375) or doses (14: morning 0.5, night 0.875), on some days "
            "of the week (28: night 5 on mon wed fri). Or paste the cells of a spreadsheet: days and total, or days, "
            "drug and one column per time of day."
        ),
    )  # fmt: skip
    before = forms.CharField(
        label=_("Days before the plan"), required=False, strip=False, max_length=10_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4, "spellcheck": "false"}),
        help_text=_("Oldest first, one line for equal days: days, then doses (3: night 10). Nothing taken: 2:"),
    )  # fmt: skip
    interval = whole_field(_("A cut every"), 1, 366)
    lengthen = whole_field(
        _("Each step longer than the one before by"), 1, 366,
        help_text=_("Slower towards the end. Left empty, a cut comes as often at the end as at first."),
    )  # fmt: skip
    goal = choice_field(
        _("At the end"), [("zero", _("No dose")), ("stay", _("Stay on a dose"))], widget=forms.RadioSelect
    )
    goal_mg = ReadField(read_dose_or_zero, label=_("Dose to stay on, a day"), css="input num", mode="decimal")
    end_last = ReadField(
        read_dose_or_zero, label=_("Lowest dose before the end, a day"), css="input num", mode="decimal",
        max_length=40,
        help_text=_(
            "Of the drug that ends last; days on less are noted. Left empty: what equals 0.5 mg of diazepam."
        ),
    )  # fmt: skip
    end_longest = whole_field(
        _("Longest step"), 1, 366,
        help_text=format_lazy(
            _("A dose kept longer because no smaller cut can be made is noted. Left empty: {days} days."),
            days=LONGEST_STEP,
        ),
    )  # fmt: skip
    end_days = forms.CharField(
        label=_("Days off before the stop"), required=False, strip=False, max_length=1_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "spellcheck": "false"}),
        help_text=_(
            "A line for each interval: the days of the week on which the last dose is still taken, fewer each time "
            "(mon tue wed fri sat, then mon wed fri). Left empty: no days off."
        ),
    )  # fmt: skip
    falls_first = choice_field(
        _("Falls first"),
        _TIMES,
        help_text=_("The other times of day follow in the order of the day, as clock times do."),
    )
    spread = choice_field(
        _("Over the day"),
        [("", _("As is usual for the drug")), *((spread.value, spread_words(spread)) for spread in Spread)],
        required=False,
    )
    # Chosen beside the result, which shows each of them in full.
    preparation = choice_field(
        _("Made of"),
        [("", _("What suits the plan best")), *((name.value, preparation_words(name)) for name in OFFERED)],
        required=False,
    )
    drug_order = choice_field(_("Tapered first"), _DRUGS, required=False)
    cross_to = forms.ChoiceField(label=_("Switch to"), required=False)
    cross_days = whole_field(_("A stage every"), 1, 366)
    cross_part = dose_field(_("Old dose replaced in one stage, at most"))
    cross_percent = ReadField(
        read_percent, label=_("Share of the equivalent"), css="input num", mode="decimal", max_length=40
    )
    cross_first = choice_field(_("First stage"), _TIMES, required=False)
    syringes = forms.MultipleChoiceField(
        label=_("Oral syringes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Liquids are drawn on their marks only. None: any multiple of the liquid’s smallest volume."
        ),
        choices=syringe_choices,
    )
    equivalence = choice_field(_("Equivalents"), [(name, table_words(name)) for name in TABLES])
    max_pieces = whole_field(_("Most tablets or halves per dose"), 1, MOST_PIECES, required=True)
    dispense_days = choice_field(
        _("Dispense"), [(str(n), ngettext_lazy("%(n)s day", "%(n)s days", "n") % {"n": n}) for n in FILL_DAYS]
    )
    instalment_days = choice_field(
        _("Handed out"),
        [
            ("", _("The whole fill at once")),
            *(
                (str(n), ngettext_lazy("Every day", "Every %(n)s days", "n") % {"n": n})
                for n in FILL_DAYS[:-1]
            ),
        ],
        required=False,
    )
    checkin_day = forms.ChoiceField(
        label=_("Check-ins, weekly"), choices=[(str(n), name) for n, name in enumerate(plans.WEEKDAYS)],
        widget=forms.RadioSelect, error_messages={"required": _("Choose a day")},
    )  # fmt: skip
    checkin_time = ReadField(_read_time, label=_("At"), css="input num", required=True, max_length=5)
    after_words = forms.CharField(
        label=_("What the calendar says after the last day"), required=False, strip=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 2}),
    )  # fmt: skip

    def __init__(
        self,
        data: MultiValueDict[str, Any],  # Any: as it was posted, or as a draft keeps it
        *,
        bare: bool = False,
        formulary: Formulary | None = None,
    ) -> None:
        """`bare`: nothing was typed yet; the values are those of a new plan, and what is missing is not an error."""
        start = {name: data.getlist(name) if name == "syringes" else data.get(name) for name in data}
        super().__init__(None if bare else data, initial=start, auto_id="f-%s")
        self.typed = data
        for row in ROWS:
            first = gettext("Choose a drug") if row == "a" else gettext("None")
            self.fields[f"drug_{row}"] = choice_field(
                _("Drug") if row == "a" else _("Second drug"), _drug_choices(first), required=row == "a",
                error_messages={"required": _("Choose the drug")},
            )  # fmt: skip
            add_times(self, row)
            self.fields[f"week_{row}"] = ReadField(
                read_weekdays, label=_("Only on these days of the week"), max_length=100,
                help_text=_("Such as mon wed fri; needs typed rows. Left empty: every day."),
            )  # fmt: skip
        add_pauses(self)
        for n in BANDS:
            self.fields[f"band_above_{n}"] = ReadField(
                read_dose_or_zero, label=_("Above"), css="input num", mode="decimal", max_length=40
            )
            self.fields[f"band_cut_{n}"] = dose_field(_("cut"))
        long_acting = [drug.name for drug in catalogue.drugs() if drug.long_acting]
        self.fields["cross_to"].choices = [  # type: ignore[attr-defined]  # declared above as a ChoiceField
            ("", gettext("No switch")),
            *((name, drug_words(name, clinician=True)) for name in long_acting),
        ]
        self.bare = bare
        self.formulary = formulary or Formulary()
        self.products = ProductRows(data, self.drugs(), data.get("country") or "US", self.formulary)
        self.request: Context = {}
        self.by_clock = False
        self._paths: dict[str, str] = {}

    def drugs(self) -> tuple[str, ...]:
        """The drugs named in the form, each once, including the one to switch to; unknown names are left out."""
        raw = [self.typed.get("drug_a"), self.typed.get("drug_b"), self.typed.get("cross_to")]
        if self.typed.get("method") == "typed":
            raw += drugs_in(str(self.typed.get("rows") or ""))
        return tuple(dict.fromkeys(str(name) for name in raw if name in catalogue.names()))

    @property
    def switch_to(self) -> str:
        """The drug to switch to, as a sentence names it; "" without a switch."""
        name = str(self.typed.get("cross_to") or "")
        return drug_words(name, clinician=True) if name in catalogue.names() else ""

    @property
    def chosen_method(self) -> str:
        """The chosen method; the first one for an unknown name."""
        name = str(self.typed.get("method", ""))
        return name if name in METHOD_FIELDS else next(iter(METHOD_FIELDS))

    def clean(self) -> Values:
        """Build the request; each problem is shown at its field."""
        found = self.cleaned_data
        regimen = self._regimen(found)
        method = self._method(found)
        self.request = {
            "start": found.get("start"),
            "regimen": regimen,
            "method": method,
            "country": found.get("country", "US"),
            "equivalence": found.get("equivalence"),
            "max_pieces": found.get("max_pieces"),
            "dispense_days": int(found.get("dispense_days") or 28),
            "products": self._products(),
        }
        # Clock times are always in the order of the day.
        self.by_clock = any(TimeOfDay(one["time"]).by_clock for one in regimen)
        if found.get("falls_first") and not self.by_clock:
            self.request["falls_first"] = [found["falls_first"]]
        if found.get("instalment_days"):
            self.request["instalment_days"] = int(found["instalment_days"])
        if found.get("syringes"):
            self.request["syringes"] = syringes_json(SYRINGES[int(n)] for n in found["syringes"])
        if self.products.stock:
            self.request["stock"] = self.products.stock
        if str(found.get("before") or "").strip():
            self.request["taken_before"] = self._before(str(found["before"]))
        self.request |= {key: found[key] for key in ("spread", "preparation") if found.get(key)}
        if found.get("goal") == "stay":
            self._need("goal_mg", gettext("Give the dose to stay on."))
            self.request["goal_mg"] = found.get("goal_mg")
        elif method["name"] == "typed":
            # Rows that end above zero would stay there: "No dose" is added, so that the last day is shown and
            # checked.
            self.request["goal_mg"] = "0"
        drugs = tuple(dict.fromkeys(one["drug"] for one in regimen))
        if len(drugs) > 1:
            self.request |= _ordered(drugs, found.get("drug_order", ""))
        if found.get("cross_to"):
            self.request["crossover"] = self._crossover(found)
        self.request |= self._end_and_pauses(found)
        self.request |= self._schedule_named()
        return found

    def _end_and_pauses(self, found: Posted) -> Context:
        """How the plan ends, and its pauses; typed rows have none, their own days say when a dose changes."""
        keys = {"last_dose_mg": "end_last", "longest_step_days": "end_longest"}
        end: Context = {key: found[field] for key, field in keys.items() if found.get(field) is not None}
        if self.chosen_method == "typed":
            return {"end": end} if end else {}
        try:
            stages = read_stages(str(found.get("end_days") or ""))
        except TaperplanError as refusal:
            self.add_error("end_days", plans.problem(refusal))
            stages = []
        end |= {"days_of_week": stages} if stages else {}
        pauses = read_pauses(self, found)
        return ({"end": end} if end else {}) | ({"pauses": pauses} if pauses else {})

    def _schedule_named(self) -> dict[str, str]:
        """The name of the published schedule for the request, as long as the plan follows it.

        Its rows, which are mg, are refused for another drug.
        """
        found = self.published
        if found is not None and self.chosen_method == "typed" and "rows" not in self.errors:
            try:
                if found.asked.method == read_method(self.request["method"]):
                    found.check_drugs({one["drug"] for one in self.request["regimen"]})
            except TaperplanError as refusal:
                self.add_error("rows", plans.problem(refusal))
        return {} if self.followed is None else {"published": self.followed.name}

    def _before(self, text: str) -> list[Context]:
        try:
            rows = read_rows(text, self.drugs()[:1])
        except TaperplanError as refusal:
            self.add_error("before", plans.problem(refusal))
            return []
        if any("total_mg" in row for row in rows):
            self.add_error("before", gettext("Write each dose with its time of day, such as 3: night 10."))
        return rows

    @property
    def published(self) -> PublishedSchedule | None:
        """The published schedule this form was filled from."""
        return named(self.typed.get("published"))

    @property
    def followed(self) -> PublishedSchedule | None:
        """The same, as long as the plan still follows it."""
        found = self.published
        return found if found is not None and found.still_in(self.request) else None

    def _crossover(self, found: Posted) -> Context:
        keys = {
            "to": "cross_to",
            "stage_days": "cross_days",
            "part_mg": "cross_part",
            "percent_of_equivalent": "cross_percent",
        }
        crossover = {key: found[field] for key, field in keys.items() if found.get(field)}
        if found.get("cross_first") and not self.by_clock:
            crossover["order"] = [found["cross_first"]]
        return crossover

    def clean_after_words(self) -> str:
        """The words after the last day: plain text only."""
        try:
            return clean_text(str(self.cleaned_data.get("after_words", "")))
        except BadText as refusal:
            raise forms.ValidationError(plans.problem(refusal)) from None

    def _need(self, field: str, sentence: str) -> None:
        if self.cleaned_data.get(field) is None and field not in self.errors:
            self.add_error(field, sentence)

    def _regimen(self, found: Posted) -> list[Context]:
        regimen: list[Context] = []
        for row in ROWS:
            drug = found.get(f"drug_{row}")
            given = read_times(self, row, found)
            if not drug:
                if given and row == "b":
                    self.add_error("drug_b", gettext("Choose the drug for these doses, or clear them."))
                continue
            if not given and not any(name in self.errors for name in field_names(row)):
                self.add_error(
                    f"{row}_morning", gettext("Give the dose taken now, at one time of day at least.")
                )
            if row == "b" and drug == found.get("drug_a"):
                self.add_error("drug_b", gettext("This is the first drug again. Choose another, or None."))
                continue
            days = found.get(f"week_{row}")
            on: Context = {"days_of_week": days} if days else {}
            for one in given:
                self._paths[f"regimen[{len(regimen)}]"] = one.field
                self._paths[f"regimen[{len(regimen)}].days_of_week"] = f"week_{row}"
                regimen.append({"time": one.time.value, "drug": drug, "dose_mg": one.dose_mg} | on)
        return regimen

    def _method(self, found: Posted) -> Context:
        name = self.chosen_method
        method: Context = {"name": name}
        if name == "typed":
            try:
                method["rows"] = read_rows(str(found.get("rows") or ""), self.drugs()[:1])
            except TaperplanError as refusal:
                self.add_error("rows", plans.problem(refusal))
            return method
        if name == "bands":
            method["bands"] = self._bands(found)
        for field in METHOD_FIELDS[name] if name != "bands" else ():
            self._need(field, gettext("This is needed for the method chosen."))
        self._need("interval", gettext("Give the days between cuts."))
        method["interval_days"] = found.get("interval")
        keys = {"percent": "percent", "amount": "amount_mg", "points": "points", "by": "by", "count": "count"}
        method |= {keys[field]: found.get(field) for field in METHOD_FIELDS[name] if field in keys}
        if name in LENGTHENING and found.get("lengthen"):
            method["lengthen_days"] = found["lengthen"]
        if name == "equal_occupancy" and found.get("curve"):
            method["curve"] = found["curve"]
        if name == "two_rates":
            method["first"] = {"percent": found.get("first_percent")}
            method["then"] = {"percent": found.get("then_percent")}
            if found.get("then_interval"):
                method["then"]["interval_days"] = found["then_interval"]
            method["below_mg"] = found.get("below")
        return method

    def _bands(self, found: Posted) -> list[dict[str, str]]:
        bands: list[dict[str, str]] = []
        for n in BANDS:
            above, cut = found.get(f"band_above_{n}"), found.get(f"band_cut_{n}")
            if above is None and cut is None:
                continue
            if above is None or cut is None:
                missing = f"band_above_{n}" if above is None else f"band_cut_{n}"
                self._need(missing, gettext("A band needs both: above which dose, and how much to cut."))
                continue
            self._paths[f"method.bands[{len(bands)}].above_mg"] = f"band_above_{n}"
            self._paths[f"method.bands[{len(bands)}].amount_mg"] = f"band_cut_{n}"
            bands.append({"above_mg": above, "amount_mg": cut})
        if not bands:
            self._need("band_above_1", gettext("Give at least one band."))
        return bands

    def _products(self) -> list[Context]:
        for problem in self.products.problems:
            self.add_error(None, problem)
        return self.products.request()

    def field_of(self, where: str) -> str | None:
        """The field for a path of the request; "products" for the tick list; None for the whole form."""
        return field_at(where, self._paths)

    def refuse(self, refusal: TaperplanError) -> None:
        """Show a refusal of the engine at the field it is about."""
        field = self.field_of(refusal.where)
        self.add_error(field if field in self.fields else None, plans.problem(refusal))

    @property
    def reasons(self) -> dict[str, str]:
        """Reasons typed beside findings, by rule."""
        return {
            name.removeprefix("reason_"): str(self.typed.get(name, ""))
            for name in self.typed
            if name.startswith("reason_")
        }

    @property
    def sources(self) -> dict[str, str]:
        """By rule: findings whose reason is the published schedule the plan follows, with its source."""
        found = self.followed
        if found is None:
            return {}
        return dict.fromkeys((str(rule)[:200] for rule in self.typed.getlist("follows")), cited_words(found))

    def ticked(self, name: str) -> frozenset[str]:
        """The values ticked in a list: `signed` cautions, `confirmed` strengths."""
        return frozenset(str(value)[:200] for value in self.typed.getlist(name))
