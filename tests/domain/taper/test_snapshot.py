"""The text of an issued version."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from plans.domain.syringes import USUAL
from plans.domain.taper.engine import assess
from plans.domain.taper.request import syringes_json
from plans.domain.taper.revisions import hold
from plans.domain.taper.snapshot import (
    AcceptedReason,
    NotReadBack,
    UnknownSchema,
    check_read_back,
    dump,
    load,
)
from tests.domain.taper.asking import a_day, asked, built


def test_a_version_reads_back_as_it_was_issued() -> None:
    taper = built()
    reasons = (
        AcceptedReason("ceiling", 11, "the last steps are small", (11, 12)),
        AcceptedReason("pace", 3, "", (3,), "A schedule that was published, 2002"),
        AcceptedReason("max_dose", None, "agreed with the patient"),
    )
    found = load(dump(taper, reasons=reasons, extra={"version": 2}))
    assert (found.schedule, found.request, found.reasons) == (taper.schedule, taper.request, reasons)
    assert (found.schema, found.extra) == (1, {"version": 2})


def test_findings_and_reasons_of_earlier_versions_name_their_steps() -> None:
    text = json.loads(dump(built()))
    text["reasons"] = [{"rule": "pace", "step": 5, "text": "agreed"}]
    text["verdicts"] = [
        {"rule": "pace", "level": "needs_reason", "step": 12, "facts": {"until_step": 14}},
        {"rule": "max_dose", "level": "needs_reason", "step": 1, "facts": {"steps": 9}},
        {"rule": "max_dose_before", "level": "note", "step": None, "facts": {}},
    ]
    found = load(json.dumps(text))
    assert found.reasons == (AcceptedReason("pace", 5, "agreed", (5,)),)
    assert [said.steps for said in found.said] == [(12, 13, 14), (1,), ()]


def test_a_held_version_reads_back_with_its_hold() -> None:
    taper = built()
    held = hold(taper.schedule, from_day=taper.schedule.start, days=14)
    assert load(dump(assess(taper.request, held))).schedule == held


def test_a_version_made_with_a_liquid_reads_back() -> None:
    liquid = {"drug": "clonazepam", "form": "solution", "mg_per_ml": "0.1", "step_ml": "0.5"}
    taper = built(products=[liquid])
    assert load(dump(taper)).schedule == taper.schedule


def test_the_text_is_canonical_and_names_what_it_stood_on() -> None:
    text = dump(built())
    found = json.loads(text)
    assert text == json.dumps(found, sort_keys=True, separators=(",", ":"))
    assert found["equivalence"]["rows"]["clonazepam"] == {"mg": "0.5", "low": "0.5", "high": "0.5"}
    assert len(found["catalogue"]) == 64


def test_what_cannot_be_read_back_or_reads_otherwise_is_refused_before_it_is_stored() -> None:
    taper = built()
    text = dump(taper)
    check_read_back(text, taper.schedule)
    twice = taper.request.products or ()
    broken = replace(taper, request=replace(taper.request, products=(*twice, replace(twice[0], split=1))))
    less = text.replace('"dose_mg":"0.5"', '"dose_mg":"0.25"')
    for written, schedule, why in (
        (dump(broken), taper.schedule, "duplicate"),
        (text.replace('"kind":"cut"', '"kind":"leap"'), taper.schedule, "ValueError"),
        (text.replace('"drugs":', '"drags":'), taper.schedule, "KeyError"),
        (less, taper.schedule, "broken_schedule"),
        (text, hold(taper.schedule, from_day=taper.schedule.start, days=14), "schedule"),
    ):
        with pytest.raises(NotReadBack) as refused:
            check_read_back(written, schedule)
        assert refused.value.facts["why"] == why


def test_a_version_stored_with_a_liquid_twice_can_be_read() -> None:
    syringes = syringes_json(USUAL)
    plain = {"drug": "clonazepam", "form": "solution", "mg_per_ml": "0.1", "step_ml": "0.5"}
    text = json.loads(dump(built(products=[plain], syringes=syringes)))
    text["request"]["products"] = [plain, {**plain, "syringes": syringes}]
    (read,) = load(json.dumps(text)).request.products or ()
    assert read.syringes == USUAL


def test_a_newer_schema_is_refused_rather_than_guessed() -> None:
    with pytest.raises(UnknownSchema):
        load(dump(built()).replace('"schema":1', '"schema":2'))


def test_a_request_reads_back_from_the_text_with_its_patient_and_crossover() -> None:
    request = asked(
        patient={"conditions": [], "age": 70},
        crossover={"to": "diazepam"},
        products=[
            {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
            {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
        ],
    )
    assert type(request).from_json(request.to_json()) == request


def test_doses_larger_than_anybody_may_type_are_read_back() -> None:
    regimen = [{"time": "night", "drug": "alprazolam", "dose_mg": "900"}]
    products = [
        {"drug": "alprazolam", "form": "concentrate", "mg_per_ml": "0.5", "step_ml": "0.1"},
        {"drug": "diazepam", "form": "solution", "mg_per_ml": "1", "step_ml": "0.1"},
    ]
    taper = built(regimen=regimen, products=products, crossover={"to": "diazepam"})
    assert a_day(taper.schedule.steps[1]).text == "18000"
    assert load(dump(taper)).schedule == taper.schedule
    assert [(said.rule, said.step) for said in load(dump(taper)).said] == [
        (verdict.rule, verdict.step) for verdict in taper.verdicts
    ]
