"""Who was shown what of whom: a row each time a page about a patient is opened, folded by session when it is read.

    with access.noting() as fetched:
        response = view(request)
    looks.record(by=actor, session=…, fetched=fetched)

Lists of many patients (caseload, queue, calls, messages) are no looks at a record; opening one of their lines is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, QuerySet

from plans.models import RecordLook
from plans.services import clock
from plans.services.access import Fetched, get_patient_for
from plans.services.actors import Actor, May
from plans.services.merged_keys import keys_of

_SIZE = 50


def session_mark(session_key: str) -> str:
    """What the trail keeps of a session's key: the same for the whole session, and of no use for opening it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def record(*, by: Actor, session: str, fetched: Iterable[Fetched]) -> None:
    """Keep that a member of staff was shown these rows: one row for each patient, of what was fetched first."""
    first = {one.patient_id: one for one in reversed(tuple(fetched))}
    if not first:
        return
    now, real, mark = clock.now(), clock.real_now(), session_mark(session)
    RecordLook.objects.bulk_create(
        RecordLook(
            at=now,
            real_at=real,
            clinic_id=by.home,
            actor_id=by.member_id,
            actor_name=by.name,
            patient_id=patient_id,
            session=mark,
            subject_kind=one.kind,
            subject_id=one.key,
        )
        for patient_id, one in first.items()
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What one person saw of one patient in one session: when first and last, how many pages, which kinds."""

    id: int
    who: str
    patient_id: UUID
    first: datetime
    last: datetime
    count: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookPage:
    """A page of them, latest first; `before` is the key of the next page, None on the last."""

    rows: tuple[Look, ...]
    before: int | None


def of_patient(actor: Actor, patient_id: UUID, *, before: int | None = None, size: int = _SIZE) -> LookPage:
    """Who looked at a patient's record in the actor's clinic. Raises NotFound for a patient of another clinic."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    return folded(
        RecordLook.objects.filter(patient_id__in=keys_of(patient.pk), clinic_id=actor.home), before, size
    )


def folded(rows: QuerySet[RecordLook], before: int | None, size: int = _SIZE) -> LookPage:
    """Rows as one for each person, patient and session; for services, which say whose rows these are."""
    groups = rows.order_by().values("actor_id", "patient_id", "session").annotate(
        newest=Max("id"),
        who=Max("actor_name"),
        first=Min("at"),
        last=Max("at"),
        count=Count("id"),
        kinds=ArrayAgg(F("subject_kind"), distinct=True),
    )  # fmt: skip
    if before is not None:
        groups = groups.filter(newest__lt=before)
    found = list(groups.order_by("-newest")[: size + 1])
    shown = tuple(
        Look(
            one["newest"],
            one["who"],
            one["patient_id"],
            one["first"],
            one["last"],
            one["count"],
            tuple(one["kinds"]),
        )
        for one in found[:size]
    )
    return LookPage(shown, shown[-1].id if len(found) > size else None)
