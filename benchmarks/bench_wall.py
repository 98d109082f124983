"""What the second wall between clinics costs: pages with row-level security, beside the same pages without.

Two clinics of PATIENTS patients each (7,000) are in one database. Each page is fetched in turn as the role of web
processes with one clinic open, and as a role that no policy concerns, with nothing told to the database. Compared is
processor time, that of the page and that of its process in the database together: on a machine that does other things
as well, time by the clock says less. No round trip is added that it would miss.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any, Final

from benchmarks.line import BenchmarkLine

PATIENTS = int(os.environ.get("PATIENTS", "7000"))
LIMIT: Final = 1.15
ROUNDS: Final = 25
WEB: Final = "taperplan_app"
STAFF: Final = {
    "caseload, by flag": "/",
    "caseload, by name": "/?sort=name",
    "caseload, by next change": "/?sort=change",
    "caseload, those without an owner": "/?show=no_owner",
    "review queue": "/queue",
    "review queue, unassigned": "/queue?tab=nobody",
    "is the queue as it was": "/queue/fresh",
    "figures": "/queue/figures",
    "calls": "/calls",
    "messages": "/messages",
    "documents": "/documents",
    "moves": "/moves",
    "review item": "/items/{item}",
    "patient": "/patients/{patient}",
    "patient, form": "/patients/{patient}/edit",
    "patient, history": "/patients/{patient}/history",
    "patient, check-ins": "/patients/{patient}/checkins",
    "patient, who looked": "/patients/{patient}/looks",
    "patient, links": "/patients/{patient}/links",
    "plan": "/plans/{plan}",
    "plan, a day": "/plans/{plan}/day",
    "plan, change": "/plans/{plan}/change",
    "plan, record": "/plans/{plan}/record",
    "plan, visit": "/plans/{plan}/visit",
    "settings": "/settings/clinic",
    "people": "/settings/people",
    "rota": "/settings/rota",
    "audit trail": "/settings/trail",
    "own page": "/me",
}
PATIENT: Final = {"a patient's check-in": "/c/", "a patient's help": "/c/help"}


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    from django.conf import settings
    from django.test import Client

    from benchmarks import large_clinic
    from plans.models import Patient, User
    from plans.services.access import actor_for
    from tests.clients import client_of

    settings.ALLOWED_HOSTS = ["testserver"]
    logging.getLogger("plans.access").setLevel(logging.WARNING)
    ours, _theirs = (large_clinic.make(PATIENTS, clinicians=1, asked=asked) for asked in (1, 0))
    clinic_id = Patient.objects.values_list("clinic_id", flat=True).get(pk=ours.patients[0])
    lead = User.objects.filter(memberships__clinic_id=clinic_id, memberships__role="lead").first()
    assert lead is not None
    staff, patient = client_of(actor_for(lead.pk, clinic_id)), Client()
    patient.get(f"/c/{ours.tokens[0]}")
    # Another record each time, as people open them: the same one again and again would be prepared by the driver.
    keys = [
        {"item": item, "patient": one, "plan": plan}
        for item, one, plan in zip(ours.items, ours.patients, ours.plans, strict=False)
    ][:ROUNDS]
    for client, pages in ((staff, STAFF), (patient, PATIENT)):
        for name, address in pages.items():
            yield _measured(name, client, [address.format(**one) for one in keys])


def _measured(name: str, client: Any, addresses: list[str]) -> BenchmarkLine:
    """The least of several rounds of both in turn."""
    best = [float("inf"), float("inf")]
    for address in addresses:
        for number, work in enumerate((_walled, _without)):
            best[number] = min(best[number], work(client, address))
    return BenchmarkLine(f"wall: {name}", best[0], best[1], best[0] / best[1], LIMIT)


def _walled(client: Any, address: str) -> float:
    return _seconds(client, address, WEB)


def _without(client: Any, address: str) -> float:
    from plans.services import wall

    told, wall.setting = wall.setting, lambda: wall.CLOSED
    try:
        return _seconds(client, address, "NONE")
    finally:
        wall.setting = told


def _seconds(client: Any, address: str, role: str) -> float:
    """The processor time of a page and of its process in the database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    began = process_time() + _spent(backend)
    answer = client.get(address)
    took = process_time() + _spent(backend) - began
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return took


def _spent(backend: Path) -> float:
    return int(backend.read_text().split()[0]) / 1_000_000_000
