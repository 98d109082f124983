"""The catalogue of work for the outbox: letters to patients, alerts to staff, and the drawing of documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Audience(StrEnum):
    """For whom it is."""

    PATIENT = "patient"
    STAFF = "staff"
    # A document: made, not sent.
    PAPER = "paper"


class Queue(StrEnum):
    """Three queues that never wait for one another."""

    LETTERS = "letters"
    ALERTS = "alerts"
    DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True)
class Notice:
    """One kind of work.

    `template` is the folder under `templates/messages/`, empty for a document. `reminder`: counts towards the patient's
    limit of one reminder in 20 hours, and stops with opt-out and suspension. `clinical`: leads to health data, so the
    address must have been confirmed. `keep_for`: how long after it is due it may still go out; None is for ever.
    """

    code: str
    audience: Audience
    queue: Queue
    template: str
    reminder: bool
    clinical: bool
    keep_for: timedelta | None


def _patient(code: str, *, reminder: bool = False, clinical: bool = True, days: int = 3) -> Notice:
    return Notice(code, Audience.PATIENT, Queue.LETTERS, code, reminder, clinical, timedelta(days=days))


def _alert(code: str) -> Notice:
    # Never too late: a clinician hears of it whenever it can be said.
    return Notice(code, Audience.STAFF, Queue.ALERTS, code, reminder=False, clinical=False, keep_for=None)


def _account(code: str, days: int) -> Notice:
    return Notice(
        code,
        Audience.STAFF,
        Queue.ALERTS,
        code,
        reminder=False,
        clinical=False,
        keep_for=timedelta(days=days),
    )


CONFIRM_ADDRESS: Final = "confirm_address"
PLAN_READY: Final = "plan_ready"
PLAN_CHANGED: Final = "plan_changed"
PAGES_READY: Final = "pages_ready"
CHECKIN_INVITATION: Final = "checkin_invitation"
CHECKIN_REMINDER: Final = "checkin_reminder"
OPT_OUT_DONE: Final = "opt_out_done"
ITEM_ALERT: Final = "item_alert"
ITEM_ESCALATED: Final = "item_escalated"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - the code of a letter
SET_PASSWORD: Final = "set_password"  # noqa: S105 - the code of a letter
CLINIC_INVITATION: Final = "clinic_invitation"
ACCOUNT_LETTERS: Final = frozenset({PASSWORD_RESET, SET_PASSWORD, CLINIC_INVITATION})
"""Letters to staff about their account; they need no item."""
DRAW: Final = "draw"
REDRAW: Final = "redraw"

NOTICES: Final[dict[str, Notice]] = {
    notice.code: notice
    for notice in (
        _patient(CONFIRM_ADDRESS, clinical=False, days=14),
        _patient(PLAN_READY, days=14),
        _patient(PLAN_CHANGED, days=14),
        _patient(PAGES_READY, days=14),
        _patient(CHECKIN_INVITATION, reminder=True),
        _patient(CHECKIN_REMINDER, reminder=True),
        # Goes out although letters are off: it says so, and how to undo it.
        _patient(OPT_OUT_DONE),
        _alert(ITEM_ALERT),
        _alert(ITEM_ESCALATED),
        _account(PASSWORD_RESET, 1),
        _account(SET_PASSWORD, 7),
        _account(CLINIC_INVITATION, 7),
        Notice(DRAW, Audience.PAPER, Queue.DOCUMENTS, "", reminder=False, clinical=True, keep_for=None),
        # Asks for all papers of a clinic, a page at a time.
        Notice(REDRAW, Audience.PAPER, Queue.DOCUMENTS, "", reminder=False, clinical=False, keep_for=None),
    )
}

# Every message that a patient gets.
TO_PATIENTS: Final = tuple(code for code, notice in NOTICES.items() if notice.audience is Audience.PATIENT)
# News of one version of a plan, which a newer version makes pointless.
OF_A_VERSION: Final = (PLAN_READY, PLAN_CHANGED, PAGES_READY)
# At most one reminder a patient in this time, over all occasions.
REMINDERS_APART: Final = timedelta(hours=20)
# Crashes of our own (a killed worker, a fault in drawing) after which a row is set aside. A busy or absent mail server
# is no crash: that is tried until `not_after`.
CRASHES_ALLOWED: Final = 5


def backoff(reason: str, tries: int) -> timedelta:
    """How long to wait before the next try, of real time; `tries` counts from 1.

    A mail server that answers "later" means minutes (greylisting), one that cannot be reached may be back at once.
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
    # Mended by a person, who will not want to wait long afterwards.
    "sign_in_refused": (60, 300, 900),
    "crash": (5, 30, 120, 600),
}
LONGEST_BACKOFF: Final = timedelta(seconds=max(max(ladder) for ladder in _LADDERS.values()))
