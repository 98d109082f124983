"""The embedded servers start, keep what they should, and never outlive whoever started them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import redis

from taperplan.local import folder, postgres, valkey
from taperplan.local.children import free_port
from taperplan.local.supervisor import _check_free
from taperplan.local.valkey import Valkey
from tests.e2e.running import open_to_the_servers_user

STARTER = """
import signal, sys, time
from taperplan.local import postgres, valkey
with postgres.temporary() as database, valkey.temporary() as broker:
    print(database.process.pid, broker.process.pid, flush=True)
    time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 15) -> list[int]:
    until = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


@pytest.mark.slow
def test_postgresql_finds_its_data_again_after_a_restart_and_after_a_kill() -> None:
    with postgres.temporary() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        for end in (signal.SIGINT, signal.SIGQUIT):
            assert server.process
            server.process.send_signal(end)
            server.process.wait(20)
            server.start()
            with psycopg.connect(server.url()) as connection:
                assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]


def test_a_database_sorts_and_cases_by_unicode_whatever_the_machine_is_set_to() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT lower('ÄÖÜ'), current_setting('server_encoding')").fetchone()
    assert found == ("äöü", "UTF8")


def test_a_wrong_password_is_refused() -> None:
    address = os.environ["DATABASE_URL"].partition("@")[2]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://taperplan:wrong@{address}")
    port = os.environ["REDIS_URL"].rpartition(":")[2]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://127.0.0.1:{port}", protocol=2).ping()


@pytest.mark.slow
def test_what_the_broker_keeps_is_found_again_after_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path, keep=True)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "7")
            client.execute_command("WAITAOF", 1, 0, 5000)
        server.kill()
        server.start(port=server.port)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"7"
    finally:
        server.stop()


@pytest.mark.faults
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_servers_die_with_whoever_started_them(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        pids = [int(word) for word in starter.stdout.readline().split()]
        assert len(pids) == 2
        starter.send_signal(end)
        starter.wait(20)
        assert wait_until_gone(pids) == []


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(folder.CannotStart, match=rf"Port {port} is in use.*PORT={port + 1}"):
            _check_free(port)


def test_one_folder_serves_one_demo(tmp_path: Path) -> None:
    with folder.lock(tmp_path / "var"), pytest.raises(folder.CannotStart, match="already running"):
        folder.lock(tmp_path / "var")
    folder.lock(tmp_path / "var").close()


def test_a_folder_that_nobody_may_enter_is_recognised(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inside").mkdir()
    assert not postgres.can_enter(closed / "inside")


def test_beginning_afresh_leaves_nothing_of_the_demo_before(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with folder.lock(var):
        (var / "mail").mkdir()
        (var / "mail" / "message.eml").write_text("old")
        (var / "logins.txt").write_text("old")
        folder.reset(var)
        assert list(var.iterdir()) == []


@pytest.mark.slow
def test_the_demo_leaves_data_of_another_release_as_it_is_and_says_how_to_forget_it() -> None:
    with tempfile.TemporaryDirectory(prefix="taperplan-demo-") as home:
        var = open_to_the_servers_user(Path(home)) / "var"
        with folder.lock(var):
            older = postgres.Postgres(postgres.data_home(var) / "data")
            older.data.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        kept = [("plans", "0001_first"), ("plans", "0017_doors"), ("sessions", "0001_initial")]
        older.start()
        with psycopg.connect(older.url()) as connection:
            connection.execute("CREATE TABLE django_migrations (app text, name text)")
            for row in kept:
                connection.execute("INSERT INTO django_migrations VALUES (%s, %s)", row)
        older.stop()
        ended = subprocess.run(
            [sys.executable, "-m", "taperplan.local.supervisor", "run"],
            env={"PATH": os.environ["PATH"], "VAR_DIR": str(var), "PORT": str(free_port())},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 1
        assert ended.stdout.splitlines()[-1] == (
            "The demo cannot go on. Its data was made by another release of Taperplan and cannot be carried over to "
            "this one: `make demo-reset` forgets it."
        )
        older.start()
        with psycopg.connect(older.url()) as connection:
            assert connection.execute("SELECT app, name FROM django_migrations").fetchall() == kept
            tables = connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone()
            assert tables == (1,)
            connection.execute("UPDATE django_migrations SET name = '0001_initial'")
            connection.commit()
        folder.check_release(older.url())
        older.stop()


@pytest.mark.slow
def test_servers_take_nothing_from_the_environment_so_that_a_clock_moved_for_tests_is_not_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKETIME", "@2028-02-29 10:00:00")
    with postgres.temporary() as database, valkey.temporary() as broker:
        for process in (database.process, broker.process):
            assert process is not None
            environment = Path(f"/proc/{process.pid}/environ").read_text()
            assert not {"FAKETIME", "LD_PRELOAD"} & {
                line.partition("=")[0] for line in environment.split("\0")
            }
