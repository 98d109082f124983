"""Bounces reported by the e-mail provider's webhook; the same as reports in the bounce mailbox, but at once.

Optional. django-anymail checks the secret (and Mailgun's signature) and reads the provider's own format; the message
is found by our Message-ID in the report. Only a provider that reports it can be used (Mailgun does; others put their
own in its place).
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from plans.channels.email import bounce_reports
from plans.services import bounces, clock
from plans.web.gate import public_page

log = logging.getLogger(__name__)

_VIEWS: Final = {
    "mailgun": "anymail.webhooks.mailgun:MailgunTrackingWebhookView",
}
_FAILED: Final = (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED)
_OURS: Final = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.\d+)?@|bounce\+([0-9a-f]{32})[-@]", re.IGNORECASE
)
SIGNED_WITHIN: Final = timedelta(days=1)
"""How old a signature may be: the provider repeats a report for eight hours."""
_AHEAD: Final = timedelta(minutes=5)
# Mailgun does not repeat what is answered with it.
_NEVER_AGAIN: Final = 406


class _TooEarly(Exception):
    """The message is not settled yet: the provider will report it again later."""


class _TooOld(Exception):
    """The signature is right and old: somebody sends again what was once sent, or a clock is wrong."""


@csrf_exempt
@public_page
def mail_events(request: HttpRequest) -> HttpResponse:
    """Take a provider's report. Without MAIL_WEBHOOK the page does not exist; without the secret it refuses."""
    if not settings.MAIL_WEBHOOK:
        raise Http404
    try:
        answer: HttpResponse = _view(settings.MAIL_WEBHOOK, json.dumps(settings.ANYMAIL, sort_keys=True))(
            request
        )
    except _TooEarly:
        return HttpResponse(status=503)
    except _TooOld:
        return HttpResponse(status=_NEVER_AGAIN)
    return answer


@functools.cache
def _view(provider: str, _settings: str) -> Callable[[HttpRequest], HttpResponse]:
    module, _, name = _VIEWS[provider].partition(":")
    view: Callable[[HttpRequest], HttpResponse] = getattr(importlib.import_module(module), name).as_view()
    return view


def _heard(sender: object, event: AnymailTrackingEvent, **_more: object) -> None:
    """Handle one event, whose secret and signature were checked; a repeated event does nothing more."""
    if not _is_recent(event.esp_event):
        log.warning("a provider's report is too old", extra={"kind": event.event_type})
        raise _TooOld
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
    elif _is_hard(event) and bounces.went_to(work_id, [str(event.recipient or "").lower()]):
        bounces.hard(work_id)
    else:
        bounces.soft(work_id)


tracking.connect(_heard, dispatch_uid="plans.mail_events")


def _which(event: AnymailTrackingEvent) -> UUID | None:
    said = json.dumps(_plain(event.esp_event), default=str)
    found = _OURS.search(f"{event.message_id or ''} {json.dumps(event.metadata, default=str)} {said}")
    return UUID(found[1] or found[2]) if found else None


def _is_recent(raw: object) -> bool:
    """Whether a report was signed a short while ago; `raw` is what was posted."""
    posted = _plain(raw)
    signature = posted.get("signature") if isinstance(posted, dict) else None
    said = signature.get("timestamp") if isinstance(signature, dict) else None
    if not re.fullmatch(r"[0-9]{1,11}", str(said)):
        return False
    age = clock.real_now() - datetime.fromtimestamp(int(str(said)), UTC)
    return -_AHEAD <= age <= SIGNED_WITHIN


def _plain(raw: object) -> object:
    """The posted data: JSON or form fields."""
    return raw.dict() if hasattr(raw, "dict") else raw


def _is_hard(event: AnymailTrackingEvent) -> bool:
    """Whether the address itself is bad. A full mailbox or a blocked server says nothing about the address."""
    if event.reject_reason not in (RejectReason.BOUNCED, RejectReason.INVALID):
        return False
    return bounce_reports.is_hard(f"{event.mta_response or ''} {event.description or ''}")
