"""An urgent item, and what its pages say and take."""

from __future__ import annotations

import re

from django.db import transaction

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services.checkins.flag_store import keep
from tests.present import present


def text(response):
    return response.content.decode()


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def act(client, item, name, **sent):
    return client.post(f"/items/{item.pk}/{name}", {"seen_lock": str(again(item).lock), **sent})


def lock_in(page):
    return present(re.search(r'name="seen_lock" value="(\d+)"', page))[1]


def raise_urgent(clinic, patient):
    with transaction.atomic():
        finding = FlagFinding("U3", 1, FlagPriority.URGENT, kind="plan")
        flags = keep((finding,), patient=patient, now=clock.now())
        return review.open_item(
            clinic_id=clinic.id, patient=patient, plan=None, source="checkin", source_key="checkin:1",
            priority="urgent", facts={}, flags=flags, now=clock.now(),
        )  # fmt: skip
