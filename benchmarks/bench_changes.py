"""Changing a plan with 400 check-ins to come, against the same change with four."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from benchmarks.line import BenchmarkLine, measured


def stepped_back(by: Any, plan: Any) -> Callable[[], None]:
    """Step the plan back and take it back again: each run finds the plan as it was. Any: rows, before Django is up."""
    from django.db import transaction

    from plans.domain.taper.amendments import StepBack
    from plans.services import clock
    from plans.services.plans import revise

    def work() -> None:
        with transaction.atomic():
            today = clock.today(plan.patient.zone)
            changes = [StepBack(today, hold_days=14)]
            revise.change(by=by, plan_id=plan.pk, seen_lock=plan.lock, changes=changes, note="Agreed.")
            transaction.set_rollback(True)

    return work


def run() -> Iterator[BenchmarkLine]:
    """Both plans are of one clinic, and changed in turn."""
    from plans.services import clock
    from tests.makers import make_clinic, make_patient
    from tests.makers_checkins import many_to_come
    from tests.makers_plans import issue_story_plan

    by = make_clinic(name="Benchmark Changes").primary
    made = []
    for count in (400, 4):
        patient = make_patient(by)
        plan = issue_story_plan(by, patient, start=clock.today(patient.zone) - timedelta(days=20))
        many_to_come(plan, count)
        made.append(stepped_back(by, plan))
    yield measured("change: 400 check-ins to come", made[0], made[1], limit=2)
