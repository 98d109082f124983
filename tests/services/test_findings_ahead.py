"""Findings that a change brings: those on steps to come, wherever their run began."""

from __future__ import annotations

from plans.domain.taper.limit_rules import Verdict, gathered
from plans.services.plans import consequences
from tests.domain.taper.judging import judged
from tests.domain.taper.schedules import nightly


def test_a_run_that_began_in_the_past_still_names_the_steps_to_come() -> None:
    schedule = nightly("diazepam", ["20", "14", "9.8"])
    (run,) = [one for one in judged(schedule) if one.rule == "ceiling"]
    assert run.steps == (2, 3)
    coming = consequences._from(schedule.steps[2].start, schedule, [run])
    assert [(one.rule, one.step) for one in coming] == [("ceiling", 3)]


def test_cuts_that_the_products_make_larger_are_listed_step_by_step() -> None:
    schedule = nightly("diazepam", ["20", "16", "12.8"])
    (faster,) = [
        one for one in judged(schedule, asked={2: 200_000, 3: 160_000}) if one.rule == "faster_than_asked"
    ]
    assert faster.facts["cuts"] == {"2": "-20.00", "3": "-20.00"}
    (coming,) = consequences._from(schedule.steps[2].start, schedule, [faster])
    assert (coming.steps, coming.facts["cuts"], coming.facts["count"]) == ((3,), {"3": "-20.00"}, 1)
    assert gathered(faster.each) == (faster,)


def test_a_step_that_only_moves_is_no_new_finding() -> None:
    def last_of(doses: list[str], asked: dict[int, int]) -> Verdict:
        found = [
            one for one in judged(nightly("diazepam", doses), asked=asked) if one.rule == "faster_than_asked"
        ]
        return found[0].each[-1]

    here = last_of(["20", "16"], {2: 200_000})
    moved = last_of(["20", "20", "16"], {3: 200_000})
    assert (here.step, moved.step) == (2, 3)
    assert consequences._figures(here) == consequences._figures(moved)
