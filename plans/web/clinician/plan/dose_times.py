"""The doses of one drug, by time of day, in a form: four usual times, two more, or up to eight clock times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper import reading
from plans.domain.taper.schedule import DAY_ORDER, MOST_TIMES, USUAL_TIMES, TimeOfDay
from plans.web.clinician.plan.fields import ReadField, dose_field
from plans.wording.drugs import TIME_NAMES

_MORE: Final = tuple(when for when in DAY_ORDER if when not in USUAL_TIMES)
_CLOCK: Final = tuple(range(1, MOST_TIMES + 1))


class TypedDose(NamedTuple):
    """A dose as it was read from a field: mg as text."""

    time: TimeOfDay
    dose_mg: str
    field: str


def _read_clock(text: str) -> TimeOfDay:
    return reading.time_of_day(text, "")


def add_times(form: forms.Form, row: str) -> None:
    """Give a form the doses of a drug. `row` begins the names of its fields: `a_morning`, `a_clock_1`, `a_dose_1`."""
    for when in DAY_ORDER:
        form.fields[f"{row}_{when}"] = dose_field(TIME_NAMES[when])
    for n in _CLOCK:
        form.fields[f"{row}_clock_{n}"] = ReadField(
            _read_clock, label=format_lazy(_("Time {n}"), n=n), max_length=5, attrs={"type": "time"}
        )
        form.fields[f"{row}_dose_{n}"] = dose_field(format_lazy(_("Dose {n}, in mg"), n=n))


def field_names(row: str) -> Iterator[str]:
    """The names of all fields of a drug's doses."""
    yield from (f"{row}_{when}" for when in DAY_ORDER)
    yield from (f"{row}_{part}_{n}" for n in _CLOCK for part in ("clock", "dose"))


def read_times(form: forms.Form, row: str, found: Mapping[str, object]) -> list[TypedDose]:
    """The doses that were typed, in the order of the day; a problem is put beside its field."""
    named = [
        TypedDose(when, str(found[f"{row}_{when}"]), f"{row}_{when}")
        for when in DAY_ORDER
        if found.get(f"{row}_{when}")
    ]
    timed: dict[TimeOfDay, TypedDose] = {}
    for n in _CLOCK:
        clock, dose = f"{row}_clock_{n}", f"{row}_dose_{n}"
        when, amount = found.get(clock), found.get(dose)
        if clock in form.errors or dose in form.errors:
            continue
        if bool(when) != bool(amount):
            form.add_error(
                clock if amount else dose, gettext("A clock time needs a dose, and a dose a time.")
            )
        elif isinstance(when, TimeOfDay):
            if not when.by_clock:
                form.add_error(clock, gettext("Write the time with two digits each, such as 09:00."))
            elif when in timed:
                form.add_error(clock, gettext("This time is entered above. Choose another, or clear it."))
            else:
                timed[when] = TypedDose(when, str(amount), dose)
    if named and timed:
        form.add_error(
            next(iter(timed.values())).field.replace("_dose_", "_clock_"),
            gettext("Use names of times of day or clock times, not both."),
        )
    return named + sorted(timed.values(), key=lambda one: one.time.minutes)


def times_rows(form: forms.Form, row: str) -> dict[str, object]:
    """The fields of a drug's doses as `clinic/dose_times.html` draws them."""
    more = [form[f"{row}_{when}"] for when in _MORE]
    clock = [(form[f"{row}_clock_{n}"], form[f"{row}_dose_{n}"]) for n in _CLOCK]
    return {
        "doses": [form[f"{row}_{when}"] for when in USUAL_TIMES],
        "more": more,
        "clock": clock,
        "more_open": any(field.value() or field.errors for field in more),
        "clock_open": any(field.value() or field.errors for pair in clock for field in pair),
    }
