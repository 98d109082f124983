"""Random plans: every one is drawn, and reads back without a finding, or is refused because it does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.taper.products import Form, Product
from plans.domain.taper.schedule import StepKind
from plans.wording.paper import calendar_words
from tests.documents.plans import MID, E, M, N, assert_sound, facts, schedule, solid

STRENGTHS = ("0.5", "1", "2", "5")


@st.composite
def random_facts(draw):
    """A plan of one to eight steps at one to four times a day, and a document's settings."""
    count = draw(st.integers(1, 3))
    products = tuple(
        Product("clonazepam", draw(st.sampled_from([Form.TABLET, Form.WAFER, Form.CAPSULE])), Dose.parse(s))
        for s in draw(st.lists(st.sampled_from(STRENGTHS), min_size=count, max_size=count, unique=True))
    )
    products = tuple(
        replace(p, split=draw(st.sampled_from([1, 2, 4]))) if p.form is Form.TABLET else p for p in products
    )
    steps = []
    for n in range(draw(st.integers(1, 8))):
        times = draw(st.lists(st.sampled_from([M, MID, E, N]), min_size=1, max_size=4, unique=True))
        regimen = []
        for time in sorted(times, key=[M, MID, E, N].index):
            chosen = draw(st.lists(st.sampled_from(products), min_size=1, max_size=2, unique=True))
            regimen.append((time, [solid(p, draw(st.integers(1, 12)) * (4 // p.split)) for p in chosen]))
        kind = draw(st.sampled_from([StepKind.CUT, StepKind.STEP_BACK])) if n else StepKind.START
        steps.append((draw(st.integers(1, 35)), kind, regimen))
        if n and draw(st.booleans()):
            steps.append((draw(st.integers(1, 20)), StepKind.HOLD, regimen))
    if draw(st.booleans()):
        steps.append((1, StepKind.STOP, []))
    plan = schedule(draw(st.dates(date(2026, 1, 1), date(2028, 12, 31))), steps, products)
    language = draw(st.sampled_from(["en", "es"]))
    return facts(
        plan,
        language=language,
        words=calendar_words(language),
        patient_name=draw(st.text(max_size=30)),
        paper=draw(st.sampled_from(["a4", "letter"])),
        low_ink=draw(st.booleans()),
        large=draw(st.booleans()),
        week_starts=draw(st.sampled_from([0, 6])),
        after_last_day=draw(st.sampled_from(["", "Do not stop: keep taking the last dose."])),
    )


@pytest.mark.slow
@settings(max_examples=1000, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(random_facts())
@pytest.mark.timeout(900)
def test_a_thousand_random_plans_are_drawn_and_read_back_without_a_finding(given_facts):
    assert_sound(given_facts)
