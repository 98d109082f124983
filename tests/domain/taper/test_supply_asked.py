"""Fills as prescriptions are written: their lengths, instalments, and what is at home before the plan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import build
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.supply import FILL_DAYS, BadInstalments, plan_supply
from plans.domain.taper.supply_watch import Issued, look
from plans.wording.taper import says
from tests.domain.taper.schedules import MONDAY, laid_out, pieces, tablet

DIAZEPAM: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "10"}],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "products": [{"drug": "diazepam", "form": "tablet", "strength_mg": "5", "split": 2}],
}
TWO_MG = tablet("clonazepam", "2", 4)


def answered(**changes: Any) -> dict[str, Any]:
    return answer(build(TaperRequest.from_json(DIAZEPAM | changes)), says=says)


def refused(**changes: Any) -> tuple[str, str]:
    with pytest.raises(TaperError) as refusal:
        answered(**changes)
    return refusal.value.code, refusal.value.where


@pytest.mark.parametrize("days", FILL_DAYS)
def test_every_usual_length_of_a_fill_is_planned(days: int) -> None:
    rows = [{"days": 120, "total_mg": "10"}]
    found = answered(dispense_days=days, method={"name": "typed", "rows": rows})
    first = found["supply"][0]
    assert (first["from"], first["whole_units"]) == (
        "2026-11-30",
        2 * min(days, 14) if days <= 14 else first["whole_units"],
    )
    length = date.fromisoformat(first["to"]) - date.fromisoformat(first["from"])
    assert length == timedelta(days=days - 1)
    assert found["request"]["dispense_days"] == days


@pytest.mark.parametrize("days", [2, 6, 29, 366])
def test_other_lengths_are_refused_with_those_that_are_planned(days: int) -> None:
    assert refused(dispense_days=days) == ("not_one_of", "dispense_days")
    assert refused(instalment_days=days) == ("not_one_of", "instalment_days")


def test_the_instalments_of_a_fill_hold_what_the_fill_holds() -> None:
    found = answered(dispense_days=28, instalment_days=7)
    assert found["supply"] == answered(dispense_days=28)["supply"]
    assert [part["whole_units"] for part in found["instalments"][:4]] == [14, 14, 14, 14]
    assert sum(part["whole_units"] for part in found["instalments"]) == sum(
        fill["whole_units"] for fill in found["supply"]
    )
    assert "instalments" not in answered()


def test_instalments_are_shorter_than_the_fill() -> None:
    assert refused(dispense_days=7, instalment_days=7) == ("bad_instalments", "instalment_days")
    with pytest.raises(BadInstalments):
        plan_supply(laid_out("clonazepam", [(7, [pieces(TWO_MG, 1)])]), 7, instalment_days=14)


def test_what_is_at_home_is_taken_off_the_first_fills_and_the_day_it_runs_out_is_said() -> None:
    without = answered()
    found = answered(stock=[{"product": "diazepam tablet 5 mg", "whole_units": 103}])
    assert found["run_out"] == "2027-01-23"
    handed = sum(fill["whole_units"] for fill in without["supply"])
    assert sum(fill["whole_units"] for fill in found["supply"]) == handed - 103
    assert found["supply"][0]["whole_units"] == 0
    assert found["request"]["stock"] == [{"product": "diazepam tablet 5 mg", "whole_units": 103}]
    assert "run_out" not in without


def test_stock_at_hand_chooses_no_product_and_is_left_over_where_the_plan_uses_another() -> None:
    products = [{"drug": "diazepam", "form": "tablet", "strength_mg": mg, "split": 2} for mg in ("5", "2")]
    regimen = [{"time": "night", "drug": "diazepam", "dose_mg": "5"}]
    rows = [{"days": 28, "total_mg": "5"}, {"days": 1, "total_mg": "0"}]
    asked: dict[str, Any] = {
        "regimen": regimen,
        "products": products,
        "method": {"name": "typed", "rows": rows},
    }
    stock = [{"product": "diazepam tablet 2 mg", "whole_units": 60}]
    without, found = answered(**asked), answered(**asked, stock=stock)
    assert found["steps"] == without["steps"]
    assert found["supply"] == without["supply"]
    assert found["leftover"] == [{"product": "diazepam tablet 2 mg", "pieces": "60"}]
    assert found["run_out"] == "2026-11-30"
    alone = answered(**asked | {"products": products[1:]}, stock=stock)
    assert sum(fill["whole_units"] for fill in alone["supply"]) == 28 * 5 // 2 - 60


def test_what_is_at_home_may_be_enough_or_nothing_at_all() -> None:
    stock = {"product": "diazepam tablet 5 mg", "whole_units": 5000}
    assert answered(stock=[stock])["run_out"] is None
    assert answered(stock=[stock | {"whole_units": 0}])["run_out"] == "2026-11-30"


@pytest.mark.parametrize(
    ("stock", "code", "where"),
    [
        ([{"product": "diazepam tablet 2 mg", "whole_units": 3}], "not_one_of", "stock[0].product"),
        ([{"product": 5, "whole_units": 3}], "wrong_type", "stock[0].product"),
        ([{"product": "diazepam tablet 5 mg", "whole_units": "3"}], "wrong_type", "stock[0].whole_units"),
        ([{"product": "diazepam tablet 5 mg", "whole_units": -1}], "out_of_range", "stock[0].whole_units"),
        ([{"product": "diazepam tablet 5 mg", "whole_units": 1}] * 2, "duplicate", "stock[1]"),
        ([{"product": "diazepam tablet 5 mg"}], "missing_key", "stock[0].whole_units"),
        ([], "empty_list", "stock"),
    ],
)
def test_a_stock_that_says_nothing_is_refused_at_its_place(stock: Any, code: str, where: str) -> None:
    assert refused(stock=stock) == (code, where)


def test_daily_doses_are_no_news_at_every_weekend() -> None:
    schedule = laid_out("clonazepam", [(28, [pieces(TWO_MG, 2)])])

    def closed(day: date) -> str:
        return "weekend" if day.weekday() > 4 else ""

    def before(day: date) -> date:
        return day - timedelta(days=max(0, day.weekday() - 4))

    friday = MONDAY + timedelta(days=4)
    told = [
        look([Issued(schedule, MONDAY, days)], today=friday, closed=closed, last_open=before)
        for days in (1, 3)
    ]
    assert told == [(), ()]


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 8)), min_size=1, max_size=8),
    st.sampled_from([(fill, part) for fill in FILL_DAYS for part in FILL_DAYS if part < fill]),
    st.integers(0, 200),
)
def test_instalments_add_up_to_their_fill_whatever_is_at_home(
    rows: list[tuple[int, int]], days: tuple[int, int], at_home: int
) -> None:
    schedule = laid_out(
        "clonazepam", [(length, [pieces(TWO_MG, quarters)] if quarters else []) for length, quarters in rows]
    )
    fill_days, part_days = days
    whole = plan_supply(schedule, fill_days, stock={TWO_MG: at_home})
    parts = plan_supply(schedule, fill_days, stock={TWO_MG: at_home}, instalment_days=part_days)
    assert parts.fills == whole.fills
    assert parts.leftovers == whole.leftovers
    for fill in parts.fills:
        inside = [part for part in parts.instalments if fill.first <= part.first and part.last <= fill.last]
        assert sum(part.whole_units for part in inside) == fill.whole_units
        assert all((part.last - part.first).days < part_days for part in inside)
