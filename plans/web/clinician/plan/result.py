"""The right half of the plan form: the resulting plan, in words and rows ready for the template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError, TaperplanError
from plans.domain.taper import catalogue
from plans.domain.taper.crossover_range import CrossoverEnd, RangeEnd, crossover_range
from plans.domain.taper.engine import Taper
from plans.domain.taper.limit_rules import RULES, LimitLevel, Verdict
from plans.domain.taper.options import TaperOption
from plans.domain.taper.products import NEVER_SPLIT, Product
from plans.domain.taper.tablets import tablets
from plans.services.plans.picture_data import PictureData, stairs_of
from plans.services.plans.preview import LimitFinding, Preview
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.plan.forms import PlanForm
from plans.web.clinician.plan.steps import StepRow, step_rows
from plans.wording import plans
from plans.wording.doses import day_dose_words
from plans.wording.published import cited_words, published_words
from plans.wording.second_signature import because_words
from plans.wording.taper import (
    drug_words,
    end_words,
    mark_words,
    preparation_words,
    product_words,
    says,
    steps_words,
    table_words,
)


@dataclass(frozen=True, slots=True)
class Fix:
    """A button that fixes a refusal: its label, and the value it sends."""

    label: str
    value: str


def fixes(error: TaperplanError, form: PlanForm) -> tuple[Fix, ...]:
    """Buttons for a dose that cannot be made: split a ticked product further, or add one of the country's.

    Each has been tried with the same exact search before it is offered.
    """
    if error.code != "not_makeable":
        return ()
    drug = str(error.facts["drug"])
    dose = Dose.parse(str(error.facts["dose_mg"]))
    pieces = int(str(error.facts["max_pieces"]))
    ticked = tuple(product for product in form.products.chosen() if product.drug == drug)

    def makes(products: Iterable[Product]) -> bool:
        try:
            return tablets(drug, tuple(products), pieces).make(dose) is not None
        except TaperError:
            return False

    found = []
    for product in ticked:
        for split in _finer(product):
            finer = Product(product.drug, product.form, product.strength, split=split)
            if makes((*(p for p in ticked if p != product), finer)):
                label = (
                    gettext("Allow halves of the {product}")
                    if split == 2
                    else gettext("Allow quarters of the {product}")
                )
                found.append(
                    Fix(
                        label.format(product=product_words(product, named=True, clinician=True)),
                        f"split|{product.name}|{split}",
                    )
                )
                break
    names = {product.name for product in ticked}
    country = form.products.country
    for entry in catalogue.drug(drug).products(country):
        if entry.product.name not in names and makes((*ticked, entry.product)):
            label = gettext("Add the {product}").format(
                product=product_words(entry.product, named=True, clinician=True)
            )
            found.append(Fix(label, f"add|{entry.product.name}"))
    return tuple(found[:5])


def _finer(product: Product) -> Sequence[int]:
    if product.is_liquid or product.form in NEVER_SPLIT:
        return ()
    return [split for split in (2, 4) if split > product.split and product.strength.units % split == 0]


# The number of steps shown at once; the rest is folded.
_SHOWN: Final = 24
_NO_PICTURE: Final = SafeString("")


@dataclass(frozen=True, slots=True)
class FindingNote:
    """Findings of one rule as a note: sentences, source, and the reason that answers them."""

    rule: str
    sentences: tuple[str, ...]
    more: str
    source: str
    mark: str
    reason: str
    missing: bool
    product: str = ""
    ticked: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class FollowingNote:
    """The published schedule the form was filled from; `follows`: the plan still follows it."""

    words: str
    source: str
    cited: str
    lines: tuple[str, ...]
    follows: bool


@dataclass(frozen=True, slots=True)
class CautionNote:
    """A caution as a note; `must_sign` ones carry a box to tick."""

    code: str
    sentence: str
    source: str
    mark: str
    must_sign: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One complete plan to choose: the value that chooses it, its name, and its drawbacks as short facts."""

    value: str
    name: str
    facts: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """What a switch would be by one end of the published equivalents; `refused` says why no plan can be made of it."""

    end: str
    table: str
    equal: str
    first: str
    whole: str
    stages: int
    last_day: str
    refused: str
    source: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What the page shows of a preview. If there is no taper, `problem` says why and `fixes` what would help."""

    ready: bool
    problem: str = ""
    fixes: tuple[Fix, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    picture: SafeString = _NO_PICTURE
    weeks: str = ""
    steps_count: int = 0
    ends: str = ""
    rows: tuple[StepRow, ...] = ()
    later_rows: tuple[StepRow, ...] = ()
    stops: tuple[FindingNote, ...] = ()
    reasons: tuple[FindingNote, ...] = ()
    strengths: tuple[FindingNote, ...] = ()
    agreed: tuple[FindingNote, ...] = ()
    because: str = ""
    notes: tuple[FindingNote, ...] = ()
    to_sign: tuple[CautionNote, ...] = ()
    cautions: tuple[CautionNote, ...] = ()
    within: int = 0
    all_within: bool = False
    equivalents: tuple[str, ...] = ()
    supply: tuple[str, ...] = ()
    at_home: str = ""
    fills_from: str = ""
    rate: str = ""
    low: str = ""
    reviews: tuple[str, ...] = ()
    digest: str = ""
    options: tuple[OptionRow, ...] = ()
    switch: tuple[SwitchRow, ...] = ()
    switch_to: str = ""
    following: FollowingNote | None = None


def of_problems(form: PlanForm) -> Result:
    """The result while fields are missing or wrong: what is still needed, with links to the fields."""
    missing = [
        (form[name].id_for_label or f"f-{name}", f"{form[name].label}: {problem}")
        for name, problems in form.errors.items()
        if name in form.fields
        for problem in problems
    ]
    missing += [("products", str(problem)) for problem in form.non_field_errors()]
    return Result(ready=False, missing=tuple(missing))


def of_preview(
    shown: Preview, form: PlanForm, *, reviews: tuple[str, ...], asked_for: frozenset[str] = frozenset()
) -> Result:
    """A preview in words. `asked_for` are the rules whose missing reason was just refused.

    `reviews` say who reviewed each drug's numbers.
    """
    if shown.taper is None:
        error = shown.error or TaperError()
        return Result(ready=False, problem=plans.problem(error), fixes=fixes(error, form))
    taper = shown.taper
    schedule = taper.schedule
    rows = step_rows(taper)
    ends = schedule.last_dose_day()
    strengths = [f for f in shown.at(LimitLevel.NEEDS_REASON) if f.rule == "unverified_product"]
    signed, confirmed = form.ticked("signed"), form.ticked("confirmed")
    cautions = [
        CautionNote(c.code, says(c), c.source, mark_words(c.mark), c.must_sign, c.code in signed)
        for c in taper.cautions
    ]
    reasons = form.reasons
    return Result(
        ready=True,
        picture=picture.draft(PictureData(stairs_of(schedule, taper.equivalence))),
        weeks=plans.weeks_count(schedule.days - (1 if ends else 0)),
        steps_count=len(schedule.steps),
        ends=plans.long_day(ends) if ends else "",
        rows=rows[:_SHOWN],
        later_rows=rows[_SHOWN:],
        stops=tuple(_note(finding) for finding in shown.at(LimitLevel.REFUSED)),
        reasons=tuple(
            _note(
                finding,
                reason=reasons.get(finding.rule, ""),
                missing=finding.rule in asked_for,
                follows=finding.rule in form.ticked("follows"),
            )
            for finding in shown.at(LimitLevel.NEEDS_REASON)
            if finding not in strengths
        ),
        strengths=tuple(_strength(finding, confirmed) for finding in strengths)
        + tuple(_confirmed(name) for name in sorted(confirmed) if _was_unverified(name, taper)),
        agreed=tuple(_note(finding) for finding in shown.at(LimitLevel.NOTE) if finding.agreed),
        notes=tuple(_note(finding) for finding in shown.at(LimitLevel.NOTE) if not finding.agreed),
        to_sign=tuple(note for note in cautions if note.must_sign),
        cautions=tuple(note for note in cautions if not note.must_sign),
        within=len(RULES) - len({finding.rule for finding in shown.findings}),
        all_within=not shown.findings,
        equivalents=_equivalents(shown),
        supply=_supply(taper),
        at_home=_at_home(taper),
        fills_from=plans.long_day(taper.first_fill) if taper.first_fill > taper.schedule.start else "",
        rate=_rate(taper),
        low=plans.low_days_words(taper.low_days, schedule.days) if taper.low_days else "",
        reviews=reviews,
        digest=shown.digest,
        because=because_words(shown.because),
        following=_following(form, follows=shown.follows is not None),
        options=tuple(_option(option) for option in shown.options()),
        switch=tuple(_switch_row(one) for one in crossover_range(taper)),
        switch_to=drug_words(taper.request.crossover.to, clinician=True) if taper.request.crossover else "",
    )


def _option(option: TaperOption) -> OptionRow:
    schedule = option.taper.schedule
    ends = schedule.last_dose_day()
    facts = [
        gettext("last dose {dose}").format(dose=day_dose_words(option.last_dose, clinician=True)),
        gettext("on {day}").format(day=plans.short_day_year(ends)) if ends else "",
        ngettext("longest step {n} day", "longest step {n} days", option.longest_step).format(
            n=option.longest_step
        ),
        gettext("largest cut {percent}").format(percent=_shown_percent(option.largest_cut))
        if option.largest_cut
        else "",
        ngettext("{n} change to a liquid", "{n} changes to a liquid", option.changes).format(n=option.changes)
        if option.changes
        else gettext("no change of preparation"),
        ngettext("{n} thing at a time", "at most {n} things at a time", option.most_things).format(
            n=option.most_things
        ),
        ngettext("{n} reason to write", "{n} reasons to write", option.reasons).format(n=option.reasons)
        if option.reasons
        else gettext("no reason to write"),
        gettext("to buy: {supply}").format(supply=", ".join(_supply(option.taper))),
    ]
    return OptionRow(
        option.preparation.value,
        preparation_words(option.preparation),
        tuple(fact for fact in facts if fact),
        option.chosen,
    )


def _switch_row(one: CrossoverEnd) -> SwitchRow:
    return SwitchRow(
        end=end_words(one.end),
        table=table_words(one.table),
        equal=one.equal.mg,
        first=one.first.mg if one.first is not None else "",
        whole=one.whole.mg if one.whole is not None else "",
        stages=one.stages,
        last_day=plans.short_day_year(one.last_day)
        if one.last_day is not None
        else gettext("stays on a dose"),
        refused=plans.problem(one.refusal) if one.refusal is not None else "",
        source=f"{'; '.join(one.sources)} ({mark_words(one.mark)})",
        chosen=one.end is RangeEnd.CHOSEN,
    )


def _following(form: PlanForm, *, follows: bool) -> FollowingNote | None:
    found = form.published
    if found is None:
        return None
    differs = (
        gettext("Printed step {n} is made otherwise: {why}").format(n=one.step, why=one.why)
        for one in found.differs
    )
    return FollowingNote(
        published_words(found),
        found.source,
        cited_words(found),
        (*((found.chosen,) if found.chosen else ()), *differs),
        follows,
    )


def _note(
    finding: LimitFinding, *, reason: str = "", missing: bool = False, follows: bool = False
) -> FindingNote:
    first, rest = finding.verdicts[0], finding.verdicts[1:]
    more = ""
    if rest:
        steps = ", ".join(_also(verdict) for verdict in rest)
        count = sum(len(verdict.steps) for verdict in rest)
        more = ngettext("The same for step {steps}.", "The same for steps {steps}.", count).format(
            steps=steps
        )
    return FindingNote(
        finding.rule,
        (says(first),),
        more,
        first.source,
        mark_words(first.mark),
        reason,
        missing,
        follows=follows,
    )


def _also(verdict: Verdict) -> str:
    """Further steps of the same rule, with the largest figure where they have one: "6 (−12.5 %)"."""
    figure = str(verdict.facts.get("change_percent", ""))
    steps = steps_words(verdict.steps)
    if not figure:
        return steps
    return f"{steps} ({_shown_percent(figure)})"


def _shown_percent(figure: str) -> str:
    """A change in percent without trailing zeros: "−12.5 %"."""
    short = figure.removesuffix("0").removesuffix("0").removesuffix(".").replace("-", "\N{MINUS SIGN}")
    return f"{short}\u00a0%"


def _strength(finding: LimitFinding, confirmed: frozenset[str]) -> FindingNote:
    first = finding.verdicts[0]
    name = str(first.facts["product"])
    return FindingNote(
        finding.rule, (says(first),), "", first.source, mark_words(first.mark), "", missing=False,
        product=name, ticked=name in confirmed,
    )  # fmt: skip


def _confirmed(name: str) -> FindingNote:
    said = gettext("{product}: confirmed that the pharmacy has it.").format(product=name)
    return FindingNote(
        "unverified_product", (said,), "", "", "", "", missing=False, product=name, ticked=True
    )


def _was_unverified(name: str, taper: Taper) -> bool:
    used = {take.product for step in taper.schedule for dose in step.doses for take in dose.take}
    return any(product.name == name for product in used)


def _equivalents(shown: Preview) -> tuple[str, ...]:
    return tuple(
        gettext("{drug} {dose} a day: {low} to {high} of diazepam, by the tables together").format(
            drug=drug_words(drug, clinician=True),
            dose=shown.taper.schedule.steps[0].total(drug).mg if shown.taper else "",
            low=low.mg,
            high=high.mg,
        )
        for drug, low, high in shown.equivalents
    )


def _supply(taper: Taper) -> tuple[str, ...]:
    """The whole units of each product for the whole plan."""
    return tuple(
        gettext("{count} of {product}").format(
            count=f"{units}\u00a0mL" if product.handed_out_in_ml else units,
            product=product_words(product, count=units, named=len(taper.schedule.drugs) > 1, clinician=True),
        )
        for product, units in taper.supply.totals().items()
        if units
    )


def _at_home(taper: Taper) -> str:
    """How long the stock at home lasts, if it was counted."""
    if not taper.request.stock:
        return ""
    if taper.run_out is None:
        return gettext("What is at home is enough for the whole plan.")
    if taper.run_out == taper.first_fill:
        if taper.first_fill > taper.schedule.start:
            return gettext("What is at home does not cover today.")
        return gettext("What is at home does not cover the first day.")
    return gettext("What is at home lasts until {day}.").format(
        day=plans.long_day(taper.run_out - timedelta(days=1))
    )


def _rate(taper: Taper) -> str:
    """The percentage a method had to solve for: "9.4 % of the current dose each time"."""
    if taper.rate is None:
        return ""
    tenths = round(taper.rate * 10)
    return gettext("Solved: about {n} each time, by {table}").format(
        n=f"{tenths // 10}.{tenths % 10}\u00a0%", table=table_words(taper.equivalence)
    )
