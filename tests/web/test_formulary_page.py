"""The formulary of a clinic: set on its page, audited, and where every new plan begins."""

from __future__ import annotations

import pytest

from plans.domain.errors import NotAllowed
from plans.domain.taper.formulary import Formulary
from plans.models import AuditEvent, PlanVersion
from plans.services import formulary
from plans.services.plans import versions
from tests.makers import make_clinic
from tests.web.plan_form_help import as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = pytest.mark.django_db

PAGE = "/settings/formulary"
TWO = "diazepam tablet 2 mg"


def posted(clinic, **changes):
    seen = formulary.formulary(clinic.lead).digest
    return {"seen": seen, "most_split": "4", "shown": ["diazepam"]} | changes


@pytest.mark.slow
def test_the_page_lists_every_drug_and_finds_one_by_its_brand(client, clinic):
    client = as_member(client, clinic.lead)
    page = client.get(PAGE).content.decode()
    assert "diazePAM" in page
    assert "No drug has a list of its own yet" in page
    found = client.get(PAGE, {"q": "klonopin"}).content.decode()
    assert "clonazePAM" in found
    assert "diazePAM" not in found
    assert "No drug or brand has that name." in client.get(PAGE, {"q": "aspirin"}).content.decode()


@pytest.mark.slow
def test_what_is_saved_is_audited_and_a_new_plan_begins_from_it(client, clinic, patient):
    lead = as_member(client, clinic.lead)
    given = posted(
        clinic,
        **{
            "own:diazepam": "yes",
            "stock": [TWO],
            "without": ["concentrate"],
            "most_split": "2",
            "syringes": ["1"],
        },
    )
    assert lead.post(PAGE, given).status_code == 302
    saved = formulary.formulary(clinic.lead)
    assert [product.name for product in saved.stocked("diazepam", "US")] == [TWO]
    event = AuditEvent.objects.get(act="clinic.formulary_set")
    assert event.facts["before"] == Formulary().to_json()
    assert event.facts["after"] == saved.to_json()
    form = {"drug_a": "diazepam", "listed": [], "products": []}
    page = lead.post(form_page(patient), typed(patient, **form) | {"do": "show"}).content.decode()
    assert f'value="{TWO}" checked' in page
    assert 'value="diazepam tablet 5 mg" checked' not in page
    # searching for another drug and saving it leaves this one alone
    lead.post(PAGE, posted(clinic, shown=["lorazepam"], most_split="2"))
    assert [product.name for product in formulary.formulary(clinic.lead).stocked("diazepam", "US")] == [TWO]


@pytest.mark.slow
def test_whoever_saved_meanwhile_is_not_overwritten_unseen(client, clinic):
    lead = as_member(client, clinic.lead)
    stale = posted(clinic, most_split="1")
    lead.post(PAGE, posted(clinic, most_split="2"))
    page = lead.post(PAGE, stale)
    assert page.status_code == 409
    assert "changed this meanwhile" in page.content.decode()
    assert formulary.formulary(clinic.lead).most_split == 2


def test_only_who_manages_the_clinic_may_set_it_and_only_their_own(clinic):
    with pytest.raises(NotAllowed):
        formulary.set_formulary(by=clinic.primary, seen_digest="", formulary=Formulary(most_split=1))
    other = make_clinic(name="Other")
    seen = formulary.formulary(other.lead).digest
    assert formulary.set_formulary(by=other.lead, seen_digest=seen, formulary=Formulary(most_split=1))
    assert formulary.formulary(clinic.lead) == Formulary()


HOME = {
    "own_drug_1": "clonazepam", "own_form_1": "home_made", "own_strength_1": "0.5", "own_pieces_1": "1",
    "own_water_1": "5", "own_step_1": "0.1",
}  # fmt: skip


def test_a_suspension_made_at_home_is_offered_and_issued_only_where_it_is_switched_on(
    client, clinic, patient
):
    member = as_member(client, clinic.primary)
    refused = member.post(preview_page(patient), typed(patient, **HOME)).content.decode()
    assert "not switched on in this clinic" in refused
    assert "Made at home" not in member.get(form_page(patient)).content.decode()
    seen = formulary.formulary(clinic.lead).digest
    formulary.set_formulary(by=clinic.lead, seen_digest=seen, formulary=Formulary(home_made=True))
    assert "Made at home" in member.get(form_page(patient)).content.decode()
    form = answered(member, patient, **HOME)
    member.post(form_page(patient), form)
    said = versions.read(PlanVersion.objects.get(plan__patient=patient))
    assert any(product.is_home_made for product in said.schedule.products)


@pytest.mark.slow
def test_drops_and_syringes_of_the_form_are_asked_for_and_stay(client, clinic, patient):
    member = as_member(client, clinic.primary)
    drops = {
        "own_drug_1": "clonazepam", "own_form_1": "drops", "own_strength_1": "0.1", "own_ml_1": "2.5",
        "products": [], "syringes": ["1", "3"], "confirmed": ["clonazepam drops 0.1 mg/drop"],
    }  # fmt: skip
    page = member.post(preview_page(patient), typed(patient, **drops)).content.decode()
    assert "drops" in page
    kept = member.get(form_page(patient)).content.decode()
    assert 'name="syringes" value="1"' in kept
    member.post(form_page(patient), answered(member, patient, **drops))
    said = versions.read(PlanVersion.objects.get(plan__patient=patient))
    assert [syringe.holds.text for syringe in said.request.syringes] == ["1", "5"]
    assert said.schedule.steps[0].doses[0].take[0].drops == 5
