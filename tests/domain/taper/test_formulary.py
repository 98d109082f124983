"""A clinic's formulary: what a new plan begins from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.syringes import SYRINGES, USUAL
from plans.domain.taper import catalogue
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.products import Form

TWO_MG = tuple(p for p in catalogue.default_products("diazepam", "US") if p.name == "diazepam tablet 2 mg")


def test_where_nothing_was_set_a_plan_begins_with_the_country_s_products_and_the_usual_syringes() -> None:
    formulary = Formulary()
    assert formulary.stocked("diazepam", "US") == catalogue.default_products("diazepam", "US")
    assert formulary.syringes == USUAL
    assert not formulary.home_made


def test_a_drug_with_a_list_of_its_own_has_that_alone() -> None:
    formulary = Formulary(drugs=(("diazepam", TWO_MG), ("temazepam", ())))
    assert formulary.stocked("diazepam", "US") == TWO_MG
    assert formulary.stocked("temazepam", "US") == ()
    assert formulary.stocked("lorazepam", "US") == catalogue.default_products("lorazepam", "US")


def test_no_concentrate_and_no_quarters_hold_for_every_drug() -> None:
    formulary = Formulary(without=(Form.CONCENTRATE, Form.SOLUTION), most_split=2)
    for drug in catalogue.names():
        for country in ("US", "GB", "CA", "AU"):
            for product in formulary.stocked(drug, country):
                assert product.form not in (Form.CONCENTRATE, Form.SOLUTION)
                assert product.split <= 2


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(catalogue.names()), st.booleans(), max_size=5),
    st.lists(st.sampled_from(list(Form)), unique=True, max_size=4),
    st.sampled_from([1, 2, 4]),
    st.lists(st.sampled_from(SYRINGES), unique=True, max_size=4),
    st.booleans(),
)
def test_it_reads_back_as_it_was_stored(
    drugs: dict[str, bool], without: list[Form], split: int, syringes: list[Any], home_made: bool
) -> None:
    listed = tuple(
        (drug, catalogue.default_products(drug, "US") if some else ()) for drug, some in sorted(drugs.items())
    )
    formulary = Formulary(listed, tuple(without), split, tuple(sorted(syringes)), home_made)
    stored = json.loads(json.dumps(formulary.to_json()))
    assert Formulary.from_json(stored) == formulary
    assert Formulary.from_json(stored).digest == formulary.digest


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"drugs": {"aspirin": []}}, "drugs.aspirin"),
        ({"drugs": {"diazepam": [{"drug": "diazepam"}]}}, "drugs.diazepam[0].form"),
        ({"drugs": {"diazepam": [5]}}, "drugs.diazepam[0]"),
        ({"without": ["pills"]}, "without[0]"),
        ({"most_split": 8}, "most_split"),
        ({"more": 1}, "more"),
    ],
)
def test_a_formulary_that_does_not_read_is_refused_at_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(TaperError) as refusal:
        Formulary.from_json(Formulary().to_json() | change)
    assert refusal.value.where == where
