"""When reminders go out: in their order, well apart, and never at night."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import Occasion, Patient, Work
from plans.services import clock
from tests.channels.email.scripted import ScriptedServer
from tests.dispatch.reading import rungs


@pytest.mark.parametrize("zone", ["America/New_York", "Atlantis/Nowhere"])
@pytest.mark.parametrize(
    ("hour", "minute", "goes"),
    [(7, 59, False), (8, 0, True), (20, 59, True), (21, 0, False), (3, 0, False)],
)
def test_a_reminder_that_is_late_does_not_go_out_at_night_but_in_the_morning(
    asked: Occasion, server: ScriptedServer, zone: str, hour: int, minute: int, goes: bool
) -> None:
    # An unknown zone is the clinic's, New York.
    Patient.objects.update(zone=zone)
    day = datetime.now(ZoneInfo("America/New_York")).date() + timedelta(days=1)
    moment = datetime.combine(day, time(hour, minute), ZoneInfo("America/New_York"))
    Occasion.objects.update(closes_at=moment + timedelta(days=2))
    with time_machine.travel(moment, tick=True):
        messages.run(Queue.MESSAGES)
        if goes:
            assert rungs()[0] == (0, "sent", "")
            return
        assert server.arrived == []
        assert rungs()[0] == (0, "pending", "night")
        due = Work.objects.get(occasion=asked, rung=0).due_at.astimezone(ZoneInfo("America/New_York"))
        assert (due.hour, due.minute) == (8, 0)
        assert timedelta(0) < due - moment < timedelta(hours=12)
    with time_machine.travel(due, tick=True):
        messages.run(Queue.MESSAGES)
        assert rungs()[0] == (0, "sent", "")


@pytest.mark.slow
def test_twenty_hours_after_a_late_message_it_may_be_night_again(
    asked: Occasion, server: ScriptedServer
) -> None:
    zone = ZoneInfo("America/New_York")
    evening = datetime.combine(datetime.now(zone).date() + timedelta(days=1), time(11), zone)
    Occasion.objects.update(closes_at=evening + timedelta(days=3))
    with time_machine.travel(evening, tick=True):
        messages.run(Queue.MESSAGES)
    due = Work.objects.get(occasion=asked, rung=1).due_at.astimezone(zone)
    assert rungs()[1] == (1, "pending", "too_soon")
    assert (due.hour, due.minute) == (8, 0)


@pytest.mark.slow
def test_no_reminder_overtakes_the_first_message_of_its_check_in(
    asked: Occasion, server: ScriptedServer
) -> None:
    # The mail server deferred the invitation, so that it falls due after the reminder.
    Work.objects.filter(occasion=asked, rung=0).update(try_at=clock.real_now() + timedelta(hours=1))
    messages.run(Queue.MESSAGES)
    assert server.arrived == []
    assert rungs()[1] == (1, "pending", "after_the_first")
    Work.objects.filter(occasion=asked).update(try_at=None, due_at=clock.now())
    messages.run(Queue.MESSAGES)
    assert rungs()[0] == (0, "sent", "")
    assert len(server.kept) == 1
