"""Reads the bounce mailbox and acts on each report, and on each reply to an alert."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError

from plans.channels.email import bounce_reports, mailbox, replies
from plans.channels.email.bounce_reports import Report, ReportKind
from plans.channels.email.mailbox import Done
from plans.domain.bounce_address import REPORTS_WITHIN
from plans.services import bounces, clock, heartbeat, pausing
from plans.services.review import acknowledging

log = logging.getLogger(__name__)


def run() -> int:
    """Process every new report; returns how many messages there were. Does nothing without BOUNCE_MAILBOX.

    The heartbeat is set only when the mailbox was read: a rejected password must not look like an empty mailbox.
    """
    if not settings.BOUNCE_MAILBOX or pausing.folder_of_files():
        # A copy on another host leaves the reports to the original installation.
        return 0
    failed = 0

    def guarded(raw: bytes) -> Done:
        nonlocal failed
        try:
            return deal_with(raw)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # It must not block the reports behind it; the next reading tries it again.
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
    """Process one message of the mailbox. Anything but a report on one of our messages, or a reply to one, is ignored;
    a report on one that is still being sent waits until that is settled; one that anybody could have written is
    flagged for whoever looks into the mailbox."""
    key = settings.LINK_KEY
    try:
        report, reply = bounce_reports.read(raw, key), replies.read(raw, key)
    except Exception:
        # The library fails on some malformed messages; another try would not help.
        log.exception("a message in the mailbox of bounces cannot be read")
        return Done.SET_ASIDE
    if reply is not None:
        acknowledging.by_email(work_id=reply.work_id, sender=reply.sender, body=reply.text)
    if report is None or report.kind is ReportKind.DELAYED:
        return Done.SEEN
    if doubt := _doubtful(report):
        log.warning("a report of a bounce is not believed", extra={"kind": doubt})
        return Done.SET_ASIDE
    if bounces.is_under_way(report.work_id):
        return Done.LATER
    if report.kind is ReportKind.HARD and bounces.went_to(report.work_id, report.recipients):
        bounces.hard(report.work_id)
    elif report.kind is ReportKind.HARD:
        # Forwarded to an address that does not exist: the patient's own may be right.
        bounces.soft(report.work_id)
    elif report.kind is ReportKind.SOFT:
        bounces.soft(report.work_id)
    else:
        bounces.complaint(report.work_id)
    return Done.SEEN


def _doubtful(report: Report) -> str:
    """Why a report is not believed; empty if it is."""
    if report.sent_on is None:
        return "unsigned"
    return "late" if clock.now().date() - report.sent_on > REPORTS_WITHIN else ""
