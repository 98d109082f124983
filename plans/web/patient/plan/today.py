"""Today's doses in words and shapes, ready for the template. What to take is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from plans.domain.taper.products import Form, Take
from plans.domain.taper.schedule import Step, StepKind
from plans.domain.taper.weekdays import DAYS_A_WEEK
from plans.domain.which import which
from plans.services.patient_pages import PatientPlan
from plans.wording import taper
from plans.wording.directions import step_words
from plans.wording.doses import per_day_words
from plans.wording.times import hour_words

VISITS_SHOWN: Final = 3


class PillShape(StrEnum):
    """The shape drawn for one tablet, capsule or volume."""

    TABLET = "tablet"
    FILM = "film"
    CAPSULE = "capsule"
    LIQUID = "liquid"


@dataclass(frozen=True, slots=True)
class TakeWords:
    """One product to take: its words, and a shape for each piece."""

    words: str
    shape: PillShape
    parts: tuple[str, ...]

    @property
    def shape_is(self) -> Mapping[str, bool]:
        """Whether it is this shape, for templates."""
        return which(PillShape, self.shape)


@dataclass(frozen=True, slots=True)
class DoseWords:
    """One time of day."""

    time: str
    drug: str
    mg: str
    takes: tuple[TakeWords, ...]


@dataclass(frozen=True, slots=True)
class NextWords:
    """The next change: when, how far away, and to what; `mg` names each drug."""

    day: date
    days: int
    mg: str
    zero: bool
    rises: bool


def _shape(take: Take) -> PillShape:
    if take.product.is_measured:
        return PillShape.LIQUID
    if take.product.form is Form.FILM:
        return PillShape.FILM
    return PillShape.CAPSULE if take.product.form in (Form.CAPSULE, Form.MR_CAPSULE) else PillShape.TABLET


def _parts(take: Take) -> tuple[str, ...]:
    """One and a half is drawn as a whole piece and a half beside it: what is drawn is what is taken."""
    if take.product.is_measured:
        return ("whole",)
    whole, rest = divmod(take.quarters, 4)
    return ("whole",) * whole + ((), ("quarter",), ("half",), ("half", "quarter"))[rest]


def _take_words(take: Take) -> TakeWords:
    return TakeWords(words=taper.take_words(take), shape=_shape(take), parts=_parts(take))


def doses_of(step: Step, country: str) -> tuple[DoseWords, ...]:
    """The doses of a day in the order of the day, with forms named as in the country of the products."""
    with taper.forms_as_in(country):
        return tuple(
            DoseWords(
                time=taper.time_words(dose.time),
                drug=taper.drug_words(dose.drug),
                mg=dose.dose.mg,
                takes=tuple(_take_words(take) for take in dose.take),
            )
            for dose in step.doses
        )


def _next_dose_day(plan: PatientPlan, drug: str | None = None) -> date | None:
    """The first day after a day off on which something is taken, or one drug."""
    days = (plan.day + timedelta(days=n) for n in range(1, DAYS_A_WEEK + 1))
    taken = ((day, step.day.drugs) for day in days if (step := plan.schedule.step_on(day)))
    return next((day for day, drugs in taken if (drug in drugs if drug else drugs)), None)


def _off_today(plan: PatientPlan, today: Step | None, whole: Step | None) -> list[tuple[str, date | None]]:
    """Of several drugs those that have their day off while another is taken, each with the day of its next dose."""
    if today is None or whole is None or not today.doses:
        return []
    off = [drug for drug in whole.day.drugs if drug not in today.day.drugs]
    return [(taper.drug_words(drug), _next_dose_day(plan, drug)) for drug in off]


def _taken_in(step: Step) -> str:
    """What is taken in a step, in a sentence: "diazepam 5 mg a day"; with days off each dose with its days, because a
    week's milligrams of a drug are no dose."""
    return step_words(step) if step.weekly else per_day_words(step.day)


def context_of(plan: PatientPlan) -> dict[str, object]:
    """What the plan page needs beside the plan itself."""
    change = plan.next_change
    following = None
    if change is not None:
        following = NextWords(
            day=change.start,
            days=(change.start - plan.day).days,
            mg=_taken_in(change),
            zero=not change.doses,
            rises=change.kind in (StepKind.RISE, StepKind.STEP_BACK),
        )
    whole = plan.schedule.step_at(plan.day)
    none_today = plan.today is not None and not plan.today.doses
    day_off = none_today and (plan.last_dose_day is None or plan.day < plan.last_dose_day)
    return {
        "no_doses": none_today,
        "next_dose_day": _next_dose_day(plan) if day_off else None,
        "drugs": ", ".join(dict.fromkeys(taper.drug_words(dose.drug) for dose in plan.today.doses))
        if plan.today
        else "",
        "several": len(plan.schedule.drugs) > 1,
        "off_today": _off_today(plan, plan.today, whole),
        "stays_at": _taken_in(whole) if plan.today and whole is not None else "",
        "next_change": following,
        "visits": [
            (one.on, hour_words(one.at, plan.holder.country) if one.at else "", one.with_whom)
            for one in plan.visits[:VISITS_SHOWN]
        ],
        "ended_at_zero": plan.last_dose_day is not None and plan.day > plan.last_dose_day,
    }
