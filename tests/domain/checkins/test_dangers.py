"""Answers that are dangerous in themselves: which count, and that each kind has its advice."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from plans.domain.checkins import dangers, instrument_file
from plans.domain.checkins.dangers import DANGERS, Danger
from plans.wording.dangers import WORDS
from tests.domain.checkins.test_reading_age import WORDS_A_SENTENCE, grade


def codes(answers: dict[str, str], *, taking: bool = True) -> list[str]:
    return [one.danger.code for one in dangers.found_in(answers, taking=taking)]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"opioid": "yes"}, "mixing"),
        ({"kratom": "yes"}, "mixing"),
        ({"other": "yes"}, "mixing"),
        ({"alcohol_days": "1"}, "mixing"),
        ({"alcohol_days": "7", "opioid": "no"}, "mixing"),
        ({"dose_taken": "extra"}, "more"),
        ({"dose_taken": "none"}, "stopped"),
        ({"s_stopped": "yes"}, "stopped"),
        ({"dose_taken": "fewer", "dose_under_half": "yes"}, "less"),
        ({"sx_fell": "yes"}, "driving"),
        ({"sx_unsteady": "2"}, "driving"),
        ({"sx_sleepy": "3"}, "driving"),
        ({"s_threat": "yes"}, "threat"),
    ],
)
def test_a_dangerous_answer_is_one_kind(answers: dict[str, str], code: str) -> None:
    assert codes(answers) == [code]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"alcohol_days": "0", "opioid": "no", "kratom": "no", "other": "no"},
        {"alcohol_days": "skip", "opioid": "skip", "kratom": "skip", "other": "skip"},
        {"dose_taken": "planned"},
        {"dose_taken": "skip"},
        {"dose_taken": "fewer", "dose_missed_days": "1", "dose_under_half": "no"},
        {"s_stopped": "no", "s_threat": "no", "sx_fell": "no"},
        {"sx_unsteady": "1", "sx_sleepy": "2"},
    ],
)
def test_a_harmless_answer_is_no_danger(answers: dict[str, str]) -> None:
    assert codes(answers) == []


def test_without_a_planned_dose_it_takes_two_to_mix_and_no_dose_can_be_missed() -> None:
    assert codes({"opioid": "yes"}, taking=False) == []
    assert codes({"opioid": "yes", "alcohol_days": "2"}, taking=False) == ["mixing"]
    assert codes({"dose_taken": "none"}, taking=False) == []
    assert codes({"sx_fell": "yes"}, taking=False) == ["driving"]


def test_advice_follows_the_page_of_the_answer_and_not_later_ones() -> None:
    answers = {"opioid": "yes", "alcohol_days": "2", "alcohol_drinks": "1"}
    assert dangers.found_on(answers, ("alcohol_days", "opioid"), taking=True)
    assert not dangers.found_on(answers, ("alcohol_drinks", "other_text"), taking=True)


@pytest.mark.parametrize("danger", DANGERS, ids=lambda one: one.code)
def test_what_counts_are_answers_that_are_asked(danger: Danger) -> None:
    items = {code: item for one in instrument_file.shipped().values() for code, item in one.items.items()}
    for code, values in danger.answers.items():
        assert all(items[code].takes(value) for value in values), code


def test_every_danger_has_its_words_and_no_words_are_left_over() -> None:
    assert {one.code for one in DANGERS} == set(WORDS)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("danger", DANGERS, ids=lambda one: one.code)
def test_its_words_are_short_and_each_language_has_its_own(danger: Danger, language: str) -> None:
    with translation.override(language):
        row = WORDS[danger.code]
        texts = [str(row.heading), str(row.ring), *row.said(frozenset(danger.answers))]
    for text in texts:
        for sentence in re.split(r"(?<=[.?!:])\s+", text):
            assert len(sentence.split()) <= WORDS_A_SENTENCE, sentence
    if language == "en":
        assert grade(texts) <= 5
    else:
        english = [str(row.heading), *row.said(frozenset(danger.answers))]
        assert not set(english) & set(texts)


def test_a_line_on_one_thing_is_said_to_whoever_told_of_it() -> None:
    mixing = WORDS["mixing"]
    drank, opioid = mixing.said(frozenset({"alcohol_days"})), mixing.said(frozenset({"opioid"}))
    assert any("alcohol every day" in line for line in drank)
    assert not any("aloxone" in line for line in drank)
    assert any("aloxone" in line for line in opioid)


def test_what_was_reported_about_somebody_at_home_is_not_repeated_where_they_may_read_it() -> None:
    assert WORDS["threat"].said(frozenset({"s_threat"}), again=True) == ()
    assert all(
        WORDS[one.code].said(frozenset(one.answers), again=True) for one in DANGERS if one.code != "threat"
    )
