"""The screen of a patient's record against the drugs of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.cautions import (
    CONDITIONS,
    FILE,
    MEDICINES,
    SUBSTANCES,
    Caution,
    PatientFacts,
    entries,
    read_entries,
    screen,
)
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.withdrawal_risk import DoseClass, Risk, dose_class, withdrawal_risk
from tests.domain.taper.schedules import drops, laid_out, nightly


def screened(drug: str, **record: Any) -> dict[str, Caution]:
    found = screen(PatientFacts.from_json(record), nightly(drug, ["2", "1"]))
    return {caution.code: caution for caution in found}


def codes(drug: str, **record: Any) -> set[str]:
    return set(screened(drug, **record)) - {"withdrawal_risk"}


def test_an_empty_record_raises_nothing_but_the_grid() -> None:
    assert codes("clonazepam") == set()
    assert "withdrawal_risk" in screened("clonazepam")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"substances": ["opioids"]}, "opioids"),
        ({"substances": ["opioid_treatment"]}, "opioid_treatment"),
        ({"substances": ["kratom"]}, "kratom"),
        ({"substances": ["sodium_oxybate"]}, "sodium_oxybate"),
        ({"indication": "seizures"}, "seizure_indication"),
        ({"conditions": ["seizure_disorder"]}, "seizure_history"),
        ({"conditions": ["withdrawal_seizure"]}, "withdrawal_seizure"),
        ({"conditions": ["suicidality"]}, "suicidality"),
        ({"conditions": ["pregnancy"]}, "pregnancy"),
        ({"pregnant": True}, "pregnancy"),
        ({"conditions": ["severe_liver_disease"]}, "liver"),
        ({"conditions": ["severe_breathing_disease"]}, "breathing"),
    ],
)
def test_what_can_kill_is_signed(record: dict[str, Any], code: str) -> None:
    assert screened("clonazepam", **record)[code].must_sign


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"substances": ["alcohol"]}, "alcohol"),
        ({"substances": ["other_sedatives"]}, "sedatives"),
        ({"medicines": ["gabapentinoid"]}, "sedatives"),
        ({"conditions": ["sleep_apnoea"]}, "sleep_apnoea"),
        ({"conditions": ["ptsd"]}, "ptsd"),
        ({"conditions": ["substance_use_disorder"]}, "substance_use"),
        ({"medicines": ["other_antidepressant"]}, "antidepressant"),
        ({"age": 65}, "age_65"),
    ],
)
def test_what_must_be_seen_is_seen(record: dict[str, Any], code: str) -> None:
    assert codes("diazepam", **record) == {code}


def test_age_counts_from_the_year_of_birth_at_the_start_of_the_plan() -> None:
    assert codes("diazepam", born_year=1961) == {"age_65"}
    assert codes("diazepam", born_year=1962) == set()
    assert codes("diazepam", age=64) == set()


def test_azoles_are_contraindicated_with_alprazolam_and_a_caution_with_clonazepam() -> None:
    assert screened("alprazolam", medicines=["azole_antifungal"])["azoles_contraindicated"].must_sign
    assert codes("clonazepam", medicines=["azole_antifungal"]) == {"cyp3a4_inhibitor"}
    assert codes("lorazepam", medicines=["azole_antifungal"]) == set()


def test_valproate_touches_what_is_glucuronidated_and_clonazepam() -> None:
    assert codes("lorazepam", medicines=["valproate"]) == {"ugt_inhibitor"}
    assert codes("clonazepam", medicines=["valproate"]) == {"valproate_clonazepam"}
    assert codes("diazepam", medicines=["valproate"]) == set()


def test_an_inducer_lowers_diazepam_and_leaves_lorazepam() -> None:
    assert codes("diazepam", medicines=["enzyme_inducer"]) == {"enzyme_inducer"}
    assert codes("lorazepam", medicines=["enzyme_inducer"]) == set()


def test_kratom_also_slows_what_cyp3a4_clears() -> None:
    assert codes("alprazolam", substances=["kratom"]) == {"kratom", "kratom_cyp3a4"}
    assert codes("oxazepam", substances=["kratom"]) == {"kratom"}


def test_severe_liver_disease_rules_out_diazepam_and_prefers_oxazepam() -> None:
    assert codes("diazepam", conditions=["severe_liver_disease"]) == {"liver_avoid", "liver"}
    assert codes("oxazepam", conditions=["severe_liver_disease"]) == {"liver"}


def test_two_medicines_behind_one_caution_are_said_together() -> None:
    caution = screened("alprazolam", medicines=["diltiazem", "fluvoxamine"])["cyp3a4_inhibitor"]
    assert caution.facts["raised_by"] == ["diltiazem", "fluvoxamine"]
    assert caution.facts["severity"] == "major"


def test_a_crossover_is_screened_for_both_drugs() -> None:
    rows = [(7, [drops("lorazepam", "2")]), (14, [drops("diazepam", "20")])]
    schedule = laid_out("diazepam", rows, kinds={2: StepKind.CROSSOVER})
    found = {
        c.code: c for c in screen(PatientFacts(conditions=frozenset({"severe_liver_disease"})), schedule)
    }
    assert found["liver_avoid"].facts["drugs"] == ["diazepam"]
    assert found["liver_avoid"].facts["crossover"] is True


def test_every_code_of_the_record_raises_something() -> None:
    used = {code for entry in entries() for _, code in entry.any_of}
    assert set(CONDITIONS) | set(SUBSTANCES) | set(MEDICINES) <= used


def test_every_caution_has_a_source() -> None:
    assert all(len(entry.source) > 10 for entry in entries())


def test_a_record_survives_being_written_and_read() -> None:
    record = {"age": 70, "duration_months": 24, "days_a_week": 5, "indication": "panic",
              "conditions": ["depression", "ptsd"], "medicines": ["fluoxetine"], "substances": ["kratom"],
              "pregnant": True}  # fmt: skip
    facts = PatientFacts.from_json(record)
    assert facts.to_json() == record
    assert PatientFacts.from_json({}).to_json() == {}


@pytest.mark.parametrize(
    ("record", "where"),
    [
        ({"weight": 70}, "patient.weight"),
        ({"conditions": ["gout"]}, "patient.conditions[0]"),
        ({"substances": ["kratom", "kratom"]}, "patient.substances[1]"),
        ({"medicines": "fluoxetine"}, "patient.medicines"),
        ({"age": "70"}, "patient.age"),
        ({"age": True}, "patient.age"),
        ({"age": -1}, "patient.age"),
        ({"days_a_week": 8}, "patient.days_a_week"),
        ({"pregnant": 1}, "patient.pregnant"),
        ({"indication": "boredom"}, "patient.indication"),
        ([], "patient"),
    ],
)
def test_a_record_that_does_not_read_is_refused_at_its_place(record: Any, where: str) -> None:
    with pytest.raises(TaperError) as refusal:
        PatientFacts.from_json(record)
    assert refusal.value.where == where


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('mark = "verified"\n', ""),
        ('source = "JCPG 2025, recommendations 16 to 18; FDA boxed warning"', 'source = ""'),
        ('["opioids"]', '["heroin"]'),
        ('severity = "boxed"', 'severity = "dreadful"'),
        ('any_of.substances = ["opioids"]\n', ""),
        ('code = "opioids"', 'code = "opioids"\nweight = 70'),
    ],
)
def test_a_caution_that_breaks_the_grammar_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    text = text[text.index('[[caution]]\ncode = "opioids"') :]
    file = tmp_path / "cautions.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadCatalogue) as refusal:
        read_entries(file)
    assert refusal.value.where.startswith("caution[0]")


# ── the grid ─────────────────────────────────────────────────────────────────────────────────────────────────


def first_day(drug: str, dose: str) -> Schedule:
    return nightly(drug, [dose])


@pytest.mark.parametrize(
    ("months", "days", "dose", "risk"),
    [
        (60, 3, "2", Risk.RARE),
        (0, 7, "2", Risk.LOWER),
        (1, 4, "0.5", Risk.LOWER),
        (2, 7, "0.5", Risk.LOWER),
        (2, 7, "0.50001", Risk.RISES),
        (3, 7, "0.5", Risk.RISES),
        (None, 7, "0.5", Risk.RISES),
    ],
)
def test_the_grid_reads_duration_frequency_and_dose(
    months: int | None, days: int, dose: str, risk: Risk
) -> None:
    assert withdrawal_risk(first_day("clonazepam", dose).steps[0], months, days).risk is risk


@pytest.mark.parametrize(
    ("drug", "dose", "size"),
    [
        ("clonazepam", "0.5", DoseClass.LOW),
        ("clonazepam", "1.5", DoseClass.MODERATE),
        ("clonazepam", "1.50001", DoseClass.HIGH),
        ("lorazepam", "2", DoseClass.LOW),
        ("lorazepam", "3.1", DoseClass.HIGH),
        ("alprazolam", "1.1", DoseClass.MODERATE),
        ("diazepam", "15", DoseClass.MODERATE),
        # VA/DoD makes it strongest: 15 mg to 10 mg of diazepam.
        ("temazepam", "15", DoseClass.LOW),
        ("temazepam", "20", DoseClass.MODERATE),
        ("lormetazepam", "1", DoseClass.LOW),
        ("lormetazepam", "1.6", DoseClass.HIGH),
    ],
)
def test_a_dose_is_sized_by_the_printed_mg_and_else_by_the_strongest_table(
    drug: str, dose: str, size: DoseClass
) -> None:
    assert dose_class(first_day(drug, dose).steps[0]) is size


def test_two_low_doses_together_are_not_low() -> None:
    both = laid_out("diazepam", [(1, [drops("diazepam", "10"), drops("clonazepam", "0.5")])])
    assert dose_class(both.steps[0]) is DoseClass.MODERATE
