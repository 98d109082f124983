"""The items of one patient: open ones, and all of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from plans.domain.review.item_states import ItemState
from plans.models import ReviewItem
from plans.services import paging
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.paging import Page
from plans.services.review.queries import PAGE, QueueRow, rows_of

_BY_AGE: Final = ("-opened_at", "id")


def open_items(actor: Actor, patient_id: UUID) -> tuple[QueueRow, ...]:
    """A patient's open items, most urgent first. Raises NotFound."""
    rows = ReviewItem.objects.filter(patient=get_patient_for(actor, patient_id, May.LOOK))
    rows = rows.exclude(state=ItemState.RESOLVED).select_related("patient", "holder", "resolved_by")
    return tuple(rows_of(actor, list(rows.order_by("priority", "first_action_due", "id"))))


def all_items(actor: Actor, patient_id: UUID, *, key: str | None = None, size: int = PAGE) -> Page[QueueRow]:
    """A page of all items of a patient, open or resolved, newest first. Raises NotFound."""
    every = ReviewItem.objects.filter(patient=get_patient_for(actor, patient_id, May.LOOK))
    return paging.page_of(
        every.select_related("patient", "holder", "resolved_by"),
        _BY_AGE,
        lambda rows: rows_of(actor, rows),
        every=every,
        key=key,
        size=size,
    )
