"""A hold that a step back keeps, and acts that would change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plans.domain.errors import Refused
from plans.domain.taper.plan_states import PlanState
from plans.models import AuditEvent, Plan, PlanVersion, Work
from plans.services.plans import queries, revise
from plans.services.plans.queries import schedule_of
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan, plan_row
from tests.services.maintenance_help import DAY, STAYS, act, always_open

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicMade:
    return always_open()


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.mark.slow
def test_a_step_back_on_a_held_plan_keeps_the_hold_and_says_so(clinic: ClinicMade, plan: Plan) -> None:
    with on(STAYS):
        held = act(clinic, plan, "hold", days=21)
        until = held.held_until
        seen = revise.preview_revision(
            clinic.primary, plan_id=plan.pk, act="step_back", params={"days": 7, "from": "today"}
        )
        assert (seen.before.held_until, seen.after.held_until) == (until, until)
        assert until is not None
        assert seen.after.next_change == until + DAY
        back = act(clinic, plan, "step_back", days=7)
    assert (back.state, back.held_until) == ("held", until)
    version = back.active_version
    assert version is not None
    assert schedule_of(version).next_change(STAYS.date()).start == until + DAY  # type: ignore[union-attr]
    assert queries.plan_page(clinic.primary, plan.pk).versions[0].facts["held_until"] == until.isoformat()


@pytest.mark.slow
def test_a_step_back_that_lasts_longer_than_the_hold_leaves_no_hold(clinic: ClinicMade, plan: Plan) -> None:
    with on(STAYS):
        act(clinic, plan, "hold", days=7)
        back = act(clinic, plan, "step_back", days=60)
    assert (back.state, back.held_until) == ("active", None)


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 7, 14])
def test_slowing_down_that_changes_nothing_is_refused_and_leaves_nothing_behind(
    clinic: ClinicMade, plan: Plan, days: int
) -> None:
    before = (PlanVersion.objects.count(), Work.objects.count(), AuditEvent.objects.count())
    with on(STAYS):
        for do in (
            lambda: act(clinic, plan, "slow_down", days=days),
            lambda: revise.preview_revision(
                clinic.primary, plan_id=plan.pk, act="slow_down", params={"days": days}
            ),
        ):
            with pytest.raises(Refused) as refused:
                do()
            assert refused.value.facts == {"reason": "changes_nothing", "act": "slow_down", "days": 14}
    assert (PlanVersion.objects.count(), Work.objects.count(), AuditEvent.objects.count()) == before
    assert plan_row(plan.pk).lock == plan.lock


def test_every_state_a_patient_lives_by_is_shown_first_in_the_caseload() -> None:
    from plans.domain.taper.plan_states import LIVE
    from plans.services.caseload.facts import SHOWN_FIRST

    assert {state for state in PlanState if SHOWN_FIRST.get(state.value) == 0} == LIVE
