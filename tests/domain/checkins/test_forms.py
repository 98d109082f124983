"""Which pages come, in which order, and what a posted page says."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.flagging import Evidence
from plans.domain.checkins.instrument import SKIP, Kind, QuestionPage
from plans.domain.checkins.response import Response, read_page
from plans.domain.checkins.spec import QuestionnaireSpec, decide

TODAY = date(2026, 11, 23)


def ask(
    form: str = "weekly", *, ago: int | None = 7, language: str = "en", taking: bool = True
) -> QuestionnaireSpec:
    last = {} if ago is None else {scale: TODAY - timedelta(days=ago) for scale in ("phq9", "gad7")}
    return decide(form=form, language=language, today=TODAY, last_long=last, taking=taking)


def codes(one: QuestionnaireSpec, answers: dict[str, str] | None = None) -> list[str]:
    return [page.code for page in Response(one, answers or {}).pages]


def test_a_calm_weekly_check_in_has_fourteen_pages_and_begins_with_safety() -> None:
    found = codes(ask())
    assert len(found) == 14
    assert found[:4] == ["safety_a", "safety_b", "safety_d", "phq_a"]


def test_the_baseline_asks_both_long_scales() -> None:
    assert {"phq_d", "phq_e", "gad_c"} <= set(codes(ask("baseline", ago=None)))


@pytest.mark.parametrize(("ago", "asked"), [(24, False), (25, True), (28, True), (None, True)])
def test_long_scales_come_every_four_weeks_also_when_the_last_was_answered_late(
    ago: int | None, asked: bool
) -> None:
    assert ("phq_d" in codes(ask(ago=ago))) is asked


@pytest.mark.parametrize(("ago", "asked"), [(13, False), (14, True), (None, True)])
def test_a_follow_up_with_the_long_scales_has_them_unless_a_fortnight_has_not_passed(
    ago: int | None, asked: bool
) -> None:
    assert ("phq_d" in codes(ask("long", ago=ago))) is asked


@pytest.mark.parametrize(("at", "first", "asked"), [(2, "2", True), (2, "1", False), (4, "3", False)])
def test_a_clinic_s_own_number_for_the_short_scales_brings_the_long_ones_up_too(
    at: int, first: str, asked: bool
) -> None:
    last = dict.fromkeys(("phq9", "gad7"), TODAY - timedelta(days=14))
    one = decide(form="weekly", language="en", today=TODAY, last_long=last, taking=True, step_up_at=at)
    assert ("phq_b" in codes(one, {"phq_1": first, "phq_2": "0"})) is asked
    assert QuestionnaireSpec.from_json(one.form, one.to_json()) == one


@pytest.mark.parametrize(
    ("ago", "first", "second", "asked"),
    [(14, "1", "2", True), (14, "1", "1", False), (13, "3", "3", False), (14, "3", SKIP, False)],
)
def test_a_short_scale_of_three_brings_the_long_one_up_at_most_every_fortnight(
    ago: int, first: str, second: str, asked: bool
) -> None:
    assert ("phq_b" in codes(ask(ago=ago), {"phq_1": first, "phq_2": second})) is asked


def test_published_scales_are_left_out_in_a_language_without_a_published_translation() -> None:
    found = codes(ask("baseline", ago=None, language="fr"))
    assert not [code for code in found if code.startswith(("phq", "gad"))]
    assert "safety_b" in found


def test_in_spanish_the_same_pages_are_asked_in_the_same_order() -> None:
    assert codes(ask("baseline", ago=None, language="es")) == codes(ask("baseline", ago=None))
    brought_up = {"phq_1": "1", "phq_2": "2"}
    assert codes(ask(ago=14, language="es"), brought_up) == codes(ask(ago=14), brought_up)


def test_doses_are_not_asked_when_none_is_planned() -> None:
    one = ask(taking=False)
    items = [item for page in Response(one).pages for item in page.items]
    assert not {"dose_taken", "s_stopped"} & set(items)
    assert "s_chest" in items


def test_windows_are_never_mixed_on_a_page() -> None:
    one = ask("baseline", ago=None)
    for page in Response(one).pages:
        windows = {q.recall for q in Response(one).questionnaires for item in page.items if item in q.items}
        assert len(windows) == 1


def test_a_branch_comes_with_its_answer_and_goes_with_it() -> None:
    one = ask()
    yes = {"s_thoughts": "yes", "s_plan": "no"}
    assert "safety_c" in codes(one, yes)
    assert Response(one).with_answers({**yes, "s_thoughts": "no"}).answers == {"s_thoughts": "no"}


def test_going_on_and_back_are_each_others_opposite() -> None:
    one, answers = ask("baseline", ago=None), {"s_thoughts": "yes", "sx_swings": "2"}
    for page in Response(one, answers).pages:
        following = Response(one, answers).after(page)
        found = Response(one, answers).pages
        assert following is None or found[found.index(following) - 1] == page


def test_the_place_is_the_first_page_with_an_open_question() -> None:
    one = ask()
    place = Response(one, {"s_fit": "no", "s_seeing": "no"}).first_open
    assert place is not None
    assert place.code == "safety_b"


@pytest.mark.parametrize(
    ("posted", "good", "problems"),
    [
        ({}, {}, {"s_fit": "choose", "s_seeing": "choose"}),
        ({"s_fit": [""], "s_seeing": ["no"]}, {"s_seeing": "no"}, {"s_fit": "choose"}),
        ({"s_fit": ["yes", "no"], "s_seeing": ["no"]}, {"s_seeing": "no"}, {"s_fit": "twice"}),
        ({"s_fit": ["YES"], "s_seeing": [SKIP]}, {"s_seeing": SKIP}, {"s_fit": "unknown"}),
        (
            {"s_fit": ["no"], "s_seeing": ["no"], "state": ["submitted"]},
            {"s_fit": "no", "s_seeing": "no"},
            {},
        ),
    ],
)
def test_a_posted_page_is_read_strictly(
    posted: dict[str, list[str]], good: dict[str, str], problems: dict[str, str]
) -> None:
    one = ask()
    reading = read_page(one, Response(one).pages[0], posted)
    assert (reading.answers, reading.problems) == (good, problems)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("8", "unknown"),
        ("-1", "unknown"),
        ("٣", "unknown"),
        ("07", "unknown"),
        ("3.5", "unknown"),
        ("7", None),
        ("0", None),
    ],
)
def test_a_count_is_a_plain_number_within_its_limits(raw: str, problem: str | None) -> None:
    one = ask()
    page = Response(one).page("substances")
    assert read_page(one, page, {"alcohol_days": [raw]}).problems.get("alcohol_days") == problem


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("a" * 2000, None),
        ("a" * 2001, "too_long"),
        ("fi\x0bne", "signs"),
        ("\u202eback", "signs"),
        ("\ud800", "signs"),
        ("محمد 🙂\r\nnew line", None),
    ],
)
def test_free_text_takes_any_language_but_no_hidden_signs(raw: str, problem: str | None) -> None:
    one = ask()
    page = Response(one).page("week")
    assert read_page(one, page, {"note": [raw]}).problems.get("note") == problem


def test_a_missing_or_withheld_answer_leaves_a_scale_unscored() -> None:
    one = ask("baseline", ago=None)
    whole = {f"phq_{n}": "3" for n in range(1, 10)}
    assert scoring.score(one, whole)["phq9"] == scoring.Score(27, 12)
    assert "phq9" not in scoring.score(one, {**whole, "phq_9": SKIP})
    assert "phq9" not in scoring.score(one, {code: value for code, value in whole.items() if code != "phq_3"})
    assert scoring.score(one, {"phq_1": "1", "phq_2": "2"}) == {"phq2": scoring.Score(3)}


@pytest.mark.slow
def test_any_random_response_can_be_read_scored_and_judged_again_with_the_same_result() -> None:
    dice = random.Random(20261123)
    for _turn in range(300):
        one = ask(
            dice.choice(["baseline", "weekly"]),
            ago=dice.choice([None, 7, 14, 40]),
            taking=dice.random() < 0.8,
        )
        answers: Mapping[str, str] = {}
        page: QuestionPage | None = Response(one, answers).pages[0]
        while page is not None:
            items = one.questionnaire(page.questionnaire).items
            posted: dict[str, list[str]] = {}
            for code in page.items:
                if items[code].kind is Kind.CHOICE:
                    posted[code] = [dice.choice([SKIP, *(option.value for option in items[code].options)])]
                elif items[code].kind is Kind.NUMBER:
                    posted[code] = [str(dice.randint(items[code].minimum, items[code].maximum))]
            reading = read_page(one, page, posted)
            assert not reading.problems
            answers = Response(one).with_answers({**answers, **reading.answers}).answers
            page = Response(one, answers).after(page)
        assert Response(one, {**answers, "note": ""}).first_open is None
        evidence = Evidence(answers, scoring.score(one, answers))
        found = flags.evaluate(evidence, whole=True)
        assert not [finding for finding in found if finding.rule == flags.BROKEN.code]
        stored = Evidence(dict(answers), scoring.from_json(scoring.to_json(evidence.scores, ())))
        assert flags.evaluate(stored, whole=True) == found
        assert QuestionnaireSpec.from_json(one.form, one.to_json()) == one
