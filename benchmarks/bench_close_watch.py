"""What each rule of close watch makes, for the lead's page, in a clinic of a hundred thousand patients beside reading
their rows. PATIENTS=10000 for a shorter run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from benchmarks import large_clinic
from benchmarks.line import BenchmarkLine, measured

PATIENTS: Final = int(os.environ.get("PATIENTS", "100000"))


def run() -> Iterator[BenchmarkLine]:
    """The line of this benchmark."""
    from plans.models import Clinic, Membership, Patient
    from plans.services import close_watch
    from plans.services.access import actor_for

    large_clinic.make(PATIENTS, clinicians=0, asked=0)
    clinic = Clinic.objects.get(name="Large Clinic")
    lead = actor_for(Membership.objects.get(clinic=clinic, role="lead").user_id, clinic.pk)
    rows = Patient.objects.filter(clinic=clinic)
    yield measured(
        "close watch: what each rule makes",
        lambda: close_watch.loads(lead),
        lambda: list(rows.values_list("close_watch", "close_watch_until")),
    )
