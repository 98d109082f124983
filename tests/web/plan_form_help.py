"""What the tests of the plan form share: a filled form and its addresses."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from plans.models import Patient
from plans.services import clock
from plans.services.actors import Actor

TABLET, ODT = "clonazepam tablet 0.5 mg", "clonazepam odt 0.125 mg"
DIAZEPAM = [
    "diazepam tablet 2 mg", "diazepam tablet 5 mg", "diazepam tablet 10 mg", "diazepam solution 1 mg/mL",
]  # fmt: skip


def as_member(client: Client, actor: Actor) -> Client:
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model()._default_manager.get(pk=actor.member_id))
    return client


def typed(patient: Patient, **changes: Any) -> dict[str, Any]:
    """The story's plan as the page posts it."""
    form = {
        "drug_a": "clonazepam", "a_morning": "0.5", "a_night": "1", "start": clock.today(patient.zone).isoformat(),
        "country": "US", "method": "percent_of_current", "percent": "10", "interval": "14", "goal": "zero",
        "falls_first": "morning", "products": [TABLET, ODT], "listed": ["clonazepam/US"],
        f"split:{TABLET}": "2", "max_pieces": "6", "dispense_days": "28", "equivalence": "ashton_2002",
        "checkin_day": "0", "checkin_time": "10:00", "cross_days": "7", "cross_first": "night",
    }  # fmt: skip
    return {**form, **changes}


def diazepam(patient: Patient, **changes: Any) -> dict[str, Any]:
    """Ten milligrams of diazepam at night, of the country's tablets and solution: to be made in more ways than one."""
    halves = {f"split:{name}": "2" for name in DIAZEPAM[:3]}
    form = {
        "drug_a": "diazepam",
        "a_morning": "",
        "a_night": "10",
        "products": DIAZEPAM,
        "listed": ["diazepam/US"],
    }
    return typed(patient, **(form | halves | changes))


def form_page(patient: Patient) -> str:
    return reverse("plan-new", args=[patient.pk])


def preview_page(patient: Patient) -> str:
    return reverse("plan-preview", args=[patient.pk])
