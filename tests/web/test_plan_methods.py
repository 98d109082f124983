"""The plan form, method by method: each of the engine's ways of tapering can be filled in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from plans.services import clock
from tests.web.plan_form_help import as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = pytest.mark.django_db

IN_A_YEAR_AND_A_HALF = object()


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("percent_of_original", {}),
        ("fixed_amount", {"amount": "0.125"}),
        ("bands", {"band_above_1": "1", "band_cut_1": "0.25", "band_above_2": "0", "band_cut_2": "0.125"}),
        ("equal_occupancy", {"points": "5"}),
        ("two_rates", {"first_percent": "10", "then_percent": "5", "below": "0.5"}),
        ("target_date", {"by": IN_A_YEAR_AND_A_HALF}),
        ("steps", {"count": "12"}),
        ("typed", {"rows": "14: 1.5\n14: morning 0.5, night 0.875\n1: 0"}),
    ],
)
def test_every_method_of_the_engine_can_be_filled_in(signed_in, patient, method, fields):
    day = (clock.today(patient.zone) + timedelta(days=540)).isoformat()
    fields = {name: day if value is IN_A_YEAR_AND_A_HALF else value for name, value in fields.items()}
    page = signed_in.post(preview_page(patient), typed(patient, method=method, **fields)).content.decode()
    assert '<path class="line"' in page, re.findall(r"<li>.*?</li>", page)


@pytest.mark.slow
def test_a_daily_micro_taper_uses_a_liquid_of_ones_own(signed_in, patient):
    own = {
        "own_drug_1": "clonazepam", "own_form_1": "solution", "own_strength_1": "0.3", "own_step_1": "0.1",
        "own_split_1": "1",
    }  # fmt: skip
    page = signed_in.post(
        preview_page(patient), typed(patient, method="micro", percent="10", **own)
    ).content.decode()
    assert '<path class="line"' in page
    assert "Confirm each of these" in page


@pytest.mark.slow
def test_rows_that_end_above_zero_come_to_zero_where_no_dose_was_chosen(signed_in, patient):
    rows = {"method": "typed", "rows": "14: 1\n14: 0.5"}
    page = signed_in.post(preview_page(patient), typed(patient, **rows)).content.decode()
    assert "Last dose" in page
    assert "Stays on a dose" not in page
    page = signed_in.post(preview_page(patient), typed(patient, **rows, goal="stay", goal_mg="0.5")).content
    assert "Stays on a dose" in page.decode()


@pytest.mark.slow
def test_a_total_above_what_is_taken_names_its_line_and_how_to_write_it(signed_in, patient):
    form = typed(patient, method="typed", rows="14: 1.5\n14: 10.5", do="issue")
    page = signed_in.post(form_page(patient), form).content.decode()
    assert "Line 2: 10.5 mg a day is more than is taken now (1.5 mg)." in page
    assert "14: morning 2, night 4" in page


@pytest.mark.slow
def test_a_rise_stands_out_in_the_steps_with_its_size(signed_in, patient):
    form = typed(patient, method="typed", rows="14: night 1\n14: night 2\n14: night 1")
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert '<b class="ink-high">rise</b>' in page
    assert '<b class="ink-high">up 100\u00a0%</b>' in page
    assert "(100\u00a0% more)" in page


@pytest.mark.slow
def test_a_typed_row_that_cannot_be_read_names_its_line(signed_in, patient):
    form = typed(patient, method="typed", rows="14: 1.5\nfourteen: 1", do="issue")
    page = signed_in.post(form_page(patient), form).content.decode()
    assert "Line 2" in page


@pytest.mark.slow
def test_a_method_without_its_number_says_what_is_needed(signed_in, patient):
    page = signed_in.post(
        form_page(patient), typed(patient, method="fixed_amount", do="issue")
    ).content.decode()
    assert 'href="#f-amount"' in page


@pytest.mark.slow
def test_a_switch_to_a_long_acting_drug_and_a_second_drug_are_planned(signed_in, patient):
    form = typed(
        patient, cross_to="diazepam", drug_b="temazepam", b_night="15", products=[], listed=[],
        equivalence="ashton_2002",
    )  # fmt: skip
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert "diazePAM" in page
    assert '<path class="line"' in page, re.findall(r"<li>.*?</li>", page)
    assert "temazepam" in page.lower()


@pytest.mark.slow
def test_a_switch_shows_both_ends_of_the_equivalents_and_the_build_up_until_it_is_over(signed_in, patient):
    plain = signed_in.post(preview_page(patient), typed(patient)).content.decode()
    assert 'id="h-switch"' not in plain
    switch = typed(patient, cross_to="diazepam", products=[], listed=[])
    page = signed_in.post(preview_page(patient), switch).content.decode()
    assert re.findall(r'<th scope="row">\s*(?:<b>)?([A-Z][a-z ]+)', page)[:3] == [
        "Low end",
        "Chosen",
        "High end",
    ]
    assert page.count("JCPG 2025 pocket guide") >= 3
    assert "goes on rising" in page
    issued = answered(signed_in, patient, cross_to="diazepam", products=[], listed=[])
    answer = signed_in.post(form_page(patient), issued)
    assert answer.status_code == 302
    plan = signed_in.get(answer.headers["Location"]).content.decode()
    assert "goes on rising" in plan
    assert "Taperplan" in plan


@pytest.mark.slow
def test_a_plan_that_stays_on_a_dose_needs_that_dose(signed_in, patient):
    page = signed_in.post(form_page(patient), typed(patient, goal="stay", do="issue")).content.decode()
    assert 'href="#f-goal_mg"' in page
    page = signed_in.post(preview_page(patient), typed(patient, goal="stay", goal_mg="0.5")).content.decode()
    assert "Stays on a dose" in page
