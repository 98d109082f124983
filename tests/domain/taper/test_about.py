"""About each medicine: every drug has every part, each line a source, and both languages are there."""

from __future__ import annotations

import pytest

from plans.domain.taper import about, catalogue


@pytest.mark.parametrize("drug", catalogue.names())
def test_every_drug_has_every_part(drug: str) -> None:
    assert {one.part for one in about.of_drug(drug)} == set(about.PARTS)
    assert about.half_life(drug).source
    peak = about.strongest(drug)
    assert peak.source
    assert 0 < float(peak.low) <= float(peak.high)


@pytest.mark.parametrize("drug", catalogue.names())
def test_every_drug_is_never_to_be_mixed_with_these(drug: str) -> None:
    never = " ".join(one.texts["en"] for one in about.of_drug(drug) if one.part == "never")
    for other in ("opioids", "alcohol", "kratom", "other pills to calm you or to sleep"):
        assert other in never


def test_the_page_without_a_name_names_no_drug() -> None:
    text = " ".join(line for one in about.of_kind() for line in one.texts.values())
    assert not [name for name in catalogue.names() if name in text.lower()]
    assert {one.part for one in about.of_kind()} >= {"never", "worse", "mood", "body"}


def test_how_long_it_lasts_is_that_of_what_the_body_makes_of_it_where_that_is_longer() -> None:
    assert about.half_life("flurazepam").high == "150"
    assert about.half_life("clonazepam").high == "50"


def test_only_sleep_medicines_of_one_kind_warn_of_walking_asleep() -> None:
    def asleep(drug: str) -> bool:
        return any("while asleep" in one.texts["en"] for one in about.of_drug(drug))

    assert asleep("zolpidem")
    assert not asleep("clonazepam")


@pytest.mark.parametrize("drug", sorted(about.Z_DRUGS))
def test_what_was_written_of_benzodiazepines_says_so_for_the_sleep_medicines_beside_them(drug: str) -> None:
    taken_over = [one for one in about.of_drug(drug) if one.of_benzodiazepines]
    assert taken_over
    assert {one.mark for one in taken_over} == {"unverified"}
    assert not [one for one in about.of_drug("clonazepam") if one.of_benzodiazepines]


def test_no_statement_calls_hearsay_its_source() -> None:
    for one in about.statements():
        assert "common knowledge" not in one.source
        assert len(one.source) > 10
