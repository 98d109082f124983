"""Several machines whose clocks differ: leases are the database's, and the difference is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from plans.dispatch import upkeep, watch
from plans.domain.notices import Queue
from plans.models import Work
from plans.services import clock, heartbeat, outbox
from tests.makers import ClinicMade, make_clinic

pytestmark = pytest.mark.slow

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
        watch.start()
        try:
            watch.clocks_agree()
            yield
        finally:
            watch.stop()


def claimed() -> int:
    return Work.objects.filter(state="claimed").count()


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


@pytest.mark.parametrize("off", [AHEAD, BEHIND])
def test_the_difference_is_said(clinic: ClinicMade, off: timedelta) -> None:
    with machine(off):
        pass
    assert "clocks_differ" in heartbeat.pulse().faults


def test_clocks_that_agree_are_no_fault(clinic: ClinicMade) -> None:
    with machine(timedelta(0)):
        pass
    assert "clocks_differ" not in heartbeat.pulse().faults
