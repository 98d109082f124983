"""What every test runs on: a real PostgreSQL and a real Redis-protocol server, no network beyond this machine.

The controller starts the servers once; workers of xdist find them through the environment and make a database each.
Running servers are used when TEST_DATABASE_URL and TEST_REDIS_URL name them (`tests/mutants.py` runs many
suites on two servers).
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import sys
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from plans.management import catalogue
from taperplan.local import postgres, valkey

if TYPE_CHECKING:
    from plans.models import Patient
    from tests.makers import ClinicMade

_servers = ExitStack()

# A law holds however busy the machine is: no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["tests.fixtures.guards", "tests.fixtures.browser", "tests.fixtures.roles"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest tests first: at the end, one worker would be idle behind them."""
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    """The seconds a test may take, if it asks for more than the default."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else 0.0


# Thousands of tests are made and none is thrown away: looking through them again and again took most of collecting.
gc.disable()


def pytest_collection_finish() -> None:
    """Switch garbage collection on again, and freeze what exists so far: it stays until the end."""
    gc.freeze()
    gc.enable()


def _is_controller() -> bool:
    return "PYTEST_XDIST_WORKER" not in os.environ


def pytest_xdist_auto_num_workers() -> int:
    """One process more than processors: in a quarter of their time the tests wait for servers and browsers."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before pytest-django reads the settings, which it does last in this same hook."""
    if _is_controller():
        catalogue.compile_all()
        _start_servers()
    else:
        _own_parts(os.environ["PYTEST_XDIST_WORKER"])
    from django.conf import settings

    # pytest-django sets Django up in its own turn of this hook, and only when settings are loaded already.
    assert settings.DATABASES
    if _is_controller() and config.getoption("tx", None):
        # A worker that inherited this would read its settings before it has parts of its own.
        del os.environ["DJANGO_SETTINGS_MODULE"]
    # A clinic of five members would otherwise spend a second on their passwords in every test.
    settings.PASSWORD_HASHERS = ["tests.fixtures.hashing.CheapArgon2", *settings.PASSWORD_HASHERS]


def _own_parts(worker: str) -> None:
    """Workers share the servers and the folder, but each has its own part of them: no other's messages or files."""
    address = os.environ["REDIS_URL"].rpartition("/")[0]
    os.environ["REDIS_URL"] = f"{address}/{int(worker.removeprefix('gw')) + 1}"
    os.environ["VAR_DIR"] = f"{os.environ['VAR_DIR']}/{worker}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "taperplan.settings"


def _start_servers() -> None:
    # So that `kill` and a closed terminal also run the clean-up below; Ctrl-C does by itself.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    database_url = os.environ.get("TEST_DATABASE_URL") or _servers.enter_context(postgres.temporary()).url()
    redis_url = os.environ.get("TEST_REDIS_URL") or _servers.enter_context(valkey.temporary()).url
    var = _servers.enter_context(tempfile.TemporaryDirectory(prefix="taperplan-test-var-"))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="taperplan.settings",
        DATABASE_URL=database_url,
        CONN_MAX_AGE="0",
        REDIS_URL=redis_url,
        SECRET_KEY=secrets.token_urlsafe(48),
        LINK_KEY=secrets.token_urlsafe(48),
        SITE_URL="http://localhost:8000",
        ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
        MAIL_DOMAIN="mail.example.org",
        MONITOR_SECRET=secrets.token_urlsafe(48),
        MAIL_FROM="Riverside Clinic <no-reply@mail.example.org>",
        STATIC_PLAIN="1",
        VAR_DIR=var,
    )
    for unwanted in ("TAPERPLAN_DEMO", "EMAIL_HOST", "EMAIL_PORT", "DOCUMENTS_DIR", "DATABASE_POOL"):
        os.environ.pop(unwanted, None)


@pytest.fixture(autouse=True, scope="session")
def _time_is_what_a_test_says() -> None:
    """Tests move this process's clock; comparing it with the database's would move it back."""
    from plans.services import machine_clocks

    machine_clocks.end()


@pytest.fixture
def clinic(db: None) -> ClinicMade:
    """A clinic with its people."""
    from tests.makers import make_clinic

    return make_clinic()


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    """A patient of the clinic, whose address is confirmed."""
    from tests.makers import make_patient

    return make_patient(clinic.primary)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, also after Ctrl-C."""
    _servers.close()
