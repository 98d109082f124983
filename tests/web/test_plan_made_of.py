"""The plan form offers whole plans to choose from, and says how a dose is shared over the day."""

from __future__ import annotations

import re

import pytest

from tests.web.plan_form_help import DIAZEPAM, as_member, diazepam, preview_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def chosen(page: str) -> list[str]:
    return re.findall(r'name="preparation" value="(\w+)" checked', page)


@pytest.mark.slow
def test_tablets_and_a_liquid_are_offered_as_whole_plans_with_what_each_costs(signed_in, patient):
    page = signed_in.post(preview_page(patient), diazepam(patient)).content.decode()
    assert set(re.findall(r'name="preparation" value="(\w+)"', page)) == {"tablets", "liquid"}
    assert chosen(page) == ["tablets"]
    assert "last dose diazePAM\u00a01\u00a0mg" in page
    assert "last dose diazePAM\u00a00.5\u00a0mg" in page
    assert "no change of preparation" in page


@pytest.mark.slow
def test_the_plan_that_is_chosen_is_the_plan_that_is_made(signed_in, patient):
    page = signed_in.post(preview_page(patient), diazepam(patient, preparation="liquid")).content.decode()
    assert chosen(page) == ["liquid"]
    assert "10 mL" in page.replace("\u00a0", " ")


@pytest.mark.slow
def test_a_choice_that_the_products_no_longer_make_is_refused_with_what_to_do(signed_in, patient):
    form = diazepam(patient, preparation="liquid", products=DIAZEPAM[:3])
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert "One liquid: these products do not make the doses of diazepam in that way." in page


@pytest.mark.slow
def test_the_spread_over_the_day_can_be_chosen(signed_in, patient):
    form = diazepam(patient, a_morning="10", spread="even", products=DIAZEPAM[:3])
    page = signed_in.post(preview_page(patient), form).content.decode()
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")
    nine = "one 5 mg tablet, two 2 mg tablets"
    assert f"diazePAM 18 mg Morning: {nine} Night: {nine}" in shown


@pytest.mark.slow
@pytest.mark.parametrize(("order", "first"), [("", "lorazepam"), ("a", "diazepam"), ("b", "lorazepam")])
def test_of_two_drugs_the_shorter_acting_is_lowered_first_unless_another_is_chosen(
    signed_in, patient, order, first
):
    form = diazepam(
        patient, drug_b="lorazepam", b_night="2", drug_order=order,
        products=[*DIAZEPAM[:3], "lorazepam tablet 1 mg"], listed=["diazepam/US", "lorazepam/US"],
    )  # fmt: skip
    page = signed_in.post(preview_page(patient), form).content.decode().replace("\u00a0", " ")
    changed = "diazePAM 9 mg" if first == "diazepam" else "LORazepam 1.5 mg"
    kept = "LORazepam 2 mg" if first == "diazepam" else "diazePAM 10 mg"
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    second = re.search(r" 2 \d+ \w+.{0,20}? days? (.{0,80})", shown)
    assert second is not None
    assert changed in second[1]
    assert kept in second[1]
