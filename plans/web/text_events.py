"""What the provider of text messages tells us: replies to alerts, and what became of messages.

A POST, authorised by TEXT_EVENTS_SECRET: as `Authorization: Bearer <secret>`, or as a signature of the moment and the
body, which is believed for a quarter of an hour:

    X-Timestamp: 1796140800
    X-Signature: sha256=<HMAC-SHA256 of "1796140800." and the body>

As JSON or as a form:

    {"from": "+15550142", "text": "4711"}                                a reply
    {"id": "<the id we gave the message>", "status": "delivered"}        or "failed"

The answer says what became of it in a sentence, which the person also gets as a text message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from plans.services import bounces, clock
from plans.services.review import acknowledging
from plans.web.gate import public_page
from plans.wording.reaching import answer_words

_LARGEST: Final = 20_000
_KINDS: Final = ("application/json", "application/x-www-form-urlencoded")
SIGNED_WITHIN: Final = timedelta(minutes=15)
_ID: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.\d+)?(?:@|$)", re.IGNORECASE)
_DELIVERED: Final = ("delivered", "read")
_FAILED: Final = ("failed", "undelivered", "rejected", "expired")


@csrf_exempt
@never_cache
@public_page
@require_POST
def text_events(request: HttpRequest) -> JsonResponse:
    """Take a reply or a report. Without TEXT_EVENTS_SECRET the page does not exist; without the secret it refuses."""
    if not settings.TEXT_EVENTS_SECRET:
        raise Http404
    if request.content_type not in _KINDS:
        return JsonResponse({"problem": f"send it as {' or '.join(_KINDS)}"}, status=415)
    body = request.body[: _LARGEST + 1]
    if not _authorised(request, body):
        return JsonResponse({"problem": "the secret or the signature is missing or wrong"}, status=401)
    told = _read(request, body)
    if told is None:
        return JsonResponse({"problem": "neither a reply (from, text) nor a report (id, status)"}, status=400)
    if "text" in told and told.get("from"):
        answer = acknowledging.by_text(sender=told["from"][:60], body=told["text"])
        if answer is None:
            return JsonResponse({"answer": "", "outcome": "unknown_sender"})
        return JsonResponse({"answer": answer_words(answer.value), "outcome": answer.value})
    return _reported(told)


def _reported(told: Mapping[str, str]) -> JsonResponse:
    found, status = _ID.search(told.get("id", "")[:200]), told.get("status", "").strip().lower()
    if found is None:
        return JsonResponse({"problem": "the id is none of ours"}, status=400)
    work_id = UUID(found[1])
    if bounces.is_under_way(work_id):
        # The report came before the answer to our request: the provider tries again.
        return JsonResponse({"problem": "too early"}, status=503)
    if status in _DELIVERED:
        acknowledging.by_report(work_id)
    elif status in _FAILED:
        bounces.hard_to_staff(work_id)
    return JsonResponse({"outcome": status if status in (*_DELIVERED, *_FAILED) else "ignored"})


def _authorised(request: HttpRequest, body: bytes) -> bool:
    secret, moment = settings.TEXT_EVENTS_SECRET, request.headers.get("X-Timestamp", "")
    mac = hmac.new(secret.encode(), f"{moment[:20]}.".encode() + body, hashlib.sha256).hexdigest()
    signed = request.headers.get("X-Signature", "")
    bearer = request.headers.get("Authorization", "")
    # Both are compared whole: a wrong one takes as long as a right one.
    by_bearer, by_mac = _same(bearer, f"Bearer {secret}"), _same(signed, f"sha256={mac}")
    return by_bearer or (by_mac and _is_recent(moment))


def _is_recent(moment: str) -> bool:
    if not re.fullmatch(r"[0-9]{1,11}", moment):
        return False
    return abs(clock.real_now() - datetime.fromtimestamp(int(moment), UTC)) <= SIGNED_WITHIN


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _read(request: HttpRequest, body: bytes) -> dict[str, str] | None:
    """What was told, as text by name; names in lower case, since providers write From and Body. None: unreadable."""
    if len(body) > _LARGEST:
        return None
    if request.content_type == "application/json":
        try:
            raw = json.loads(body)
        except ValueError:
            return None
        if not isinstance(raw, dict):
            return None
        found = {str(name).lower(): str(value) for name, value in raw.items() if isinstance(value, str | int)}
    else:
        found = {name.lower(): str(value) for name, value in request.POST.items()}
    if "body" in found:
        found.setdefault("text", found["body"])
    if "messagestatus" in found:
        found.setdefault("status", found["messagestatus"])
    return found if ("from" in found and "text" in found) or ("id" in found and "status" in found) else None
