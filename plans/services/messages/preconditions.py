"""Preconditions: whether a message may be sent now. Checked when it is sent, under the patient's lock.

First the conditions of its audience (`_patient`, `_colleague`), then the one precondition that its spec names; each
member of `Precondition` has one function in PRECONDITIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from plans.domain.checkins import occasions as when
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.messages import Postpone, Skip
from plans.domain.notices import (
    BUDGETED,
    CONFIRM_MOST_A_DAY,
    ITEM_ESCALATED,
    MOST_A_DAY,
    NOTICES,
    REMINDERS_APART,
    Audience,
    Notice,
    Precondition,
    Privacy,
)
from plans.domain.people import CareState, EmailState, MailState
from plans.domain.review import escalation
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, Occasion, Patient, ReviewItem, Work
from plans.services import account_messages, channel_messages, limits
from plans.services.messages.context import DAY, MessageContext

# Another reminder to the same patient is being handed over: check again afterwards.
_WHILE_ANOTHER_GOES: Final = timedelta(minutes=5)
_CONFIRM: Final = ("mail:confirm",)
# The limit of an address counts from its first request.
_UNTIL_ASKED_AGAIN: Final = timedelta(hours=6)

WhyNot = Skip | Postpone | None
"""None: it may be sent. Else why not, or why not yet."""
_MAY_BE_WRITTEN_TO: Final = (EmailState.CONFIRMED, EmailState.UNCONFIRMED)


def why_not(work: Work, context: MessageContext) -> WhyNot:
    """Why a message may not be sent now; None if it may."""
    notice = NOTICES[work.notice]
    if notice.still_right is None:
        raise ValueError("a document is drawn, not sent")
    found = _AUDIENCES[notice.audience](work, notice) or PRECONDITIONS[notice.still_right](work, context)
    return found or _enough_today(work, context)


def _enough_today(work: Work, context: MessageContext) -> Postpone | None:
    """Wait if its reader got a day's messages within 24 hours: somebody changes a plan in a circle, or writes to a
    stranger. Reminders, alerts and reset links have limits of their own and never wait for this."""
    if work.notice not in BUDGETED:
        return None
    person = work.patient_id or work.user_id
    written = sorted(context.written_to.get(person, ())) if person is not None else []
    if len(written) < MOST_A_DAY:
        return None
    return Postpone(until=written[-MOST_A_DAY] + DAY, reason="enough_today")


def _patient(work: Work, notice: Notice) -> WhyNot:
    """Check whether the patient wants and may get such a message."""
    patient = work.patient
    if patient is None:
        return Skip("nobody")
    if patient.care_state != CareState.IN_CARE:
        return Skip(patient.care_state)
    if not patient.email:
        return Skip("no_address")
    if patient.email_state not in _MAY_BE_WRITTEN_TO:
        return Skip(patient.email_state)
    if notice.privacy is Privacy.CLINICAL and patient.email_state != EmailState.CONFIRMED:
        return Skip(EmailState.UNCONFIRMED.value)
    if notice.reminder and patient.contact_how == "phone":
        return Skip("by_phone")
    if notice.reminder and patient.mail_state != MailState.ON:
        return Skip(patient.mail_state)
    return None


def _colleague(work: Work, _notice: Notice) -> WhyNot:
    return Skip("nobody") if work.user is None else None


_AUDIENCES: Final[Mapping[Audience, Callable[[Work, Notice], WhyNot]]] = {
    Audience.PATIENT: _patient,
    Audience.STAFF: _colleague,
}


def _address_is_unconfirmed(work: Work, context: MessageContext) -> WhyNot:
    if work.patient is None or work.patient.email_state != EmailState.UNCONFIRMED:
        return Skip("confirmed")
    if context.asked_last.get(work.patient.pk, work.created_at) > work.created_at:
        return Skip("address_changed")
    if _asked_enough(work, work.patient.email):
        return Postpone(until=context.now + _UNTIL_ASKED_AGAIN, reason="enough_today")
    return None


def _asked_enough(work: Work, address: str) -> bool:
    """Whether an address was asked often enough, whoever the patient is. A further try of the same message may go."""
    if limits.counted(*_CONFIRM, address.lower()) < CONFIRM_MOST_A_DAY:
        return False
    return not limits.counted(*_CONFIRM, str(work.pk))


def count_confirm(work: Work, address: str) -> None:
    """Count a request to confirm an address, once however often it is tried."""
    if limits.count(*_CONFIRM, str(work.pk), within=DAY) == 1:
        limits.count(*_CONFIRM, address.lower(), within=DAY)


def _version_is_current(work: Work, _context: MessageContext) -> WhyNot:
    if work.plan is None or work.plan.state not in LIVE_STATES:
        return Skip("plan_over")
    return Skip("replaced") if work.version_id != work.plan.active_version_id else None


def _pages_are_wanted(work: Work, context: MessageContext) -> WhyNot:
    """Skip news of further calendar pages for a patient who wants no messages: they wait for a visit."""
    if gone := _version_is_current(work, context):
        return gone
    if work.plan is not None and work.plan.state == PlanState.PAUSED:
        return Skip("paused")
    if work.patient is not None and work.patient.contact_how == "phone":
        return Skip("by_phone")
    if work.patient is not None and work.patient.mail_state == MailState.OPTED_OUT:
        return Skip("opted_out")
    return None


def _checkin_is_open(work: Work, context: MessageContext) -> WhyNot:
    occasion = work.occasion
    if occasion is None:
        return Skip("nothing_asked")
    if occasion.state in (OccasionState.ANSWERED, OccasionState.MISSED, OccasionState.CANCELLED):
        return Skip(occasion.state)
    response = getattr(occasion, "checkin", None)
    if response is not None and response.state == CheckInState.SUBMITTED:
        return Skip("answered")
    if occasion.closes_at <= context.now:
        return Skip("closed")
    if work.plan is not None and work.plan.state not in LIVE_STATES:
        return Skip("plan_over")
    # A message that the clinic sends again is the same message, not a further reminder.
    if work.repeat or work.patient is None:
        return None
    wait = wait_for(work, occasion, work.patient, context)
    if wait is not None and wait.until >= occasion.closes_at:
        return Skip(wait.reason)
    return wait


def _has_opted_out(work: Work, _context: MessageContext) -> WhyNot:
    opted_out = work.patient is not None and work.patient.mail_state == MailState.OPTED_OUT
    return None if opted_out else Skip("on_again")


def _item_needs_somebody(work: Work, context: MessageContext) -> WhyNot:
    if work.item is None:
        return Skip("nobody")
    if (work.user_id, work.clinic_id) not in context.staff:
        return Skip("left_clinic")
    if work.item.state == ItemState.RESOLVED:
        return Skip("resolved")
    # A claim from before this alert does not cover what it is about.
    if work.item.acknowledged_at is not None and work.item.acknowledged_at >= work.created_at:
        return Skip("acknowledged")
    # Its holder did nothing when this alert was put; now they have.
    if work.item.acknowledged_at is not None and work.item.state == ItemState.IN_PROGRESS:
        return Skip("worked_on")
    return _alerted_enough(work, work.item, context)


def _alerted_enough(work: Work, item: ReviewItem, context: MessageContext) -> Postpone | None:
    """Wait if its reader just got another alert. One of unknown fate, sent again, does not wait."""
    if work.user_id is None or work.repeat:
        return None
    quiet = context.quiet.get((work.user_id, work.clinic_id))
    if work.notice == ITEM_ESCALATED and quiet is not None and quiet > context.now:
        return Postpone(until=quiet, reason="acknowledged_lately")
    urgent = item.severity == Priority.URGENT
    until = escalation.send_at(context.alerted.get(work.user_id, []), context.now, urgent=urgent)
    return Postpone(until=until, reason="alerted_just_now") if until > context.now else None


def _item_is_anothers(work: Work, context: MessageContext) -> WhyNot:
    """Skip "taken over from you" for somebody who holds the item again."""
    if (work.user_id, work.clinic_id) not in context.staff:
        return Skip("left_clinic")
    return Skip("over") if work.item is None or work.item.holder_id == work.user_id else None


def _account_is_active(work: Work, _context: MessageContext) -> WhyNot:
    return None if work.user is not None and work.user.is_active else Skip("over")


def _invitation_is_open(work: Work, _context: MessageContext) -> WhyNot:
    return None if account_messages.invitation_is_open(work) else Skip("over")


def _letter_can_be_read(work: Work, _context: MessageContext) -> WhyNot:
    """Skip news of a letter once the page where it is read is closed."""
    return Skip("plan_over") if work.plan is None or work.plan.state not in LIVE_STATES else None


def _clinic_is_new(work: Work, _context: MessageContext) -> WhyNot:
    if work.plan is None or work.plan.state not in LIVE_STATES:
        return Skip("plan_over")
    # Moved on since: the newer clinic says so itself.
    return None if work.facts.get("clinic") == str(work.clinic_id) else Skip("replaced")


def _channel_is_unconfirmed(work: Work, _context: MessageContext) -> WhyNot:
    return channel_messages.why_no_code(work)


def _test_waits(work: Work, context: MessageContext) -> WhyNot:
    if (work.user_id, work.clinic_id) not in context.staff:
        return Skip("left_clinic")
    return channel_messages.why_no_test(work)


def _channel_fails(work: Work, context: MessageContext) -> WhyNot:
    if (work.user_id, work.clinic_id) not in context.staff:
        return Skip("left_clinic")
    return channel_messages.why_no_alarm(work)


def _always(_work: Work, _context: MessageContext) -> WhyNot:
    return None


def _digest_is_of_today(work: Work, context: MessageContext) -> WhyNot:
    if (work.user_id, work.clinic_id) not in context.staff:
        return Skip("left_clinic")
    zone = when.known_zone(context.batch.clinics[work.clinic_id].zone, "UTC")
    if work.facts.get("day") != when.local_date(context.now, zone).isoformat():
        return Skip("late")
    return None if context.digests[work.clinic_id].says_something else Skip("nothing_to_say")


PRECONDITIONS: Final[Mapping[Precondition, Callable[[Work, MessageContext], WhyNot]]] = {
    Precondition.ADDRESS_IS_UNCONFIRMED: _address_is_unconfirmed,
    Precondition.VERSION_IS_CURRENT: _version_is_current,
    Precondition.PAGES_ARE_WANTED: _pages_are_wanted,
    Precondition.CHECKIN_IS_OPEN: _checkin_is_open,
    Precondition.HAS_OPTED_OUT: _has_opted_out,
    Precondition.ITEM_NEEDS_SOMEBODY: _item_needs_somebody,
    Precondition.ITEM_IS_ANOTHERS: _item_is_anothers,
    Precondition.ACCOUNT_IS_ACTIVE: _account_is_active,
    Precondition.INVITATION_IS_OPEN: _invitation_is_open,
    Precondition.CLINIC_IS_NEW: _clinic_is_new,
    Precondition.CHANNEL_IS_UNCONFIRMED: _channel_is_unconfirmed,
    Precondition.TEST_WAITS: _test_waits,
    Precondition.CHANNEL_FAILS: _channel_fails,
    Precondition.ALWAYS: _always,
    Precondition.LETTER_CAN_BE_READ: _letter_can_be_read,
    Precondition.DIGEST_IS_OF_TODAY: _digest_is_of_today,
}


def wait_for(work: Work, occasion: Occasion, patient: Patient, context: MessageContext) -> Postpone | None:
    """Until when a reminder waits, and why; None if it may be sent now.

    Night is by the patient's zone, or the clinic's if theirs is unknown.
    """
    until, reason = context.now, ""
    if patient.pk in context.recently_reminded:
        until, reason = context.recently_reminded[patient.pk] + REMINDERS_APART, "too_soon"
    elif patient.pk in context.being_reminded:
        until, reason = context.now + _WHILE_ANOTHER_GOES, "too_soon"
    elif work.rung and occasion.pk in context.not_invited:
        until, reason = context.now + _WHILE_ANOTHER_GOES, "after_the_first"
    morning = when.not_at_night(
        until, when.known_zone(patient.zone, context.batch.clinics[work.clinic_id].zone)
    )
    if morning > until:
        until, reason = morning, reason or "night"
    return Postpone(until=until, reason=reason) if reason else None
