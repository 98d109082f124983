"""Nobody gets messages without end: a day's budget a person, and a few requests to confirm an address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.dispatch import messages
from plans.domain.notices import ALERTS, BUDGETED, CONFIRM_MOST_A_DAY, MOST_A_DAY, REMINDERS, Queue
from plans.models import Plan, Work
from plans.services import clock
from tests.channels.email.scripted import ScriptedServer
from tests.makers import ClinicMade, make_patient


def waiting() -> list[tuple[str, str]]:
    return list(Work.objects.filter(state="pending").values_list("notice", "reason"))


@pytest.mark.slow
def test_an_address_is_asked_three_times_a_day_whoever_the_patient_is(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    for number in range(CONFIRM_MOST_A_DAY + 2):
        make_patient(clinic.primary, confirmed=False, name=f"Ann {number}", email="ann@mail.example.org")
        messages.run(Queue.MESSAGES)
    assert len(server.arrived) == CONFIRM_MOST_A_DAY
    assert waiting() == [("confirm_address", "enough_today")] * 2


@pytest.mark.slow
def test_another_try_of_the_same_request_is_not_another_request(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    make_patient(clinic.primary, confirmed=False)
    server.script.queue = [("dot", "451 4.7.1 later")] * (CONFIRM_MOST_A_DAY + 1)
    for _ in range(CONFIRM_MOST_A_DAY + 2):
        messages.run(Queue.MESSAGES)
        Work.objects.update(try_at=None)
    assert Work.objects.get(notice="confirm_address").state == "sent"


@pytest.mark.slow
def test_news_waits_until_a_day_after_the_first_of_ten_messages(plan: Plan, server: ScriptedServer) -> None:
    messages.run(Queue.MESSAGES)
    sent, now = Work.objects.get(notice="plan_ready"), clock.now()
    for number in range(MOST_A_DAY):
        copy = Work.objects.get(pk=sent.pk)
        copy.pk, copy.key, copy.settled_at = None, f"again:{number}", now - timedelta(hours=10 - number)
        copy.save(force_insert=True)
    Work.objects.filter(pk=sent.pk).update(
        state="pending", settled_at=None, message_id="", key="news", due_at=now
    )
    before = len(server.arrived)
    messages.run(Queue.MESSAGES)
    sent.refresh_from_db()
    assert (sent.state, sent.reason, len(server.arrived)) == ("pending", "enough_today", before)
    assert sent.due_at == now - timedelta(hours=10) + timedelta(days=1)


def test_reminders_and_alerts_are_neither_counted_nor_held_back() -> None:
    assert set(BUDGETED).isdisjoint({*REMINDERS, *ALERTS, "password_reset", "channel_code", "reply_answer"})
