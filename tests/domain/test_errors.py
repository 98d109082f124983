"""Refusals print themselves: code, place, and only those facts that identify nobody."""

from __future__ import annotations

import pytest

from plans.domain import text
from plans.domain.amounts import Dose
from plans.domain.errors import BadAmount, Refused, TaperplanError
from plans.domain.taper import catalogue, catalogue_file, refusals, schedule


def everything(root: type[TaperplanError] = TaperplanError) -> list[type[TaperplanError]]:
    return [root, *(found for one in root.__subclasses__() for found in everything(one))]


def test_a_refusal_says_its_code_where_and_why_in_one_line() -> None:
    refusal = catalogue_file.BadCatalogue(where="daily.max", file="loprazolam.toml", why="unreadable")
    assert str(refusal) == "bad_catalogue at daily.max (file loprazolam.toml, why unreadable)"
    assert str(Refused(reason="not_now", act="resolve", state="new")) == (
        "refused (reason not_now, act resolve, state new)"
    )
    assert str(TaperplanError()) == "error"


def test_the_outer_place_is_printed_before_the_inner_one() -> None:
    assert (
        str(refusals.TooMany(where="[2]", count=3, most=2).at("rows"))
        == "too_many at rows[2] (count 3, most 2)"
    )


def test_what_somebody_typed_is_never_printed() -> None:
    with pytest.raises(BadAmount) as refusal:
        Dose.parse("Ada’s dose")
    assert "Ada" in repr(refusal.value)
    assert "Ada" not in str(refusal.value)
    with pytest.raises(catalogue.UnknownDrug) as unknown:
        catalogue.drug("heroin")
    assert str(unknown.value) == "unknown_drug"


@pytest.mark.parametrize("refusal", everything(), ids=lambda one: one.__name__)
def test_no_refusal_prints_facts_that_may_name_a_person_a_drug_or_what_was_typed(
    refusal: type[TaperplanError],
) -> None:
    assert {text.BadText, schedule.BrokenSchedule} <= set(everything())
    assert not refusal.shown & {
        "raw",
        "who",
        "name",
        "named",
        "drug",
        "drugs",
        "got",
        "page",
        "dose_mg",
        "products",
    }
