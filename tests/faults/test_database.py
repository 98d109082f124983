"""The database restarted at once, a connection cut at the worst moment, a disk that is full."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections

from plans.models import Document, Work
from taperplan.local import postgres
from taperplan.local.postgres import Postgres
from tests.faults.harness import SHORT_LEASE, Crew, Nursery, wait_for
from tests.faults.ledgers import check, ended
from tests.faults.receiver import Receiver
from tests.fixtures.roles import as_owner
from tests.makers import ClinicMade, make_patient, make_quiet_clinic
from tests.makers_messages import make_invitations
from tests.makers_plans import issue_story_plan

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

RESTARTS = 3


@pytest.fixture
def own_server(transactional_db: Any) -> Iterator[Postgres]:
    """A cluster of this test's own, which may be struck without harm to any other test."""
    standing = dict(connection.settings_dict)
    # As in life, an answered commit stands in the log; the log itself need not outlive the machine.
    with postgres.temporary(options=("fsync=off", "synchronous_commit=on")) as made:
        connections.close_all()
        connection.settings_dict.update(
            HOST="127.0.0.1", PORT=str(made.port), USER="taperplan", PASSWORD=made.password, NAME="taperplan"
        )
        try:
            call_command("migrate", verbosity=0)
            yield made
        finally:
            connections.close_all()
            connection.settings_dict.update(standing)


def test_a_database_that_is_stopped_at_once_and_started_again_loses_no_message_and_doubles_none(
    own_server: Postgres, nursery: Nursery, receiver: Receiver
) -> None:
    clinic = make_quiet_clinic()
    make_invitations(clinic, 60)
    Work.objects.exclude(notice="checkin_invitation").delete()
    receiver.script.slow = 0.01
    crew = Crew(nursery, receiver)
    try:
        for _ in range(2):
            crew.start("sender", connections=2, settings={"LEASE_SECONDS": 3})
        for number in range(1, RESTARTS + 1):
            wait_for(lambda goal=number: len(receiver.arrived) >= goal * 10)  # type: ignore[misc]  # bound at once
            process = own_server.process
            assert process is not None
            # SIGQUIT is PostgreSQL's immediate shutdown: as if the power had gone.
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
            connections.close_all()
            own_server.start(port=own_server.port)
        wait_for(ended, 60)
        verdict = check(receiver, RESTARTS)
        assert verdict.clean, verdict.wrong
        # At most one a connection and restart: two workers, with two connections each.
        assert verdict.unknown <= RESTARTS * 2 * 2
    finally:
        crew.end()


def test_a_connection_cut_between_the_message_and_its_commit_leaves_it_unknown_and_sent_once(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 1)
    # It went, and is about to be written down.
    point = {"at": "plans.services.delivery:settle_sent", "when": "before", "signal": "SIGSTOP"}
    worker = crew.start("sender", point=point, settings=SHORT_LEASE)
    wait_for(lambda: worker.stopped)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    worker.signal(signal.SIGCONT)
    wait_for(lambda: Work.objects.get().state == "unknown")
    wait_for(ended)
    assert len(receiver.arrived) == 1
    verdict = check(receiver, 1)
    assert (verdict.clean, verdict.unknown) == (True, 1)


def test_with_a_full_disk_no_half_calendar_is_kept_and_the_next_try_draws_a_whole_one(
    clinic: ClinicMade, crew: Crew
) -> None:
    Document.objects.all().delete()
    issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Work.objects.exclude(queue="documents").delete()
    cramped = crew.start("outbox", settings={"LEASE_SECONDS": 6}, longest_file=4096)
    wait_for(lambda: Work.objects.filter(crashes__gt=0).exists(), 60)
    cramped.kill()
    row = Document.objects.get()
    root = Path(default_storage.path(""))
    assert row.state != "ready"
    assert list(root.rglob(f"{row.pk.hex}*")) == []
    Work.objects.update(try_at=None)
    crew.start("outbox")
    wait_for(lambda: Document.objects.filter(state="ready").exists(), 60)
    row.refresh_from_db()
    assert list(root.rglob(f"{row.pk.hex}*")) == [Path(default_storage.path(row.file))]
