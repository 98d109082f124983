"""Silence, and that every number a clinic may set is one that a rule keeps to."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from plans.domain.checkins import flags, instrument_file
from plans.domain.checkins.flagging import Evidence, PatientContext, Thresholds
from plans.domain.checkins.flags import silence
from tests.domain.checkins.test_flags import evidence, past


@pytest.mark.parametrize(
    ("in_a_row", "watched", "rule", "severity"),
    [
        (1, False, "R5", "routine"),
        (1, True, "H9", "high"),
        (2, False, "M2", "high"),
        (3, True, "M2", "high"),
        (4, False, "M4", "high"),
    ],
)
def test_silence(in_a_row: int, watched: bool, rule: str, severity: str) -> None:
    found = silence.evaluate(silence.Missed(in_a_row=in_a_row, close_watch=watched))
    assert [(one.rule, one.priority.value) for one in found] == [(rule, severity)]


@pytest.mark.parametrize(("watched", "rule"), [(False, "R5"), (True, "H9")])
def test_a_form_left_half_way_is_flagged_but_stops_no_messages(watched: bool, rule: str) -> None:
    found = silence.evaluate(silence.Missed(in_a_row=5, close_watch=watched, begun=True))
    assert [one.rule for one in found] == [rule]


MOVED: dict[str, tuple[int, Evidence]] = {
    "phq9_high": (22, evidence(phq9=21)),
    "phq9_watch": (11, evidence(phq9=10)),
    "phq9_change": (6, evidence(phq9=10, before=(past(phq9=5),))),
    "affective_change": (4, evidence(phq9=6, affective=3, before=(past(phq9=6),))),
    "gad7_high": (16, evidence(gad7=15)),
    "gad7_watch": (11, evidence(gad7=10)),
    "gad7_change": (5, evidence(gad7=10, before=(past(gad7=6),))),
    "gad7_reliable": (7, evidence(gad7=12, before=(past(gad7=6),))),
    "short_form": (4, evidence(phq2=3)),
    "symptom_top": (3, evidence({"sx_shaking": "3"})),
    "symptom_watch": (2, evidence({"sx_numb": "2"})),
    "symptom_change": (1, evidence({"sx_shaking": "3"}, before=(past(sx_shaking="2"),))),
    "alcohol_week": (12, evidence({"alcohol_days": "3", "alcohol_drinks": "4"})),
    "heavy_day": (4, evidence({"alcohol_days": "1", "alcohol_drinks": "4", "sx_sleepy": "3"})),
    "missed_days": (3, evidence({"dose_taken": "fewer", "dose_missed_days": "2", "dose_under_half": "no"})),
    "reviewed_days": (
        10, evidence(phq9=21, before=(past(phq9=21),), about=PatientContext(reviewed={"H1": 12})),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", asdict(Thresholds()))
def test_a_threshold_another_than_usual_is_kept_to_by_the_rules(name: str) -> None:
    value, seen = MOVED[name]
    other = replace(seen.about, thresholds=replace(Thresholds(), **{name: value}))
    assert flags.evaluate(replace(seen, about=other), whole=True) != flags.evaluate(seen, whole=True)


def test_fever_with_a_racing_heart_is_judged_by_the_answer_that_brings_the_question_up() -> None:
    low = PatientContext(thresholds=Thresholds(symptom_top=3))
    item = instrument_file.newest("symptoms").items["sx_heat"]
    for level in ("3", "4"):
        seen = evidence({"sx_heart": level, "sx_heat": "yes"}, about=low)
        fires = any(one.rule == "U6" for one in flags.evaluate(seen, whole=True))
        assert fires is (level in item.shown_if["sx_heart"])
