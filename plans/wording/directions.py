"""Directions: the label sentence of a step, a step on one line, and what to do about a missed dose."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from plans.domain.taper import catalogue
from plans.domain.taper.schedule import Step
from plans.wording.drugs import drug_words, listed, measured_lines, when_in_week_words, when_words


def sig(step: Step, drug: str) -> str:
    """The label sentence of a drug in a step, for the pharmacist, without abbreviations.

    "Take half a 0.5 mg tablet in the morning, and one 0.5 mg tablet at night, by mouth, every day for 14 days (…). In
    all clonazePAM 0.75 mg a day."
    """
    name = drug_words(drug, clinician=True)
    first, last = date_format(step.start, "j F Y"), date_format(step.end, "j F Y")
    at_times = []
    for timed in step.doses:
        if timed.drug == drug:
            lines = [line for take in timed.take for line in measured_lines(take)]
            words = {"takes": listed(lines), "when": when_words(timed.time, timed.weekdays)}
            at_times.append(gettext("%(takes)s %(when)s") % words)
    if not at_times:
        return gettext("No %(drug)s from %(day)s.") % {"drug": name, "day": first}
    facts = {
        # "and" inside a time, ", and" between times.
        "doses": gettext(", and ").join(at_times),
        "drug": name,
        "total": step.week(drug).mg if step.weekly else step.total(drug).mg,
        "days": step.days,
        "first": first,
        "last": last,
    }
    if step.weekly:
        return (
            gettext(
                "Take %(doses)s, by mouth, for %(days)s days (%(first)s to %(last)s). In all %(drug)s %(total)s a week."
            )
            % facts
        )
    return (
        ngettext(
            "Take %(doses)s, by mouth, on %(first)s only. In all %(drug)s %(total)s a day.",
            "Take %(doses)s, by mouth, every day for %(days)s days (%(first)s to %(last)s). "
            "In all %(drug)s %(total)s a day.",
            step.days,
        )
        % facts
    )


def step_words(step: Step, *, clinician: bool = False) -> str:
    """The doses of a step on one line: "clonazepam 0.5 mg in the morning and 1 mg at night", "zolpidem 5 mg at night on
    Monday and Friday"; "no dose" at zero. Beside days off, "every day" is said."""
    lines, last = [], ""
    when = when_in_week_words if step.weekly else when_words
    for timed in step.doses:
        words = f"{timed.dose.mg} {when(timed.time, timed.weekdays)}"
        name = drug_words(timed.drug, clinician=clinician)
        lines.append(words if name == last else f"{name} {words}")
        last = name
    return listed(lines) if lines else gettext("no dose")


def missed_dose_words(drug: str) -> str:
    """What a patient is told about a missed or late dose of this drug.

    Three groups, from the catalogue: taken at bedtime alone, long-acting, and short-acting. The advice is that of the
    usual leaflets (no source checked); a clinic's lead signs it before it is printed.
    """
    known = catalogue.drug(drug)
    name = {"drug": drug_words(drug)}
    never = gettext("Never take two doses at once. Tell us at your next check-in.")
    if known.usual_times.value.high == 1:
        return (
            gettext(
                "If you forget %(drug)s at bedtime, leave it out. Take the next dose the next night. "
                "Do not take it in the middle of the night or in the morning."
            )
            % name
            + " "
            + never
        )
    if known.long_acting:
        return (
            gettext(
                "If you forget %(drug)s, take it when you remember on the same day. "
                "If it is nearly time for the next dose, leave the missed one out."
            )
            % name
            + " "
            + never
        )
    return (
        gettext(
            "If you are late with %(drug)s, take it as soon as you remember. "
            "If more than half the time to your next dose has passed, leave the missed one out. "
            "You may feel uneasy for some hours. Call us if you missed more than one dose."
        )
        % name
        + " "
        + never
    )
