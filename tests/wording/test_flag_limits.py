"""A number that a clinic can set is never written into a sentence: it is told as it was set when the rule fired."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from django.utils import translation

from plans.domain.checkins import flags
from plans.domain.checkins.flagging import Evidence, FlagFinding, PatientContext, Thresholds
from plans.wording.flags import flag_sentence
from tests.domain.checkins.test_flag_numbers import MOVED
from tests.domain.checkins.test_flags import evidence, past

NAMES: Final = re.compile(r"PHQ-[29]|GAD-[27]")
# Tops of scales that were published, of our own steps from 0 to 4, the levels item nine tells apart, the week that
# the questions ask about: no clinic can set these.
FIXED: Final = {
    "H1": {27}, "H2": {21}, "H3": {4}, "H8": {1, 3}, "R1": {6}, "R2": {21, 27}, "R3": {4}, "R4": {4}, "R8": {27},
    "U3": {3}, "U4": {7}, "U5": {4}, "U7": {4},
}  # fmt: skip
PREGNANT: Final = PatientContext(pregnant=True)
# A number, what makes a rule fire that speaks of it, and the rule. None of the numbers is the usual one.
SAID: Final[list[tuple[str, int, str, Evidence]]] = [
    ("reviewed_days", 9, "H1", evidence(phq9=21)),
    ("gad7_reliable", 5, "H2", evidence(gad7=16, before=(past(gad7=10),))),
    ("symptom_watch", 2, "R3", evidence({"sx_numb": "3"})),
    ("symptom_watch", 2, "R4", evidence({"sx_sleep": "3"}, before=(past(sx_sleep="3"),))),
    ("symptom_watch", 2, "U5", evidence({"opioid": "yes", "sx_sleepy": "3"})),
    (
        "symptom_watch",
        2,
        "U7",
        evidence({"sx_shaking": "4", "sx_sleep": "3", "sx_numb": "3"}, about=PREGNANT),
    ),
    ("heavy_day", 11, "U5", evidence({"alcohol_days": "1", "alcohol_drinks": "12", "sx_sleepy": "3"})),
]
OTHER: Final = [
    evidence(phq9=12, gad7=12, phq2=4),
    evidence({"phq_9": "1", "s_thoughts": "yes"}),
    evidence({"phq_9": "2", "dose_taken": "none", "s_fit": "skip"}),
    evidence({"kratom": "yes", "alcohol_days": "7", "alcohol_drinks": "4", "contact": "today"}),
    evidence(phq9=8, before=(past(phq9=20),)),
    evidence({"dose_taken": "fewer", "dose_missed_days": "5", "dose_under_half": "no"}),
]


def found_with(evidence: Evidence, **numbers: int) -> tuple[FlagFinding, ...]:
    about = replace(evidence.about, thresholds=replace(Thresholds(), **numbers))
    return flags.evaluate(replace(evidence, about=about), whole=True)


def sentence(finding: FlagFinding) -> str:
    """The sentence of the flag that a finding becomes."""
    return flag_sentence(finding.rule, {**finding.facts, "kind": finding.kind})


def numbers_in(facts: Any) -> Iterator[int]:
    for value in facts.values() if isinstance(facts, dict) else facts:
        if isinstance(value, dict | list | tuple):
            yield from numbers_in(value)
        elif isinstance(value, int):
            yield value


def numbers_said(sentence: str) -> set[int]:
    return {int(number) for number in re.findall(r"\d+", NAMES.sub("", sentence))}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("name", "value", "rule", "evidence"), SAID, ids=[f"{name} in {rule}" for name, _, rule, _ in SAID]
)
def test_a_sentence_tells_the_number_the_clinic_set_and_not_the_usual_one(
    name: str, value: int, rule: str, evidence: Evidence, language: str
) -> None:
    with translation.override(language):
        usual, own = (
            next(sentence(one) for one in found if one.rule == rule)
            for found in (found_with(evidence), found_with(evidence, **{name: value}))
        )
    assert getattr(Thresholds(), name) in numbers_said(usual)
    assert value in numbers_said(own)
    assert getattr(Thresholds(), name) not in numbers_said(own) - FIXED[rule]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_number_in_a_sentence_is_a_fact_of_its_flag_or_the_top_of_a_scale(language: str) -> None:
    moved = {name: value for name, (value, _) in MOVED.items()}
    evidences = [*(seen for _, seen in MOVED.values()), *(seen for *_, seen in SAID), *OTHER]
    found = [
        one for evidence in evidences for numbers in ({}, moved) for one in found_with(evidence, **numbers)
    ]
    assert {one.rule for one in found} >= FIXED.keys()
    with translation.override(language):
        for one in found:
            said = numbers_said(sentence(one))
            assert said <= {*numbers_in(one.facts), *FIXED.get(one.rule, ())}, one.rule


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("H1", {"why": "level", "total": 21}),
        ("H2", {"why": "level", "total": 16, "rise": 6, "reliable": True}),
        ("R3", {"items": ["sx_numb"], "running": []}),
        ("R4", {"now": 3, "was": 3}),
        ("U5", {"kind": "mix", "mixed": ["opioid"]}),
        ("U7", {"items": ["sx_numb"]}),
    ],
)
def test_of_a_flag_raised_before_the_number_was_kept_none_is_claimed(
    rule: str, facts: dict[str, Any]
) -> None:
    said = flag_sentence(rule, facts)
    assert numbers_said(said) <= {*numbers_in(facts), *FIXED[rule]} - {4}
    assert "None" not in said
