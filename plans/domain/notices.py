"""The specs of outbox entries: messages to patients, alerts and messages to staff, and documents to draw.

Each kind is one spec here. A new message is one `Notice`, its templates in `templates/messages/<code>/` and its row of
words in `plans/wording/messages.py`; the totality test names anything missing.

    Notice(
        "visit_coming", Audience.PATIENT, Queue.MESSAGES, timedelta(days=3),
        link=Purpose.PLAN, still_right=Precondition.VERSION_IS_CURRENT,
    )
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from plans.domain.links import LinkPurpose
from plans.domain.reaching import CodePurpose


class Audience(StrEnum):
    """Who it is for."""

    PATIENT = "patient"
    STAFF = "staff"
    # A document: made, not sent.
    DOCUMENT = "document"


class Queue(StrEnum):
    """The three queues, which never wait for one another; the queue is a message's priority."""

    MESSAGES = "messages"
    ALERTS = "alerts"
    DOCUMENTS = "documents"


class Precondition(StrEnum):
    """What must hold when a message is sent, besides the conditions of its audience.

    Each is one function in `plans.services.messages.preconditions`.
    """

    ADDRESS_IS_UNCONFIRMED = "address_is_unconfirmed"
    VERSION_IS_CURRENT = "version_is_current"
    PAGES_ARE_WANTED = "pages_are_wanted"
    CHECKIN_IS_OPEN = "checkin_is_open"
    HAS_OPTED_OUT = "has_opted_out"
    ITEM_NEEDS_SOMEBODY = "item_needs_somebody"
    ITEM_IS_ANOTHERS = "item_is_anothers"
    ACCOUNT_IS_ACTIVE = "account_is_active"
    INVITATION_IS_OPEN = "invitation_is_open"
    CLINIC_IS_NEW = "clinic_is_new"
    CHANNEL_IS_UNCONFIRMED = "channel_is_unconfirmed"
    TEST_WAITS = "test_waits"
    CHANNEL_FAILS = "channel_fails"
    ALWAYS = "always"
    LETTER_CAN_BE_READ = "letter_can_be_read"
    DIGEST_IS_OF_TODAY = "digest_is_of_today"


class StaffPage(StrEnum):
    """The page that a message to staff leads to, where the reader signs in or sets a password."""

    ITEM = "item"
    QUEUE = "review_queue"
    PASSWORD = "password"  # noqa: S105 - the name of a page
    INVITATIONS = "invitations"
    CHANNELS = "channels"
    NOT_ME = "not_me"
    TRAIL = "trail"


class Reach(StrEnum):
    """Where a message to a member of staff goes."""

    # The e-mail of the login.
    LOGIN = "login"
    # Their channels in their order: the entry's fact "channel" counts from 1.
    ORDER = "order"
    # One channel, whatever its order: the entry's fact "channel_id".
    ONE = "one"


class Privacy(StrEnum):
    """What a message may say and open, and so which addresses it may be sent to."""

    # Its link leads to health data: only for an address that the patient has confirmed.
    CLINICAL = "clinical"
    # For an address that may be a stranger's: no name, and no link to the patient's choices.
    NEUTRAL = "neutral"
    # To a colleague: names no patient.
    STAFF = "staff"


class Bundling(StrEnum):
    """Whether two messages of one patient that are due together become one."""

    ALONE = "alone"
    # Carries news of the plan.
    CARRIES = "carries"
    # News that is carried by a check-in's message due at the same time.
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Notice:
    """One kind of outbox entry.

    `keep_for`: how long after its due time it may still be sent; None: for ever. `link`: where it leads. `reminder`:
    counts towards the patient's limit of one reminder in 20 hours, and stops with opt-out and suspension. A document
    has neither link nor precondition: they are checked when it is drawn. `reach`: where one to staff goes.
    `reply_code`: what its reply code, if it carries one, is about.
    """

    code: str
    audience: Audience
    queue: Queue
    keep_for: timedelta | None
    link: LinkPurpose | StaffPage | None = None
    still_right: Precondition | None = None
    privacy: Privacy = Privacy.CLINICAL
    reminder: bool = False
    bundling: Bundling = Bundling.ALONE
    reach: Reach = Reach.LOGIN
    reply_code: CodePurpose | None = None


CONFIRM_ADDRESS: Final = "confirm_address"
PLAN_READY: Final = "plan_ready"
PLAN_CHANGED: Final = "plan_changed"
PAGES_READY: Final = "pages_ready"
CHECKIN_INVITATION: Final = "checkin_invitation"
CHECKIN_REMINDER: Final = "checkin_reminder"
LETTER_READY: Final = "letter_ready"
COPY_READY: Final = "copy_ready"
OPT_OUT_DONE: Final = "opt_out_done"
NEW_DEVICE: Final = "new_device"
NEW_LINK: Final = "new_link"
CLINIC_CHANGED: Final = "clinic_changed"
ITEM_ALERT: Final = "item_alert"
ITEM_ESCALATED: Final = "item_escalated"
ITEM_TAKEN_OVER: Final = "item_taken_over"
DIGEST: Final = "digest"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - the code of a message
SET_PASSWORD: Final = "set_password"  # noqa: S105 - the code of a message
CLINIC_INVITATION: Final = "clinic_invitation"
CREDENTIALS_CHANGED: Final = "credentials_changed"
AUDIT_HEADS: Final = "audit_heads"
CHANNEL_CODE: Final = "channel_code"
CHANNEL_TEST: Final = "channel_test"
CHANNEL_FAILED: Final = "channel_failed"
REPLY_ANSWER: Final = "reply_answer"
DRAW: Final = "draw"
REDRAW: Final = "redraw"
RECORD_COPY: Final = "record_copy"


def _news(code: str, still_right: Precondition, bundling: Bundling = Bundling.ALONE) -> Notice:
    """News of one version of a plan, which a newer version makes obsolete."""
    return Notice(
        code,
        Audience.PATIENT,
        Queue.MESSAGES,
        timedelta(days=14),
        link=LinkPurpose.PLAN,
        still_right=still_right,
        bundling=bundling,
    )


def _checkin(code: str) -> Notice:
    return Notice(
        code,
        Audience.PATIENT,
        Queue.MESSAGES,
        timedelta(days=3),
        link=LinkPurpose.CHECKIN,
        still_right=Precondition.CHECKIN_IS_OPEN,
        reminder=True,
        bundling=Bundling.CARRIES,
    )


def _about_links(code: str) -> Notice:
    """About the patient's own devices and links."""
    return Notice(
        code,
        Audience.PATIENT,
        Queue.MESSAGES,
        timedelta(days=3),
        link=LinkPurpose.PLAN,
        still_right=Precondition.ALWAYS,
    )


def _alert(code: str) -> Notice:
    """A notice to a clinician, which is never too late."""
    return Notice(
        code,
        Audience.STAFF,
        Queue.ALERTS,
        None,
        link=StaffPage.ITEM,
        still_right=Precondition.ITEM_NEEDS_SOMEBODY,
        privacy=Privacy.STAFF,
        reach=Reach.ORDER,
        reply_code=CodePurpose.ALERT,
    )


def _of_channel(
    code: str, keep_for: timedelta, still_right: Precondition, carries: CodePurpose | None = None
) -> Notice:
    """A message about one channel of a member of staff, sent to that channel or to another named one."""
    return Notice(
        code,
        Audience.STAFF,
        Queue.ALERTS,
        keep_for,
        link=StaffPage.CHANNELS,
        still_right=still_right,
        privacy=Privacy.STAFF,
        reach=Reach.ONE,
        reply_code=carries,
    )


def _account(code: str, days: int, link: StaffPage, still_right: Precondition) -> Notice:
    return Notice(
        code,
        Audience.STAFF,
        Queue.ALERTS,
        timedelta(days=days),
        link=link,
        still_right=still_right,
        privacy=Privacy.STAFF,
    )


NOTICES: Final[dict[str, Notice]] = {
    notice.code: notice
    for notice in (
        Notice(
            CONFIRM_ADDRESS,
            Audience.PATIENT,
            Queue.MESSAGES,
            timedelta(days=14),
            link=LinkPurpose.CONFIRM,
            still_right=Precondition.ADDRESS_IS_UNCONFIRMED,
            privacy=Privacy.NEUTRAL,
        ),
        _news(PLAN_READY, Precondition.VERSION_IS_CURRENT, Bundling.CARRIED),
        _news(PLAN_CHANGED, Precondition.VERSION_IS_CURRENT, Bundling.CARRIED),
        _news(PAGES_READY, Precondition.PAGES_ARE_WANTED),
        _news(LETTER_READY, Precondition.LETTER_CAN_BE_READ),
        _news(COPY_READY, Precondition.LETTER_CAN_BE_READ),
        _checkin(CHECKIN_INVITATION),
        _checkin(CHECKIN_REMINDER),
        # Sent although messages are off: it says so, and how to undo that.
        Notice(
            OPT_OUT_DONE,
            Audience.PATIENT,
            Queue.MESSAGES,
            timedelta(days=3),
            link=LinkPurpose.MAIL,
            still_right=Precondition.HAS_OPTED_OUT,
        ),
        _about_links(NEW_DEVICE),
        _about_links(NEW_LINK),
        Notice(
            CLINIC_CHANGED,
            Audience.PATIENT,
            Queue.MESSAGES,
            timedelta(days=14),
            link=LinkPurpose.PLAN,
            still_right=Precondition.CLINIC_IS_NEW,
            bundling=Bundling.CARRIES,
        ),
        _alert(ITEM_ALERT),
        _alert(ITEM_ESCALATED),
        # To whoever held it: nobody has to act on it.
        Notice(
            ITEM_TAKEN_OVER,
            Audience.STAFF,
            Queue.ALERTS,
            timedelta(days=1),
            link=StaffPage.ITEM,
            still_right=Precondition.ITEM_IS_ANOTHERS,
            privacy=Privacy.STAFF,
        ),
        Notice(
            DIGEST,
            Audience.STAFF,
            Queue.ALERTS,
            None,
            link=StaffPage.QUEUE,
            still_right=Precondition.DIGEST_IS_OF_TODAY,
            privacy=Privacy.STAFF,
        ),
        _account(PASSWORD_RESET, 1, StaffPage.PASSWORD, Precondition.ACCOUNT_IS_ACTIVE),
        _account(SET_PASSWORD, 7, StaffPage.PASSWORD, Precondition.ACCOUNT_IS_ACTIVE),
        _account(CLINIC_INVITATION, 7, StaffPage.INVITATIONS, Precondition.INVITATION_IS_OPEN),
        _account(CREDENTIALS_CHANGED, 7, StaffPage.NOT_ME, Precondition.ALWAYS),
        # What the audit trail's chain ends with, once a week to each lead, out of the database's reach.
        Notice(
            AUDIT_HEADS,
            Audience.STAFF,
            Queue.ALERTS,
            timedelta(days=7),
            link=StaffPage.TRAIL,
            still_right=Precondition.ALWAYS,
            privacy=Privacy.STAFF,
        ),
        _of_channel(CHANNEL_CODE, timedelta(minutes=30), Precondition.CHANNEL_IS_UNCONFIRMED),
        _of_channel(CHANNEL_TEST, timedelta(hours=2), Precondition.TEST_WAITS, CodePurpose.TEST),
        _of_channel(CHANNEL_FAILED, timedelta(days=1), Precondition.CHANNEL_FAILS),
        _of_channel(REPLY_ANSWER, timedelta(hours=1), Precondition.ALWAYS),
        Notice(DRAW, Audience.DOCUMENT, Queue.DOCUMENTS, None),
        # Requests all documents of a clinic, one page at a time.
        Notice(REDRAW, Audience.DOCUMENT, Queue.DOCUMENTS, None),
        # A copy of everything kept about a patient.
        Notice(RECORD_COPY, Audience.DOCUMENT, Queue.DOCUMENTS, None),
    )
}

MESSAGES: Final[dict[str, Notice]] = {
    code: notice for code, notice in NOTICES.items() if notice.audience is not Audience.DOCUMENT
}
"""The notices that are sent."""
TO_PATIENTS: Final = tuple(code for code, notice in MESSAGES.items() if notice.audience is Audience.PATIENT)
"""The notices for patients."""
REMINDERS: Final = tuple(code for code, notice in MESSAGES.items() if notice.reminder)
CARRIES: Final = tuple(code for code, notice in MESSAGES.items() if notice.bundling is Bundling.CARRIES)
CARRIED: Final = tuple(code for code, notice in MESSAGES.items() if notice.bundling is Bundling.CARRIED)
OF_A_VERSION: Final = tuple(
    code
    for code, notice in MESSAGES.items()
    if notice.still_right in (Precondition.VERSION_IS_CURRENT, Precondition.PAGES_ARE_WANTED)
)
"""News of one version of a plan, which a newer version makes obsolete."""
ABOUT_THE_ADDRESS: Final = (CONFIRM_ADDRESS, OPT_OUT_DONE)
"""Messages about writing to the patient at all; they belong to no plan and no check-in."""
ACCOUNT_MESSAGES: Final = tuple(
    code
    for code, notice in MESSAGES.items()
    if notice.link in (StaffPage.PASSWORD, StaffPage.INVITATIONS, StaffPage.NOT_ME)
)
"""Notices to staff about their account; they belong to no item."""
ALERTS: Final = tuple(
    code for code, notice in MESSAGES.items() if notice.still_right is Precondition.ITEM_NEEDS_SOMEBODY
)
"""Alerts about review items."""

BUDGETED: Final = tuple(
    code
    for code, notice in MESSAGES.items()
    if (notice.audience is Audience.PATIENT and not notice.reminder)
    or code in (SET_PASSWORD, CLINIC_INVITATION)
)
"""Messages of which a person gets `MOST_A_DAY`. Reminders have their own interval; alerts, reset links and answers are
neither counted nor held back."""
MOST_A_DAY: Final = 10
CONFIRM_MOST_A_DAY: Final = 3
"""Requests to confirm an address, whoever the patient is: the address may be a stranger's."""

# How long news of a version waits that changes nothing today or tomorrow, so that two changes are one message.
NEWS_WAITS: Final = timedelta(hours=1)
# At most one reminder per patient in this time, over all occasions.
REMINDERS_APART: Final = timedelta(hours=20)
# Crashes (a killed worker, a fault in drawing) after which a row is set aside. A busy or unreachable mail server is not
# a crash: that is retried until `not_after`.
CRASHES_ALLOWED: Final = 5


def backoff(reason: str, tries: int) -> timedelta:
    """The real time to wait before the next try; `tries` counts from 1.

    A mail server that answers "later" means minutes (greylisting); an unreachable one may be back at once.
    Raises ValueError for fewer than one try.
    """
    if tries < 1:
        raise ValueError("tries count from 1")
    ladder = _LADDERS.get(reason, _LADDERS[""])
    return timedelta(seconds=ladder[min(tries, len(ladder)) - 1])


_LADDERS: Final[dict[str, tuple[int, ...]]] = {
    "": (60, 300, 900, 3600),
    "unreachable": (15, 60, 300, 900),
    "dropped": (30, 300, 900, 3600),
    "later": (300, 900, 3600),
    "sender_refused": (900, 3600),
    "provider_unreachable": (15, 60, 300),
    "provider_dropped": (15, 60, 300),
    "provider_later": (60, 300, 900),
    "provider_refuses_us": (60, 300, 900),
    # Fixed by a person, who will not want to wait long afterwards.
    "sign_in_refused": (60, 300, 900),
    "crash": (5, 30, 120, 600),
}
LONGEST_BACKOFF: Final = timedelta(seconds=max(max(ladder) for ladder in _LADDERS.values()))
