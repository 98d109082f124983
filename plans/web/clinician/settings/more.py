"""What the settings page shows beside the clinic itself: rules in force, and the help lines patients are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from plans.domain.checkins import abuse_lines, help_lines
from plans.domain.checkins.abuse_lines import AbuseLine
from plans.domain.checkins.help_lines import Service
from plans.domain.places import countries
from plans.services import advice, clock
from plans.services.accounts import ClinicCard
from plans.services.actors import Actor
from plans.services.checkins import rules
from plans.wording.people import LANGUAGES


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line, or a further way to it, in words, and when it is to be looked at again."""

    country: str
    number: str
    name: str
    mark: str
    checked_on: date
    look_again: date
    due: bool
    source: str = ""


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
        found += [_service_row(str(name), one, today) for one in entry.services]
    return found + [_abuse_row(line, today) for line in abuse_lines.everything()]


def _abuse_row(line: AbuseLine, today: date) -> LineRow:
    again = help_lines.look_again_on(line)
    number = f"{line.send} → {line.number}" if line.send else line.number
    country = str(countries().get(line.country, line.country))
    return LineRow(
        country, number, line.name, _mark(line.mark), line.checked_on, again, again <= today, line.source
    )


def _service_row(country: str, one: Service, today: date) -> LineRow:
    again = help_lines.look_again_on(one)
    spoken = one.sign or str(LANGUAGES.get(one.language, one.language))
    what = f"{_way(one.way)} ({spoken})" if spoken else _way(one.way)
    number = f"{one.line}: {one.give}" if one.give else one.line
    return LineRow(country, number, what, _mark(one.mark), one.checked_on, again, again <= today, one.source)


def _way(code: str) -> str:
    ways = {
        "press": _("key to press"),
        "send": _("word to text"),
        "chat": _("chat"),
        "interpreter": _("interpreter"),
        "video": _("sign language by video"),
        "relay": _("TTY or relay: number to dial first"),
    }
    return ways[code]


def context_of(actor: Actor, clinic: ClinicCard) -> dict[str, Any]:
    """For the settings template."""
    return {
        "advice": [
            (code, LANGUAGES.get(code, code), found) for code, found in advice.of_clinic(actor).items()
        ],
        "standing": rules.in_force(actor),
        "help_lines": _rows(clock.today(clinic.zone)),
    }
