"""The items of one patient: what is open, and everything that ever was."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from plans.models import ReviewItem
from plans.services import paging
from plans.services.access import reach_patient
from plans.services.actors import Actor, May
from plans.services.paging import Page
from plans.services.review.queries import PAGE, QueueRow, rows_of

_BY_AGE: Final = ("-opened_at", "id")


def open_items(actor: Actor, patient_id: UUID) -> tuple[QueueRow, ...]:
    """What is open on a patient, most urgent first. Raises NotFound."""
    rows = ReviewItem.objects.filter(patient=reach_patient(actor, patient_id, May.LOOK))
    rows = rows.exclude(state="resolved").select_related("patient", "holder", "resolved_by")
    return tuple(rows_of(actor, list(rows.order_by("priority", "first_action_due", "id"))))


def all_items(actor: Actor, patient_id: UUID, *, key: str | None = None, size: int = PAGE) -> Page[QueueRow]:
    """A page of everything that was ever looked at for a patient, open or ended, newest first. Raises NotFound."""
    every = ReviewItem.objects.filter(patient=reach_patient(actor, patient_id, May.LOOK))
    place = paging.read_key(key)
    after = every.filter(pk=place.after).first() if place.after else None
    rows = every.select_related("patient", "holder", "resolved_by").order_by(*_BY_AGE)
    if after is None:
        place = paging.START
    else:
        rows = rows.filter(paging.rows_after(after, _BY_AGE))
    found = list(rows[: size + 1])
    total = every[: paging.COUNTED + 1].count()
    return paging.cut(rows_of(actor, found), [row.pk for row in found], key=place, size=size, total=total)
