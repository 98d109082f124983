"""What the audit trail can hold: every event once, with the part of the trail it belongs to and the facts it tells.

An event is "<subject>.<what was done>". Its sentence stands in `plans.wording.audit`, one row an event; what a
sentence quotes is among the event's `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AuditPart(StrEnum):
    """Part of the trail: CLINIC is the clinic's own, the others are parts of a patient's."""

    PLAN = "plan"
    CHECKINS = "checkins"
    REVIEWS = "reviews"
    MESSAGES = "messages"
    RECORD = "record"
    CLINIC = "clinic"


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
            EventSpec("clinic.created", Part.CLINIC),
            EventSpec("clinic.on_call_set", Part.CLINIC),
            EventSpec("clinic.advice_signed", Part.CLINIC, ("number",)),
            EventSpec("clinic.facts_set", Part.CLINIC),
            EventSpec("clinic.formulary_set", Part.CLINIC),
            EventSpec("clinic.questionnaire_loaded", Part.CLINIC, ("code", "version")),
            EventSpec("clinic.questionnaire_stopped", Part.CLINIC, ("code", "version")),
            EventSpec("clinic.rules_set", Part.CLINIC),
            EventSpec("clinic.rules_signed", Part.CLINIC),
            EventSpec("member.added", Part.CLINIC, ("who", "role")),
            EventSpec("member.invited", Part.CLINIC, ("who", "role")),
            EventSpec("member.declined", Part.CLINIC, ("who",)),
            EventSpec("member.withdrawn", Part.CLINIC, ("who",)),
            EventSpec("member.role_set", Part.CLINIC, ("who", "role")),
            EventSpec("member.ended", Part.CLINIC, ("who",)),
            EventSpec("member.given_back", Part.CLINIC, ("who",)),
            EventSpec("patient.added", Part.RECORD),
            EventSpec("patient.changed", Part.RECORD, ("fields",)),
            EventSpec("patient.thresholds_set", Part.RECORD),
            EventSpec("patient.address_confirmed", Part.RECORD),
            EventSpec("patient.address_refused", Part.RECORD),
            EventSpec("patient.choices_changed", Part.RECORD),
            EventSpec("patient.care_state", Part.RECORD, ("now", "from_day", "note")),
            EventSpec("patient.care_corrected", Part.RECORD, ("now", "note")),
            EventSpec("patient.ward_asked_again", Part.RECORD, ("from_day",)),
            EventSpec("patient.mail_on", Part.RECORD),
            EventSpec("patient.mail_opted_out", Part.RECORD),
            EventSpec("patient.mail_suspended", Part.RECORD),
            EventSpec("patient.mail_complained", Part.RECORD),
            EventSpec("patient.mail_bounced", Part.RECORD),
            EventSpec("device.confirmed", Part.RECORD),
            EventSpec("device.refused", Part.RECORD),
            EventSpec("device.unlocked", Part.RECORD),
            EventSpec("feed.opened", Part.RECORD),
            EventSpec("feed.closed", Part.RECORD),
            EventSpec("visit.planned", Part.RECORD, ("on",)),
            EventSpec("visit.cancelled", Part.RECORD, ("on",)),
            EventSpec("plan.draft_saved", Part.PLAN),
            EventSpec("plan.draft_thrown_away", Part.PLAN),
            EventSpec("plan.issued", Part.PLAN),
            EventSpec("plan.held", Part.PLAN, ("days", "from_day")),
            EventSpec("plan.stepped_back", Part.PLAN, ("days", "from_day")),
            EventSpec("plan.slowed_down", Part.PLAN, ("days", "from_day")),
            EventSpec("plan.stays_here", Part.PLAN, ("from_day",)),
            EventSpec("plan.review_set", Part.PLAN, ("on",)),
            EventSpec("plan.pages_drawn", Part.PLAN, ("on",)),
            EventSpec("plan.resumed", Part.PLAN, ("from_day",)),
            EventSpec("plan.goes_on_from", Part.PLAN, ("from_day",)),
            EventSpec("plan.paused", Part.PLAN, ("from_day",)),
            EventSpec("plan.returned", Part.PLAN, ("from_day",)),
            EventSpec("plan.taken_recorded", Part.PLAN, ("from_day",)),
            EventSpec("plan.as_planned_again", Part.PLAN, ("from_day", "note")),
            EventSpec("plan.goal_reached", Part.PLAN),
            EventSpec("plan.transferred", Part.PLAN, ("from_day",)),
            EventSpec("plan.care_stopped", Part.PLAN, ("from_day",)),
            EventSpec("plan.patient_died", Part.PLAN, ("from_day",)),
            EventSpec("plan.corrected", Part.PLAN, ("note",)),
            EventSpec("plan.hold_over", Part.PLAN),
            EventSpec("plan.last_dose_passed", Part.PLAN),
            EventSpec("plan.completed", Part.PLAN),
            EventSpec("plan.replaced", Part.PLAN),
            EventSpec("plan.stopped", Part.PLAN),
            EventSpec("checkin.asked", Part.CHECKINS),
            EventSpec("checkin.begun", Part.CHECKINS),
            EventSpec("checkin.saved", Part.CHECKINS),
            EventSpec("checkin.sent", Part.CHECKINS),
            EventSpec("checkin.closed", Part.CHECKINS),
            EventSpec("dose.marked", Part.CHECKINS),
            EventSpec("dose.unmarked", Part.CHECKINS),
            EventSpec("checkin.missed", Part.CHECKINS),
            EventSpec("letter.sent", Part.MESSAGES, ("notice",)),
            EventSpec("letter.skipped", Part.MESSAGES, ("notice", "reason")),
            EventSpec("letter.rejected", Part.MESSAGES, ("notice", "reason")),
            EventSpec("letter.unknown", Part.MESSAGES, ("notice",)),
            EventSpec("letter.poison", Part.MESSAGES, ("notice",)),
            EventSpec("letter.left", Part.MESSAGES, ("notice",)),
            EventSpec("letter.seen", Part.MESSAGES, ("notice",)),
            EventSpec("letter.once_more", Part.MESSAGES, ("notice",)),
            EventSpec("letter.tried_again", Part.MESSAGES, ("notice",)),
            EventSpec("document.sent", Part.MESSAGES),
            EventSpec("document.skipped", Part.MESSAGES, ("reason",)),
            EventSpec("document.rejected", Part.MESSAGES, ("reason",)),
            EventSpec("document.poison", Part.MESSAGES),
            EventSpec("document.unknown", Part.MESSAGES),
            EventSpec("document.asked", Part.MESSAGES),
            EventSpec("document.asked_again", Part.MESSAGES),
            EventSpec("document.opened", Part.MESSAGES),
            EventSpec("documents.redrawn", Part.MESSAGES),
            EventSpec("documents.redrawing_cancelled", Part.MESSAGES),
            EventSpec("item.opened", Part.REVIEWS, ("severity",)),
            EventSpec("item.raised_again", Part.REVIEWS, ("severity",)),
            EventSpec("item.claimed", Part.REVIEWS),
            EventSpec("item.released", Part.REVIEWS),
            EventSpec("item.lapsed", Part.REVIEWS, ("who",)),
            EventSpec("item.called", Part.REVIEWS, ("callee", "outcome")),
            EventSpec("item.noted", Part.REVIEWS),
            EventSpec("item.escalated", Part.REVIEWS),
            EventSpec("item.passed", Part.REVIEWS, ("to",)),
            EventSpec("item.snoozed", Part.REVIEWS),
            EventSpec("item.woke", Part.REVIEWS),
            EventSpec("item.plan_changed", Part.REVIEWS, ("version",)),
            EventSpec("item.checkin_asked", Part.REVIEWS),
            EventSpec("item.plan_left", Part.REVIEWS),
            EventSpec("item.resolved", Part.REVIEWS, ("outcome",)),
        )
    }
)

# How the events of each part of a patient's trail begin; every such event belongs to exactly one.
BEGINNINGS: Final[Mapping[AuditPart, tuple[str, ...]]] = MappingProxyType(
    {
        part: tuple(
            dict.fromkeys(
                f"{code.partition('.')[0]}." for code, event in EVENTS.items() if event.part is part
            )
        )
        for part in AuditPart
        if part is not AuditPart.CLINIC
    }
)
