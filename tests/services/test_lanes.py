"""Which answers are drawn under the dose, and where the threshold lines are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from plans.domain.checkins.lanes import LaneSet
from plans.services.checkins import rules, sessions
from plans.services.plans import pictures
from tests.makers_checkins import START, answer_all, asked, on
from tests.present import present

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def story():
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link), sx_shaking="3", sx_thinking="2")
        yield made


def codes(data):
    return [lane.code for lane in data.lanes]


def test_every_set_can_be_drawn_and_no_lane_stands_twice_in_one(story):
    for name in LaneSet:
        data = pictures.picture(story.clinic.reader, story.plan.pk, lanes=name)
        assert len(set(codes(data))) == len(codes(data))
        assert (data.level is not None) == (name is LaneSet.LEVEL)


def test_an_answer_stands_in_its_lane_on_its_day(story):
    data = pictures.picture(story.clinic.reader, story.plan.pk, lanes=LaneSet.BODY)
    lane = next(lane for lane in data.lanes if lane.code == "sx_shaking")
    assert [(point.day, point.value) for point in lane.points] == [(START.date(), 3)]


def test_the_long_scales_are_totals_and_a_check_in_without_them_is_no_gap(story):
    with on(story.occasion.due_at + timedelta(days=8)):
        answer_all(sessions.unscheduled(story.link, nonce="n" * 20))
        data = pictures.picture(story.clinic.reader, story.plan.pk, lanes=LaneSet.SCALES)
    found = {lane.code: [point.value for point in lane.points] for lane in data.lanes}
    assert found["phq9"] == [0]
    assert found["phq2"] == [0, 0]


def test_the_line_to_look_at_is_that_of_the_rules_in_force(story):
    def watch(name, code):
        data = pictures.picture(story.clinic.reader, story.plan.pk, lanes=name)
        return next(lane.watch for lane in data.lanes if lane.code == code)

    assert (
        watch(LaneSet.CORE, "phq2"),
        watch(LaneSet.SCALES, "phq9"),
        watch(LaneSet.BODY, "sx_shaking"),
    ) == (3, 10, 3)
    seen = rules.for_patient(story.clinic.primary, story.patient.pk).seen_version
    usual = asdict(rules.for_patient(story.clinic.primary, story.patient.pk).clinic)
    rules.set_for_patient(
        by=story.clinic.primary,
        patient_id=story.patient.pk,
        seen_version=seen,
        thresholds={**usual, "phq9_watch": 8},
        every_weeks=1,
        after_cut_days=5,
    )
    assert watch(LaneSet.SCALES, "phq9") == 8


def test_beside_an_item_what_its_flags_rest_on_stands_first(story):
    data = pictures.picture_beside(story.clinic.reader, story.plan.pk, {"sx_shaking", "s_thoughts"})
    assert codes(data) == ["sx_shaking", "phq2", "gad2", "sx_sleep", "sx_swings"]


def test_the_relative_level_begins_at_the_first_days_average_and_ends_near_nothing(story):
    level = present(pictures.picture(story.clinic.reader, story.plan.pk, lanes=LaneSet.LEVEL).level)
    first, last = level.days[0], level.days[-1]
    assert first.low < 100 < first.high
    assert last.high < 5
    assert [one.drug for one in level.inputs] == ["clonazepam"]
