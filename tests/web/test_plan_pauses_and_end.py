"""The plan form: pauses built in, steps that lengthen, and how the plan is to end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from plans.domain.amounts import Dose
from plans.models import Plan, PlanVersion
from plans.services import clock
from plans.services.plans import versions
from tests.web.plan_form_help import as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def given(patient):
    start = clock.today(patient.zone)
    return {
        "pause_from_1": (start + timedelta(days=14)).isoformat(), "pause_days_1": "10",
        "pause_from_3": (start + timedelta(days=90)).isoformat(), "pause_days_3": "7",
        "lengthen": "2", "end_last": "0.25", "end_longest": "60",
    }  # fmt: skip


@pytest.mark.slow
def test_pauses_longer_steps_and_the_end_are_drawn_kept_issued_and_shown_on_the_plan(signed_in, patient):
    fields = given(patient)
    first = clock.today(patient.zone)
    page = signed_in.post(preview_page(patient), typed(patient, **fields)).content.decode()
    assert '<path class="line"' in page
    assert re.search(r"24\s+days", page)
    assert Plan.objects.get(patient=patient).draft["pause_days_3"] == ["7"]
    again = signed_in.get(form_page(patient)).content.decode()
    for name, value in fields.items():
        assert re.search(f'<input[^>]*name="{name}"[^>]*value="{value}"', again), name
    assert '<details id="pauses" open>' in again
    assert '<details id="plan-end" open>' in again
    signed_in.post(form_page(patient), answered(signed_in, patient, **fields))
    version = PlanVersion.objects.get(plan__patient=patient)
    request = versions.read(version).request
    assert [(pause.start - first, pause.days) for pause in request.pauses] == [
        (timedelta(days=14), 10),
        (timedelta(days=90), 7),
    ]
    assert request.method.to_json()["lengthen_days"] == 2
    assert (request.end.last_dose, request.end.longest_step_days) == (Dose.parse("0.25"), 60)
    shown = signed_in.get(reverse("plan", args=[version.plan_id])).content.decode()
    for name in ("No dose changes", "Each step longer by", "Lowest dose before the end", "Longest step"):
        assert name in shown


@pytest.mark.slow
def test_what_was_left_as_usual_is_not_in_the_request_nor_on_the_plan(signed_in, patient):
    signed_in.post(form_page(patient), answered(signed_in, patient))
    version = PlanVersion.objects.get(plan__patient=patient)
    request = versions.read(version).request
    assert (request.pauses, request.method.to_json().get("lengthen_days")) == ((), None)
    assert not request.end.differs("clonazepam", "ashton_2002")
    shown = signed_in.get(reverse("plan", args=[version.plan_id])).content.decode()
    for name in ("No dose changes", "Each step longer by", "Lowest dose before the end"):
        assert name not in shown


WRONG = {
    "pause_from_1": ("21.12.2026", "like 2026-11-30"),
    "pause_days_2": ("400", "366"),
    "pause_from_3": ("2026-12-21", ""),
    "pause_days_3": ("", "a pause needs both"),
    "pause_from_4": ("", "a pause needs both"),
    "pause_days_4": ("14", ""),
    "lengthen": ("0", "366"),
    "end_last": ("1,5", "point"),
    "end_longest": ("two", "whole number"),
}


@pytest.mark.slow
def test_what_cannot_be_read_is_refused_beside_its_field_and_stays(signed_in, patient):
    fields = {name: value for name, (value, _says) in WRONG.items()}
    page = signed_in.post(form_page(patient), typed(patient, **fields, do="issue"))
    text = page.content.decode()
    assert page.status_code == 422
    for name, (value, says) in WRONG.items():
        beside = re.search(f'id="f-{name}_error".*?</p>', text, re.DOTALL)
        assert bool(beside) is bool(says), name
        assert says in (beside[0].lower() if beside else ""), name
        assert not says or f'href="#f-{name}"' in text
        assert not value or re.search(f'<input[^>]*name="{name}"[^>]*value="{value}"', text), name


@pytest.mark.slow
def test_a_pause_is_no_part_of_typed_rows_and_turning_a_plan_into_rows_keeps_its_longer_step(
    signed_in, patient
):
    fields = given(patient)
    page = signed_in.post(form_page(patient), typed(patient, **fields, do="rows")).content.decode()
    rows = re.search(r'<textarea name="rows"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert rows
    assert rows[1].strip().startswith("24: ")
    assert not re.search(r'name="pause_from_1"[^>]*value=', page)
    hidden = typed(patient, method="typed", rows="14: 1.5\n14: 1", **fields)
    page = signed_in.post(preview_page(patient), hidden).content.decode()
    assert '<path class="line"' in page


@pytest.mark.slow
def test_only_methods_whose_intervals_may_grow_show_and_use_the_longer_steps(signed_in, patient):
    draft = typed(patient, method="steps", count="12", **given(patient))
    page = signed_in.post(form_page(patient), draft | {"do": "show"}).content.decode()
    assert re.search(r"<div hidden>\s*<div class=\"field\">\s*<label for=\"f-lengthen\">", page)
    assert '<path class="line"' in page
