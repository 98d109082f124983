"""Acting on the plan in answer to an item."""

from __future__ import annotations

import pytest

from plans.domain.errors import Refused, Stale
from plans.services import item_page as items
from plans.services import review
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.services.review_help import again, refusal

pytestmark = pytest.mark.django_db


class TestThePlanFromTheItem:
    """Acting on the plan in answer to an item."""

    @pytest.fixture
    def held(self, clinic, patient, raised):
        plan = issue_story_plan(clinic.primary, patient)
        item = raised("urgent")
        review.claim(by=clinic.primary, item_id=item.pk)
        return again(item), plan

    def act(self, clinic, item, plan, **changes):
        return items.act_on_plan(
            **{
                "by": clinic.primary,
                "item_id": item.pk,
                "seen_lock": item.lock,
                "plan_lock": plan_row(plan.pk).lock,
                "act": "hold",
                "params": {"days": 14, "from": "today"},
                "note": "Agreed by phone.",
                **changes,
            }
        )

    @pytest.mark.slow
    def test_a_hold_makes_version_two_and_says_so_on_the_item(self, clinic, held):
        item, plan = held
        assert self.act(clinic, item, plan) == 2
        plan = plan_row(plan.pk)
        assert (plan.state, present(plan.active_version).number) == ("held", 2)
        assert present(plan.active_version).item_id == item.pk
        item = again(item)
        assert item.first_action_at is not None
        assert item.events.get(kind="plan_changed").facts == {"act": "hold", "version": 2}

    @pytest.mark.slow
    def test_only_the_holder_acts(self, clinic, held):
        item, plan = held
        with pytest.raises(Refused) as refused:
            self.act(clinic, item, plan, by=clinic.second)
        assert refusal(refused) == "not_yours"
        assert present(plan_row(plan.pk).active_version).number == 1

    @pytest.mark.slow
    def test_a_plan_that_was_changed_meanwhile_is_left_alone(self, clinic, held):
        item, plan = held
        with pytest.raises(Stale) as stale:
            self.act(clinic, item, plan, plan_lock=1)
        assert stale.value.facts["what"] == "plan"
        assert again(item).lock == item.lock

    @pytest.mark.slow
    def test_an_item_that_was_changed_meanwhile_leaves_the_plan_alone(self, clinic, held):
        item, plan = held
        with pytest.raises(Stale):
            self.act(clinic, item, plan, seen_lock=item.lock - 1)
        assert present(plan_row(plan.pk).active_version).number == 1

    @pytest.mark.slow
    def test_leaving_the_plan_as_it_is_needs_a_reason_and_is_recorded(self, clinic, held):
        item, plan = held
        with pytest.raises(Refused) as refused:
            items.leave_plan(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, note="")
        assert refusal(refused) == "note_missing"
        items.leave_plan(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, note="Stable.")
        assert again(item).events.filter(kind="plan_left").exists()
        assert present(plan_row(plan.pk).active_version).number == 1

    def test_without_a_plan_there_is_nothing_to_change(self, clinic, raised):
        item = raised("routine", "other")
        review.claim(by=clinic.primary, item_id=item.pk)
        with pytest.raises(Refused) as refused:
            items.act_on_plan(
                by=clinic.primary, item_id=item.pk, seen_lock=2, plan_lock=1, act="hold", params={}, note="x"
            )
        assert refusal(refused) == "no_plan"
