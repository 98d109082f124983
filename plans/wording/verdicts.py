"""The sentences of the limits: which limit was passed, by how much, and what the figure refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.json import Facts, JsonObject
from plans.domain.taper.equivalence import REFERENCE
from plans.domain.taper.limit_rules import LOW_DOSE, LimitLevel, Verdict
from plans.domain.taper.snapshot import AcceptedReason
from plans.wording.drugs import drug_words, listed
from plans.wording.methods import mark_words

LEVELS: Final[Mapping[LimitLevel, Promise]] = {
    LimitLevel.NOTE: _("Note"),
    LimitLevel.NEEDS_REASON: _("Reason needed"),
    LimitLevel.REFUSED: _("Cannot be issued"),
}
NAMES: Final[Mapping[str, Promise]] = {
    "ceiling": _("Ceiling of 25 % in 2 weeks"),
    "pace": _("Pace of the guideline"),
    "tail": _("Cut at a low dose"),
    "stop_from": _("Dose stopped from"),
    "coarse_end": _("Last step"),
    "alternate_day": _("Days without the drug"),
    "max_dose": _("Maximum dose"),
    "above_max_and_now": _("Above the maximum and the present dose"),
    "four_half_lives": _("Time between cuts"),
    "start_day": _("Day of the start"),
    "cut_day": _("Day of a cut"),
    "unverified_product": _("Product to confirm"),
    "last_dose": _("Last dose"),
    "longest_step": _("Longest step"),
    "slower_than_asked": _("Cuts less often than asked for"),
    "new_drugs_mg": _("Amounts after a switch"),
    "dose_gap": _("Time between doses"),
    "trough": _("Lowest level of the day"),
    "faster_than_asked": _("Cuts larger than asked for"),
    "rise": _("Rise"),
    "new_drug": _("New drug"),
    "abrupt_stop": _("Abrupt stop"),
    "max_dose_before": _("Maximum dose before the plan"),
    "varied_before": _("Varied use before the plan"),
    "accumulation": _("Build-up after the switch"),
}
_DAY_HOURS: Final = 24
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


def reason_words(reason: AcceptedReason) -> str:
    """A reason as it was given, after the finding it answers: "Pace of the guideline, steps 3 to 5: agreed"."""
    name = str(NAMES.get(reason.rule, reason.rule))
    if reason.steps:
        steps = ngettext("%(name)s, step %(steps)s", "%(name)s, steps %(steps)s", len(reason.steps))
        name = steps % {"name": name, "steps": steps_words(reason.steps)}
    said = (
        reason.text
        or (reason.limit and agreed_words(reason.rule, reason.limit))
        or gettext("Follows the published schedule")
    )
    if reason.source:
        said = gettext("%(said)s (source: %(source)s)") % {"said": said, "source": reason.source}
    return gettext("%(name)s: %(said)s") % {"name": name, "said": said}


def agreed_words(rule: str, limit: Facts) -> str:
    """Within which limit of the clinic a finding lies, who signed it and when; "" if it lies within none."""
    if "agreed" not in limit:
        return ""
    if rule == "pace":
        figure = gettext("%(most)s in 28 days") % {"most": _percent(limit["agreed"])}
    else:
        figure = gettext("%(most)s of diazepam equivalent in 2 weeks") % {"most": _mg(limit["agreed"])}
    words = gettext("Within the limits of your clinic (%(figure)s), signed by %(name)s on %(day)s.")
    day = date_format(date.fromisoformat(str(limit["agreed_on"])), "j F Y").replace(" ", NBSP)
    return words % {"figure": figure, "name": limit["agreed_by"], "day": day}


def verdict_words(verdict: Verdict) -> str:
    """The sentence of a finding, for clinicians, with the steps it names."""
    sentence = _SENTENCES[verdict.rule](verdict)
    within = agreed_words(verdict.rule, verdict.facts)
    sentence = f"{sentence} {within}" if within else sentence
    if verdict.step is None:
        return sentence
    return gettext("%(steps)s: %(sentence)s") % {"steps": _steps(verdict), "sentence": sentence}


def _steps(verdict: Verdict) -> str:
    """The steps a finding names: "Step 3", "Steps 12 to 40, most at step 30", "Step 5, the first of 8"."""
    steps, furthest = verdict.steps, verdict.facts.get("at_step")
    if furthest is not None:
        return gettext("Steps %(first)s to %(last)s, most at step %(most)s") % {
            "first": steps[0],
            "last": steps[-1],
            "most": furthest,
        }
    if len(steps) > 1:
        return gettext("Step %(first)s, the first of %(count)s") % {"first": steps[0], "count": len(steps)}
    return gettext("Step %(step)s") % {"step": verdict.step}


def steps_words(steps: Sequence[int]) -> str:
    """The steps of a finding without its sentence, neighbours joined: "6", "8 to 10"."""
    if len(steps) < 2 or steps[-1] - steps[0] != len(steps) - 1:
        return listed([str(step) for step in steps])
    return gettext("%(first)s to %(last)s") % {"first": steps[0], "last": steps[-1]}


def _mg(text: object) -> str:
    return f"{text}{NBSP}mg"


def _count(fact: object) -> int:
    return fact if isinstance(fact, int) else 0


def _percent(text: object) -> str:
    """A percentage without its sign or trailing zeros, as a sentence writes it: "20 %", "33.33 %"."""
    number = str(text).lstrip("+-")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{NBSP}%"


def change_words(text: object) -> str:
    """A signed percentage in words: "20 % less"."""
    words = gettext("%(percent)s less") if str(text).startswith("-") else gettext("%(percent)s more")
    return words % {"percent": _percent(text)}


def _per(amount: str, facts: Facts) -> str:
    """An amount with what it is taken in: "5 mg a day", "15 mg a week" where the days of a week differ."""
    words = gettext("%(dose)s a week") if "per_week" in facts else gettext("%(dose)s a day")
    return words % {"dose": amount}


def _figures(facts: Facts) -> JsonObject:
    """The facts of a change, ready for a sentence."""
    equivalent = facts.get("unit") == "diazepam_equivalent"
    of = gettext(" of diazepam equivalent") if equivalent else ""
    before, after = f"{_mg(facts['before_mg'])}{of}", f"{_mg(facts['after_mg'])}{of}"
    return {
        **facts,
        "before": before,
        "after": after,
        "before_per": _per(before, facts),
        "after_per": _per(after, facts),
        "change": change_words(facts["change_percent"]),
        "limit": f"{facts.get('limit', '')}{NBSP}%",
        "pace": f"10{NBSP}%",
        "window": facts.get("window_days", ""),
        "low": LOW_DOSE.mg,
    }


def _ceiling(verdict: Verdict) -> str:
    facts = _figures(verdict.facts)
    words = gettext(
        "%(before_per)s to %(after_per)s within %(window)s days is %(change)s; "
        "the guideline’s ceiling is %(limit)s of the current dose every 2 weeks."
    )
    return _with_exemption(verdict, words % facts, facts)


def _pace(verdict: Verdict) -> str:
    facts = _figures(verdict.facts)
    if verdict.facts["per"] == "window":
        words = gettext(
            "%(before_per)s to %(after_per)s within %(window)s days is %(change)s; the guideline’s pace, 5 to "
            "%(pace)s of the current dose every 2 to 4 weeks, is at most %(limit)s in that time."
        )
    elif verdict.facts["limit"] == "10":
        words = gettext(
            "%(before_per)s to %(after_per)s in one step is %(change)s; the guideline’s pace is 5 to %(pace)s of "
            "the current dose every 2 to 4 weeks."
        )
    else:
        words = gettext(
            "%(before_per)s to %(after_per)s in one step is %(change)s; the guideline’s pace is 5 to %(pace)s of "
            "the current dose every 2 to 4 weeks, and the largest published single cut is an eighth (%(limit)s)."
        )
    sentence = words % facts
    if "rounding_mg" in verdict.facts:
        note = gettext("A note only: the smallest piece that can be made is %(piece)s, so this is rounding.")
        return f"{sentence} " + note % {"piece": _mg(verdict.facts["rounding_mg"])}
    return _with_exemption(verdict, sentence, facts)


def _with_exemption(verdict: Verdict, sentence: str, facts: Mapping[str, object]) -> str:
    if "low_dose" not in verdict.facts:
        return _caused(verdict, sentence)
    return (
        f"{sentence} "
        + gettext(
            "A note only: at %(low)s of diazepam equivalent a day or less the size of a cut counts, "
            "not its percentage."
        )
        % facts
    )


def _caused(verdict: Verdict, sentence: str) -> str:
    """The sentence; where products are the cause, it adds that one reason answers all such findings."""
    if "caused" not in verdict.facts:
        return sentence
    return f"{sentence} " + gettext("Answered with the cuts that are larger than asked for.")


def _tail(verdict: Verdict) -> str:
    words = gettext(
        "%(before_per)s to %(after_per)s within %(window)s days; at this low dose a cut is at most "
        "%(most)s of diazepam equivalent in 2 weeks."
    )
    return _caused(verdict, words % (_figures(verdict.facts) | {"most": _mg(verdict.facts["limit"])}))


def _stop_facts(facts: Mapping[str, object]) -> dict[str, str]:
    """The dose a drug stops from: its own milligrams and their diazepam equivalent."""
    dose, equivalent = _mg(facts["dose_mg"]), str(facts["diazepam_equivalent_mg"])
    if equivalent and facts["drug"] != REFERENCE:
        if "per_week" in facts:
            words = gettext("%(dose)s (about %(equivalent)s of diazepam equivalent a day)")
        else:
            words = gettext("%(dose)s (%(equivalent)s of diazepam equivalent)")
        dose = words % {"dose": _per(dose, facts), "equivalent": _mg(equivalent)}
    else:
        dose = _per(dose, facts)
    drug = drug_words(str(facts["drug"]), clinician=True)
    return {"drug": drug, "dose": dose, "most": _mg(facts["limit"])}


def _stop_from(verdict: Verdict) -> str:
    words = gettext(
        "%(drug)s stops from %(dose)s; published tapers stop from at most %(most)s of diazepam equivalent."
    )
    return _caused(verdict, words % _stop_facts(verdict.facts))


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
        words = gettext("%(drug)s rises from %(before_per)s to %(after_per)s (%(more)s more).")
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


def _varied(verdict: Verdict) -> str:
    said = gettext(
        "In the %(days)s days before the plan %(drug)s was taken unevenly: %(lowest)s to %(highest)s a day, %(total)s "
        "in all, days without: %(without)s."
    ) % {
        "days": verdict.facts["days"],
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "lowest": _mg(verdict.facts["lowest_mg"]),
        "highest": _mg(verdict.facts["highest_mg"]),
        "total": _mg(verdict.facts["total_mg"]),
        "without": verdict.facts["days_without"],
    }
    start = _mg(verdict.facts["start_mg"])
    if "per_week" in verdict.facts:
        begins = gettext("The plan starts from %(start)s a week.")
        more = gettext("That is more than was taken.")
    else:
        begins = gettext("The plan starts from an even %(start)s a day.")
        more = gettext("Taken every day, that is more than was taken.")
    said = f"{said} {begins % {'start': start}}"
    return f"{said} {more}" if verdict.facts["more"] else said


def _coarse_end(verdict: Verdict) -> str:
    earlier = _mg(verdict.facts["cut_before_mg"])
    facts = _figures(verdict.facts) | {
        "earlier": _per(earlier, verdict.facts) if "per_week" in verdict.facts else earlier
    }
    return (
        gettext(
            "the last step, from %(before_per)s to nothing, is larger than the cut before it (%(earlier)s). "
            "A smaller strength or a liquid would make the end gentler."
        )
        % facts
    )


def _days_off(verdict: Verdict) -> str:
    days = _count(verdict.facts["days_off"])
    facts = {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "hours": verdict.facts["half_life_hours"],
        "days": days,
    }
    return (
        ngettext(
            "%(drug)s is left out on %(days)s day of the week; its shortest published half-life is %(hours)s hours, "
            "and withdrawal between doses is to be expected.",
            "%(drug)s is left out on up to %(days)s days of the week; its shortest published half-life is %(hours)s "
            "hours, and withdrawal between doses is to be expected.",
            days,
        )
        % facts
    )


def _alternate_day(verdict: Verdict) -> str:
    if "days_off" in verdict.facts:
        return _days_off(verdict)
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
    if len(verdict.steps) > 1:
        words = gettext(
            "the dose changes with the clinic closed soon after, the first time on %(date)s, %(day)s."
        )
    else:
        words = gettext("the dose changes on %(date)s, %(day)s, with the clinic closed soon after.")
    return words % _day(verdict)


def _unverified(verdict: Verdict) -> str:
    facts = {"product": verdict.facts["product"]}
    if verdict.facts["listed"]:
        return gettext("nobody has confirmed that %(product)s is sold here: check with the pharmacy.") % facts
    return gettext("%(product)s is not in the catalogue: check with the pharmacy that it exists.") % facts


def _faster(verdict: Verdict) -> str:
    """Each cut with its percentage and what was asked for, and what would make it smaller."""
    cuts, asked, helps = (verdict.facts[name] for name in ("cuts", "asked", "would_help"))
    if not (isinstance(cuts, dict) and isinstance(asked, dict) and isinstance(helps, list)):
        raise TypeError("faster_than_asked lists its cuts")
    each = [
        gettext("step %(step)s takes %(cut)s (asked for: %(asked)s)")
        % {"step": step, "cut": _percent(cut), "asked": _percent(asked[step])}
        for step, cut in cuts.items()
    ]
    sentence = gettext("these products make no cut as small as the method asks for: %(cuts)s.")
    if helps:
        more = gettext("A smaller cut needs %(products)s, a liquid made by a pharmacy or a tapering strip.")
    else:
        more = gettext("A smaller cut needs a liquid made by a pharmacy or a tapering strip.")
    products = ", ".join(str(name) for name in helps)
    return f"{sentence % {'cuts': '; '.join(each)}} {more % {'products': products}}"


def _dose_gap(verdict: Verdict) -> str:
    facts = {**verdict.facts, "drug": drug_words(str(verdict.facts["drug"]), clinician=True)}
    said = gettext(
        "the longest time between two doses of %(drug)s grows from %(before_hours)s to %(gap_hours)s hours; its "
        "shortest published half-life is %(half_life_hours)s hours, and withdrawal between doses is to be expected."
    )
    if Fraction(str(facts["gap_hours"])) > _DAY_HOURS:
        return said % facts  # days of the week without the drug
    return f"{said % facts} {gettext('Lowering all times of day in turn keeps the doses close.')}"


def _trough(verdict: Verdict) -> str:
    words = gettext(
        "the lowest level of %(drug)s over the day falls by about %(low)s while its dose falls by %(dose)s (by the "
        "exposure model, with its shortest published half-life of %(hours)s hours)."
    )
    facts = {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "low": _percent(verdict.facts["change_percent"]),
        "dose": _percent(verdict.facts["dose_percent"]),
        "hours": verdict.facts["half_life_hours"],
    }
    return _caused(verdict, words % facts)


def _last_dose(verdict: Verdict) -> str:
    days = _count(verdict.facts["days"])
    return ngettext(
        "%(days)s day is spent on less than %(limit)s of %(drug)s a day (down to %(dose)s); published tapers stop "
        "from 0.5 to 1 mg of diazepam equivalent.",
        "%(days)s days are spent on less than %(limit)s of %(drug)s a day (down to %(dose)s); published tapers stop "
        "from 0.5 to 1 mg of diazepam equivalent.",
        days,
    ) % {
        "days": days,
        "limit": _mg(verdict.facts["limit"]),
        "dose": _mg(verdict.facts["dose_mg"]),
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
    }


def _longest_step(verdict: Verdict) -> str:
    return (
        gettext(
            "the dose is kept for up to %(days)s days, longer than %(limit)s, because the products make no smaller cut."
        )
        % verdict.facts
    )


def _slower(verdict: Verdict) -> str:
    return (
        gettext(
            "a cut is asked for every %(interval_days)s days, and the products make one only after up to %(days)s: "
            "under half the rate."
        )
        % verdict.facts
    )


def _new_drugs_mg(verdict: Verdict) -> str:
    amounts = verdict.facts["amounts_mg"]
    return gettext(
        "After the switch the plan’s amounts are mg of %(drug)s: %(amounts)s. Check that they were meant so."
    ) % {
        "drug": drug_words(str(verdict.facts["drug"]), clinician=True),
        "amounts": listed([_mg(one) for one in amounts] if isinstance(amounts, list) else []),
    }


def _accumulation(verdict: Verdict) -> str:
    """How long the new drug builds up, from how much, and by which half-lives; whether it is cut before that."""
    facts = dict(verdict.facts)
    drug = drug_words(str(facts["drug"]), clinician=True)
    facts["drug"] = f"{drug} ({facts['metabolite']})" if facts["metabolite"] else drug
    days = _count(facts["days"])
    facts["time"] = _how_long(days)
    facts["day"] = date_format(date.fromisoformat(str(facts["reached_on"])), "j F Y").replace(" ", NBSP)
    said = [
        gettext(
            "the level of %(drug)s goes on rising for %(time)s after the switch: from %(share_percent)s %% of its "
            "steady level on the first day of the whole new dose to %(steady_percent)s %% on %(day)s, if that dose is "
            "kept."
        )
    ]
    if facts["cut_days"] is not None and _count(facts["cut_days"]) < days:
        said.append(gettext("The first cut comes before that, %(cut_days)s days after the switch."))
    half = gettext(
        "An illustration by the exposure model: half is gone after %(half_life_hours)s hours (%(own)s)"
    )
    facts["own"] = f"{facts['half_life_source']}, {mark_words(str(facts['half_life_mark']))}"
    if facts["metabolite"]:
        half += gettext(", of its active metabolite after %(metabolite_half_life_hours)s hours (%(other)s)")
        mark = mark_words(str(facts["metabolite_half_life_mark"]))
        facts["other"] = f"{facts['metabolite_half_life_source']}, {mark}"
    facts["long"] = _how_long(_count(facts["longest_days"]))
    longest = gettext("By the longest published half-lives it would be %(long)s.")
    return " ".join([*said, f"{half}.", longest]) % facts


def _how_long(days: int) -> str:
    """ "8 days", "about 3 weeks (19 days)"."""
    said = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    if days < 14:
        return said
    return gettext("about %(n)s weeks (%(days)s)") % {"n": round(days / 7), "days": said}


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
    "last_dose": _last_dose,
    "longest_step": _longest_step,
    "slower_than_asked": _slower,
    "new_drugs_mg": _new_drugs_mg,
    "dose_gap": _dose_gap,
    "trough": _trough,
    "faster_than_asked": _faster,
    "rise": _rise,
    "new_drug": _new_drug,
    "abrupt_stop": _abrupt_stop,
    "max_dose_before": _max_before,
    "varied_before": _varied,
    "accumulation": _accumulation,
}
