"""The chain over the audit trail, by its rows alone: whatever is changed is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from plans.domain import audit_chain
from plans.domain.audit_chain import (
    Breach,
    TrailName,
    canonical,
    faults_of_rows,
    faults_of_seal,
    marks_of,
    seal,
)

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
ROWS: list[tuple[int, dict[str, object]]] = [
    (key, {"id": key, "act": "plan.issued", "facts": {"number": key}, "at": AT}) for key in (1, 2, 5)
]
FIRST = seal(TrailName.ACTS, before=None, last=5, marks=marks_of(ROWS), sealed_at=AT)
SECOND = seal(TrailName.ACTS, before=FIRST, last=9, marks=b"", sealed_at=AT)


def breaches(rows: Any) -> list[tuple[Breach, int]]:
    return [(one.breach, one.row) for one in faults_of_rows(FIRST, rows)]


def test_rows_as_they_were_sealed_have_no_fault():
    assert breaches(ROWS) == []
    assert [*faults_of_seal(FIRST, None), *faults_of_seal(SECOND, FIRST)] == []


def test_a_row_that_is_changed_removed_or_added_is_named():
    assert breaches([ROWS[0], (2, {**ROWS[1][1], "act": "plan.held"}), ROWS[2]]) == [(Breach.ROW_CHANGED, 2)]
    assert breaches([ROWS[0], ROWS[2]]) == [(Breach.ROW_MISSING, 2)]
    assert breaches([*ROWS, (4, ROWS[0][1])]) == [(Breach.ROW_ADDED, 4)]


@pytest.mark.parametrize(
    "changed",
    [
        {"marks": marks_of(ROWS[:2])},
        {"last": 6},
        {"sealed_at": AT + timedelta(days=1)},
        {"head": "0" * 64},
    ],
)
def test_a_seal_that_is_changed_is_named(changed: dict[str, Any]):
    found = list(faults_of_seal(replace(FIRST, **changed), None))
    assert [one.breach for one in found] == [Breach.SEAL_CHANGED]


def test_a_seal_that_was_made_anew_breaks_the_one_after_it():
    anew = seal(TrailName.ACTS, before=None, last=5, marks=marks_of(ROWS[:2]), sealed_at=AT)
    for following in (SECOND, replace(SECOND, previous=anew.head)):
        assert [one.breach for one in faults_of_seal(following, anew)] == [Breach.SEAL_CHANGED]


def test_a_seal_that_is_missing_is_noticed():
    third = seal(TrailName.ACTS, before=SECOND, last=12, marks=b"", sealed_at=AT)
    assert [one.breach for one in faults_of_seal(third, FIRST)] == [Breach.SEAL_MISSING]


def test_the_text_of_a_row_does_not_depend_on_how_it_is_held():
    row: dict[str, object] = {"b": AT, "a": {"y": 1, "x": [None, "ñ"]}, "key": UUID(int=7)}
    elsewhere = {**row, "b": AT.astimezone(timezone(timedelta(hours=5)))}
    assert canonical(row) == canonical(dict(reversed(elsewhere.items())))
    assert canonical(row).decode() == (
        '{"a":{"x":[null,"ñ"],"y":1},"b":"2026-12-01T09:30:00.000000+00:00",'
        '"key":"00000000-0000-0000-0000-000000000007"}'
    )


def test_a_column_that_a_later_release_adds_changes_no_row_from_before():
    assert canonical({**ROWS[0][1], "later": None}) == canonical(ROWS[0][1])


def test_an_id_below_zero_is_a_row_too():
    found = seal(TrailName.ACTS, before=None, last=5, marks=marks_of([(-3, ROWS[0][1])]), sealed_at=AT)
    assert list(faults_of_rows(found, [(-3, ROWS[0][1])])) == []
    assert found.previous == audit_chain.GENESIS
