"""The supply of the plan form: what is at home, and how fills are handed out."""

from __future__ import annotations

import re

import pytest

from plans.models import PlanVersion
from plans.services.plans import versions
from tests.web.plan_form_help import ODT, TABLET, as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


@pytest.mark.slow
def test_what_is_at_home_and_the_instalments_are_shown_kept_and_issued(signed_in, patient):
    given = {f"home:{TABLET}": "40", "dispense_days": "30", "instalment_days": "7"}
    page = signed_in.post(preview_page(patient), typed(patient, **given)).content.decode()
    assert "What is at home" in page
    assert f'name="home:{TABLET}"' in signed_in.get(form_page(patient)).content.decode()
    assert 'value="40"' in signed_in.get(form_page(patient)).content.decode()
    signed_in.post(form_page(patient), answered(signed_in, patient, **given))
    version = PlanVersion.objects.get(plan__patient=patient)
    said = versions.read(version)
    assert (said.request.dispense_days, said.request.instalment_days) == (30, 7)
    assert said.extra["stock"] == {TABLET: 40}
    tablet = next(product for product in said.schedule.products if product.name == TABLET)
    assert versions.before_fills(version).stock == {tablet: 160}


@pytest.mark.slow
def test_a_count_that_is_no_number_is_refused_and_stays(signed_in, patient):
    page = signed_in.post(form_page(patient), typed(patient, **{f"home:{ODT}": "a few"}) | {"do": "show"})
    assert f"At home, {ODT}" in page.content.decode()
    assert 'value="a few"' in page.content.decode()


@pytest.mark.slow
def test_every_syringe_that_is_ticked_stays_ticked_where_the_form_is_drawn_before_anything_is_sent(
    signed_in, patient
):
    page = signed_in.get(form_page(patient)).content.decode()
    ticked = re.findall(r'<input[^>]*name="syringes"[^>]*checked', page)
    assert len(ticked) == 3


@pytest.mark.slow
def test_forms_are_named_as_in_the_country_of_the_products(signed_in, patient):
    form = typed(patient, drug_a="lorazepam", a_morning="", a_night="2", products=[], listed=[])
    page = signed_in.post(form_page(patient), {**form, "country": "BE", "do": "show"}).content.decode()
    assert "orodispersible tablet" in page
    assert "orally disintegrating" not in page
    assert (
        "orally disintegrating tablet" in signed_in.post(form_page(patient), typed(patient)).content.decode()
    )
