"""Every extra field of a log line is one that the formatter writes: a field not on its list is silently dropped."""

from __future__ import annotations

import re
from pathlib import Path

from taperplan.logs import ALLOWED

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_extra_field_of_a_log_line_is_one_that_is_written() -> None:
    given = {
        name
        for folder in ("plans", "taperplan")
        for path in (ROOT / folder).rglob("*.py")
        for extra in re.findall(r"extra=\{(.*?)\}", path.read_text(), re.DOTALL)
        for name in re.findall(r'"(\w+)":', extra)
    }
    assert {"row_id", "route"} <= given
    assert given - set(ALLOWED) == set()
