"""Typed rows from a CSV file."""

from __future__ import annotations

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.rows_file import sheet_rows, typed_method
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
        ("days,total_mg\n1,1,1,1", "width"),
        ("days,total_mg\n" + "1" * 200_000, "not_csv"),
        ("x" * 2_000_000, "too_large"),
        *((f"days,total_mg\n7,1.5\n{days},1", "days") for days in ("x", "1.5", "0", "", "14 days")),
        ("14;1;2", "unnamed"),
        ("14\tclonazepam\t1\t1", "unnamed"),
    ],
)
def test_a_file_that_does_not_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(TaperError) as refused:
        typed_method(text)
    assert refused.value.facts["why"] == why
    assert says(refused.value)


TWO_STEPS = [{"days": 14, "total_mg": "1.5"}, {"days": 7, "total_mg": "1.375"}]


@pytest.mark.parametrize(
    "text",
    [
        "14,1.5\n7,1.375",
        "14\t1.5\r\n7\t1.375\r\n",
        "14;1.5\n\n7;1.375\n",
        "Days\tTotal\n14\t1.5\n7\t1.375",
        "total mg;days\n1.5;14\n1.375;7",
        '"days","mg"\n"14","1.5"\n"7","1.375"',
    ],
)
def test_pasted_cells_are_read_with_and_without_column_names(text: str) -> None:
    assert typed_method(text)["rows"] == TWO_STEPS


def test_six_columns_without_names_are_the_drug_and_the_four_times_of_day() -> None:
    (row,) = sheet_rows("14\tClonazepam\t0.5\t\t\t1")
    assert row == (1, {"days": 14, "doses": [
        {"time": "morning", "drug": "clonazepam", "dose_mg": "0.5"},
        {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
    ]})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "write"),
    [
        ("14;1,5\n7;1", 1, "1.5"),
        ("days\ttotal\n14\t1\n\n7\t0,875", 4, "0.875"),
        ("days,total_mg\n14,1,5", 2, "1.5"),
        ('14,1\n7,"0,5"', 2, "0.5"),
        ("7;clonazepam;0,5;;;1", 1, "0.5"),
    ],
)
def test_a_decimal_comma_is_refused_with_its_line_and_what_to_write(text: str, line: int, write: str) -> None:
    with pytest.raises(TaperError) as refused:
        typed_method(text)
    facts = refused.value.facts
    assert (facts["why"], facts["line"], facts["write"]) == ("decimal_comma", line, write)
    assert f"Write {write}." in says(refused.value)


@pytest.mark.parametrize("cells", ["7,.5", "7,1e2", "7,=1", "7,0.3"])
def test_a_dose_that_is_none_is_refused_at_its_row(cells: str) -> None:
    with pytest.raises(TaperError) as refused:
        built(method=typed_method(f"days,total_mg\n7,1.5\n{cells}\n"))
    assert refused.value.where.startswith("method.rows[1].")


@pytest.mark.parametrize("cells", ['14,"1"5', '14;"0"5', '14,"1'])
def test_a_quotation_mark_within_a_cell_makes_no_other_dose_of_it(cells: str) -> None:
    with pytest.raises(TaperError) as refused:
        typed_method(f"days,total_mg\n{cells}" if "," in cells else f"days;total_mg\n{cells}")
    assert refused.value.facts["why"] == "not_csv"
    assert says(refused.value).endswith(
        "Line 2 cannot be divided into cells: a quotation mark is open or stands inside a cell. Take it out."
    )


def test_ten_thousand_lines_are_refused() -> None:
    with pytest.raises(TaperError) as refused:
        typed_method("days,total_mg\n" + "1,1\n" * 10_000)
    assert refused.value.code == "too_many"
