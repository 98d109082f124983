"""Sentences of the plan pages: states, acts, versions, methods, refusals, and dates as clinicians read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.errors import TaperplanError
from plans.domain.json import Facts
from plans.domain.regimen import DayDose
from plans.domain.taper.plan_states import EndReason, PlanState
from plans.wording.doses import day_dose_words, per_day_words
from plans.wording.taper import drug_words, method_words, says

STATE_NAMES: Final[Mapping[PlanState, Promise]] = {
    PlanState.DRAFT: _("draft"),
    PlanState.ACTIVE: _("active"),
    PlanState.HELD: _("held"),
    PlanState.MAINTENANCE: _("at maintenance"),
    PlanState.PAUSED: _("paused: in hospital"),
    PlanState.FOLLOW_UP: _("in follow-up"),
    PlanState.COMPLETED: _("completed"),
    # Beside a taper, "stopped" would read as if the drug had been stopped.
    PlanState.STOPPED: _("ended"),
    PlanState.ABANDONED: _("thrown away"),
}


def state_words(state: PlanState, since: date) -> str:
    """The state of a plan in words: "active", or "at maintenance since 29 Nov 2026"."""
    if state is PlanState.MAINTENANCE:
        return gettext("at maintenance since {day}").format(day=short_day_year(since))
    return str(STATE_NAMES[state])


def in_force_words(version: int, day: DayDose | None) -> str:
    """Which version is in force, and what is taken now: "version 2 is in force, clonazePAM 1.5 mg a day"."""
    if day is None:
        return gettext("version {n} is in force").format(n=version)
    dose = per_day_words(day, clinician=True)
    return gettext("version {n} is in force, {dose}").format(n=version, dose=dose)


END_REASONS: Final[Mapping[str, Promise]] = {
    EndReason.COMPLETED: _("Completed as planned"),
    EndReason.BY_PATIENT: _("The patient stopped it"),
    EndReason.FOR_SAFETY: _("Ended for safety"),
    EndReason.LOST: _("Lost to follow-up"),
    EndReason.STOPPED: _("Another reason"),
}


COUNTRY_NAMES: Final[Mapping[str, Promise]] = {
    "US": _("United States"),
    "GB": _("United Kingdom"),
    "CA": _("Canada"),
    "AU": _("Australia"),
    "IE": _("Ireland"),
    "NZ": _("New Zealand"),
    "NL": _("Netherlands"),
    "BE": _("Belgium"),
    "DE": _("Germany"),
    "ES": _("Spain"),
    "FR": _("France"),
    "CH": _("Switzerland"),
}

WEEKDAYS: Final = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
WEEKDAYS_PLURAL: Final = (
    _("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"), _("Saturdays"), _("Sundays"),
)  # fmt: skip

_REFUSALS: Final[Mapping[str, Promise]] = {
    "no_on_call": _(
        "This clinic has no first and second on-call clinician. Urgent answers would reach nobody: set both in the "
        "settings, then issue the plan."
    ),
    "no_consent": _(
        "No consent is on record for this patient. Record it with its date, then issue the plan."
    ),
    "still_to_ask": _(
        "Something about this patient is still to ask. Enter it in the record, or say there that it was asked, then "
        "issue the plan."
    ),
    "not_in_care": _("This patient is no longer in care here, so no plan can be issued."),
    "live_plan": _(
        "This patient has a plan that is running. Change that plan, or stop it before issuing a new one."
    ),
    "reasons_missing": _("Write a reason for each finding that asks for one."),
    "signatures_missing": _("Confirm each point that asks for it."),
    "refused_findings": _("This plan goes past a limit that cannot be signed for. Change the plan."),
    "starts_too_early": _("The first day lies more than 30 days back. Choose a later first day."),
    "starts_too_late": _("The first day lies more than three years ahead. Choose an earlier first day."),
    "note_missing": _("Write why, in a few words: it is kept with the version and your name."),
    "text_too_long": _("This text is longer than 2,000 characters. Shorten it."),
    "template_name_missing": _("Give the template a name."),
    "too_many_templates": _("The clinic has 50 templates already. Remove one in the settings first."),
    "pattern_gone": _("This plan cannot be used as a pattern. Find one again, and choose it."),
    "second_signature": _(
        "This needs a second signature in your clinic. The button of the plan’s form, or of the page of changes (M), "
        "asks a colleague for it."
    ),
    "no_signature_needed": _(
        "This needs no second signature any more. Look at it again: the button there does it at once."
    ),
    "waits_for_signature": _(
        "What {who} asked a second signature for is still waiting. Sign, decline or withdraw that first. What you "
        "typed is still here."
    ),
    "nobody_to_sign": _(
        "Nobody else in this clinic can sign. Ask a lead to add a clinician, or to switch the second signature off."
    ),
    "own_signature": _("You asked for this: somebody else has to sign it. You can withdraw it."),
    "not_the_author": _("Only {who} can withdraw this. Sign it, or decline with a reason."),
    "author_left": _(
        "{who}, who asked for this, no longer makes plans here. Decline it, then make it in your own name."
    ),
    "changed_meanwhile": _(
        "{who} changed this plan after it was asked for. Decline it with that reason: its author can look at the plan "
        "as it is now and ask again."
    ),
    "moved_meanwhile": _(
        "This plan is in another state than when it was asked for. Decline it with that reason: its author can look at "
        "the plan as it is now and ask again."
    ),
    "first_day_passed": _(
        "Its first day has passed unsigned, and other doses were taken. Decline it with that reason: its author can "
        "choose another day and ask again."
    ),
    "why_missing": _("Write why you do not sign: its author reads it."),
    "proposal_over": _("This was decided meanwhile. Nothing was done twice."),
    "not_in_this_state": _("The plan’s state does not allow this. Look at the plan again."),
    "plan_over": _("The plan has ended: there is no dose to change."),
    "review_missing": _("Enter the date of the next review."),
    "review_past": _("Enter a review date in the future."),
    "review_too_far": _("Enter a review date within the next year."),
    "no_review": _("Only an active plan at a maintenance dose has a review date."),
    "not_started": _("The plan has not begun. Change it from its first day on."),
    "draft_gone": _("This draft was issued or discarded meanwhile. What you typed is still here."),
    "being_drawn": _("The calendar is still being drawn. Print this page meanwhile."),
    "no_change": _("Choose what to change."),
    "day_too_early": _("A change can begin on {earliest} at the earliest: earlier days have been taken."),
    "bad_choice": _("Choose one of the choices shown."),
    "day_ahead": _("This date is in the future. Enter today or an earlier day."),
    "day_before_plan": _("The plan begins on {earliest}. Enter that day or a later one."),
    "day_too_far_back": _(
        "This is more than 90 days ago. Enter {earliest} or later, and put the rest in the note."
    ),
    "day_before_record": _("The record begins on {earliest}. Enter that day or a later one."),
    "agreed_unsaid": _("Choose whether what was agreed before still holds. Nothing of it is dropped unsaid."),
    "day_before_stay": _("The stay began on {earliest}. Enter that day or a later one."),
    "as_planned": _("This is what the plan says from that day on: there is nothing to record."),
    "nothing_recorded": _(
        "No different dose is recorded. Record the dose actually taken, then continue from there."
    ),
}

_STALE: Final = {
    "draft": _(
        "{who} saved this draft after you opened it. Nothing of theirs was overwritten: compare, then save again."
    ),
    "issued": _(
        "{who} issued this plan after you opened the draft. Nothing of theirs was overwritten: look at the plan."
    ),
    "shown": _(
        "The plan has changed since it was shown to you. This is how it stands now: look at it, then issue it."
    ),
    "moves": _(
        "The fields no longer match what the button said. "
        "This is what would change: look at it, then press again."
    ),
    "plan": _(
        "{who} changed this plan after you opened the page. Nothing was overwritten: look at it again."
    ),
    "judged": _(
        "This is no longer what {who} was shown: the record, the settings or the day are others. Decline it with that "
        "reason: its author can look at it as it is now and ask again."
    ),
    "proposal_signed": _("{who} signed this before you. Nothing was done twice: look at the plan."),
    "proposal_declined": _("{who} declined this before you. Read why below."),
    "proposal_taken_back": _("{who} withdrew this meanwhile: there is nothing left to sign."),
    "proposal_lapsed": _(
        "This plan ended, was replaced or moved to another clinic meanwhile, by {who}: there is nothing left to sign."
    ),
}


def refusal(error: TaperplanError) -> str:
    """The sentence for a refusal by the plan services (Refused or Stale); a general one for any other."""
    if error.code == "stale":
        who = str(error.facts.get("who") or gettext("Somebody"))
        return str(_STALE[str(error.facts.get("what", "plan"))]).format(who=who)
    if error.facts.get("reason") == "changes_nothing":
        return _changes_nothing(error)
    found = _REFUSALS.get(str(error.facts.get("reason", "")))
    if found and "{who}" in str(found):
        return str(found).format(who=error.facts.get("who") or gettext("Somebody"))
    if found and error.facts.get("earliest"):
        return str(found).format(earliest=long_day(date.fromisoformat(str(error.facts["earliest"]))))
    return str(found) if found else gettext("This cannot be done now. Look at the plan again.")


def refused(reason: str) -> str:
    """The sentence of one reason, for a field of a form."""
    return str(_REFUSALS[reason])


def _changes_nothing(error: TaperplanError) -> str:
    days = int(str(error.facts.get("days") or 0))
    if error.facts.get("act") == "slow_down" and days:
        return gettext("Cuts are already {days} apart or more. Enter a larger number of days.").format(
            days=days_count(days)
        )
    return gettext("This would change no dose on any day: the plan stays as it is.")


_TEXTS: Final[Mapping[str, Promise]] = {
    "missing": _("This is needed."),
    "too_long": _("This is too long: shorten it."),
    "not_time": _("Write the time on the 24-hour clock, like 08:30."),
}
_STARTS: Final[Mapping[str, Promise]] = {
    "starts_too_early": _("The first day lies more than 30 days back: choose a later one."),
    "starts_too_late": _("The first day lies more than three years ahead: choose an earlier one."),
}


def problem(error: TaperplanError) -> str:
    """The sentence for anything a plan page refuses: a field, a request, an act."""
    if error.code in ("stale", "refused"):
        return refusal(error)
    if error.code == "bad_text":
        found = _TEXTS.get(str(error.facts.get("why")))
        return str(found or _("This text has characters that cannot be kept. Type it again."))
    if error.code in _STARTS:
        return str(_STARTS[error.code])
    said = says(error)
    if error.where.startswith("line "):
        return gettext("{line}: {problem}").format(line=_line(error.where), problem=said)
    return said


def _line(where: str) -> str:
    return gettext("Line {n}").format(n=where.removeprefix("line "))


def short_day(day: date) -> str:
    """ "7 Dec", without a line break."""
    return date_format(day, "j M").replace(" ", NBSP)


def short_day_year(day: date) -> str:
    """ "13 Jun 2027"."""
    return date_format(day, "j M Y").replace(" ", NBSP)


def long_day(day: date) -> str:
    """ "7 December 2026"."""
    return date_format(day, "j F Y").replace(" ", NBSP)


def weekday(day: date) -> str:
    """ "Mon"."""
    return date_format(day, "D")


def weekday_day(day: date) -> str:
    """ "Mon 7 Dec"."""
    return date_format(day, "D j M").replace(" ", NBSP)


def at(moment: datetime, zone: str) -> str:
    """ "26 Oct, 14:05" in a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return gettext("{day}, {time}").format(day=short_day(local.date()), time=local.strftime("%H:%M"))


def low_days_words(low: int, days: int) -> str:
    """How much of a plan is spent at very low doses: "84 of 463 days"."""
    return ngettext("{low} of {days} day", "{low} of {days} days", days).format(low=low, days=days)


def days_count(days: int) -> str:
    """ "1 day", "14 days"."""
    return ngettext("{n} day", "{n} days", days).format(n=days)


def weeks_count(days: int) -> str:
    """ "30 weeks" when the days make whole weeks, else "212 days"."""
    weeks, rest = divmod(days, 7)
    if rest or not weeks:
        return days_count(days)
    return ngettext("{n} week", "{n} weeks", weeks).format(n=weeks)


def _paused(facts: Mapping[str, object]) -> str:
    return gettext("In hospital since {day}: plan paused.").format(
        day=long_day(date.fromisoformat(str(facts["since"])))
    )


def _went_on(facts: Facts) -> str:
    taken, planned = (DayDose.from_units(facts.get(key) or {}) for key in ("taken", "planned"))
    said = gettext("Continues from {taken} a day; the plan said {planned}.").format(
        taken=day_dose_words(taken, clinician=True), planned=day_dose_words(planned, clinician=True)
    )
    return _with_agreed(said, facts)


def _returned(facts: Facts) -> str:
    taken = DayDose.from_units(facts.get("taken") or {})
    said = gettext("Back from hospital: continues from {taken} a day.").format(
        taken=day_dose_words(taken, clinician=True)
    )
    return _with_agreed(said, facts)


def _with_agreed(said: str, facts: Facts) -> str:
    """A sentence, and what became of what earlier versions had agreed for the days to come."""
    numbers = [str(number) for number in reversed(facts.get("agreed") or ())]
    if not numbers:
        return said
    if facts.get("agreed_kept"):
        more = ngettext(
            "What version {numbers} agreed goes on.", "What versions {numbers} agreed goes on.", len(numbers)
        )
    else:
        more = ngettext(
            "Later steps laid out again: what version {numbers} agreed ended.",
            "Later steps laid out again: what versions {numbers} agreed ended.",
            len(numbers),
        )
    return f"{said} {more.format(numbers=', '.join(numbers))}"


def _corrected(facts: Mapping[str, object]) -> str:
    return gettext("Recorded by mistake and undone: same as version {n}.").format(n=facts.get("version", ""))


def _paced(facts: Facts, all_later: str, some: str) -> str:
    days, count = days_count(int(facts["days"])), int(facts.get("count") or 0)
    if not count:
        return all_later.format(days=days)
    steps = ngettext("{n} step", "{n} steps", count).format(n=count)
    return some.format(days=days, steps=steps)


def _slowed(facts: Facts) -> str:
    return _paced(
        facts,
        gettext("Slowed down: a cut every {days}."),
        gettext("Slowed down for {steps}: a cut every {days}."),
    )


def _sped_up(facts: Facts) -> str:
    return _paced(
        facts,
        gettext("Speeded up: a cut every {days}."),
        gettext("Speeded up for {steps}: a cut every {days}."),
    )


def _step_length(facts: Facts) -> str:
    return gettext("This step lasts {days} in all.").format(days=days_count(int(facts["days"])))


def _moved_to(facts: Facts) -> str:
    if facts.get("to"):
        day = long_day(date.fromisoformat(str(facts["to"])))
        return gettext("The next change comes on {day}.").format(day=day)
    if facts.get("weekday") is None:
        return gettext("The next change comes on another day.")
    return gettext("Changes come on {weekdays}.").format(weekdays=WEEKDAYS_PLURAL[int(facts["weekday"])])


def _products_changed(facts: Facts) -> str:
    named = ", ".join(map(str, facts.get("products") or ()))
    return (
        gettext("Other products: {products}.").format(products=named) if named else gettext("Other products.")
    )


def _of_drug(said: str) -> Callable[[Facts], str]:
    return lambda facts: gettext(said).format(drug=drug_words(str(facts.get("drug", "")), clinician=True))


def _several(facts: Facts, first: DayDose) -> str:
    told = (version_story(str(one["act"]), one, first) for one in facts.get("changes", ()))
    return " ".join(told)


# Versions that do not come from the taper itself, by the act that made them.
_LIVES: Final[Mapping[str, Callable[[Mapping[str, object]], str]]] = {
    "pause": _paused,
    "go_on_from": _went_on,
    "return": _returned,
    "correct": _corrected,
    "slow_down": _slowed,
    "speed_up": _sped_up,
    "step_length": _step_length,
    "move_change": _moved_to,
    "change_products": _products_changed,
    "change_spread": _of_drug(gettext_noop("The day’s dose of {drug} is spread differently.")),
    "switch_drug": _of_drug(gettext_noop("Switches to {drug}.")),
    "begin_drug": _of_drug(gettext_noop("{drug} added.")),
    "end_drug": _of_drug(gettext_noop("{drug} ended.")),
}


# Versions of which the dose of their first day says all.
_AT_DOSE: Final[Mapping[str, Promise]] = {
    "resume": _("Hold ended: goes on from {dose}."),
    "stop_here": _("Stays at {dose}: later reductions cancelled."),
    "hold_open": _("Held at {dose} until reviewed."),
    "taper_on": _("Goes down again, to {dose}."),
}


def hold_words(until: date | None) -> str:
    """ "through 27 Dec 2026", or that there is none."""
    return gettext("through {day}").format(day=short_day_year(until)) if until else gettext("none")


def hold_button(change: date) -> str:
    """ "Hold through 27 December 2026; next change 28 December 2026"."""
    last = long_day(change - timedelta(days=1))
    return gettext("Hold through {last}; next change {day}").format(last=last, day=long_day(change))


def unsent_words(messages: int) -> str:
    """How many messages about the version in force wait to be sent."""
    return ngettext("{n} unsent", "{n} unsent", messages).format(n=messages) if messages else gettext("none")


def fresh_words(messages: int, *, told: bool, at_once: bool) -> str:
    """What happens to the messages: those cancelled, and when the new one goes out."""
    if not told:
        fresh = gettext("no e-mail: tell the patient")
    elif at_once:
        fresh = gettext("1 new message, at once")
    else:
        fresh = gettext("1 new message within an hour")
    return gettext("{n} cancelled, {fresh}").format(n=messages, fresh=fresh) if messages else fresh


def version_story(kind: str, facts: Facts, first: DayDose) -> str:
    """What a version changed, from its kind, its facts and the dose of its first day."""
    days = int(facts.get("days") or 0)
    dose = day_dose_words(first, clinician=True)
    if kind == "hold":
        return gettext("Held at {dose} for {days}.").format(dose=dose, days=days_count(days))
    if kind == "step_back":
        said = gettext("Stepped back to {dose} for {days}, then on from there.").format(
            dose=dose, days=days_count(days)
        )
        if facts.get("held_until"):
            until = long_day(date.fromisoformat(str(facts["held_until"])))
            said = f"{said} {gettext('The hold through {day} stays.').format(day=until)}"
        return said
    if kind == "several":
        return _several(facts, first)
    if kind == "correct_error":
        return gettext("Correction. {changes}").format(changes=_several(facts, first))
    told = _LIVES.get(kind)
    if told is not None:
        return told(facts)
    if kind in _AT_DOSE:
        return str(_AT_DOSE[kind]).format(dose=dose)
    method = str(facts.get("method") or "")
    if method:
        begins = per_day_words(first, clinician=True)
        return gettext("From {dose}. {method}.").format(dose=begins, method=method_words(method))
    return gettext("First version.")
