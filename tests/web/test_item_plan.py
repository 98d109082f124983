"""Acting on the plan from an item's page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from plans.models import Occasion
from plans.services import clock, review
from tests.clients import client_of
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.web.item_help import again, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


class TestActingOnThePlan:
    """The panel that changes the plan."""

    @pytest.fixture
    def plan(self, clinic, patient):
        start = clock.today(patient.zone) - timedelta(days=3)
        return issue_story_plan(clinic.primary, patient, start=start)

    @pytest.fixture
    def mine(self, clinic, plan, item):
        review.claim(by=clinic.primary, item_id=item.pk)
        return again(item)

    def sent(self, item, plan, **changes):
        return {
            "seen_lock": str(item.lock),
            "plan_lock": str(plan_row(plan.pk).lock),
            "act-act": "hold",
            "act-days": "14",
            "act-start": "today",
            "act-act_note": "Agreed by phone.",
            **changes,
        }

    def done(self, client, item, sent, **more):
        """The change as it was looked at and then sent."""
        shown = text(client.post(f"/items/{item.pk}/preview", sent))
        sent = {**sent, "shown": present(re.search(r'name="shown" value="(\w*)"', shown))[1], **more}
        return client.post(f"/items/{item.pk}/plan", sent)

    @pytest.mark.slow
    def test_the_button_names_the_result(self, client, mine, plan):
        page = text(client.get(f"/items/{mine.pk}"))
        assert re.search(r"Hold through \d{1,2}\s\w+\s20\d\d; next change \d{1,2}\s\w+\s20\d\d", page)
        assert "Version 1" in page
        assert "Version 2" in page
        assert "<svg" in page

    @pytest.mark.slow
    def test_several_changes_are_made_from_the_item_and_its_end_is_filled_in(self, client, mine, plan):
        address = f"/plans/{plan.pk}/change"
        sent = {
            "act": ["hold", "slow_down"], "hold_how": "days", "days": "7", "slow_days": "21", "begins": "today",
            "note": "Agreed by phone.", "lock": str(plan_row(plan.pk).lock), "item": str(mine.pk),
        }  # fmt: skip
        shown = present(re.search(r'name="shown" value="(\w+)"', text(client.post(address, sent))))[1]
        page = text(client.post(address, {**sent, "shown": shown, "do": "change"}, follow=True))
        assert re.search(r'value="plan_changed"\s+selected', page)
        assert "Agreed by phone.</textarea>" in page
        version = present(plan_row(plan.pk).active_version)
        assert (version.kind, version.item_id) == ("several", mine.pk)

    @pytest.mark.slow
    def test_the_items_button_pressed_twice_makes_one_version(self, client, mine, plan):
        sent = self.sent(mine, plan)
        shown = text(client.post(f"/items/{mine.pk}/preview", sent))
        sent["shown"] = present(re.search(r'name="shown" value="(\w*)"', shown))[1]
        for _press in (1, 2):
            page = client.post(f"/items/{mine.pk}/plan", sent, follow=True)
            assert "Version 2 issued." in text(page)
        assert present(plan_row(plan.pk).active_version).number == 2
        other = {**sent, "act-days": "21"}
        assert client.post(f"/items/{mine.pk}/plan", other).status_code == 409

    @pytest.mark.slow
    def test_another_choice_shows_what_will_change_and_changes_nothing(self, client, mine, plan):
        address = f"/items/{mine.pk}/preview"
        part = client.post(
            address,
            self.sent(mine, plan, **{"act-act": "slow_down", "act-days": "28"}),
            headers={"HX-Request": "true"},
        )
        assert "Slow down to a step every 28 days" in text(part)
        assert "<html" not in text(part)
        assert present(plan_row(plan.pk).active_version).number == 1

    @pytest.mark.slow
    def test_without_scripts_the_whole_page_comes_back_with_what_was_typed(self, client, mine, plan):
        page = text(client.post(f"/items/{mine.pk}/preview", self.sent(mine, plan, **{"act-act": "leave"})))
        assert "<html" in page
        assert "Leave the plan as it is" in page
        assert "Agreed by phone." in page

    @pytest.mark.slow
    @pytest.mark.parametrize("days", ["0", "-1", "1e1", "366", ""])
    def test_an_invalid_number_of_days_is_reported_in_the_preview(self, client, mine, plan, days):
        part = client.post(
            f"/items/{mine.pk}/preview",
            self.sent(mine, plan, **{"act-days": days}),
            headers={"HX-Request": "true"},
        )
        assert 'class="problem"' in text(part)
        assert "btn main" not in text(part)

    @pytest.mark.slow
    def test_holding_issues_version_two(self, client, mine, plan):
        response = self.done(client, mine, self.sent(mine, plan))
        assert response.status_code == 302
        assert present(plan_row(plan.pk).active_version).number == 2
        assert "Version 2 issued" in text(client.get(f"/items/{mine.pk}"))

    @pytest.mark.slow
    def test_a_change_without_a_reason_is_refused_beside_the_field(self, client, mine, plan):
        response = self.done(client, mine, self.sent(mine, plan, **{"act-act_note": ""}))
        assert response.status_code == 422
        assert 'id="id_act-act_note_error"' in text(response)
        assert present(plan_row(plan.pk).active_version).number == 1

    @pytest.mark.slow
    def test_the_same_form_sent_twice_changes_the_plan_once(self, client, mine, plan):
        sent = self.sent(mine, plan)
        assert self.done(client, mine, sent).status_code == 302
        response = self.done(client, mine, sent)
        assert response.status_code == 409
        assert "Agreed by phone." in text(response)
        assert present(plan_row(plan.pk).active_version).number == 2

    @pytest.mark.slow
    def test_leaving_the_plan_as_it_is_is_recorded(self, client, mine, plan):
        sent = self.sent(mine, plan, **{"act-act": "leave", "act-days": ""})
        assert self.done(client, mine, sent).status_code == 302
        assert again(mine).events.filter(kind="plan_left").exists()

    @pytest.mark.slow
    @pytest.mark.parametrize(("act", "shown"), [("hold", ""), ("hold", "leave"), ("leave", "")])
    def test_what_was_not_shown_is_shown_and_not_done(self, client, mine, plan, act, shown):
        sent = self.sent(mine, plan, **{"act-act": act})
        response = self.done(client, mine, sent, shown=shown)
        assert response.status_code == 409
        assert "The fields no longer match what the button said" in text(response)
        assert "Agreed by phone." in text(response)
        assert present(plan_row(plan.pk).active_version).number == 1
        assert not again(mine).events.filter(kind__in=("plan_left", "plan_changed")).exists()

    @pytest.mark.slow
    def test_the_panel_is_the_holders_alone(self, clinic, mine, plan):
        colleague = client_of(clinic.second)
        assert "Act on the plan" not in text(colleague.get(f"/items/{mine.pk}"))
        response = colleague.post(f"/items/{mine.pk}/plan", self.sent(mine, plan))
        assert response.status_code == 422
        assert present(plan_row(plan.pk).active_version).number == 1

    @pytest.mark.slow
    def test_an_extra_check_in_is_asked_for_with_one_button_and_a_second_one_is_refused(
        self, client, mine, plan
    ):
        page = text(client.get(f"/items/{mine.pk}"))
        assert "Extra check-in tomorrow" in page
        Occasion.objects.filter(plan=plan, state="planned").delete()
        sent = {"seen_lock": str(mine.lock)}
        page = text(client.post(f"/items/{mine.pk}/checkin", sent, follow=True))
        assert "An extra check-in falls due tomorrow" in page
        assert "Extra check-in asked for on" in page
        refused = client.post(f"/items/{mine.pk}/checkin", {"seen_lock": str(again(mine).lock)})
        assert refused.status_code == 409
        assert "A check-in falls due tomorrow anyway" in text(refused)
