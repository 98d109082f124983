"""What the audit trail can hold: the spec of every event, with its part of the trail and the facts it records.

An event is "<subject>.<what was done>". Its sentence is in `plans.wording.audit`, one row per event; what the sentence
quotes is among the event's `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.taper import plan_states


class AuditPart(StrEnum):
    """Part of the trail: CLINIC and ACCESS are the clinic's own, the others are parts of a patient's."""

    PLAN = "plan"
    CHECKINS = "checkins"
    REVIEWS = "reviews"
    MESSAGES = "messages"
    RECORD = "record"
    CLINIC = "clinic"
    # Signing in and out, what was refused, and files made of more than one patient.
    ACCESS = "access"


OF_CLINIC: Final = (AuditPart.CLINIC, AuditPart.ACCESS)
"""The parts that concern no patient."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """One event. `facts`: the recorded facts that its sentence quotes."""

    code: str
    part: AuditPart
    facts: tuple[str, ...] = ()


EVENTS: Final[Mapping[str, EventSpec]] = MappingProxyType(
    {
        event.code: event
        for event in (
            EventSpec("clinic.created", AuditPart.CLINIC),
            EventSpec("clinic.on_call_set", AuditPart.CLINIC, ("first", "then")),
            EventSpec("clinic.advice_signed", AuditPart.CLINIC, ("number",)),
            EventSpec("clinic.catalogue_reviewed", AuditPart.CLINIC, ("medicine", "who")),
            EventSpec("clinic.facts_set", AuditPart.CLINIC),
            EventSpec("clinic.formulary_set", AuditPart.CLINIC),
            EventSpec("clinic.defaults_set", AuditPart.CLINIC),
            EventSpec("clinic.limits_signed", AuditPart.CLINIC),
            EventSpec("clinic.downtime_code_set", AuditPart.CLINIC),
            EventSpec("clinic.part_two_set", AuditPart.CLINIC),
            EventSpec("clinic.second_signature_set", AuditPart.CLINIC),
            EventSpec("clinic.letter_template_kept", AuditPart.CLINIC, ("name",)),
            EventSpec("clinic.letter_template_removed", AuditPart.CLINIC, ("name",)),
            EventSpec("clinic.template_kept", AuditPart.CLINIC, ("name",)),
            EventSpec("clinic.template_removed", AuditPart.CLINIC, ("name",)),
            EventSpec("clinic.template_usual", AuditPart.CLINIC, ("name",)),
            EventSpec("clinic.questionnaire_loaded", AuditPart.CLINIC, ("code", "version")),
            EventSpec("clinic.questionnaire_stopped", AuditPart.CLINIC, ("code", "version")),
            EventSpec("clinic.caseload_imported", AuditPart.CLINIC, ("made", "drafts", "file")),
            EventSpec("clinic.move_declined", AuditPart.CLINIC, ("clinic", "note")),
            EventSpec("clinic.channel_test_set", AuditPart.CLINIC),
            EventSpec("clinic.rules_set", AuditPart.CLINIC),
            EventSpec("clinic.close_watch_set", AuditPart.CLINIC),
            EventSpec("clinic.birth_year_set", AuditPart.CLINIC),
            EventSpec("clinic.rules_signed", AuditPart.CLINIC),
            EventSpec("clinic.second_factor_set", AuditPart.CLINIC, ("on",)),
            EventSpec("clinic.asks_why_on", AuditPart.CLINIC),
            EventSpec("clinic.asks_why_off", AuditPart.CLINIC),
            EventSpec("member.added", AuditPart.CLINIC, ("who", "role")),
            EventSpec("member.invited", AuditPart.CLINIC, ("who", "role")),
            EventSpec("member.declined", AuditPart.CLINIC, ("who",)),
            EventSpec("member.withdrawn", AuditPart.CLINIC, ("who",)),
            EventSpec("member.role_set", AuditPart.CLINIC, ("who", "role")),
            EventSpec("member.digest_on", AuditPart.CLINIC),
            EventSpec("member.digest_off", AuditPart.CLINIC),
            EventSpec("member.ended", AuditPart.CLINIC, ("who",)),
            EventSpec("member.given_back", AuditPart.CLINIC, ("who",)),
            EventSpec("member.factor_reset", AuditPart.CLINIC, ("who", "reason")),
            EventSpec("member.not_me", AuditPart.CLINIC, ("who",)),
            EventSpec("member.channel_added", AuditPart.CLINIC, ("kind",)),
            EventSpec("member.channel_confirmed", AuditPart.CLINIC, ("kind",)),
            EventSpec("member.channel_removed", AuditPart.CLINIC, ("kind",)),
            EventSpec("member.last_day_set", AuditPart.CLINIC, ("who", "on")),
            EventSpec("member.time_over", AuditPart.CLINIC, ("who",)),
            EventSpec("rota.shifts_added", AuditPart.CLINIC, ("who", "number", "start", "end")),
            EventSpec("rota.shifts_cancelled", AuditPart.CLINIC, ("who", "number", "start")),
            EventSpec("rota.shifts_given", AuditPart.CLINIC, ("who", "to", "number")),
            EventSpec("rota.swapped", AuditPart.CLINIC, ("who", "to", "start", "other_start")),
            EventSpec("rota.leave_entered", AuditPart.CLINIC, ("who", "from_day", "on")),
            EventSpec("rota.leave_cancelled", AuditPart.CLINIC, ("who", "from_day", "on")),
            EventSpec("rota.service_added", AuditPart.CLINIC, ("name", "phone", "number", "start", "end")),
            EventSpec("rota.service_corrected", AuditPart.CLINIC, ("name", "phone", "before", "number")),
            EventSpec("rota.service_cancelled", AuditPart.CLINIC, ("name", "number", "start")),
            EventSpec("rota.handed_over", AuditPart.CLINIC, ("to", "number")),
            EventSpec("rota.feed_set", AuditPart.CLINIC, ("duty", "name")),
            EventSpec("rota.feed_ended", AuditPart.CLINIC, ("duty", "name")),
            EventSpec("rota.feed_names_set", AuditPart.CLINIC, ("number",)),
            EventSpec("rota.feed_changed", AuditPart.CLINIC, ("made", "gone")),
            EventSpec("retention.ran", AuditPart.CLINIC, ("number",)),
            EventSpec("session.signed_in", AuditPart.ACCESS, ("network",)),
            EventSpec("session.signed_out", AuditPart.ACCESS),
            EventSpec("session.ended", AuditPart.ACCESS),
            EventSpec("session.failed", AuditPart.ACCESS, ("network",)),
            EventSpec("session.password_set", AuditPart.ACCESS),
            EventSpec("access.listed", AuditPart.ACCESS, ("page",)),
            EventSpec("access.not_here", AuditPart.ACCESS, ("page",)),
            EventSpec("access.not_allowed", AuditPart.ACCESS, ("page",)),
            EventSpec("trail.exported", AuditPart.ACCESS, ("number",)),
            EventSpec("downtime.fetched", AuditPart.ACCESS, ("number",)),
            EventSpec("figures.exported", AuditPart.ACCESS, ("name",)),
            EventSpec("patient.added", AuditPart.RECORD),
            EventSpec("patient.changed", AuditPart.RECORD, ("fields",)),
            EventSpec("patient.opened_outside_list", AuditPart.RECORD, ("note",)),
            EventSpec("patient.owner_set", AuditPart.RECORD, ("who",)),
            EventSpec("patient.owner_cleared", AuditPart.RECORD),
            EventSpec("patient.thresholds_set", AuditPart.RECORD),
            EventSpec("patient.address_confirmed", AuditPart.RECORD),
            EventSpec("patient.address_refused", AuditPart.RECORD),
            EventSpec("patient.choices_changed", AuditPart.RECORD),
            EventSpec("patient.care_state", AuditPart.RECORD, ("now", "from_day", "note")),
            EventSpec("patient.care_corrected", AuditPart.RECORD, ("now", "note")),
            EventSpec("patient.ward_asked_again", AuditPart.RECORD, ("from_day",)),
            EventSpec("patient.move_offered", AuditPart.RECORD, ("clinic",)),
            EventSpec("patient.move_taken_back", AuditPart.RECORD, ("clinic", "note")),
            EventSpec("patient.move_declined", AuditPart.RECORD, ("clinic", "note")),
            EventSpec("patient.move_lapsed", AuditPart.RECORD, ("clinic",)),
            EventSpec("patient.moved_out", AuditPart.RECORD, ("clinic",)),
            EventSpec("patient.moved_in", AuditPart.RECORD, ("clinic",)),
            EventSpec("patient.kept_exported", AuditPart.RECORD),
            EventSpec("patient.file_made", AuditPart.RECORD, ("clinic", "file")),
            EventSpec("patient.read_from_file", AuditPart.RECORD, ("clinic", "file")),
            EventSpec("patient.merged", AuditPart.RECORD),
            EventSpec("patient.unmerged", AuditPart.RECORD),
            EventSpec("patient.consent_given", AuditPart.RECORD, ("consent", "number", "how")),
            EventSpec("patient.consent_withdrawn", AuditPart.RECORD, ("consent", "number", "how")),
            EventSpec("patient.copy_asked", AuditPart.RECORD),
            EventSpec("patient.copy_wanted", AuditPart.RECORD),
            EventSpec("patient.copy_handed", AuditPart.RECORD),
            EventSpec("patient.copy_fetched", AuditPart.RECORD),
            EventSpec("patient.mail_on", AuditPart.RECORD),
            EventSpec("patient.mail_opted_out", AuditPart.RECORD),
            EventSpec("patient.mail_suspended", AuditPart.RECORD),
            EventSpec("patient.mail_complained", AuditPart.RECORD),
            EventSpec("patient.mail_bounced", AuditPart.RECORD),
            EventSpec("device.confirmed", AuditPart.RECORD),
            EventSpec("device.refused", AuditPart.RECORD),
            EventSpec("device.ended", AuditPart.RECORD),
            EventSpec("device.unlocked", AuditPart.RECORD),
            EventSpec("link.ended", AuditPart.RECORD, ("purpose",)),
            EventSpec("link.all_ended", AuditPart.RECORD),
            EventSpec("link.refused", AuditPart.RECORD, ("purpose",)),
            EventSpec("access.unknown_link", AuditPart.ACCESS, ("network",)),
            EventSpec("code.given", AuditPart.RECORD),
            EventSpec("code.chosen", AuditPart.RECORD),
            EventSpec("code.cleared", AuditPart.RECORD),
            EventSpec("patient.discreet_set", AuditPart.RECORD),
            EventSpec("feed.opened", AuditPart.RECORD),
            EventSpec("feed.closed", AuditPart.RECORD),
            EventSpec("call.recorded", AuditPart.REVIEWS),
            EventSpec("letter.kept", AuditPart.RECORD, ("letter_to",)),
            EventSpec("supply.dispensed", AuditPart.PLAN, ("from_day", "on")),
            EventSpec("supply.dispensing_withdrawn", AuditPart.PLAN, ("from_day", "on")),
            EventSpec("visit.planned", AuditPart.RECORD, ("on",)),
            EventSpec("visit.cancelled", AuditPart.RECORD, ("on",)),
            *(EventSpec(act.audit, AuditPart.PLAN, act.facts) for act in plan_states.ACTS.values()),
            EventSpec("plan.exported", AuditPart.PLAN),
            EventSpec("plan.begun_from_pattern", AuditPart.PLAN),
            EventSpec("plan.used_as_pattern", AuditPart.PLAN),
            EventSpec("plan.option_chosen", AuditPart.PLAN),
            EventSpec("plan.signature_asked", AuditPart.PLAN),
            EventSpec("plan.signature_given", AuditPart.PLAN, ("who",)),
            EventSpec("plan.signature_declined", AuditPart.PLAN, ("who", "note")),
            EventSpec("plan.signature_withdrawn", AuditPart.PLAN),
            EventSpec("plan.signature_lapsed", AuditPart.PLAN, ("who",)),
            EventSpec("plan.review_set", AuditPart.PLAN, ("on",)),
            EventSpec("plan.pages_drawn", AuditPart.PLAN, ("on",)),
            EventSpec("plan.taken_recorded", AuditPart.PLAN, ("from_day",)),
            EventSpec("plan.as_planned_again", AuditPart.PLAN, ("from_day", "note")),
            EventSpec("checkin.asked", AuditPart.CHECKINS),
            EventSpec("checkin.begun", AuditPart.CHECKINS),
            EventSpec("checkin.saved", AuditPart.CHECKINS),
            EventSpec("checkin.sent", AuditPart.CHECKINS),
            EventSpec("checkin.closed", AuditPart.CHECKINS),
            EventSpec("dose.marked", AuditPart.CHECKINS),
            EventSpec("dose.unmarked", AuditPart.CHECKINS),
            EventSpec("checkin.missed", AuditPart.CHECKINS),
            EventSpec("message.sent", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.skipped", AuditPart.MESSAGES, ("notice", "reason")),
            EventSpec("message.rejected", AuditPart.MESSAGES, ("notice", "reason")),
            EventSpec("message.unknown", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.poison", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.left", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.seen", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.once_more", AuditPart.MESSAGES, ("notice",)),
            EventSpec("message.tried_again", AuditPart.MESSAGES, ("notice",)),
            EventSpec("document.sent", AuditPart.MESSAGES),
            EventSpec("document.skipped", AuditPart.MESSAGES, ("reason",)),
            EventSpec("document.rejected", AuditPart.MESSAGES, ("reason",)),
            EventSpec("document.poison", AuditPart.MESSAGES),
            EventSpec("document.unknown", AuditPart.MESSAGES),
            EventSpec("document.asked", AuditPart.MESSAGES),
            EventSpec("document.asked_again", AuditPart.MESSAGES),
            EventSpec("document.opened", AuditPart.MESSAGES),
            EventSpec("documents.redrawn", AuditPart.MESSAGES),
            EventSpec("documents.redrawing_cancelled", AuditPart.MESSAGES),
            EventSpec("item.opened", AuditPart.REVIEWS, ("priority",)),
            EventSpec("item.raised_again", AuditPart.REVIEWS, ("priority",)),
            EventSpec("item.acknowledged", AuditPart.REVIEWS, ("how",)),
            EventSpec("item.claimed", AuditPart.REVIEWS),
            EventSpec("item.released", AuditPart.REVIEWS),
            EventSpec("item.lapsed", AuditPart.REVIEWS, ("who",)),
            EventSpec("item.called", AuditPart.REVIEWS, ("callee", "outcome")),
            EventSpec("item.noted", AuditPart.REVIEWS),
            EventSpec("item.escalated", AuditPart.REVIEWS),
            EventSpec("item.passed", AuditPart.REVIEWS, ("to",)),
            EventSpec("item.moved", AuditPart.REVIEWS, ("to",)),
            EventSpec("item.snoozed", AuditPart.REVIEWS),
            EventSpec("item.waiting", AuditPart.REVIEWS, ("waits_for",)),
            EventSpec("item.woke", AuditPart.REVIEWS),
            EventSpec("item.taken_over", AuditPart.REVIEWS, ("who",)),
            EventSpec("item.plan_changed", AuditPart.REVIEWS, ("version",)),
            EventSpec("item.checkin_asked", AuditPart.REVIEWS),
            EventSpec("item.letter_made", AuditPart.REVIEWS, ("letter_to",)),
            EventSpec("item.plan_left", AuditPart.REVIEWS),
            EventSpec("item.resolved", AuditPart.REVIEWS, ("outcome",)),
            EventSpec("item.undone", AuditPart.REVIEWS),
        )
    }
)

# Prefixes of the events in each part of the trail; an event of a patient's belongs to exactly one part.
BEGINNINGS: Final[Mapping[AuditPart, tuple[str, ...]]] = MappingProxyType(
    {
        part: tuple(
            dict.fromkeys(
                f"{code.partition('.')[0]}." for code, event in EVENTS.items() if event.part is part
            )
        )
        for part in AuditPart
    }
)
