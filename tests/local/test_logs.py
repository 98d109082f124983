"""Log lines hold only what is allowed, and nothing about anybody."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from taperplan.logs import Budget, JsonLines, mask


def line(message: str, *args: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord(
        "plans.test", logging.INFO, __file__, 1, message, args, more.pop("exc_info", None)
    )
    record.__dict__.update(more)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def test_fields_that_are_not_on_the_list_are_left_out() -> None:
    found = line("claimed", row_id="7f", email="somebody@example.org")
    assert found["row_id"] == "7f"
    assert "somebody" not in json.dumps(found)


def test_the_text_of_an_exception_never_reaches_a_log() -> None:
    try:
        raise ValueError("Key (email)=(somebody@example.org) already exists")
    except ValueError:
        found = line("refused", exc_info=sys.exc_info())
    assert found["exception"] == "builtins.ValueError"
    assert found["at"]
    assert "somebody" not in json.dumps(found)


@pytest.mark.parametrize(
    "text",
    [
        "Not Found: /c/kJ3-secret_token",
        "Forbidden: /p/kJ3-secret_token/calendar.pdf",
        "Not Found: /q/kJ3-secret_token",
        "Not Found: /f/kJ3-secret_token.ics",
        "Connected to redis://:kJ3-secret_token@127.0.0.1:6379/0",
        "token kJ3-secret_token-kJ3-secret_token-kJ3",
    ],
)
def test_tokens_and_passwords_are_masked(text: str) -> None:
    assert "secret_token" not in mask(text)
    assert "secret_token" not in json.dumps(line("%s", text))


def test_a_line_break_in_a_message_cannot_forge_a_second_line() -> None:
    assert "\n" not in JsonLines().format(
        logging.LogRecord("x", logging.INFO, __file__, 1, 'a\n{"forged": 1}', (), None)
    )


def record(level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("plans.test", level, __file__, 1, "said", (), None)


def test_a_flood_of_lines_is_cut_and_the_next_line_says_how_many_were_left_out() -> None:
    budget = Budget(per_second=0, burst=3)
    assert [budget.filter(record()) for _ in range(5)] == [True, True, True, False, False]
    # An error is written all the same.
    grave = record(logging.ERROR)
    assert budget.filter(grave)
    assert json.loads(JsonLines().format(grave))["left_out"] == 2


def test_once_a_flood_is_over_lines_are_written_again() -> None:
    budget = Budget(per_second=1e9, burst=1)
    assert all(budget.filter(record()) for _ in range(100))


def test_the_log_of_the_service_has_a_budget() -> None:
    from taperplan import logs

    assert logs.CONFIG["handlers"]["out"]["filters"] == ["budget"]
