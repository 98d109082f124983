"""Bounces, as the provider of mail tells it by webhook: what reports in the bounce mailbox do, at once.

Optional. django-anymail checks the secret (and Mailgun's signature) and reads the provider's own format; which message
it was is found by our Message-ID in what the provider quotes. A provider belongs here only if it quotes that (Mailgun
does; others put one of their own in its place).
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import re
from collections.abc import Callable
from typing import Final
from uuid import UUID

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from plans.channels.email import bounce_reports
from plans.services import bounces
from plans.web.gate import public_page

log = logging.getLogger(__name__)

_VIEWS: Final = {
    "mailgun": "anymail.webhooks.mailgun:MailgunTrackingWebhookView",
}
_FAILED: Final = (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED)
_OURS: Final = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.\d+)?@|bounce\+([0-9a-f]{32})@", re.IGNORECASE
)


class _TooEarly(Exception):
    """The message's own conversation is not yet settled: the provider tells it again in a while."""


@csrf_exempt
@public_page
def mail_events(request: HttpRequest) -> HttpResponse:
    """Take a provider's report. Without MAIL_WEBHOOK there is no such page; without the secret it is refused."""
    if not settings.MAIL_WEBHOOK:
        raise Http404
    try:
        answer: HttpResponse = _view(settings.MAIL_WEBHOOK, json.dumps(settings.ANYMAIL, sort_keys=True))(
            request
        )
    except _TooEarly:
        return HttpResponse(status=503)
    return answer


@functools.cache
def _view(provider: str, _settings: str) -> Callable[[HttpRequest], HttpResponse]:
    module, _, name = _VIEWS[provider].partition(":")
    view: Callable[[HttpRequest], HttpResponse] = getattr(importlib.import_module(module), name).as_view()
    return view


def _heard(sender: object, event: AnymailTrackingEvent, **_more: object) -> None:
    """One event: what it asks for is done once, however often it is told."""
    if event.event_type not in (*_FAILED, EventType.COMPLAINED):
        return
    work_id = _which(event)
    if work_id is None:
        log.warning("a provider's report names no message of ours", extra={"kind": event.event_type})
        return
    if bounces.is_under_way(work_id):
        raise _TooEarly
    if event.event_type == EventType.COMPLAINED:
        bounces.complaint(work_id)
    elif _is_hard(event):
        bounces.hard(work_id)
    else:
        bounces.soft(work_id)


tracking.connect(_heard, dispatch_uid="plans.mail_events")


def _which(event: AnymailTrackingEvent) -> UUID | None:
    said = json.dumps(_plain(event.esp_event), default=str)
    found = _OURS.search(f"{event.message_id or ''} {json.dumps(event.metadata, default=str)} {said}")
    return UUID(found[1] or found[2]) if found else None


def _plain(raw: object) -> object:
    """What the provider posted: JSON, or form fields."""
    return raw.dict() if hasattr(raw, "dict") else raw


def _is_hard(event: AnymailTrackingEvent) -> bool:
    """Whether the address takes no messages. A full mailbox or a blocked server says nothing of the address."""
    if event.reject_reason not in (RejectReason.BOUNCED, RejectReason.INVALID):
        return False
    return bounce_reports.is_hard(f"{event.mta_response or ''} {event.description or ''}")
