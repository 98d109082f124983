"""Forms that were refused, kept for an hour for whoever typed them: given back to that person, in the same clinic, into
the form that was sent, and to nobody else.

A row goes when its form is sent again, when its person discards it, and after the hour with the tick.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.models import KeptForm
from plans.services import clock, sealing, wall
from plans.services.actors import Actor
from plans.services.wall import Door

KEPT_FOR: Final = timedelta(hours=1)
ROWS_MOST: Final = 20
"""Forms kept for one person; the oldest gives way."""
BYTES_MOST: Final = 200_000
_PATH_MOST: Final = 300
_PURPOSE: Final = "kept form"

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was sent: `fields` by name, each with its values in order. `at` is real time."""

    id: UUID
    path: str
    at: datetime
    fields: dict[str, list[str]]


def keep(*, user_id: UUID, clinic_id: UUID, path: str, page: str, fields: Fields) -> bool:
    """Keep a form for the person who typed it; False if it is too large. The newest replaces the one before."""
    content = json.dumps({name: list(values) for name, values in fields.items()}).encode()
    if len(content) > BYTES_MOST or max(len(path), len(page)) > _PATH_MOST:
        return False
    real = clock.real_now()
    # A form may have been typed in another clinic than the one that is open now.
    with wall.through(Door.PERSON, user_id), transaction.atomic():
        KeptForm.objects.update_or_create(
            user_id=user_id,
            clinic_id=clinic_id,
            path=path,
            defaults={
                "page": page,
                "sealed": sealing.seal(content, purpose=_PURPOSE, context=_context(user_id, clinic_id, path)),
                "kept_at": real,
                "expires_at": real + KEPT_FOR,
            },
        )
        newest = KeptForm.objects.filter(user_id=user_id).order_by("-kept_at", "-id")
        KeptForm.objects.filter(pk__in=list(newest.values_list("pk", flat=True)[ROWS_MOST:])).delete()
    return True


def waits(user_id: UUID) -> bool:
    """Whether anything is kept for a person, in any clinic."""
    with wall.through(Door.PERSON, user_id):
        return KeptForm.objects.filter(user_id=user_id, expires_at__gt=clock.real_now()).exists()


def of_page(actor: Actor, page: str) -> tuple[Kept, ...]:
    """What is kept for this person of the forms on a page of their clinic, oldest first."""
    rows = KeptForm.objects.filter(
        user_id=actor.member_id, clinic_id=actor.home, page=page, expires_at__gt=clock.real_now()
    )
    found = ((row, _opened(row)) for row in rows.order_by("kept_at", "id"))
    return tuple(Kept(row.pk, row.path, row.kept_at, fields) for row, fields in found if fields)


def sent(*, by: Actor, path: str) -> None:
    """Forget a form that has arrived."""
    KeptForm.objects.filter(user_id=by.member_id, clinic_id=by.home, path=path).delete()


def discard(*, by: Actor, key: UUID) -> str:
    """Forget a kept form; returns the page it stands on, "" if it is gone already."""
    row = KeptForm.objects.filter(pk=key, user_id=by.member_id, clinic_id=by.home).first()
    if row is None:
        return ""
    row.delete()
    return row.page


def forget() -> int:
    """Delete what has expired; returns how many forms."""
    return KeptForm.objects.filter(expires_at__lte=clock.real_now()).delete()[0]


def _opened(row: KeptForm) -> dict[str, list[str]]:
    content = sealing.unseal(
        bytes(row.sealed), purpose=_PURPOSE, context=_context(row.user_id, row.clinic_id, row.path)
    )
    found: dict[str, list[str]] = json.loads(content) if content is not None else {}
    return found


def _context(user_id: UUID, clinic_id: UUID, path: str) -> str:
    return f"{user_id} {clinic_id} {path}"
