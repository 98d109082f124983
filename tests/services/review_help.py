"""Raising items of the review queue, and reading what became of them."""

from __future__ import annotations

from django.db import transaction

from plans.models import ReviewItem, Work
from plans.services import clock, review


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def alerted(item):
    return list(
        Work.objects.filter(item=item, queue="alerts")
        .order_by("created_at")
        .values_list("user_id", flat=True)
    )


def kinds(item):
    return list(item.events.order_by("at", "id").values_list("kind", flat=True))


def refusal(refused):
    return refused.value.facts["reason"]


def raiser(clinic, patient):
    """A function that raises items about this patient."""

    def make(severity="urgent", key="checkin:1", now=None, **more):
        with transaction.atomic():
            return review.open_item(
                clinic_id=clinic.id,
                patient=patient,
                plan=None,
                source="checkin",
                source_key=key,
                priority=severity,
                facts={},
                now=now or clock.now(),
                **more,
            )

    return make
