"""Two reminders of one patient in the hands of two workers at the same moment: one goes, the other waits its hours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from plans.domain.messages import LetterFacts, Postpone
from plans.models import Occasion, Work
from plans.services import clock, links, messages, outbox
from plans.services.links import Purpose
from plans.services.messages import Draft
from plans.services.outbox import Claim
from tests.faults.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def apart(asked: Occasion) -> tuple[Draft, Claim]:
    """A reminder that one worker composed ahead, and another, put only then, that a second worker holds."""
    links.standing(purpose=Purpose.MAIL, patient=asked.patient)
    # One of its letters is due, whatever the days of the ladder: how many there are depends on when it closes.
    Work.objects.filter(occasion=asked).exclude(rung=1).update(due_at=clock.now() + timedelta(hours=1))
    (first,) = outbox.claim_batch("letters")
    (draft,) = messages.drafts([first]).values()
    Work.objects.filter(occasion=asked, rung=0).update(due_at=clock.now())
    (second,) = outbox.claim_batch("letters")
    return draft, second


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


def test_a_reminder_waits_for_one_that_is_just_being_begun_and_then_steps_back(
    apart: tuple[Draft, Claim],
) -> None:
    draft, second = apart
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert messages.hand_on([], [draft])[1] == {draft.claim.id}
            doing = elsewhere(pool, lambda: messages.begin(second))
        decided = doing.result(30)
    assert isinstance(decided, Postpone)
    assert decided.reason == "too_soon"


def test_a_reminder_composed_ahead_is_not_begun_while_another_one_is(apart: tuple[Draft, Claim]) -> None:
    draft, second = apart
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert isinstance(messages.begin(second), LetterFacts)
            doing = elsewhere(pool, lambda: messages.hand_on([], [draft]))
        assert doing.result(30) == (frozenset(), frozenset())
    # Nothing is held against it: it is claimed and decided anew.
    row = Work.objects.get(pk=draft.claim.id)
    assert (row.state, row.attempts) == ("pending", 0)
