"""The second wall between clinics: which clinics' rows the database shows to the request that is being answered.

The first wall is `access`: every query names the clinic. Should one forget it, PostgreSQL still shows a web process
only the rows of the clinics that are open here (row-level security; `walled_tables` has the policies). At first none
is; the gate and the look-up of a patient's link open one:

    with wall.request():                       # the middleware: nothing is open
        wall.enter(actor.clinic_id)            # the gate: this clinic, until the request ends
        wall.also(move.from_clinic_id)         # a service that has checked that it may
        with wall.through(Door.LINK, digest):  # while it is looked up whose link this is
            ...

Outside of a request (workers, commands) nothing is set: their roles of the database have all clinics. What is open is
kept here and told to the database with each transaction (`taperplan.postgresql.base`), so that nothing of it is left
on a connection, whoever gets it next.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection


class Door(StrEnum):
    """What opens a clinic before it is known which: the function `taperplan_clinics_behind` looks it up by a key."""

    PERSON = "person"
    """The clinics that a user is or was a member of."""
    INVITED = "invited"
    """The clinics that have an open invitation to a user's address."""
    LINK = "link"
    """The clinic of a patient's link, by the hash of its token."""
    LINK_KEY = "link_key"
    """The same, by the key of its row."""
    SESSION = "session"
    """The same, by the hash of the key of a session that it opened."""
    WORK = "work"
    """The clinic of a message."""
    REPLY = "reply"
    """The clinic of a member's reply code, by the hash of the token in its link."""
    INSTALLATION = "installation"
    """Every clinic: the operator's page and the monitor's, which show numbers."""


@dataclass(frozen=True)
class _Open:
    """What a request may see: rows of these clinics, and the memberships of this user."""

    clinics: frozenset[UUID] = frozenset()
    user_id: UUID | None = None

    @functools.cached_property
    def setting(self) -> tuple[str, str]:
        """As the policies read it."""
        clinics = f"{{{','.join(sorted(map(str, self.clinics)))}}}" if self.clinics else ""
        return clinics, str(self.user_id or "")


CLOSED: Final = ("", "")
_OPEN: Final[ContextVar[_Open | None]] = ContextVar("wall", default=None)


def setting() -> tuple[str, str]:
    """What the next transaction tells the database: the open clinics, and whose memberships may be read."""
    now = _OPEN.get()
    return CLOSED if now is None else now.setting


@contextmanager
def request() -> Iterator[None]:
    """Answer a request: nothing is open at first, and nothing of it stays open."""
    before = _OPEN.set(_Open())
    try:
        yield
    finally:
        _OPEN.reset(before)


def enter(clinic_id: UUID) -> None:
    """Open this clinic and no other, until the request ends."""
    now = _OPEN.get()
    if now is not None:
        _OPEN.set(replace(now, clinics=frozenset({clinic_id})))


def also(*clinic_ids: UUID) -> None:
    """Open these clinics as well, until the request ends. For services, once they have checked that they may."""
    now = _OPEN.get()
    if now is not None:
        _OPEN.set(replace(now, clinics=now.clinics | frozenset(clinic_ids)))


@contextmanager
def through(door: Door, key: object = "") -> Iterator[frozenset[UUID]]:
    """Open the clinics behind a door meanwhile; gives their keys."""
    now = _OPEN.get()
    if now is None:
        yield frozenset()
        return
    found = _behind(door, key)
    with _meanwhile(replace(now, clinics=now.clinics | found)):
        yield found


def enter_through(door: Door, key: object = "") -> None:
    """Open the clinics behind a door, until the request ends."""
    if _OPEN.get() is not None:
        also(*_behind(door, key))


@contextmanager
def as_person(user_id: UUID) -> Iterator[None]:
    """Let the memberships of this user be read meanwhile, of whatever clinic."""
    now = _OPEN.get()
    if now is None:
        yield
        return
    with _meanwhile(replace(now, user_id=user_id)):
        yield


@contextmanager
def _meanwhile(now: _Open) -> Iterator[None]:
    before = _OPEN.set(now)
    try:
        yield
    finally:
        _OPEN.reset(before)


def _behind(door: Door, key: object) -> frozenset[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT taperplan_clinics_behind(%s, %s)", [door.value, str(key)])
        rows: Iterable[tuple[UUID]] = cursor.fetchall()
        return frozenset(clinic_id for (clinic_id,) in rows)
