"""A caseload as a file: encodings, separators, dates, amounts, and the rows of a patient put together."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.caseload_file import columns, problems
from plans.domain.caseload_file.patients import (
    FileDose,
    FilePatient,
    FileStep,
    Reading,
    file_patients,
)
from plans.domain.caseload_file.problems import BadFile
from plans.domain.caseload_file.table import MOST_ROWS, decode, read_table
from plans.domain.caseload_file.values import DayOrder, DecimalSigns, read_amount, read_day
from plans.domain.errors import TaperplanError
from plans.domain.taper.schedule import TimeOfDay
from plans.services.plans.export import as_csv
from plans.wording import caseload_file as wording

TODAY = date(2026, 11, 30)
HEAD = "record number,name,date of birth,reason,months,phone"
QUILL = "TP-1,Quill Testcase,1979-03-14,panic,36,555-0142"


def reading(headings: Sequence[str], order: DayOrder = DayOrder.UNSAID) -> Reading:
    return Reading(
        columns=columns.guess(headings),
        order=order,
        today=TODAY,
        words=wording.words(),
        defaults={"zone": "America/New_York", "country": "US", "language": "en"},
    )


def patients(text: str | bytes, order: DayOrder = DayOrder.UNSAID) -> list[FilePatient]:
    table = read_table(decode(text.encode() if isinstance(text, str) else text))
    return list(file_patients(table, reading(table.headings, order)))


def told(text: str, order: DayOrder = DayOrder.UNSAID) -> list[tuple[int, str, str]]:
    """The problems of a text: line, column and code."""
    return [
        (one.line, one.column, str(one.error.facts.get("why") or one.error.facts["reason"]))
        for patient in patients(text, order)
        for one in patient.problems
    ]


def mg(text: str) -> Dose:
    return Dose.parse(text)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_file_is_read_in_every_encoding_and_with_every_separator(encoding: str, mark: str) -> None:
    text = f'Nº historia{mark}Nombre\r\n7{mark}"Ñandú{mark} José"\r\n'
    table = read_table(decode(text.encode(encoding)))
    assert table.headings == ("Nº historia", "Nombre")
    assert [(row.line, row.cells) for row in table.rows] == [(2, ("7", f"Ñandú{mark} José"))]
    assert columns.guess(table.headings) == ("record_no", "name")


def test_a_cell_of_several_lines_counts_its_lines_and_empty_lines_are_left_out() -> None:
    table = read_table('name,notes\n\nA,"one\ntwo"\n,\nB,x\n')
    assert [(row.line, row.cells) for row in table.rows] == [(3, ("A", "one\ntwo")), (6, ("B", "x"))]


def test_the_separator_that_excel_names_is_taken() -> None:
    table = read_table("sep=;\nname;notes, more\nA;b\n")
    assert table.headings == ("name", "notes, more")
    assert table.rows[0].line == 3


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "missing"),
        (b"  \n", "missing"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"name\x00,born\n", "not_text"),
        (b"name,\x81\n", "not_text"),
        (b"a" * 5_000_001, "too_large"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(BadFile) as refused:
        decode(raw)
    assert refused.value.facts["why"] == why


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("name,born\n", "no_rows", None),
        ('name,born\nA,1\n"B,2\n', "not_csv", 3),
        ('name,born\nA,"1"2\n', "not_csv", 2),
        ("a" + ",a" * 80 + "\n1\n", "too_many_columns", None),
        ("name\n" + "A\n" * (MOST_ROWS + 1), "too_many_rows", None),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, why: str, line: int | None) -> None:
    with pytest.raises(BadFile) as refused:
        read_table(text)
    assert (refused.value.facts["why"], refused.value.facts.get("line")) == (why, line)


def test_a_formula_stays_text_and_the_apostrophe_of_our_exports_is_taken_off() -> None:
    name = "=HYPERLINK(1)"
    text = as_csv(("name", "notes"), iter([{"name": name, "notes": "'quoted'"}]))
    assert text.splitlines()[1].startswith("'=")
    assert read_table(text).rows[0].cells == (name, "'quoted'")


def test_headings_are_guessed_in_english_and_spanish_each_once() -> None:
    assert columns.guess(("MRN", "DOB", "Night (mg)", "E-mail", "id", "Whatever")) == (
        "record_no", "born", "night", "email", "", "",
    )  # fmt: skip
    assert columns.guess(("Fecha de nacimiento", "Correo electrónico", "Mediodía (mg)", "Días")) == (
        "born", "email", "midday", "step_days",
    )  # fmt: skip


def test_what_no_column_holds_is_named_and_one_way_to_reach_is_enough() -> None:
    assert columns.missing(("name", "born")) == (
        "record_no",
        "indication",
        "duration_months",
        "email",
        "phone",
    )
    assert columns.missing(("name", "born", "record_no", "indication", "duration_months", "phone")) == ()
    assert columns.twice(("name", "name", "")) == ("name",)


def test_every_use_and_every_refusal_has_its_words() -> None:
    assert set(wording.USES) == set(columns.USES)
    assert set(problems.ROW_WHYS) == wording.ROW_WHYS
    assert set(problems.FILE_WHYS) == wording.FILE_WHYS


# ── cells ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "raw",
    ["1979-03-14", "14/03/1979", "03/14/1979", "14.03.1979", "1979/3/14", "14-Mar-1979", "14 marzo 1979",
     "1979-03-14 00:00:00", "14 de marzo de 1979"],
)  # fmt: skip
def test_a_day_that_can_be_read_in_one_way_is_read(raw: str) -> None:
    assert read_day(raw, DayOrder.UNSAID) == date(1979, 3, 14)


def test_a_day_that_can_be_read_in_two_ways_is_refused_until_somebody_says_what_is_first() -> None:
    assert why_not(lambda: read_day("03/04/1979", DayOrder.UNSAID)) == "day_ambiguous"
    assert read_day("03/04/1979", DayOrder.DAY_FIRST) == date(1979, 4, 3)
    assert read_day("03/04/1979", DayOrder.MONTH_FIRST) == date(1979, 3, 4)
    assert read_day("04/04/1979", DayOrder.UNSAID) == date(1979, 4, 4)


@pytest.mark.parametrize(
    ("raw", "order", "why"),
    [
        ("14/03/1979", DayOrder.MONTH_FIRST, "day_other_order"),
        ("03/14/1979", DayOrder.DAY_FIRST, "day_other_order"),
        ("14/03/79", DayOrder.UNSAID, "day_two_digits"),
        ("28928", DayOrder.UNSAID, "not_date"),
        ("31/02/1979", DayOrder.UNSAID, "no_such_day"),
        ("31/31/1979", DayOrder.UNSAID, "no_such_day"),
        ("14 nothing 1979", DayOrder.UNSAID, "no_such_day"),
    ],
)
def test_a_day_that_cannot_be_read_is_refused(raw: str, order: DayOrder, why: str) -> None:
    assert why_not(lambda: read_day(raw, order)) == why


def why_not(read: Any) -> str:
    with pytest.raises(TaperplanError) as refused:
        read()
    return str(refused.value.facts["why"])


@pytest.mark.parametrize(
    ("raw", "signs", "milligrams"),
    [
        ("0.5", DecimalSigns(), "0.5"),
        ("0,5", DecimalSigns(comma=True), "0.5"),
        ("1.125", DecimalSigns(), "1.125"),
        ("0,125", DecimalSigns(), "0.125"),
        ("1,125", DecimalSigns(comma=True), "1.125"),
    ],
)
def test_an_amount_is_read_exactly(raw: str, signs: DecimalSigns, milligrams: str) -> None:
    assert read_amount(raw, signs) == mg(milligrams)


@pytest.mark.parametrize(
    ("raw", "signs", "why"),
    [
        ("1,125", DecimalSigns(), "comma_ambiguous"),
        ("1,125", DecimalSigns(comma=True, point=True), "comma_ambiguous"),
        ("1.125", DecimalSigns(comma=True), "point_ambiguous"),
        (".5", DecimalSigns(), "no_leading_zero"),
        ("5 mg", DecimalSigns(), "unit_typed"),
        ("1,2,3", DecimalSigns(), "comma"),
        ("=5", DecimalSigns(), "not_a_number"),
        ("1e1", DecimalSigns(), "not_a_number"),
    ],
)
def test_an_amount_that_can_be_misread_is_refused(raw: str, signs: DecimalSigns, why: str) -> None:
    assert why_not(lambda: read_amount(raw, signs)) == why


def test_which_sign_a_file_uses_is_told_by_amounts_that_cannot_be_thousands() -> None:
    assert DecimalSigns.of(["0,5", "1,125", ""]) == DecimalSigns(comma=True)
    assert DecimalSigns.of(["1,125", "1.125"]) == DecimalSigns()


# ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_is_a_record_as_the_form_would_make_it() -> None:
    head = f"{HEAD},e-mail,conditions,medicines,language,check-in on"
    row = f'{QUILL},quill@mail.example.org,"depression; PTSD",fluoxetine|iron,Spanish,Friday'
    [one] = patients(f"{head}\n{row}\n")
    assert one.problems == ()
    assert one.data is not None
    assert (one.data.name, one.data.born, one.data.duration_months) == (
        "Quill Testcase",
        date(1979, 3, 14),
        36,
    )
    assert (one.data.conditions, one.data.medicines) == (("depression", "ptsd"), ("fluoxetine", "iron"))
    assert (one.data.language, one.data.checkin_weekday, one.data.zone) == ("es", 4, "America/New_York")
    assert (one.data.contact_how.value, one.data.consent_version, one.data.consent_on) == ("email", "", None)


def test_what_the_file_leaves_empty_is_still_to_ask_and_none_is_an_answer() -> None:
    head = f"{HEAD},conditions,substances,medicines,emergency contact,their phone,crisis plan"
    [one] = patients(f"{head}\n{QUILL},none,,iron,Bryony,555-0143,\n")
    assert one.data is not None
    assert one.data.to_ask == ("substances", "crisis_plan", "pharmacy")
    [bare] = patients(f"{HEAD}\n{QUILL}\n")
    assert bare.data is not None
    assert bare.data.to_ask == (
        "conditions", "substances", "medicines", "person_to_call", "crisis_plan", "pharmacy",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        (QUILL.replace("TP-1", ""), "record number", "missing"),
        (QUILL.replace("TP-1", "=1"), "record number", "not_record_no"),
        (QUILL.replace("Quill Testcase", ""), "name", "missing"),
        (QUILL.replace("1979-03-14", "03/04/1979"), "date of birth", "day_ambiguous"),
        (QUILL.replace("1979-03-14", "2079-03-14"), "date of birth", "date_out_of_range"),
        (QUILL.replace("1979-03-14", "2015-03-14").replace(",36,", ",1,"), "date of birth", "not_an_adult"),
        (QUILL.replace("panic", "boredom"), "reason", "not_known"),
        (QUILL.replace(",36,", ",3 years,"), "months", "not_whole"),
        (QUILL.replace("555-0142", ""), "phone", "no_way_to_reach"),
        (QUILL.replace("555-0142", "call me"), "phone", "not_phone"),
        (f"{QUILL},more", "", "too_wide"),
    ],
)
def test_each_problem_of_a_record_stands_beside_its_line_and_column(row: str, column: str, why: str) -> None:
    whole = f"{HEAD}\n{QUILL.replace('TP-1', 'TP-0')}\n{row}\n"
    assert told(whole) == [(3, column, why)]


def test_every_problem_of_a_row_is_told_at_once() -> None:
    row = ",,1979-13-14,panic,x,555-0142"
    assert [why for _line, _column, why in told(f"{HEAD}\n{row}\n")] == [
        "missing", "missing", "no_such_day", "not_whole",
    ]  # fmt: skip


def test_rows_of_one_record_number_are_one_patient_with_several_drugs() -> None:
    head = f"{HEAD},drug,morning,night"
    [one] = patients(f"{head}\n{QUILL},clonazepam,0.5,1\ntp-1,,,,,,DIAZEPAM,0,5\n")
    assert one.problems == ()
    assert one.regimen == (
        FileDose("clonazepam", TimeOfDay.MORNING, mg("0.5")),
        FileDose("clonazepam", TimeOfDay.NIGHT, mg("1")),
        FileDose("diazepam", TimeOfDay.NIGHT, mg("5")),
    )


@pytest.mark.parametrize(
    ("again", "why"),
    [
        ("TP-1,Somebody Else,,,,", "record_differs"),
        ("TP-1,,,,,", "adds_nothing"),
        (QUILL, "adds_nothing"),
    ],
)
def test_a_record_number_that_comes_twice_is_refused_at_the_second_line(again: str, why: str) -> None:
    assert told(f"{HEAD}\n{QUILL}\n{again}\n")[0][::2] == (3, why)


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        (",1,,", "drug", "drug_missing"),
        ("clonazepam,,,", "dose", "dose_missing"),
        ("clonazepam,,1,", "time", "time_missing"),
        ("clonazepam,,,22:00", "dose", "dose_missing"),
        ("clonazepam,1,1,night", "drug", "dose_twice"),
        ("clonazepam,1,1,06:30", "time", "mixed_times"),
        ("clonazepam,1,1,later", "time", "not_known"),
        ("rivotril,1,,", "drug", "not_known"),
        ("clonazepam,1 mg,,", "night", "unit_typed"),
    ],
)
def test_each_problem_of_what_is_taken_stands_beside_its_column(cells: str, column: str, why: str) -> None:
    found = told(f"{HEAD},drug,night,dose,time\n{QUILL},{cells}\n")
    assert (2, column, why) in found


def test_a_third_drug_is_refused_because_a_plan_has_room_for_two() -> None:
    rows = "\n".join(f"TP-1,,,,,,{drug},1" for drug in ("diazepam", "lorazepam"))
    assert told(f"{HEAD},drug,night\n{QUILL},clonazepam,1\n{rows}\n") == [(2, "drug", "too_many_drugs")]


PLAN = f"{HEAD},drug,night,step date,days,total"


def plan_of(*steps: str) -> str:
    return "\n".join([PLAN, f"{QUILL},clonazepam,1.5,,,", *(f"TP-1,,,,,,,,{step}" for step in steps)]) + "\n"


def test_steps_by_days_keep_their_days_and_say_no_first_day() -> None:
    [one] = patients(plan_of(",14,1.25", ",28,1", ",7,0"))
    assert one.problems == ()
    assert one.steps == (FileStep(14, mg("1.25")), FileStep(28, mg("1")), FileStep(7, mg("0")))
    assert one.start is None


def test_steps_by_dates_last_until_the_next_one_and_what_is_over_is_left_out() -> None:
    [one] = patients(plan_of("2026-11-01,,2", "2026-11-15,,1.25", "2026-12-07,28,1"))
    assert one.problems == ()
    assert (one.start, one.left_out) == (TODAY, 1)
    # 15 November to 6 December, of which seven days are left
    assert one.steps == (FileStep(7, mg("1.25")), FileStep(28, mg("1")))


def test_a_plan_that_begins_today_or_later_is_whole() -> None:
    [one] = patients(plan_of("2026-11-30,14,1.25", ",14,1"))
    assert (one.start, one.left_out, len(one.steps)) == (TODAY, 0, 2)


def test_steps_by_time_of_day_on_one_date_are_one_step() -> None:
    [one] = patients(
        f"{HEAD},drug,morning,night,step date,days\n{QUILL},clonazepam,1,1,,\n"
        "TP-1,,,,,,clonazepam,0.5,1,2026-12-07,14\nTP-1,,,,,,diazepam,,2,2026-12-07,\n"
    )
    assert one.problems == ()
    assert one.steps == (
        FileStep(
            14,
            None,
            (
                FileDose("clonazepam", TimeOfDay.MORNING, mg("0.5")),
                FileDose("clonazepam", TimeOfDay.NIGHT, mg("1")),
                FileDose("diazepam", TimeOfDay.NIGHT, mg("2")),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("steps", "line", "why"),
    [
        ((",14,",), 3, "step_dose_missing"),
        ((",,1.25",), 3, "step_when_missing"),
        (("2026-12-07,,1.25",), 3, "step_days_missing"),
        (("2026-12-07,14,1.25", "2026-12-22,14,1"), 4, "step_days_differ"),
        (("2026-12-07,,1.25", "2026-12-01,14,1"), 4, "step_order"),
        ((",14,1.25", "2026-12-22,14,1"), 4, "step_start_first"),
        (("2026-11-01,14,1.25", ",7,1"), 4, "plan_over"),
        (("2026-11-01,0,1.25",), 3, "out_of_range"),
        (("2026-11-01,5000,1.25",), 3, "out_of_range"),
        (("3/4/2026,14,1.25",), 3, "day_ambiguous"),
        (tuple(",1,1" for _ in range(401)), 3, "too_many_steps"),
    ],
)
def test_each_problem_of_a_step_stands_beside_its_line(steps: tuple[str, ...], line: int, why: str) -> None:
    assert (line, why) in [(at, code) for at, _column, code in told(plan_of(*steps))]


def test_totals_need_one_drug() -> None:
    assert told(f"{PLAN}\n{QUILL},,,,14,1.25\n") == [(2, "drug", "plan_drug_missing")]
    assert told(f"{PLAN}\n{QUILL},clonazepam,,,14,1.25\nTP-1,,,,,,diazepam,,,14,1\n") == [
        (2, "total", "totals_of_two_drugs")
    ]
    [one] = patients(f"{PLAN}\n{QUILL},clonazepam,,,14,1.25\n")
    assert (one.problems, one.drug, one.regimen) == ((), "clonazepam", ())


def test_the_file_that_the_page_on_importing_shows_is_read_as_it_says() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    [one] = patients("\n".join(lines))
    assert one.problems == ()
    assert one.regimen == (
        FileDose("clonazepam", TimeOfDay.MORNING, mg("0.5")),
        FileDose("clonazepam", TimeOfDay.NIGHT, mg("1")),
    )
    assert one.start == date(2026, 12, 7)
    assert one.steps == (FileStep(14, mg("1.375")), FileStep(14, mg("1.25")))


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────

_DOSES = st.integers(1, 999_99999).map(Dose)
_NAMES = st.text("abcxyzABCñÑáéÍóÜßøŽ", min_size=1, max_size=12)
_NOTES = st.text(st.sampled_from("ab ,;\"'=+-@\n"), max_size=12).map(lambda text: f"n{text}n")
_STEPS = st.lists(st.tuples(st.integers(1, 90), _DOSES), max_size=5)
_WHO = st.tuples(_NAMES, _NOTES, st.dates(date(1930, 1, 1), date(2000, 1, 1)), _DOSES, _STEPS)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(_WHO, min_size=1, max_size=4), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
       st.sampled_from(",;\t"), st.booleans(), st.integers(0, 40))  # fmt: skip
def test_a_file_that_is_written_reads_back_as_what_it_was(
    who: list[Any], encoding: str, mark: str, commas: bool, ahead: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow((HEAD + ",notes,drug,night,step date,days,total").split(","))
    start = TODAY + timedelta(days=ahead)

    def amount(dose: Dose) -> str:
        # an amount that cannot be thousands says which sign the file uses
        text = f"{dose.text}00000" if "." in dose.text else f"{dose.text}.0"
        text = f"{text.partition('.')[0]}.{text.partition('.')[2][:5]}"
        return text.replace(".", ",") if commas else text

    for n, (name, notes, born, dose, steps) in enumerate(who):
        number = f"TP-{n}"
        writer.writerow(
            [number, name, born.isoformat(), "panic", "3", "555-0142", notes, "clonazepam", amount(dose)]
            + [""] * 3
        )
        day = start
        for days, total in steps:
            writer.writerow([number] + [""] * 8 + [day.isoformat(), days, amount(total)])
            day += timedelta(days=days)
    found = patients(out.getvalue().encode(encoding))
    assert [one.problems for one in found] == [()] * len(who)
    for one, (name, notes, born, dose, steps) in zip(found, who, strict=True):
        assert one.data is not None
        assert (one.data.name, one.data.notes, one.data.born) == (name, notes.replace("\r\n", "\n"), born)
        assert one.regimen == (FileDose("clonazepam", TimeOfDay.NIGHT, dose),)
        assert one.steps == tuple(FileStep(days, total) for days, total in steps)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(raw: bytes) -> None:
    try:
        table = read_table(decode(raw))
    except BadFile:
        return
    mapped = replace(reading(()), columns=(*list(columns.USES), *[""] * 99)[: len(table.headings)])
    for one in file_patients(table, mapped):
        assert one.problems or one.data


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.sampled_from(["", "1", "TP-1", "2026-12-07", "0,5", "clonazepam", "night", "x;y", "panic"]),
                min_size=80, max_size=80))  # fmt: skip
def test_whatever_stands_in_cells_is_read_or_refused(cells: list[str]) -> None:
    uses = list(columns.USES)
    rows = [cells[n : n + len(uses)] for n in range(0, 80, 20)]
    text = "\n".join(";".join(f'"{cell}"' for cell in row) for row in [uses, ["TP-9"], *rows])
    table = read_table(text)
    for one in file_patients(table, replace(reading(()), columns=tuple(uses))):
        assert one.problems or one.data
