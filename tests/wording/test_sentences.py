"""Every code of the engine has its sentence, every sentence has its figures, and doses are written the safe way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from plans.domain.amounts import ZERO, Dose, Volume
from plans.domain.errors import BadAmount, NotFound, TaperError
from plans.domain.taper import (
    catalogue,
    crossover,
    engine,
    equivalence,
    limits,
    revisions,
    snapshot,
)
from plans.domain.taper.cautions import (
    CONDITIONS,
    INDICATIONS,
    MEDICINES,
    SUBSTANCES,
    PatientFacts,
    entries,
    screen,
)
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.engine import build
from plans.domain.taper.limit_rules import RULES, LimitLevel, Verdict
from plans.domain.taper.limits import judge
from plans.domain.taper.methods import METHODS
from plans.domain.taper.products import BadProduct, Form, Product
from plans.domain.taper.refusals import BadRows, NotMakeable
from plans.domain.taper.request import TakenBefore, TaperRequest, intakes
from plans.domain.taper.schedule import DAY_ORDER, Schedule, StepKind, TimeOfDay
from plans.domain.taper.snapshot import AcceptedReason
from plans.domain.taper.taken import lived
from plans.wording import taper as words
from plans.wording import taper_errors
from plans.wording.cautions import SENTENCES
from tests.domain.taper.schedules import MONDAY, drops, laid_out, mg, nightly

# Importing them defines every refusal there is.
ENGINE = (catalogue, crossover, engine, equivalence, limits, revisions, snapshot)
UNSAFE = re.compile(r"(?<![0-9])\.[0-9]|[0-9]\.0\b|[0-9]mg|1/2|½|\+|%\(|\{")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def subclasses(kind: type[TaperError]) -> list[type[TaperError]]:
    return [sub for below in kind.__subclasses__() for sub in (below, *subclasses(below))]


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def _daily_gap() -> Schedule:
    return laid_out("lorazepam", [(1, [drops("lorazepam", "1")]), (1, []), (1, [drops("lorazepam", "1")])])


def _two_drugs(kind: StepKind = StepKind.CROSSOVER) -> Schedule:
    rows = [(14, [drops("clonazepam", "4")]), (14, [drops("diazepam", "81")])]
    return laid_out("diazepam", rows, kinds={2: kind})


def _at_night_only() -> Schedule:
    twice = [drops("alprazolam", "0.5", TimeOfDay.MORNING), drops("alprazolam", "0.5")]
    return laid_out("alprazolam", [(14, twice), (14, [drops("alprazolam", "0.9")])])


BROKEN: dict[str, Schedule] = {
    "ceiling": nightly("diazepam", ["20", "10"]),
    "pace": nightly("diazepam", ["20", "17"]),
    "tail": nightly("diazepam", ["4", "2"]),
    "stop_from": nightly("diazepam", ["2", "0"]),
    "coarse_end": nightly("diazepam", ["2", "1.5", "0"]),
    "alternate_day": _daily_gap(),
    "max_dose": nightly("diazepam", ["50"]),
    "above_max_and_now": _two_drugs(),
    "four_half_lives": nightly("diazepam", ["20", "19", "18"], days=7),
    "start_day": nightly("diazepam", ["20"], start=MONDAY + timedelta(days=4)),
    "cut_day": nightly("diazepam", ["20", "19"], days=18),
    "unverified_product": nightly("diazepam", ["1"]),
    "rise": nightly("diazepam", ["20", "30"]),
    "new_drug": _two_drugs(StepKind.RISE),
    "abrupt_stop": nightly("diazepam", ["10", "0"]),
    "faster_than_asked": nightly("diazepam", ["20", "10"]),
    "dose_gap": _at_night_only(),
    "trough": _at_night_only(),
}
# 5 % every 4 weeks from tablets of 1 mg down to 0.25 mg.
ENDINGS = ("last_dose", "longest_step", "slower_than_asked")
TO_A_DOSE = {"goal_mg": "5"}
NEVER_ENDS: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "2"}],
    "products": [{"drug": "diazepam", "form": "tablet", "strength_mg": "1", "split": 4}],
    "method": {"name": "percent_of_current", "percent": "5", "interval_days": 28},
}
# A week at half of the new dose is not enough for it to have built up.
SWITCHED: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": time, "drug": "lorazepam", "dose_mg": "1"} for time in ("morning", "night")],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "crossover": {"to": "diazepam"},
}
TO_NOTHING = {"name": "fixed_amount", "amount_mg": "0.25", "interval_days": 28}
# The cut that was asked for at a step, where it was less: 2 mg.
ASKED = {"faster_than_asked": {2: 200_000}}
ONE_NIGHT = [{"time": "night", "drug": "diazepam", "dose_mg": "10"}]
# Before the plan 50 mg, in it 30 mg.
OVER_BEFORE = nightly("diazepam", ["30"])


def verdict(rule: str) -> Verdict:
    if rule in ENDINGS:
        asked = NEVER_ENDS | ({"method": TO_NOTHING} if rule == "last_dose" else {})
        return next(one for one in build(TaperRequest.from_json(asked)).verdicts if one.rule == rule)
    if rule in ("accumulation", "new_drugs_mg"):
        asked = SWITCHED | (TO_A_DOSE if rule == "new_drugs_mg" else {})
        return next(one for one in build(TaperRequest.from_json(asked)).verdicts if one.rule == rule)
    schedule, known = BROKEN.get(rule, OVER_BEFORE), None
    if rule == "max_dose_before":
        known = lived(schedule, now=[drops("diazepam", "50")])
    if rule == "varied_before":
        days = [TakenBefore(1, tuple(intakes(nights, "", least=0))) for nights in ([], ONE_NIGHT) * 3]
        known = lived(schedule, now=[], before=days)
    found = judge(
        schedule, table="ashton_2002", goal=ZERO, method="typed", lived=known, asked=ASKED.get(rule)
    )
    return next(one for one in found if one.rule == rule)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_sentence_that_names_its_step(rule: str) -> None:
    one = verdict(rule)
    said = plain(words.says(one))
    assert one.step is None or re.match(rf"Step {one.step}(, the first of \d+)?: ", said)
    assert said.endswith(".")
    assert not UNSAFE.search(said), said


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_name_for_the_reasons_given(rule: str) -> None:
    said = plain(words.reason_words(AcceptedReason(rule, 3, "agreed", (3, 4))))
    assert said.endswith(", steps 3 to 4: agreed")
    assert not said.startswith(rule)


def test_a_reason_names_its_source_and_reasons_of_retired_rules_are_still_shown() -> None:
    follows = AcceptedReason("pace", 2, "", (2,), "A schedule that was published, 2002")
    assert plain(words.reason_words(follows)) == (
        "Pace of the guideline, step 2: Follows the published schedule (source: A schedule that was published, 2002)"
    )
    assert words.reason_words(AcceptedReason("gone_by", None, "agreed")) == "gone_by: agreed"


def test_a_finding_reads_with_its_figures() -> None:
    assert plain(words.says(verdict("ceiling"))) == (
        "Step 2: 20 mg a day to 10 mg a day within 14 days is 50 % less; "
        "the guideline’s ceiling is 25 % of the current dose every 2 weeks."
    )


def test_cuts_larger_than_asked_are_listed_with_what_would_help() -> None:
    assert plain(words.says(verdict("faster_than_asked"))) == (
        "Step 2: these products make no cut as small as the method asks for: step 2 takes 50 % (asked for: 10 %). "
        "A smaller cut needs a liquid made by a pharmacy or a tapering strip."
    )


def test_a_finding_over_several_steps_names_them_and_the_one_that_goes_furthest() -> None:
    schedule = nightly("diazepam", ["20", "14", "7"])
    verdicts = judge(schedule, table="ashton_2002", goal=ZERO, method="typed")
    one = next(found for found in verdicts if found.rule == "ceiling")
    assert plain(words.says(one)).startswith("Steps 2 to 3, most at step 3: 14 mg a day to 7 mg a day")
    once = next(found for found in verdicts if found.rule == "unverified_product")
    assert plain(words.says(once)).startswith("Step 1, the first of 3: ")


def test_after_a_crossover_the_figures_are_said_to_be_equivalents() -> None:
    assert "80 mg of diazepam equivalent" in plain(words.says(verdict("above_max_and_now")))


def test_a_run_of_daily_cuts_names_its_first_and_last_step() -> None:
    schedule = nightly("diazepam", [str(100 - n) for n in range(40)], days=1)
    one = next(v for v in judge(schedule, table="ashton_2002", goal=ZERO, method="micro") if v.rule == "pace")
    assert words.says(one).startswith("Steps 21 to 40, most at step 40: ")


@pytest.mark.parametrize("level", list(LimitLevel))
def test_every_level_has_a_word(level: LimitLevel) -> None:
    assert words.level_words(level)


# ── cautions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_caution_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert {entry.code for entry in entries()} == set(SENTENCES)


@pytest.mark.parametrize("drug", catalogue.names())
def test_every_caution_can_be_said_of_every_drug(drug: str) -> None:
    everything = PatientFacts(
        age=70,
        indication="seizures",
        conditions=frozenset(CONDITIONS),
        substances=frozenset(SUBSTANCES),
        medicines=MEDICINES,
    )
    for caution in screen(everything, nightly(drug, ["1"])):
        said = words.says(caution)
        assert said[0].isupper()
        assert said.endswith(".")
        assert not UNSAFE.search(said), said
        assert caution.code == "withdrawal_risk" or words.severity_words(str(caution.facts["severity"]))


def test_the_grid_says_how_long_how_often_and_how_much() -> None:
    (grid,) = screen(PatientFacts(duration_months=24), nightly("clonazepam", ["1"]))
    assert words.says(grid) == (
        "By the guideline’s grid withdrawal is likely, more so with dose and duration: "
        "a moderate dose on 7 days a week for 24 months."
    )


def test_every_code_of_a_record_has_a_word() -> None:
    for codes, said in (
        (CONDITIONS, words.condition_words),
        (SUBSTANCES, words.substance_words),
        (MEDICINES, words.medicine_words),
        (INDICATIONS, words.indication_words),
    ):
        assert all(said(code) for code in codes)


def test_every_method_table_and_mark_has_a_word() -> None:
    assert all(words.method_words(name) for name in METHODS)
    assert all(words.mark_words(mark) for mark in SourceMark)
    assert [words.table_words(name) for name in ("ashton_2002", "who_2009")] == [
        "Ashton Manual 2002",
        "WHO 2009",
    ]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refusal_of_the_engine_has_a_sentence() -> None:
    own = {
        "bad_amount",
        "bad_json",
        "bad_rows",
        "bad_date",
        "bad_product",
        "bad_syringe",
        "pair_not_covered",
        "schedule_of_other_drug",
        "not_makeable",
        "no_method_to_use",
        "switch_refused",
        "weekly_pattern",
    }
    # services have refusals of the same family, whose sentences are in plans.wording.plans
    codes = {kind.code for kind in subclasses(TaperError) if kind.__module__.startswith("plans.domain.")}
    assert codes - own - set(taper_errors.SENTENCES) == set()


@pytest.mark.parametrize(
    ("raw", "part"),
    [(".5", "Write 0.5."), ("5,0", "comma"), ("-1", "sign"), ("5 mg", "unit"), ("5mg", "unit"),
     ("1e2", "not an amount"), ("", "missing"), ("1" * 50, "too long"), (["1"], "must be text")],
)  # fmt: skip
def test_a_slip_in_an_amount_is_named_with_what_to_type(raw: object, part: str) -> None:
    with pytest.raises(BadAmount) as refusal:
        Dose.parse(raw)
    assert part in words.says(refusal.value)


def test_every_way_a_product_contradicts_itself_has_a_sentence() -> None:
    for making in (
        lambda: Product("x", Form.CAPSULE, mg("5"), 2),
        lambda: Product("x", Form.TABLET, mg("5"), 3),
        lambda: Product("x", Form.TABLET, mg("0"), 1),
        lambda: Product("x", Form.TABLET, mg("0.00001"), 2),
        lambda: Product("x", Form.SOLUTION, mg("1")),
        lambda: Product("x", Form.SOLUTION, mg("0.00001"), 1, Volume(1)),
    ):
        with pytest.raises(BadProduct) as refusal:
            making()
        assert words.says(refusal.value).endswith(".")


STORY: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1"}],
    "products": [{"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "30.11.2026"}, "“30.11.2026” is not a date as we read it. Write it like 2026-11-30."),
        ({"start": "2026-02-30"}, "“2026-02-30” is not a day of the calendar."),
        ({"goal_mg": "2"}, "The goal of 2 mg is not under the 1 mg a day taken now: lower the goal."),
        ({"weight": "70"}, "“weight” is not known here. Known are: "),
        ({"max_pieces": "4"}, "Enter a whole number here, not text."),
        ({"country": "XX"}, "“XX” is not one of: US, GB, CA, AU, IE, NZ, NL, BE, DE, ES, FR, CH."),
        ({"method": {"name": "bands"}}, "is missing."),
    ],
)
def test_a_request_that_cannot_be_met_is_answered_in_a_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TaperError) as refusal:
        engine.build(TaperRequest.from_json(STORY | change))
    assert said in plain(words.says(refusal.value))


def test_a_dose_that_cannot_be_made_names_its_neighbours_and_what_would_help() -> None:
    regimen = [{"time": "night", "drug": "clonazepam", "dose_mg": "0.625"}]
    with pytest.raises(NotMakeable) as refusal:
        engine.build(TaperRequest.from_json(STORY | {"regimen": regimen}))
    said = plain(words.says(refusal.value))
    assert "clonazePAM 0.625 mg cannot be made of the 0.5 mg tablet with" in said
    assert "The nearest that can: 0.5 mg and 0.75 mg." in said
    assert "the 0.125 mg orally disintegrating tablet" in said


@pytest.mark.parametrize(
    ("drug", "table", "said"),
    [
        (
            "zolpidem",
            "nsw",
            (
                "The table NSW Health / eTG Table 11.2 does not cover zolpidem. "
                "Tables that do: Ashton Manual 2002 and NHS Scotland Right Decisions."
            ),
        ),
        (
            "estazolam",
            "ashton_2002",
            (
                "The table Ashton Manual 2002 gives estazolam only as a range (1 to 2 mg to 10 mg of diazepam): "
                "it cannot convert it. Tables that do: VA/DoD 2021."
            ),
        ),
        (
            "lormetazepam",
            "nsw",
            (
                "The table NSW Health / eTG Table 11.2 does not cover lormetazepam. "
                "Tables that do: Novadic-Kentron and WHO 2009."
            ),
        ),
    ],
)
def test_a_pair_that_is_not_covered_says_which_table_would(drug: str, table: str, said: str) -> None:
    with pytest.raises(equivalence.PairNotCovered) as refusal:
        equivalence.ratio(drug, table)
    assert words.says(refusal.value) == said


def test_a_drug_no_table_covers_says_so() -> None:
    with pytest.raises(equivalence.PairNotCovered) as refusal:
        equivalence.both_ends(mg("1"), "phenobarbital")
    assert words.says(refusal.value) == "No table covers phenobarbital."


def test_a_refusal_from_elsewhere_is_at_least_named() -> None:
    assert words.says(NotFound()) == "This was refused (not_found)."


def test_times_of_day_keep_their_order() -> None:
    assert [words.time_words(time) for time in DAY_ORDER] == [
        "Morning",
        "Midday",
        "Afternoon",
        "Evening",
        "Night",
        "Bedtime",
    ]


@pytest.mark.parametrize("why", taper_errors.ROWS)
def test_every_way_rows_do_not_read_has_a_sentence(why: str) -> None:
    assert words.says(BadRows(why=why, line=3, raw="1,5", write="1.5")).endswith(".")
