"""A batch of letters: looked up together, then one statement a letter, which settles the last and begins the next.

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

from plans.domain.letters import LetterFacts
from plans.domain.notices import NOTICES, REMINDERS_APART, Audience
from plans.models import Work
from plans.services import clock
from plans.services.actors import SYSTEM
from plans.services.letters.around import REMINDERS, around
from plans.services.letters.composing import LinkMissing, compose_row
from plans.services.outbox import Claim
from plans.services.outbox.claiming import lease_from


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter composed ahead, and the versions of the rows it was made from (empty for a row it has not)."""

    claim: Claim
    facts: LetterFacts
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
    "patient__email", "patient__email_state", "patient__care_state", "patient__mail_state", "patient__contact_how",
    "patient__language", "patient__country", "patient__zone", "patient__preferred_name", "patient__name",
    "patient__clinic_id", "occasion__state", "occasion__closes_at", "plan__state", "plan__active_version_id",
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
            found[claim.id] = Draft(claim, composed, reminder, *stamps[claim.id])
    return found


# One commit: what was sent last is settled with its line in the trail, and the next is being sent. Each part looks at
# the fencing token of its own claim.
_HAND_ON: Final = """
WITH done AS (
    UPDATE plans_work SET state = 'sent', reason = '', smtp_code = %(code)s::int, token = '', lease_until = NULL,
        settled_at = %(now)s::timestamptz
    WHERE id = %(last)s::uuid AND token = %(last_token)s AND state = 'sending'
    RETURNING id, clinic_id, patient_id, plan_id, notice
), trail AS (
    INSERT INTO plans_auditevent (at, real_at, clinic_id, actor_kind, actor_id, actor_name, act, subject_kind,
        subject_id, patient_id, plan_id, version, facts)
    SELECT %(now)s::timestamptz, %(real)s::timestamptz, clinic_id, %(actor)s::text, NULL, %(actor_name)s::text,
        'letter.sent', 'work', id, patient_id, plan_id, NULL, jsonb_build_object('notice', notice, 'reason', '')
    FROM done
), begun AS (
    UPDATE plans_work w SET state = 'sending', lease_until = %(lease)s::timestamptz, message_id = %(message_id)s
    WHERE w.id = %(next)s::uuid AND w.token = %(next_token)s AND w.state = 'claimed'
      AND EXISTS (SELECT FROM plans_patient p WHERE p.id = w.patient_id AND p.xmin::text = %(patient)s::text)
      AND (%(occasion)s::text = ''
           OR EXISTS (SELECT FROM plans_occasion o
                      WHERE o.id = w.occasion_id AND o.xmin::text = %(occasion)s::text))
      AND (%(plan)s::text = ''
           OR EXISTS (SELECT FROM plans_plan l WHERE l.id = w.plan_id AND l.xmin::text = %(plan)s::text))
      AND (NOT %(reminder)s::bool OR NOT EXISTS (
           SELECT FROM plans_work r WHERE r.patient_id = w.patient_id AND r.id <> w.id
             AND r.notice = ANY(%(reminders)s::text[])
             AND (r.state = 'sending' OR (r.state IN ('sent', 'unknown') AND r.settled_at > %(since)s::timestamptz))))
    RETURNING w.id
)
SELECT (SELECT count(*) FROM done), (SELECT count(*) FROM begun)
"""


def hand_on(last: Claim | None, code: int | None, draft: Draft | None) -> tuple[bool, bool]:
    """Settle `last` as sent with the server's `code`, and begin sending `draft`; either may be None.

    Returns whether each was still ours and right. A draft that was not begun has to take the long way.
    """
    now, real = clock.now(), clock.real_now()
    facts: dict[str, Any] = {
        "last": last.id if last else None,
        "last_token": last.token if last else "",
        "code": code,
        "now": now,
        "real": real,
        "lease": lease_from(real),
        "actor": SYSTEM.kind,
        "actor_name": SYSTEM.name,
        "reminders": list(REMINDERS),
        "since": now - REMINDERS_APART,
        "next": draft.claim.id if draft else None,
        "next_token": draft.claim.token if draft else "",
        "message_id": draft.facts.message_id if draft else "",
        "reminder": draft.reminder if draft else False,
        "patient": draft.patient if draft else "",
        "occasion": draft.occasion if draft else "",
        "plan": draft.plan if draft else "",
    }
    done, begun = _one_row(_HAND_ON, facts)
    return done == 1, begun == 1


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
