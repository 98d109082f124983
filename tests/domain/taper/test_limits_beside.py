"""The limits other than pace: gaps, maximum doses, half-lives, days of the week, products without a source."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.domain.taper.equivalence import PairNotCovered
from plans.domain.taper.limit_rules import RULES, LimitLevel
from plans.domain.taper.products import Form
from plans.domain.taper.schedule import Schedule, StepKind, TimeOfDay
from tests.domain.taper.judging import found, judged
from tests.domain.taper.schedules import MONDAY, drops, laid_out, nightly, pieces, tablet


def alternating(drug: str, dose: str) -> Schedule:
    return laid_out(drug, [(1, [drops(drug, dose)]), (1, []), (1, [drops(drug, dose)]), (1, [])])


def test_alternate_days_of_a_short_acting_drug_need_a_reason() -> None:
    assert found(alternating("lorazepam", "0.5"), "alternate_day") == [(2, LimitLevel.NEEDS_REASON)]


def test_alternate_days_of_a_long_acting_drug_are_a_note() -> None:
    assert found(alternating("diazepam", "2"), "alternate_day") == [(2, LimitLevel.NOTE)]


def test_more_than_the_maximum_needs_a_reason_once() -> None:
    schedule = nightly("diazepam", ["44", "42", "40"])
    (verdict,) = [v for v in judged(schedule) if v.rule == "max_dose"]
    assert (verdict.steps, verdict.level, verdict.facts["count"]) == ((1, 2), LimitLevel.NEEDS_REASON, 2)
    assert (verdict.mark, verdict.source) == ("unverified", "common knowledge, unconfirmed")


def test_the_maximum_itself_is_not_over_it() -> None:
    assert found(nightly("diazepam", ["40", "38"]), "max_dose") == []


def test_above_the_maximum_and_above_what_is_taken_now_is_refused() -> None:
    schedule = nightly("diazepam", ["42", "44"])
    assert found(schedule, "above_max_and_now") == [(2, LimitLevel.REFUSED)]
    assert found(schedule, "max_dose") == []


def test_above_the_maximum_after_a_crossover_at_equal_doses_needs_a_reason() -> None:
    rows = [(14, [drops("clonazepam", "4")]), (14, [drops("diazepam", "80")])]
    schedule = laid_out("diazepam", rows, kinds={2: StepKind.CROSSOVER})
    assert found(schedule, "max_dose") == [(2, LimitLevel.NEEDS_REASON)]


def test_a_crossover_that_rises_above_the_maximum_is_refused() -> None:
    rows = [(14, [drops("clonazepam", "4")]), (14, [drops("diazepam", "80.1")])]
    schedule = laid_out("diazepam", rows, kinds={2: StepKind.CROSSOVER})
    assert found(schedule, "above_max_and_now") == [(2, LimitLevel.REFUSED)]


def test_cuts_closer_than_four_half_lives_are_a_note_once() -> None:
    # Nordiazepam: 62 hours, four are 10 days and 8 hours.
    assert found(nightly("diazepam", ["40", "39", "38", "37"], days=10), "four_half_lives") == [
        (3, LimitLevel.NOTE)
    ]
    assert found(nightly("diazepam", ["40", "39", "38", "37"], days=11), "four_half_lives") == []


@pytest.mark.parametrize(("days", "noted"), [(6, True), (7, False)])
def test_exactly_four_half_lives_are_long_enough(days: int, noted: bool) -> None:
    # clonazepam is modelled with 39 h: four half-lives are 156 h, six and a half days
    schedule = nightly("clonazepam", ["2", "1.9", "1.8", "1.7"], days=days)
    assert bool(found(schedule, "four_half_lives")) is noted


def test_each_drug_is_measured_by_its_own_half_life() -> None:
    # 7 days are four half-lives of lorazepam and not of diazepam, which falls after it
    both = [("2", "10"), ("1", "10"), ("0.5", "10"), ("0", "10"), ("0", "5"), ("0", "2"), ("0", "0")]
    rows = [
        (7, [drops(drug, mg) for drug, mg in zip(("lorazepam", "diazepam"), row, strict=True) if mg != "0"])
        for row in both
    ]
    schedule = laid_out("diazepam", rows)
    notes = [verdict for verdict in judged(schedule) if verdict.rule == "four_half_lives"]
    assert [(verdict.facts["drug"], verdict.step) for verdict in notes] == [("diazepam", 6)]


@pytest.mark.parametrize(("offset", "noted"), [(0, False), (2, False), (3, True), (4, True), (6, True)])
def test_a_start_after_wednesday_is_a_note(offset: int, noted: bool) -> None:
    schedule = nightly("diazepam", ["20"], start=MONDAY + timedelta(days=offset))
    assert bool(found(schedule, "start_day")) is noted


@pytest.mark.parametrize(
    ("offset", "day"), [(3, None), (4, "friday"), (5, "saturday"), (6, "sunday"), (7, None)]
)
def test_a_cut_before_the_clinic_closes_is_a_note(offset: int, day: str | None) -> None:
    rows = [(14 + offset, [drops("diazepam", "20")]), (14, [drops("diazepam", "19")])]
    days = [v.facts["day"] for v in judged(laid_out("diazepam", rows)) if v.rule == "cut_day"]
    assert days == ([day] if day else [])


def test_a_cut_on_a_clinic_holiday_is_a_note() -> None:
    schedule = nightly("diazepam", ["20", "19"])
    closed = frozenset({MONDAY + timedelta(days=14)})
    (verdict,) = judged(schedule, holidays=closed)
    assert (verdict.rule, verdict.step, verdict.facts["day"]) == ("cut_day", 2, "holiday")


def test_daily_cuts_name_only_the_first_closed_day() -> None:
    daily = [str(100 - n) for n in range(30)]
    assert found(nightly("diazepam", daily, days=1), "cut_day") == [(5, LimitLevel.NOTE)]


def test_a_strength_without_a_source_asks_for_a_confirmation() -> None:
    listed = laid_out("zolpidem", [(14, [pieces(tablet("zolpidem", "7.5", form=Form.CAPSULE), 4)])])
    unheard = laid_out("diazepam", [(14, [pieces(tablet("diazepam", "7"), 4)])])
    verified = laid_out("diazepam", [(14, [pieces(tablet("diazepam", "5"), 4)])])
    assert found(listed, "unverified_product") == [(1, LimitLevel.NEEDS_REASON)]
    assert found(unheard, "unverified_product") == [(1, LimitLevel.NEEDS_REASON)]
    assert found(verified, "unverified_product") == []


def test_a_product_the_clinic_confirmed_asks_for_nothing() -> None:
    product = tablet("zolpidem", "7.5", form=Form.CAPSULE)
    schedule = laid_out("zolpidem", [(14, [pieces(product, 4)])])
    assert found(schedule, "unverified_product", confirmed=frozenset({product})) == []


def test_the_same_strength_in_another_form_is_another_product() -> None:
    schedule = laid_out("clonazepam", [(14, [pieces(tablet("clonazepam", "0.125", form=Form.TABLET), 4)])])
    assert found(schedule, "unverified_product") == [(1, LimitLevel.NEEDS_REASON)]


def test_several_drugs_need_a_table_that_covers_each() -> None:
    rows = [(14, [drops("zolpidem", "10"), drops("diazepam", "20", TimeOfDay.MORNING)])]
    with pytest.raises(PairNotCovered):
        judged(laid_out("diazepam", rows), "nsw")


def test_every_rule_has_a_source_and_ours_say_so() -> None:
    for rule in RULES.values():
        assert len(rule.source) > 20
    assert "Taperplan" in RULES["tail"].source
