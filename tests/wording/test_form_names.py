"""What each country calls a tablet that melts on the tongue: one table, on screens and on paper, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from plans.domain.amounts import Dose
from plans.domain.taper.drug import COUNTRIES
from plans.domain.taper.form_names import OdtName, odt_name, odt_names
from plans.domain.taper.products import Form, Product
from plans.wording.documents import calendar_words
from plans.wording.drugs import form_words, forms_as_in, product_words

ODT = Product("lorazepam", Form.ODT, Dose.parse("1"))


def test_every_country_of_the_catalogue_has_a_name_with_mark_and_source() -> None:
    found = odt_names()
    assert tuple(found) == COUNTRIES
    assert all(one.source for one in found.values())
    assert {country for country, one in found.items() if one.value is OdtName.ORALLY_DISINTEGRATING} == {
        "US",
        "CA",
        "AU",
    }
    assert odt_name("ZZ") is odt_name("US")


@pytest.mark.parametrize(
    ("country", "language", "one", "many"),
    [
        ("US", "en", "orally disintegrating tablet", "orally disintegrating tablets"),
        ("AU", "en", "orally disintegrating tablet", "orally disintegrating tablets"),
        ("GB", "en", "orodispersible tablet", "orodispersible tablets"),
        ("NZ", "en", "orodispersible tablet", "orodispersible tablets"),
        ("US", "es", "tableta que se deshace en la boca", "tabletas que se deshacen en la boca"),
        ("ES", "es", "comprimido bucodispersable", "comprimidos bucodispersables"),
    ],
)
def test_the_form_is_named_as_in_the_country(country: str, language: str, one: str, many: str) -> None:
    with translation.override(language), forms_as_in(country):
        assert form_words(Form.ODT) == one
        assert form_words(Form.ODT, 2) == many
        assert one in product_words(ODT)
        assert form_words(Form.CAPSULE) in ("capsule", "cápsula")


def test_the_country_before_comes_back_afterwards() -> None:
    with forms_as_in("GB"):
        with forms_as_in("US"):
            assert form_words(Form.ODT).startswith("orally")
        assert form_words(Form.ODT).startswith("orodispersible")
    assert form_words(Form.ODT).startswith("orally")


@pytest.mark.parametrize("language", ["en", "es"])
def test_page_one_says_what_the_abbreviation_stands_for_in_the_country(language: str) -> None:
    said = {country: calendar_words(language, country).say("odt_melts") for country in COUNTRIES}
    assert len(set(said.values())) == 2
    assert said["GB"] == said["IE"] == said["NZ"] != said["US"] == calendar_words(language).say("odt_melts")
    assert "lengua" in said["GB"] if language == "es" else "orodispersible" in said["GB"]
