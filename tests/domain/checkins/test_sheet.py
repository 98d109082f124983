"""All questions on one sheet, in any order: branches, what is missing, what is wrong, what is to be said at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.instrument import SKIP, Kind
from plans.domain.checkins.response import Response
from plans.domain.checkins.scoring import Past, Score
from tests.domain.checkins.test_response import TODAY, calm, filled, spec


def every(response: Response, **changes: str) -> dict[str, list[str]]:
    """The whole form as it stands, calm but for `changes`."""
    return {
        code: values
        for page in response.pages
        for code, values in calm(response, page.code, **changes).items()
    }


def one(**answers: str) -> Mapping[str, list[str]]:
    return {code: [value] for code, value in answers.items()}


def test_a_whole_sheet_is_what_answering_page_by_page_is() -> None:
    response = Response(spec())
    step = response.fill(every(response))
    assert step.is_complete
    assert step.response.answers == filled(response)[-1].response.answers
    assert step.response.sent().findings == filled(response)[-1].response.findings


def test_questions_are_answered_in_any_order_and_the_others_wait() -> None:
    step = Response(spec()).fill(one(overall="same"))
    assert dict(step.response.answers) == {"overall": "same"}
    assert step.missing[:2] == ("s_fit", "s_seeing")
    assert "overall" not in step.missing
    assert "note" not in step.missing
    assert not step.problems


def test_an_answer_brings_up_its_questions_and_those_posted_with_it_are_read() -> None:
    step = Response(spec()).fill(one(s_thoughts="yes", s_plan="no"))
    assert dict(step.response.answers) == {"s_thoughts": "yes", "s_plan": "no"}
    assert {"s_intent", "s_prepared"} <= set(step.missing)


def test_an_answer_that_is_changed_takes_its_branch_with_it_although_the_form_still_has_it() -> None:
    before = Response(spec()).fill(one(s_thoughts="yes", s_plan="yes")).response
    step = before.fill(one(s_thoughts="no", s_plan="yes"))
    assert dict(step.response.answers) == {"s_thoughts": "no"}
    assert step.changed == {"s_thoughts"}
    assert "s_plan" not in step.missing


def test_a_short_scale_that_is_high_brings_up_the_long_one_with_its_answers_kept() -> None:
    past = (Past(TODAY, {}, {"phq9": Score(4), "gad7": Score(3)}),)
    response = Response(spec(ago=14), past=past)
    step = response.fill(one(phq_1="2", phq_2="2"))
    assert "phq_9" in step.missing
    assert dict(step.response.answers) == {"phq_1": "2", "phq_2": "2"}


def test_what_is_emptied_is_gone_and_what_is_not_posted_stays() -> None:
    before = Response(spec(), {"note": "My sister comes.", "overall": "same", "dose_taken": "fewer"})
    step = before.fill({"note": [""]})
    assert dict(step.response.answers) == {"overall": "same", "dose_taken": "fewer"}
    number = before.fill(one(dose_missed_days="2")).response.fill({"dose_missed_days": [""]})
    assert "dose_missed_days" in number.missing


@pytest.mark.parametrize(
    ("posted", "why"),
    [
        ({"s_fit": ["maybe"]}, {"s_fit": "unknown"}),
        ({"s_fit": ["yes", "no"]}, {"s_fit": "twice"}),
        ({"note": ["x" * 2001]}, {"note": "too_long"}),
        ({"note": ["a\x00b"]}, {"note": "signs"}),
        ({"alcohol_days": ["8"]}, {"alcohol_days": "unknown"}),
    ],
)
def test_a_bad_answer_is_named_and_the_one_before_it_stays(
    posted: Mapping[str, list[str]], why: Mapping[str, str]
) -> None:
    (code,) = posted
    before = Response(spec(), {"s_fit": "no", "note": "Before.", "alcohol_days": "0"})
    step = before.fill({**posted, "s_seeing": ["no"]})
    assert step.problems == why
    assert step.response.answers[code] == before.answers[code]
    assert step.response.answers["s_seeing"] == "no"
    assert code not in step.missing


def test_what_is_kept_is_not_overwritten() -> None:
    before = Response(spec(), {"s_fit": "yes"})
    step = before.fill(one(s_fit="no", s_seeing="no"), keep=frozenset({"s_fit"}))
    assert dict(step.response.answers) == {"s_fit": "yes", "s_seeing": "no"}


def test_answers_that_are_no_questions_of_this_form_are_left_out() -> None:
    step = Response(spec(taking=False)).fill(one(dose_taken="planned", page="safety_a", s_fit="no"))
    assert dict(step.response.answers) == {"s_fit": "no"}
    assert not step.problems


def test_a_sheet_that_says_what_stands_already_changes_nothing() -> None:
    before = Response(spec(), {"s_fit": "no"})
    assert before.fill(one(s_fit="no")).response is before


def test_help_stands_at_the_first_answer_that_calls_for_it_and_only_there() -> None:
    response = Response(spec()).fill(one(s_thoughts="yes", s_plan="yes", kratom="yes", opioid="yes")).response
    signs = response.signs()
    assert Screen.CRISIS in signs["s_thoughts"].screens
    assert all(Screen.CRISIS not in one.screens for code, one in signs.items() if code != "s_thoughts")
    mixing = [code for code, one in signs.items() if "mixing" in {told.danger.code for told in one.dangers}]
    assert mixing == ["opioid"] or mixing == ["kratom"]


def test_a_calm_sheet_calls_for_nothing() -> None:
    response = Response(spec())
    assert response.fill(every(response)).response.signs() == {}


def test_rather_not_say_counts_as_an_answer_to_every_required_question() -> None:
    response = Response(spec())
    posted = {code: [SKIP] for code in response.asked if response.items[code].kind is not Kind.TEXT}
    assert response.fill(posted).is_complete
