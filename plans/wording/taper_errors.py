"""The sentences of the taper engine's refusals: what was wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.products import Form
from plans.wording.drugs import drug_words, form_words, listed
from plans.wording.methods import preparation_words, table_words

# Why a typed amount was not one, by `why`.
AMOUNTS: Final[Mapping[str, Promise]] = {
    "not_text": _("An amount must be text in quotes, such as “0.5”."),
    "too_long": _("“%(raw)s…” is too long for an amount. Write it like 0.5 or 12.5."),
    "empty": _("An amount is missing. Write it like 0.5 or 12.5."),
    "no_leading_zero": _("“%(raw)s” has no digit before the point. Write 0%(raw)s."),
    "comma": _("“%(raw)s” has a comma. Write a point: 0.5."),
    "signed": _("“%(raw)s” has a sign. Write the amount alone: 0.5."),
    "unit_typed": _("“%(raw)s” has its unit with it. Write the number alone: 0.5."),
    "not_a_number": _("“%(raw)s” is not an amount. Write digits with at most one point: 0.5 or 12.5."),
    "not_a_count": _("“%(raw)s” is not an amount we can count with."),
}
JSON: Final[Mapping[str, Promise]] = {
    "too_large": _("The request is too large."),
    "not_utf8": _("The request is not UTF-8 text."),
    "not_json": _("The request is not JSON."),
    "too_deep": _("The request is nested too deeply."),
    "not_finite": _("The request has a number that JSON does not know (NaN or Infinity)."),
}
DATES: Final[Mapping[str, Promise]] = {
    "missing": _("A date is missing. Write it like 2026-11-30."),
    "not_iso": _("“%(raw)s” is not a date as we read it. Write it like 2026-11-30."),
    "not_a_day": _("“%(raw)s” is not a day of the calendar."),
    "out_of_range": _("“%(raw)s” is outside the years we plan for."),
}
PRODUCTS: Final[Mapping[str, Promise]] = {
    "no_strength": _("A product needs a strength above 0 mg."),
    "drops_not_whole": _("A mL of these drops must hold a whole number of drops."),
    "not_of_tablets": _("A home-made liquid is made of whole, half or quarter tablets."),
    "liquid_without_step": _("A liquid needs the smallest volume that can be drawn, in mL."),
    "step_not_exact": _("The smallest volume of this liquid does not hold a whole number of 0.00001 mg."),
    "split": _("A product is taken whole (1), in halves (2) or in quarters (4), nothing else."),
    "never_split": _("Capsules, films and modified-release forms are never split: give a split of 1."),
    "split_not_exact": _("This strength cannot be split so finely in whole 0.00001 mg."),
}
SYRINGES: Final[Mapping[str, Promise]] = {
    "mark": _("The marks of this syringe do not end at what it holds: %(size_ml)s mL by %(mark_ml)s mL."),
    "size": _("This syringe is too large: at most %(most_ml)s mL."),
}
ROWS: Final[Mapping[str, Promise]] = {
    "no_header": _("The file of rows is empty: its first line names the columns."),
    "columns": _(
        "The columns must be days and total_mg, or days, drug and one for each time of day: morning, midday, "
        "evening, night."
    ),
    "unnamed": _(
        "Name the columns in a first line: days and total, or days, drug and the times of day. Without names, two "
        "columns are days and total, six are days, drug, morning, midday, evening and night."
    ),
    "decimal_comma": _("Line %(line)s: %(raw)s has a decimal comma. Write %(write)s."),
    "none": _("Type at least one step: its days, a colon and the dose, such as “14: 1.5”."),
    "days": _("Line %(line)s: “%(raw)s” is not a number of days. Write digits alone, such as 14."),
    "step": _(
        "Line %(line)s: “%(raw)s” is not a step. Write its days, a colon and the dose, such as “14: 1.5” or “14: "
        "morning 0.5, night 1”."
    ),
    "dose": _("Line %(line)s: “%(raw)s” is not a dose. Write a time of day and the mg, such as “night 1.5”."),
    "width": _("Line %(line)s has more or fewer cells than the first line."),
    "not_csv": _(
        "Line %(line)s cannot be divided into cells: a quotation mark is open or stands inside a cell. Take it out."
    ),
    "too_large": _("The file of rows is too large."),
}
WEEKLY: Final[Mapping[str, Promise]] = {
    "short": _(
        "Days of the week need at least seven days, and there are %(days)s: make the step longer, or leave the days "
        "out."
    ),
    "not_fewer": _(
        "Each stage has fewer days of the week than the one before it: here are %(count)s after %(before)s. Leave out "
        "days, or the stage."
    ),
    "typed": _("Typed rows end as they are typed: write the days of the week into their last rows."),
    "goal": _("Days of the week at the end are for a plan that ends at zero: leave them out, or the goal."),
}
METHODS: Final[Mapping[str, Promise]] = {
    "typed": _(
        "This plan was typed as rows, which do not say how another drug goes down. Stay at this dose first; then "
        "choose the switch together with “Taper again from this dose”."
    ),
    "weekly": _("The days of this week differ. Go on from the same dose every day first; then switch."),
    "taper_on": _("This plan was typed as rows. Enter the percent of each cut and the days between cuts."),
}
SWITCHES: Final[Mapping[str, Promise]] = {
    "several": _(
        "The plan counts its cuts in mg of several drugs (%(drug)s), which cannot all count as mg of %(to)s. Choose "
        "“Taper again from this dose”, with a percent, together with the switch."
    ),
    "out_of_range": _(
        "The plan’s %(mg)s mg of %(drug)s are too little or too much to be counted in mg of %(to)s. Choose “Taper "
        "again from this dose”, with a percent, together with the switch."
    ),
    "target_date": _(
        "The plan’s target date leaves no time for the switch to %(to)s, so nothing would be switched. Choose “Taper "
        "again from this dose”, with a percent and days, together with the switch."
    ),
    "ahead": _(
        "The plan’s switch to %(to)s was not made for %(drug)s and would replace it too. Add %(drug)s by a change of "
        "its own once the switch is over, or end this plan and make a new one for both drugs."
    ),
    "goal": _(
        "The plan stays on %(mg)s mg of the drug it ends with, which would become %(mg)s mg of %(drug)s. Stay at this "
        "dose first and add %(drug)s then, or make a new plan for both drugs."
    ),
}
KINDS: Final[Mapping[str, Promise]] = {
    "object": _("an object"),
    "list": _("a list"),
    "text": _("text"),
    "whole_number": _("a whole number"),
    "fraction": _("a number with a point"),
    "true_or_false": _("true or false"),
    "null": _("null"),
    "something_else": _("something else"),
}
SENTENCES: Final[Mapping[str, Promise]] = {
    "wrong_type": _("Enter %(expected)s here, not %(got)s."),
    "missing_key": _("“%(key)s” is missing."),
    "unknown_key": _("“%(key)s” is not known here. Known are: %(allowed)s."),
    "duplicate_key": _("“%(key)s” appears twice here."),
    "duplicate": _("“%(what)s” appears twice here: leave one out."),
    "mixed_times": _(
        "“%(raw)s” and “%(first)s” in one plan: use names of times of day or clock times, not both."
    ),
    "not_one_of": _("“%(raw)s” is not one of: %(allowed)s."),
    "out_of_range": _("%(raw)s is outside the range: enter %(lowest)s to %(highest)s."),
    "too_many": _("There are %(count)s here; at most %(most)s are read."),
    "empty_list": _("The list is empty: give at least one."),
    "zero_amount": _("The amount is zero: it must be more than zero here."),
    "unknown_drug": _(
        "“%(drug)s” is not a drug of the catalogue. Use the generic name in lower case: %(known)s."
    ),
    "unknown_country": _("There are no products for “%(country)s”. Known are: %(known)s."),
    "unknown_table": _("“%(table)s” is not an equivalence table. Known are: %(known)s."),
    "bad_catalogue": _(
        "The data file %(file)s is broken at this place (%(why)s). Tell whoever runs Taperplan."
    ),
    "broken_schedule": _(
        "The steps do not fit together (%(why)s). This is a fault of Taperplan: please report it."
    ),
    "not_read_back": _(
        "The plan cannot be stored so that it can be read again (%(why)s), so nothing was changed. "
        "This is a fault of Taperplan: please report it, and what you chose."
    ),
    "unknown_schema": _("This plan was stored by another version of Taperplan and cannot be read."),
    "bad_fill_days": _("Fills are for %(allowed)s days, not for %(days)s."),
    "home_made_off": _(
        "A suspension made at home is not switched on in this clinic’s formulary: choose another product."
    ),
    "bad_instalments": _(
        "Instalments of %(days)s days are not shorter than a fill of %(fill_days)s days: choose fewer days, or none."
    ),
    "no_product": _("No product of %(drug)s is known for this plan: give its products."),
    "no_product_here": _(
        "No product of %(drug)s is known in this plan’s country, so the plan cannot go on with it: choose another "
        "drug, or end this plan and write one that names its products."
    ),
    "cannot_interleave": _(
        "This method is solved for its end and lowers one drug after the other: choose another method to cut them in "
        "turn."
    ),
    "curve_not_covered": _(
        "This curve of occupancy was found for %(curve_drug)s and says nothing of %(drug)s: choose another curve."
    ),
    "no_preparation": _(
        "%(preparation)s: these products do not make the doses of %(drug)s in that way. Choose other products, or "
        "leave the choice open."
    ),
    "too_many_combinations": _("The products of %(drug)s combine in too many ways: give fewer of them."),
    "nothing_to_taper": _(
        "The goal of %(goal_mg)s mg is not under the %(total_mg)s mg a day taken now: lower the goal."
    ),
    "ends_before_start": _(
        "With %(interval_days)s days between cuts the plan cannot end by %(by)s when it starts on %(start)s: "
        "choose a later day or a shorter interval."
    ),
    "too_long": _(
        "The plan would be longer than %(most_days)s days or %(most_steps)s steps: choose larger or more frequent cuts."
    ),
    "bands_order": _(
        "The bands must fall: begin with the one above the highest dose, and let each next one begin above a lower "
        "dose."
    ),
    "bands_gap": _(
        "No band gives the cut at %(dose_mg)s mg: add a band that reaches down to the goal of %(goal_mg)s mg."
    ),
    "goal_not_reached": _("The rows end at %(last_mg)s mg a day, not at the goal of %(goal_mg)s mg."),
    "total_needs_one_drug": _(
        "Line %(row)s: several drugs are taken. Write each dose of this line, not one total."
    ),
    "total_above_start": _(
        "Line %(row)s: %(total_mg)s mg a day is more than is taken now (%(start_mg)s mg). Is it a slip? If not, write "
        "each dose of this line, such as “14: morning 2, night 4”."
    ),
    "pauses_typed": _(
        "Typed rows have days of their own: leave the pauses out, and make the row before each of them longer."
    ),
    "too_few_steps": _("%(count)s steps are too few to lower %(drugs)s one after the other: give more."),
    "not_long_acting": _("%(drug)s is not long-acting: cross over to a long-acting drug such as diazepam."),
    "nothing_to_cross": _("%(drug)s is all that is taken already: leave the crossover out."),
    "outside_plan": _("%(day)s is not a day of the plan, which goes from %(start)s to %(end)s."),
    "nothing_to_hold": _("Nothing can be held from that day: no dose is taken, or no change comes after it."),
    "not_held": _("The dose of that day is not held, so it cannot be resumed."),
    "not_later": _("The dose changes on %(due)s anyway. Choose that day or a later one."),
    "held_open": _("The dose is held until reviewed. End the hold in the same change."),
    "agreed_not_kept": _(
        "What was agreed does not only go down, and so cannot follow another dose. Continue from the dose of the plan, "
        "or lay the later steps out again and then agree on it anew."
    ),
    "not_taken": _("This drug is not taken on that day. Choose a drug that is."),
    "already_taken": _("This drug is taken already. Change its dose instead."),
    "no_step_before": _("There is no earlier dose to step back to."),
    "nothing_later": _("No steps come after that day."),
    "wrong_option": _("The command line does not read: %(message)s."),
    "unusable_settings": _("The settings cannot be used: %(message)s."),
    "unreadable_file": _("The file %(file)s cannot be read (%(why)s)."),
    "taper_error": _("This plan cannot be made."),
}


# Sentences of codes that tell their cases apart by `why`.
_BY_WHY: Final[Mapping[str, Mapping[str, Promise]]] = {
    "bad_amount": AMOUNTS,
    "bad_json": JSON,
    "bad_date": DATES,
    "bad_product": PRODUCTS,
    "bad_syringe": SYRINGES,
    "bad_rows": ROWS,
    "no_method_to_use": METHODS,
    "switch_refused": SWITCHES,
}


def refusal_words(error: TaperplanError) -> str:
    """The sentence for a refusal. A code without a sentence is shown as it is."""
    facts = _readable(error.facts)
    why = str(error.facts.get("why", ""))
    match error.code:
        case code if code in _BY_WHY:
            return str(_BY_WHY[code][why]) % facts
        case "weekly_pattern":
            return _weekly(error) if why == "start" else str(WEEKLY[why]) % facts
        case "pair_not_covered":
            return _pair(error)
        case "schedule_of_other_drug":
            return _other_drug(error)
        case "not_makeable":
            return _not_makeable(error)
        case code if code in SENTENCES:
            return str(SENTENCES[code]) % facts
        case code:
            return gettext("This was refused (%(code)s).") % {"code": code}


def _readable(facts: Mapping[str, object]) -> dict[str, object]:
    found: JsonObject = {}
    for key, value in facts.items():
        if isinstance(value, list):
            found[key] = ", ".join(str(item) for item in value)
        elif key in ("expected", "got"):
            found[key] = str(KINDS.get(str(value), value))
        elif key == "due":
            found[key] = date_format(date.fromisoformat(str(value)), "j F Y")
        elif key == "preparation":
            found[key] = preparation_words(PreparationName(str(value)))
        else:
            found[key] = value
    return found


def _pair(error: TaperplanError) -> str:
    covered_by = error.facts["covered_by"]
    tables = [table_words(name) for name in covered_by] if isinstance(covered_by, list) else []
    table = str(error.facts["table"])
    facts = error.facts | {"table": table_words(table) if table else "", "covered_by": listed(tables)}
    if error.facts["why"] == "range":
        words = gettext(
            "The table %(table)s gives %(drug)s only as a range (%(low)s to %(high)s mg to 10 mg of diazepam): "
            "it cannot convert it."
        )
    elif error.facts["table"]:
        words = gettext("The table %(table)s does not cover %(drug)s.")
    else:
        words = gettext("No table covers %(drug)s.")
    if not tables:
        return words % facts
    return f"{words % facts} " + gettext("Tables that do: %(covered_by)s.") % facts


def _other_drug(error: TaperplanError) -> str:
    """For which drug alone a published schedule is, and what to do."""
    raw = error.facts["drugs"]
    drugs = listed([drug_words(str(one), clinician=True) for one in raw] if isinstance(raw, list) else [])
    said = gettext(
        "The published schedule is for %(drug)s alone, and this plan is for %(drugs)s: its doses do not suit it. "
        "Choose a schedule for %(drugs)s, or type how the dose is lowered."
    )
    return said % {"drug": drug_words(str(error.facts["drug"]), clinician=True), "drugs": drugs}


def _weekly(error: TaperplanError) -> str:
    """That a method needs an even dose to begin from, and the doses to choose from."""
    near = error.nearest or {}
    ends = [f"{near[end]}{NBSP}mg" for end in ("lower", "higher") if near.get(end) not in (None, "0")]
    facts = {
        "drug": drug_words(str(error.facts["drug"]), clinician=True),
        "week": f"{error.facts['week_mg']}{NBSP}mg",
        "average": f"{error.facts['average_mg']}{NBSP}mg",
        "doses": _either(ends),
    }
    said = gettext(
        "This method begins from the same dose every day, and %(drug)s is taken on some days of the week: %(week)s a "
        "week, about %(average)s a day. Type the rows, or let it begin from %(doses)s every day."
    )
    return said % facts


def _product_list(names: object) -> list[str]:
    """Products by their names in a request ("clonazepam tablet 2 mg"), in words: "the 2 mg tablet"."""
    return [_product(str(name)) for name in names] if isinstance(names, list) else []


def _product(name: str) -> str:
    for form in sorted(Form, key=lambda each: -len(each.value)):
        _drug, between, strength = name.partition(f" {form.value} ")
        if between:
            words = {"strength": strength.replace(" ", NBSP), "form": form_words(form)}
            return pgettext("a product", "the %(strength)s %(form)s") % words
    return name


def _either(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    words = {"several": ", ".join(parts[:-1]), "last": parts[-1]}
    return pgettext("a choice", "%(several)s or %(last)s") % words


def _not_makeable(error: TaperplanError) -> str:
    facts = {
        "drug": drug_words(str(error.facts["drug"]), clinician=True),
        "dose": f"{error.facts['dose_mg']}{NBSP}mg",
        "products": listed(_product_list(error.facts["products"])),
        "max_pieces": error.facts["max_pieces"],
        "would_help": _either(_product_list(error.facts.get("would_help"))),
    }
    lines = [
        gettext(
            "%(drug)s %(dose)s cannot be made of %(products)s with at most %(max_pieces)s pieces at a time."
        )
        % facts
    ]
    near = error.nearest or {}
    ends = [f"{near[end]}{NBSP}mg" for end in ("lower", "higher") if near.get(end) is not None]
    if ends:
        lines.append(gettext("The nearest that can: %(doses)s.") % {"doses": listed(ends)})
    if facts["would_help"]:
        lines.append(gettext("It could be made with %(would_help)s.") % facts)
    return " ".join(lines)
