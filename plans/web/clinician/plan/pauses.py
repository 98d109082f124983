"""Pauses built into a plan, in a form: days on which no dose changes, a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.web.clinician.plan.fields import ReadField, read_day, whole_field
from plans.web.untyped import Context

LINES: Final = (1, 2, 3, 4, 5, 6)


def add_pauses(form: forms.Form) -> None:
    """Give a form its pauses: `pause_from_1`, `pause_days_1` and so on."""
    for n in LINES:
        form.fields[f"pause_from_{n}"] = ReadField(
            read_day, label=format_lazy(_("Pause {n}, first day"), n=n), attrs={"type": "date"}
        )
        form.fields[f"pause_days_{n}"] = whole_field(format_lazy(_("Pause {n}, days"), n=n), 1, 366)


def read_pauses(form: forms.Form, found: Mapping[str, object]) -> list[Context]:
    """The pauses that were typed, as the request writes them; half a pause is refused at the field left out."""
    pauses: list[Context] = []
    for n in LINES:
        first, days = f"pause_from_{n}", f"pause_days_{n}"
        if first in form.errors or days in form.errors:
            continue
        begins, lasts = found.get(first), found.get(days)
        if bool(begins) != bool(lasts):
            form.add_error(
                days if begins else first, gettext("A pause needs both: its first day, and how many days.")
            )
        elif begins:
            pauses.append({"from": begins, "days": lasts})
    return pauses


def pause_lines(form: forms.Form) -> dict[str, object]:
    """The lines as `clinic/plan_pauses.html` draws them, and whether they are open."""
    lines = [(form[f"pause_from_{n}"], form[f"pause_days_{n}"]) for n in LINES]
    return {"lines": lines, "open": any(field.value() or field.errors for line in lines for field in line)}
