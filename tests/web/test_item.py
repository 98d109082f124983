"""An item's page, and what is done on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction

from plans.domain.checkins.flagging import Finding, Severity
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services.checkins import sheets
from plans.services.checkins.raising import keep
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_clinic()


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


@pytest.fixture
def patient(clinic):
    return make_patient(clinic.primary)


@pytest.fixture
def item(clinic, patient):
    with transaction.atomic():
        finding = Finding("U3", 1, Severity.URGENT, kind="plan")
        flags = keep((finding,), patient=patient, now=clock.now())
        return review.raise_item(
            clinic_id=clinic.id, patient=patient, plan=None, source="checkin", source_key="checkin:1",
            severity="urgent", facts={}, flags=flags, now=clock.now(),
        )  # fmt: skip


def text(response):
    return response.content.decode()


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def act(client, item, name, **sent):
    return client.post(f"/items/{item.pk}/{name}", {"seen_lock": str(again(item).lock), **sent})


def lock_in(page):
    return re.search(r'name="seen_lock" value="(\d+)"', page)[1]


def test_the_page_says_why_with_the_rule_and_whom_to_call(client, item):
    page = text(client.get(f"/items/{item.pk}"))
    for words in (
        "Said yes to thoughts of suicide or self-harm, and yes to having a plan.",
        "Rule U3, version 1",
        "555-0142",
        "Bryony Testcase, sister",
        "May be told: everything",
        "911",
        "Calls her sister first.",
    ):
        assert words in page


def test_whoever_does_not_hold_it_is_offered_to_take_it_and_nothing_more(client, item):
    page = text(client.get(f"/items/{item.pk}"))
    assert "Take this item" in page
    assert "End this item" not in page


def test_taking_it_says_until_when_it_is_mine(client, item):
    page = text(client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"}, follow=True))
    assert "Yours until" in page
    assert "End this item" in page


def test_what_a_colleague_holds_names_them(clinic, client, item):
    review.claim(by=clinic.second, item_id=item.pk)
    page = text(client.get(f"/items/{item.pk}"))
    assert f"{clinic.second.name} has it until" in page
    assert "Take this item" not in page
    response = act(client, item, "claim")
    assert response.status_code == 409
    assert f"{clinic.second.name} has taken this item already" in text(response)


def test_ending_something_urgent_without_a_note_is_refused_beside_the_field(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    response = act(client, item, "resolve", **{"end-outcome": "reached_safe", "end-note": ""})
    page = text(response)
    assert response.status_code == 422
    assert 'id="id_end-note_error"' in page
    assert 'href="#id_end-note"' in page
    assert re.search(r'value="reached_safe"\s+selected', page)
    assert again(item).state == "claimed"


def test_ending_it_with_both_says_how_it_ended(clinic, client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    act(client, item, "resolve", **{"end-outcome": "reached_safe", "end-note": "Spoke with her."})
    page = text(client.get(f"/items/{item.pk}"))
    assert f"Resolved by {clinic.primary.name}" in page
    assert "Spoke with her." in page
    assert "End this item" not in page


def test_a_stale_form_says_who_did_what_and_keeps_every_word(clinic, client, item):
    page = text(client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"}, follow=True))
    seen = lock_in(page)
    review.add_note(by=clinic.staff, item_id=item.pk, seen_lock=2, note="Her sister rang.")
    typed = {"seen_lock": seen, "end-outcome": "reached_safe", "end-note": "Half a page of careful words."}
    response = client.post(f"/items/{item.pk}/resolve", typed)
    page = text(response)
    assert response.status_code == 409
    assert f"{clinic.staff.name} changed this item" in page
    assert "Half a page of careful words." in page
    assert "Her sister rang." in page
    assert again(item).state == "claimed"
    assert client.post(f"/items/{item.pk}/resolve", {**typed, "seen_lock": lock_in(page)}).status_code == 302


@pytest.mark.parametrize("lock", ["", "0", "x", "-1", "999", "１"])
def test_a_number_that_was_never_shown_is_stale(client, item, lock):
    response = client.post(f"/items/{item.pk}/note", {"seen_lock": lock, "note-note": "Hello."})
    assert response.status_code == 409
    assert "Hello." in text(response)


def test_a_value_sent_twice_is_refused(client, item):
    response = client.post(f"/items/{item.pk}/note", {"seen_lock": ["1", "2"], "note-note": "Hello."})
    assert response.status_code == 400


def test_a_call_is_written_down_by_staff_as_well(clinic, client, item):
    staff = client_of(clinic.staff)
    sent = {"call-callee": "patient", "call-outcome": "no_answer", "call-note": "Rang twice."}
    assert act(staff, item, "call", **sent).status_code == 302
    page = text(client.get(f"/items/{item.pk}"))
    assert "Called the patient: No answer" in page
    assert "Rang twice." in page


def test_a_call_without_an_outcome_is_refused_with_its_form_open(client, item):
    response = act(
        client, item, "call", **{"call-callee": "patient", "call-outcome": "", "call-note": "Rang."}
    )
    page = text(response)
    assert response.status_code == 422
    assert 'id="id_call-outcome_error"' in page
    assert "<details open>" in page


def test_hidden_marks_in_a_note_are_refused_and_shown_again(client, item):
    response = act(client, item, "note", **{"note-note": "a\u202eb"})
    assert response.status_code == 422
    assert "turns the direction of writing" in text(response)


def test_an_item_is_passed_to_a_colleague(clinic, client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    sent = {"pass-to": str(clinic.second.id), "pass-note": "You know her."}
    assert act(client, item, "pass", **sent).status_code == 302
    assert again(item).holder_id == clinic.second.id
    theirs = text(client_of(clinic.second).get(f"/items/{item.pk}"))
    assert "I have seen it and take it" in theirs


def test_somebody_of_another_clinic_cannot_be_chosen(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    response = act(client, item, "pass", **{"pass-to": str(make_clinic().primary.id), "pass-note": ""})
    assert response.status_code == 422
    assert again(item).state == "claimed"


def test_escalating_says_who_is_alerted(clinic, client, item):
    act(client, item, "escalate", **{"escalate-note": "Cannot leave my room."})
    page = text(client.get(f"/items/{item.pk}"))
    assert f"Alert sent to {clinic.second.name}" in page


def test_something_urgent_offers_no_way_to_put_it_aside(client, item):
    client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"})
    assert "Put it aside" not in text(client.get(f"/items/{item.pk}"))
    until = (clock.today("America/New_York") + timedelta(days=2)).isoformat()
    assert act(client, item, "snooze", **{"snooze-until": until, "snooze-note": ""}).status_code == 422


def test_an_item_of_another_clinic_is_not_there(item):
    stranger = client_of(make_clinic().primary)
    assert stranger.get(f"/items/{item.pk}").status_code == 404
    for name in (
        "claim",
        "release",
        "note",
        "call",
        "escalate",
        "pass",
        "snooze",
        "resolve",
        "plan",
        "preview",
    ):
        assert stranger.post(f"/items/{item.pk}/{name}", {"seen_lock": "1"}).status_code == 404
    assert again(item).lock == 1


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

    def test_the_button_names_the_result(self, client, mine, plan):
        page = text(client.get(f"/items/{mine.pk}"))
        assert re.search(r"Hold until \d{1,2}\s\w+\s20\d\d", page)
        assert "Version 1" in page
        assert "Version 2" in page
        assert "<svg" in page

    def test_another_choice_shows_what_it_moves_and_changes_nothing(self, client, mine, plan):
        address = f"/items/{mine.pk}/preview"
        part = client.post(
            address,
            self.sent(mine, plan, **{"act-act": "slow_down", "act-days": "28"}),
            headers={"HX-Request": "true"},
        )
        assert "Slow down to a step every 28 days" in text(part)
        assert "<html" not in text(part)
        assert plan_row(plan.pk).active_version.number == 1

    def test_without_scripts_the_whole_page_comes_back_with_what_was_typed(self, client, mine, plan):
        page = text(client.post(f"/items/{mine.pk}/preview", self.sent(mine, plan, **{"act-act": "leave"})))
        assert "<html" in page
        assert "Leave the plan as it is" in page
        assert "Agreed by phone." in page

    @pytest.mark.parametrize("days", ["0", "-1", "1e1", "366", ""])
    def test_a_number_of_days_that_is_none_is_said_in_the_preview(self, client, mine, plan, days):
        part = client.post(
            f"/items/{mine.pk}/preview",
            self.sent(mine, plan, **{"act-days": days}),
            headers={"HX-Request": "true"},
        )
        assert 'class="problem"' in text(part)
        assert "btn main" not in text(part)

    def test_holding_issues_version_two(self, client, mine, plan):
        response = client.post(f"/items/{mine.pk}/plan", self.sent(mine, plan))
        assert response.status_code == 302
        assert plan_row(plan.pk).active_version.number == 2
        assert "Version 2 issued" in text(client.get(f"/items/{mine.pk}"))

    def test_a_change_without_a_reason_is_refused_beside_the_field(self, client, mine, plan):
        response = client.post(f"/items/{mine.pk}/plan", self.sent(mine, plan, **{"act-act_note": ""}))
        assert response.status_code == 422
        assert 'id="id_act-act_note_error"' in text(response)
        assert plan_row(plan.pk).active_version.number == 1

    def test_the_same_form_sent_twice_changes_the_plan_once(self, client, mine, plan):
        sent = self.sent(mine, plan)
        assert client.post(f"/items/{mine.pk}/plan", sent).status_code == 302
        response = client.post(f"/items/{mine.pk}/plan", sent)
        assert response.status_code == 409
        assert "Agreed by phone." in text(response)
        assert plan_row(plan.pk).active_version.number == 2

    def test_leaving_it_as_it_is_is_written_down(self, client, mine, plan):
        sent = self.sent(mine, plan, **{"act-act": "leave", "act-days": ""})
        assert client.post(f"/items/{mine.pk}/plan", sent).status_code == 302
        assert again(mine).events.filter(kind="plan_left").exists()

    def test_the_panel_is_the_holders_alone(self, clinic, mine, plan):
        colleague = client_of(clinic.second)
        assert "Act on the plan" not in text(colleague.get(f"/items/{mine.pk}"))
        response = colleague.post(f"/items/{mine.pk}/plan", self.sent(mine, plan))
        assert response.status_code == 422
        assert plan_row(plan.pk).active_version.number == 1


def test_the_answers_stand_word_for_word_with_what_alarms_first():
    with on(START):
        story = asked()
    with on(START + timedelta(hours=2)):
        answer_all(
            sheets.for_link(story.link), s_thoughts="yes", s_plan="yes", s_intent="no", s_prepared="no"
        )
        page = text(client_of(story.clinic.primary).get(f"/items/{ReviewItem.objects.get().pk}"))
    rows = re.findall(r'<tr class="problem-row">.*?</tr>', page, re.DOTALL)
    assert len(rows) == 2
    assert "Have you thought about how you might do it?" in rows[1]
    why = page.split('class="note')[1].split("</section>")[0]
    assert "yes to having a plan" in why
    assert "are not known" not in why
    assert "PHQ-9" in page
    assert page.count("Rule U3, version 1") == 1
