"""Migrations after the base are safe while the previous release still serves, as django-migration-linter checks.

It reads the SQL that Django would run, and for that asks the database what is applied, so that it looks here and not in
`make check`. What must be done all the same is named in `ALL_THE_SAME`, with its reason: not by the linter's own mark,
which would have to be installed wherever the migration runs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django_migration_linter import MigrationLinter

import plans.migrations

pytestmark = pytest.mark.django_db
# An index that is made while writes wait is a warning, which clinics of our size can bear; these are not.
REFUSED: Final = ("RUNPYTHON_REVERSIBLE", "RUNSQL_REVERSIBLE")
ALL_THE_SAME: Final[dict[str, str]] = {
    "0034_dispensing_once_a_version": "It lets through more than before: a fill once a version, not once a plan.",
}
"""Migrations that are right although the linter refuses them: the name, and why."""

HEAD = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = (("plans", "0002_guards"),)
    operations = (
"""
CANNOT_BE_LEFT_EMPTY = """
migrations.AddField("patient", "shoe_size", models.PositiveSmallIntegerField(default=40), preserve_default=False),
"""
BAD = {
    CANNOT_BE_LEFT_EMPTY: "NOT NULL constraint on columns",
    'migrations.RemoveField("patient", "pharmacy"),': "DROPPING columns",
    'migrations.RenameField("patient", "pharmacy", "chemist"),': "RENAMING columns",
    'migrations.AlterField("patient", "pharmacy", models.CharField(max_length=10)),': "ALTERING columns",
    'migrations.DeleteModel("DoseMark"),': "DROPPING table",
    'migrations.RunSQL("UPDATE plans_clinic SET phone = phone"),': "RunSQL data migration is not reversible",
}
GOOD = (
    'migrations.AddField("patient", "shoe_size", models.PositiveSmallIntegerField(null=True)),',
    'migrations.AddField("patient", "shoe_size", models.PositiveSmallIntegerField(db_default=40)),',
    'migrations.RunSQL("UPDATE plans_clinic SET phone = phone", migrations.RunSQL.noop),',
)


def linted(all_the_same: Iterable[str] = ALL_THE_SAME) -> MigrationLinter:
    linter = MigrationLinter(
        include_apps=["plans"],
        ignore_name=tuple(all_the_same),
        ignore_initial_migrations=True,
        warnings_as_errors_tests=REFUSED,
    )
    linter.lint_all_migrations(app_label="plans")
    return linter


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Callable[[str], None]]:
    """Puts a made-up migration after ours."""
    name = "with_one_more"
    monkeypatch.syspath_prepend(tmp_path)

    def put(operation: str) -> None:
        folder = tmp_path / name
        shutil.copytree(plans.migrations.__path__[0], folder)
        (folder / "0003_made_up.py").write_text(f"{HEAD}{operation}\n)\n")
        settings.MIGRATION_MODULES = {"plans": name}

    yield put
    for module in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.mark.slow
def test_no_migration_breaks_the_previous_release(capsys: pytest.CaptureFixture[str]) -> None:
    linter = linted()
    assert linter.nb_valid, "none was looked at"
    assert not linter.has_errors, capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "said"), BAD.items())
def test_a_migration_that_would_break_it_is_refused(
    operation: str, said: str, add: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    add(operation)
    assert linted().nb_erroneous == 1
    assert f"0003_made_up)... ERR\n\t{said}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("operation", GOOD)
def test_a_migration_that_would_not_break_it_is_let_through(
    operation: str, add: Callable[[str], None]
) -> None:
    add(operation)
    assert not linted().has_errors


@pytest.mark.slow
def test_only_what_is_named_with_its_reason_is_let_through(add: Callable[[str], None]) -> None:
    add(CANNOT_BE_LEFT_EMPTY)
    assert linted({"0003_another": "Another one."}).has_errors
    assert not linted({**ALL_THE_SAME, "0003_made_up": "Nobody wrote to the table before."}).has_errors
