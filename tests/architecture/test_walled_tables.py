"""Every table of the database is behind the wall between clinics, or says why it is not."""

from __future__ import annotations

import pytest
from django.db import connection, models

from plans.models import Patient
from plans.models.base import Row
from plans.services import walled_tables

pytestmark = pytest.mark.django_db


def tables() -> set[str]:
    """The tables that there are, ours and those of other applications."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_table_has_its_wall_or_a_reason():
    walled, open_to_all = set(walled_tables.conditions()), set(walled_tables.reasons())
    undecided = tables() - walled - open_to_all
    assert not undecided, (
        f"{', '.join(sorted(undecided))}: to which clinic does a row belong? Give it a column for its clinic, or name "
        "the row that it belongs to, or the reason why it belongs to none, in plans/services/walled_tables.py"
    )
    assert walled & open_to_all == set()
    assert all(walled_tables.reasons().values())


def test_a_table_that_nobody_decided_about_is_noticed():
    class Decided(Row):
        patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
        clinic_id = models.UUIDField()

        class Meta:
            app_label = "elsewhere"

    class Forgotten(Row):
        patient = models.ForeignKey(Patient, on_delete=models.CASCADE)

        class Meta:
            app_label = "elsewhere"

    assert walled_tables.condition(Decided) is not None
    assert walled_tables.condition(Forgotten) is None


def test_the_wall_stands_in_the_database_of_these_tests():
    assert walled_tables.without_wall() == []


def test_what_runs_with_the_rights_of_the_owner_has_a_fixed_search_path_and_is_for_the_application_alone():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text, p.proconfig, p.proacl::text FROM pg_proc p "
            "WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
        )
        found = cursor.fetchall()
    assert sorted(name.replace(",", ", ") for name, *_ in found) == sorted(walled_tables.FUNCTIONS)
    for _name, settings, rights in found:
        assert settings == ["search_path=pg_catalog, public, pg_temp"]
        granted = {one.partition("=")[0] for one in rights.strip("{}").split(",")}
        assert {"taperplan_app", "taperplan_worker"} <= granted
        # An entry without a name is everybody's.
        assert not granted & {"", "taperplan_reports", "taperplan_backup"}
