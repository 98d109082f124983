"""A batch of letters: looked up together, then one statement after another, which settles the last and begins the next.

What a draft was made from is remembered by the row versions of the patient, the check-in and the plan (PostgreSQL's
`xmin`, which every change of a row gives anew). The statement that says "sending" says it only while they still hold:
an answer, an opt-out, a new address or a new version in between, and the letter takes the long way, where it is
composed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connection

from plans.domain.messages import LetterFacts
from plans.domain.notices import NOTICES, REMINDERS_APART, Audience
from plans.models import Work
from plans.services import clock
from plans.services.actors import SYSTEM
from plans.services.messages.composing import LinkMissing, compose_row
from plans.services.messages.context import REMINDERS, around
from plans.services.outbox import Claim
from plans.services.outbox.claiming import lease_from


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter composed ahead, and the versions of the rows it was made from (empty for a row it has not)."""

    claim: Claim
    facts: LetterFacts
    patient_id: UUID | None
    reminder: bool
    patient: str
    occasion: str
    plan: str


_STAMPS: Final = """
SELECT w.id, coalesce(p.xmin::text, ''), coalesce(o.xmin::text, ''), coalesce(l.xmin::text, '')
FROM plans_work w
LEFT JOIN plans_patient p ON p.id = w.patient_id
LEFT JOIN plans_occasion o ON o.id = w.occasion_id
LEFT JOIN plans_plan l ON l.id = w.plan_id
WHERE w.id = ANY(%s)
"""
# Only what composing reads: a clinic's week, holidays and settings once for all, a plan without its draft.
_READ: Final = (
    "notice", "queue", "rung", "repeat", "created_at", "clinic_id", "version_id", "user_id", "item_id",
    "patient__email", "patient__phone", "patient__email_state", "patient__care_state", "patient__mail_state",
    "patient__contact_how", "patient__language", "patient__country", "patient__zone", "patient__preferred_name",
    "patient__name", "patient__clinic_id", "occasion__state", "occasion__closes_at", "occasion__form",
    "plan__state", "plan__active_version_id",
)  # fmt: skip


def drafts(claims: Sequence[Claim]) -> dict[UUID, Draft]:
    """Compose the letters of a batch that are right now and need nothing written; the others take the long way."""
    ids = [claim.id for claim in claims if NOTICES[claim.notice].audience is Audience.PATIENT]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        # Before the rows themselves: a change between the two makes the draft useless, never wrong.
        cursor.execute(_STAMPS, [ids])
        stamps = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = Work.objects.select_related("patient", "occasion", "plan").only(*_READ).in_bulk(ids)
    now = clock.now()
    seen = around(tuple(rows.values()), now)
    found: dict[UUID, Draft] = {}
    for claim in claims:
        work = rows.get(claim.id)
        reminder = NOTICES[claim.notice].reminder
        if work is None or claim.id not in stamps or (reminder and work.patient_id in seen.crowded):
            continue
        if work.patient_id in seen.company:
            continue
        try:
            composed = compose_row(work, seen, now, make_links=False)
        except LinkMissing:
            continue
        if isinstance(composed, LetterFacts):
            found[claim.id] = Draft(claim, composed, work.patient_id, reminder, *stamps[claim.id])
    return found


# One commit: what was sent last is settled with its line in the trail, and what comes next is being sent; one letter
# of each for every connection. Each part looks at the fencing token of its own claim. The keys are given as arrays
# besides being joined, and the states hidden from the index of leased rows, so that rows are fetched by their keys and
# never by reading the whole table or what all other workers hold. For the same reason what stands around a letter is
# asked for as a value and not by EXISTS, which the server may answer by reading all of it once for every statement.
_HAND_ON: Final = """
WITH done AS (
    UPDATE plans_work w SET state = 'sent', reason = '', smtp_code = l.code, token = '', lease_until = NULL,
        settled_at = %(now)s::timestamptz
    FROM unnest(%(last)s::uuid[], %(last_tokens)s::text[], %(codes)s::int[]) AS l (id, token, code)
    WHERE w.id = ANY(%(last)s::uuid[]) AND w.id = l.id AND w.token = l.token AND (w.state = 'sending') IS TRUE
    RETURNING w.id, w.clinic_id, w.patient_id, w.plan_id, w.notice
), trail AS (
    INSERT INTO plans_auditevent (at, real_at, clinic_id, actor_kind, actor_id, actor_name, act, subject_kind,
        subject_id, patient_id, plan_id, version, facts)
    SELECT %(now)s::timestamptz, %(real)s::timestamptz, clinic_id, %(actor)s::text, NULL, %(actor_name)s::text,
        'letter.sent', 'work', id, patient_id, plan_id, NULL, jsonb_build_object('notice', notice, 'reason', '')
    FROM done
), begun AS (
    UPDATE plans_work w SET state = 'sending', lease_until = %(lease)s::timestamptz, message_id = n.message_id
    FROM unnest(%(next)s::uuid[], %(next_tokens)s::text[], %(message_ids)s::text[], %(reminder)s::bool[],
                %(patient)s::text[], %(occasion)s::text[], %(plan)s::text[])
         AS n (id, token, message_id, reminder, patient, occasion, plan)
    WHERE w.id = ANY(%(next)s::uuid[]) AND w.id = n.id AND w.token = n.token AND (w.state = 'claimed') IS TRUE
      AND (SELECT p.xmin::text FROM plans_patient p WHERE p.id = w.patient_id) = n.patient
      AND (n.occasion = '' OR (SELECT o.xmin::text FROM plans_occasion o WHERE o.id = w.occasion_id) = n.occasion)
      AND (n.plan = '' OR (SELECT l.xmin::text FROM plans_plan l WHERE l.id = w.plan_id) = n.plan)
      AND (NOT n.reminder OR (
           SELECT true FROM plans_work r WHERE r.patient_id = w.patient_id AND r.id <> w.id
             AND r.notice = ANY(%(reminders)s::text[])
             AND (r.state = 'sending' OR (r.state IN ('sent', 'unknown') AND r.settled_at > %(since)s::timestamptz))
           LIMIT 1) IS NULL)
    RETURNING w.id
)
SELECT ARRAY(SELECT id FROM done), ARRAY(SELECT id FROM begun)
"""


def hand_on(
    last: Sequence[tuple[Claim, int | None]], drafts: Sequence[Draft]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Settle what was sent `last`, each with the server's code, and begin sending `drafts`; either may be empty.

    Returns the keys of those that were still ours, and of those that were begun: a draft that was not has to take the
    long way. No two drafts may be one patient's: then two such statements cannot wait for each other.
    """
    now, real = clock.now(), clock.real_now()
    facts: dict[str, Any] = {
        "last": [claim.id for claim, _ in last],
        "last_tokens": [claim.token for claim, _ in last],
        "codes": [code for _, code in last],
        "now": now,
        "real": real,
        "lease": lease_from(clock.shared_now()),
        "actor": SYSTEM.kind,
        "actor_name": SYSTEM.name,
        "reminders": list(REMINDERS),
        "since": now - REMINDERS_APART,
        "next": [draft.claim.id for draft in drafts],
        "next_tokens": [draft.claim.token for draft in drafts],
        "message_ids": [draft.facts.message_id for draft in drafts],
        "reminder": [draft.reminder for draft in drafts],
        "patient": [draft.patient for draft in drafts],
        "occasion": [draft.occasion for draft in drafts],
        "plan": [draft.plan for draft in drafts],
    }
    done, begun = _one_row(_HAND_ON, facts)
    return frozenset(done), frozenset(begun)


def _one_row(query: str, facts: dict[str, Any]) -> Any:
    """Run a statement that the server plans once a connection, where the settings let it keep plans."""
    connection.ensure_connection()
    raw = connection.connection
    if connection.in_atomic_block or raw is None or raw.prepare_threshold is None:
        with connection.cursor() as cursor:
            cursor.execute(query, facts)
            return cursor.fetchone()
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        return cursor.execute(query, facts, prepare=True).fetchone()
