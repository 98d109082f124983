"""Claiming costs the same however many rows are due: it walks one partial index from its beginning."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from plans.domain.outbox import WorkState
from plans.models import Work
from plans.services import clock
from plans.services.outbox import claiming
from tests.fixtures.roles import as_owner
from tests.makers import make_clinic

ROWS = 20_000


@pytest.mark.slow
@pytest.mark.django_db
def test_a_claim_reads_its_batch_from_the_index_of_due_rows_and_no_more() -> None:
    clinic = make_clinic()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_work (id, clinic_id, queue, notice, key, rung, facts, state, reason, token, attempts,"
            " crashes, repeat, due_at, message_id, created_at) SELECT gen_random_uuid(), %s, 'messages', 'plan_ready',"
            " 'n' || n, 0, '{}', CASE WHEN n %% 2 = 0 THEN 'pending' ELSE 'sent' END, '', '', 0, 0, 0,"
            " now() - interval '1 hour', '', now() FROM generate_series(1, %s) n",
            [clinic.id, ROWS],
        )
        _analyze()
        real = clock.real_now()
        states = {"pending": WorkState.PENDING, "claimed": WorkState.CLAIMED}
        facts: dict[str, Any] = {
            "queue": "messages",
            "now": real,
            "real": real,
            "token": "t",
            "lease": real,
            "limit": 100,
        }
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + claiming._CLAIM, {**facts, **states})
        plan = cursor.fetchone()[0][0]["Plan"]
    scans = [node for node in nodes(plan) if "Scan" in node["Node Type"] and node.get("Relation Name")]
    due = [node for node in scans if node.get("Index Name") == "work_due"]
    assert len(due) == 1
    assert due[0]["Actual Rows"] <= 100
    assert all(node["Node Type"] != "Seq Scan" for node in scans)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_page_of_a_clinic_s_messages_and_its_count_of_today_are_read_from_an_index() -> None:
    clinic = make_clinic()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_work (id, clinic_id, queue, notice, key, rung, facts, state, reason, token, attempts,"
            " crashes, repeat, due_at, message_id, created_at, settled_at) SELECT gen_random_uuid(), %s, 'messages',"
            " 'plan_ready', 'n' || n, 0, '{}', 'sent', '', '', 1, 0, 0, now(), '', now() - n * interval '1 min',"
            " now() - n * interval '1 min' FROM generate_series(1, %s) n",
            [clinic.id, ROWS],
        )
        _analyze()
    of_clinic = Work.objects.filter(clinic_id=clinic.id)
    page = of_clinic.order_by("-created_at", "-id")[:51]
    today = of_clinic.filter(queue="messages", settled_at__gte=clock.now() - timedelta(hours=1))
    for rows, index in ((page, "work_of_clinic"), (today, "work_settled")):
        plan = json.loads(rows.explain(format="json"))[0]["Plan"]
        assert index in {node.get("Index Name") for node in nodes(plan)}
        assert all(node["Node Type"] != "Seq Scan" for node in nodes(plan))


def _analyze() -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE plans_work")


def nodes(plan: dict) -> list[dict]:
    return [plan, *(found for child in plan.get("Plans", []) for found in nodes(child))]
