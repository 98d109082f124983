"""Requests are read strictly: what is refused, and the path it is refused at."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.taper.engine import build
from plans.domain.taper.methods import METHODS
from plans.domain.taper.reading import read_json
from plans.domain.taper.request import TaperRequest, default_start
from plans.domain.taper.schedule import TimeOfDay
from plans.wording.taper import says
from tests.domain.taper.asking import STORY, asked


def changed(path: str, value: Any) -> dict[str, Any]:
    """The story's request with the value at a path such as regimen.0.dose_mg replaced."""
    request = copy.deepcopy(STORY)
    *way, last = path.split(".")
    place: Any = request
    for key in way:
        place = place[int(key)] if key.isdigit() else place[key]
    place[int(last) if last.isdigit() else last] = value
    return request


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("regimen.0.dose_mg", "1_0", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "1e2", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "٥", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "０.５", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "NaN", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "-0", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "+5", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", ".5", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "1,5", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "0.5\u200b", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "0.5\n", "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "9" * 5000, "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", ["0.5"], "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", 0.5, "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", True, "bad_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "0", "zero_amount", "regimen[0].dose_mg"),
        ("regimen.0.dose_mg", "0.00000", "zero_amount", "regimen[0].dose_mg"),
        ("regimen.0.time", "noon", "not_one_of", "regimen[0].time"),
        ("regimen.0.drug", "Clonazepam", "not_one_of", "regimen[0].drug"),
        ("regimen.1.time", "morning", "duplicate", "regimen[1]"),
        ("regimen.0.note", "x", "unknown_key", "regimen[0].note"),
        ("regimen", [], "empty_list", "regimen"),
        ("regimen", {}, "wrong_type", "regimen"),
        ("regimen.0", None, "wrong_type", "regimen[0]"),
        ("start", "30/11/2026", "bad_date", "start"),
        ("start", "2026-11-31", "bad_date", "start"),
        ("start", "2026-W48-1", "bad_date", "start"),
        ("start", "9999-12-31", "bad_date", "start"),
        ("start", "0001-01-01", "bad_date", "start"),
        ("start", 20261130, "wrong_type", "start"),
        ("products.0.split", 3, "bad_product", "products[0]"),
        ("products.0.split", True, "wrong_type", "products[0].split"),
        ("products.0.form", "capsule", "bad_product", "products[0]"),
        ("products.0.form", "solution", "unknown_key", "products[0].strength_mg"),
        ("products.1", STORY["products"][0], "duplicate", "products[1]"),
        ("products.0.strength_mg", "0", "zero_amount", "products[0].strength_mg"),
        ("method.name", "magic", "not_one_of", "method.name"),
        ("method.percent", "101", "out_of_range", "method.percent"),
        ("method.percent", "0", "zero_amount", "method.percent"),
        ("method.percent", "ten", "bad_amount", "method.percent"),
        ("method.percent", 10, "bad_amount", "method.percent"),
        ("method.interval_days", 0, "out_of_range", "method.interval_days"),
        ("method.interval_days", 14.0, "wrong_type", "method.interval_days"),
        ("method.interval_days", "14", "wrong_type", "method.interval_days"),
        ("method.interval_days", 10**50, "out_of_range", "method.interval_days"),
        ("method.amount_mg", "1", "unknown_key", "method.amount_mg"),
        ("goal_mg", "2", "nothing_to_taper", "goal_mg"),
        ("goal_mg", "0.3", "not_makeable", "goal_mg"),
        ("country", "XX", "not_one_of", "country"),
        ("equivalence", "mine", "not_one_of", "equivalence"),
        ("max_pieces", 0, "out_of_range", "max_pieces"),
        ("dispense_days", 11, "not_one_of", "dispense_days"),
        ("falls_first", ["night", "night"], "duplicate", "falls_first[1]"),
        ("drug_order", ["diazepam"], "not_one_of", "drug_order[0]"),
        ("crossover", {"to": "alprazolam"}, "not_long_acting", "crossover.to"),
        ("crossover", {"to": "clonazepam"}, "nothing_to_cross", "crossover.to"),
        ("crossover", {"to": "diazepam"}, "no_product", "products"),
        ("crossover", {"to": "diazepam", "days": 7}, "unknown_key", "crossover.days"),
        ("patient", {"conditions": ["bored"]}, "not_one_of", "patient.conditions[0]"),
        ("extra", 1, "unknown_key", "extra"),
    ],
)
def test_a_bad_value_is_refused_with_its_path(path: str, value: Any, code: str, where: str) -> None:
    with pytest.raises(TaperError) as refused:
        build(TaperRequest.from_json(changed(path, value)))
    assert (refused.value.code, refused.value.where) == (code, where)
    assert says(refused.value)


@pytest.mark.parametrize("key", ["start", "regimen", "method"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(TaperError) as refused:
        TaperRequest.from_json({name: value for name, value in STORY.items() if name != key})
    assert (refused.value.code, refused.value.where) == ("missing_key", key)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[" * 200_000, "bad_json"),
        (b'{"start": NaN}', "bad_json"),
        (b'{"start": ' + b"9" * 5000 + b"}", "bad_json"),
        (b" " * 10_000_000, "bad_json"),
        (b'{"start": 1, "start": 1}', "duplicate_key"),
        (b"[]", "wrong_type"),
        (b"null", "wrong_type"),
    ],
)
def test_text_that_is_no_request_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(TaperError) as refused:
        TaperRequest.from_text(text)
    assert refused.value.code == code


def test_ten_thousand_rows_are_refused() -> None:
    rows = [{"days": 1, "total_mg": "1"}] * 10_000
    with pytest.raises(TaperError) as refused:
        asked(method={"name": "typed", "rows": rows})
    assert (refused.value.code, refused.value.where) == ("too_many", "method.rows")


def test_a_plan_of_more_than_ten_years_is_refused() -> None:
    with pytest.raises(TaperError) as refused:
        build(asked(method={"name": "percent_of_current", "percent": "0.01", "interval_days": 28}))
    assert refused.value.code == "too_long"


def test_defaults_are_written_out_and_amounts_written_the_safe_way() -> None:
    request = asked(regimen=[{"time": "night", "drug": "clonazepam", "dose_mg": "1.50000"}])
    written = request.to_json()
    assert written["regimen"] == [{"time": "night", "drug": "clonazepam", "dose_mg": "1.5"}]
    assert (written["country"], written["equivalence"], written["dispense_days"]) == ("US", "ashton_2002", 28)


def test_times_of_day_left_out_of_the_order_follow_in_the_order_of_the_day() -> None:
    order = asked(falls_first=["evening"]).falls_first
    assert order == (TimeOfDay.EVENING, TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.NIGHT)


@pytest.mark.parametrize(
    ("today", "start"),
    [("2026-11-30", "2026-11-30"), ("2026-12-02", "2026-12-02"), ("2026-12-03", "2026-12-07")],
)
def test_a_plan_starts_by_default_on_a_monday_to_wednesday(today: str, start: str) -> None:
    assert default_start(date.fromisoformat(today)) == date.fromisoformat(start)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 400)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "0", "1", "0.5", "10", "diazepam", "night", "tablet", "2027-01-01", "\ud800", *METHODS]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "drug", "time", "percent", "days", "rows", "to"]), inner)
    ),
    max_leaves=6,
)
PATHS = [
    "start", "regimen", "regimen.0", "regimen.0.time", "regimen.0.drug", "regimen.0.dose_mg", "products",
    "products.0", "products.0.drug", "products.0.form", "products.0.strength_mg", "products.1", "method",
    "method.name", "method.percent", "method.interval_days", "country", "crossover", "goal_mg", "equivalence",
    "max_pieces", "dispense_days", "instalment_days", "stock", "falls_first", "drug_order", "patient",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=2))
def test_junk_anywhere_is_refused_in_words_or_planned_but_never_breaks(
    changes: list[tuple[str, Any]],
) -> None:
    request = copy.deepcopy(STORY)
    for path, junk in changes:
        *way, last = path.split(".")
        place: Any = request
        try:
            for key in way:
                place = place[int(key)] if key.isdigit() else place[key]
            place[int(last) if last.isdigit() else last] = junk
        except (TypeError, KeyError, IndexError):
            continue
    refusal = refused(request)
    assert refusal is None or (refusal.code and says(refusal))


def refused(request: object) -> TaperError | None:
    """What the request is refused with, if it is; anything else that is raised is a fault of ours."""
    try:
        build(TaperRequest.from_json(read_json(json.dumps(request))))
    except TaperError as refusal:
        return refusal
    return None
