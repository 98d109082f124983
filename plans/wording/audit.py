"""The audit trail as sentences for clinicians: one line for each row, from its act code and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.json import Facts, JsonObject
from plans.domain.rights.consents import ConsentHow, ConsentPurpose
from plans.wording import messages, patient_links, reaching
from plans.wording.consents import HOW as CONSENT_HOW
from plans.wording.consents import WORDS as CONSENT_WORDS
from plans.wording.drugs import listed
from plans.wording.letters import LETTER_TO
from plans.wording.people import CARE_STATES, ROLES
from plans.wording.plans import long_day, weekday_day
from plans.wording.review import CALL_OUTCOMES, CALLEES, OUTCOMES, SEVERITIES, WAITS_FOR
from plans.wording.rota import PLACES

_FIELDS: Final[Mapping[str, Promise]] = {
    "name": _("name"),
    "preferred_name": _("preferred name"),
    "record_no": _("record number"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "born": _("date of birth"),
    "zone": _("time zone"),
    "country": _("country"),
    "language": _("language"),
    "contact_how": _("preferred contact"),
    "contact_when": _("best time to call"),
    "person_to_call": _("person to call"),
    "crisis_plan": _("crisis plan"),
    "pharmacy": _("pharmacy"),
    "indication": _("indication"),
    "conditions": _("conditions"),
    "substances": _("substances"),
    "medicines": _("medicines"),
    "duration_months": _("how long it was taken"),
    "notes": _("notes"),
    "to_ask": _("what is still to ask"),
    "consent_version": _("consent text"),
    "consent_on": _("day of consent"),
    "checkin_weekday": _("day of check-ins"),
    "checkin_time": _("time of check-ins"),
    "close_watch": _("close watch"),
    "close_watch_until": _("end of close watch"),
}


def field_words(name: str) -> str:
    """The name of a field of the record."""
    return str(_FIELDS.get(name, name))


LOOKED_AT: Final[Mapping[str, Promise]] = {
    "Patient": _("record"),
    "Plan": _("plan"),
    "Proposal": _("plan that waits for a signature"),
    "ReviewItem": _("review item"),
    "CheckIn": _("check-in"),
    "Document": _("document"),
    "Letter": _("letter"),
    "Work": _("message"),
    "PatientFile": _("file of the patient"),
    "PatientMove": _("move to another clinic"),
    "RecordCopy": _("copy of the whole record"),
}
"""What can be opened of a patient, by the kind of row."""


@dataclass(frozen=True, slots=True)
class _ByFact:
    """A sentence chosen by one of the event's facts."""

    fact: str
    usual: Promise
    cases: Mapping[object, Promise]


WORDS: Final[Mapping[str, Promise | _ByFact]] = {
    "clinic.created": _("set up the clinic"),
    "clinic.on_call_set": _ByFact(
        "first",
        _("set who is on duty at all times: first %(first)s, then %(then)s"),
        {None: _("set who is on call")},
    ),
    "clinic.advice_signed": _("signed the advice on the calendar as number %(number)s"),
    "clinic.catalogue_reviewed": _("signed that %(who)s reviewed the catalogue of %(medicine)s"),
    "clinic.facts_set": _("changed the clinic’s details"),
    "clinic.formulary_set": _("changed the formulary: what is stocked here"),
    "clinic.defaults_set": _("changed with what new plans begin"),
    "clinic.limits_signed": _ByFact(
        "set",
        _("signed limits within which no reason is asked"),
        {False: _("withdrew the limits within which no reason was asked")},
    ),
    "clinic.second_signature_set": _("chose what needs a second signature"),
    "clinic.letter_template_kept": _("kept the letter template “%(name)s”"),
    "clinic.letter_template_removed": _("removed the letter template “%(name)s”"),
    "clinic.template_kept": _("kept the plan template “%(name)s”"),
    "clinic.template_removed": _("removed the plan template “%(name)s”"),
    "clinic.template_usual": _ByFact(
        "name",
        _("lets new plans begin from the template “%(name)s”"),
        {"": _("lets new plans begin from no template")},
    ),
    "clinic.questionnaire_loaded": _("published questions of its own: %(code)s, version %(version)s"),
    "clinic.questionnaire_stopped": _("stopped asking questions of its own: %(code)s, version %(version)s"),
    "clinic.caseload_imported": _(
        "imported a caseload: %(made)s patients and %(drafts)s drafts of plans, from the file %(file)s"
    ),
    "clinic.move_declined": _("declined a patient whom %(clinic)s offered. %(note)s"),
    "clinic.channel_test_set": _("changed the daily test of channels"),
    "clinic.close_watch_set": _("chose the rules of close watch"),
    "clinic.downtime_code_set": _("set a new code for the downtime list"),
    "clinic.part_two_set": _ByFact(
        "on_off",
        _("said that the clinic’s records are not under 42 CFR Part 2"),
        {True: _("said that the clinic’s records are under 42 CFR Part 2")},
    ),
    "clinic.birth_year_set": _ByFact(
        "off",
        _("turned the year of birth off: patients’ pages ask for a code"),
        {False: _("lets the year of birth open patients’ pages until they have a code")},
    ),
    "clinic.rules_set": _("changed the thresholds or the cadence"),
    "clinic.asks_why_on": _("switched on that records outside one’s own list ask why"),
    "clinic.asks_why_off": _("switched off that records outside one’s own list ask why"),
    "clinic.rules_signed": _("signed the rules, thresholds and questions in force"),
    "clinic.second_factor_set": _("requires a second step at sign-in from %(on)s on"),
    "member.added": _("added a member of staff: %(who)s, %(role)s"),
    "member.invited": _("invited %(who)s to the clinic: %(role)s"),
    "member.declined": _("%(who)s declined the invitation to the clinic"),
    "member.withdrawn": _("withdrew the invitation of %(who)s"),
    "member.role_set": _("changed the role of %(who)s to %(role)s"),
    "member.digest_on": _("turned their morning digest on"),
    "member.digest_off": _("turned their morning digest off"),
    "member.ended": _("removed %(who)s from the clinic"),
    "member.given_back": _("added %(who)s to the clinic again"),
    "member.factor_reset": _("reset the second step of %(who)s at sign-in: %(reason)s"),
    "member.not_me": _("%(who)s said that somebody else changed their sign-in: all their sessions ended"),
    "member.channel_added": _("added a way to be reached: %(kind)s"),
    "member.channel_confirmed": _("confirmed a way to be reached: %(kind)s"),
    "member.channel_removed": _("removed a way to be reached: %(kind)s"),
    "member.last_day_set": _ByFact(
        "on",
        _("set the last day of %(who)s here to %(on)s"),
        {"": _("took away the last day of %(who)s here")},
    ),
    "member.time_over": _("ended the membership of %(who)s, whose last day was over"),
    "rota.shifts_added": _("put %(who)s on the rota: shifts from %(start)s to %(end)s, %(number)s in all"),
    "rota.shifts_cancelled": _(
        "cancelled shifts of %(who)s on the rota: the one of %(start)s, %(number)s in all"
    ),
    "rota.shifts_given": _("gave %(number)s shifts of %(who)s to %(to)s"),
    "rota.swapped": _("let %(who)s (%(start)s) and %(to)s (%(other_start)s) exchange their shifts"),
    "rota.leave_entered": _("entered leave of %(who)s, from %(from_day)s through %(on)s"),
    "rota.leave_cancelled": _("cancelled the leave of %(who)s, from %(from_day)s through %(on)s"),
    "rota.service_added": _(
        "entered %(name)s, %(phone)s, as whom patients call: hours from %(start)s to %(end)s, %(number)s in all"
    ),
    "rota.service_corrected": _("corrected %(before)s on the rota to %(name)s, %(phone)s: %(number)s in all"),
    "rota.service_cancelled": _(
        "cancelled hours of %(name)s on the rota: those of %(start)s, %(number)s in all"
    ),
    "rota.handed_over": _ByFact(
        "to",
        _("handed over to %(to)s; open items: %(number)s"),
        {"": _("handed over to whoever comes on duty; open items: %(number)s")},
    ),
    "rota.feed_set": _("reads who is alerted %(duty)s from a calendar at %(name)s"),
    "rota.feed_ended": _("stopped reading who is alerted %(duty)s from a calendar at %(name)s"),
    "rota.feed_names_set": _("said whom names on the rota’s calendar mean: %(number)s of them"),
    "rota.feed_changed": _("read the rota’s calendar: %(made)s shifts added, %(gone)s cancelled"),
    "retention.ran": _("deleted what had had its time: %(number)s rows"),
    "session.signed_in": _("signed in from %(network)s"),
    "session.signed_out": _("signed out"),
    "session.ended": _("was signed out: nothing happened for a while, or the longest time was over"),
    "session.failed": _("could not sign in from %(network)s: wrong password or unknown account"),
    "session.password_set": _("set a new password"),
    "access.listed": _("looked through a list of patients (%(page)s)"),
    "access.not_here": _("asked for something that this clinic does not have (%(page)s)"),
    "access.not_allowed": _("asked for something that their role does not allow (%(page)s)"),
    "trail.exported": _("exported the audit trail: %(number)s rows"),
    "downtime.fetched": _("saved the downtime list: %(number)s patients"),
    "figures.exported": _("exported figures: %(name)s"),
    "patient.added": _("added the patient"),
    "patient.changed": _("changed the record: %(fields)s"),
    "patient.opened_outside_list": _("opened the record outside their own list: “%(note)s”"),
    "patient.owner_set": _("made the patient %(who)s’s"),
    "patient.owner_cleared": _("left the patient without an owner"),
    "patient.thresholds_set": _("changed the thresholds or the cadence for this patient"),
    "patient.address_confirmed": _("confirmed the e-mail address"),
    "patient.address_refused": _("said that the e-mail address is not the patient’s"),
    "patient.choices_changed": _("changed day, hour, zone, language or reminders of check-ins"),
    "patient.care_state": _("changed care to: %(care)s, from %(from_day)s. %(note)s"),
    "patient.care_corrected": _("undid a change of care recorded by mistake: care is %(care)s. %(note)s"),
    "patient.ward_asked_again": _("set the day for asking the ward to %(from_day)s"),
    "patient.move_offered": _("offered the patient to %(clinic)s"),
    "patient.move_taken_back": _("took back the offer of the patient to %(clinic)s. %(note)s"),
    "patient.move_declined": _("declined the patient for %(clinic)s. %(note)s"),
    "patient.move_lapsed": _("noted that %(clinic)s did not answer the offer of the patient in time"),
    "patient.moved_out": _("took the patient over for %(clinic)s; care here has ended"),
    "patient.moved_in": _("took the patient over from %(clinic)s, with plan, answers and history"),
    "patient.kept_exported": _("exported plans and answers as they were when the patient left"),
    "patient.file_made": _ByFact(
        "clinic",
        _("made a file of the patient for %(clinic)s, fingerprint %(file)s"),
        {"": _("made a file of the patient for another installation, fingerprint %(file)s")},
    ),
    "patient.read_from_file": _("read the patient from a file of %(clinic)s, fingerprint %(file)s"),
    "patient.merged": _("merged two records of one person"),
    "patient.unmerged": _("undid the merging of two records"),
    "patient.consent_given": _("gave consent: %(consent)s (text %(number)s, %(how)s)"),
    "patient.consent_withdrawn": _("took consent back: %(consent)s (text %(number)s, %(how)s)"),
    "patient.copy_asked": _("asked for a copy of the whole record"),
    "patient.copy_wanted": _("asked the clinic for a copy of the whole record"),
    "patient.copy_handed": _("put the copy of the whole record on the patient’s page"),
    "patient.copy_fetched": _("fetched a copy of the whole record"),
    "patient.mail_on": _("started check-in messages again"),
    "patient.mail_opted_out": _("stopped check-in messages"),
    "patient.mail_suspended": _("paused check-in messages"),
    "patient.mail_complained": _("noted that the mail provider reported our messages, and stopped them"),
    "patient.mail_bounced": _("noted that messages bounce"),
    "device.confirmed": _("gave the code or the year of birth"),
    "device.refused": _("gave a wrong code or year of birth"),
    "device.ended": _("ended a device that was known"),
    "device.unlocked": _("let the patient try again at once after wrong codes or years of birth"),
    "link.ended": _("ended a link: %(purpose)s"),
    "link.all_ended": _("ended all devices and links"),
    "link.refused": _("used a link that does not open this, or not any more: %(purpose)s"),
    "access.unknown_link": _("tried a link that was never given out, from %(network)s"),
    "code.given": _("gave the patient a code"),
    "code.chosen": _("chose a code of their own"),
    "code.cleared": _("took the patient’s code away"),
    "patient.discreet_set": _ByFact(
        "less",
        _("asked for messages that say less"),
        {False: _("asked for messages that name the clinic again")},
    ),
    "feed.opened": _("opened a calendar address for a phone"),
    "feed.closed": _("closed the calendar address for a phone"),
    "plan.draft_saved": _("saved a draft of the plan"),
    "plan.draft_thrown_away": _("discarded the draft"),
    "plan.issued": _("issued the plan"),
    "plan.held": _("held the plan for %(days)s days from %(from_day)s"),
    "plan.stepped_back": _("stepped back for %(days)s days from %(from_day)s"),
    "plan.slowed_down": _("slowed down to a step every %(days)s days from %(from_day)s"),
    "plan.stays_here": _("kept the patient at this dose from %(from_day)s"),
    "plan.review_set": _("set the next review to %(on)s"),
    "plan.pages_drawn": _("drew the next calendar pages, through %(on)s"),
    "plan.resumed": _("went on with the plan from %(from_day)s"),
    "plan.held_open": _("held the dose until reviewed, from %(from_day)s"),
    "plan.sped_up": _("speeded up to a step every %(days)s days from %(from_day)s"),
    "plan.step_length_set": _("set the length of the step of %(from_day)s to %(days)s days"),
    "plan.change_moved": _("moved the day of the next change, from %(from_day)s"),
    "plan.products_changed": _("changed the products from %(from_day)s"),
    "plan.spread_changed": _("spread the day’s dose differently from %(from_day)s"),
    "plan.drug_switched": _("began to switch to another drug on %(from_day)s"),
    "plan.drug_begun": _("added a drug from %(from_day)s"),
    "plan.drug_ended": _("ended one of the drugs on %(from_day)s"),
    "plan.tapered_on": _("went on with the taper from the maintenance dose, from %(from_day)s"),
    "plan.changed": _("made several changes at once from %(from_day)s"),
    "plan.error_corrected": _("corrected an error in the plan from %(from_day)s"),
    "plan.goes_on_from": _("continued from the dose actually taken, from %(from_day)s"),
    "plan.paused": _("paused the plan for a hospital stay from %(from_day)s"),
    "plan.returned": _("recorded the return from hospital on %(from_day)s"),
    "plan.taken_recorded": _("recorded the dose actually taken since %(from_day)s"),
    "plan.signature_asked": _("asked for a second signature"),
    "plan.signature_given": _("gave the second signature on what %(who)s asked for"),
    "plan.signature_declined": _("did not sign what %(who)s asked for. %(note)s"),
    "plan.signature_withdrawn": _("withdrew what waited for a second signature"),
    "plan.signature_lapsed": _("ended the plan on which %(who)s had asked for a second signature"),
    "plan.exported": _ByFact(
        "what",
        _("exported the plan with all its versions and answers"),
        {
            "steps.csv": _("exported the steps of the plan"),
            "days.csv": _("exported the days of the plan"),
            "answers.csv": _("exported the answers of the check-ins"),
        },
    ),
    "plan.begun_from_pattern": _("filled in a draft with another patient’s plan as a pattern"),
    "plan.used_as_pattern": _("used this plan as a pattern for another patient’s"),
    "plan.option_chosen": _ByFact(
        "preparation",
        _("chose with the patient what the plan is made of"),
        {
            "tablets": _("chose with the patient: tablets only"),
            "tablets_then_liquid": _("chose with the patient: tablets, then one liquid"),
            "liquid": _("chose with the patient: one liquid"),
        },
    ),
    "plan.as_planned_again": _(
        "recorded that the dose is taken as planned again from %(from_day)s. %(note)s"
    ),
    "plan.goal_reached": _("noted that the maintenance dose is reached"),
    "plan.transferred": _("ended the plan on %(from_day)s: the patient moved to other care"),
    "plan.care_stopped": _("ended the plan on %(from_day)s: the patient stopped care here"),
    "plan.patient_died": _("ended the plan on %(from_day)s: the patient died"),
    "plan.corrected": _("put the plan back as it was before: recorded by mistake. %(note)s"),
    "plan.hold_over": _("noted that the hold is over"),
    "plan.last_dose_passed": _("noted that the last dose has passed"),
    "plan.completed": _("completed the plan"),
    "plan.replaced": _("replaced the plan by another"),
    "plan.stopped": _("stopped the plan"),
    "checkin.asked": _("asked for a check-in"),
    "checkin.begun": _("started a check-in"),
    "checkin.saved": _("saved a page of a check-in"),
    "checkin.sent": _("submitted a check-in"),
    "checkin.closed": _("closed a check-in"),
    "dose.marked": _ByFact(
        "how",
        _("ticked off a dose"),
        {"other": _("ticked that something other than planned was taken")},
    ),
    "dose.unmarked": _("undid the tick of a dose"),
    "checkin.missed": _("noted a missed check-in"),
    "message.sent": _("sent: %(notice)s"),
    "message.skipped": _("did not send: %(notice)s (%(reason)s)"),
    "message.rejected": _("could not deliver: %(notice)s (%(reason)s)"),
    "message.unknown": _("does not know whether it arrived: %(notice)s"),
    "message.poison": _("set aside: %(notice)s"),
    "message.left": _("left as it is, of unknown fate: %(notice)s"),
    "message.seen": _("seen, refused or set aside: %(notice)s"),
    "message.once_more": _("sent again: %(notice)s"),
    "message.tried_again": _("tried again: %(notice)s"),
    "document.sent": _("drew the calendar"),
    "document.skipped": _("did not draw the calendar (%(reason)s)"),
    "document.rejected": _("could not draw the calendar (%(reason)s)"),
    "document.poison": _("gave up drawing the calendar"),
    "document.unknown": _("does not know whether the calendar was drawn"),
    "document.asked": _("asked for a calendar"),
    "document.asked_again": _("asked again for a calendar that could not be drawn"),
    "document.opened": _("opened the calendar"),
    "documents.redrawn": _("asked for all documents of the clinic to be drawn again"),
    "documents.redrawing_cancelled": _("stopped the drawing of all documents again"),
    "letter.kept": _("wrote a letter to %(letter_to)s"),
    "supply.dispensed": _("confirmed that the fill from %(from_day)s was handed out on %(on)s"),
    "supply.dispensing_withdrawn": _("withdrew that the fill from %(from_day)s was handed out on %(on)s"),
    "visit.planned": _("planned a visit on %(on)s"),
    "visit.cancelled": _("cancelled the visit on %(on)s"),
    "call.recorded": _ByFact(
        "result",
        _("recorded a call"),
        {
            "reached": _("called the patient: reached"),
            "left_word": _("called the patient: left word"),
            "no_answer": _("called the patient: no answer"),
            "agreed": _("agreed on a call to the patient"),
            "do_not_call": _("took the patient off the list of calls: do not call"),
            "may_call": _("put the patient back on the list of calls"),
        },
    ),
    "item.opened": _("opened a review item: %(priority)s"),
    "item.raised_again": _("added to a review item: %(priority)s"),
    "item.acknowledged": _("acknowledged the alert %(how)s, without claiming the item"),
    "item.claimed": _("claimed the item"),
    "item.released": _("released the item"),
    "item.lapsed": _("released the item for %(who)s, who did nothing"),
    "item.called": _("called %(callee)s: %(outcome)s"),
    "item.noted": _("wrote a note on the item"),
    "item.escalated": _ByFact(
        "tier",
        _("escalated the item"),
        {
            2: _("escalated the item to the second on call"),
            3: _("escalated the item to everybody who may review"),
        },
    ),
    "item.passed": _("reassigned the item to %(to)s"),
    "item.moved": _("moved the item to %(to)s with the patient"),
    "item.snoozed": _("snoozed the item"),
    "item.waiting": _("lets the item wait for %(waits_for)s"),
    "item.woke": _("ended the snooze or the wait of the item"),
    "item.taken_over": _("took the item over from %(who)s"),
    "item.plan_changed": _("answered the item with version %(version)s"),
    "item.checkin_asked": _("asked for an extra check-in"),
    "item.letter_made": _("wrote a letter to %(letter_to)s"),
    "item.plan_left": _("left the plan as it is"),
    "item.resolved": _("resolved the item: %(outcome)s"),
    "item.undone": _("undid the end of the item"),
}


def act_words(act: str, facts: Mapping[str, object]) -> str:
    """What was done, to follow a name: "Dr Sampleton …". A code without words is shown as it is."""
    known = WORDS.get(act)
    if known is None:
        return act
    if isinstance(known, _ByFact):
        known = known.cases.get(facts.get(known.fact), known.usual)
    said = (str(known) % _shown(act, facts)).strip()
    if facts.get("second"):
        said += gettext(", with the second signature of %(who)s") % {"who": facts["second"]}
    return said


def _shown(act: str, facts: Facts) -> JsonObject:
    empty = dict.fromkeys(
        (
            "days",
            "who",
            "to",
            "version",
            "note",
            "reason",
            "number",
            "page",
            "network",
            "code",
            "medicine",
            "name",
            "clinic",
            "made",
            "drafts",
            "file",
            "first",
            "then",
            "start",
            "end",
            "other_start",
            "phone",
            "before",
            "duty",
            "gone",
            "consent",
        ),
        "",
    )
    found: JsonObject = {**empty, **facts}
    found["fields"] = listed([str(_FIELDS.get(name, name)) for name in facts.get("fields", ())])
    found["purpose"] = patient_links.purpose_words(str(facts.get("purpose", "")))
    found["role"] = ROLES.get(str(facts.get("role", "")), "")
    found["care"] = CARE_STATES.get(str(facts.get("now", "")), "")
    words = messages.WORDS.get(str(facts.get("notice", "")))
    found["notice"] = words.in_history if words is not None else _("message")
    found["priority"] = SEVERITIES.get(str(facts.get("priority", "")), "")
    found["how"] = reaching.HOW.get(str(facts.get("how", "")), "")
    if consent := str(facts.get("consent", "")):
        found["consent"] = CONSENT_WORDS[ConsentPurpose(consent)].name
        found["how"] = CONSENT_HOW[ConsentHow(str(facts["how"]))]
    found["kind"] = reaching.KINDS.get(str(facts.get("kind", "")), "")
    found["callee"] = CALLEES.get(str(facts.get("callee", "")), "")
    found["letter_to"] = LETTER_TO.get(str(facts.get("letter_to", "")), "")
    found["waits_for"] = WAITS_FOR.get(str(facts.get("waits_for", "")), "")
    outcomes = CALL_OUTCOMES if act == "item.called" else OUTCOMES
    found["outcome"] = outcomes.get(str(facts.get("outcome", "")), "")
    day = str(facts.get("from_day", ""))
    found["from_day"] = long_day(date.fromisoformat(day)) if day else ""
    for place in ("first", "then"):
        found[place] = found[place] or _("nobody")
    for moment in ("start", "end", "other_start"):
        found[moment] = _clock_words(str(found[moment]))
    found["duty"] = {one.value: words for one, words in PLACES.items()}.get(found["duty"], "")
    on = str(facts.get("on", ""))
    found["on"] = long_day(date.fromisoformat(on)) if on else ""
    return found


def _clock_words(raw: str) -> str:
    """A moment as it was kept, on the clinic's clock: "Sat 5 Dec, 17:00"."""
    if not raw:
        return ""
    here = datetime.fromisoformat(raw)
    return f"{weekday_day(here.date())}, {here:%H:%M}"


def actor_words(kind: str, name: str) -> str:
    """Who did it."""
    if kind == "patient":
        return gettext("The patient")
    if kind == "unknown":
        return gettext("Somebody unknown")
    return name or "Taperplan"


def pages_words(count: int) -> str:
    """Several pages of one check-in, saved one after the other."""
    return gettext("saved %(count)s pages of a check-in") % {"count": count}
