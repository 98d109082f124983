"""The sentences of the limits: what was passed, by how much, and what the figure is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.json import Facts, JsonObject
from plans.domain.taper.equivalence import REFERENCE
from plans.domain.taper.limit_rules import LOW_DOSE, LimitLevel, Verdict
from plans.wording.drugs import drug_words, listed

LEVELS: Final[Mapping[LimitLevel, Promise]] = {
    LimitLevel.NOTE: _("Note"),
    LimitLevel.NEEDS_REASON: _("Reason needed"),
    LimitLevel.REFUSED: _("Cannot be issued"),
}
_DAYS: Final[Mapping[str, Promise]] = {
    "monday": _("a Monday"),
    "tuesday": _("a Tuesday"),
    "wednesday": _("a Wednesday"),
    "thursday": _("a Thursday"),
    "friday": _("a Friday"),
    "saturday": _("a Saturday"),
    "sunday": _("a Sunday"),
    "holiday": _("a day on which the clinic is closed"),
}


def level_words(level: LimitLevel) -> str:
    """A level as a word: "Note", "Reason needed", "Cannot be issued"."""
    return str(LEVELS[level])


def verdict_words(verdict: Verdict) -> str:
    """The sentence of a finding, for clinicians, with the step it names."""
    sentence = _SENTENCES[verdict.rule](verdict)
    until = verdict.facts.get("until_step")
    if until is not None:
        steps = gettext("Steps %(first)s to %(last)s") % {"first": verdict.step, "last": until}
    elif verdict.step is not None:
        steps = gettext("Step %(step)s") % {"step": verdict.step}
    else:
        return sentence
    return gettext("%(steps)s: %(sentence)s") % {"steps": steps, "sentence": sentence}


def _mg(text: object) -> str:
    return f"{text}{NBSP}mg"


def _count(fact: object) -> int:
    return fact if isinstance(fact, int) else 0


def _percent(text: object) -> str:
    """A percentage without its sign or trailing zeros, as a sentence writes it: "20 %", "33.33 %"."""
    number = str(text).lstrip("+-")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{NBSP}%"


def _change(text: object) -> str:
    """A signed percentage in words: "20 % less"."""
    words = gettext("%(percent)s less") if str(text).startswith("-") else gettext("%(percent)s more")
    return words % {"percent": _percent(text)}


def _figures(facts: Facts) -> JsonObject:
    """The facts of a change, ready for a sentence."""
    equivalent = facts.get("unit") == "diazepam_equivalent"
    of = gettext(" of diazepam equivalent") if equivalent else ""
    return {
        **facts,
        "before": f"{_mg(facts['before_mg'])}{of}",
        "after": f"{_mg(facts['after_mg'])}{of}",
        "change": _change(facts["change_percent"]),
        "limit": f"{facts.get('limit', '')}{NBSP}%",
        "window": facts.get("window_days", ""),
        "low": LOW_DOSE.mg,
    }


def _ceiling(verdict: Verdict) -> str:
    facts = _figures(verdict.facts)
    words = gettext(
        "%(before)s a day to %(after)s a day within %(window)s days is %(change)s; "
        "the guideline’s ceiling is %(limit)s of the current dose every 2 weeks."
    )
    return _with_exemption(verdict, words % facts, facts)


def _pace(verdict: Verdict) -> str:
    facts = _figures(verdict.facts)
    words = gettext(
        "%(before)s a day to %(after)s a day within %(window)s days is %(change)s; "
        "the guideline’s pace is 5 to %(limit)s of the current dose every 2 to 4 weeks."
    )
    return _with_exemption(verdict, words % facts, facts)


def _with_exemption(verdict: Verdict, sentence: str, facts: Mapping[str, object]) -> str:
    if verdict.level is not LimitLevel.NOTE:
        return sentence
    return (
        f"{sentence} "
        + gettext(
            "A note only: at %(low)s of diazepam equivalent a day or less the size of a cut counts, "
            "not its percentage."
        )
        % facts
    )


def _tail(verdict: Verdict) -> str:
    return gettext(
        "%(before)s a day to %(after)s a day within %(window)s days; at this low dose a cut is at most "
        "%(most)s of diazepam equivalent in 2 weeks."
    ) % (_figures(verdict.facts) | {"most": _mg(verdict.facts["limit"])})


def _stop_facts(facts: Mapping[str, object]) -> dict[str, str]:
    """What a drug stops from: its own milligrams, and beside them what they equal."""
    dose, equivalent = _mg(facts["dose_mg"]), str(facts["diazepam_equivalent_mg"])
    if equivalent and facts["drug"] != REFERENCE:
        dose = gettext("%(dose)s a day (%(equivalent)s of diazepam equivalent)") % {
            "dose": dose,
            "equivalent": _mg(equivalent),
        }
    else:
        dose = gettext("%(dose)s a day") % {"dose": dose}
    drug = drug_words(str(facts["drug"]), clinician=True)
    return {"drug": drug, "dose": dose, "most": _mg(facts["limit"])}


def _stop_from(verdict: Verdict) -> str:
    return gettext(
        "%(drug)s stops from %(dose)s; published tapers stop from at most %(most)s of diazepam equivalent."
    ) % _stop_facts(verdict.facts)


def _abrupt_stop(verdict: Verdict) -> str:
    return gettext(
        "%(drug)s goes from %(dose)s to nothing in one step. The guideline says not to stop abruptly where the patient "
        "is likely to be physically dependent: seizures and delirium can follow."
    ) % _stop_facts(verdict.facts)


def _rise(verdict: Verdict) -> str:
    facts = _figures(verdict.facts) | {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "more": _percent(verdict.facts["change_percent"]),
    }
    if verdict.facts["per"] == "dose":
        words = gettext(
            "%(drug)s rises in one dose: from at most %(before)s at a time so far to %(after)s at a time "
            "(%(more)s more)."
        )
    elif verdict.facts["unit"] == "diazepam_equivalent":
        words = gettext("the day rises with %(drug)s, from %(before)s to %(after)s (%(more)s more).")
    else:
        words = gettext("%(drug)s rises from %(before)s a day to %(after)s a day (%(more)s more).")
    if verdict.facts["above_highest"]:
        above = gettext("That is more than is taken now, and more than on any earlier day of the plan.")
        return f"{words % facts} {above}"
    return words % facts


def _new_drug(verdict: Verdict) -> str:
    drug = drug_words(str(verdict.facts["drug"]), clinician=True)
    return gettext("%(drug)s %(dose)s a day begins; it was not taken the day before.") % {
        "drug": drug,
        "dose": _mg(verdict.facts["dose_mg"]),
    }


def _max_before(verdict: Verdict) -> str:
    return gettext(
        "Before the plan, %(drug)s %(dose)s a day is taken, more than its usual maximum of %(limit)s a day."
    ) % {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "dose": _mg(verdict.facts["dose_mg"]),
        "limit": _mg(verdict.facts["limit"]),
    }


def _coarse_end(verdict: Verdict) -> str:
    facts = _figures(verdict.facts) | {"earlier": _mg(verdict.facts["cut_before_mg"])}
    return (
        gettext(
            "the last step, from %(before)s a day to nothing, is larger than the cut before it (%(earlier)s). "
            "A smaller strength or a liquid would make the end gentler."
        )
        % facts
    )


def _alternate_day(verdict: Verdict) -> str:
    gaps = _count(verdict.facts["gaps"])
    facts = {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "hours": verdict.facts["half_life_hours"],
        "gaps": gaps,
    }
    return (
        ngettext(
            "a gap without %(drug)s between days with it; its half-life is about %(hours)s hours, "
            "and withdrawal between doses is to be expected.",
            "%(gaps)s gaps without %(drug)s between days with it; its half-life is about %(hours)s hours, "
            "and withdrawal between doses is to be expected.",
            gaps,
        )
        % facts
    )


def _max_dose(verdict: Verdict) -> str:
    facts = {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "dose": _mg(verdict.facts["dose_mg"]),
        "limit": _mg(verdict.facts["limit"]),
    }
    return gettext("%(drug)s %(dose)s a day is above its usual maximum of %(limit)s a day.") % facts


def _above_both(verdict: Verdict) -> str:
    facts = _figures(verdict.facts) | {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "dose": _mg(verdict.facts["dose_mg"]),
        "most": _mg(verdict.facts["limit"]),
    }
    return (
        gettext(
            "%(drug)s %(dose)s a day is above its maximum of %(most)s a day and above what is taken now "
            "(%(before)s a day at the start, %(after)s a day here). Lower this step."
        )
        % facts
    )


def _half_lives(verdict: Verdict) -> str:
    days = _count(verdict.facts["days"])
    facts = {
        "days": days,
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "hours": verdict.facts["half_life_hours"],
    }
    return (
        ngettext(
            "the next cut comes %(days)s day after the last, before the level has settled (four half-lives of "
            "%(drug)s, each about %(hours)s hours with its active metabolite).",
            "the next cut comes %(days)s days after the last, before the level has settled (four half-lives of "
            "%(drug)s, each about %(hours)s hours with its active metabolite).",
            days,
        )
        % facts
    )


def _day(verdict: Verdict) -> dict[str, str]:
    day = date.fromisoformat(str(verdict.facts["date"]))
    return {"date": date_format(day, "j F Y"), "day": str(_DAYS[str(verdict.facts["day"])])}


def _start_day(verdict: Verdict) -> str:
    return gettext(
        "the plan starts on %(date)s, %(day)s. From Monday to Wednesday the clinic is open in the days after."
    ) % _day(verdict)


def _cut_day(verdict: Verdict) -> str:
    return gettext("the dose changes on %(date)s, %(day)s, with the clinic closed soon after.") % _day(
        verdict
    )


def _unverified(verdict: Verdict) -> str:
    facts = {"product": verdict.facts["product"]}
    if verdict.facts["listed"]:
        return gettext("nobody has confirmed that %(product)s is sold here: check with the pharmacy.") % facts
    return gettext("%(product)s is not in the catalogue: check with the pharmacy that it exists.") % facts


def _longer_step(verdict: Verdict) -> str:
    steps = verdict.facts.get("steps")
    numbers = [str(step) for step in steps] if isinstance(steps, list) else [str(verdict.step)]
    return ngettext(
        "the next cut the tablets can make is larger than the method asks for, so the dose is kept longer "
        "(step %(steps)s).",
        "the next cut the tablets can make is larger than the method asks for, so the dose is kept longer "
        "(steps %(steps)s).",
        len(numbers),
    ) % {"steps": listed(numbers)}


_SENTENCES: Final[Mapping[str, Callable[[Verdict], str]]] = {
    "ceiling": _ceiling,
    "pace": _pace,
    "tail": _tail,
    "stop_from": _stop_from,
    "coarse_end": _coarse_end,
    "alternate_day": _alternate_day,
    "max_dose": _max_dose,
    "above_max_and_now": _above_both,
    "four_half_lives": _half_lives,
    "start_day": _start_day,
    "cut_day": _cut_day,
    "unverified_product": _unverified,
    "longer_step": _longer_step,
    "rise": _rise,
    "new_drug": _new_drug,
    "abrupt_stop": _abrupt_stop,
    "max_dose_before": _max_before,
}
