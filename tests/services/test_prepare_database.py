"""Before anything serves: a server that forgets what it committed is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection

from taperplan.local import postgres
from taperplan.serving import check_server_log
from tests.fixtures.roles import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_owner() -> Iterator[None]:
    """As `prepare_database` runs."""
    with as_owner():
        yield


ROOT = Path(__file__).resolve().parents[2]


def test_a_server_that_forgets_commits_is_refused_with_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(CommandError, match=r"synchronous_commit off.*Set it to on"):
        call_command("prepare_database", verbosity=0)


@pytest.mark.slow
def test_a_demo_of_invented_people_may_forget(settings):
    settings.TAPERPLAN_DEMO = True
    call_command("prepare_database", verbosity=0)


def test_a_server_that_writes_statements_to_its_log_is_refused_with_what_to_set():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL log_min_error_statement = error")
    with pytest.raises(CommandError, match="log_min_error_statement=panic"):
        call_command("prepare_database", verbosity=0)


def test_the_check_for_deployment_warns_of_a_server_that_writes_statements_to_its_log():
    assert check_server_log() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL log_error_verbosity = verbose")
    (found,) = check_server_log()
    assert (found.id, "log_error_verbosity=terse" in (found.hint or "")) == ("taperplan.W001", True)


def test_the_production_shape_and_the_local_server_keep_statements_out_of_the_log():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    said = " ".join(compose["services"]["postgres"]["command"])
    assert all(f"-c {one}" in said for one in postgres.DISCREET)
