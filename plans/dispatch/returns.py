"""Reads the mailbox of returned letters and does what each report asks for."""

from __future__ import annotations

import logging

from django.conf import settings

from plans.mail import bounces, mailbox
from plans.mail.bounces import Came
from plans.services import returns

log = logging.getLogger(__name__)


def run() -> int:
    """Deal with every report that is new; how many messages there were. Does nothing without BOUNCE_MAILBOX."""
    if not settings.BOUNCE_MAILBOX:
        return 0
    try:
        return mailbox.read_new(settings.BOUNCE_MAILBOX, deal_with)
    except mailbox.MailboxAway as error:
        log.warning("mailbox of returned letters not read", extra={"kind": str(error)})
        return 0


def deal_with(raw: bytes) -> bool:
    """Deal with one message; whether it changed anything. Anything but a report on a letter of ours is passed by."""
    report = bounces.read(raw)
    if report is None:
        return False
    if report.came is Came.HARD:
        return returns.hard(report.work_id)
    if report.came is Came.SOFT:
        return returns.soft(report.work_id)
    if report.came is Came.COMPLAINT:
        return returns.complaint(report.work_id)
    return False
