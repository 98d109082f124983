"""Reads the mailbox of bounces and does what each report asks for."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError

from plans.channels.email import bounce_reports, mailbox
from plans.channels.email.bounce_reports import Came
from plans.channels.email.mailbox import Done
from plans.services import bounces, heartbeat, pausing

log = logging.getLogger(__name__)


def run() -> int:
    """Deal with every report that is new; how many messages there were. Does nothing without BOUNCE_MAILBOX.

    Says that it ran only when the mailbox was read: a password that no longer holds is not silence.
    """
    if not settings.BOUNCE_MAILBOX or pausing.folder_of_files():
        # A copy on another host leaves the reports to the service whose messages they are about.
        return 0
    failed = 0

    def guarded(raw: bytes) -> Done:
        nonlocal failed
        try:
            return deal_with(raw)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # It must not hide the reports behind it; the next reading tries it again.
            log.exception("a report of a bounce cannot be dealt with")
            failed += 1
            return Done.LATER

    try:
        read = mailbox.read_new(settings.BOUNCE_MAILBOX, guarded)
    except mailbox.MailboxAway as error:
        log.warning("mailbox of bounces not read", extra={"kind": str(error)})
        return 0
    heartbeat.beat(heartbeat.RETURNS, {"failed": failed} if failed else None)
    return read


def deal_with(raw: bytes) -> Done:
    """Deal with one message of the mailbox. Anything but a report on a message of ours is ignored; a report on one that
    is still being sent waits until that is settled."""
    try:
        report = bounce_reports.read(raw)
    except Exception:
        # The library stumbles over some of what comes in; trying again would not mend it.
        log.exception("a message in the mailbox of bounces cannot be read")
        return Done.SET_ASIDE
    if report is None or report.came is Came.DELAYED:
        return Done.SEEN
    if bounces.is_under_way(report.work_id):
        return Done.LATER
    if report.came is Came.HARD:
        bounces.hard(report.work_id)
    elif report.came is Came.SOFT:
        bounces.soft(report.work_id)
    else:
        bounces.complaint(report.work_id)
    return Done.SEEN
