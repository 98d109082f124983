"""The drug files: complete, marked and sourced; and a loader that refuses what is not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from plans.domain.taper import catalogue
from plans.domain.taper.catalogue import DRUG_FILES, UnknownDrug
from plans.domain.taper.catalogue_file import BadCatalogue, read_drug
from plans.domain.taper.drug import COUNTRIES, Drug, Figure, SourceMark, Spread, UnknownCountry
from plans.domain.taper.products import NEVER_SPLIT, Form

ALL = list(catalogue.names())
NOT_IN_US = {
    "bromazepam", "brotizolam", "flunitrazepam", "loprazolam", "lormetazepam", "midazolam", "nitrazepam", "nordazepam",
    "prazepam", "zopiclone",
}  # fmt: skip


@pytest.fixture(params=ALL)
def drug(request: pytest.FixtureRequest) -> Drug:
    return catalogue.drug(request.param)


def figures(drug: Drug) -> list[Figure[Any]]:
    found: list[Figure[Any]] = [
        *drug.codes.values(), drug.max_daily, *drug.other_maxima.values(), drug.usual_times, drug.half_life,
        drug.tmax, drug.model_half_life, drug.model_tmax, drug.traits.routes, drug.traits.liver,
        drug.traits.seizure_use,
    ]  # fmt: skip
    found += [drug.spread, drug.shortest_half_life]
    if drug.label_schedule:
        found += [drug.label_schedule.cut, drug.label_schedule.times, drug.label_schedule.days]
    if drug.active_metabolite:
        found += [drug.active_metabolite.half_life, drug.active_metabolite.model_half_life]
    return found


def test_every_file_of_the_folder_is_a_drug_by_its_own_name() -> None:
    files = sorted(path.stem for path in DRUG_FILES.iterdir() if path.suffix == ".toml")
    assert [one.name for one in catalogue.drugs()] == files
    assert {"clonazepam", "diazepam", "zopiclone"} <= set(files)


def test_every_figure_has_a_mark_and_a_source(drug: Drug) -> None:
    for figure in figures(drug):
        assert isinstance(figure.mark, SourceMark)
        assert len(figure.source) > 5


def test_what_is_common_knowledge_is_marked_unverified(drug: Drug) -> None:
    for figure in figures(drug):
        if figure.source.startswith(("common knowledge", "no source", "a mid-range pick")):
            assert figure.mark is SourceMark.UNVERIFIED


def test_the_modelled_numbers_lie_inside_the_published_ranges(drug: Drug) -> None:
    assert drug.half_life.value.low <= drug.model_half_life.value <= drug.half_life.value.high
    assert drug.tmax.value.low <= drug.model_tmax.value <= drug.tmax.value.high


def test_the_name_in_tall_letters_is_the_name(drug: Drug) -> None:
    assert drug.tall_man.lower() == drug.name


def test_no_product_is_listed_twice(drug: Drug) -> None:
    for country in COUNTRIES:
        listed = [entry.product for entry in drug.products(country)]
        assert len(set(listed)) == len(listed)


def test_modified_release_and_sublingual_forms_are_never_taken_unasked(drug: Drug) -> None:
    by_hand = {Form.MR_TABLET, Form.MR_CAPSULE, Form.SUBLINGUAL}
    for country in COUNTRIES:
        products = catalogue.default_products(drug, country)
        assert not by_hand & {product.form for product in products}
        assert all(product.split == 1 for product in products if product.form in NEVER_SPLIT | {Form.ODT})


def test_every_drug_is_sold_somewhere(drug: Drug) -> None:
    assert any(drug.products(country) for country in COUNTRIES)
    assert not (drug.name in NOT_IN_US and drug.products("US"))


def test_clonazepam_comes_as_a_tablet_with_halves_and_as_an_odt_without() -> None:
    names = {product.name: product.split for product in catalogue.default_products("clonazepam", "US")}
    assert names == {
        "clonazepam tablet 0.5 mg": 2,
        "clonazepam tablet 1 mg": 1,
        "clonazepam tablet 2 mg": 1,
        "clonazepam odt 0.125 mg": 1,
        "clonazepam odt 0.25 mg": 1,
        "clonazepam odt 0.5 mg": 1,
        "clonazepam odt 1 mg": 1,
        "clonazepam odt 2 mg": 1,
    }


def test_liquids_come_after_solids() -> None:
    assert [product.is_liquid for product in catalogue.default_products("diazepam", "US")] == [
        False, False, False, True,
    ]  # fmt: skip


def test_two_milligrams_of_alprazolam_may_be_quartered_by_its_label() -> None:
    entry = next(
        entry
        for entry in catalogue.drug("alprazolam").products("US")
        if entry.product.name == "alprazolam tablet 2 mg"
    )
    assert (entry.split.value, entry.split.mark) == (4, SourceMark.VERIFIED)


def test_a_country_without_a_source_has_no_products() -> None:
    assert catalogue.default_products("triazolam", "GB") == ()


@pytest.mark.parametrize(
    ("name", "long_acting"),
    [("diazepam", True), ("clonazepam", True), ("clorazepate", True), ("flurazepam", True), ("lorazepam", False),
     ("alprazolam", False), ("temazepam", False), ("zolpidem", False)],
)  # fmt: skip
def test_long_acting_means_a_day_or_more_with_the_metabolite(name: str, long_acting: bool) -> None:
    assert catalogue.drug(name).long_acting is long_acting


def test_diazepam_lasts_as_long_as_nordiazepam() -> None:
    assert catalogue.drug("diazepam").longest_half_life.value == Decimal(62)


@pytest.mark.parametrize(
    ("name", "spread", "hours"),
    [("clonazepam", Spread.EVEN, 18), ("alprazolam", Spread.IN_TURN, 6), ("oxazepam", Spread.IN_TURN, 4),
     ("lorazepam", Spread.IN_TURN, 10), ("diazepam", Spread.ONE_AFTER_ANOTHER, 36),
     ("clobazam", Spread.ONE_AFTER_ANOTHER, 71), ("clorazepate", Spread.ONE_AFTER_ANOTHER, 20)],
)  # fmt: skip
def test_a_dose_is_shared_as_the_file_says_or_by_the_shortest_half_life_of_what_lasts(
    name: str, spread: Spread, hours: int
) -> None:
    drug = catalogue.drug(name)
    assert (drug.spread.value, drug.shortest_half_life.value) == (spread, Decimal(hours))


def test_a_drug_without_a_word_on_its_spread_is_lowered_in_turn_where_it_lasts_less_than_a_day(
    drug: Drug,
) -> None:
    if drug.own_spread is None:
        short = drug.shortest_half_life.value < 24
        assert drug.spread.value is (Spread.IN_TURN if short else Spread.ONE_AFTER_ANOTHER)
        assert drug.spread.source == drug.shortest_half_life.source


def test_the_tapers_that_labels_print_are_kept_as_printed() -> None:
    printed = {
        drug.name: (found.cut.value.text, found.times.value, found.days.value)
        for drug in catalogue.drugs()
        if (found := drug.label_schedule)
    }
    assert printed == {"alprazolam": ("0.5", 1, 3), "clonazepam": ("0.125", 2, 3)}


@pytest.mark.parametrize("name", ["Diazepam", "heroin", "", "../catalogue", "x" * 10_000])
def test_an_unknown_drug_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownDrug) as refusal:
        catalogue.drug(name)
    assert refusal.value.facts["known"] == ALL
    assert len(str(refusal.value.facts["drug"])) <= 40


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(UnknownCountry):
        catalogue.default_products("diazepam", "XX")


def test_the_digest_names_the_whole_catalogue() -> None:
    assert len(catalogue.digest()) == 64


@pytest.mark.parametrize(
    ("old", "new", "why", "where"),
    [
        (', source = "pick"', "", "number_without_mark_and_source", "hours.model_half_life"),
        ('mark = "unverified", source = "pick"', 'mark = "sure", source = "pick"', "number_without_mark_and_source",
         "hours.model_half_life"),
        ('{ value = "2", mark', '{ value = "3", mark', "unreadable", "products.US[0].split"),
        ('strength_mg = "0.5"\nmark = "verified"', 'strength_mg = "0.5"', "number_without_mark_and_source",
         "products.US[0]"),
        ('strength_mg = "0.5"', "strength_mg = 0.5", "number_not_text", "products.US[0].strength_mg"),
        ('low = "18", high = "50"', 'low = "50", high = "18"', "range_upside_down", "hours.half_life"),
        ('name = "clonazepam"', 'name = "diazepam"', "name_is_not_file", "name"),
        ("[daily]", "[daily]\nmin = 3", "unknown_key", "daily.min"),
        ("[[products.US]]", "[[products.XX]]", "country", "products"),
        ('default = "even"', 'default = "evenly"', "unreadable", "spread.default"),
        ('default = "even"\nmark = "second_hand"', 'default = "even"', "number_without_mark_and_source", "spread"),
        ('days = { value = "3"', 'days = { value = "0"', "unreadable", "label_schedule.days"),
        ('packs = { value = "28"', 'packs = { value = "28 14"', "unreadable", "products.FR[0].packs"),
        ('packs = { value = "28"', 'packs = { value = "0"', "unreadable", "products.FR[0].packs"),
        ('max = { value = "4"', 'max = { value = "4,0"', "unreadable", "daily.max"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_the_grammar_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, why: str, where: str
) -> None:
    text = (DRUG_FILES / "clonazepam.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "clonazepam.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadCatalogue) as refusal:
        read_drug(file)
    assert (refusal.value.facts["why"], refusal.value.where) == (why, where)
    assert str(refusal.value) == f"bad_catalogue at {where} (file clonazepam.toml, why {why})"


def test_a_file_that_is_no_toml_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "clonazepam.toml"
    file.write_text("name = ", encoding="utf-8")
    with pytest.raises(BadCatalogue, match=r"^bad_catalogue \(file clonazepam.toml, why not_toml\)$"):
        read_drug(file)


# What is sold by mouth in the US, as the facts this catalogue was made from print it: form and mg (liquids: mg/mL).
US_PRODUCTS = """
alprazolam       tablet 0.25 0.5 1 2, odt 0.25 0.5 1 2, mr_tablet 0.5 1 2 3, concentrate 1
bromazepam
brotizolam
chlordiazepoxide capsule 5 10 25
clobazam         tablet 10 20, film 5 10 20, suspension 2.5
clonazepam       tablet 0.5 1 2, odt 0.125 0.25 0.5 1 2
clorazepate      tablet 3.75 7.5 15
diazepam         tablet 2 5 10, solution 1, concentrate 5
estazolam        tablet 1 2
eszopiclone      tablet 1 2 3
flunitrazepam
flurazepam       capsule 15 30
loprazolam
lorazepam        tablet 0.5 1 2, concentrate 2, mr_capsule 1 1.5 2 3
lormetazepam
midazolam
nitrazepam
nordazepam
oxazepam         capsule 10 15 30
prazepam
quazepam         tablet 15
temazepam        capsule 7.5 15 22.5 30
triazolam        tablet 0.125 0.25
zaleplon         capsule 5 10
zolpidem         tablet 5 10, mr_tablet 6.25 12.5, sublingual 1.75 3.5 5 10, capsule 7.5
zopiclone
"""


@pytest.mark.parametrize("line", US_PRODUCTS.split("\n")[1:-1])
def test_the_us_list_is_complete_with_every_strength(line: str) -> None:
    name, _, listed = line.partition(" ")
    expected = {
        (form, mg)
        for form, *strengths in (part.split() for part in listed.split(",") if part.strip())
        for mg in strengths
    }
    found = [
        (entry.product.form.value, entry.product.strength.text)
        for entry in catalogue.drug(name).products("US")
    ]
    assert set(found) == expected
    assert len(found) == len(expected)
