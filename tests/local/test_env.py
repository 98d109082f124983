"""A wrong setting is refused with its name and with what to write instead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taperplan import database, env


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.flag("X"), "maybe"),
        (lambda: env.number("X", 1, least=1, most=9), "10"),
        (lambda: env.number("X", 1, least=1, most=9), "-1"),
        (lambda: env.number("X", 1, least=1, most=9), "1.5"),
        (lambda: env.hosts("X"), "https://taper.example.org"),
        (lambda: env.hosts("X"), "taper.example.org:8000"),
        (lambda: env.url("X", "", schemes=("https",)), "ftp://taper.example.org"),
        (lambda: env.url("X", "", schemes=("https",)), "https://a:b:c"),
        (lambda: env.text("X"), "two\nlines"),
        (lambda: env.keys("X"), "Lakeside=short"),
        (lambda: env.keys("X"), "k" * 40),
        (lambda: env.keys("X"), f"Lakeside={'k' * 40},Lakeside={'h' * 40}"),
    ],
)
def test_a_wrong_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], value: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(env.WrongSetting, match=r"^X: .*\. Write "):
        read()


@pytest.mark.parametrize(
    ("read", "value", "meant"),
    [
        (lambda: env.flag("X"), "Yes", True),
        (lambda: env.flag("X", default=True), "", False),
        (lambda: env.number("X", 5, least=1, most=9), "", 5),
        (lambda: env.hosts("X"), "a.example.org, [::1]", ["a.example.org", "[::1]"]),
        (lambda: env.keys("X"), "", []),
        (
            lambda: env.keys("X"),
            f"Lakeside = {'k=' * 20}, Hill={'h' * 40}",
            [("Lakeside", "k=" * 20), ("Hill", "h" * 40)],
        ),
        (lambda: env.url("X", "", schemes=("https",)), "https://a.example.org/", "https://a.example.org"),
    ],
)
def test_a_right_value_is_taken(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], value: str, meant: Any
) -> None:
    monkeypatch.setenv("X", value)
    assert read() == meant


def test_a_password_in_a_wrong_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "mysql://me:hunter2@db")
    with pytest.raises(env.WrongSetting) as refused:
        env.url("X", "", schemes=("postgresql",))
    assert "hunter2" not in str(refused.value)


@pytest.mark.slow
def test_commands_need_no_variable_and_serving_does() -> None:
    bare = {"PATH": "/usr/bin:/bin"}
    fine = subprocess.run(
        [sys.executable, "manage.py", "help"], env=bare, capture_output=True, text=True, check=False
    )
    assert fine.returncode == 0, fine.stderr
    serving = subprocess.run(
        [sys.executable, "-c", "import taperplan.wsgi"], env=bare, capture_output=True, text=True, check=False
    )
    assert serving.returncode != 0
    assert "taperplan.E001 SECRET_KEY is not set. Make one with" in serving.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        ["-m", "celery", "-A", "taperplan", "worker", "--pool", "solo", "--queues", "messages"],
        ["manage.py", "run_outbox", "--once"],
        ["manage.py", "check", "--deploy"],
    ],
    ids=["worker", "run_outbox", "check"],
)
def test_whatever_sends_messages_ends_without_the_key_of_their_links(what: list[str]) -> None:
    bare = {"PATH": "/usr/bin:/bin", "SECRET_KEY": "s" * 50, "REDIS_URL": "redis://127.0.0.1:1/0"}
    ended = subprocess.run(
        [sys.executable, *what], env=bare, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 1
    assert "taperplan.E002" in ended.stderr
    assert "LINK_KEY is not set." in ended.stderr


@pytest.mark.slow
def test_the_host_of_the_site_is_always_answered_and_others_are_added() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from taperplan.settings import ALLOWED_HOSTS; print(*ALLOWED_HOSTS)"],
        env={"SITE_URL": "https://taper.example.org", "ALLOWED_HOSTS": "old.example.org,taper.example.org"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["taper.example.org", "old.example.org"]


@pytest.mark.slow
def test_an_installation_as_the_example_says_passes_the_check_for_deployment() -> None:
    key = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz"
    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={
            "SECRET_KEY": key,
            "LINK_KEY": key,
            "SITE_URL": "https://taper.example.org",
            "TRUSTED_PROXIES": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


# ── secrets in files ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(env.SECRETS))
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name, raising=False)
    file = tmp_path / "secret"
    file.write_text("quiet river\n")
    monkeypatch.setenv(f"{name}_FILE", str(file))
    assert env.text(name) == "quiet river"
    # An empty file is a service that is not used.
    file.write_text("\n")
    assert env.text(name, "default") == "default"


def test_what_is_no_secret_is_not_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").write_text("https://elsewhere.example.org")
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.setenv("SITE_URL_FILE", str(tmp_path / "site"))
    assert env.text("SITE_URL") == ""


def test_a_secret_that_is_given_twice_or_cannot_be_read_is_refused_without_being_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINK_KEY_FILE", str(tmp_path / "missing"))
    monkeypatch.delenv("LINK_KEY", raising=False)
    with pytest.raises(env.WrongSetting, match="LINK_KEY_FILE: names a file that cannot be read"):
        env.text("LINK_KEY")
    (tmp_path / "missing").write_text("quiet river")
    monkeypatch.setenv("LINK_KEY", "another secret")
    with pytest.raises(env.WrongSetting, match="LINK_KEY: is given twice") as refusal:
        env.text("LINK_KEY")
    assert "another" not in str(refusal.value)
    assert "river" not in str(refusal.value)


@pytest.mark.parametrize(
    ("address", "password", "whole"),
    [
        ("redis://web@redis:6379/0", "p/w", "redis://web:p%2Fw@redis:6379/0"),
        ("redis://redis:6379/0", "pw", "redis://:pw@redis:6379/0"),
        ("redis://:old@redis:6379/0", "new", "redis://:new@redis:6379/0"),
        ("imaps://a%40b.org@mail.example.org/INBOX", "p w", "imaps://a%40b.org:p%20w@mail.example.org/INBOX"),
        ("redis://web:own@redis:6379/0", "", "redis://web:own@redis:6379/0"),
    ],
)
def test_a_password_from_a_file_is_put_into_an_address(address: str, password: str, whole: str) -> None:
    assert env.with_password(address, password) == whole


def test_the_password_of_the_database_may_stand_beside_its_address() -> None:
    url = "postgresql://app@db.example.org/taperplan?sslmode=verify-full"
    found = database.connection(url, pool=0, password="p@ss/word")
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("app", "p@ss/word", "db.example.org")
    assert found["OPTIONS"]["sslmode"] == "verify-full"


SHOWN = """
import ssl
from taperplan import settings
print(settings.REDIS_CLIENT_URL, settings.CELERY_BROKER_USE_SSL["ssl_cert_reqs"] is ssl.CERT_REQUIRED)
"""


@pytest.mark.slow
def test_a_redis_with_tls_has_its_certificate_checked_by_both_clients(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("quiet\n")
    shown = subprocess.run(
        [sys.executable, "-c", SHOWN],
        env={
            "PATH": os.environ["PATH"],
            "REDIS_URL": "rediss://web@redis.example.org:6379/0",
            "REDIS_PASSWORD_FILE": str(tmp_path / "password"),
            "REDIS_CA": "/etc/ssl/own.pem",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == [
        "rediss://web:quiet@redis.example.org:6379/0?ssl_ca_certs=/etc/ssl/own.pem",
        "True",
    ]
