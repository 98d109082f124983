"""Asking for documents from the plan page, and drawing all of a clinic's again, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from plans.models import Clinic, Document
from plans.services import documents
from tests.web.access_world import World, make_world

pytestmark = pytest.mark.django_db
LOOK = {"kind": "calendar", "paper": "letter", "size": "large", "language": "es"}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def lead(world: World) -> Client:
    return world.client("lead")


@pytest.mark.slow
def test_a_document_is_asked_for_on_the_plan_page_and_listed_there(world: World, lead: Client) -> None:
    page = f"/plans/{world.a.plan.pk}"
    assert "More documents" in lead.get(page).content.decode()
    assert lead.post(f"{page}/documents", LOOK).headers["Location"] == f"{page}#docs"
    row = Document.objects.get(variant="letter-large-es")
    assert (row.kind, row.state) == ("calendar", "asked")
    said = lead.get(page).content.decode()
    assert "large print" in said
    assert "Español" in said


@pytest.mark.slow
@pytest.mark.parametrize("size", ["large", "largelowink"])
def test_a_pharmacy_sheet_comes_in_large_print_too(world: World, lead: Client, size: str) -> None:
    lead.post(f"/plans/{world.a.plan.pk}/documents", {**LOOK, "kind": "pharmacy", "size": size})
    assert Document.objects.get(kind="pharmacy").variant == f"letter-{size}-es"


@pytest.mark.slow
def test_a_visit_summary_is_of_its_day(world: World, lead: Client) -> None:
    lead.post(f"/plans/{world.a.plan.pk}/documents", LOOK | {"kind": "summary"})
    assert "Visit summary of" in lead.get(f"/plans/{world.a.plan.pk}").content.decode()


@pytest.mark.slow
def test_a_document_there_is_not_is_refused_in_words(world: World, lead: Client) -> None:
    answer: Any = lead.post(f"/plans/{world.a.plan.pk}/documents", LOOK | {"paper": "a5"}, follow=True)
    assert "Choose which document" in answer.content.decode()
    assert not Document.objects.filter(kind="pharmacy").exists()


@pytest.mark.slow
def test_all_documents_are_asked_for_again_with_progress_and_can_be_stopped(
    world: World, lead: Client
) -> None:
    assert "Not done yet." in lead.get("/documents").content.decode()
    lead.post("/documents", {"act": "redraw"})
    said = lead.get("/documents/run").content.decode()
    assert "<progress" in said
    assert "hx-trigger" in said
    Document.objects.update(sha256="0" * 64, file="drawn/x.pdf")
    lead.post("/documents", {"act": "cancel"})
    said = lead.get("/documents/run").content.decode()
    assert "hx-trigger" not in said
    assert Clinic.objects.count() > 1
    assert documents.redrawing(by=world.a.clinic.lead, clinic_id=world.a.clinic.id) is not None
