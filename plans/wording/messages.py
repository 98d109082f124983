"""Words of the message log: kinds, states and reasons, in neutral terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.domain.outbox import WorkState


@dataclass(frozen=True, slots=True)
class MessageWords:
    """The words of one kind of outbox entry: its title in the message log, and how the history speaks of it."""

    title: Promise
    in_history: Promise


WORDS: Final[dict[str, MessageWords]] = {
    "confirm_address": MessageWords(_("Confirm the address"), _("message asking to confirm the address")),
    "plan_ready": MessageWords(_("Calendar ready"), _("message with the plan")),
    "plan_changed": MessageWords(_("Calendar changed"), _("message about the changed plan")),
    "pages_ready": MessageWords(_("Next calendar pages"), _("message about the next calendar pages")),
    "letter_ready": MessageWords(_("Letter to read"), _("message about a letter")),
    "copy_ready": MessageWords(_("Copy to fetch"), _("message about a copy of the record")),
    "checkin_invitation": MessageWords(_("Check-in invitation"), _("check-in invitation")),
    "checkin_reminder": MessageWords(_("Check-in reminder"), _("check-in reminder")),
    "opt_out_done": MessageWords(_("Messages stopped"), _("message saying that messages stop")),
    "new_device": MessageWords(_("New device"), _("message about a new device")),
    "new_link": MessageWords(_("New link"), _("message with a new link")),
    "clinic_changed": MessageWords(_("New clinic"), _("message about the new clinic")),
    "item_alert": MessageWords(_("Alert"), _("alert")),
    "item_escalated": MessageWords(_("Alert, escalated"), _("alert to the next person")),
    "item_taken_over": MessageWords(_("Item taken over"), _("message that an item was taken over")),
    "digest": MessageWords(_("Digest"), _("digest")),
    "password_reset": MessageWords(_("Link for a new password"), _("link for a new password")),
    "set_password": MessageWords(_("Link for a first password"), _("link for a first password")),
    "clinic_invitation": MessageWords(_("Invitation to the clinic"), _("invitation to the clinic")),
    "credentials_changed": MessageWords(_("Sign-in changed"), _("message about a change of signing in")),
    "audit_heads": MessageWords(_("Head of the audit trail"), _("head of the audit trail")),
    "channel_code": MessageWords(_("Code for a channel"), _("code that confirms a channel")),
    "channel_test": MessageWords(_("Test of a channel"), _("test of a channel")),
    "channel_failed": MessageWords(_("A channel fails"), _("alarm about a channel")),
    "reply_answer": MessageWords(_("Answer to a reply"), _("answer to a reply")),
    "draw": MessageWords(_("Calendar to draw"), _("calendar")),
    "record_copy": MessageWords(_("Copy of a record to make"), _("copy of the record")),
    "redraw": MessageWords(_("All documents to draw again"), _("drawing of all documents again")),
}

STATES: Final[dict[str, Promise]] = {
    "pending": _("Waiting"),
    "claimed": _("In hand"),
    "sending": _("Being sent"),
    "sent": _("Accepted"),
    "rejected": _("Refused"),
    "skipped": _("Not sent"),
    "cancelled": _("Taken back"),
    "unknown": _("Unknown"),
    "poison": _("Set aside"),
}
DRAWN: Final = _("Drawn")

REASONS: Final[dict[str, Promise]] = {
    "address_refused": _("The mail server does not know the address."),
    "message_refused": _("The mail server refused the message."),
    "sender_refused": _("The mail server refused us as the sender. Tell whoever runs this installation."),
    "unreachable": _("The mail server cannot be reached. We try again."),
    "sign_in_refused": _(
        "The mail server refuses our sign-in. We try again; tell whoever runs this installation."
    ),
    "dropped": _("The connection broke before the message went out. We try again."),
    "later": _("The mail server asks us to come back later."),
    "no_answer_after_dot": _("The message went out, but no answer came. It may have arrived."),
    "strange_answer": _("The mail server's answer cannot be understood. It may have arrived."),
    "died_while_sending": _("Sending was cut off. It may have arrived."),
    "restored": _("The database was restored from a backup. It may have gone out before."),
    "fate_unknown": _("It may have arrived; it goes again, marked as a repeat."),
    "left": _("It may have arrived. Somebody here decided to leave it."),
    "once_more": _("It is sent again."),
    "tried_again": _("It is tried again."),
    "crashed": _("A fault of ours. We try again a few times."),
    "lease_over": _("The worker stopped before sending. It goes again."),
    "over": _("What it was about is over."),
    "late": _("It was too late to be of use."),
    "in_one_message": _("It was included in another message that was just sent."),
    "goes_along": _("It waits briefly, to be sent with a check-in message."),
    "fewer_asked": _("Fewer reminders are wanted."),
    "too_soon": _("Less than 20 hours after the last reminder."),
    "enough_today": _("Enough was sent to this address for one day: it goes later."),
    "after_the_first": _("The first message of this check-in has not gone yet."),
    "night": _("It is night where the patient lives: it waits for the morning."),
    "unconfirmed": _("The address is not confirmed yet."),
    "bounced": _("Messages to this address bounce."),
    "complained": _("The patient's mail provider reported our messages."),
    "refused": _("Somebody said that this is not the patient's address."),
    "no_address": _("There is no e-mail address."),
    "by_phone": _("The patient is reached by phone."),
    "paused": _("The patient is in hospital: the plan is paused."),
    "opted_out": _("The patient stopped these messages."),
    "suspended": _("Reminders are paused after four unanswered check-ins."),
    "answered": _("Already answered."),
    "missed": _("The check-in has closed."),
    "closed": _("The check-in has closed."),
    "cancelled": _("The check-in was withdrawn."),
    "replaced": _("A newer version took its place."),
    "plan_over": _("The plan is over."),
    "transferred": _("The patient is cared for elsewhere."),
    "admitted": _("The patient is in hospital."),
    "stopped_care": _("The patient is no longer in care here."),
    "died": _("The patient has died."),
    "stopped": _("The plan was ended."),
    "confirmed": _("The address is confirmed already."),
    "address_changed": _("The address was changed; a newer message asks."),
    "on_again": _("The messages were started again."),
    "acknowledged": _("Somebody has claimed the item."),
    "worked_on": _("Somebody is working on the item."),
    "acknowledged_lately": _("This person acknowledged an alert a moment ago: repeats rest for ten minutes."),
    "alerted_just_now": _("An alert went to this person a moment ago: it waits a little, to be one message."),
    "resolved": _("The item is resolved."),
    "left_clinic": _("No longer works here."),
    "moved": _("The patient has moved to another clinic."),
    "nobody": _("There is nobody to send it to."),
    "channel_refused": _("The provider refuses the number or address. The next channel is used."),
    "channel_removed": _("The channel was removed."),
    "channel_not_offered": _("Such messages cannot be sent from here."),
    "channel_hours": _("It waits until this person may be reached."),
    "provider_unreachable": _("The provider cannot be reached. We try again."),
    "provider_dropped": _("The connection broke before the message went out. We try again."),
    "provider_later": _("The provider asks us to come back later."),
    "provider_refuses_us": _("The provider refuses our sign-in. Tell whoever runs this installation."),
    "provider_silent": _("The message went out, but the provider did not answer. It may have arrived."),
    "provider_failed": _("The provider had a fault. The message may have arrived."),
    "nothing_to_say": _("There was nothing to tell."),
}

SHOWS: Final[dict[str, Promise]] = {
    "all": _("All"),
    "attention": _("Needs a look"),
    "waiting": _("Waiting"),
    "sent": _("Accepted"),
    "not_sent": _("Not sent"),
}


def kind_words(notice: str) -> str:
    """What kind of message it is; the bare code for a kind without words."""
    return str(WORDS[notice].title) if notice in WORDS else notice


def state_words(state: str, queue: str) -> str:
    """The state of a message. Never "delivered": a mail server that accepts a message may still return it."""
    if state == WorkState.SENT and queue == "documents":
        return str(DRAWN)
    return str(STATES.get(state, state))


def reason_words(reason: str, smtp_code: int | None) -> str:
    """Why it is in that state, with the mail server's code if it gave one; "" for no reason."""
    found = str(REASONS[reason]) if reason in REASONS else ""
    if found and smtp_code and smtp_code >= 300:
        return _now("%(why)s (Code %(code)s.)") % {"why": found, "code": smtp_code}
    return found
