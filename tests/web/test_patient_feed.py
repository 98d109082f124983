"""The plan in the patient's own calendar: neutral unless chosen otherwise, changed with the plan, ended at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from plans.models import Plan
from plans.services.plans import states
from plans.services.plans.queries import schedule_of
from tests.makers_plans import issue_story_plan
from tests.present import present
from tests.web.patient_story import Story, hold, words

pytestmark = pytest.mark.django_db


def address(phone: Client) -> str:
    found = re.search(r"(/f/[\w-]+\.ics)", phone.get("/p/feed").content.decode())
    assert found
    return found.group(1)


def opened(phone: Client, act: str = "open") -> str:
    phone.post("/p/feed", {"act": act})
    return address(phone)


def events(response: Any) -> list[Any]:
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


@pytest.mark.slow
def test_a_private_address_tells_steps_by_number_and_no_medicine(known: Client, begun: Story) -> None:
    answer = Client().get(opened(known))
    told = events(answer)
    steps = [step for step in schedule_of(present(begun.plan.active_version)) if step.doses]
    assert [str(event["summary"]) for event in told] == [f"Plan step {step.n}" for step in steps]
    assert [event.decoded("dtstart") for event in told] == [step.start for step in steps]
    assert b"clonazepam" not in answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plan.ics"'
    assert "quill" not in answer.content.decode().lower()


@pytest.mark.slow
def test_doses_are_shown_to_those_who_chose_them(known: Client) -> None:
    title = str(events(Client().get(opened(known, "open_doses")))[0]["summary"]).replace("\u00a0", " ")
    assert title == "clonazepam: 0.5 mg in the morning and 1 mg at night"


@pytest.mark.slow
def test_a_changed_plan_keeps_the_keys_and_counts_up(known: Client, begun: Story) -> None:
    where = opened(known)
    before = {str(event["uid"]): int(event["sequence"]) for event in events(Client().get(where))}
    hold(begun)
    after = {str(event["uid"]): int(event["sequence"]) for event in events(Client().get(where))}
    assert before.keys() <= after.keys()
    assert any(after[key] > count for key, count in before.items())


@pytest.mark.slow
def test_an_ended_plan_cancels_what_was_to_come(known: Client, begun: Story) -> None:
    where = opened(known)
    Plan.objects.filter(pk=begun.plan.pk).update(state="stopped")
    told = [str(event["status"]) for event in events(Client().get(where))]
    assert told == ["CONFIRMED"] + ["CANCELLED"] * (len(told) - 1)


@pytest.mark.slow
def test_a_plan_that_made_way_for_another_is_cancelled_beside_the_new_one(
    known: Client, begun: Story
) -> None:
    where = opened(known)
    before = {str(event["uid"]) for event in events(Client().get(where))}
    lock = Plan.objects.get(pk=begun.plan.pk).lock
    states.stop(by=begun.clinic.primary, plan_id=begun.plan.pk, seen_lock=lock, note="Another drug.")
    issue_story_plan(begun.clinic.primary, begun.patient)
    told = {str(event["uid"]): str(event["status"]) for event in events(Client().get(where))}
    assert any(told.get(uid) == "CANCELLED" for uid in before)
    assert all(told[uid] == "CONFIRMED" for uid in told.keys() - before)
    assert told.keys() - before


@pytest.mark.slow
def test_an_ended_address_and_one_that_never_was_look_the_same(known: Client) -> None:
    where = opened(known)
    known.post("/p/feed", {"act": "close"})
    gone, never = Client().get(where), Client().get("/f/" + "x" * 43 + ".ics")
    assert (gone.status_code, never.status_code) == (404, 404)
    assert "Your private address" not in words(known.get("/p/feed"))


@pytest.mark.slow
def test_a_new_address_ends_the_old_one(known: Client) -> None:
    first = opened(known)
    second = opened(known, "open_doses")
    assert first != second
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


@pytest.mark.slow
def test_the_token_of_another_link_opens_no_feed(known: Client, begun: Story) -> None:
    assert Client().get(f"/f/{begun.token}.ics").status_code == 404


@pytest.mark.slow
def test_the_page_and_the_file_ask_for_the_year_of_birth_first(begun: Story, client: Client) -> None:
    client.get(f"/p/{begun.token}")
    for path in ("/p/feed", "/p/plan.ics"):
        assert "Which year were you born in?" in words(client.get(path))


@pytest.mark.slow
def test_the_file_can_be_taken_once(known: Client) -> None:
    answer = known.get("/p/plan.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert str(events(answer)[0]["summary"]) == "Plan step 1"
