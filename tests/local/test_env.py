"""A wrong setting is refused with its name and with what to write instead."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from taperplan import env


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
        ["-m", "celery", "-A", "taperplan", "beat", "--pidfile", "", "--schedule", "/nonexistent/schedule"],
        ["manage.py", "run_outbox", "--once"],
        ["manage.py", "check", "--deploy"],
    ],
    ids=["worker", "beat", "run_outbox", "check"],
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
