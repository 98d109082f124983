"""The form of a new plan before anything is typed, and what a file says put into it as if it had been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time

from django.utils.datastructures import MultiValueDict

from plans.domain.caseload_file.patients import FileDose, FilePatient, FileStep
from plans.domain.syringes import SYRINGES
from plans.domain.taper.drug import COUNTRIES
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.plan_defaults import PlanDefaults
from plans.domain.taper.request import Intake, default_start
from plans.domain.taper.schedule import DAY_ORDER, TimeOfDay
from plans.services.plans.drafts import Form


def starting_values(
    *,
    country: str,
    checkins: tuple[int, time],
    today: date,
    formulary: Formulary,
    defaults: PlanDefaults,
) -> MultiValueDict[str, object]:
    """The initial values of a new plan: the clinic's defaults, and what the record and the formulary say.

    `checkins`: the day of the week and the time of the patient's check-ins.
    """
    weekday, at = checkins
    values: dict[str, str] = {
        "start": default_start(today).isoformat(),
        "country": country if country in COUNTRIES else "US",
        "method": defaults.method,
        "percent": defaults.percent,
        "interval": str(defaults.interval_days),
        "lengthen": str(defaults.lengthen_days or ""),
        "spread": defaults.spread,
        "goal": "zero",
        "falls_first": DAY_ORDER[0].value,
        "cross_days": "7",
        "cross_first": TimeOfDay.NIGHT.value,
        "equivalence": defaults.equivalence,
        "max_pieces": str(defaults.max_pieces),
        "dispense_days": str(defaults.dispense_days),
        "instalment_days": str(defaults.instalment_days or ""),
        "checkin_day": str(weekday),
        "checkin_time": at.strftime("%H:%M"),
    }
    start: dict[str, list[object]] = {name: [value] for name, value in values.items()}
    start["syringes"] = [n for n, syringe in enumerate(SYRINGES) if syringe in formulary.syringes]
    return MultiValueDict(start)


def times_initial(row: str, regimen: Iterable[Intake]) -> dict[str, str]:
    """The initial values of the fields for the doses of one drug."""
    found: dict[str, str] = {}
    by_clock = 0
    for one in regimen:
        if one.time.by_clock:
            by_clock += 1
            found |= {f"{row}_clock_{by_clock}": one.time.value, f"{row}_dose_{by_clock}": one.dose.text}
        else:
            found[f"{row}_{one.time}"] = one.dose.text
    return found


def file_form(one: FilePatient, *, today: date, formulary: Formulary, defaults: PlanDefaults) -> Form:
    """The form of a plan as somebody would have typed what the file says: what is taken now, and steps as typed rows.

    A clinician opens it, completes it and issues it.
    """
    if one.data is None:
        return {}
    data = one.data
    form = starting_values(
        country=data.country,
        checkins=(data.checkin_weekday, data.checkin_time),
        today=today,
        formulary=formulary,
        defaults=defaults,
    )
    drugs = tuple(dict.fromkeys(dose.drug for dose in one.regimen)) or tuple(filter(None, [one.drug]))
    for row, drug in zip(("a", "b"), drugs, strict=False):
        form[f"drug_{row}"] = drug
        taken = [Intake(dose.time, drug, dose.dose) for dose in one.regimen if dose.drug == drug]
        for name, value in times_initial(row, taken).items():
            form[name] = value
    if one.steps:
        form["method"], form["rows"] = "typed", step_lines(one.steps)
    if one.start is not None:
        form["start"] = one.start.isoformat()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


def step_lines(steps: Sequence[FileStep]) -> str:
    """Steps as lines of typed rows: "14: 1.5", "14: clonazepam night 1"."""
    return "\n".join(
        f"{step.days}: {step.total.text if step.total is not None else _by_time(step.doses)}"
        for step in steps
    )


def _by_time(doses: Iterable[FileDose]) -> str:
    return ", ".join(f"{one.drug} {one.time.value} {one.dose.text}" for one in doses)
