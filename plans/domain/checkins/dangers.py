"""Answers that mean danger to the patient: each kind has a page that is shown at once, whatever the rules find.

Rules decide who must act and how soon; a danger says what the patient must know before the next question. Neither
replaces the other: an opioid already on record raises no new flag, but is no less dangerous tonight.

Sources: mixing, boxed warnings of benzodiazepine labels (FDA 2016) and MMWR 2019 (kratom); stopping, taking less or
more, boxed warning (FDA 2020) and the Joint Clinical Practice Guideline (2025); driving, label (ataxia, drowsiness).
The level at which unsteadiness or sleepiness rules out driving is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from plans.domain.checkins.spec import Answers


@dataclass(frozen=True, slots=True)
class Danger:
    """One kind of danger. `answers`: item → the values that count.

    `untaken`: how many of them it takes while no dose is planned (0: no danger then); while a dose is planned one is
    enough. `grave`: the patient should call somebody now, not before the next dose.
    """

    code: str
    answers: Mapping[str, frozenset[str]]
    untaken: int = 1
    grave: bool = False


@dataclass(frozen=True, slots=True)
class DangerFinding:
    """A danger found in answers, and the items it was found in."""

    danger: Danger
    items: frozenset[str]


def _any(**values: str) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({item: frozenset(text.split()) for item, text in values.items()})


DANGERS: Final[tuple[Danger, ...]] = (
    Danger("stopped", _any(s_stopped="yes", dose_taken="none"), untaken=0, grave=True),
    Danger("threat", _any(s_threat="yes"), grave=True),
    Danger("less", _any(dose_under_half="yes"), untaken=0),
    Danger("more", _any(dose_taken="extra"), untaken=0),
    Danger(
        "mixing",
        _any(opioid="yes", kratom="yes", other="yes", alcohol_days="1 2 3 4 5 6 7"),
        untaken=2,
    ),
    Danger("driving", _any(sx_fell="yes", sx_unsteady="2 3 4", sx_sleepy="3 4")),
)
"""In the order they are shown, the gravest first."""


def found_in(answers: Answers, *, taking: bool) -> tuple[DangerFinding, ...]:
    """The dangers in some answers. `taking`: a dose is planned."""
    found = []
    for danger in DANGERS:
        items = frozenset(item for item, values in danger.answers.items() if answers.get(item) in values)
        needed = 1 if taking else danger.untaken
        if needed and len(items) >= needed:
            found.append(DangerFinding(danger, items))
    return tuple(found)


def found_on(answers: Answers, page: Collection[str], *, taking: bool) -> tuple[DangerFinding, ...]:
    """The dangers in answers to the items of one page: they are shown when that page is saved, not after later ones."""
    return tuple(one for one in found_in(answers, taking=taking) if one.items & frozenset(page))
