"""Two reminders of one patient claimed by two workers at the same moment: one goes, the other waits its hours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from plans.domain.messages import MessageFacts, Postpone
from plans.models import Occasion, Work
from plans.services import clock, messages, outbox
from plans.services.messages import Composed
from plans.services.outbox import Claim
from tests.faults.harness import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def apart(asked: Occasion) -> tuple[Claim, Claim]:
    """Two reminders of one patient, each in the hands of another worker."""
    # One of its messages is due, whatever the days of the ladder: how many there are depends on when it closes.
    Work.objects.filter(occasion=asked).exclude(rung=1).update(due_at=clock.now() + timedelta(hours=1))
    (reminder,) = outbox.claim_batch("messages")
    Work.objects.filter(occasion=asked, rung=0).update(due_at=clock.now())
    (invitation,) = outbox.claim_batch("messages")
    return invitation, reminder


def elsewhere(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    """Done by another worker, which has come to its end or waits for us when this returns."""

    def work() -> Any:
        try:
            return act()
        finally:
            connection.close()

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT true FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            return cursor.fetchone() is not None

    doing = pool.submit(work)
    wait_for(lambda: doing.done() or waits())
    return doing


def begin(claim: Claim) -> dict[UUID, Composed]:
    return messages.begin([claim], messages.prepare([claim]))


def test_a_reminder_waits_for_one_that_is_just_being_begun_and_then_steps_back(
    apart: tuple[Claim, Claim],
) -> None:
    first, second = apart
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert isinstance(begin(first)[first.id], MessageFacts)
            doing = elsewhere(pool, lambda: begin(second))
            assert not doing.done()
        decided = doing.result(30)[second.id]
    assert isinstance(decided, Postpone)
    assert decided.reason == "too_soon"


@pytest.mark.slow
def test_a_row_that_somebody_is_changing_is_left_to_the_next_claim_and_not_waited_for(
    apart: tuple[Claim, Claim],
) -> None:
    first, _ = apart
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Work.objects.filter(pk=first.id).update(rung=0)
        doing = elsewhere(pool, lambda: begin(first))
        assert doing.result(30) == {}
    assert Work.objects.get(pk=first.id).state == "claimed"
