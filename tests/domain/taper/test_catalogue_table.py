"""What is known of each drug as a table: every number of its file, what is missing, and a digest to sign by."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from plans.domain.taper import catalogue, catalogue_table
from plans.domain.taper.catalogue_table import Gap, Missing, known, missing, review_digest, tally
from plans.domain.taper.drug import Drug, SourceMark
from plans.management import catalogue_document
from plans.wording import catalogue as wording
from plans.wording.plans import COUNTRY_NAMES


@pytest.fixture(params=list(catalogue.names()))
def drug(request: pytest.FixtureRequest) -> Drug:
    return catalogue.drug(request.param)


def test_every_line_and_every_gap_has_words(drug: Drug) -> None:
    for line in known(drug):
        assert wording.line_words(line)
        assert wording.value_words(line)
        assert line.source
    assert all(wording.missing_words(gap) for gap in missing(drug))


def test_every_product_of_every_country_is_in_the_table(drug: Drug) -> None:
    listed = sum(len(entries) for entries in drug.by_country.values())
    assert sum(line.code == "product" for line in known(drug)) == listed
    assert sum(line.code in ("split", "step", "drop") for line in known(drug)) == listed


def test_the_marks_are_counted_over_all_lines(drug: Drug) -> None:
    assert sum(tally(known(drug)).values()) == len(known(drug))


def test_the_most_a_day_of_a_country_is_a_line_of_its_own() -> None:
    lines = [line for line in known(catalogue.drug("lorazepam")) if line.code == "max_in"]
    assert ("GB", "4 mg", SourceMark.VERIFIED) in [(line.country, line.value, line.mark) for line in lines]


def test_packs_stand_beside_the_strength_they_are_sold_in() -> None:
    lines = [line for line in known(catalogue.drug("clobazam")) if line.code == "packs"]
    assert [(line.country, line.detail, line.value) for line in lines] == [
        ("FR", "clobazam capsule 5 mg", "30"),
        ("FR", "clobazam tablet 10 mg", "30"),
        ("FR", "clobazam tablet 20 mg", "30"),
        ("FR", "clobazam suspension 1 mg/mL", "150 mL"),
    ]
    assert {line.mark for line in lines} == {SourceMark.VERIFIED}
    assert "5, 14, 20, 60" in printed("zopiclone")


def test_a_country_without_products_and_a_split_without_a_source_are_missing() -> None:
    gaps = missing(catalogue.drug("prazepam"))
    assert Missing(Gap.COUNTRY, "US") in gaps
    assert Missing(Gap.SPLIT, "BE: prazepam tablet 10 mg") in gaps
    assert Missing(Gap.EQUIVALENT, "") in gaps


def test_the_digest_is_of_one_drug_and_of_its_rows_in_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = review_digest("lorazepam")
    assert before != review_digest("diazepam")
    lines = known(catalogue.drug("lorazepam"))
    equivalents = [line for line in lines if line.code == "equivalent"]
    assert len(equivalents) == 7
    changed = (replace(equivalents[0], value="9 mg"), *equivalents[1:])
    monkeypatch.setattr(catalogue_table, "_equivalents", lambda name: changed)
    assert review_digest.__wrapped__("lorazepam") != before


def test_a_comment_can_be_corrected_without_ending_a_review_and_a_figure_cannot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = review_digest("lorazepam")
    text = (catalogue.DRUG_FILES / "lorazepam.toml").read_text(encoding="utf-8")
    monkeypatch.setattr(catalogue_table, "DRUG_FILES", tmp_path)

    def digest(changed: str) -> str:
        assert changed != text
        (tmp_path / "lorazepam.toml").write_text(changed, encoding="utf-8")
        found: str = review_digest.__wrapped__("lorazepam")
        return found

    assert digest(f"# Corrected.\n\n{text.split(chr(10), 1)[1]}") == before
    figure = next(line for line in text.splitlines() if line.startswith("max = "))
    assert digest(text.replace(figure, figure.replace('value = "', 'value = "9'))) != before
    assert digest(text.replace('mark = "verified"', 'mark = "unverified"', 1)) != before
    source = next(line for line in text.split("[sources]")[1].splitlines() if line)
    assert digest(text.replace(source, f"{source[:-1]}, second edition{source[-1]}")) != before


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("catalogue", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_a_page_to_sign_with_the_digest() -> None:
    text = printed("loprazolam")
    assert review_digest("loprazolam") in text
    assert "Reviewed by (name, profession)" in text
    assert "Spain: no product with a source" in text


def test_the_command_prints_every_drug_as_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(printed("--format", "csv"))))
    assert {row["drug"] for row in rows} == set(catalogue.names())
    assert all(row["mark"] and row["digest"] == review_digest(row["drug"]) for row in rows)


def test_the_document_counts_every_country_and_every_drug() -> None:
    text = catalogue_document.document()
    assert all(f"| {name} |" in text for name in (*catalogue.names(), *map(str, COUNTRY_NAMES.values())))
    spain = next(line for line in text.splitlines() if line.startswith("| Spain |"))
    entries = [entry for drug in catalogue.drugs() for entry in drug.products("ES")]
    assert f"| {len(entries)} |" in spain
    assert "Psychopax" in text


def test_the_command_refuses_a_drug_it_does_not_know() -> None:
    with pytest.raises(CommandError, match="not in the catalogue: heroin"):
        printed("heroin")
