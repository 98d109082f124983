"""A patient with the story's plan, beginning today, and how a test reads the pages of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.test import Client

from plans.domain.amounts import Dose
from plans.models import Patient, Plan
from plans.services import devices, links
from plans.services.links import LinkPurpose
from plans.services.plans import revise
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan, plan_row

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Story:
    """A patient with the story's plan, beginning today, and the link of the message."""

    clinic: ClinicMade
    patient: Patient
    plan: Plan
    token: str


def token_for(patient: Patient, plan: Plan) -> str:
    return links.token_of(links.lasting(purpose=LinkPurpose.PLAN, patient=patient, plan=plan))


def made() -> Story:
    clinic = make_clinic(name="Harbour Clinic")
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    return Story(clinic, patient, plan, token_for(patient, plan))


def give(phone: Client, year: str, here: str = "/p/") -> Any:
    return phone.post("/p/fact", {"fact": year, "here": here})


def make_known(phone: Client, patient: Patient) -> None:
    """Let a phone be one on which the patient's second fact was given."""
    phone.cookies["tp_device"] = known_device(patient)


def known_device(patient: Patient) -> str:
    """The key of a device on which the patient's second fact was given."""
    with transaction.atomic():
        return devices.remember(patient, "phone")


def words(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def shows_doses(response: Any) -> bool:
    return re.search(r"\d\s?mg\b|clonazepam", words(response), re.IGNORECASE) is not None


def plain(dose: Dose) -> str:
    return dose.mg.replace("\u00a0", " ")


def hold(story: Story, days: int = 14) -> Plan:
    plan = plan_row(story.plan.pk)
    revise.revise(
        by=story.clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": days},
        note="Asked.",
    )
    return plan_row(plan.pk)
