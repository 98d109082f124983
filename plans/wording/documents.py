"""The sentences of the printed documents in a reader's language: codes and facts go in, `Words` come out.

Wording follows the ISMP list of error-prone notations: counts in words ("half a", never 1/2), no abbreviations, "and"
between pieces, HOLD never alone ("HOLD same dose": to clinicians a bare "hold" also means "do not give").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from django.utils import translation
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as lazy

from plans.domain.checkins.help_lines import help_for
from plans.domain.documents.calendar import last_shown_day
from plans.domain.documents.words import Words
from plans.domain.taper.drug import DEFAULT_COUNTRY
from plans.domain.taper.form_names import OdtName, odt_name
from plans.domain.taper.schedule import Schedule, TimedDose, TimeOfDay
from plans.wording.document_forms import form_words, number_words


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """What a kind of document is called: `title` once it exists, with its `day` if it has one; `choice` where one can
    be requested.
    """

    title: str | Promise
    choice: str | Promise


WORDS: Final = {
    "pharmacy": DocumentWords(lazy("Pharmacy sheet"), lazy("Pharmacy sheet")),
    "summary": DocumentWords(lazy("Visit summary of %(day)s"), lazy("Visit summary of today")),
    "calendar": DocumentWords(lazy("Dose calendar"), lazy("Dose calendar")),
}


def title(kind: str, day: date | None) -> str:
    """ "Visit summary of 22 Nov 2026"."""
    return str(WORDS[kind].title) % {"day": date_format(day, "j M Y") if day else ""}


def choices() -> list[tuple[str, str]]:
    """The kinds that can be requested; those that are not made automatically come first."""
    return [(code, str(words.choice)) for code, words in WORDS.items()]


@lru_cache(maxsize=16)
def calendar_words(language: str, country: str = DEFAULT_COUNTRY) -> Words:
    """All words of the printed documents in a language Django knows ("en", "es"); others fall back as Django does.

    What an abbreviated form is called is said as in `country`, that of the plan's products.
    """
    with translation.override(language):
        return Words(
            language=language,
            # Translators: the decimal mark of doses on paper: "." or ","
            decimal_mark=pgettext("decimal mark", "."),
            months=tuple(str(MONTHS[n]) for n in range(1, 13)),
            weekdays=tuple(str(WEEKDAYS[n]) for n in range(7)),
            numbers=number_words(),
            times={
                TimeOfDay.MORNING: gettext("Morning"),
                TimeOfDay.MIDDAY: gettext("Midday"),
                TimeOfDay.AFTERNOON: gettext("Afternoon"),
                TimeOfDay.EVENING: gettext("Evening"),
                TimeOfDay.NIGHT: gettext("Night"),
                TimeOfDay.BEDTIME: gettext("Bedtime"),
            },
            times_inside={
                TimeOfDay.MORNING: gettext("in the morning"),
                TimeOfDay.MIDDAY: gettext("at midday"),
                TimeOfDay.AFTERNOON: gettext("in the afternoon"),
                TimeOfDay.EVENING: gettext("in the evening"),
                TimeOfDay.NIGHT: gettext("at night"),
                TimeOfDay.BEDTIME: gettext("at bedtime"),
            },
            forms=form_words(),
            said={**_marks(), **_pages(), **_first_page(), **_pharmacy(), "odt_melts": _odt_melts(country)},
        )


def _odt_melts(country: str) -> str:
    """What ODT stands for in a country, and how it is taken."""
    if odt_name(country) is OdtName.ORODISPERSIBLE:
        return gettext("ODT is an orodispersible tablet: let it melt on your tongue.")
    return gettext("ODT is an orally disintegrating tablet: let it melt on your tongue.")


def _marks() -> dict[str, str]:
    return {
        "date_day": gettext("{day} {month}"),
        "date_day_year": gettext("{day} {month} {year}"),
        "date_weekday": gettext("{weekday} {date}"),
        "date_span": gettext("{first} to {last}"),
        "date_month": gettext("{month} {year}"),
        "at_clock": gettext("at {time}"),
        "and": gettext("{first} and {last}"),
        # Translators: after a "no": "No alprazolam or diazepam from 2 May 2027 on."
        "or": pgettext("after a no", "{first} or {last}"),
        "start": gettext("START"),
        "new_dose": gettext("NEW DOSE"),
        "rise": gettext("HIGHER DOSE"),
        "switch": gettext("SWITCH"),
        "spread": gettext("SAME DOSE, OTHER TIMES"),
        # Translators: "SAME DOSE, OTHER TIMES" on two small tabs
        "spread_same": gettext("SAME DOSE"),
        "spread_times": gettext("OTHER TIMES"),
        "hold": gettext("HOLD same dose"),
        "last_day": gettext("LAST DAY"),
        "no_dose": gettext("no dose"),
        "liquid_product": gettext("{name}, {strength} in each mL"),
        "drops_product": gettext("drops, {strength} each"),
        "home_made_product": gettext("home-made suspension, {strength} in {volume}"),
        "drug_named": gettext("{drug} {product}"),
        # Translators: "0.4 mL oral solution"; a line may end at the "|"
        "volume_of": gettext("{volume}|{product}"),
        "after_zero": gettext("No {drug} from {date} on."),
        "after_keep": gettext("Do not stop: keep taking {doses}."),
        "after_keep_until": gettext("Do not stop: keep taking {doses}, until your review on {review}."),
        "review_on": gettext("Your review is on {date}."),
        "next_pages": gettext("You will get the next pages before {date}."),
    }


def _pages() -> dict[str, str]:
    return {
        "title": gettext("Medication schedule"),
        "born": gettext("born {year}"),
        "record": gettext("record {number}"),
        "name_unprintable": gettext("name as on record no. {number}"),
        "name_unknown": gettext("name as on the record"),
        "on_page": gettext("{span}\non page {page}"),
        "before_plan": gettext("The plan starts on\n{date}"),
        "before_made": gettext("Before this calendar\nwas made"),
        "new_dose_on": gettext("New dose on {dates}"),
        "rise_on": gettext("Higher dose on {dates}"),
        "switch_on": gettext("Switch on {dates}"),
        "spread_on": gettext("Same dose at other times from {dates}"),
        "hold_span": gettext("HOLD, same dose: {span}"),
        "last_day_sentence": gettext("Last day of this plan: {date}"),
        "pages_end_sentence": gettext("These pages end on {date}"),
        "first_day_sentence": gettext("First day of this plan: {date}"),
        "visits_on": gettext("Visit: {dates}"),
        "visit": gettext("Visit"),
        "key_tick": gettext("tick when taken"),
        "key_new": gettext("NEW DOSE from this day on"),
        "key_rise": gettext("HIGHER DOSE from this day on"),
        "key_switch": gettext("SWITCH: one medicine takes the place of another"),
        "key_spread": gettext("SAME DOSE, OTHER TIMES from this day on"),
        "key_hold": gettext("HOLD: keep taking, same dose"),
        "key_ring": gettext("black ring at the mark"),
        "key_half": gettext("half: take the solid side"),
        "key_quarter": gettext("a quarter: take the solid part"),
        "key_three_quarters": gettext("three quarters: take the solid part"),
        "never_stop": gettext("Do not stop suddenly. Do not take extra doses."),
        "never_spoon": gettext("Use the oral syringe from the pharmacy, never a spoon."),
        "see_page_one": gettext("Missed a dose, feeling worse, emergency: page 1"),
        "scan": gettext("Scan to check this is current"),
        "version_made": gettext("Version {version}, made {date}"),
        "replaces": gettext("Replaces version {version}. Do not use version {version}."),
        "replaces_all": gettext("Replaces version {version} and all before it. Do not use them."),
        "page_of": gettext("Page {page} of {pages}"),
        "for_dose": gettext("For {dose}"),
        "fill_to": gettext("fill to {volume}"),
        "filled_often": gettext("{volume}, {count} times"),
        "then": gettext("{first}, then {next}"),
        "syringe": gettext("{size} oral syringe,\nmarked every {step}"),
    }


def _first_page() -> dict[str, str]:
    return {
        "plan_agreed": gettext("Your plan to lower this medicine slowly, agreed with {clinician}"),
        "plan_agreed_lowers_to_stay": gettext(
            "Your plan to lower this medicine slowly, to a dose that stays, agreed with {clinician}"
        ),
        "plan_agreed_stays": gettext("Your plan to stay at this dose, agreed with {clinician}"),
        "plan_agreed_changes": gettext("Your plan for this medicine, agreed with {clinician}"),
        "bedtime_is_later": gettext("Bedtime is later than night."),
        "drug_ended": gettext("The last day of {drug} was {date}."),
        "plan_step_by_step": gettext("Your plan, step by step"),
        "from": gettext("From"),
        "until": gettext("Until"),
        "day_total": gettext("Day total"),
        "calendar": gettext("Calendar"),
        "one_page": gettext("page {page}"),
        "two_pages": gettext("pages {first}, {last}"),
        "many_pages": gettext("pages {first} to {last}"),
        "table_on": gettext("Your plan, step by step: page {page}"),
        "doses_with_days": gettext("How to make each dose: on the page of its days"),
        "follow_up": gettext("Visits:"),
        "measure_head": gettext("How to measure each dose"),
        "how_to_make": gettext("How to make each dose"),
        "half_solid": gettext("half: take the solid side"),
        "quarter_solid": gettext("part: take the solid part"),
        # Translators: how a part of a tablet is drawn
        "part_solid": gettext("Take the solid part."),
        "signs_are_no_likeness": gettext("The signs do not show what your tablets look like."),
        "halving": gettext(
            "Halve one tablet at a time, with a tablet cutter. Keep the other half dry and use it next."
        ),
        "liquid_care": gettext("Measure with the oral syringe from the pharmacy, never with a spoon."),
        "drops_care": gettext(
            "Count the drops into a spoon or a glass, one by one. If you lose count, pour them away and start again."
        ),
        "home_made_care": gettext(
            "To make the suspension: put {pieces} in the bottle and fill it up with water to {volume}. Shake it well, "
            "also before each time you measure. Make it new every day. Throw away what is left after {hours} hours."
        ),
        "missed_head": gettext("If you miss a dose"),
        "missed_text": gettext(
            "Take it when you remember. If it is nearly time for the next dose, leave the missed one out."
        ),
        "missed_strong": gettext("Never take two doses together."),
        "missed_day": gettext("If you miss a whole day, call the clinic the same day."),
        "worse_head": gettext("If you feel worse"),
        "worse_text": gettext(
            "Stay on the dose you take now. Call the clinic before the dose next changes. The plan can be held or "
            "slowed. That is not failure."
        ),
        "worse_strong": gettext("Do not stop suddenly.\nDo not take extra."),
        "emergency_head": gettext("Emergency: call {number}"),
        "emergency_text": gettext(
            "a seizure (fit) or a blackout\nvery hard to wake, or breathing slowly\nvery confused, or seeing or "
            "hearing things that are not there\nyou may act on thoughts of ending your life"
        ),
        "help_lines": gettext("Help lines, day and night"),
        "dangerous_head": gettext("Dangerous together"),
        "dangerous_text": gettext(
            "Alcohol, opioid pain medicine, kratom or sleeping medicine with {drug} can stop your breathing. Ask "
            "before you take any new medicine."
        ),
        "advice_signed": gettext("Advice on this page: number {number}, signed by {name}, {date}."),
        "advice_unsigned": gettext("Advice on this page: general text."),
        "bring": gettext("Bring this plan to every visit."),
        "keep_wall": gettext("Keep it on the wall or with your tablets."),
        "keep_locked": gettext("Keep the medicine locked away from children."),
        "help_checked": gettext("Help line numbers checked {date}."),
    }


def _pharmacy() -> dict[str, str]:
    return {
        "pharmacy_head": gettext("Pharmacy sheet"),
        "by_mouth": gettext("{products}, by mouth.  This sheet is not a prescription."),
        "for_pharmacists": gettext("For pharmacists:"),
        "changed_head": gettext("What changed from version {version}"),
        "version_said": gettext("Version {version} said"),
        "version_says": gettext("Version {version} says now"),
        "nothing_changed": gettext("The doses and dates are the same as in version {version}."),
        "cancel_old": gettext("Cancel prescriptions of version {version} not yet collected."),
        "old_made": gettext("Version {version} was made {date}."),
        "row_last_day": gettext("Last day"),
        "goes_on": gettext("none: the dose stays"),
        "row_products": gettext("Products"),
        "more_changes": gettext("Later"),
        "more_changes_below": gettext("more changes: the directions below hold"),
        "sig_and": gettext("{first}, and {last}"),
        "at_hand": gettext("Counted at home: {products}. This is taken off the fills below."),
        "at_hand_since": gettext(
            "At home by the count of {date}, later fills and the doses since: {products}. This is taken off the fills "
            "below: count it before you give less."
        ),
        "at_hand_filled": gettext(
            "At home if every fill so far was collected and every dose taken: {products}. This is taken off the fills "
            "below: count it before you give less."
        ),
        "syringes_to_give": gettext("Oral syringes to give: {syringes}."),
        "order_head": gettext("To order, made in these sizes"),
        # Translators: an example is 0.45 mg capsules: 14 in all, each with 0.45 mg clonazepam (together 6.3 mg)
        "order_size": gettext("{product}: {count} in all, each with {each} {drug} (together {together})."),
        "order_other": gettext("This plan does not say what else is in them."),
        "order_fill": gettext("To be there by {first}, for the days until {last}: {products}."),
        "bottles": gettext("Made at home, {product}: {count} bottles, each of {pieces}."),
        "packs": gettext("Packs of {product}: {counts}. What is given out is not rounded to packs."),
        "instalments": gettext(
            "Prescribed for {fill_days} days at a time, handed out in instalments of {days} days."
        ),
        "lasts_until": gettext("What is given out lasts until {date}."),
        "not_in_plan": gettext("not in the plan"),
        "hold_until": gettext("HOLD, same dose until {date}"),
        "directions_head": gettext("Directions for each step"),
        "step": gettext("Step"),
        "from_until": gettext("From, until"),
        "directions": gettext("Directions to put on the label"),
        "a_day": gettext("A day"),
        "days": gettext("Days"),
        "to_date": gettext("to {date}"),
        "take": gettext("Take {what}."),
        "take_hold": gettext("HOLD, same dose. Take {what}."),
        "take_at": gettext("{pieces} {time}"),
        # Translators: a time of day and the days of the week: "at night on Monday, Wednesday and Friday".
        "on_weekdays": gettext("{time} on {days}"),
        # Translators: a time of day: "at night every day", beside doses of some days of the week.
        "every_day": gettext("{time} every day"),
        "weekly_step": gettext("{dates}: {doses}."),
        "days_off": gettext("No dose on {days}."),
        "of_seven_days": gettext("{amount}, {days} of 7 days"),
        "a_week": gettext("{dose} a week"),
        "take_measured": gettext("{volume} ({dose})"),
        "take_nothing": gettext("No dose."),
        "none": gettext("none"),
        "fills_head": gettext("Quantity for each fill of up to {days} days"),
        "fill": gettext("Fill"),
        "give_on": gettext("Give out on"),
        "covers": gettext("Covers until"),
        "given": gettext("Given, initials"),
        "all_fills": gettext("All fills of this plan"),
        "fills_here": gettext("Fills on this sheet; the dose goes on"),
        "halves_carried": gettext(
            "Both halves of a tablet are used, one after the other. A fill is rounded up to whole tablets; what is "
            "over counts for the next fill."
        ),
        "hand_over": gettext("Patient: hand this page to your pharmacist."),
        "summary_of": gettext("Visit summary of {date}"),
        "summary_private": gettext(
            "For the patient and the clinic. Do not leave it where others can read it."
        ),
        "see_record": gettext("written on the record, not printable here"),
        "tell_clinic": gettext(
            "Tell the clinic if a product or strength is not available. Do not replace it with another strength "
            "without a new version of this plan."
        ),
    }


def help_rows(country: str, language: str) -> tuple[tuple[str, str, str], ...]:
    """The help lines of a country as page 1 prints them: (name, number, note), "call or text" in the note."""
    with translation.override(language):
        lines = help_for(country, language).lines
        called = {line.number for line in lines if line.kind == "call"}
        texted = {line.number for line in lines if line.kind == "text"}
        rows = []
        for line in lines:
            if line.kind == "text" and line.number in called:
                continue
            note = ""
            if line.kind == "text":
                note = gettext("by text message")
            elif line.press:
                note = gettext("press {key}").format(key=line.press)
            elif line.number in texted:
                note = gettext("call or text")
            rows.append((line.name, line.number.removeprefix("https://"), note))
        return tuple(rows)


def after_last_day(schedule: Schedule, words: Words, *, own: str = "", review_on: date | None = None) -> str:
    """What is printed after the last day shown.

    For a plan that ends at zero: the clinician's `own` words, or else that there is no more of the drug. For a dose
    that stays: the `own` words, and always to keep taking it until the review, and that more pages follow.
    """
    last = last_shown_day(schedule)
    if schedule.last_dose_day() is not None:
        drugs = words.listed(list(schedule.drugs_taken), link="or")
        zero = words.say("after_zero", drug=drugs, date=words.day_year(last + timedelta(days=1)))
        return own or zero
    doses = words.listed(_doses_that_stay(schedule, words))
    if review_on is not None and review_on > last:
        keep = words.say("after_keep_until", doses=doses, review=words.day_year(review_on))
    else:
        keep = words.say("after_keep", doses=doses)
        # A review before the last page must not be read as the day on which to stop.
        if review_on is not None:
            keep = f"{keep} {words.say('review_on', date=words.day_year(review_on))}"
    return " ".join(part for part in (own, keep, words.say("next_pages", date=words.day_year(last))) if part)


def _doses_that_stay(schedule: Schedule, words: Words) -> list[str]:
    last_step = schedule.steps[-1]
    many = len(schedule.drugs_taken) > 1

    def said(dose: TimedDose) -> str:
        # Milligrams of two drugs in one sentence: each is named.
        amount = words.mg(dose.dose)
        return words.say("drug_named", drug=dose.drug, product=amount) if many else amount

    return [
        words.say("take_at", pieces=said(dose), time=words.when(dose.time, dose.weekdays))
        for dose in last_step.doses
    ]
