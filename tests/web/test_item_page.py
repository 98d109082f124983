"""An item's page: why it is there, whom to call, who holds it, and the answers behind it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from plans.models import ReviewItem
from plans.services import review
from plans.services.checkins import sessions
from tests.clients import client_of
from tests.makers import make_clinic
from tests.makers_checkins import START, answer_all, asked, on
from tests.web.item_help import act, again, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


@pytest.mark.slow
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


@pytest.mark.slow
def test_whoever_does_not_hold_it_can_claim_it_and_nothing_more(client, item):
    page = text(client.get(f"/items/{item.pk}"))
    assert "Claim this item" in page
    assert "End this item" not in page


@pytest.mark.slow
def test_claiming_it_says_until_when_it_is_mine(client, item):
    page = text(client.post(f"/items/{item.pk}/claim", {"seen_lock": "1"}, follow=True))
    assert "Yours until" in page
    assert "End this item" in page


@pytest.mark.slow
def test_what_a_colleague_holds_names_them(clinic, client, item):
    review.claim(by=clinic.second, item_id=item.pk)
    page = text(client.get(f"/items/{item.pk}"))
    assert f"{clinic.second.name} has it until" in page
    assert "Claim this item" not in page
    response = act(client, item, "claim")
    assert response.status_code == 409
    assert f"{clinic.second.name} claimed this item at" in text(response)


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_answers_stand_word_for_word_with_what_alarms_first():
    with on(START):
        story = asked()
    with on(START + timedelta(hours=2)):
        answer_all(
            sessions.for_link(story.link), s_thoughts="yes", s_plan="yes", s_intent="no", s_prepared="no"
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
