"""One message for a person's alerts: which carries the others, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from plans.domain.outbox import WorkState
from plans.models import Membership, User, Work
from plans.services import clock, delivery, gathering, outbox
from plans.services.outbox import Settlement
from plans.services.review.review_items import open_item
from tests.makers import ClinicMade, make_clinic
from tests.present import present

pytestmark = pytest.mark.django_db


def alerts(**which: Any) -> Any:
    return Work.objects.filter(queue="alerts", **which)


def test_the_most_urgent_carries_the_others(raised: Any) -> None:
    for key in ("a", "b", "c"):
        raised("urgent", key)
    gathering.gather_alerts()
    carrier = alerts().get(state="pending")
    assert carrier.facts["items"] == 3
    carried = alerts(carried_by=carrier)
    assert set(carried.values_list("state", "reason")) == {("skipped", "in_one_message")}
    assert carried.count() == 2
    # Again, nothing changes.
    gathering.gather_alerts()
    assert alerts(state="pending").count() == 1


def test_a_message_that_fails_frees_the_alerts_it_carried(raised: Any) -> None:
    for key in ("a", "b", "c"):
        raised("urgent", key)
    gathering.gather_alerts()
    (claim,) = outbox.claim_batch("alerts")
    assert delivery.settle(claim, Settlement(WorkState.PENDING, "dropped", wait=timedelta(minutes=1)))
    assert alerts(state="pending", carried_by=None).count() == 3
    assert {row.try_at is not None and row.try_at > clock.real_now() for row in alerts()} == {True}


def test_a_refused_address_refuses_all_that_the_message_carried(raised: Any) -> None:
    for key in ("a", "b", "c"):
        raised("urgent", key)
    gathering.gather_alerts()
    (claim,) = outbox.claim_batch("alerts")
    delivery.settle(claim, Settlement(WorkState.REJECTED, "address_refused", 550))
    assert set(alerts(item__source="checkin").values_list("state", flat=True)) == {"rejected"}


def test_what_needs_nobody_and_who_has_left_are_carried_by_nothing(clinic: ClinicMade, raised: Any) -> None:
    first, second = raised("urgent", "a"), raised("urgent", "b")
    Work.objects.filter(item=second).update(user_id=present(clinic.lead.id))
    raised("urgent", "c")
    Membership.objects.filter(user_id=present(clinic.primary.id)).update(is_active=False)
    gathering.gather_alerts()
    assert alerts(state="pending").count() == 3
    assert first.pk != second.pk


def test_one_message_for_a_person_who_works_in_two_clinics(clinic: ClinicMade, raised: Any) -> None:
    raised("urgent", "a")
    other = make_clinic()
    user = User.objects.get(pk=present(clinic.primary.id))
    Membership.objects.create(user=user, clinic_id=other.id, role="clinician", created_at=clock.now())
    with transaction.atomic():
        item = open_item(
            clinic_id=other.id, patient=None, plan=None, source="mail", source_key="x", priority="urgent",
            facts={}, now=clock.now(), also=[user],
        )  # fmt: skip
    gathering.gather_alerts()
    carrier = alerts(user=user).get(state="pending")
    assert (carrier.facts["items"], set(carrier.facts["clinics"])) == (2, {str(clinic.id), str(other.id)})
    assert set(alerts(user=user).values_list("item_id", flat=True)) >= {item.pk}
