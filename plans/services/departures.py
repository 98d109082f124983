"""What follows when somebody can no longer be on duty in a clinic: their shifts are gaps, their items are released."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from plans.domain.review.item_states import HELD, Act, ItemState, Priority, after
from plans.models import Clinic, ReviewItem, Shift
from plans.services.actors import Actor
from plans.services.review import holding


def follow(clinic: Clinic, user_id: UUID, *, by: Actor, now: datetime) -> None:
    """Cancel a person's shifts that are not over and release the review items they hold; in the caller's transaction,
    which ends the membership or takes the role away."""
    shifts = Shift.objects.filter(Q(end_at=None) | Q(end_at__gt=now), clinic=clinic, user_id=user_id)
    shifts.filter(cancelled_at=None).update(cancelled_at=now, cancelled_by_id=by.user_id)
    # Servers of the release before the rota read these.
    for column in ("primary", "second"):
        if getattr(clinic, f"{column}_id") == user_id:
            setattr(clinic, column, None)
            clinic.save(update_fields=[column])
    for item in ReviewItem.objects.select_for_update(of=("self",), no_key=True).filter(
        clinic=clinic, holder_id=user_id, state__in=HELD
    ):
        item.state = after(ItemState(item.state), Act.RELEASE, Priority(item.severity)).value
        holding.let_go(item, now)
        holding.write(item, by=by, kind="released", now=now)
