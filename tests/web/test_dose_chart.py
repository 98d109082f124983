"""The small step chart on a patient's page: its words never overlap its lines, on any day."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest

from plans.domain.taper.schedule import Schedule
from plans.web.patient.plan.dose_chart import LEFT, RIGHT, TOP, WORDS, Way, way_of
from tests.domain.taper.asking import built

MESSAGES = 16
"""How high the words are, in units of the picture."""


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return built().schedule


def corners(path: str) -> list[tuple[float, float]]:
    """The corners of a path made of M, H and V."""
    x = y = 0.0
    found = []
    for message, numbers in re.findall(r"([MHV])([\d. ]+)", path):
        given = [float(one) for one in numbers.split()]
        x = given[0] if message in "MH" else x
        y = given[-1] if message in "MV" else y
        found.append((x, y))
    return found


def span(way: Way) -> tuple[float, float]:
    """From where to where the words reach."""
    at = float(way.label_x)
    return (at - WORDS, at) if way.label_end else (at, at + WORDS)


@pytest.mark.parametrize("share", range(0, 101, 5))
def test_the_words_cross_no_line_and_stay_in_the_picture(schedule: Schedule, share: int) -> None:
    way = way_of(schedule, schedule.start + timedelta(days=schedule.days * share // 100))
    begins, ends = span(way)
    foot = float(way.label_y)
    assert begins >= LEFT
    assert ends <= RIGHT + 12
    assert foot - MESSAGES >= 0
    line = corners(way.line_done) + corners(way.line_to_come)
    for (
        (left, y),
        (right, _),
    ) in itertools.pairwise(line):
        if right > begins and left < ends:
            assert not foot - MESSAGES < y < foot, (left, y)


def test_the_first_dose_is_named_where_there_is_room(schedule: Schedule) -> None:
    assert not way_of(schedule, schedule.start).start_shown
    assert way_of(schedule, schedule.start + timedelta(days=schedule.days // 2)).start_shown


def test_a_day_before_or_after_the_plan_is_drawn_at_its_edge(schedule: Schedule) -> None:
    assert float(way_of(schedule, schedule.start - timedelta(days=9)).x) == LEFT
    assert float(way_of(schedule, schedule.end + timedelta(days=900)).x) <= RIGHT


def test_the_highest_dose_reaches_the_top(schedule: Schedule) -> None:
    assert corners(way_of(schedule, schedule.start).line_to_come)[0] == (LEFT, TOP)
