"""Ten thousand random responses: each can be stored, and the rules find the same in what is stored."""

from __future__ import annotations

import json
import random
import statistics
from dataclasses import astuple
from datetime import date
from pathlib import Path

import pytest

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.flagging import Evidence, PatientContext
from plans.domain.checkins.instrument import SKIP, Item, Kind
from plans.domain.checkins.response import Response
from plans.domain.checkins.scoring import Past
from plans.domain.checkins.spec import QuestionnaireSpec, decide
from tests.domain.checkins.effort import effort_of
from tests.makers_checkins import CALM

DOCS = Path(__file__).resolve().parents[3] / "docs" / "check-ins.md"
TODAY = date(2026, 11, 23)
TEXTS = ("", "", "I feel better", "cannot breathe", "quiero morir", "7 tablets")


def an_ask(dice: random.Random) -> QuestionnaireSpec:
    last = {"phq9": date(2026, 11, 1), "gad7": date(2026, 11, 1)} if dice.random() < 0.7 else {}
    return decide(
        form=dice.choice(("weekly", "weekly", "baseline")),
        language=dice.choice(("en", "en", "es")),
        today=TODAY,
        last_long=last,
        taking=dice.random() < 0.8,
    )


def an_answer(item: Item, dice: random.Random) -> str:
    if item.kind is Kind.TEXT:
        return dice.choice(TEXTS)
    if dice.random() < 0.03:
        return SKIP
    if item.kind is Kind.NUMBER:
        return str(dice.randint(item.minimum, item.maximum))
    return dice.choice(item.options).value


def random_answers(ask: QuestionnaireSpec, dice: random.Random) -> dict[str, str]:
    """A complete response: branches are followed until no question is open."""
    answers: dict[str, str] = {}
    asked: set[str] = set()
    while True:
        fresh = [code for page in Response(ask, answers).pages for code in page.items if code not in asked]
        if not fresh:
            return dict(Response(ask).with_answers(answers).answers)
        for code in fresh:
            asked.add(code)
            item = Response(ask, answers).items.get(code)
            value = an_answer(item, dice) if item is not None else ""
            if value:
                answers[code] = value


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_rule_finds_the_same_in_ten_thousand_responses_read_back_from_what_is_stored() -> None:
    dice = random.Random(20261122)
    before: tuple[Past, ...] = ()
    fired: set[str] = set()
    for _n in range(10_000):
        ask = an_ask(dice)
        answers = random_answers(ask, dice)
        scores = scoring.score(ask, answers)
        about = PatientContext(taking=ask.taking, pregnant=dice.random() < 0.1)
        found = flags.evaluate(Evidence(answers, scores, before, about), whole=True)
        stored = json.loads(
            json.dumps(
                [ask.form, ask.to_json(), answers, scoring.to_json(scores, before)], ensure_ascii=False
            )
        )
        again = QuestionnaireSpec.from_json(stored[0], stored[1])
        assert again == ask
        assert scoring.score(again, stored[2]) == scoring.from_json(stored[3]) == scores
        assert flags.evaluate(Evidence(stored[2], scores, before, about), whole=True) == found
        fired |= {one.rule for one in found}
        before = (*before[-2:], Past(TODAY, answers, scores))
    assert flags.BROKEN.code not in fired
    assert fired == {rule.code for rule in flags.RULES}


def calm_answers(ask: QuestionnaireSpec) -> dict[str, str]:
    """The answers of somebody who is well."""
    found: dict[str, str] = {}
    for page in Response(ask).pages:
        for code in page.items:
            item = ask.questionnaire(page.questionnaire).items[code]
            if item.kind is not Kind.TEXT:
                found[code] = CALM.get(code, item.options[0].value if item.options else str(item.minimum))
    return found


def median_effort(form: str, *, calm: bool) -> tuple[int, int, int]:
    """Median pages, taps and key presses of 200 responses."""
    dice = random.Random(7)
    last = {} if form == "baseline" else {"phq9": TODAY, "gad7": TODAY}
    ask = decide(form=form, language="en", today=TODAY, last_long=last, taking=True)
    found = [effort_of(ask, calm_answers(ask) if calm else random_answers(ask, dice)) for _n in range(200)]
    return tuple(int(statistics.median(one)) for one in zip(*map(astuple, found), strict=True))  # type: ignore[return-value]  # three medians


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "form", "calm"),
    [
        ("Weekly, nothing to report", "weekly", True),
        ("Weekly, answers at random", "weekly", False),
        ("With both long scales, nothing to report", "baseline", True),
    ],
)
def test_the_effort_in_the_docs_is_what_the_form_asks(row: str, form: str, calm: bool) -> None:
    pages, taps, keys = median_effort(form, calm=calm)
    assert f"| {row} | {pages} | {taps} | {keys} |" in DOCS.read_text(encoding="utf-8")
