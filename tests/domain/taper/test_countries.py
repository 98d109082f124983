"""What each country sells, allows and equates: plans from its own tablets, its own maxima, its own table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from plans.domain.taper import catalogue, equivalence
from plans.domain.taper.catalogue import DRUG_FILES
from plans.domain.taper.drug import COUNTRIES, SourceMark
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.equivalence import TABLE_FILES
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.request import TaperRequest
from plans.wording.plans import COUNTRY_NAMES

DATA = [*sorted(DRUG_FILES.glob("*.toml")), *sorted(TABLE_FILES.glob("*.toml"))]
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?\Z")


def plan(drug: str, dose_mg: str, country: str, percent: str = "10", **changes: Any) -> Taper:
    return build(
        TaperRequest.from_json(
            {
                "start": "2026-11-30",
                "regimen": [{"time": "night", "drug": drug, "dose_mg": dose_mg}],
                "method": {"name": "percent_of_current", "percent": percent, "interval_days": 14},
                "country": country,
            }
            | changes
        )
    )


def test_an_australian_plan_begins_with_tablets_of_diazepam() -> None:
    taper = plan("diazepam", "10", "AU")
    first = taper.schedule.steps[0]
    forms = {take.product.form.value for dose in first.doses for take in dose.take}
    assert forms == {"tablet"}


def test_lorazepam_above_four_milligrams_a_day_asks_for_a_reason_in_britain_and_not_in_the_united_states() -> (
    None
):
    def above(country: str) -> list[LimitLevel]:
        verdicts = plan("lorazepam", "5", country, percent="50").verdicts
        return [verdict.level for verdict in verdicts if verdict.rule == "max_dose"]

    assert above("GB") == [LimitLevel.NEEDS_REASON]
    assert above("US") == []


def test_lormetazepam_crosses_to_the_diazepam_that_the_who_table_prints() -> None:
    taper = plan("lormetazepam", "1.5", "GB", crossover={"to": "diazepam"}, equivalence="who_2009")
    assert equivalence.ratio("lormetazepam", "who_2009") == Fraction(3, 2)
    crossed = next(step for step in taper.schedule.steps if step.total("diazepam"))
    assert crossed.total("diazepam").text == "10"


def test_every_country_has_a_name_and_something_to_taper_with() -> None:
    assert set(COUNTRY_NAMES) == set(COUNTRIES)
    for country in COUNTRIES:
        assert [drug.name for drug in catalogue.drugs() if catalogue.default_products(drug, country)]


def test_a_maximum_of_a_country_is_used_there_alone() -> None:
    bromazepam = catalogue.drug("bromazepam")
    assert (bromazepam.maximum("DE").value.text, bromazepam.maximum("DE").mark) == ("12", SourceMark.VERIFIED)
    assert bromazepam.maximum("FR") == bromazepam.max_daily
    assert catalogue.drug("alprazolam").maximum("CH").value.text == "4"
    assert catalogue.drug("zopiclone").maximum("ES").mark is SourceMark.VERIFIED


def test_the_australian_liquid_of_clonazepam_is_counted_in_drops_of_a_tenth_of_a_milligram() -> None:
    found = {entry.product.name: entry for entry in catalogue.drug("clonazepam").products("AU")}
    drops = found["clonazepam drops 0.1 mg/drop"]
    assert (drops.product.drops_per_ml, drops.split.mark) == (25, SourceMark.VERIFIED)


# What registers and labels of four countries were read to hold, as form and mg (drops: mg in one).
READ = {
    "ES": """
alprazolam tablet 0.25 0.5 1 2
bromazepam capsule 1.5 3
clobazam tablet 10 20
clonazepam tablet 0.5 2, drops 0.1
clorazepate capsule 5 10 15, tablet 50
diazepam tablet 2 2.5 5 10 25
flurazepam capsule 30
lorazepam tablet 1 5
lormetazepam tablet 1 2
triazolam tablet 0.125
zolpidem tablet 10
zopiclone tablet 7.5
""",
    "NZ": """
diazepam tablet 2 5
lorazepam tablet 0.5 1 2.5
temazepam tablet 10
triazolam tablet 0.125
zopiclone tablet 3.75 7.5
""",
    "IE": """
alprazolam tablet 0.25 0.5 1
chlordiazepoxide capsule 5 10
clonazepam tablet 0.5 2
diazepam tablet 2 5 10
flunitrazepam tablet 1
flurazepam capsule 15
lorazepam tablet 1
lormetazepam tablet 1
prazepam tablet 10
temazepam tablet 10 20
triazolam tablet 0.25
zolpidem tablet 5 10
zopiclone tablet 3.75 7.5
""",
    "CH": """
alprazolam tablet 0.25 0.5 1 2, mr_tablet 0.5 1 2 3
bromazepam tablet 1.5 3 6
clonazepam tablet 0.5 2, drops 0.1
diazepam tablet 5 10
lorazepam tablet 1 2.5, odt 1 2.5
lormetazepam tablet 2
oxazepam tablet 15
prazepam tablet 10 20
temazepam capsule 10 20
triazolam tablet 0.125
zolpidem tablet 10
""",
}


@pytest.mark.parametrize("country", READ)
def test_a_country_has_the_strengths_that_were_read_and_no_other(country: str) -> None:
    expected = {
        (line.split()[0], form, mg)
        for line in READ[country].strip().split("\n")
        for form, *strengths in (part.split() for part in line.partition(" ")[2].split(","))
        for mg in strengths
    }
    found = [
        (drug.name, entry.product.form.value, entry.product.strength.text)
        for drug in catalogue.drugs()
        for entry in drug.products(country)
    ]
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("drug", "country", "name", "parts"),
    [("clobazam", "ES", "clobazam tablet 10 mg", 2), ("clobazam", "ES", "clobazam tablet 20 mg", 1),
     ("alprazolam", "ES", "alprazolam tablet 1 mg", 2), ("alprazolam", "ES", "alprazolam tablet 2 mg", 1),
     ("alprazolam", "CH", "alprazolam tablet 0.25 mg", 1), ("alprazolam", "CH", "alprazolam tablet 2 mg", 4),
     ("temazepam", "NZ", "temazepam tablet 10 mg", 1), ("zolpidem", "US", "zolpidem tablet 10 mg", 1),
     ("zolpidem", "ES", "zolpidem tablet 10 mg", 2), ("quazepam", "US", "quazepam tablet 15 mg", 2)],
)  # fmt: skip
def test_a_tablet_is_split_as_the_labels_of_its_country_say(
    drug: str, country: str, name: str, parts: int
) -> None:
    entry = next(one for one in catalogue.drug(drug).products(country) if one.product.name == name)
    assert entry.split.value == parts
    assert entry.split.mark is not SourceMark.UNVERIFIED


def test_packs_are_those_a_patient_can_be_given() -> None:
    sold = {
        (drug.name, country, entry.product.name): entry.packs.value
        for drug in catalogue.drugs()
        for country in ("ES", "NZ", "IE", "CH", "DE", "US", "AU")
        for entry in drug.products(country)
        if entry.packs is not None
    }
    assert sold[("zopiclone", "IE", "zopiclone tablet 7.5 mg")] == (28,)
    assert sold[("triazolam", "US", "triazolam tablet 0.25 mg")] == (10,)
    assert sold[("alprazolam", "ES", "alprazolam tablet 2 mg")] == (30, 50)
    assert len(sold) == 23


def test_drops_of_one_strength_and_two_sizes_are_never_taken_unasked() -> None:
    drops = [entry for entry in catalogue.drug("prazepam").products("BE") if entry.product.is_drops]
    assert [entry.product.strength.text for entry in drops] == ["0.5", "1"]
    assert not any(entry.default for entry in drops)


def numbers(found: object, within: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every number of a file that is written as text, with the innermost table it stands in."""
    match found:
        case dict():
            for key, value in found.items():
                if key not in ("sources", "printed_per_diazepam_mg", "year"):
                    yield from numbers(value, found, f"{path}.{key}")
        case list():
            for n, value in enumerate(found):
                yield from numbers(value, within, f"{path}[{n}]")
        case str() if NUMBER.match(found):
            yield path, within
        case int() | float() if not isinstance(found, bool):
            raise AssertionError(f"{path} is a number of TOML, a binary float")


@pytest.mark.parametrize("path", DATA, ids=[path.stem for path in DATA])
def test_every_number_of_the_catalogue_and_the_tables_has_a_mark_and_a_source(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = data.get("sources")
    read = list(numbers(data, data, path.stem))
    assert read
    for where, table in read:
        assert table["mark"] in tuple(SourceMark), where
        source = table["source"] if sources is None else sources[table["source"]]
        assert len(source) > 5, where
        if source.startswith(("common knowledge", "no source", "a mid-range pick", "Taperplan's own")):
            assert table["mark"] == SourceMark.UNVERIFIED, where


@pytest.mark.parametrize("path", DATA, ids=[path.stem for path in DATA])
def test_no_source_is_named_that_no_number_uses(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    used = set(re.findall(r'source = "(\w+)"', path.read_text(encoding="utf-8")))
    assert set(data.get("sources", {})) <= used
