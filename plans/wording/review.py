"""Words of the review queue: why an item is there, what was done, how it can end, and why an act was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused, Stale
from plans.domain.json import Facts, JsonObject
from plans.domain.taper.request import product_from_json
from plans.wording import reaching
from plans.wording.drugs import listed, product_words
from plans.wording.letters import LETTER_TO
from plans.wording.plans import long_day, short_day
from plans.wording.rota import PROBLEMS
from plans.wording.times import short_moment_words

_WORDS: Final[Mapping[str, Promise]] = {
    "supply_closed_day_weekend": _(
        "The supply lasts until %(lasts_until)s, and the next fill falls on a weekend: collect it by %(collect_by)s"
    ),
    "supply_closed_day_holiday": _(
        "The supply lasts until %(lasts_until)s, and the next fill falls on a holiday: collect it by %(collect_by)s"
    ),
    "supply_before_fill": _(
        "After the change the supply lasts until %(lasts_until)s, and the next fill was planned for %(next)s: "
        "dispense more by %(collect_by)s"
    ),
    "supply_before_fill_none": _(
        "After the change the supply lasts until %(lasts_until)s, and no fill was planned after it: "
        "dispense more by %(collect_by)s"
    ),
}

SEVERITIES: Final[Mapping[str, Promise]] = {
    "urgent": _("Urgent"),
    "high": _("High"),
    "routine": _("Routine"),
}
GROUPS: Final[Mapping[str, Promise]] = {
    "urgent": _("Urgent: act within 1 open hour, 4 hours when closed"),
    "high": _("High: act the same working day, within 24 hours"),
    "routine": _("Routine: within 3 working days"),
}
STATES: Final[Mapping[str, Promise]] = {
    "new": _("Unassigned"),
    "claimed": _("Claimed"),
    "in_progress": _("In progress"),
    "waiting": _("Waiting"),
    "snoozed": _("Snoozed"),
    "escalated": _("Escalated"),
    "resolved": _("Resolved"),
}
WAITS_FOR: Final[Mapping[str, Promise]] = {
    "patient": _("the patient"),
    "colleague": _("a colleague"),
    "pharmacy": _("the pharmacy"),
    "other": _("somebody else"),
}
TABS: Final[Mapping[str, Promise]] = {
    "open": _("Open"),
    "mine": _("Mine"),
    "nobody": _("Unassigned"),
    "waiting": _("Waiting"),
    "snoozed": _("Snoozed"),
    "closed": _("Resolved today"),
}
REASONS: Final[Mapping[str, Promise]] = {
    "safety": _("Safety"),
    "mood": _("Mood and worry"),
    "doses": _("Doses"),
    "missed": _("Missed check-in"),
    "mail": _("Mail and documents"),
}
OUTCOMES: Final[Mapping[str, Promise]] = {
    "reached_safe": _("Reached, safe"),
    "reached_referred": _("Reached, referred"),
    "emergency_services": _("Emergency services"),
    "unable_to_reach": _("Could not reach, every way tried"),
    "plan_changed": _("Plan changed"),
    "answered_since": _("Answered since"),
    "supply_arranged": _("Supply arranged"),
    "handed_over": _("Handed over, or sent on paper"),
    "address_corrected": _("Address or record corrected"),
    "informed": _("Those who had to know were told"),
    "review_set": _("Next review date set"),
    "plan_ended": _("The plan ended"),
    "offer_answered": _("The offer was answered or taken back"),
    "signed": _("Signed"),
    "declined": _("Not signed"),
    "nothing_to_sign": _("Withdrawn, nothing left to sign"),
    "nothing_to_do": _("Reviewed, no action needed"),
    "duplicate": _("Duplicate"),
    "data_error": _("Data error"),
    "false_alarm": _("False alarm"),
}
KINDS: Final[Mapping[str, Promise]] = {
    "safety": _("Safety"),
    "mood": _("Mood and worry"),
    "doses": _("Doses"),
    "answers": _("Other answers"),
    "missed": _("Missed check-in"),
    "supply": _("Supply"),
    "plan": _("Plans to review"),
    "document": _("Documents"),
    "mail": _("Messages"),
    "care": _("Where the patient is treated"),
    "record": _("The record"),
}
CALL_OUTCOMES: Final[Mapping[str, Promise]] = {
    "reached": _("Reached"),
    "no_answer": _("No answer"),
    "message_left": _("Message left, without health words"),
    "wrong_number": _("Wrong number"),
    "will_call_back": _("Will call back"),
}
CALLEES: Final[Mapping[str, Promise]] = {
    "patient": _("the patient"),
    "person_to_call": _("the person to call"),
    "pharmacy": _("the pharmacy"),
    "emergency": _("emergency services"),
}
# Items that no check-in rule raised: by the code in their facts, or else by their source.
_CODES: Final[Mapping[str, Promise]] = {
    "address_refused": _("An e-mail bounced: the mailbox does not accept it"),
    "alert_refused": _("An alert to a member of staff bounced"),
    "answer_not_filed": _("A check-in page arrived but could not be filed: call the patient"),
    "birth_year_locked": _(
        "The year of birth was given wrongly five times: the dose pages are closed for a day"
    ),
    "fact_guessed": _(
        "A wrong code or year of birth was given five times within a day: ask the patient whether it was them"
    ),
    "mail_read": _(
        "The patient ended all devices and links, because somebody else may read their messages: call them"
    ),
    "caseload_differed": _(
        "The caseload showed this patient wrongly; it has been put right. Check what was due since yesterday"
    ),
    "complained": _("The patient’s mail provider reported our messages: they have stopped"),
    "document_failed": _("A calendar could not be drawn"),
    "doses_marked": _("Something other than planned was ticked on the patient’s page"),
    "message_refused": _("The mail server refused a message"),
    "message_set_aside": _("A message could not be written"),
    "messages_late": _("A message was too late to be sent"),
    "opted_out": _("The patient stopped check-in messages"),
    "paused_clock_jumped": _(
        "Messages to patients are paused: the system’s clock jumped. Tell whoever runs the system; phone "
        "patients who cannot wait"
    ),
    "paused_copied": _(
        "Nothing is sent: this is a copy of the system on another host. Tell whoever runs the system; phone "
        "patients who cannot wait"
    ),
    "paused_restored": _(
        "Messages to patients are paused: the database was restored or replaced. Tell whoever runs the system; phone "
        "patients who cannot wait"
    ),
    "tell_pharmacy": _("In hospital since %(since)s: tell the pharmacy that the plan is paused"),
    "tell_pharmacy_back": _(
        "Back from hospital since %(since)s: tell the pharmacy that the plan goes on, and send the new pharmacy sheet"
    ),
    "ask_ward": _("In hospital since %(since)s: ask the ward about the dose and the discharge date"),
    "died": _("Died on %(since)s: close by hand what is still open"),
    "move_offered": _("%(clinic)s offers a patient: accept or decline"),
    "move_not_answered": _("%(clinic)s offered a patient, and nobody here answered in time"),
    "move_accepted": _("%(clinic)s has taken over the patient who was offered"),
    "move_declined": _("%(clinic)s has declined the patient who was offered: read why"),
    "move_lapsed": _("%(clinic)s did not answer the offer of this patient in time"),
    "moved_in": _("Came from %(clinic)s: go through plan, pharmacy and messages with the patient"),
    "moved_in_products": _(
        "Came from %(clinic)s, and the plan needs what is not stocked here: %(products)s. Order it, or change the "
        "products"
    ),
    "owner_gone": _(
        "The time of %(by)s here is over: choose new owners for their patients (caseload, Owner)"
    ),
    "rota_feed_broken": _(
        "The rota’s calendar cannot be read: %(about)s. The last good rota stands; see Settings, Rota"
    ),
    "rota_unmatched": _(
        "Shifts on the rota’s calendar name nobody of this clinic: %(about)s. Match them under Settings, Rota"
    ),
    "consent_pharmacy": _(
        "The patient does not want the pharmacy told any more: tell the pharmacy nothing new"
    ),
    "consent_substance_use": _(
        "The patient took back that others may be told of treatment for substance use: tell nobody new"
    ),
    "downtime_stale": _(
        "No downtime list was made for a day and a half: tell whoever runs the system; see Settings, Downtime list"
    ),
    "unmerged": _("Two records were parted again: look through both"),
    "copy_asked": _(
        "The patient asks for a copy of everything kept: make it and hand it over within 30 days"
    ),
    "copy_failed": _("A copy of the whole record could not be made: tell whoever runs the system"),
    "pages_to_hand_over": _("The next calendar pages are ready: print them and hand them over"),
    "review_date_missing": _("Maintenance dose without a review date: set one"),
    "review_due": _("Maintenance dose: review due"),
    "second_signature": _("A plan of %(by)s waits for a second signature"),
    "second_signature_declined": _("%(by)s did not sign a plan: read why"),
    "wrong_person": _("The person at this address says that it is not the patient’s"),
}
_SOURCES: Final[Mapping[str, Promise]] = {
    "checkin": _("A check-in needs review"),
    "missed": _("A check-in was not answered"),
    "mail": _("A message needs attention"),
    "document": _("A document needs attention"),
    "supply": _("The supply needs attention"),
    "scoring": _("A check-in could not be scored"),
    "access": _("A patient’s page needs attention"),
    "care": _("Check where the patient is being treated"),
    "plan": _("A plan needs review"),
    "caseload_row": _("The caseload showed this patient wrongly"),
    "rota": _("The rota needs attention"),
    "rights": _("A patient’s data need attention"),
}
_EVENTS: Final[Mapping[str, Promise]] = {
    "opened": _("Opened"),
    "raised_again": _("More came in"),
    "alerted": _("Alert sent to %(to)s"),
    "acknowledged": _("Alert acknowledged %(how)s, not claimed"),
    "claimed": _("Claimed"),
    "released": _("Released"),
    "lapsed": _("%(who)s had it and did nothing; it is unassigned again"),
    "called": _("Called %(callee)s: %(outcome)s"),
    "noted": _("Note"),
    "escalated": _("Escalated"),
    "passed": _("Reassigned to %(to)s"),
    "taken_over": _("Taken over from %(who)s"),
    "moved": _("Moved to %(to)s with the patient"),
    "snoozed": _("Snoozed until %(until)s"),
    "waiting": _("Waits for %(waits_for)s until %(until)s"),
    "woke": _("Due again"),
    "plan_changed": _("Plan changed to version %(version)s"),
    "plan_left": _("Plan left as it is"),
    "checkin_asked": _("Extra check-in asked for on %(on)s"),
    "letter_made": _("Letter to %(letter_to)s"),
    "resolved": _("Resolved: %(outcome)s"),
    "undone": _("Brought back: ending several items at once was undone"),
}
# What was said with an end, by the name of the fact.
_SAID_AT_END: Final[Mapping[str, Promise]] = {
    "referred_to": _("Referred to: %(said)s"),
    "told": _("Who else was told: %(said)s"),
    "no_call": _("No call, because: %(said)s"),
}
_REFUSALS: Final[Mapping[str, Promise]] = {
    "not_now": _("This cannot be done with this item now. Look at what changed, then choose again."),
    "urgent": _("Something urgent cannot be snoozed. Act on it, reassign it or escalate it."),
    "not_yours": _("Claim the item first: only its holder can do this."),
    "callee_missing": _("Choose who was called."),
    "outcome_missing": _("Choose what happened."),
    "outcome_not_here": _("This item cannot be closed with that outcome. Choose another."),
    "note_missing": _("Write a note: others must be able to follow."),
    "why_missing": _("Say why, in a few words: a colleague must be able to follow."),
    "waits_for_missing": _("Choose whom it waits for."),
    "referred_missing": _("Say to whom: a service, a colleague or a clinic."),
    "call_missing": _("No call is logged for this item. Log it first, or say why there was none."),
    "nobody_reached": _(
        "The calls that are logged reached nobody. Log the one that did, or say how you know that the patient is safe."
    ),
    "attempts_missing": _("No attempt is logged. Log each call first, or say why there was none."),
    "told_missing": _("Say who else was told, or why nobody could be: only the patient was called."),
    "not_held": _("Nobody holds this item now. Claim it."),
    "may_not_take_over": _(
        "%(who)s has this item. A lead can take it over; whoever is on duty can take over an urgent one about which "
        "nothing was done for five minutes."
    ),
    "nothing_ticked": _("Tick the items that end together."),
    "too_many": _("At most %(most)s items can end at once. Untick some."),
    "not_together": _(
        "Only routine items that nobody holds can end together. Open this one: %(patient)s. Nothing was ended."
    ),
    "several_kinds": _("Items of one kind can end together. Untick those of another. Nothing was ended."),
    "nothing_to_undo": _("There is nothing left to undo."),
    "undo_too_late": _("More than %(minutes)s minutes have passed: open the items one by one."),
    "not_a_clinician": _("Choose a clinician of this clinic."),
    "date_missing": _("Choose a day."),
    "date_past": _("Choose a day that is still to come."),
    "date_too_far": _("Choose a day within the next fortnight."),
    "no_plan": _("This patient has no plan that could be changed."),
    "asked_anyway": _("A check-in falls due tomorrow anyway: nothing was added."),
    "bad_choice": _("Choose one from the list."),
    "sign_first": _("Sign or decline what waits: that closes this item."),
}


def source_words(source: str, facts: Facts) -> str:
    """Why an item is there that no check-in rule raised."""
    if source == "supply" and facts.get("code"):
        return supply_words(facts)
    if facts.get("clinic"):
        return _move_words(facts)
    known = _CODES.get(str(facts.get("code", "")))
    if known and facts.get("about"):
        problems = {one.value: str(words) for one, words in PROBLEMS.items()}
        return str(known) % {"about": listed([problems.get(one, one) for one in facts["about"]])}
    if known and facts.get("by"):
        return str(known) % {"by": facts["by"]}
    since = str(facts.get("since", ""))
    if known and since:
        return str(known) % {"since": short_day(date.fromisoformat(since))}
    return str(known or _SOURCES[source])


def _move_words(facts: Facts) -> str:
    """The sentence of an item about a patient who moves between clinics."""
    products = [
        product_words(product_from_json(one, "products"), named=True, clinician=True)
        for one in facts.get("products", ())
    ]
    code = f"{facts['code']}_products" if products else str(facts["code"])
    return str(_CODES[code]) % {"clinic": facts["clinic"], "products": listed(products)}


def event_words(kind: str, facts: Facts) -> str:
    """What was done, without who and when."""
    shown: JsonObject = {
        "to": "",
        "how": "",
        "who": "",
        "callee": "",
        "outcome": "",
        "version": "",
        "on": "",
        "waits_for": "",
        "until": "",
        "letter_to": "",
        **facts,
    }
    if facts.get("until"):
        shown["until"] = short_day(datetime.fromisoformat(str(facts["until"])).date())
    if facts.get("on"):
        shown["on"] = short_day(date.fromisoformat(str(facts["on"])))
    if kind == "called":
        shown["callee"] = CALLEES.get(shown["callee"], shown["callee"])
        shown["outcome"] = CALL_OUTCOMES.get(shown["outcome"], shown["outcome"])
    elif kind == "resolved":
        shown["outcome"] = OUTCOMES.get(shown["outcome"], shown["outcome"])
    elif kind == "acknowledged":
        shown["how"] = reaching.HOW.get(shown["how"], shown["how"])
    elif kind == "letter_made":
        shown["letter_to"] = LETTER_TO.get(shown["letter_to"], shown["letter_to"])
    elif kind == "waiting":
        shown["waits_for"] = WAITS_FOR.get(shown["waits_for"], shown["waits_for"])
    elif kind == "escalated" and shown["who"]:
        return gettext("%(who)s has it and has recorded nothing: alerts go on") % shown
    elif kind == "alerted":
        shown["to"] = _alerted(facts)
    return str(_EVENTS[kind]) % shown


def _alerted(facts: Facts) -> str:
    """Whom an alert went to, and the outside service that had these hours."""
    to = ", ".join(facts.get("to", ())) or gettext("nobody: this clinic has no one on call")
    if not facts.get("covered"):
        return to
    return gettext("%(to)s; patients are told to call %(covered)s") % {"to": to, "covered": facts["covered"]}


def said_at_end(facts: Facts) -> list[str]:
    """What was said with an end beside its note: to whom the patient was referred, who was told, why nobody called."""
    return [str(words) % {"said": facts[name]} for name, words in _SAID_AT_END.items() if facts.get(name)]


def waiting_words(waits_for: str) -> str:
    """Whom an item waits for."""
    return gettext("Waiting for %(who)s") % {"who": WAITS_FOR.get(waits_for, WAITS_FOR["patient"])}


EVENT_KINDS: Final = frozenset(_EVENTS)
REFUSAL_REASONS: Final = frozenset(_REFUSALS)


def review_refusal(refusal: Refused) -> str:
    """Why an act was refused, and what to do instead."""
    reason = str(refusal.facts["reason"])
    who = refusal.facts.get("who")
    if reason == "not_yours" and who:
        return gettext("%(who)s has this item. Ask for it, or wait until it is free again.") % {"who": who}
    return str(_REFUSALS[reason]) % {"patient": "", **refusal.facts}


def review_stale(stale: Stale, now: datetime, zone: str) -> str:
    """Who acted first, and what they did."""
    who = str(stale.facts.get("who") or gettext("Taperplan"))
    kind, raw = str(stale.facts.get("kind", "")), str(stale.facts.get("at", ""))
    when = short_moment_words(datetime.fromisoformat(raw), now, zone) if raw else ""
    if stale.facts.get("what") == "held":
        if not when:
            return gettext("%(who)s has claimed this item already.") % {"who": who}
        return gettext("%(who)s claimed this item at %(when)s.") % {"who": who, "when": when}
    if kind not in _EVENTS or not when:
        return gettext("Somebody changed this item meanwhile.")
    did, why = stale.facts.get("did"), stale.facts.get("why")
    said = gettext("%(who)s changed this item at %(when)s: %(what)s.") % {
        "who": who,
        "when": when,
        "what": event_words(kind, did if isinstance(did, dict) else {}),
    }
    return f"{said} {gettext('“%(why)s”') % {'why': why}}" if why else said


def span_words(seconds: float) -> str:
    """A length of time in its largest unit or two: "29 min", "1 h 48 min", "4 h", "2 days"."""
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return gettext("%(m)s min") % {"m": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        if rest and hours < 10:
            return gettext("%(h)s h %(m)s min") % {"h": hours, "m": rest}
        return gettext("%(h)s h") % {"h": hours}
    days = hours // 24
    return ngettext("%(d)s day", "%(d)s days", days) % {"d": days}


def due_words(due: datetime, now: datetime) -> str:
    """How long is left, or how late it is."""
    left = (due - now).total_seconds()
    return span_words(left) if left >= 0 else gettext("%(span)s late") % {"span": span_words(left)}


def supply_words(facts: Facts) -> str:
    """The sentence of a supply item, from its facts."""
    code = str(facts.get("code", ""))
    if code == "supply_closed_day":
        code = f"{code}_{facts.get('why') or 'weekend'}"
    elif not facts.get("next"):
        code = f"{code}_none"
    if code not in _WORDS:
        return _now("The supply needs attention")
    return str(_WORDS[code]) % {name: _day(facts.get(name)) for name in ("lasts_until", "collect_by", "next")}


def _day(raw: object) -> str:
    return long_day(date.fromisoformat(str(raw))) if raw else ""
