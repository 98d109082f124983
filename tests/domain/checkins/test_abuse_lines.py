"""Help lines for people who are being hurt by somebody else: each with a source, a date and how certain it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from plans.domain.checkins import abuse_lines
from plans.domain.checkins.help_lines import BadHelpLines

GOOD: dict[str, Any] = {
    "country": "XX", "kind": "text", "number": "1", "send": "GO", "name": "A", "hours": "always", "free": True,
    "source": "them", "checked_on": date(2026, 1, 1), "mark": "verified",
}  # fmt: skip


def test_a_country_has_its_lines_and_another_none_made_up() -> None:
    assert [one.href for one in abuse_lines.lines_for("us")] == ["tel:18007997233", "sms:88788?body=START"]
    assert [one.number for one in abuse_lines.lines_for("GB")] == ["0808 2000 247"]
    assert abuse_lines.lines_for("DE") == ()


def test_each_names_where_it_is_from() -> None:
    for line in abuse_lines.everything():
        assert line.source
        assert line.name
        assert line.checked_on <= date(2026, 11, 30)


@pytest.mark.parametrize(
    "change",
    [
        {"source": ""},
        {"checked_on": "2026"},
        {"kind": "fax"},
        {"mark": "sure"},
        {"send": ""},
        {"kind": "call"},
    ],
)
def test_an_entry_that_breaks_the_grammar_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadHelpLines):
        abuse_lines.read({**GOOD, **change})


def test_an_entry_without_a_number_is_refused() -> None:
    with pytest.raises(BadHelpLines):
        abuse_lines.read({key: value for key, value in GOOD.items() if key != "number"})
