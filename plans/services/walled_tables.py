"""Row-level security as the second wall between clinics: which table belongs to a clinic by what, and the policies.

A table with a column for its clinic is walled by itself; `_THROUGH` names those that belong to a clinic by a row of
another table, `_OPEN` those that belong to none, with the reason. A test names each table that is in no list.

Web processes (`taperplan_app`) see and write the rows of the clinics that `plans.services.wall` opened for their
request. Workers have all clinics, reports and backup read all; the owner of the tables is not asked. The wall guards
against a query that forgets its clinic, not against somebody who can run any statement as the web process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from plans.models import (
    AuditEvent,
    AuditSeal,
    BirthYearTry,
    CaseloadCount,
    CaseloadEntry,
    CaseloadMark,
    CheckInRevision,
    Clinic,
    DemoClock,
    Heartbeat,
    Limit,
    Membership,
    PatientCode,
    PatientDevice,
    PatientMove,
    PatientSession,
    PlanStep,
    PlanVersion,
    RecordCopyPiece,
    RecordLook,
    RecordOpening,
    RetentionRun,
    ReviewEvent,
    StaffChannel,
    StaffSession,
    User,
)

APP: Final = "taperplan_app"
_ALL_ROWS: Final = ("taperplan_worker",)
_READ_ALL: Final = ("taperplan_reports", "taperplan_backup")
FUNCTIONS: Final = ("taperplan_clinics_behind(text, text)", "taperplan_is_here(text, uuid)")
"""What runs with the owner's rights: what is behind a `wall.Door`, and whether a plan or patient is of an open clinic.
A migration made them."""

_THROUGH: Final[dict[type[models.Model], str]] = {
    PatientSession: "link",
    PatientCode: "patient",
    PatientDevice: "patient",
    BirthYearTry: "patient",
    CheckInRevision: "checkin",
    CaseloadEntry: "row",
    PlanStep: "version",
    RecordCopyPiece: "copy",
    ReviewEvent: "item",
}
"""Belongs to the clinic of another row, which has a wall of its own: the field that names it."""

_OPEN: Final[dict[type[models.Model], str]] = {
    User: "a person may work in several clinics; their memberships are walled",
    StaffSession: "a person's own",
    StaffChannel: "a person's own",
    Limit: "hashes and counts",
    CaseloadCount: "a number by the hash of a list",
    CaseloadMark: "keys of patients, written and taken away within one transaction",
    AuditSeal: "hashes alone",
    Heartbeat: "the installation's",
    RetentionRun: "numbers alone, the installation's",
    DemoClock: "the installation's",
}
"""Belongs to no clinic, and why."""

_OPEN_OF_OTHERS: Final[dict[str, str]] = {
    "account": "addresses of accounts, a person's own",
    "auth": "Django's list of permissions, which nobody has",
    "contenttypes": "Django's list of models",
    "mfa": "a person's second steps",
    "sessions": "by the key of a session, which only its browser has",
    "socialaccount": "a person's accounts in their clinic's own system",
}
"""The same for other applications' tables."""
_OPEN_TABLES: Final = {
    "django_migrations": "Django's list of migrations",
    "cache_entries": "the cache: limits and tries, by key",
}
"""The same for tables without a model."""


def _opened(column: sql.Composable) -> sql.Composed:
    """Whether a clinic is open. The sub-select is run once a statement, not once a row."""
    return sql.SQL(
        "{} = ANY ((SELECT nullif(current_setting('taperplan.clinics', true), '')::uuid[])::uuid[])"
    ).format(column)


def condition(model: type[models.Model]) -> sql.Composable | None:
    """Which rows of a model belong to an open clinic; None for a model that nobody has decided about."""
    table = sql.Identifier(model._meta.db_table)

    def column(name: str) -> sql.Composed:
        return sql.SQL("{}.{}").format(table, sql.Identifier(name))

    names = {field.column for field in model._meta.concrete_fields}
    if model is Clinic:
        return _opened(column("id"))
    if model is PatientMove:
        # Both of its clinics have it.
        return sql.SQL("({} OR {})").format(
            _opened(column("from_clinic_id")), _opened(column("to_clinic_id"))
        )
    if model is AuditEvent:
        # A failure to sign in to no account is in no clinic's trail.
        return sql.SQL("({} IS NULL OR {})").format(column("clinic_id"), _opened(column("clinic_id")))
    if "clinic_id" in names:
        return _opened(column("clinic_id"))
    if (name := _THROUGH.get(model)) is None:
        return None
    field = cast("models.ForeignKey[Any, Any]", model._meta.get_field(name))
    parent = field.related_model._meta
    return sql.SQL("EXISTS (SELECT FROM {parent} WHERE {parent}.{key} = {own})").format(
        parent=sql.Identifier(parent.db_table),
        key=sql.Identifier(str(parent.pk.column)),
        own=column(field.column),
    )


def _models() -> list[type[models.Model]]:
    return list(apps.get_app_config("plans").get_models(include_auto_created=True))


def conditions() -> dict[str, sql.Composable]:
    """By table, which of its rows belong to an open clinic."""
    found = {model._meta.db_table: condition(model) for model in _models() if model not in _OPEN}
    return {table: seen for table, seen in found.items() if seen is not None}


def reasons() -> dict[str, str]:
    """By table, why it has no wall."""
    others = {
        model._meta.db_table: _OPEN_OF_OTHERS[model._meta.app_label]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in _OPEN_OF_OTHERS
    }
    return {**_OPEN_TABLES, **others, **{model._meta.db_table: why for model, why in _OPEN.items()}}


@transaction.atomic
def put_up() -> None:
    """Write the policies anew and let them hold. The connected role owns the tables, and the roles exist."""
    with connection.cursor() as cursor:
        for table, seen in conditions().items():
            for statement in _policies(cursor, table, seen):
                cursor.execute(statement)


@transaction.atomic
def take_down() -> None:
    """Let the policies hold no longer: each role sees what its rights allow."""
    with connection.cursor() as cursor:
        for table in conditions():
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))


def allow_doors() -> None:
    """Let the application, and nobody else, ask which clinic is behind a key."""
    with connection.cursor() as cursor:
        for one in FUNCTIONS:
            cursor.execute(f"REVOKE ALL ON FUNCTION {one} FROM PUBLIC")
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {one} TO {', '.join((APP, *_ALL_ROWS))}")


# Any: a cursor of Django's.
def _policies(cursor: Any, table: str, seen_here: sql.Composable) -> Iterator[sql.Composed]:
    name = sql.Identifier(table)
    cursor.execute("SELECT polname FROM pg_policy WHERE polrelid = %s::regclass", [table])
    for (old,) in cursor.fetchall():
        yield sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(old), name)
    for which, act, role, seen in (
        ("clinic", "ALL", APP, seen_here),
        *((f"all_of_{role}", "ALL", role, _EVERY) for role in _ALL_ROWS),
        *((f"read_by_{role}", "SELECT", role, _EVERY) for role in _READ_ALL),
        *((f"also_{act.lower()}", act, APP, more) for act, more in _ALSO.get(table, {}).items()),
    ):
        yield sql.SQL("CREATE POLICY {} ON {} FOR {} TO {} USING ({})").format(
            sql.Identifier(which), name, sql.SQL(act), sql.Identifier(role), seen
        )
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name)


_EVERY: Final = sql.SQL("true")
_OF_ITS_PLAN: Final = sql.SQL("taperplan_is_here('plan', plan_id)")
_OF_ITS_PATIENT: Final = sql.SQL("taperplan_is_here('patient', patient_id)")
_ALSO: Final[dict[str, dict[str, sql.Composable]]] = {
    # Names, telephone numbers and settings of clinics: a patient is offered from one to another. No patient's.
    Clinic._meta.db_table: {"SELECT": _EVERY},
    # Whoever is signed in learns where they work.
    Membership._meta.db_table: {
        "SELECT": sql.SQL(
            "plans_membership.user_id = (SELECT nullif(current_setting('taperplan.person', true), '')::uuid)"
        )
    },
    # A patient's versions and trail stay with the clinic that wrote them; the clinic they moved to reads them, and
    # replaces the version that was active.
    PlanVersion._meta.db_table: {"SELECT": _OF_ITS_PLAN, "UPDATE": _OF_ITS_PLAN},
    **{
        model._meta.db_table: {"SELECT": _OF_ITS_PATIENT} for model in (AuditEvent, RecordLook, RecordOpening)
    },
}
"""What web processes may do with rows besides those of open clinics."""


def stands() -> bool | None:
    """Whether every table that belongs to a clinic has its wall; None where nothing of it was ever put up."""
    missing = without_wall()
    return not missing if len(missing) < len(conditions()) else None


def without_wall() -> list[str]:
    """The tables that belong to a clinic and whose wall does not stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity "
            "AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'clinic')"
        )
        walled = {table for (table,) in cursor.fetchall()}
    return sorted(set(conditions()) - walled)


def goes_round() -> bool:
    """Whether the connected role sees all clinics whatever is open: a superuser, the tables' owner, a worker's role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_roles o "
            "WHERE pg_has_role(current_user, o.oid, 'USAGE') AND (o.rolname = ANY(%s) "
            "OR o.oid = (SELECT relowner FROM pg_class WHERE oid = 'plans_patient'::regclass))) "
            "FROM pg_roles r WHERE r.rolname = current_user",
            [list(_ALL_ROWS)],
        )
        return bool(cursor.fetchone()[0])
