"""Every rule, just under and just over its threshold."""

from __future__ import annotations

from datetime import date

import pytest

from plans.domain.checkins import flags
from plans.domain.checkins.flagging import (
    Evidence,
    FlagFinding,
    FlagPriority,
    FlagRule,
    PatientContext,
    Screen,
    Thresholds,
)
from plans.domain.checkins.scoring import Past, Score

DAY = date(2026, 11, 23)


def past(phq9: int | None = None, gad7: int | None = None, affective: int = 0, **answers: str) -> Past:
    scores = {}
    if phq9 is not None:
        scores["phq9"] = Score(phq9, affective)
    if gad7 is not None:
        scores["gad7"] = Score(gad7)
    return Past(DAY, answers, scores)


def evidence(
    answers: dict[str, str] | None = None,
    *,
    phq9: int | None = None,
    affective: int = 0,
    gad7: int | None = None,
    phq2: int | None = None,
    before: tuple[Past, ...] = (),
    about: PatientContext | None = None,
    abandoned: bool = False,
) -> Evidence:
    scores = {name: Score(total) for name, total in (("gad7", gad7), ("phq2", phq2)) if total is not None}
    if phq9 is not None:
        scores["phq9"] = Score(phq9, affective)
    return Evidence(answers or {}, scores, before, about or PatientContext(), abandoned)


def fired(evidence: Evidence) -> dict[str, str]:
    """Rules that fired and their priority."""
    return {one.rule: one.priority.value for one in flags.evaluate(evidence, whole=True)}


@pytest.mark.parametrize(
    ("answers", "rule", "severity"),
    [
        ({"s_fit": "yes"}, "U1", "urgent"),
        ({"s_seeing": "yes"}, "U2", "urgent"),
        ({"s_threat": "yes"}, "U2", "urgent"),
        ({"s_thoughts": "yes"}, "U3", "urgent"),
        ({"s_thoughts": "yes", "s_plan": "skip", "s_intent": "no", "s_prepared": "no"}, "U3", "urgent"),
        ({"s_thoughts": "yes", "s_plan": "no", "s_intent": "no", "s_prepared": "yes"}, "U3", "urgent"),
        ({"s_thoughts": "yes", "s_plan": "no", "s_intent": "no", "s_prepared": "no"}, "H8", "high"),
        ({"phq_9": "3"}, "U3", "urgent"),
        ({"phq_9": "2"}, "U3", "urgent"),
        ({"phq_9": "1"}, "H8", "high"),
        ({"phq_9": "skip"}, "H10", "high"),
        ({"s_stopped": "yes"}, "U4", "urgent"),
        ({"dose_taken": "none"}, "U4", "urgent"),
        ({"s_waking": "yes"}, "U5", "urgent"),
        ({"opioid": "yes", "sx_sleepy": "3"}, "U5", "urgent"),
        ({"kratom": "yes", "sx_sleepy": "3"}, "U5", "urgent"),
        ({"alcohol_days": "1", "alcohol_drinks": "5", "sx_sleepy": "3"}, "U5", "urgent"),
        ({"s_chest": "yes"}, "U6", "urgent"),
        ({"sx_heart": "4", "s_seeing": "yes"}, "U6", "urgent"),
        ({"sx_heart": "4", "sx_heat": "yes"}, "U6", "urgent"),
        ({"sx_shaking": "4"}, "H3", "high"),
        ({"contact": "today"}, "H4", "high"),
        ({"overall": "much_worse"}, "H4", "high"),
        ({"kratom": "yes"}, "H5", "high"),
        ({"other": "yes"}, "H5", "high"),
        ({"opioid": "yes"}, "H5", "high"),
        ({"alcohol_days": "7", "alcohol_drinks": "2"}, "H5", "high"),
        ({"dose_taken": "extra"}, "H6", "high"),
        ({"dose_taken": "fewer", "dose_missed_days": "2", "dose_under_half": "no"}, "H6", "high"),
        ({"dose_taken": "fewer", "dose_missed_days": "1", "dose_under_half": "yes"}, "H6", "high"),
        ({"sx_fell": "yes"}, "H7", "high"),
        ({"s_fit": "skip"}, "H10", "high"),
        ({"med_change": "yes", "med_mood": "unsure"}, "H11", "high"),
        ({"sx_numb": "3"}, "R3", "routine"),
        ({"note": "I have a question"}, "R7", "routine"),
        ({"note": "Sometimes I don’t want to live."}, "W1", "urgent"),
        ({"med_text": "I passed out on it"}, "W1", "high"),
        ({"note": "I wish I were dead"}, "W1", "urgent"),
        ({"note": "Ya no quiero vivir. Podría hacerme daño."}, "W1", "urgent"),
        ({"med_text": "Me desmayé"}, "W1", "high"),
        ({"contact": "week"}, "R9", "routine"),
    ],
)
def test_what_is_over_the_line_fires(answers: dict[str, str], rule: str, severity: str) -> None:
    assert fired(evidence(answers))[rule] == severity


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"s_fit": "no"}, "U1"),
        ({"s_thoughts": "yes", "s_plan": "no", "s_intent": "no", "s_prepared": "no"}, "U3"),
        ({"s_thoughts": "no"}, "U3"),
        ({"phq_9": "1"}, "U3"),
        ({"phq_9": "0"}, "H8"),
        ({}, "H8"),
        ({}, "H10"),
        ({"dose_taken": "fewer", "dose_missed_days": "1", "dose_under_half": "no"}, "H6"),
        ({"opioid": "yes", "sx_sleepy": "2"}, "U5"),
        ({"opioid": "no", "kratom": "skip", "sx_sleepy": "4"}, "U5"),
        ({"alcohol_days": "1", "alcohol_drinks": "4", "sx_sleepy": "4"}, "U5"),
        ({"sx_sleepy": "4"}, "U5"),
        ({"sx_heart": "4", "sx_heat": "no"}, "U6"),
        ({"sx_heart": "3", "sx_heat": "yes"}, "U6"),
        ({"sx_shaking": "3"}, "H3"),
        ({"contact": "week"}, "H4"),
        ({"overall": "worse"}, "H4"),
        ({"alcohol_days": "6", "alcohol_drinks": "2"}, "H5"),
        ({"med_change": "yes", "med_mood": "no"}, "H11"),
        ({"sx_numb": "2"}, "R3"),
        ({"sx_sleep": "4"}, "R4"),
        ({"note": "The suicidology course starts, a new term"}, "W1"),
        ({"note": "I can't go on holiday this year. Quiero cortarme el pelo."}, "W1"),
    ],
)
def test_what_is_under_the_line_does_not(answers: dict[str, str], rule: str) -> None:
    assert rule not in fired(evidence(answers))


@pytest.mark.parametrize(("short", "fires"), [(2, False), (3, True)])
def test_short_forms(short: int, fires: bool) -> None:
    assert ("R1" in fired(evidence(phq2=short))) is fires


@pytest.mark.parametrize(
    ("now", "was", "fires"), [("3", "1", True), ("3", "2", False), ("2", "0", False), ("4", "4", True)]
)
def test_a_symptom_that_got_worse(now: str, was: str, fires: bool) -> None:
    assert ("H3" in fired(evidence({"sx_sleep": now}, before=(past(sx_sleep=was),)))) is fires


@pytest.mark.parametrize(
    ("now", "before", "severity"),
    [
        ({"sx_numb": "3"}, {"sx_numb": "2"}, "routine"),
        ({"sx_numb": "3"}, {"sx_numb": "3"}, "high"),
        ({"sx_swings": "3"}, {"sx_swings": "4"}, "high"),
        # Another of the three is no run of the first.
        ({"sx_drive": "3"}, {"sx_numb": "3"}, "routine"),
    ],
)
def test_severe_numbness_two_check_ins_running_is_high(
    now: dict[str, str], before: dict[str, str], severity: str
) -> None:
    assert fired(evidence(now, before=(Past(DAY, before, {}),)))["R3"] == severity


def test_a_form_left_half_way_breaks_no_run_and_makes_nothing_new() -> None:
    told, left = past(sx_numb="3", sx_sleep="3", opioid="yes"), past(s_fit="no")
    found = fired(evidence({"sx_numb": "3", "sx_sleep": "3", "opioid": "yes"}, before=(told, left)))
    assert found["R3"] == "high"
    assert "R4" in found
    assert "H5" not in found


def test_drinks_that_are_withheld_count_as_one_on_each_day() -> None:
    limit = PatientContext(thresholds=Thresholds(alcohol_week=5))
    over = {"alcohol_days": "5", "alcohol_drinks": "skip"}
    assert "H5" in fired(evidence(over, about=limit))
    assert "H5" not in fired(evidence({**over, "alcohol_days": "4"}, about=limit))
    assert "H5" not in fired(evidence({"alcohol_days": "0"}, about=limit))


@pytest.mark.parametrize(("was", "fires"), [("2", False), ("3", True)])
def test_poor_sleep_two_check_ins_running(was: str, fires: bool) -> None:
    assert ("R4" in fired(evidence({"sx_sleep": "3"}, before=(past(sx_sleep=was),)))) is fires


def test_an_opioid_on_record_or_reported_last_time_is_not_new() -> None:
    assert "H5" not in fired(
        evidence({"opioid": "yes"}, about=PatientContext(substances=frozenset({"opioid"})))
    )
    assert "H5" not in fired(evidence({"opioid": "yes"}, before=(past(opioid="yes"),)))


@pytest.mark.parametrize(
    ("answers", "fires"),
    [
        ({"sx_aches": "3", "sx_light": "3"}, False),
        ({"sx_aches": "3", "sx_light": "3", "sx_sleep": "3"}, True),
        ({"sx_aches": "4"}, True),
    ],
)
def test_pregnancy_with_severe_withdrawal(answers: dict[str, str], fires: bool) -> None:
    assert ("U7" in fired(evidence(answers, about=PatientContext(pregnant=True)))) is fires
    assert "U7" not in fired(evidence(answers))


def test_no_doses_after_the_planned_end_is_no_alarm() -> None:
    assert "U4" not in fired(
        evidence({"dose_taken": "none", "s_stopped": "yes"}, about=PatientContext(taking=False))
    )


@pytest.mark.parametrize(("answer", "fires"), [("no", False), ("yes", True)])
def test_a_form_left_after_a_worrying_safety_answer(answer: str, fires: bool) -> None:
    assert ("H10" in fired(evidence({"s_fit": answer}, abandoned=True))) is fires


def test_only_what_cannot_wait_is_asked_before_the_response_is_sent() -> None:
    early = flags.evaluate(evidence({"s_fit": "yes", "sx_shaking": "4"}, phq9=27), whole=False)
    assert [one.rule for one in early] == ["U1"]


def test_every_urgent_rule_and_every_safety_rule_acts_at_once() -> None:
    slow = {rule.code for rule in flags.RULES if not rule.immediate}
    assert not {rule.code for rule in flags.RULES if rule.priority is FlagPriority.URGENT} & slow
    assert not {"H8", "H10"} & slow


def test_rules_have_one_code_each() -> None:
    assert len({rule.code for rule in flags.RULES}) == len(flags.RULES)


def test_a_rule_that_raises_becomes_a_finding_and_the_others_still_run() -> None:
    def broken(rule: FlagRule, evidence: Evidence) -> tuple[FlagFinding, ...]:
        raise KeyError("gone")

    rules = (FlagRule("H1", 1, FlagPriority.HIGH, None, broken), *flags.RULES)
    found = {one.rule: one for one in flags.evaluate(evidence({"s_fit": "yes"}), whole=True, rules=rules)}
    assert found["X0"].priority is FlagPriority.HIGH
    assert found["X0"].facts == {"rule": "H1", "error": "KeyError"}
    assert "U1" in found


def test_the_page_shown_belongs_to_what_was_just_answered() -> None:
    found = flags.evaluate(evidence({"s_fit": "yes", "s_thoughts": "yes"}), whole=False)
    assert flags.screens(found, frozenset({"s_thoughts"})) == (Screen.CRISIS,)
    assert flags.screens(found, frozenset({"overall"})) == ()


def test_free_text_is_never_repeated_in_a_flag() -> None:
    found = flags.evaluate(evidence({"note": "my secret: I want to die"}), whole=True)
    assert "secret" not in repr([(one.inputs, one.facts) for one in found])
