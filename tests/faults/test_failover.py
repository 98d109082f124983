"""A standby that lost the last commits takes over, and a disk is put back: nothing goes twice unmarked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import Work
from plans.services import clock, heartbeat
from plans.services.review.review_items import open_item
from taperplan.local import postgres
from taperplan.local.postgres import Postgres
from tests.faults import servers
from tests.faults.receiver import Receiver
from tests.makers import ClinicMade, make_quiet_clinic
from tests.makers_messages import make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

BEFORE, LOST = 10, 30


@pytest.fixture
def primary(transactional_db: Any) -> Iterator[Postgres]:
    with postgres.temporary(options=servers.OPTIONS) as made, servers.django_uses(made):
        call_command("migrate", verbosity=0)
        yield made


@pytest.fixture
def clinic(primary: Postgres) -> ClinicMade:
    made = make_quiet_clinic()
    make_invitations(made, 0)
    Work.objects.all().delete()
    return made


@pytest.fixture
def sending(receiver: Receiver, settings: Any) -> Receiver:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", receiver.port
    return receiver


def unmarked_twice(receiver: Receiver) -> list[str]:
    return [name for name, came in Counter(kept.message_id for kept in receiver.arrived).items() if came > 1]


def danger(clinic: ClinicMade, key: str = "checkin:1") -> None:
    with transaction.atomic():
        open_item(
            clinic_id=clinic.id, patient=None, plan=None, source="checkin", source_key=key, priority="urgent",
            facts={"code": "x"}, now=clock.now(),
        )  # fmt: skip


@pytest.fixture
def failed_over(primary: Postgres, clinic: ClinicMade, sending: Receiver) -> Iterator[Postgres]:
    """Ten messages sent and replicated, thirty more and an alert sent and not; the standby leads."""
    standby = servers.standby_of(primary)
    try:
        # All that is replayed has to be written before the control file speaks of the promotion.
        make_invitations(clinic, BEFORE)
        assert messages.run(Queue.MESSAGES).sent == BEFORE
        make_invitations(clinic, LOST, first=BEFORE)
        danger(clinic)
        servers.caught_up(primary, standby)
        servers.cut_off(standby)
        assert messages.run(Queue.MESSAGES).sent == LOST
        assert messages.run(Queue.ALERTS).sent == 1
        servers.killed(primary)
        servers.promoted(standby)
        servers.move_to(standby)
        yield standby
    finally:
        standby.stop()


def test_after_a_failover_that_lost_its_last_commits_no_message_goes_a_second_time(
    failed_over: Postgres, receiver: Receiver
) -> None:
    messages.run(Queue.MESSAGES)
    assert unmarked_twice(receiver) == []
    assert heartbeat.paused_because() == "restored"
    assert Work.objects.filter(queue="messages", state="pending").count() == LOST


def test_after_a_failover_alerts_go_on_and_what_may_have_gone_is_marked(
    failed_over: Postgres, clinic: ClinicMade, receiver: Receiver
) -> None:
    messages.run(Queue.MESSAGES)
    before = len(receiver.arrived)
    danger(clinic, "checkin:2")
    messages.run(Queue.ALERTS)
    assert len(receiver.arrived) > before
    assert unmarked_twice(receiver) == []


def test_a_disk_that_is_put_back_is_noticed_by_the_count_kept_outside(
    primary: Postgres, clinic: ClinicMade, sending: Receiver
) -> None:
    make_invitations(clinic, BEFORE)
    assert messages.run(Queue.MESSAGES).sent == BEFORE
    make_invitations(clinic, LOST, first=BEFORE)
    yesterday = servers.disk_copied(primary, "snapshot")
    assert messages.run(Queue.MESSAGES).sent == LOST
    primary.stop()
    yesterday.start()
    try:
        servers.move_to(yesterday)
        messages.run(Queue.MESSAGES)
        assert unmarked_twice(sending) == []
        assert heartbeat.paused_because() == "restored"
    finally:
        yesterday.stop()
