"""Judging a clinic's two thousand issued plans again, against reading and hashing their texts."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from time import perf_counter
from typing import Any

from benchmarks.line import BenchmarkLine
from plans.domain.taper import snapshot
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.request import TaperRequest

PLANS = 2_000
METHODS = (
    {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    {"name": "percent_of_original", "percent": "5", "interval_days": 14},
    {"name": "equal_occupancy", "points": "2", "interval_days": 14},
    {"name": "target_date", "by": "2028-11-30", "interval_days": 14},
)
REGIMENS = (
    [("morning", "clonazepam", "0.5"), ("night", "clonazepam", "1")],
    [("morning", "diazepam", "5"), ("midday", "diazepam", "5"), ("night", "diazepam", "10")],
    [("morning", "lorazepam", "1"), ("evening", "lorazepam", "0.5"), ("night", "lorazepam", "1")],
    [("night", "temazepam", "30")],
    [("morning", "alprazolam", "0.5"), ("night", "alprazolam", "1"), ("night", "zolpidem", "10")],
)


def tapers() -> Iterator[Taper]:
    """Plans for every regimen and method, starting on different Mondays."""
    chosen = cycle((regimen, method) for regimen in REGIMENS for method in METHODS)
    for n, (regimen, method) in zip(range(PLANS), chosen, strict=False):
        yield build(
            TaperRequest.from_json(
                {
                    "start": (date(2026, 6, 1) + timedelta(days=7 * (n % 52))).isoformat(),
                    "regimen": [{"time": time, "drug": drug, "dose_mg": mg} for time, drug, mg in regimen],
                    "method": method,
                }
            )
        )


def fill() -> str:
    """Make a clinic with many running plans and return its key. Rows are copied: no page, message or date belongs to
    them."""
    from plans.models import Patient, Plan, PlanVersion
    from plans.services.plans.preview import holidays_of
    from tests.makers import make_clinic, make_patient

    clinic = make_clinic(name="Benchmark Clinic")
    patient = make_patient(clinic.primary)
    now = datetime.now(UTC)
    assert not holidays_of(patient.clinic)
    patients, plans, issued = [], [], []
    for n, taper in enumerate(tapers()):
        text = snapshot.dump(taper, extra={"confirmed": [], "n": n})
        person = Patient.objects.get(pk=patient.pk) if n == 0 else _copy(patient, n)
        plan = Plan(
            clinic_id=clinic.id,
            patient=person,
            state=PlanState.DRAFT,
            state_at=now,
            drugs=list(taper.schedule.drugs),
            created_at=now,
            created_by_id=clinic.primary.member_id,
        )
        patients.append(person)
        plans.append(plan)
        issued.append(
            PlanVersion(
                clinic_id=clinic.id,
                plan=plan,
                number=1,
                kind="issued",
                canonical=text,
                schema=snapshot.SCHEMA,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                from_day=taper.schedule.start,
                made_on=taper.schedule.start,
                last_day=taper.schedule.last_dose_day() or taper.schedule.end,
                issued_at=now,
                issued_by_id=clinic.primary.member_id,
            )
        )
    Patient.objects.bulk_create(patients[1:], batch_size=500)
    Plan.objects.bulk_create(plans, batch_size=500)
    PlanVersion.objects.bulk_create(issued, batch_size=200)
    for plan, version in zip(plans, issued, strict=True):
        plan.active_version, plan.state = version, "active"
    Plan.objects.bulk_update(plans, ["active_version", "state"], batch_size=500)
    return str(clinic.id)


def _copy(patient: Any, n: int) -> Any:
    from copy import copy

    found = copy(patient)
    found.pk, found.record_no, found._state = uuid.uuid4(), f"B-{n:05}", copy(patient._state)
    return found


def texts(clinic: str) -> int:
    """Read and hash every text of the clinic: the least that judging must do."""
    from plans.models import PlanVersion

    count = 0
    rows = PlanVersion.objects.filter(clinic_id=clinic).values_list("canonical", "sha256")
    for text, digest in rows.iterator(chunk_size=100):
        assert hashlib.sha256(text.encode()).hexdigest() == digest
        json.loads(text)
        count += 1
    return count


def run() -> Iterator[BenchmarkLine]:
    """Time each once: ten seconds of work need no best of fifteen."""
    from django.core.management import call_command

    clinic = fill()
    begun = perf_counter()
    assert texts(clinic) >= PLANS
    bare = perf_counter() - begun
    out = io.StringIO()
    begun = perf_counter()
    call_command("rejudge", "--clinic", clinic, stdout=out)
    ours = perf_counter() - begun
    assert out.getvalue().startswith(f"{PLANS} plans judged")
    # Exactly the plans that were built are judged, so any difference would be our fault.
    assert "No plan is judged otherwise" in out.getvalue()
    yield BenchmarkLine("rejudge: 2,000 plans of a clinic", ours, bare, ours / bare, limit=60)
