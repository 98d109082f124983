"""What was asked of a plan and does not show in its steps by itself: pauses, steps that lengthen, how it is to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext

from plans.domain.taper.request import PlannedPause, TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.wording import plans
from plans.wording.drugs import weekdays_words
from plans.wording.taper import drug_words


def asked_facts(request: TaperRequest, schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Each as a name and a value; nothing of what was left as usual."""
    if request.pauses:
        said = [_pause(pause, schedule) for pause in request.pauses]
        yield gettext("No dose changes"), "; ".join(said)
    longer = getattr(request.method, "lengthen_days", 0)
    if longer:
        yield gettext("Each step longer by"), plans.days_count(longer)
    drug, end = schedule.drug, request.end
    if replace(end, stages=()).differs(drug, request.equivalence):
        yield (
            gettext("Lowest dose before the end"),
            gettext("{dose} of {drug} a day").format(
                dose=end.last_dose.mg, drug=drug_words(drug, clinician=True)
            ),
        )
        yield gettext("Longest step"), plans.days_count(end.longest_step_days)
    if end.stages:
        yield gettext("Last dose only on"), "; ".join(weekdays_words(stage) for stage in end.stages)


def _pause(pause: PlannedPause, schedule: Schedule) -> str:
    span = gettext("{first} to {last}").format(
        first=plans.short_day_year(pause.start), last=plans.short_day_year(pause.last)
    )
    if any(pause.lies_in(step) for step in schedule):
        return span
    return gettext("{span} (as first planned: a later version changes the dose then)").format(span=span)
