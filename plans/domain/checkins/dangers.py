"""Answers that are dangerous to whoever gives them: each kind gets its page at once, whatever the rules find.

Rules say who must act and how soon; a danger says what the patient must know before the next question. It never
stands in for a rule: a known opioid beside the medicine raises nothing new and is no less dangerous tonight.

Sources: mixing, boxed warnings of benzodiazepine labels (FDA 2016) and MMWR 2019 (kratom); stopping, taking less or
more, boxed warning (FDA 2020) and the Joint Clinical Practice Guideline (2025); driving, label (ataxia, drowsiness).
From which level unsteadiness or sleepiness keeps somebody from the wheel is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from plans.domain.checkins.spec import Answers


@dataclass(frozen=True, slots=True)
class Danger:
    """One kind of dangerous answers. `answers`: item → the values that count.

    `untaken`: how many of them it takes while no dose is planned (else one is enough, beside the medicine); 0: it is
    no danger then. `grave`: somebody should be rung now, not before the next dose.
    """

    code: str
    answers: Mapping[str, frozenset[str]]
    untaken: int = 1
    grave: bool = False


@dataclass(frozen=True, slots=True)
class ToldDanger:
    """A danger that answers speak of, and the items that do."""

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


def told(answers: Answers, *, taking: bool) -> tuple[ToldDanger, ...]:
    """The dangers that answers speak of. `taking`: a dose is planned."""
    found = []
    for danger in DANGERS:
        items = frozenset(item for item, values in danger.answers.items() if answers.get(item) in values)
        needed = 1 if taking else danger.untaken
        if needed and len(items) >= needed:
            found.append(ToldDanger(danger, items))
    return tuple(found)


def told_on(answers: Answers, page: Collection[str], *, taking: bool) -> tuple[ToldDanger, ...]:
    """Those told on a page with these items: they are shown when the page is saved, and not after later ones."""
    return tuple(one for one in told(answers, taking=taking) if one.items & frozenset(page))
