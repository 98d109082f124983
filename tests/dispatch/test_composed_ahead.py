"""A letter composed ahead is sent only while all that it was made from still stands."""

from __future__ import annotations

import pytest
from django.db.models import Model

from plans.domain.messages import Skip
from plans.models import Occasion, Patient, Plan, Work
from plans.services import links, outbox
from plans.services import messages as composing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "change", "reason"),
    [
        (Occasion, {"state": "answered"}, "answered"),
        (Occasion, {"state": "cancelled"}, "cancelled"),
        (Patient, {"mail_state": "opted_out"}, "opted_out"),
        (Patient, {"care_state": "died"}, "died"),
        (Plan, {"state": "stopped"}, "plan_over"),
    ],
    ids=["answered", "cancelled", "opted out", "died", "plan over"],
)
def test_what_changes_between_composing_and_sending_stops_the_letter(
    asked: Occasion, model: type[Model], change: dict[str, str], reason: str
) -> None:
    links.standing(purpose=links.Purpose.MAIL, patient=asked.patient)
    Work.objects.filter(queue="letters").exclude(occasion=asked, rung=0).delete()
    (claim,) = outbox.claim_batch("letters")
    (draft,) = composing.drafts([claim]).values()
    # The row alone, as one sees it whose claim was not taken back: the versions of what was read must still hold.
    model._default_manager.update(**change)
    assert composing.hand_on([], [draft]) == (frozenset(), frozenset())
    assert composing.begin(claim) == Skip(reason)
