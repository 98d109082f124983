"""What the settings page shows beside the clinic itself: rules in force, and the help lines patients are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from plans.domain.checkins import abuse_lines, help_lines
from plans.domain.checkins.abuse_lines import AbuseLine
from plans.domain.places import countries
from plans.services import advice, clock
from plans.services.accounts import ClinicCard
from plans.services.actors import Actor
from plans.services.checkins import rules
from plans.wording.people import LANGUAGES


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line in words, and when it is to be looked at again."""

    country: str
    number: str
    name: str
    mark: str
    checked_on: date
    look_again: date
    due: bool


def _mark(code: str) -> str:
    marks = {"verified": _("verified"), "second_hand": _("second-hand"), "unverified": _("unverified")}
    return marks[code]


def _rows(today: date) -> list[LineRow]:
    found = []
    for entry in help_lines.everything():
        again = help_lines.look_again_on(entry)
        name = countries().get(entry.country, entry.country) if entry.known else _("Any other country")
        lines = [(entry.emergency, _("emergency"), entry.emergency_mark)]
        lines += [(line.number, line.name, line.mark) for line in entry.lines]
        found += [
            LineRow(str(name), number, what, _mark(mark), entry.checked_on, again, again <= today)
            for number, what, mark in lines
        ]
    return found + [_abuse_row(line, today) for line in abuse_lines.everything()]


def _abuse_row(line: AbuseLine, today: date) -> LineRow:
    again = help_lines.look_again_on(line)
    number = f"{line.send} → {line.number}" if line.send else line.number
    country = str(countries().get(line.country, line.country))
    return LineRow(country, number, line.name, _mark(line.mark), line.checked_on, again, again <= today)


def context_of(actor: Actor, clinic: ClinicCard) -> dict[str, Any]:
    """For the settings template."""
    return {
        "advice": [
            (code, LANGUAGES.get(code, code), found) for code, found in advice.of_clinic(actor).items()
        ],
        "standing": rules.in_force(actor),
        "help_lines": _rows(clock.today(clinic.zone)),
    }
