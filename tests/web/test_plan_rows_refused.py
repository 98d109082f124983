"""What a refused line of typed rows says: which line, what was wrong, and what to write."""

from __future__ import annotations

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.refusals import BadDate, TooLong
from plans.web.clinician.plan.rows import read_rows
from plans.wording import plans


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type at least one step: its days, a colon and the dose, such as “14: 1.5”."),
        (
            "14: 1\nfoo",
            (
                "Line 2: “foo” is not a step. Write its days, a colon and the dose, such as “14: 1.5” or “14: "
                "morning 0.5, night 1”."
            ),
        ),
        (
            "14: 1\n\n14: night 1, one",
            "Line 3: “one” is not a dose. Write a time of day and the mg, such as “night 1.5”.",
        ),
        ("14: 1\n0: 0.5", "Line 2: 0 is outside the range: enter 1 to 3653."),
        ("14: night 1, night 0.5", "Line 1: “night clonazepam” appears twice here: leave one out."),
        (
            "days,total\n14,1\n14 days,0.5",
            "Line 3: “14 days” is not a number of days. Write digits alone, such as 14.",
        ),
        ("days,total\n14,1\n14,.5", "Line 3: “.5” has no digit before the point. Write 0.5."),
    ],
)
def test_a_line_that_is_not_a_step_is_named_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(TaperError) as refused:
        read_rows(text, ["clonazepam"])
    assert plans.problem(refused.value) == said


def test_a_plan_that_takes_too_long_says_so_and_not_that_a_text_does() -> None:
    said = plans.problem(TooLong(most_days=3653, most_steps=4000))
    assert said.startswith("The plan would be longer than 3653 days")


def test_a_date_left_empty_is_missing() -> None:
    assert plans.problem(BadDate(raw="", why="missing")) == "A date is missing. Write it like 2026-11-30."
