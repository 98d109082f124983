"""Several machines whose clocks differ: what they share is on the database's clock, and the difference is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from plans.dispatch import clock_guard, upkeep
from plans.domain.notices import Queue
from plans.domain.outbox import WorkState
from plans.domain.review.item_states import LEASE, Priority
from plans.models import Heartbeat, Limit, ReviewItem, Work
from plans.services import clock, heartbeat, limits, machine_clocks, outbox, rate_limit, review
from plans.services.outbox import Settlement
from plans.services.review import holding
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.services.review_help import raiser

AHEAD, BEHIND = timedelta(seconds=400), timedelta(seconds=-400)
CLAIMS = 20


@pytest.fixture(autouse=True)
def _by_day(db: Any) -> Iterator[None]:
    """The hour is the database's, which no test moves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [there] = cursor.fetchone()
    with time_machine.travel(there, tick=True):
        yield


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    made = make_clinic()
    with transaction.atomic():
        for number in range(CLAIMS):
            outbox.put(
                notice="item_alert", key=f"k{number}", clinic_id=made.id,
                now=clock.now() - timedelta(minutes=10),
            )  # fmt: skip
    return made


@contextmanager
def machine(off: timedelta) -> Iterator[None]:
    """A machine whose clock was `off` from when its worker began."""
    with time_machine.travel(clock.real_now() + off, tick=True):
        clock_guard.start()
        try:
            clock_guard.clocks_agree()
            yield
        finally:
            clock_guard.stop()


def claimed() -> int:
    return Work.objects.filter(state="claimed").count()


@pytest.mark.slow
@pytest.mark.parametrize("off", [AHEAD, BEHIND])
def test_a_machine_whose_clock_is_wrong_frees_no_claim_of_another(clinic: ClinicMade, off: timedelta) -> None:
    assert len(outbox.claim_batch(Queue.ALERTS.value)) == CLAIMS
    with machine(off):
        upkeep.run()
        assert claimed() == CLAIMS


@pytest.mark.parametrize("off", [AHEAD, BEHIND])
def test_what_it_claims_itself_is_freed_when_its_lease_is_over_and_not_before(
    clinic: ClinicMade, off: timedelta
) -> None:
    with machine(off):
        assert outbox.claim_batch(Queue.ALERTS.value)
    lease = Work.objects.filter(state="claimed").latest("lease_until").lease_until
    assert lease is not None
    assert abs(lease - clock.real_now() - timedelta(seconds=300)) < timedelta(seconds=10)


def items_held(clinic: ClinicMade, seconds: int) -> list[ReviewItem]:
    """Items that the primary has, each with so much of its lease left."""
    make = raiser(clinic, make_patient(clinic.primary))
    until = clock.real_now() + timedelta(seconds=seconds)
    for number in range(CLAIMS):
        review.claim(by=clinic.primary, item_id=make(key=f"checkin:{number}").pk)
    ReviewItem.objects.update(lease_until=until)
    return list(ReviewItem.objects.all())


def test_a_machine_ahead_takes_no_review_item_from_who_holds_it(clinic: ClinicMade) -> None:
    items = items_held(clinic, seconds=200)
    with machine(AHEAD):
        upkeep.run()
        assert ReviewItem.objects.filter(holder=clinic.primary.member_id).count() == CLAIMS
        assert review.claim_next(clinic.second) is None
        assert all(holding.held_by_other(item, clinic.second) for item in items)


@pytest.mark.slow
def test_a_machine_behind_releases_what_nobody_holds_any_more(clinic: ClinicMade) -> None:
    items_held(clinic, seconds=-200)
    with machine(BEHIND):
        upkeep.run()
        assert not ReviewItem.objects.filter(holder__isnull=False).exists()


def _item_claimed(clinic: ClinicMade) -> datetime | None:
    item = raiser(clinic, make_patient(clinic.primary))()
    review.claim(by=clinic.primary, item_id=item.pk)
    until = ReviewItem.objects.get(pk=item.pk).lease_until
    return None if until is None else until - LEASE[Priority(item.severity)] + timedelta(minutes=10)


def _put_off(clinic: ClinicMade) -> datetime | None:
    [claim, *_] = outbox.claim_batch(Queue.ALERTS.value)
    outbox.settle(claim, Settlement(WorkState.PENDING, "greylisted", wait=timedelta(minutes=10)))
    return Work.objects.get(pk=claim.id).try_at


def _counted(clinic: ClinicMade) -> datetime | None:
    limits.count("wrong clock", within=timedelta(minutes=10))
    return Limit.objects.latest("until").until


def _paced(clinic: ClinicMade) -> datetime | None:
    rate_limit.reserve("wrong clock", 600, 1)
    return Heartbeat.objects.get(name__endswith=":wrong clock").at


def _beat(clinic: ClinicMade) -> datetime | None:
    heartbeat.beat(heartbeat.TICK)
    return Heartbeat.objects.get(name=heartbeat.TICK).at + timedelta(minutes=10)


def _alerts_held(clinic: ClinicMade) -> datetime | None:
    heartbeat.set_paused(True, hold_alerts=True)
    facts = Heartbeat.objects.get(name=heartbeat.PAUSE).facts
    return datetime.fromisoformat(facts["alerts_held_until"]) - timedelta(minutes=50)


# What one machine writes and another one compares with its own time: ten minutes from now, as each is written here.
SHARED = (_item_claimed, _put_off, _counted, _paced, _beat, _alerts_held)


@pytest.mark.slow
@pytest.mark.parametrize("off", [AHEAD, BEHIND])
@pytest.mark.parametrize("written", SHARED)
def test_what_machines_share_is_written_on_the_databases_clock(
    clinic: ClinicMade, off: timedelta, written: Callable[[ClinicMade], datetime | None]
) -> None:
    with machine(off):
        until = written(clinic)
    assert until is not None
    assert abs(until - clock.real_now() - timedelta(minutes=10)) < timedelta(seconds=10)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("off", [AHEAD, BEHIND])
def test_a_web_process_knows_the_databases_time_from_its_first_connection_on(off: timedelta) -> None:
    there = clock.real_now()
    connection.close()
    with time_machine.travel(there + off, tick=True):
        machine_clocks.begin()
        try:
            # Whatever is asked of the database first.
            assert not Work.objects.exists()
            assert abs(clock.real_now() - there) < timedelta(seconds=10)
            assert "clocks_differ" in heartbeat.pulse().faults
        finally:
            machine_clocks.end()


@pytest.mark.parametrize("off", [AHEAD, BEHIND])
def test_the_clock_difference_is_reported(clinic: ClinicMade, off: timedelta) -> None:
    with machine(off):
        pass
    assert "clocks_differ" in heartbeat.pulse().faults


def test_clocks_that_agree_are_no_fault(clinic: ClinicMade) -> None:
    with machine(timedelta(0)):
        pass
    assert "clocks_differ" not in heartbeat.pulse().faults
