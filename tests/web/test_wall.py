"""The second wall between clinics: a page that forgets its clinic shows, writes and moves nothing of another one."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection, connections, transaction
from django.test import Client

from plans.models import AuditEvent, BirthYearTry, Heartbeat, Membership, Patient, PatientCode
from plans.services import access, database_roles, wall, walled_tables
from plans.services.database_roles import APP, BACKUP, WORKER
from plans.services.wall import Door
from taperplan import serving
from taperplan.local.children import end, free_port, private_file, spawn, unprivileged
from taperplan.postgresql import base
from taperplan.postgresql.base import DatabaseWrapper
from tests.clients import client_of
from tests.fixtures.roles import SUITE, acting_as, as_owner
from tests.makers import make_clinic, make_patient

pytestmark = pytest.mark.django_db


@contextmanager
def a_page_of(*clinic_ids: UUID) -> Iterator[None]:
    """Act as a web process that answers a request of these clinics."""
    with acting_as(APP), wall.request():
        wall.also(*clinic_ids)
        yield


@pytest.fixture
def ours(patient: Patient) -> Patient:
    return patient


@pytest.fixture
def theirs(db: None) -> Patient:
    return make_patient(make_clinic(name="Other Clinic").primary)


def keys() -> set[UUID]:
    return set(Patient.objects.values_list("pk", flat=True))


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_a_page_that_forgets_its_clinic_shows_its_own_rows_alone(clinic, ours, theirs, settings):
    settings.ROOT_URLCONF = "tests.web.wrong_pages"
    shown = client_of(clinic.primary).get("/wrong/every/").json()
    assert shown == {"rows": [str(ours.pk)], "raw": [str(ours.pk)]}


def test_nothing_of_a_request_is_left_for_the_next_on_the_same_connection(clinic, ours, theirs, settings):
    settings.ROOT_URLCONF = "tests.web.wrong_pages"
    staff = client_of(clinic.primary)
    staff.raise_request_exception = False
    assert staff.get("/wrong/broken/").status_code == 500
    assert Client().get("/wrong/anybody/").json() == {"rows": [], "raw": []}
    assert wall.setting() == wall.CLOSED


def test_where_no_clinic_is_open_every_walled_table_is_empty(clinic, ours, theirs):
    for opened in (a_page_of(), acting_as(APP)):
        with opened:
            full = {table for table in walled_tables.conditions() if count(table)}
            # Names and telephone numbers of clinics are no secret of theirs.
            assert full <= {"plans_clinic", "plans_auditevent"}
            # Only what is in no clinic's trail.
            assert not AuditEvent.objects.exclude(clinic_id=None).exists()


def test_rows_can_neither_be_made_in_another_clinic_nor_moved_there(clinic, ours, theirs):
    new = {
        "user_id": clinic.primary.id,
        "clinic_id": theirs.clinic_id,
        "role": "lead",
        "created_at": ours.created_at,
    }
    attempts: tuple[Any, ...] = (
        lambda: Membership.objects.create(**new),
        lambda: BirthYearTry.objects.create(patient=theirs, at=theirs.created_at),
        lambda: Patient.objects.filter(pk=ours.pk).update(clinic_id=theirs.clinic_id),
        lambda: AuditEvent.objects.create(
            at=ours.created_at, real_at=ours.created_at, clinic_id=theirs.clinic_id, actor_kind="user", act="x",
            subject_kind="user",
        ),
    )  # fmt: skip
    with a_page_of(clinic.id):
        for attempt in attempts:
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                attempt()
        assert Patient.objects.filter(pk=theirs.pk).update(notes="x") == 0
        assert Patient.objects.filter(pk=theirs.pk).select_for_update().first() is None
        assert Patient.objects.filter(pk=theirs.pk).delete() == (0, {})
        # The same for our own is allowed.
        assert Patient.objects.filter(pk=ours.pk).update(notes="x") == 1
        BirthYearTry.objects.create(patient=ours, at=ours.created_at)


def test_rows_that_belong_to_a_clinic_by_another_row_are_walled_with_it(clinic, ours, theirs):
    for one in (ours, theirs):
        PatientCode.objects.create(patient=one, code_hash="x", set_at=one.created_at)
    with a_page_of(clinic.id):
        assert [code.patient_id for code in PatientCode.objects.all()] == [ours.pk]


def test_a_clinic_more_can_be_opened_for_a_request_and_closes_with_it(clinic, ours, theirs):
    with a_page_of(clinic.id):
        assert keys() == {ours.pk}
        wall.also(theirs.clinic_id)
        assert keys() == {ours.pk, theirs.pk}
        wall.enter(theirs.clinic_id)
        assert keys() == {theirs.pk}
    with a_page_of(clinic.id):
        assert keys() == {ours.pk}


def test_a_request_inside_another_begins_with_nothing_open(clinic, ours):
    with a_page_of(clinic.id):
        with wall.request():
            assert keys() == set()
        assert keys() == {ours.pk}


def test_what_is_open_ends_with_its_transaction(clinic, server):
    """On a connection of its own, as the rest of a test is one transaction."""
    server.execute(f"{base._telling((f'{{{clinic.id}}}', ''), None)} SELECT 1")
    setting = server.execute("SELECT current_setting('taperplan.clinics', true)").fetchone()
    assert setting == ("",)


def test_what_a_savepoint_took_back_is_told_again(clinic, ours, theirs):
    with a_page_of():
        with transaction.atomic():
            wall.enter(clinic.id)
            assert keys() == {ours.pk}
            transaction.set_rollback(True)
        assert keys() == {ours.pk}


def test_a_door_opens_while_somebody_is_inside_and_no_other_clinic(clinic, ours, theirs):
    with a_page_of():
        with wall.through(Door.PERSON, clinic.primary.id) as opened:
            assert opened == {clinic.id}
            assert keys() == {ours.pk}
        assert keys() == set()
        with wall.through(Door.LINK, "no such token") as opened:
            assert (opened, keys()) == (frozenset(), set())


def test_whoever_is_client_of_learns_where_they_work_and_who_works_nowhere_else(clinic, theirs):
    with a_page_of():
        assert set(access.actors_of(clinic.primary.id)) == {clinic.id}
        assert not Membership.objects.exists()


def test_workers_have_all_clinics(clinic, ours, theirs):
    with acting_as(WORKER):
        assert keys() == {ours.pk, theirs.pk}
    with acting_as(BACKUP):
        assert keys() == {ours.pk, theirs.pk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_wall_stands_for_statements_outside_of_transactions_too(clinic, ours, theirs):
    """As most pages read: each statement is a transaction of its own, however it is sent."""
    with a_page_of(clinic.id):
        assert keys() == {ours.pk}
        assert [one.pk for one in Patient.objects.order_by("pk").iterator()] == [ours.pk]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE plans_patient SET notes = %s WHERE id = %s", [("x", ours.pk), ("x", theirs.pk)]
            )
        # The same statement many times: nothing tries to prepare two in one.
        assert all(count("plans_patient") == 1 for _again in range(8))
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM plans_patient")
        with connection.cursor() as cursor:
            # Beside the wrapper: what is left on the connection.
            raw = connection.connection.execute(
                "SELECT current_setting('taperplan.clinics', true)"
            ).fetchone()
        assert raw in [("",), (None,)]
        Heartbeat.objects.create(name="a row that needs no clinic", at=ours.created_at)
    notes = dict(Patient.objects.values_list("pk", "notes"))
    assert (notes[ours.pk], notes[theirs.pk]) == ("x", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (SUITE,)


@contextmanager
def a_pooler(folder: Path) -> Iterator[dict[str, Any]]:
    """PgBouncer in front of the tests' database: one connection for all its clients, given on after each transaction.
    Gives the settings of a database that is reached through it."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip(
            "no pgbouncer found: the wall was not tried through a pooler (Debian: apt-get install pgbouncer)"
        )
    facts, port, configured = connection.settings_dict, free_port(), folder / "pgbouncer.ini"
    pooled = {"host": facts["HOST"], "port": facts["PORT"], "dbname": facts["NAME"], "user": facts["USER"]}
    said = " ".join(f"{name}='{value}'" for name, value in {**pooled, "password": facts["PASSWORD"]}.items())
    private_file(
        configured,
        f"""[databases]
        pooled = {said} pool_size=1 connect_query='SET ROLE {APP}'
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        ignore_startup_parameters = extra_float_digits,options
        """.replace("\n        ", "\n"),
        unprivileged(),
    )
    # It refuses to run as root.
    child = spawn([program, str(configured)], log=folder / "log", user=unprivileged(), cwd="/")
    try:
        yield {
            **facts,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "NAME": "pooled",
            "USER": "app",
            "PASSWORD": "",
        }
    finally:
        end(child, signal.SIGTERM, patience=5)


def _reached(through: DatabaseWrapper) -> None:
    """Wait until the pooler listens."""
    until = time.monotonic() + 20
    while True:
        try:
            return through.ensure_connection()
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Reached by a user who may nothing else."""
    with tempfile.TemporaryDirectory(prefix="taperplan-pooler-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_through_a_pooler_nobody_gets_what_was_open_to_whoever_had_the_connection(
    clinic, ours, theirs, folder
):
    def seen(by: DatabaseWrapper) -> list[UUID]:
        with by.cursor() as cursor:
            cursor.execute("SELECT id FROM plans_patient")
            return [key for (key,) in cursor.fetchall()]

    with a_pooler(folder) as settings:
        one, other = (DatabaseWrapper(settings, alias=alias) for alias in ("one", "other"))
        connections["one"], connections["other"] = one, other
        try:
            _reached(one)
            for _again in range(3):
                with wall.request():
                    wall.also(clinic.id)
                    assert seen(one) == [ours.pk]
                with wall.request():
                    assert seen(other) == []
                    wall.also(theirs.clinic_id)
                    assert seen(other) == [theirs.pk]
                with wall.request(), transaction.atomic(using="one"):
                    wall.also(clinic.id)
                    assert seen(one) == [ours.pk]
                    with pytest.raises(ProgrammingError), one.cursor() as cursor:
                        cursor.execute("SELECT nothing")
                    transaction.set_rollback(True, using="one")
                with wall.request():
                    assert (seen(one), seen(other)) == ([], [])
        finally:
            one.close()
            other.close()
            del connections["one"], connections["other"]


def test_the_wall_is_put_up_and_taken_down_by_a_command_and_by_nothing_else(clinic, ours, theirs):
    said = StringIO()
    # Tables cannot be changed while rows of this transaction wait to be checked.
    connection.check_constraints()
    with as_owner():
        call_command("wall", "down", stdout=said)
        assert walled_tables.stands() is None
        # As `prepare_database` does.
        # An installation of the release before has clinics, and no wall: its servers may still be running.
        assert database_roles.grant()
        assert walled_tables.stands() is None
        with pytest.raises(CommandError, match="does not stand around plans_advicesignature"):
            call_command("wall", stdout=said)
        (found,) = serving.check_wall()
        assert (found.id, "any table" in found.msg) == ("taperplan.W008", True)
    with a_page_of():
        assert keys() == {ours.pk, theirs.pk}
    with as_owner():
        call_command("wall", "up", stdout=said)
        assert walled_tables.stands()
        assert serving.check_wall() == []
        # What stands is completed by whatever brings a new table.
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE plans_letter DISABLE ROW LEVEL SECURITY")
        assert (walled_tables.stands(), walled_tables.without_wall()) == (False, ["plans_letter"])
        (found,) = serving.check_wall()
        assert "around plans_letter." in found.msg
        assert database_roles.grant()
        assert walled_tables.stands()
    with a_page_of():
        assert keys() == set()


def test_a_web_process_that_goes_round_the_wall_says_so_at_its_start(caplog, db):
    for role, goes_round in ((APP, False), (WORKER, True), ("", True)):
        caplog.clear()
        with acting_as(role):
            serving.warn_of_wall()
        assert any("goes round" in said for said in caplog.messages) is goes_round, role
