"""A patient's past: the list of check-ins, and every review item."""

from __future__ import annotations

import pytest
from django.urls import reverse

from plans.models import CheckIn, Occasion, ReviewItem
from plans.services import reminders
from plans.services.checkins import checkin_list, sessions
from plans.services.review import acts
from tests.clients import client_of
from tests.makers_checkins import START, answer_all, asked, on

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def story():
    """A patient who answered by phone, by link (flagged), and missed one."""
    with on(START):
        made = asked()
    occasions = list(Occasion.objects.filter(plan=made.plan).order_by("due_at"))
    with on(occasions[0].due_at):
        answer_all(sessions.by_phone(made.clinic.staff, made.patient.pk))
    second = next(one for one in occasions if one.due_at > occasions[0].closes_at)
    reminders.tick(second.due_at)
    with on(second.closes_at):
        reminders.tick(second.closes_at)
        answer_all(sessions.unscheduled(made.link, nonce="n" * 20), s_thoughts="yes")
        yield made


def page(story, name, **query):
    response = client_of(story.clinic.reader).get(reverse(name, args=[story.patient.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_every_check_in_stands_there_with_who_entered_it_and_leads_to_its_answers(story):
    said = page(story, "patient-checkins")
    assert f"by phone, entered by {story.clinic.staff.name}" in said
    assert "Missed" in said
    assert "PHQ-9 0 of 27" in said
    assert "Urgent" in said
    for checkin in CheckIn.objects.filter(patient=story.patient):
        assert reverse("response", args=[checkin.pk]) in said


@pytest.mark.parametrize(
    ("part", "count"), [("flagged", 1), ("missed", 1), ("phone", 1), ("all", 3), ("x", 3)]
)
def test_each_part_holds_its_own(story, part, count):
    assert page(story, "patient-checkins", part=part).count('<th scope="row"') == count


def test_pages_of_check_ins_follow_each_other_without_loss(story):
    actor, found, key = story.clinic.reader, [], None
    while True:
        rows = checkin_list.of_patient(actor, story.patient.pk, key=key, size=1)
        found += [row.key for row in rows.rows]
        key = rows.next_key
        if key is None:
            break
    whole = checkin_list.of_patient(actor, story.patient.pk)
    assert found == [row.key for row in whole.rows]
    assert whole.total_capped == len(found) == 3


def test_what_is_to_come_is_no_part_of_the_list(story):
    assert Occasion.objects.filter(patient=story.patient, state="planned").exists()
    assert {row.state for row in checkin_list.of_patient(story.clinic.reader, story.patient.pk).rows} == {
        "submitted",
        "missed",
    }


def test_the_record_shows_the_latest_check_ins(story):
    said = page(story, "patient")
    assert (
        reverse("response", args=[CheckIn.objects.filter(patient=story.patient).latest("started_at").pk])
        in said
    )
    assert reverse("patient-checkins", args=[story.patient.pk]) in said


def test_an_ended_review_can_be_found_again_with_its_outcome_and_note(story):
    item = ReviewItem.objects.filter(patient=story.patient, severity="urgent").latest("opened_at")
    acts.claim(by=story.clinic.primary, item_id=item.pk)
    item.refresh_from_db()
    acts.resolve(
        by=story.clinic.primary,
        item_id=item.pk,
        seen_lock=item.lock,
        outcome="reached_safe",
        note="Spoke at noon.",
        called="reached",
    )
    said = page(story, "patient-reviews")
    assert "Spoke at noon." in said
    assert "Reached" in said
    assert reverse("item", args=[item.pk]) in said


def test_lists_without_rows_say_so(story):
    with on(START):
        other = asked()
    said = (
        client_of(other.clinic.reader)
        .get(reverse("patient-reviews", args=[other.patient.pk]))
        .content.decode()
    )
    assert "Nothing was ever flagged" in said


@pytest.mark.parametrize(
    ("part", "there", "not_there"),
    [
        ("plan", "issued the plan", "submitted a check-in"),
        ("checkins", "submitted a check-in", "issued the plan"),
        ("reviews", "opened a review item", "submitted a check-in"),
        ("record", "added the patient", "issued the plan"),
    ],
)
def test_the_history_is_read_in_parts(story, part, there, not_there):
    said = page(story, "history", part=part)
    assert there in said
    assert not_there not in said


def test_an_unknown_part_of_the_history_shows_all_of_it(story):
    assert "issued the plan" in page(story, "history", part="x")


def test_who_writes_unasked_is_never_late(story):
    rows = checkin_list.of_patient(story.clinic.reader, story.patient.pk).rows
    assert [row.late for row in rows if row.purpose == "unscheduled"] == [False]


def test_a_response_names_what_stands_and_not_what_a_later_page_answered(story):
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link), s_thoughts="yes", s_plan="yes")
        checkin = CheckIn.objects.get(patient=made.patient)
        said = client_of(made.clinic.reader).get(reverse("response", args=[checkin.pk])).content.decode()
    assert "yes to having a plan" in said
    assert "are not known" not in said
