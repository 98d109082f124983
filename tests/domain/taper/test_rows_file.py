"""Typed rows from a CSV file."""

from __future__ import annotations

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.rows_file import typed_method
from plans.wording.taper import says
from tests.domain.taper.asking import built, doses


def test_totals_from_a_file_are_planned_like_typed_ones() -> None:
    assert doses(built(method=typed_method("days,total_mg\n14,1.5\n14,1.375\r\n\n7,1\n"))) == [
        "1.5",
        "1.375",
        "1",
    ]


def test_doses_by_time_of_day_are_read_and_empty_cells_are_no_dose() -> None:
    text = "\ufeffNight, days ,drug,morning\n1,14,clonazepam,0.25\n0.5,14,clonazepam,\n"
    plan = built(method=typed_method(text)).schedule
    assert [[dose.dose.text for dose in step.doses] for step in plan] == [["0.25", "1"], ["0.5"]]


def test_a_column_may_be_a_clock_time_and_columns_stand_in_any_order() -> None:
    regimen = [
        {"time": time, "drug": "clonazepam", "dose_mg": dose}
        for time, dose in (("06:30", "0.5"), ("22:00", "1"))
    ]
    rows = typed_method("days,drug,22:00,06:30\n7,clonazepam,1,0.5\n7,clonazepam,0.5,0.25\n")
    plan = built(regimen=regimen, method=rows).schedule
    assert [[(dose.time.value, dose.dose.text) for dose in step.doses] for step in plan] == [
        [("06:30", "0.5"), ("22:00", "1")],
        [("06:30", "0.25"), ("22:00", "0.5")],
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no_header"),
        ("days\n1", "columns"),
        ("days,total_mg,night\n1,1,1", "columns"),
        ("days,days,total_mg\n1,1,1", "columns"),
        ("days,drug,noon\n1,clonazepam,1", "columns"),
        ("days,total_mg\n1", "width"),
        ("days,total_mg\n1,1,1", "width"),
        ("days,total_mg\n" + "1" * 200_000, "not_csv"),
        ("x" * 2_000_000, "too_large"),
    ],
)
def test_a_file_that_does_not_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(TaperError) as refused:
        typed_method(text)
    assert refused.value.facts["why"] == why
    assert says(refused.value)


@pytest.mark.parametrize("cells", ["x,1", "1.5,1", "7,.5", "7,1e2", "7,=1", "0,1", "7,0.3"])
def test_a_bad_cell_is_refused_at_its_row(cells: str) -> None:
    with pytest.raises(TaperError) as refused:
        built(method=typed_method(f"days,total_mg\n7,1.5\n{cells}\n"))
    assert refused.value.where.startswith("method.rows[1].")


def test_ten_thousand_lines_are_refused() -> None:
    with pytest.raises(TaperError) as refused:
        typed_method("days,total_mg\n" + "1,1\n" * 10_000)
    assert refused.value.code == "too_many"
