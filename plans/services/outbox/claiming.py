"""Claiming and settling due entries: conditional updates whose row counts decide, with a lease and a fencing token.

Leases and back-off use the database's time, due times use clinic time: neither a machine with a wrong clock nor a demo
that moves its clock can take a claim away. Nothing here sends or draws; that happens between two of these short
transactions.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from plans.domain.json import JsonObject
from plans.domain.outbox import LEASED, WorkState
from plans.models import Work
from plans.services import clock


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this worker holds until its lease ends. Every further step needs `token`."""

    id: UUID
    token: str
    notice: str
    queue: str
    attempts: int
    document_id: UUID | None
    patient_id: UUID | None
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a claim ends. `state`: sent, rejected, skipped, unknown, poison, or pending to be tried again.

    `reason` is a stable code. For pending: `wait` of real time before the next try, or `due_at`, a later clinic time.
    """

    state: WorkState
    reason: str = ""
    smtp_code: int | None = None
    wait: timedelta = timedelta(0)
    due_at: datetime | None = None
    repeat: bool = False


def lease_from(real: datetime) -> datetime:
    """When a lease taken at `real` ends, by `clock.real_now()`, which all machines share."""
    return real + timedelta(seconds=settings.LEASE_SECONDS)


# The inner select uses the partial index of pending rows and skips rows that another worker is claiming; the outer
# condition is checked again on the current row. An array makes the planner fetch the rows by key instead of reading the
# whole table.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM plans_work
    WHERE queue = %(queue)s AND state = %(pending)s AND due_at <= %(now)s
      AND (try_at IS NULL OR try_at <= %(real)s) AND (not_after IS NULL OR not_after > %(now)s)
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE plans_work w
SET state = %(claimed)s, token = %(token)s, lease_until = %(lease)s, attempts = w.attempts + 1
WHERE w.id = ANY(ARRAY(SELECT id FROM due)) AND w.state = %(pending)s
RETURNING w.id, w.notice, w.queue, w.attempts, w.document_id, w.patient_id, w.user_id, w.due_at
"""


def claim_batch(queue: str, limit: int = 100) -> tuple[Claim, ...]:
    """Claim up to `limit` due rows of a queue, oldest first. Two workers never get the same row."""
    real = clock.real_now()
    token = uuid.uuid4().hex
    facts: dict[str, str | int | datetime] = {
        "queue": queue,
        "pending": WorkState.PENDING,
        "claimed": WorkState.CLAIMED,
        "now": clock.now(),
        "real": real,
        "token": token,
        "lease": lease_from(clock.real_now()),
        "limit": limit,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, facts)
        found = sorted(cursor.fetchall(), key=lambda row: (row[7], row[0]))
    return tuple(Claim(row[0], token, *row[1:7]) for row in found)


# The keys are given as an array besides being joined, and the state is hidden from the index of leased rows, so that
# rows are fetched by key and not by reading what all workers hold.
_MARK_SENDING = """
UPDATE plans_work w SET state = %(sending)s, lease_until = %(lease)s, message_id = n.message_id
FROM unnest(%(ids)s::uuid[], %(tokens)s::text[], %(message_ids)s::text[]) AS n (id, token, message_id)
WHERE w.id = ANY(%(ids)s::uuid[]) AND w.id = n.id AND w.token = n.token AND (w.state = %(claimed)s) IS TRUE
RETURNING w.id
"""


def mark_sending(message_ids: Mapping[Claim, str]) -> frozenset[UUID]:
    """Mark claims as "sending", each with its Message-ID; returns the keys of those that were still ours.

    The others must not be sent.
    """
    if not message_ids:
        return frozenset()
    facts: JsonObject = {
        "ids": [claim.id for claim in message_ids],
        "tokens": [claim.token for claim in message_ids],
        "message_ids": list(message_ids.values()),
        "claimed": WorkState.CLAIMED,
        "sending": WorkState.SENDING,
        "lease": lease_from(clock.real_now()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK_SENDING, facts)
        return frozenset(row[0] for row in cursor.fetchall())


def extend(claim: Claim) -> bool:
    """Renew the lease during long work; False if the claim is no longer ours."""
    held = Work.objects.filter(pk=claim.id, state__in=LEASED, token=claim.token)
    return held.update(lease_until=lease_from(clock.real_now())) == 1


def release(claim: Claim) -> bool:
    """Release an untouched claim without counting a try."""
    held = Work.objects.filter(pk=claim.id, state=WorkState.CLAIMED, token=claim.token)
    return held.update(state=WorkState.PENDING, token="", lease_until=None, attempts=F("attempts") - 1) == 1


def settle(claim: Claim, end: Settlement) -> bool:
    """Write how a claim ended; False if it was no longer ours and nothing was written.

    `services.delivery` adds the consequences (items, bounced addresses) in the same transaction.
    """
    held = Work.objects.filter(pk=claim.id, state__in=LEASED, token=claim.token)
    return write_end(held, end) == 1


# As above. The values are those that `write_end` writes for one.
_SETTLE_SENT = """
UPDATE plans_work w SET state = %(sent)s, reason = '', smtp_code = n.code, token = '', lease_until = NULL,
    settled_at = %(now)s
FROM unnest(%(ids)s::uuid[], %(tokens)s::text[], %(codes)s::int[]) AS n (id, token, code)
WHERE w.id = ANY(%(ids)s::uuid[]) AND w.id = n.id AND w.token = n.token AND (w.state = %(sending)s) IS TRUE
RETURNING w.id, w.queue, w.notice, w.facts, w.clinic_id, w.patient_id, w.plan_id, w.item_id
"""


def settle_sent(codes: Mapping[Claim, int | None]) -> list[Work]:
    """Write that claims were sent, each with the server's code; returns the rows of those that were still ours.

    Call it in a transaction together with the audit events, which `services.delivery` writes.
    """
    facts: JsonObject = {
        "ids": [claim.id for claim in codes],
        "tokens": [claim.token for claim in codes],
        "codes": list(codes.values()),
        "sending": WorkState.SENDING,
        "sent": WorkState.SENT,
        "now": clock.now(),
    }
    return list(Work.objects.raw(_SETTLE_SENT, facts))


def write_end(rows: QuerySet[Work], end: Settlement) -> int:
    """Apply a settlement to a queryset that is already limited to rows that may be settled."""
    values: dict[str, object] = {"state": end.state, "reason": end.reason, "token": "", "lease_until": None}
    if end.smtp_code is not None:
        values["smtp_code"] = end.smtp_code
    if end.state == WorkState.PENDING:
        values["try_at"] = clock.real_now() + end.wait if end.wait else None
        if end.due_at is not None:
            values["due_at"] = end.due_at
        if end.repeat:
            values["repeat"] = F("repeat") + 1
    else:
        values["settled_at"] = clock.now()
    return rows.update(**values)
