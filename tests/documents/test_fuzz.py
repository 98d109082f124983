"""Random plans: every one is drawn, and reads back without a finding."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose, Volume
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from tests.documents.plans import LONG, MID, E, M, N, assert_sound, facts, schedule, solid

# For a quick run: FUZZ_PLANS=40; for a long one, 1000 and more.
COUNT = int(os.environ.get("FUZZ_PLANS", "500"))
STRENGTHS = ("0.125", "0.5", "1", "2", "5")
FORMS = (Form.TABLET, Form.TABLET, Form.ODT, Form.CAPSULE, Form.SOLUTION)
LIQUIDS = (Form.SOLUTION, Form.CONCENTRATE)
AFTER = (
    "",
    "Do not stop: keep taking the last dose.",
    "Do not stop: keep taking what you take on the last day until we have spoken; we telephone you in that week.",
)


@st.composite
def products_of(draw, drug):
    """One to three products of a drug: counted ones, and bottles."""
    made = []
    for strength in draw(st.lists(st.sampled_from(STRENGTHS), min_size=1, max_size=3, unique=True)):
        form = draw(st.sampled_from(FORMS))
        if form in LIQUIDS:
            step = Volume(draw(st.sampled_from([50, 100, 200])))
            made.append(Product(drug, form, Dose.parse(strength), step_ml=step))
        else:
            split = draw(st.sampled_from([1, 2, 4])) if form is Form.TABLET else 1
            made.append(Product(drug, form, Dose.parse(strength), split=split))
    return made


@st.composite
def take_of(draw, product):
    """Some of a product: pieces it may be broken into, or marks of its syringe."""
    count = draw(st.integers(1, 12))
    if product.step_ml is not None:
        return Take(product, volume=Volume(product.step_ml.microlitres * count))
    return solid(product, count * (4 // product.split))


@st.composite
def random_facts(draw):
    """A plan of one to eight steps of one or two drugs at one to four times a day, and a document's settings."""
    drugs = draw(st.sampled_from([("clonazepam",), ("clonazepam",), ("chlordiazepoxide", "diazepam")]))
    shelf = {drug: draw(products_of(drug)) for drug in drugs}
    steps = []
    for n in range(draw(st.integers(1, 8))):
        times = draw(st.lists(st.sampled_from([M, MID, E, N]), min_size=1, max_size=4, unique=True))
        regimen = []
        for time in sorted(times, key=[M, MID, E, N].index):
            for drug in draw(st.lists(st.sampled_from(drugs), min_size=1, max_size=2, unique=True)):
                chosen = draw(st.lists(st.sampled_from(shelf[drug]), min_size=1, max_size=2, unique=True))
                regimen.append((time, [draw(take_of(product)) for product in chosen]))
        kind = draw(st.sampled_from([StepKind.CUT, StepKind.STEP_BACK])) if n else StepKind.START
        steps.append((draw(st.integers(1, 35)), kind, regimen))
        if n and draw(st.booleans()):
            steps.append((draw(st.integers(1, 20)), StepKind.HOLD, regimen))
    if draw(st.booleans()):
        steps.append((1, StepKind.STOP, []))
    start = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    plan = schedule(start, steps, [product for drug in drugs for product in shelf[drug]])
    visits = draw(st.lists(st.integers(0, plan.days - 1), max_size=4, unique=True))
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
        after_last_day=draw(st.sampled_from(AFTER)),
        follow_up=tuple(start + timedelta(days=n) for n in sorted(visits)),
        clinic_name=draw(st.sampled_from(["Harbour Street Clinic", LONG["clinic_name"]])),
        clinician=draw(st.sampled_from(["Dr Ana Brandt", LONG["clinician"]])),
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("quarter", range(4))
@settings(
    max_examples=COUNT // 4, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck)
)
@given(given_facts=random_facts())
def test_hundreds_of_random_plans_are_drawn_and_read_back_without_a_finding(quarter, given_facts):
    assert_sound(given_facts)
