"""The last look before a finished document is offered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plans.models import Document, Plan, Work
from plans.services import drawing, outbox
from tests.dispatch.test_documents import CONTENT, hold, only
from tests.makers import ClinicMade


def another_version_stands(clinic: ClinicMade, plan: Plan) -> None:
    """A revision that did not find the document being drawn: only the check before publishing is left."""
    row = only()
    held = Work.objects.values("state", "token", "lease_until", "reason", "settled_at").get(document=row)
    hold(clinic, plan)
    Work.objects.filter(document=row).update(**held)
    Document.objects.filter(pk=row.pk).update(state="drawing", replaced_at=None)


def the_plan_is_over(clinic: ClinicMade, plan: Plan) -> None:
    """The plan ended, and its documents were not marked."""
    Plan.objects.filter(pk=plan.pk).update(state="completed")


@pytest.mark.parametrize("meanwhile", [another_version_stands, the_plan_is_over])
def test_publishing_looks_again_whether_the_version_stands_and_the_plan_is_live(
    clinic: ClinicMade, plan: Plan, meanwhile: Callable[[ClinicMade, Plan], None]
) -> None:
    first = only()
    (claim,) = outbox.claim_batch("documents")
    assert drawing.begin(claim) is not None
    meanwhile(clinic, plan)
    assert drawing.publish(claim, CONTENT, pages=3) == "replaced"
    first.refresh_from_db()
    assert (first.state, first.file) == ("replaced", "")
    work = Work.objects.get(document=first)
    assert (work.state, work.reason) == ("skipped", "replaced")


def test_nothing_is_drawn_from_a_plan_that_is_over(plan: Plan) -> None:
    (claim,) = outbox.claim_batch("documents")
    Plan.objects.filter(pk=plan.pk).update(state="completed")
    assert drawing.begin(claim) is None
