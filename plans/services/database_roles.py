"""What each role of the database may do: granted after the migrations, by the owner of the tables.

    taperplan_owner    migrations
    taperplan_app      web processes: rows, but no table; append-only tables are only appended to
    taperplan_worker   workers and commands: the same, and the seals of the audit trail
    taperplan_reports  reads columns that are neither personal nor clinical nor secret
    taperplan_backup   reads everything

The roles themselves are made by a superuser (`taperplan/postgresql/roles.sql`). Without them everything runs as the
role of DATABASE_URL, as it did before there were any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from plans.models import AuditSeal, Clinic
from plans.models.base import FieldPrivacy, privacy_of
from plans.services import walled_tables

APP: Final = "taperplan_app"
WORKER: Final = "taperplan_worker"
REPORTS: Final = "taperplan_reports"
BACKUP: Final = "taperplan_backup"
ROLES: Final = (APP, WORKER, REPORTS, BACKUP)

_ROWS: Final = "SELECT, INSERT, UPDATE, DELETE"
_APPEND: Final = "SELECT, INSERT"
# By the trigger function that guards a table: what may be done with it all the same.
_GUARDED: Final = {
    "taperplan_append_only": _APPEND,
    "taperplan_version_fixed": f"{_APPEND}, UPDATE (replaced_at)",
}
# Django's own lists, which migrations fill.
_READ_ONLY: Final = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)


@transaction.atomic
def grant() -> bool:
    """Give each role exactly its rights; whether there are roles. The connected role owns the tables."""
    if not exist():
        return False
    with connection.cursor() as cursor:
        for statement in _statements(_tables(cursor)):
            cursor.execute(statement)
        walled_tables.allow_doors()
        # A new installation has the wall from the beginning, and tables that come later have it with the others. In one
        # that is older, servers of the release before could still be running, and would see nothing: `manage.py wall`.
        if walled_tables.stands() is not None or not Clinic.objects.exists():
            walled_tables.put_up()
    return True


def exist() -> bool:
    """Whether this server has the roles."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        return bool(cursor.fetchone()[0] == len(ROLES))


def _statements(tables: Mapping[str, list[str]]) -> Iterator[sql.Composed]:
    """What takes every right away and gives each role its own. `tables`: the functions of a table's triggers."""
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    for kind in ("TABLES", "SEQUENCES"):
        yield sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM {}").format(sql.SQL(kind), roles)
        yield sql.SQL("GRANT SELECT ON ALL {} IN SCHEMA public TO {}").format(
            sql.SQL(kind), sql.Identifier(BACKUP)
        )
    yield sql.SQL("GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO {}, {}").format(
        sql.Identifier(APP), sql.Identifier(WORKER)
    )
    readable = _readable_columns()
    for table, guards in tables.items():
        rights = next((_GUARDED[one] for one in guards if one in _GUARDED), _ROWS)
        rights = "SELECT" if table in _READ_ONLY else rights
        yield _grant(rights, table, WORKER)
        yield _grant("SELECT" if table == AuditSeal._meta.db_table else rights, table, APP)
        if columns := readable.get(table):
            yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.Identifier(table),
                sql.Identifier(REPORTS),
            )


def _grant(rights: str, table: str, role: str) -> sql.Composed:
    return sql.SQL("GRANT {} ON {} TO {}").format(
        sql.SQL(rights),  # one of the texts above
        sql.Identifier(table),
        sql.Identifier(role),
    )


# Any: a cursor of Django's.
def _tables(cursor: Any) -> dict[str, list[str]]:
    """Every table of the schema with the functions of its triggers."""
    cursor.execute(
        "SELECT c.relname, array_agg(p.proname::text) FROM pg_class c "
        "LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal "
        "LEFT JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname"
    )
    return {table: [one for one in found if one] for table, found in cursor.fetchall()}


def _readable_columns() -> dict[str, list[str]]:
    """By table the columns that say nothing of a person."""
    return {
        model._meta.db_table: [
            field.column
            for field in model._meta.concrete_fields
            if privacy_of(field) is FieldPrivacy.OPERATIONAL and field.column
        ]
        for model in apps.get_app_config("plans").get_models()
    }


def may_change_history() -> bool:
    """Whether the connected role could rewrite the audit trail: it is a superuser, or has more than it needs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR pg_has_role(current_user, (SELECT relowner FROM pg_class "
            "WHERE oid = 'plans_auditevent'::regclass), 'USAGE') "
            "OR has_table_privilege('plans_auditevent', 'UPDATE, DELETE, TRUNCATE, TRIGGER') "
            "FROM pg_roles WHERE rolname = current_user"
        )
        return bool(cursor.fetchone()[0])
