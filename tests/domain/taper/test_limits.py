"""The limits on how much is taken away: pace, ceiling and tail, each just under and just over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.measure import bases, change_percent, measure
from plans.domain.taper.request import Intake, TakenBefore
from plans.domain.taper.schedule import Schedule, StepKind, TimeOfDay
from plans.domain.taper.taken import lived
from tests.domain.taper.judging import found, judged
from tests.domain.taper.schedules import drops, laid_out, mg, nightly, pieces, tablet

# ── the ceiling, the pace and the window ─────────────────────────────────────────────────────────────────────


def test_exactly_25_percent_is_not_over_the_ceiling() -> None:
    assert found(nightly("diazepam", ["20", "15"]), "ceiling") == []


def test_a_hair_more_than_25_percent_is_over_the_ceiling() -> None:
    schedule = nightly("diazepam", ["20", "14.99999"])
    assert found(schedule, "ceiling") == [(2, LimitLevel.NEEDS_REASON)]


def test_two_small_cuts_in_a_fortnight_count_together() -> None:
    schedule = nightly("diazepam", ["20", "17", "14"], days=7)
    assert found(schedule, "ceiling") == [(3, LimitLevel.NEEDS_REASON)]


def test_the_window_is_the_14_dates_that_end_on_the_day_of_the_cut() -> None:
    # Cut on day 0 and again on day 13: both dates are among the 14. On day 14 the first has left the window.
    within = laid_out("diazepam", [(5, [drops("diazepam", "20")]), (13, [drops("diazepam", "17")]),
                                   (14, [drops("diazepam", "14")])])  # fmt: skip
    after = laid_out("diazepam", [(5, [drops("diazepam", "20")]), (14, [drops("diazepam", "17")]),
                                  (14, [drops("diazepam", "14")])])  # fmt: skip
    assert found(within, "ceiling") == [(3, LimitLevel.NEEDS_REASON)]
    assert found(after, "ceiling") == []


def test_cuts_of_10_percent_every_14_days_are_the_guidelines_pace() -> None:
    assert found(nightly("diazepam", ["20", "18", "16.2", "14.58"]), "pace") == []


def test_more_than_19_percent_in_28_days_is_faster_than_the_guidelines_pace() -> None:
    # a smallest piece is 0.00001 mg
    assert found(nightly("diazepam", ["20", "18", "16.19999"]), "pace") == [(3, LimitLevel.NOTE)]
    (verdict,) = [v for v in judged(nightly("diazepam", ["20", "18", "16.1999"])) if v.rule == "pace"][-1:]
    assert (verdict.step, verdict.level, verdict.facts["per"]) == (3, LimitLevel.NEEDS_REASON, "window")
    assert (verdict.facts["before_mg"], verdict.facts["after_mg"]) == ("20", "16.1999")


def test_the_window_of_the_pace_is_the_28_dates_that_end_on_the_day_of_the_cut() -> None:
    def three(last: int) -> Schedule:
        doses = [drops("diazepam", dose) for dose in ("20", "18.4", "17", "15.8")]
        return laid_out("diazepam", [(9, doses[:1]), (14, doses[1:2]), (last, doses[2:3]), (14, doses[3:])])

    assert found(three(13), "pace") == [(4, LimitLevel.NEEDS_REASON)]
    assert found(three(14), "pace") == []


@pytest.mark.parametrize(
    ("after", "levels"),
    [
        ("18", []),
        ("17.99", [LimitLevel.NOTE]),
        ("17.5", [LimitLevel.NOTE]),
        ("17.49", [LimitLevel.NEEDS_REASON]),
    ],
)
def test_a_single_cut_is_read_above_a_tenth_and_signed_for_above_an_eighth(
    after: str, levels: list[LimitLevel]
) -> None:
    assert [level for _, level in found(nightly("diazepam", ["20", after]), "pace")] == levels


def test_two_cuts_in_a_fortnight_within_the_pace_of_a_month_are_no_finding() -> None:
    assert found(nightly("diazepam", ["20", "18.4", "17", "17", "17"], days=7), "pace") == []


def quartered(*quarters: int) -> Schedule:
    """Nights of quarters of a 10 mg tablet: pieces of 2.5 mg."""
    product = tablet("diazepam", "10", split=4)
    return laid_out("diazepam", [(28, [pieces(product, count)]) for count in quarters])


def test_what_passes_the_pace_by_no_more_than_a_smallest_piece_is_rounding() -> None:
    # 20 to 17.5 mg is 12.5 %, 20 to 15 mg is 25 %: the figure is passed by 2.5 mg, one quarter
    (verdict,) = judged(quartered(8, 6))
    assert (verdict.rule, verdict.level, verdict.facts["rounding_mg"]) == ("pace", LimitLevel.NOTE, "2.5")
    (verdict,) = judged(nightly("diazepam", ["20", "15"], days=28))
    assert (verdict.rule, verdict.level) == ("pace", LimitLevel.NEEDS_REASON)


def test_the_figures_of_the_ceiling_have_no_tolerance() -> None:
    assert found(quartered(7, 5), "ceiling") == [(2, LimitLevel.NEEDS_REASON)]


def test_the_days_before_the_plan_count_for_the_pace() -> None:
    def nights(days: int, dose: str) -> TakenBefore:
        return TakenBefore(days, (Intake(TimeOfDay.NIGHT, "diazepam", mg(dose)),))

    schedule = nightly("diazepam", ["17", "15.9"])
    now = [drops("diazepam", "17")]
    earlier = lived(schedule, now=now, before=[nights(20, "20"), nights(13, "17")])
    long_ago = lived(schedule, now=now, before=[nights(20, "20"), nights(14, "17")])
    assert found(schedule, "pace", lived=earlier) == [(2, LimitLevel.NEEDS_REASON)]
    assert found(schedule, "pace", lived=long_ago) == []


def test_a_cut_over_the_ceiling_is_not_reported_twice() -> None:
    rules = [verdict.rule for verdict in judged(nightly("diazepam", ["20", "10"]))]
    assert rules == ["ceiling"]


def test_the_same_cut_over_four_weeks_of_small_steps_is_within_the_pace() -> None:
    schedule = nightly("diazepam", ["20", "19", "18.5", "18", "17.5"], days=7)
    assert [v.rule for v in judged(schedule) if v.rule in ("pace", "ceiling")] == []


def test_daily_cuts_that_go_on_too_fast_are_one_finding_with_the_worst_figure() -> None:
    daily = [str(100 - n) for n in range(40)]
    verdicts = [v for v in judged(nightly("diazepam", daily, days=1)) if v.rule == "pace"]
    assert len(verdicts) == 1
    assert (verdicts[0].step, verdicts[0].steps) == (21, tuple(range(21, 41)))
    assert (verdicts[0].facts["at_step"], verdicts[0].facts["change_percent"]) == (40, "-31.46")


def test_a_finding_names_step_figure_rule_and_source() -> None:
    (verdict,) = judged(nightly("diazepam", ["15", "11"]))
    assert (verdict.rule, verdict.step, verdict.facts["change_percent"]) == ("ceiling", 2, "-26.67")
    assert verdict.facts["window_days"] == 14
    assert "recommendation 6" in verdict.source
    assert verdict.mark == "verified"


# ── the tail ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_published_last_steps_of_a_milligram_of_diazepam_are_notes() -> None:
    levels = {v.level for v in judged(nightly("diazepam", ["5", "4", "3", "2", "1", "0"]))}
    assert levels == {LimitLevel.NOTE}


def test_just_above_the_exemption_the_percentage_stands() -> None:
    assert found(nightly("diazepam", ["5", "3.7"]), "ceiling") == [(2, LimitLevel.NOTE)]
    assert found(nightly("diazepam", ["5.00001", "3.7"]), "ceiling") == [(2, LimitLevel.NEEDS_REASON)]


def test_at_a_low_dose_more_than_a_milligram_in_14_days_needs_a_reason() -> None:
    assert found(nightly("diazepam", ["4", "3"]), "tail") == []
    assert found(nightly("diazepam", ["4", "2.99999"]), "tail") == [(2, LimitLevel.NEEDS_REASON)]
    assert found(nightly("diazepam", ["4", "3.4", "2.8"], days=7), "tail") == [(3, LimitLevel.NEEDS_REASON)]


def test_the_exemption_depends_on_the_table_that_was_chosen() -> None:
    cut = nightly("clonazepam", ["0.5", "0.35"])
    assert found(cut, "ceiling", "ashton_2002") == [(2, LimitLevel.NEEDS_REASON)]
    assert found(cut, "ceiling", "va_dod_2021") == [(2, LimitLevel.NOTE)]


def test_without_an_equivalent_there_is_no_exemption() -> None:
    assert found(nightly("zaleplon", ["0.1", "0.05"]), "ceiling", "nsw") == [(2, LimitLevel.NEEDS_REASON)]


def test_a_bare_range_exempts_only_what_its_stronger_end_exempts() -> None:
    # Ashton: estazolam 1 to 2 mg. 0.5 mg is 5 mg of diazepam at the stronger end.
    assert found(nightly("estazolam", ["0.5", "0.3"]), "ceiling") == [(2, LimitLevel.NOTE)]
    assert found(nightly("estazolam", ["0.6", "0.3"]), "ceiling") == [(2, LimitLevel.NEEDS_REASON)]


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_stopping_from_a_milligram_of_diazepam_is_what_published_tapers_do() -> None:
    assert found(nightly("diazepam", ["2", "1", "0"]), "stop_from") == []


def test_stopping_from_more_needs_a_reason() -> None:
    schedule = nightly("diazepam", ["2", "1.1", "0"])
    assert found(schedule, "stop_from") == [(3, LimitLevel.NEEDS_REASON)]
    assert found(schedule, "tail") == []


def test_a_last_step_larger_than_the_cut_before_it_is_noted() -> None:
    assert found(nightly("diazepam", ["1.4", "1", "0"]), "coarse_end") == [(3, LimitLevel.NOTE)]
    assert found(nightly("diazepam", ["2", "1", "0"]), "coarse_end") == []


def test_a_plan_to_a_maintenance_dose_does_not_stop() -> None:
    schedule = nightly("diazepam", ["10", "9"])
    assert judged(schedule, goal=mg("9")) == []


def test_a_drug_that_a_crossover_replaces_is_not_stopped() -> None:
    old, new = drops("lorazepam", "2"), drops("diazepam", "20")
    schedule = laid_out("diazepam", [(7, [old]), (14, [new])], kinds={2: StepKind.CROSSOVER})
    assert [v.rule for v in judged(schedule)] == []


def test_one_of_two_drugs_that_is_dropped_is_stopped() -> None:
    both = [drops("zolpidem", "10"), drops("diazepam", "20", TimeOfDay.MORNING)]
    schedule = laid_out("diazepam", [(14, both), (14, both[1:])])
    assert found(schedule, "stop_from") == [(2, LimitLevel.NEEDS_REASON)]


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [("15", "11", "-26.67"), ("1", "1.125", "+12.50"), ("1", "1", "0.00"), ("0", "0", "0.00"), ("0", "1", "+100.00"),
     ("3", "2", "-33.33"), ("1", "0", "-100.00"), ("800", "799.96", "-0.01"), ("800", "799.97", "0.00")],
)  # fmt: skip
def test_a_change_is_signed_and_has_two_decimals(before: str, after: str, written: str) -> None:
    assert change_percent(mg(before), mg(after)) == written


@pytest.mark.slow
@given(st.integers(1, 10**8), st.integers(0, 10**8))
def test_a_change_is_the_exact_percentage_rounded(before: int, after: int) -> None:
    exact = Fraction(100 * (after - before), before)
    assert abs(Fraction(change_percent(Dose(before), Dose(after))) - exact) <= Fraction(1, 200)


def base_doses(schedule: Schedule) -> list[str]:
    known = lived(schedule, now=schedule.steps[0].doses)
    meter = measure(schedule.drugs, "ashton_2002")
    found = bases(schedule, known, [meter.of(one.doses) for one in known.days], meter.of(known.now))
    return [meter.dose(base).text for base in found]


def test_the_base_of_a_cut_is_the_highest_day_of_the_14_before_it() -> None:
    assert base_doses(nightly("diazepam", ["20", "18", "16"], days=7)) == ["20", "20", "20"]
    assert base_doses(nightly("diazepam", ["20", "10", "20", "10"], days=7)) == ["20", "20", "20", "20"]
    assert base_doses(nightly("diazepam", ["20", "18", "16"], days=14)) == ["20", "20", "18"]


def oracle(doses: Sequence[Fraction], day: int) -> bool:
    """Over 25 % by the words of the rule, day by day: the highest dose of the 14 days before, and the dose now."""
    base = max(doses[max(0, day - 14) : day])
    return doses[day] < doses[day - 1] and (base - doses[day]) / base > Fraction(1, 4)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9)), min_size=1, max_size=12),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
)
def test_the_ceiling_agrees_with_counting_days(rows: list[tuple[int, int]], start: date) -> None:
    level, steps, days = 100, [], []
    for length, cut in rows:
        level -= cut
        steps.append((length, [drops("diazepam", str(level))]))
        days += [Fraction(level)] * length
    schedule = laid_out("diazepam", steps, start=start)
    first_days = [(step.start - schedule.start).days for step in schedule]
    expected = {n for n, day in enumerate(first_days, start=1) if day and oracle(days, day)}
    named: set[int] = set()
    for verdict in judged(schedule):
        if verdict.rule == "ceiling":
            named |= set(verdict.steps)
    assert named == expected
