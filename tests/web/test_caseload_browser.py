"""The caseload in a real browser, with a patient of every kind: no rule of accessibility is broken at any width."""

from __future__ import annotations

import os
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from plans.models import CaseloadRow, Patient
from plans.services import clock, review, visits
from plans.services.caseload import reading
from plans.services.plans import drafts, revise
from tests.makers import ClinicMade, make_patient
from tests.makers_care import record, set_care
from tests.makers_plans import issue_story_plan, plan_row
from tests.web.browsing import sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def every_kind(clinic: ClinicMade) -> None:
    """A patient with open items, one who takes another dose, held, at a maintenance dose, in hospital, with a visit,
    to phone, with a draft alone, and with nothing."""
    names = (
        "Oriel Urgent",
        "Quill Other",
        "Tansy Held",
        "Wren Stays",
        "Bramble Ward",
        "Sorrel Visit",
        "Dill Calls",
    )
    made = {
        name: make_patient(clinic.primary, name=name) for name in (*names, "Elder Draft", "Fennel Nothing")
    }
    today = clock.today(made["Oriel Urgent"].zone)
    plans = {
        name: issue_story_plan(clinic.primary, made[name], start=today - timedelta(days=16 + n))
        for n, name in enumerate(names)
    }
    with transaction.atomic():
        for priority in ("urgent", "routine"):
            review.open_item(
                clinic_id=clinic.id, patient=made["Oriel Urgent"], plan=None, source="missed", source_key=priority,
                priority=priority, facts={}, now=clock.now(),
            )  # fmt: skip
    record(clinic.primary, plans["Quill Other"], "night clonazepam 1", from_day=today)
    stays = {"review_on": (today + timedelta(days=5)).isoformat()}
    for name, act, params in (("Tansy Held", "hold", {"days": 14}), ("Wren Stays", "stop_here", stays)):
        row = plan_row(plans[name].pk)
        revise.revise(
            by=clinic.primary, plan_id=row.pk, seen_lock=row.lock, act=act, params=params, note="Agreed."
        )
    set_care(clinic.primary, made["Bramble Ward"], "admitted", on=today - timedelta(days=1))
    visits.plan_visit(
        by=clinic.primary,
        patient_id=made["Sorrel Visit"].pk,
        on=today + timedelta(days=3),
        at=time(9, 30),
        with_whom="",
    )
    Patient.objects.filter(pk=made["Dill Calls"].pk).update(contact_how="phone")
    drafts.save(
        by=clinic.primary, patient_id=made["Elder Draft"].pk, form={"drug_a": ["lorazepam"]}, seen_lock=None
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_the_caseload_breaks_no_rule_of_accessibility(make_page: Any, clinic: ClinicMade, width: int) -> None:
    every_kind(clinic)
    page = make_page(width=width)
    sign_in(page, clinic.primary)
    look(page, "caseload", "/")
    look(page, "week", "/?show=week&sort=change")
    assert page.locator("tbody tr").count() >= 4
    # More rows wait than a page puts in their places.
    CaseloadRow.objects.update(stale_at=clock.now())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MOST_LATE", 1)
        look(page, "behind", "/")
        assert page.get_by_text("being brought up to date").is_visible()


def look(page: Any, name: str, address: str) -> None:
    """Break no rule there, fit the width with every column, and keep a picture in the folder SHOTS if there is one."""
    page.goto(address)
    if os.environ.get("SHOTS"):
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"{name}-{width}.png"), full_page=True)
    assert violations(page) == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.panel.scroll'))"), (
        address
    )
