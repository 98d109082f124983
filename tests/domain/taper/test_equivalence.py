"""The equivalence tables: each row as printed, conversions exact, and no pair guessed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from plans.domain.taper import equivalence
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.equivalence import PairNotCovered, UnknownTable
from tests.domain.taper.schedules import mg

# As printed: the mg that equal so much diazepam. A range as "low-high", ClinCalc's as "number low-high".
PRINTED = {
    ("ashton_2002", "10"): """alprazolam 0.5, clonazepam 0.5, lorazepam 1, chlordiazepoxide 25, clorazepate 15,
        oxazepam 20, temazepam 20, triazolam 0.5, estazolam 1-2, flurazepam 15-30, quazepam 20, clobazam 20,
        nitrazepam 10, bromazepam 5-6, zolpidem 20, zopiclone 15, eszopiclone 3, zaleplon 20,
        flunitrazepam 1, loprazolam 1-2, lormetazepam 1-2, nordazepam 10, prazepam 10-20""",
    ("va_dod_2021", "10"): """alprazolam 1, clonazepam 1, lorazepam 2, chlordiazepoxide 25, clorazepate 15,
        oxazepam 30, temazepam 15, triazolam 0.25, estazolam 1, flurazepam 15, quazepam 10""",
    ("who_2009", "5"): """alprazolam 0.5, lorazepam 0.5, oxazepam 15, temazepam 10, triazolam 0.25, clobazam 10,
        nitrazepam 5, bromazepam 3, lormetazepam 0.75, flunitrazepam 1, midazolam 2.5""",
    ("scotland", "5"): """clonazepam 0.25, lorazepam 0.5, chlordiazepoxide 12.5, oxazepam 10, temazepam 10,
        clobazam 10, nitrazepam 5, zolpidem 10, zopiclone 7.5, loprazolam 0.5-1, lormetazepam 0.5-1""",
    ("nsw", "5"): """alprazolam 0.5, bromazepam 3, clobazam 10, clonazepam 0.25, lorazepam 1, nitrazepam 5,
        oxazepam 15, temazepam 10, flunitrazepam 0.5""",
    ("novadic_kentron", "10"): """alprazolam 1, bromazepam 10, brotizolam 0.25, chlordiazepoxide 20, clobazam 20,
        clonazepam 0.5, flunitrazepam 1, flurazepam 30, loprazolam 1, lorazepam 2, lormetazepam 1""",
    ("clincalc", "10"): """alprazolam 0.75 0.5-2, clonazepam 0.75 0.5-4, lorazepam 1.3 1-4,
        chlordiazepoxide 33 12-50, clorazepate 13 8-30, oxazepam 20 5-40, temazepam 20 5-40,
        triazolam 0.25 0.25-1, flurazepam 20 8-30, quazepam 27 15-40""",
}  # fmt: skip
ROWS = [
    (table, per, *entry.split(maxsplit=1))
    for (table, per), text in PRINTED.items()
    for entry in text.split(",")
]


@pytest.mark.parametrize(("table", "per", "drug", "printed"), ROWS)
def test_a_row_says_what_its_source_prints(table: str, per: str, drug: str, printed: str) -> None:
    number, _, bounds = printed.rpartition(" ")
    low, _, high = bounds.partition("-")
    factor = Fraction(10) / Fraction(per)
    expected = (Fraction(low) * factor, Fraction(high or low) * factor)
    assert equivalence.ratio_range(drug, table) == expected
    if number or not high:
        assert equivalence.ratio(drug, table) == Fraction(number or low) * factor


@pytest.mark.parametrize(("table", "per"), list(PRINTED))
def test_a_table_has_no_row_its_source_does_not_print(table: str, per: str) -> None:
    rows = {drug for name, _, drug, _ in ROWS if name == table}
    assert set(equivalence.TABLES[table].rows) == rows | {"diazepam"}


def test_every_table_is_named_dated_and_sourced() -> None:
    assert set(equivalence.TABLES) == {name for name, _ in PRINTED}
    for table in equivalence.TABLES.values():
        assert all((table.title, table.year, table.source))
        assert all(row.source for row in table.rows.values())


@pytest.mark.parametrize(
    ("dose", "drug", "table", "diazepam"),
    [
        ("2", "clonazepam", "ashton_2002", "40"),
        ("2", "clonazepam", "va_dod_2021", "20"),
        ("6", "lorazepam", "ashton_2002", "60"),
        ("6", "lorazepam", "va_dod_2021", "30"),
        ("4", "lorazepam", "who_2009", "40"),
        ("30", "temazepam", "ashton_2002", "15"),
        ("30", "temazepam", "va_dod_2021", "20"),
        ("7", "diazepam", "who_2009", "7"),
        ("0.125", "clonazepam", "ashton_2002", "2.5"),
    ],
)
def test_a_dose_is_converted_by_the_table_that_was_chosen(
    dose: str, drug: str, table: str, diazepam: str
) -> None:
    assert equivalence.to_diazepam(mg(dose), drug, table) == mg(diazepam)


def test_an_unending_conversion_is_rounded_once_to_the_nearest_unit() -> None:
    assert equivalence.to_diazepam(mg("1"), "oxazepam", "va_dod_2021") == mg("0.33333")
    assert equivalence.to_diazepam(mg("2"), "oxazepam", "va_dod_2021") == mg("0.66667")


def test_a_tie_is_rounded_down() -> None:
    assert equivalence.to_diazepam(mg("0.00001"), "temazepam", "ashton_2002") == mg("0")
    assert equivalence.to_diazepam(mg("0.00003"), "temazepam", "ashton_2002") == mg("0.00001")


def test_both_ends_are_what_the_tables_together_say() -> None:
    assert equivalence.both_ends(mg("2"), "clonazepam") == (mg("20"), mg("40"))
    assert equivalence.both_ends(mg("15"), "flurazepam") == (mg("5"), mg("10"))
    assert equivalence.both_ends(mg("5"), "diazepam") == (mg("5"), mg("5"))


def test_a_pair_the_table_does_not_cover_is_refused_with_the_tables_that_do() -> None:
    with pytest.raises(PairNotCovered) as refusal:
        equivalence.ratio("zolpidem", "nsw")
    assert refusal.value.facts["why"] == "absent"
    assert refusal.value.facts["covered_by"] == ["ashton_2002", "scotland"]


def test_a_bare_range_converts_nothing_but_shows_its_ends() -> None:
    with pytest.raises(PairNotCovered) as refusal:
        equivalence.to_diazepam(mg("1"), "estazolam", "ashton_2002")
    assert (refusal.value.facts["why"], refusal.value.facts["low"], refusal.value.facts["high"]) == (
        "range", "1", "2",
    )  # fmt: skip


def test_a_drug_no_table_knows_is_refused() -> None:
    with pytest.raises(PairNotCovered):
        equivalence.both_ends(mg("1"), "phenobarbital")


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownTable) as refusal:
        equivalence.ratio("diazepam", "ashton")
    assert "ashton_2002" in str(refusal.value.facts["known"])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (', mark = "verified"', "", "number_without_mark_and_source"),
        ('mark = "verified"', 'mark = "sure"', "number_without_mark_and_source"),
        ('low = "0.5", high = "0.5"', 'low = "0.5", high = "0.4"', "unreadable"),
        ('low = "0.5", high = "0.5"', 'low = "0", high = "0"', "unreadable"),
    ],
)
def test_a_table_that_breaks_the_grammar_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    text = (equivalence.TABLE_FILES / "ashton_2002.toml").read_text(encoding="utf-8")
    file = tmp_path / "ashton_2002.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadCatalogue) as refusal:
        equivalence.read_table(file)
    assert (refusal.value.facts["why"], refusal.value.where) == (why, "rows.alprazolam")
