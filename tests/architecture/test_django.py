"""Migrations are complete, and Django's checks and our own pass."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import resolve, reverse

from plans.management import catalogue
from taperplan import serving
from tests.sources import tree


def test_background_requests_do_not_keep_a_session_open(settings: Any) -> None:
    templates = Path(settings.TEMPLATES_DIR)
    asking = re.compile(r"""hx-get="{% url '([\w-]+)'[^>]*hx-trigger="every """)
    routes = {name for page in templates.rglob("*.html") for name in asking.findall(page.read_text())}
    assert routes == {"document-state", "documents-run", "queue-fresh"}
    key = "00000000-0000-0000-0000-000000000007"
    for name in routes:
        view = resolve(reverse(name, args=[key] if name == "document-state" else [])).func
        assert view.unasked, name  # type: ignore[attr-defined]


def test_no_lock_on_a_row_keeps_others_from_naming_it() -> None:
    """docs/reliability.md, "Locks": a foreign key is checked at the commit, out of the order of locks."""
    calls = [
        (f"{path}:{node.lineno}", {word.arg for word in node.keywords})
        for path in Path("plans").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "select_for_update"
    ]
    assert len(calls) > 50
    assert [place for place, words in calls if "no_key" not in words] == []


@pytest.mark.django_db
def test_no_model_change_is_without_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_system_checks_find_nothing() -> None:
    call_command("check", fail_level="WARNING")


def test_an_installation_set_up_for_production_may_serve(settings: Any) -> None:
    settings.SITE_URL = "https://taper.example.org"
    settings.SITE_IS_HTTPS = True
    settings.ALLOWED_HOSTS = ["taper.example.org"]
    assert list(serving.problems()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"SECRET_KEY_GIVEN": False}, "taperplan.E001"),
        ({"SECRET_KEY": "short"}, "taperplan.E001"),
        ({"LINK_KEY_GIVEN": False}, "taperplan.E002"),
        ({"TAPERPLAN_DEMO": True, "SITE_URL": "https://taper.example.org"}, "taperplan.E003"),
        ({"SITE_URL": "http://taper.example.org"}, "taperplan.E004"),
        ({"ALLOWED_HOSTS": ["*"]}, "taperplan.E005"),
        ({"LEASE_SECONDS": 90}, "taperplan.E006"),
        ({"EMAIL_TIMEOUT": 60}, "taperplan.E007"),
        ({"IMAGES": ["python:3.13@sha256:" + "a" * 64, "postgres:18-trixie"]}, "taperplan.E009"),
        ({"IMAGES": ["python:3.13@sha256:abc"]}, "taperplan.E009"),
    ],
)
def test_an_unsafe_setting_is_refused_with_what_to_do(
    settings: Any, change: dict[str, Any], problem: str
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    [found] = serving.problems()
    assert found.id == problem
    assert found.hint


def test_images_that_are_named_by_their_digests_may_serve(settings: Any) -> None:
    settings.IMAGES = ["python:3.13@sha256:" + "0a" * 32, "postgres@sha256:" + "f1" * 32]
    assert list(serving.problems()) == []


def test_what_only_puts_tasks_into_redis_needs_no_key(settings: Any) -> None:
    settings.SECRET_KEY_GIVEN = settings.LINK_KEY_GIVEN = False
    assert {one.id for one in serving.problems()} == {"taperplan.E001", "taperplan.E002"}
    assert list(serving.problems(keys=False)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, set()),
        ({"REDIS_URL": "redis://redis.example.org:6379/0"}, {"taperplan.W004"}),
        ({"REDIS_URL": "rediss://redis.example.org:6379/0"}, set()),
        ({"REDIS_URL": "redis+socket:///run/redis.sock"}, set()),
        ({"EMAIL_HOST": "mail.example.org", "EMAIL_USE_TLS": False}, {"taperplan.W005"}),
        ({"EMAIL_HOST": "mail.example.org", "EMAIL_USE_TLS": True}, set()),
        ({"BOUNCE_MAILBOX": "imap://a:b@mail.example.org/INBOX"}, {"taperplan.W006"}),
        ({"BOUNCE_MAILBOX": "imaps://a:b@mail.example.org/INBOX"}, set()),
        ({"TAPERPLAN_DEMO": True, "EMAIL_HOST": "mail.example.org", "EMAIL_USE_TLS": False}, set()),
    ],
)
def test_what_leaves_the_machine_readable_is_warned_of(
    settings: Any, change: dict[str, Any], found: set[str]
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert {str(one.id) for one in serving.check_transport()} == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "found"),
    [("", {"taperplan.W007", "taperplan.W003"}), ("require", {"taperplan.W007", "taperplan.W003"}),
     ("verify-full", {"taperplan.W003"})],
)  # fmt: skip
def test_a_database_elsewhere_is_to_be_proved_and_encrypted(
    settings: Any, monkeypatch: pytest.MonkeyPatch, mode: str, found: set[str]
) -> None:
    # The address is another machine's; the server of the tests, which has no TLS, answers what is asked.
    database = {**settings.DATABASES["default"], "HOST": "db.example.org", "OPTIONS": {"sslmode": mode}}
    monkeypatch.setattr(
        serving, "settings", SimpleNamespace(**_settings(settings), DATABASES={"default": database})
    )
    assert {str(one.id) for one in serving.check_transport()} == found


def _settings(settings: Any) -> dict[str, Any]:
    names = ("TAPERPLAN_DEMO", "REDIS_URL", "MAIL_TRANSPORT", "EMAIL_USE_TLS", "EMAIL_HOST", "BOUNCE_MAILBOX")
    return {name: getattr(settings, name) for name in names}


def test_nobody_is_served_in_a_language_that_was_not_compiled(
    tmp_path: Path, monkeypatch: Any, settings: Any
) -> None:
    text = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    text.parent.mkdir(parents=True)
    text.write_text('msgid "yes"\nmsgstr "sí"\n')
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    assert "taperplan.E008" in {one.id for one in serving.problems()}
    assert catalogue.compile_all() == [text]
    assert "taperplan.E008" not in {one.id for one in serving.problems()}
    text.write_text('msgid "yes"\nmsgstr "ya"\n')
    assert catalogue.stale() == [text]
