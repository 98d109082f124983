"""Whether a plan, as it was computed, really takes the steps of the published schedule it names."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from plans.domain.errors import TaperError
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.published.files import PublishedSchedule, a_week, followed
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule

# A schedule for any drug says how much is cut and how often; the rest of its request is our example.
_OF_ANY_DRUG = ("country", "method")


def steps_followed(taper: Taper) -> PublishedSchedule | None:
    """The published schedule whose steps a plan takes; None if it names none, or takes others.

    From the schedule's own dose the steps are the same. From another dose no cut is larger than the schedule's method
    makes from there: coarse products may not hide behind the schedule.
    """
    found = followed(taper.request)
    if found is None:
        return None
    try:
        if a_week(taper.request.regimen) == a_week(found.asked.regimen) and not found.any_drug:
            own = build(found.asked).schedule
            return found if _steps(taper.schedule) == _steps(own) else None
        own = build(_from_there(found, taper.request)).schedule
    except TaperError:
        return None
    return found if _largest_cut(taper.schedule) <= _largest_cut(own) else None


def _from_there(found: PublishedSchedule, request: TaperRequest) -> TaperRequest:
    """The request of a schedule for what is taken now."""
    written: Mapping[str, object] = found.request
    if found.any_drug:
        written = {key: written[key] for key in _OF_ANY_DRUG}
    asked = request.to_json()
    return TaperRequest.from_json({**written, "start": asked["start"], "regimen": asked["regimen"]})


def _steps(schedule: Schedule) -> list[object]:
    """The days of each step, and the doses of a week by drug."""
    return [
        (step.days, sorted((drug, step.week(drug).units) for drug in schedule.drugs if step.week(drug)))
        for step in schedule.steps
    ]


def _largest_cut(schedule: Schedule) -> int:
    """The largest fall of any drug from one step to the next, in units over a week."""
    return max(
        before.week(drug).units - after.week(drug).units
        for before, after in pairwise(schedule.steps)
        for drug in schedule.drugs
    )
