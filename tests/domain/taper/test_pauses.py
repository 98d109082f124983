"""Days on which no dose changes, and steps that lengthen: by every generated method."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.taper.engine import build
from plans.domain.taper.methods import METHODS
from plans.domain.taper.refusals import EndsBeforeStart, TooFewSteps, TooLong
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import StepKind
from plans.wording.taper import says
from tests.domain.taper.asking import asked, built, doses, plans

GENERATED = tuple(name for name in METHODS if name != "typed")
EXAMS: dict[str, Any] = {"pauses": [{"from": "2026-12-10", "days": 14}]}


def test_a_cut_that_falls_in_a_pause_waits_for_the_day_after_and_all_later_ones_with_it() -> None:
    plain, paused = built().schedule.steps, built(**EXAMS).schedule.steps
    assert [step.doses for step in paused] == [step.doses for step in plain]
    assert (paused[0].days, paused[1].start) == (24, date(2026, 12, 24))
    assert [step.days for step in paused[1:]] == [step.days for step in plain[1:]]
    assert [step.kind for step in paused] == [step.kind for step in plain]
    assert built(**EXAMS).longer == built().longer


def test_the_stop_waits_too_and_pauses_that_meet_are_one() -> None:
    end = built().schedule.end
    pauses = [
        {"from": (end - timedelta(days=2)).isoformat(), "days": 5},
        {"from": (end + timedelta(days=3)).isoformat(), "days": 4},
    ]
    paused = built(pauses=pauses).schedule
    assert (paused.steps[-1].kind, paused.end) == (StepKind.STOP, end + timedelta(days=7))


def test_a_date_to_arrive_by_is_kept() -> None:
    method = {"name": "target_date", "by": "2027-06-30", "interval_days": 14}
    paused = built(method=method, pauses=[{"from": "2027-01-01", "days": 28}]).schedule
    assert paused.end <= date(2027, 6, 30)
    assert not any(date(2027, 1, 1) <= step.start <= date(2027, 1, 28) for step in paused.steps[1:])


def test_the_pauses_are_kept_in_the_request_and_refused_beside_typed_rows() -> None:
    request = asked(**EXAMS)
    assert request.to_json()["pauses"] == EXAMS["pauses"]
    assert TaperRequest.from_json(request.to_json()) == request
    assert "pauses" not in asked().to_json()
    rows = {"name": "typed", "rows": [{"days": 7, "total_mg": "1.5"}]}
    with pytest.raises(TaperError) as refused:
        asked(method=rows, **EXAMS)
    assert (refused.value.code, refused.value.where) == ("pauses_typed", "pauses")
    assert "make the row before each of them longer" in says(refused.value)


@pytest.mark.parametrize(
    ("pause", "where"),
    [({"from": "10.12.2026", "days": 14}, "from"), ({"from": "2026-12-10", "days": 0}, "days"),
     ({"from": "2026-12-10"}, "days"), ({"from": "2026-12-10", "days": 1, "why": "x"}, "why")],
)  # fmt: skip
def test_a_pause_that_does_not_read_is_refused_at_its_place(pause: dict[str, Any], where: str) -> None:
    with pytest.raises(TaperError) as refused:
        asked(pauses=[pause])
    assert refused.value.where == f"pauses[0].{where}"


@pytest.mark.slow
@given(request=plans(names=GENERATED), first=st.integers(0, 200), days=st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_no_dose_changes_on_the_days_of_a_pause_by_any_method(
    request: dict[str, Any], first: int, days: int
) -> None:
    start = date(2026, 11, 30) + timedelta(days=first)
    try:
        made = build(
            TaperRequest.from_json({**request, "pauses": [{"from": start.isoformat(), "days": days}]})
        )
    except (TooLong, TooFewSteps, EndsBeforeStart):
        reject()
    steps = made.schedule.steps
    assert not any(start <= step.start < start + timedelta(days=days) for step in steps[1:])
    assert all(after.start == before.end + timedelta(days=1) for before, after in pairwise(steps))


@pytest.mark.parametrize(
    "method",
    [{"name": "percent_of_current", "percent": "50"}, {"name": "percent_of_original", "percent": "25"},
     {"name": "fixed_amount", "amount_mg": "0.5"}],
)  # fmt: skip
def test_each_interval_is_longer_than_the_one_before_by_the_days_asked_for(method: dict[str, Any]) -> None:
    grows = {**method, "interval_days": 14, "lengthen_days": 3}
    lengthened = built(method=grows)
    plain = built(method={**method, "interval_days": 14})
    assert doses(lengthened) == doses(plain)
    assert [step.days for step in lengthened.schedule.steps[:3]] == [14, 17, 20]
    assert lengthened.longer == ()
    assert lengthened.request.method.to_json() == grows


def test_an_interval_that_does_not_grow_is_written_as_before() -> None:
    assert "lengthen_days" not in asked().method.to_json()
    with pytest.raises(TaperError) as refused:
        asked(method={"name": "percent_of_current", "percent": "10", "interval_days": 14, "lengthen_days": 0})
    assert refused.value.where == "method.lengthen_days"


def test_pauses_begin_on_their_first_day() -> None:
    paused = built(pauses=[{"from": "2026-12-14", "days": 1}]).schedule.steps
    assert paused[1].start == date(2026, 12, 15)
