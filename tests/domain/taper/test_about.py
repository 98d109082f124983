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
    text = " ".join(line for one in about.of_kind() for line in (*one.texts.values(), one.source))
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


SEEDS = {
    "swings with a long-acting drug": ("long", "between two doses", "entre dos dosis"),
    "wears off": ("clonazepam", "within 12 hours", "en unas 12 horas"),
    "peak, and why texts differ": ("clonazepam", "1 to 4 hours", "de 1 a 4 horas"),
    "the opposite effect": ("every", "the opposite: more worry", "lo contrario: más nervios"),
    "more depression": ("every", "low mood worse while you take it", "empeorar la tristeza mientras lo toma"),
    "withdrawal while taking it": ("every", "as if you had stopped", "como si lo hubiera dejado"),
    "months after": ("every", "months after the last dose", "meses después de la última dosis"),
    "it gets better": ("every", "gets better", "mejora"),
    "depression, genes, no fault": ("every", "It is not your fault", "No es culpa suya"),
    "stress, life events": ("every", "Stress, a loss", "El estrés, una pérdida"),
    "less activity": ("every", "see fewer people", "vea a menos gente"),
    "what helps": ("every", "Take a walk. Breathe out slowly", "Salga a caminar"),
    "someone": ("every", "someone you trust", "alguien de confianza"),
    "antidepressants": ("every", "Tell us before you start one", "Díganoslo antes de empezarlo"),
    "other medicines": ("every", "before you take any new medicine", "antes de tomar un medicamento nuevo"),
    "inhibitors": ("every", "grapefruit", "la toronja"),
    "anticonvulsants, antipsychotics": (
        "every",
        "Medicine for fits can change how it works. So can medicine for hearing or seeing",
        "convulsiones pueden cambiar el efecto de este. También los que se dan a quien oye o ve",
    ),
    "kratom without blame": ("every", "no one will blame you", "nadie le va a culpar"),
    "kratom with antidepressants": (
        "every",
        "Kratom with medicine for depression",
        "El kratom con medicamentos",
    ),
    "frustration": ("every", "frustrating", "frustrar"),
}
"""What the project set out to tell every patient: for whom, and how it begins in both languages."""


@pytest.mark.parametrize("told", SEEDS)
def test_what_the_project_set_out_to_tell_stands_on_the_page_in_both_languages(told: str) -> None:
    whom, english, spanish = SEEDS[told]
    drugs = catalogue.names() if whom == "every" else ("clonazepam",) if whom == "clonazepam" else ()
    for drug in drugs or [name for name in catalogue.names() if catalogue.drug(name).long_acting]:
        texts = [one.texts for one in about.of_drug(drug)]
        assert any(english in one["en"] for one in texts), drug
        assert any(spanish in one["es"] for one in texts), drug


def test_how_strong_a_drug_is_comes_from_the_plans_own_table_with_its_mark() -> None:
    assert about.strength("clonazepam", "0.5", "ashton_2002").mark == "verified"
    assert about.strength("clonazepam", "1", "va_dod_2021").mg == "1"
    # Issued by a row that has changed since: shown as issued, and no longer called checked.
    assert about.strength("clonazepam", "0.75", "ashton_2002").mark == "unverified"
