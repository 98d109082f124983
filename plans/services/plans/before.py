"""What was taken on the days before a new plan: by the plan before it, or as somebody told it.

A cut is measured against the highest of the 14 days before it, so a plan that begins right after another one's cut
must know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from plans.domain.taper import dose_records, equivalence
from plans.domain.taper.request import Intake, TakenBefore, TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Recorded
from plans.models import Patient, Plan
from plans.services.plans import history, taken

DAYS: Final = 28
"""No window of a limit looks further back than two of 14 days."""


def taken_before(patient: Patient, asked: TaperRequest) -> tuple[TakenBefore, ...]:
    """What is known of the last days before `asked` begins, the newest last; () where nothing is.

    Doses on record count before the plan of that time; a day neither says anything of counts as what is taken now. Days
    of drugs that the table of `asked` cannot add up with its own say nothing.
    """
    plan = (
        Plan.objects.filter(patient=patient)
        .exclude(active_version=None)
        .select_related("patient", "active_version")
        .order_by("-active_version__issued_at", "-id")
        .first()
    )
    if plan is None:
        return ()
    schedule, records = history.full_schedule(plan), taken.records_of(plan)
    days = [asked.start - timedelta(days=n) for n in range(DAYS, 0, -1)]
    known = [_on(schedule, records, day) for day in days]
    if not any(known):
        return ()
    lived = [found or asked.regimen for found in known]
    drugs = {intake.drug for regimen in (*lived, asked.regimen) for intake in regimen}
    table = equivalence.table_named(asked.equivalence)
    if len(drugs) > 1 and not all(table.covers(drug) for drug in drugs):
        return ()
    return tuple(TakenBefore(len(list(same)), regimen) for regimen, same in groupby(lived))


def _on(schedule: Schedule, records: Sequence[Recorded], day: date) -> tuple[Intake, ...]:
    """What was taken on a day by what is on record, else by the plan; () where neither says anything."""
    told = dose_records.taken_on(records, day)
    if told is not None:
        return told.regimen
    return dose_records.regimen_on(schedule, day) if schedule.start <= day <= schedule.end else ()
