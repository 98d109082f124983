"""A rota kept elsewhere as a calendar: its events, whom they mean, and what can be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from plans.domain.text import fold

NOT_A_SHIFT: Final = ""
"""What a lead chooses for events that are no shift."""

_BETWEEN_WORDS: Final = re.compile(r"[^\w@.+-]+")


class FeedProblem(StrEnum):
    """Why a calendar could not be read."""

    NOT_HTTPS = "not_https"
    PRIVATE = "private"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    MOVED = "moved"
    DENIED = "denied"
    GONE = "gone"
    FAILED = "failed"
    TOO_LARGE = "too_large"
    NOT_A_CALENDAR = "not_a_calendar"
    TOO_OFTEN = "too_often"
    TOO_MANY = "too_many"


class FeedFailed(Exception):
    """A calendar could not be read."""

    def __init__(self, problem: FeedProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of the calendar: its name, the addresses of those invited, and when."""

    name: str
    addresses: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PersonNamed:
    """A member as events may name them."""

    name: str
    email: str


@dataclass(slots=True)
class MatchedFeed:
    """Who has which hours, and the events that name nobody: by folded name, as written, with the next start."""

    shifts: set[tuple[UUID, datetime, datetime]] = field(default_factory=set)
    unmatched: dict[str, tuple[str, datetime]] = field(default_factory=dict)


def match(
    events: Iterable[FeedEvent], people: Mapping[UUID, PersonNamed], chosen: Mapping[str, str]
) -> MatchedFeed:
    """Match events to members: as a lead chose for the name, else by e-mail, else by the whole name.

    `chosen`: {folded name: the member's key, or NOT_A_SHIFT}. A name that two members share means neither.
    """
    found = MatchedFeed()
    for event in events:
        name = fold(event.name)
        if chosen.get(name) == NOT_A_SHIFT:
            continue
        meant = _meant(event, people, chosen.get(name))
        found.shifts |= {(person, event.start, event.end) for person in meant}
        if not meant:
            known = found.unmatched.get(name)
            start = event.start if known is None else min(known[1], event.start)
            found.unmatched[name] = (event.name, start)
    return found


def _meant(event: FeedEvent, people: Mapping[UUID, PersonNamed], chosen: str | None) -> list[UUID]:
    if chosen is not None:
        return [key for key in people if str(key) == chosen]
    addresses = {one.casefold() for one in event.addresses}
    invited = [key for key, one in people.items() if one.email.casefold() in addresses]
    if invited:
        return invited
    said = f" {' '.join(_words(event.name))} "
    named = [key for key, one in people.items() if any(_says(said, known) for known in (one.email, one.name))]
    spelt = [_words(people[key].name) for key in named]
    return [key for key in named if spelt.count(_words(people[key].name)) == 1]


def _says(said: str, known: str) -> bool:
    words = _words(known)
    return bool(words) and f" {' '.join(words)} " in said


def _words(text: str) -> list[str]:
    return [word.strip(".") for word in _BETWEEN_WORDS.split(fold(text)) if word.strip(".")]
