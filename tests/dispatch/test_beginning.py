"""Whether a message goes is decided when it is sent: whatever changed since its row was claimed counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from plans.domain.messages import MessageFacts, Skip
from plans.domain.outbox import WorkState
from plans.models import Link, Occasion, Patient, Plan, Work
from plans.services import messages, outbox
from tests.makers import ClinicMade
from tests.makers_messages import make_invitations


@pytest.mark.parametrize(
    ("model", "change", "reason"),
    [
        (Occasion, {"state": "answered"}, "answered"),
        (Occasion, {"state": "cancelled"}, "cancelled"),
        (Patient, {"mail_state": "opted_out"}, "opted_out"),
        (Patient, {"care_state": "died"}, "died"),
        (Patient, {"email": "", "email_state": "none"}, "no_address"),
        (Plan, {"state": "stopped"}, "plan_over"),
    ],
    ids=["answered", "cancelled", "opted out", "died", "no address", "plan over"],
)
def test_what_changes_between_claiming_and_sending_stops_the_message(
    asked: Occasion, model: type[Model], change: dict[str, str], reason: str
) -> None:
    Work.objects.filter(queue="messages").exclude(occasion=asked, rung=0).delete()
    (claim,) = outbox.claim_batch("messages")
    # The row alone, as one sees it whose claim was not taken back.
    model._default_manager.update(**change)
    assert messages.begin([claim], messages.prepare([claim])) == {claim.id: Skip(reason)}
    assert Work.objects.get(pk=claim.id).state == WorkState.CLAIMED


@pytest.mark.slow
def test_a_claim_that_was_taken_back_is_not_begun(asked: Occasion) -> None:
    Work.objects.filter(queue="messages").exclude(occasion=asked, rung=0).delete()
    (claim,) = outbox.claim_batch("messages")
    Work.objects.update(token="another")
    assert messages.begin([claim], messages.prepare([claim])) == {}


def begun(clinic: ClinicMade, count: int, first: int) -> tuple[dict[Any, Any], int]:
    """So many messages begun together, and how many queries that took."""
    make_invitations(clinic, count, first=first)
    Link.objects.filter(patient__name__startswith="Canary").delete()
    claims = outbox.claim_batch("messages", count)
    batch = messages.prepare(claims)
    with CaptureQueriesContext(connection) as queries:
        composed = messages.begin(claims, batch)
    return composed, len(queries)


@pytest.mark.slow
def test_many_are_begun_in_as_many_queries_as_two(clinic: ClinicMade) -> None:
    make_invitations(clinic, 1, first=1000)
    claims = outbox.claim_batch("messages", 1)
    messages.begin(claims, messages.prepare(claims))
    few, queries = begun(clinic, 2, 0)
    many, queries_of_many = begun(clinic, 20, 100)
    assert queries_of_many == queries <= 14
    assert (len(few), len(many)) == (2, 20)
    assert all(isinstance(one, MessageFacts) for one in (*few.values(), *many.values()))
    # Missing links are made, and no two patients have the same.
    addresses = [one.link for one in many.values()] + [one.mail_link for one in many.values()]
    assert len(set(addresses)) == 40
