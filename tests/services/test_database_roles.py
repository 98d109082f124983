"""What the roles of the database may do, tried as each: the application touches no table, trigger or history.

Statements are tried with the session's authorisation of the role, as if it had connected."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from plans.models import AuditEvent, AuditSeal, Patient
from plans.services import audit_seals, clock, database_roles
from plans.services.database_roles import APP, BACKUP, REPORTS, WORKER
from taperplan.serving import check_database_role
from tests.fixtures.roles import acting_as, as_owner

pytestmark = pytest.mark.django_db


def tried(server: Any, role: str, statement: str) -> str:
    """What the server says to a role: the name of the refusal, or empty. Nothing stays."""
    server.execute("BEGIN")
    try:
        server.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
        server.execute(statement)
    except psycopg.Error as refused:
        return type(refused).__name__
    finally:
        server.execute("ROLLBACK")
    return ""


NOBODYS_OF_THE_APPLICATION = (
    "TRUNCATE plans_auditevent",
    "TRUNCATE plans_recordlook",
    "TRUNCATE plans_auditseal",
    "TRUNCATE plans_patient CASCADE",
    "UPDATE plans_auditevent SET actor_name = 'x' WHERE false",
    "DELETE FROM plans_auditevent WHERE false",
    "UPDATE plans_recordlook SET actor_name = 'x' WHERE false",
    "DELETE FROM plans_recordlook WHERE false",
    "UPDATE plans_auditseal SET head = 'x' WHERE false",
    "DELETE FROM plans_auditseal WHERE false",
    "UPDATE plans_checkinrevision SET id = id WHERE false",
    "DELETE FROM plans_reviewevent WHERE false",
    "UPDATE plans_planversion SET canonical = '' WHERE false",
    "DELETE FROM plans_planversion WHERE false",
    "ALTER TABLE plans_auditevent DISABLE TRIGGER ALL",
    "ALTER TABLE plans_patient ADD COLUMN x int",
    "DROP TRIGGER plans_auditevent_fixed ON plans_auditevent",
    "DROP TABLE plans_letter",
    "CREATE OR REPLACE FUNCTION taperplan_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE public.mine (n int)",
    "CREATE TRIGGER mine BEFORE INSERT ON plans_auditevent EXECUTE FUNCTION taperplan_append_only()",
    "SET session_replication_role = replica",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/anything'",
    "COPY plans_patient FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "DELETE FROM django_migrations",
    "SET ROLE taperplan_owner",
    "CREATE ROLE mine SUPERUSER",
    "ALTER ROLE taperplan_app SUPERUSER",
    "CREATE EXTENSION file_fdw",
    "SELECT pg_reload_conf()",
)


@pytest.mark.parametrize("role", [APP, WORKER, REPORTS, BACKUP])
@pytest.mark.parametrize("statement", NOBODYS_OF_THE_APPLICATION)
def test_no_role_of_the_application_reaches_tables_triggers_files_or_history(server, role, statement):
    assert tried(server, role, statement) in ("InsufficientPrivilege", "ReadOnlySqlTransaction")


@pytest.mark.parametrize("role", [APP, WORKER])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM plans_auditevent",
        "SELECT * FROM plans_auditseal",
        "SELECT * FROM plans_patient FOR UPDATE",
        "DELETE FROM plans_work",
        "UPDATE plans_planversion SET replaced_at = now() WHERE false",
        "DELETE FROM django_session",
        "DELETE FROM cache_entries",
    ],
)
def test_what_the_application_does_all_day_is_allowed(server, role, statement):
    refusal = tried(server, role, statement)
    # The cache's table is made outside of migrations.
    assert refusal == "" or (refusal == "UndefinedTable" and "cache_entries" in statement)


def test_only_workers_append_seals(server):
    append = (
        "INSERT INTO plans_auditseal (trail, number, after, last, marks, previous, head, sealed_at) "
        "VALUES ('acts', 1, 0, 1, '', '', '', now())"
    )
    assert tried(server, APP, append) == "InsufficientPrivilege"
    assert tried(server, WORKER, append) == ""


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("SELECT id, clinic_id, email_state FROM plans_patient", ""),
        ("SELECT act, count(*) FROM plans_auditevent GROUP BY act", ""),
        ("SELECT name FROM plans_patient", "InsufficientPrivilege"),
        ("SELECT * FROM plans_patient", "InsufficientPrivilege"),
        ("SELECT notes FROM plans_patient", "InsufficientPrivilege"),
        ("SELECT answers FROM plans_checkin", "InsufficientPrivilege"),
        ("SELECT password FROM plans_user", "InsufficientPrivilege"),
        ("SELECT * FROM django_session", "InsufficientPrivilege"),
    ],
)
def test_reports_read_what_says_nothing_of_a_person(server, statement, refusal):
    assert tried(server, REPORTS, statement) == refusal


def test_a_backup_reads_every_table_and_sequence_and_writes_none(server):
    tables = server.execute(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
    ).fetchall()
    assert len(tables) > 60
    for name, _kind in tables:
        assert tried(server, BACKUP, f'SELECT * FROM "{name}" LIMIT 1') == "", name
    assert (
        tried(server, BACKUP, "INSERT INTO plans_heartbeat (name, at, facts) VALUES ('x', now(), '{}')") != ""
    )


def test_a_table_that_is_appended_to_is_known_by_its_trigger():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (id int)")
        cursor.execute(
            "CREATE TRIGGER later_fixed BEFORE UPDATE OR DELETE ON later FOR EACH ROW "
            "EXECUTE FUNCTION taperplan_append_only()"
        )
        assert database_roles.grant()
        cursor.execute("SELECT has_table_privilege('taperplan_app', 'later', 'INSERT')")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT has_table_privilege('taperplan_app', 'later', 'UPDATE, DELETE, TRUNCATE')")
        assert cursor.fetchone() == (False,)


def test_a_worker_seals_and_a_page_cannot(clinic):
    with acting_as(WORKER):
        audit_seals.tick(clock.real_now())
    later = clock.real_now() + audit_seals.SEALED_EVERY * 2
    with acting_as(WORKER):
        assert audit_seals.tick(later) == 1
    assert AuditSeal.objects.count() == 1


def test_the_check_for_deployment_warns_of_a_role_that_can_rewrite_history():
    with acting_as(APP):
        assert check_database_role() == []
        assert not database_roles.may_change_history()
    with as_owner():
        (found,) = check_database_role()
    assert found.id == "taperplan.W002"


def test_the_suite_itself_owns_nothing(clinic, patient):
    assert Patient.objects.filter(pk=patient.pk).exists()
    assert AuditEvent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)")
        assert cursor.fetchone() == ("taperplan_suite", False)
