"""The codes and links by which staff answer an alert or a test.

A code has four digits and is unique among the person's live codes; a link's token has 256 bits. Both are HMACs of the
row's nonce with LINK_KEY, so that a message sent again carries the same, and the database alone gives neither.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from plans.domain.reaching import REPLY_FOR, CodePurpose
from plans.models import ReplyCode, Work
from plans.services import wall
from plans.services.wall import Door

_TRIES: Final = 100
_LIVE_MOST: Final = 500
"""The most live codes of one person: beyond, the oldest end, so that a code stays hard to guess."""
OLD_FOR: Final = timedelta(days=7)
"""How long an ended code is still recognised as an old one."""


def _mac(purpose: bytes, data: bytes) -> bytes:
    return hmac.new(settings.LINK_KEY, purpose + b"\0" + data, hashlib.sha256).digest()


def digits_of(nonce: bytes, purpose: bytes, count: int) -> str:
    """`count` digits derived from a nonce."""
    number = int.from_bytes(_mac(purpose, bytes(nonce))[:8], "big") % 10**count
    return f"{number:0{count}d}"


def code_of(row: ReplyCode) -> str:
    """The four digits of a code."""
    return digits_of(bytes(row.nonce), b"reply-code", 4)


def token_of(row: ReplyCode) -> str:
    """The token of its link."""
    return _token(bytes(row.nonce))


def _token(nonce: bytes) -> str:
    return base64.urlsafe_b64encode(_mac(b"reply-link", nonce)).rstrip(b"=").decode()


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _code_hash(user_id: UUID, code: str) -> str:
    return _mac(b"reply-hash", user_id.bytes + code.encode()).hex()


def for_work(
    work: Work,
    *,
    purpose: CodePurpose,
    channel_id: UUID | None,
    now: datetime,
    day: date | None = None,
) -> ReplyCode:
    """The code of an outbox entry, made when it is first needed; it moves along to the channel that the entry now goes
    to, and an expired one is renewed. Call it in a transaction."""
    row = ReplyCode.objects.select_for_update(of=("self",), no_key=True).filter(work_id=work.pk).first()
    if row is not None and row.ended_at is None and row.expires_at > now:
        if row.channel_id != channel_id:
            row.channel_id = channel_id
            row.save(update_fields=["channel"])
        return row
    if work.user_id is None:
        raise ValueError("a code is for a member of staff")
    if row is None:
        row = ReplyCode(work_id=work.pk, clinic_id=work.clinic_id, user_id=work.user_id, created_at=now)
    row.purpose, row.channel_id, row.day = purpose.value, channel_id, row.day or day
    row.expires_at, row.ended_at = now + REPLY_FOR, None
    return _with_code(row, now)


def _with_code(row: ReplyCode, now: datetime) -> ReplyCode:
    live = ReplyCode.objects.filter(user_id=row.user_id, ended_at=None)
    live.filter(expires_at__lte=now).update(ended_at=now)
    oldest = live.order_by("-created_at").values_list("pk", flat=True)[_LIVE_MOST:]
    ReplyCode.objects.filter(pk__in=list(oldest)).update(ended_at=now)
    for _try in range(_TRIES):
        row.nonce = secrets.token_bytes(16)
        row.code_hash = _code_hash(row.user_id, code_of(row))
        row.token_hash = _token_hash(token_of(row))
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            continue
        return row
    raise RuntimeError("no reply code is free")


def live(user_id: UUID, code: str, now: datetime) -> ReplyCode | None:
    """A person's code that may be answered now."""
    rows = ReplyCode.objects.select_related("work__item", "clinic", "channel")
    return rows.filter(
        user_id=user_id, code_hash=_code_hash(user_id, code), ended_at=None, expires_at__gt=now
    ).first()


def was(user_id: UUID, code: str, now: datetime) -> bool:
    """Whether it was a code of this person in the last days, and is none any more."""
    rows = ReplyCode.objects.filter(user_id=user_id, code_hash=_code_hash(user_id, code))
    return rows.filter(expires_at__gt=now - OLD_FOR).exists()


def by_token(token: str) -> ReplyCode | None:
    """The code whose link was opened; None for an unknown token."""
    wall.enter_through(Door.REPLY, _token_hash(token))
    rows = ReplyCode.objects.select_related("work__item", "clinic", "channel", "user")
    return rows.filter(token_hash=_token_hash(token)).first()
