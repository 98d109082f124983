"""Rises, drugs that appear and stop, and what a cut is measured against: requests that once raised no finding."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper import engine, going_on, revisions
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import StepKind, TimeOfDay
from plans.domain.taper.taken import Recorded
from plans.wording.taper import says

START = date(2026, 11, 30)
TEN = {"name": "percent_of_current", "percent": "10", "interval_days": 14}


def night(drug: str, dose: str, time: str = "night") -> dict[str, str]:
    return {"time": time, "drug": drug, "dose_mg": dose}


def row(days: int, *doses: dict[str, str]) -> dict[str, Any]:
    return {"days": days, "doses": list(doses)}


def total(days: int, mg: str) -> dict[str, Any]:
    return {"days": days, "total_mg": mg}


def made(regimen: list[dict[str, str]], *rows: dict[str, Any], **more: Any) -> Taper:
    """A plan of typed rows, or by the method in `more`."""
    asked = {"start": START.isoformat(), "regimen": regimen} | more
    asked.setdefault("method", {"name": "typed", "rows": list(rows)})
    return build(TaperRequest.from_json(asked))


def found(taper: Taper, rule: str) -> list[Verdict]:
    return [verdict for verdict in taper.verdicts if verdict.rule == rule]


def kinds(taper: Taper) -> list[str]:
    return [step.kind.value for step in taper.schedule]


# ── a rise is never silent ───────────────────────────────────────────────────────────────────────────────────


def test_a_typed_rise_needs_a_reason_that_names_drug_doses_and_percent() -> None:
    taper = made(
        [night("diazepam", "5")],
        total(14, "5"),
        row(14, night("diazepam", "40")),
        row(14, night("diazepam", "4")),
    )
    (rise,) = found(taper, "rise")
    assert (rise.step, rise.level) == (2, LimitLevel.NEEDS_REASON)
    assert rise.facts == {
        "drug": "diazepam", "per": "day", "before_mg": "5", "after_mg": "40", "change_percent": "+700.00",
        "unit": "diazepam", "above_highest": True,
    }  # fmt: skip
    assert kinds(taper) == ["start", "rise", "cut"]
    assert "more than on any earlier day of the plan" in says(rise)


def test_a_rise_above_all_days_so_far_is_a_finding_of_its_own_beside_a_lesser_one() -> None:
    taper = made(
        [night("diazepam", "20")],
        *(row(14, night("diazepam", dose)) for dose in ("20", "10", "15", "25", "30")),
    )
    assert [(v.steps, v.facts["above_highest"]) for v in found(taper, "rise")] == [
        ((3,), False),
        ((4, 5), True),
    ]


def test_a_first_row_above_what_is_taken_is_a_rise_against_it() -> None:
    taper = made([night("diazepam", "5")], row(14, night("diazepam", "40")))
    assert [(v.step, v.level) for v in found(taper, "rise")] == [(1, LimitLevel.NEEDS_REASON)]
    (step,) = answer(taper, says=says)["steps"]
    assert (step["kind"], step["change_percent"], step["change_percent_14d"]) == (
        "rise",
        "+700.00",
        "+700.00",
    )


def test_a_day_that_rises_is_never_called_a_cut() -> None:
    regimen = [night("diazepam", "5", "morning"), night("diazepam", "5")]
    taper = made(regimen, total(14, "10"), row(14, night("diazepam", "25")))
    assert kinds(taper) == ["start", "rise"]
    assert found(taper, "rise")[0].facts["change_percent"] == "+150.00"


def test_one_drug_that_rises_makes_a_rise_whatever_the_sum_does() -> None:
    regimen = [night("lorazepam", "1"), night("diazepam", "20", "morning")]
    taper = made(
        regimen, row(14, *regimen), row(14, night("lorazepam", "1.5"), night("diazepam", "10", "morning"))
    )
    (rise,) = found(taper, "rise")
    assert (rise.facts["drug"], rise.facts["per"]) == ("lorazepam", "day")
    assert (rise.facts["before_mg"], rise.facts["after_mg"]) == ("1", "1.5")
    assert kinds(taper)[1] == "rise"


def test_look_alike_drugs_in_each_others_place_rise_by_their_equivalents() -> None:
    taper = made(
        [night("lorazepam", "2")], row(14, night("lorazepam", "2")), row(14, night("clonazepam", "2"))
    )
    (rise,) = found(taper, "rise")
    assert (rise.facts["unit"], rise.facts["before_mg"], rise.facts["after_mg"]) == (
        "diazepam_equivalent",
        "20",
        "40",
    )
    assert [(v.step, v.facts["drug"]) for v in found(taper, "new_drug")] == [(2, "clonazepam")]
    assert kinds(taper)[1] == "rise"


def test_a_larger_single_dose_is_a_rise_though_the_day_stays_the_same() -> None:
    regimen = [night("diazepam", "5", "morning"), night("diazepam", "5")]
    taper = made(regimen, total(14, "10"), row(14, night("diazepam", "10")))
    (rise,) = found(taper, "rise")
    assert (rise.facts["per"], rise.facts["before_mg"], rise.facts["after_mg"]) == ("dose", "5", "10")
    assert rise.facts["above_highest"] is False
    assert kinds(taper)[1] == "rise"


def test_a_single_dose_that_was_taken_before_is_no_rise() -> None:
    regimen = [night("diazepam", "5", "morning"), night("diazepam", "10")]
    taper = made(
        regimen,
        row(14, *regimen),
        row(14, night("diazepam", "5")),
        row(14, night("diazepam", "5", "morning")),
    )
    assert found(taper, "rise") == []
    assert kinds(taper) == ["start", "cut", "spread"]


def test_a_dose_taken_up_again_after_days_without_is_a_rise() -> None:
    taper = made([night("diazepam", "2")], total(14, "2"), row(1), row(14, night("diazepam", "2")))
    assert kinds(taper) == ["start", "stop", "rise"]
    assert [v.step for v in found(taper, "rise")] == [3]
    assert [v.step for v in found(taper, "new_drug")] == [3]


def test_a_crossover_that_was_asked_for_neither_rises_nor_begins_a_new_drug() -> None:
    taper = made(
        [night("alprazolam", "1", "morning"), night("alprazolam", "1")],
        method=TEN,
        crossover={"to": "diazepam"},
    )
    assert kinds(taper)[:3] == ["start", "crossover", "crossover"]
    assert found(taper, "rise") + found(taper, "new_drug") + found(taper, "abrupt_stop") == []


def test_no_generated_plan_rises() -> None:
    for name, more in {"percent_of_current": {"percent": "10"}, "fixed_amount": {"amount_mg": "1"}}.items():
        taper = made([night("diazepam", "10", "morning"), night("diazepam", "10")],
                     method={"name": name, "interval_days": 14} | more)  # fmt: skip
        assert found(taper, "rise") + found(taper, "new_drug") == []
        assert set(kinds(taper)) == {"start", "cut", "stop"}


# ── kinds tell the truth ─────────────────────────────────────────────────────────────────────────────────────


def test_the_same_milligrams_at_other_times_are_spread_and_not_a_cut() -> None:
    taper = made(
        [night("alprazolam", "0.25", "morning"), night("alprazolam", "0.5")],
        total(7, "0.75"),
        row(14, *(night("alprazolam", "0.25", time) for time in ("morning", "evening", "night"))),
    )
    assert kinds(taper) == ["start", "spread"]
    assert taper.verdicts == ()


def test_a_typed_switch_at_equal_doses_is_a_swap() -> None:
    taper = made(
        [night("lorazepam", "1")], row(14, night("lorazepam", "1")), row(14, night("diazepam", "10"))
    )
    assert kinds(taper) == ["start", "swap"]
    assert found(taper, "rise") + found(taper, "abrupt_stop") + found(taper, "stop_from") == []
    assert [v.facts["drug"] for v in found(taper, "new_drug")] == ["diazepam"]


def test_a_last_small_dose_that_is_dropped_beside_another_drug_is_a_cut_and_no_swap() -> None:
    regimen = [night("lorazepam", "0.25"), night("diazepam", "20", "morning")]
    taper = made(regimen, row(14, *regimen), row(14, night("diazepam", "20", "morning")))
    assert kinds(taper) == ["start", "cut"]


# ── what a cut is measured against ───────────────────────────────────────────────────────────────────────────


def test_a_step_back_does_not_hide_the_cut_that_follows_it() -> None:
    taper = made([night("diazepam", "20")], total(14, "20"), total(7, "10"), total(7, "20"), total(14, "10"))
    assert [v.step for v in found(taper, "ceiling")] == [2, 4]
    assert answer(taper, says=says)["steps"][3]["change_percent_14d"] == "-50.00"


def test_a_step_back_by_revision_does_not_hide_it_either() -> None:
    products = [
        {"drug": "diazepam", "form": "tablet", "strength_mg": mg, "split": 2} for mg in ("2", "5", "10")
    ]
    taper = made(
        [night("diazepam", "20")],
        method={"name": "percent_of_current", "percent": "50", "interval_days": 14},
        products=products,
    )
    back = revisions.step_back(taper.schedule, from_day=date(2026, 12, 21), hold_days=7)
    judged = engine.assess(taper.request, back)
    # 20, 10 for a week, 20 for a week, 10: the cut that made the patient ill is found both times
    assert [step.kind.value for step in back][:4] == ["start", "cut", "step_back", "cut"]
    assert {2, 4} <= {v.step for v in found(judged, "ceiling")}


def test_the_change_over_14_days_counts_what_was_taken_before_the_first_row() -> None:
    steps = answer(made([night("diazepam", "40")], total(7, "10"), total(14, "9")), says=says)["steps"]
    assert [step["change_percent_14d"] for step in steps] == ["-75.00", "-77.50"]


def test_days_before_the_plan_count_where_they_are_known() -> None:
    before = [
        {"days": 5, "doses": [night("diazepam", "20")]},
        {"days": 3, "doses": [night("diazepam", "10")]},
    ]
    rows = (total(11, "10"), total(14, "9"))
    known = made([night("diazepam", "10")], *rows, taken_before=before)
    assert [v.step for v in found(known, "ceiling")] == []
    at_once = made([night("diazepam", "10")], total(14, "9"), taken_before=before)
    assert [v.step for v in found(at_once, "ceiling")] == [1]
    assert found(at_once, "ceiling")[0].facts["change_percent"] == "-55.00"
    assert at_once.request.to_json()["taken_before"] == before


def test_recorded_doses_count_before_planned_ones_in_windows_and_rises() -> None:
    taper = made([night("diazepam", "20")], total(14, "20"), total(14, "18"), total(14, "16"))
    six = Recorded(START + timedelta(days=16), START + timedelta(days=27), intakes(("night", "6")))
    told = engine.assess(taper.request, taper.schedule, recorded=(six,))
    assert [(v.step, v.facts["before_mg"], v.facts["after_mg"]) for v in found(told, "rise")] == [
        (3, "6", "16")
    ]
    thirty = Recorded(START + timedelta(days=16), START + timedelta(days=27), intakes(("night", "30")))
    told = engine.assess(taper.request, taper.schedule, recorded=(thirty,))
    assert [(v.step, v.facts["change_percent"]) for v in found(told, "ceiling")] == [(3, "-46.67")]


def intakes(*doses: tuple[str, str], drug: str = "diazepam") -> tuple[Intake, ...]:
    return tuple(Intake(TimeOfDay(time), drug, Dose.parse(mg)) for time, mg in doses)


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_drug_stops_from_is_its_own_dose_and_not_the_days() -> None:
    products = [
        {"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "10", "split": 2},
    ]
    taper = made(
        [night("lorazepam", "0.5"), night("diazepam", "20")],
        method={"name": "fixed_amount", "amount_mg": "0.25", "interval_days": 14},
        drug_order=["lorazepam"],
        products=products,
    )
    (stop,) = found(taper, "stop_from")
    assert (stop.facts["dose_mg"], stop.facts["diazepam_equivalent_mg"]) == ("0.25", "2.5")
    assert "0.25\u00a0mg a day (2.5\u00a0mg of diazepam equivalent)" in says(stop)


def test_more_than_5_mg_of_diazepam_to_nothing_in_one_step_is_an_abrupt_stop() -> None:
    taper = made([night("diazepam", "6")], total(14, "6"), row(1))
    assert [(v.step, v.level) for v in found(taper, "abrupt_stop")] == [(2, LimitLevel.NEEDS_REASON)]
    assert found(taper, "stop_from") == []
    assert "not to stop abruptly" in says(found(taper, "abrupt_stop")[0])


def test_5_mg_of_diazepam_to_nothing_is_no_abrupt_stop() -> None:
    taper = made([night("diazepam", "5")], total(14, "5"), row(1))
    assert found(taper, "abrupt_stop") == []
    assert [v.step for v in found(taper, "stop_from")] == [2]


def test_one_of_two_drugs_stopped_at_once_is_an_abrupt_stop_of_that_drug() -> None:
    regimen = [night("zolpidem", "20"), night("diazepam", "20", "morning")]
    taper = made(regimen, row(14, *regimen), row(14, regimen[1]))
    assert [v.facts["drug"] for v in found(taper, "abrupt_stop")] == ["zolpidem"]


def test_a_first_row_without_a_drug_that_is_taken_is_an_abrupt_stop() -> None:
    taper = made([night("diazepam", "10")], row(1))
    assert [v.step for v in found(taper, "abrupt_stop")] == [1]


# ── maxima ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_maximum_passed_only_before_the_plan_is_a_note_of_its_own() -> None:
    capsules = [
        {"drug": "flurazepam", "form": "capsule", "strength_mg": mg, "split": 1} for mg in ("15", "30")
    ]
    taper = made([night("flurazepam", "60")], total(14, "30"), total(14, "15"), products=capsules)
    assert found(taper, "max_dose") == []
    assert [(v.step, v.level) for v in found(taper, "max_dose_before")] == [(None, LimitLevel.NOTE)]
    assert says(found(taper, "max_dose_before")[0]).startswith("Before the plan, flurazepam 60")


def test_the_maximum_is_the_countrys() -> None:
    method = {"name": "percent_of_current", "percent": "50", "interval_days": 14}
    british = made([night("lorazepam", "5")], method=method, country="GB")
    (over,) = found(british, "max_dose")
    assert (over.step, over.level, over.facts["limit"], over.mark) == (
        1,
        LimitLevel.NEEDS_REASON,
        "4",
        "verified",
    )
    american = made([night("lorazepam", "5")], method=method)
    assert found(american, "max_dose") == []


def test_lormetazepam_crosses_over_by_the_who_table() -> None:
    taper = made(
        [night("lormetazepam", "1.5")],
        method=TEN,
        country="GB",
        crossover={"to": "diazepam"},
        equivalence="who_2009",
    )
    assert taper.schedule.steps[1].day.dose("diazepam").text == "10"


# ── several sedatives ────────────────────────────────────────────────────────────────────────────────────────

FOUR = [night("alprazolam", "4"), night("clonazepam", "4"), night("temazepam", "30"), night("zolpidem", "10")]
TOGETHER = ("several_sedatives", "over_40_mg_equivalent", "above_maximum_together")


def test_four_sedatives_at_eighty_are_to_be_signed_for() -> None:
    taper = made(FOUR, method=TEN, patient={"age": 80, "duration_months": 120})
    raised = {caution.code: caution for caution in taper.cautions}
    for code in TOGETHER:
        assert raised[code].must_sign
        assert (raised[code].facts["severity"], raised[code].facts["raised_by"]) == ("boxed", ["age"])
        assert raised[code].source
        assert raised[code].mark in ("second_hand", "unverified")
        assert "aged 65" in says(raised[code])


def test_one_drug_within_40_mg_raises_none_of_them() -> None:
    codes = {caution.code for caution in made([night("diazepam", "40")], method=TEN).cautions}
    assert codes.isdisjoint(TOGETHER)
    codes = {caution.code for caution in made([night("diazepam", "42")], method=TEN).cautions}
    assert codes & set(TOGETHER) == {"over_40_mg_equivalent"}


def test_two_drugs_at_their_maxima_together_are_more_than_one_maximum() -> None:
    both = [night("zolpidem", "5"), night("lorazepam", "5", "morning")]
    more = [night("zolpidem", "10"), night("lorazepam", "1", "morning")]
    assert "above_maximum_together" not in {c.code for c in made(both, method=TEN).cautions}
    assert "above_maximum_together" in {c.code for c in made(more, method=TEN).cautions}


def test_the_stages_of_a_crossover_are_not_several_sedatives() -> None:
    taper = made(
        [night("lorazepam", "1", "morning"), night("lorazepam", "1")],
        method=TEN,
        crossover={"to": "diazepam"},
    )
    assert "several_sedatives" not in {caution.code for caution in taper.cautions}


@pytest.mark.parametrize("substance", ["opioids", "kratom"])
def test_opioids_and_kratom_make_several_sedatives_graver(substance: str) -> None:
    regimen = [night("zolpidem", "5"), night("lorazepam", "1", "morning")]
    (calm,) = [c for c in made(regimen, method=TEN).cautions if c.code == "several_sedatives"]
    taper = made(regimen, method=TEN, patient={"substances": [substance]})
    (grave,) = [c for c in taper.cautions if c.code == "several_sedatives"]
    assert (calm.facts["severity"], grave.facts["severity"]) == ("major", "boxed")


# ── maintenance, and keys ────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_that_ends_above_zero_says_that_it_goes_on() -> None:
    goes_on = answer(made([night("diazepam", "10")], method=TEN, goal_mg="8"), says=says)
    assert (goes_on["maintenance"], goes_on["steps"][-1]["total_mg"]) == (True, {"diazepam": "8"})
    assert answer(made([night("diazepam", "10")], method=TEN), says=says)["maintenance"] is False


def test_an_empty_key_is_refused_at_its_place() -> None:
    asked = {"start": "2026-11-30", "regimen": [night("diazepam", "10")], "method": TEN, "": 1}
    with pytest.raises(TaperError) as refusal:
        TaperRequest.from_json(asked)
    assert refusal.value.where == '[""]'


def test_a_hold_in_the_middle_keeps_its_kind() -> None:
    taper = made([night("diazepam", "20")], method=TEN)
    held = revisions.hold(taper.schedule, from_day=START, days=7)
    assert held.steps[1].kind is StepKind.HOLD
    assert found(engine.assess(taper.request, held), "rise") == []


def test_a_step_back_above_what_was_really_taken_is_a_rise_that_needs_a_reason() -> None:
    taper = made([night("diazepam", "10")], total(14, "10"), total(28, "8"), total(14, "6"))
    day = taper.schedule.steps[1].start + timedelta(days=10)
    back = revisions.step_back(taper.schedule, from_day=day, hold_days=14)
    assert not found(engine.assess(taper.request, back), "rise")
    took = (Intake(TimeOfDay.NIGHT, "diazepam", Dose.parse("2")),)
    known = Recorded(day - timedelta(days=9), day - timedelta(days=1), took)
    (rise,) = found(engine.assess(taper.request, back, recorded=(known,)), "rise")
    assert (rise.facts["before_mg"], rise.facts["after_mg"]) == ("2", "10")


def test_a_stage_of_a_crossover_above_what_was_really_taken_is_a_rise() -> None:
    taper = made(
        [night("alprazolam", "1", "morning"), night("alprazolam", "1")],
        crossover={"to": "diazepam"},
        method=TEN,
    )
    stage = next(step for step in taper.schedule if step.kind is StepKind.CROSSOVER)
    took = (Intake(TimeOfDay.NIGHT, "alprazolam", Dose.parse("0.5")),)
    known = Recorded(stage.start - timedelta(days=3), stage.start - timedelta(days=1), took)
    (rise,) = found(engine.assess(taper.request, taper.schedule, recorded=(known,)), "rise")
    assert rise.step == stage.n


def test_a_first_cut_is_measured_against_what_is_taken_now_where_less_was_known_before() -> None:
    taper = made(
        [night("diazepam", "10")],
        total(14, "5"),
        taken_before=[{"days": 20, "doses": [night("diazepam", "4")]}],
    )
    (cut,) = found(taper, "ceiling")
    assert (cut.facts["before_mg"], cut.facts["after_mg"]) == ("10", "5")


def test_what_was_taken_before_the_plan_counts_as_its_largest_single_dose_when_it_goes_on() -> None:
    rows = [
        row(14, night("diazepam", "5", "morning"), night("diazepam", "5")),
        total(14, "8"),
        total(14, "6"),
    ]
    taper = made([night("diazepam", "10")], *rows)
    day = taper.schedule.steps[1].start
    took = (Intake(TimeOfDay.NIGHT, "diazepam", Dose.parse("8")),)
    after = going_on.go_on_from(taper.request, taper.schedule, from_day=day, regimen=took)
    step = after.step_on(day)
    assert step is not None
    assert step.kind is StepKind.CUT
    assert not found(engine.assess(taper.request, after), "rise")
