"""A check-in from page to page, without a database: what acts at once, what comes next, what a changed answer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.domain.checkins import scoring
from plans.domain.checkins.flagging import FlagPriority, PatientContext, Screen, Thresholds
from plans.domain.checkins.instrument import SKIP, Kind
from plans.domain.checkins.response import AnswerStep, Response, UnknownPage
from plans.domain.checkins.scoring import Past, Score
from plans.domain.checkins.spec import QuestionnaireSpec, decide
from plans.domain.checkins.states import CheckInState
from tests.makers_checkins import CALM

TODAY = date(2026, 11, 23)


def spec(form: str = "weekly", *, taking: bool = True, ago: int = 7) -> QuestionnaireSpec:
    last = {scale: TODAY - timedelta(days=ago) for scale in ("phq9", "gad7")}
    return decide(form=form, language="en", today=TODAY, last_long=last, taking=taking)


def calm(response: Response, page: str, **changes: str) -> dict[str, list[str]]:
    """A page answered by somebody who is well; `changes` by item."""
    posted = {}
    for code in response.page(page).items:
        item = response.items[code]
        usual = item.options[0].value if item.options else str(item.minimum)
        if item.kind is not Kind.TEXT or code in changes:
            posted[code] = [changes.get(code, CALM.get(code, usual))]
    return posted


def answered(response: Response, page: str, **changes: str) -> AnswerStep:
    return response.answer(page, calm(response, page, **changes))


def filled(response: Response, **changes: str) -> list[AnswerStep]:
    """Every page, calm but for `changes`; the last step sends it."""
    steps = [answered(response, response.pages[0].code, **changes)]
    while steps[-1].following is not None:
        steps.append(answered(steps[-1].response, steps[-1].following.code, **changes))
    return steps


def told(response: Response) -> list[tuple[str, str, str]]:
    return [(one.rule, one.kind, one.priority.value) for one in response.findings]


# ── help at once ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "item", "rule", "screen"),
    [
        ("safety_a", "s_fit", "U1", Screen.EMERGENCY),
        ("safety_a", "s_seeing", "U2", Screen.EMERGENCY),
        ("safety_b", "s_thoughts", "U3", Screen.CRISIS),
        ("safety_d", "s_waking", "U5", Screen.BREATHING),
        ("safety_d", "s_chest", "U6", Screen.EMERGENCY),
    ],
)
def test_a_yes_to_danger_is_found_and_helped_on_its_own_page(
    page: str, item: str, rule: str, screen: Screen
) -> None:
    before = Response(spec())
    step = answered(before, page, **{item: "yes"})
    assert (rule, FlagPriority.URGENT) in {(one.rule, one.priority) for one in step.response.findings}
    assert screen in step.response.screens(step.page.items)
    assert step.response.state is CheckInState.OPEN


def test_help_is_shown_after_the_page_that_called_for_it_and_not_after_later_ones() -> None:
    step = answered(Response(spec()), "safety_a", s_fit="yes")
    later = answered(step.response, "safety_b")
    assert later.response.screens(later.page.items) == ()
    assert [one.rule for one in later.response.findings] == ["U1"]


def test_a_danger_that_raises_nothing_still_shows_help() -> None:
    known = PatientContext(substances=frozenset({"opioid"}))
    step = answered(Response(spec(), context=known), "substances", opioid="yes")
    assert step.response.findings == ()
    assert [one.danger.code for one in step.response.dangers(step.page.items)] == ["mixing"]


def test_good_answers_of_a_page_with_a_gap_are_kept_and_judged() -> None:
    step = Response(spec()).answer("safety_a", {"s_fit": ["yes"]})
    assert step.problems == {"s_seeing": "choose"}
    assert step.following == step.page
    assert step.response.answers == {"s_fit": "yes"}
    assert [one.rule for one in step.response.findings] == ["U1"]


def test_only_what_cannot_wait_is_asked_before_it_is_sent() -> None:
    open_ = Response(spec(), {"sx_shaking": "4"})
    assert told(open_) == []
    assert told(open_.sent()) == told(open_.left()) == [("H3", "", "high")]


def test_a_form_left_after_a_worrying_answer_is_found_when_it_is_closed() -> None:
    left = Response(spec(), {"s_fit": "yes"}).left()
    assert ("H10", "abandoned", "high") in told(left)
    assert ("H10", "abandoned", "high") not in told(left.sent())


# ── the order of the pages ────────────────────────────────────────────────────────────────────────────────────


def test_pages_come_one_after_the_other_and_the_last_one_sends() -> None:
    start = Response(spec())
    steps = filled(start)
    assert [step.page for step in steps] == list(start.pages)
    assert [step.sends for step in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1].response.is_sent
    assert told(steps[-1].response) == []


def test_a_branch_comes_up_behind_the_answer_that_asked_for_it() -> None:
    step = answered(Response(spec()), "safety_b", s_thoughts="yes")
    assert step.following is not None
    assert step.following.code == "safety_c"
    assert [page.code for page in step.response.pages[:4]] == ["safety_a", "safety_b", "safety_c", "safety_d"]


def test_a_short_scale_of_three_brings_the_long_one_up_with_its_answers_carried_in() -> None:
    step = answered(Response(spec(ago=14)), "phq_a", phq_1="3", phq_2="0")
    assert step.following is not None
    assert step.following.code == "phq_b"
    assert step.response.answers["phq_1"] == "3"


def test_after_the_last_page_the_first_one_left_open_comes() -> None:
    whole = filled(Response(spec()))[-1].response
    answers = {code: value for code, value in whole.answers.items() if code != "s_fit"}
    step = answered(Response(spec(), answers), "week")
    assert step.following is not None
    assert step.following.code == "safety_a"
    assert not step.response.is_sent


def test_a_page_these_answers_do_not_lead_to_is_refused() -> None:
    with pytest.raises(UnknownPage):
        Response(spec()).answer("safety_c", {"s_plan": ["yes"]})


# ── changes of mind ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_withdrawn_takes_its_branch_with_it() -> None:
    yes = answered(
        answered(Response(spec()), "safety_b", s_thoughts="yes").response, "safety_c", s_plan="yes"
    )
    no = answered(yes.response, "safety_b")
    assert "s_plan" not in no.response.answers
    assert told(no.response) == []
    assert "safety_c" not in {page.code for page in no.response.pages}


def test_an_answer_withdrawn_and_given_again_alerts_again() -> None:
    yes = answered(Response(spec()), "safety_a", s_fit="yes").response
    no = answered(yes, "safety_a").response
    again = answered(no, "safety_a", s_fit="yes").response
    assert again.renewed_since(no) == {("U1", "")}
    assert no.renewed_since(yes) == frozenset()


def test_what_stands_already_is_not_new_beside_another_answer() -> None:
    yes = answered(Response(spec()), "safety_a", s_fit="yes").response
    more = answered(yes, "safety_b", s_thoughts="yes").response
    assert more.renewed_since(yes) == {("U3", "thoughts")}


def test_a_suicide_plan_reported_later_is_a_finding_of_its_own() -> None:
    thoughts = answered(Response(spec()), "safety_b", s_thoughts="yes").response
    plan = answered(thoughts, "safety_c", s_plan="yes").response
    assert plan.renewed_since(thoughts) == {("U3", "plan")}


def test_sending_raises_nothing_that_the_same_answers_have_raised_already() -> None:
    steps = filled(Response(spec()), sx_shaking="4")
    sent, before = steps[-1].response, steps[-2].response
    assert ("H3", "", "high") in told(sent)
    assert sent.renewed_since(before) == frozenset()


def test_the_same_page_twice_changes_nothing() -> None:
    once = answered(Response(spec()), "safety_a", s_fit="yes").response
    twice = answered(once, "safety_a", s_fit="yes").response
    assert twice is once
    assert twice.renewed_since(once) == frozenset()


def test_sending_twice_is_one_response() -> None:
    sent = filled(Response(spec()))[-1].response
    step = answered(sent, "week")
    assert step.sends
    assert step.response is sent


# ── what was answered is kept as it was given ─────────────────────────────────────────────────────────────────


def test_a_bad_answer_leaves_the_old_one_and_is_named() -> None:
    once = answered(Response(spec()), "safety_a", s_fit="yes").response
    step = once.answer("safety_a", {"s_fit": ["perhaps"], "s_seeing": ["no", "yes"]})
    assert step.problems == {"s_fit": "unknown", "s_seeing": "twice"}
    assert step.typed == {"s_fit": "perhaps", "s_seeing": "no"}
    assert step.response.answers == {"s_fit": "yes", "s_seeing": "no"}
    assert [one.rule for one in step.response.findings] == ["U1"]


def test_rather_not_say_is_an_answer_kept_as_such_and_scores_nothing() -> None:
    step = answered(Response(spec("baseline", ago=40)), "phq_a", phq_1=SKIP)
    assert step.response.answers["phq_1"] == SKIP
    assert "phq2" not in step.response.scores


def test_a_text_that_was_emptied_goes_unless_it_was_not_shown() -> None:
    written = answered(Response(spec()), "week", note="I feel better").response
    posted = calm(written, "week")
    assert "note" not in written.answer("week", posted).response.answers
    kept = written.answer("week", posted, unseen=frozenset({"note"})).response
    assert kept.answers["note"] == "I feel better"


def test_what_was_answered_before_is_never_touched() -> None:
    before = answered(Response(spec()), "safety_a").response
    answers = dict(before.answers)
    answered(before, "safety_a", s_fit="yes")
    assert before.answers == answers
    assert told(before) == []


# ── what it comes to ──────────────────────────────────────────────────────────────────────────────────────────


def test_scores_rules_and_pages_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"score": 0}
    original = scoring.score

    def counted(one: QuestionnaireSpec, answers: dict[str, str]) -> dict[str, Score]:
        times["score"] += 1
        return original(one, answers)

    monkeypatch.setattr(scoring, "score", counted)
    response = Response(spec(), {"s_fit": "yes"})
    assert response.findings is response.findings
    assert response.pages is response.pages
    assert response.scores is response.scores
    assert times == {"score": 1}


def test_scoring_that_breaks_is_a_finding_and_the_rules_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(one: QuestionnaireSpec, answers: dict[str, str]) -> dict[str, Score]:
        raise ZeroDivisionError

    monkeypatch.setattr(scoring, "score", broken)
    response = Response(spec(), {"s_fit": "yes"})
    assert told(response) == [("U1", "", "urgent"), ("X0", "scoring", "high")]
    assert isinstance(response.scoring_error, ZeroDivisionError)
    assert response.known()["unscored"] == "ZeroDivisionError"


def test_earlier_responses_and_the_clinic_s_own_numbers_count() -> None:
    whole = {**{f"phq_{n}": "1" for n in range(1, 10)}, "phq_9": "0"}
    now = Response(spec("baseline", ago=40), whole, CheckInState.SUBMITTED)
    assert "H1" not in {one.rule for one in now.findings}
    rising = replace(now, past=(Past(TODAY, {}, {"phq9": Score(1, 0)}),))
    assert "R2" not in {one.rule for one in rising.findings}
    low = replace(now, context=PatientContext(thresholds=Thresholds(phq9_watch=8)))
    assert "R2" in {one.rule for one in low.findings}


def test_what_the_rules_were_given_is_kept_so_that_they_can_be_asked_again() -> None:
    context = PatientContext(taking=False, pregnant=True, substances=frozenset({"kratom"}))
    known = Response(spec(taking=False), {"s_fit": "no"}, context=context).left().known()
    assert (known["whole"], known["abandoned"]) == (True, True)
    assert PatientContext.from_json(known["about"]) == context
