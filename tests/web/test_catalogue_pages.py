"""The catalogue in the settings: what is known, signed by the lead, shown on plans, over when the drug changes."""

from __future__ import annotations

import pytest

from plans.domain.errors import NotAllowed, Stale
from plans.domain.taper.catalogue_table import review_digest
from plans.models import AuditEvent, CatalogueReview
from plans.services import catalogue_reviews
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db

WHO = "R. Brown, pharmacist"


@pytest.fixture
def clinic():
    return make_clinic(name="Harbour Clinic")


def sign(actor, drug="clonazepam", **typed):
    fields = {"seen": review_digest(drug), "reviewer": WHO}
    return client_of(actor).post(f"/settings/catalogue/{drug}/sign", fields | typed)


def plan_page_of(clinic):
    plan = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    return client_of(clinic.primary).get(f"/plans/{plan.pk}").content.decode()


@pytest.mark.slow
def test_every_number_stands_on_the_page_with_its_mark_and_source(clinic):
    page = client_of(clinic.primary).get("/settings/catalogue/lorazepam").content.decode()
    assert "4 mg a day should not be exceeded" in page
    assert "second-hand" in page
    assert "Sign the review" not in page
    assert "Sign the review" in client_of(clinic.lead).get("/settings/catalogue/lorazepam").content.decode()


@pytest.mark.slow
def test_a_signed_review_is_kept_with_name_day_and_digest_and_is_in_the_history(clinic):
    assert sign(clinic.lead).status_code == 302
    row = CatalogueReview.objects.get()
    assert (row.drug, row.reviewer, row.digest) == ("clonazepam", WHO, review_digest("clonazepam"))
    event = AuditEvent.objects.get(act="clinic.catalogue_reviewed")
    assert event.facts["who"] == WHO
    assert WHO in client_of(clinic.lead).get("/settings/catalogue").content.decode()
    assert WHO in client_of(clinic.lead).get("/settings/history").content.decode()


@pytest.mark.slow
def test_a_plan_says_who_reviewed_its_drug_or_that_nobody_did(clinic):
    assert "clonazePAM: Catalogue not reviewed" in plan_page_of(clinic)
    sign(clinic.lead)
    assert f"clonazePAM: Catalogue reviewed by {WHO} on" in plan_page_of(clinic)


def test_a_review_ends_when_the_drug_is_not_what_was_reviewed(clinic):
    sign(clinic.lead)
    CatalogueReview.objects.update(digest="0" * 64)
    assert catalogue_reviews.of_clinic(clinic.lead, ["clonazepam"]) == {"clonazepam": None}


@pytest.mark.slow
def test_a_review_of_another_clinic_or_drug_does_not_count(clinic):
    sign(clinic.lead)
    other = make_clinic(name="Hill Clinic")
    assert catalogue_reviews.of_clinic(other.lead, ["clonazepam"]) == {"clonazepam": None}
    assert catalogue_reviews.of_clinic(clinic.lead, ["diazepam"]) == {"diazepam": None}


@pytest.mark.slow
def test_signed_twice_the_first_review_holds(clinic):
    sign(clinic.lead)
    sign(clinic.lead, reviewer="Somebody else")
    assert [row.reviewer for row in CatalogueReview.objects.all()] == [WHO]


def test_numbers_that_were_not_shown_are_not_signed(clinic):
    with pytest.raises(Stale):
        catalogue_reviews.sign(by=clinic.lead, drug="clonazepam", seen="0" * 64, reviewer=WHO)
    response = sign(clinic.lead, seen="0" * 64)
    assert response.status_code == 409
    assert WHO in response.content.decode()
    assert not CatalogueReview.objects.exists()


def test_a_review_without_a_name_is_refused_beside_its_field(clinic):
    assert sign(clinic.lead, reviewer=" ").status_code == 422
    assert not CatalogueReview.objects.exists()


def test_only_the_lead_signs(clinic):
    with pytest.raises(NotAllowed):
        catalogue_reviews.sign(
            by=clinic.primary, drug="clonazepam", seen=review_digest("clonazepam"), reviewer=WHO
        )


@pytest.mark.slow
def test_a_drug_that_is_not_in_the_catalogue_has_no_page(clinic):
    assert client_of(clinic.lead).get("/settings/catalogue/heroin").status_code == 404
    assert sign(clinic.lead, "clonazepam").status_code == 302
    assert (
        client_of(clinic.lead).post("/settings/catalogue/heroin/sign", {"reviewer": WHO}).status_code == 404
    )
