"""A page whose answers cannot be saved: what the phone shows, what is kept, and how it is stored later.

The writing is made to fail by PostgreSQL itself: a trigger that refuses the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from plans.models import CheckIn, Flag, RawAnswer, ReviewItem, User, Work
from plans.services import clock
from plans.services.checkins import raw
from tests.fixtures.roles import as_owner
from tests.makers_checkins import START, Asked, asked, on
from tests.web.test_checkin_pages import post, text_of

pytestmark = pytest.mark.django_db


def refuse(table: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER {table}_refused BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refused()"
        )


def allow(table: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_refused ON {table}")


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked(country="US")
    with on(made.occasion.due_at):
        yield made


@pytest.fixture
def phone(story: Asked, client: Client) -> Client:
    client.get(f"/c/{story.token}")
    post(client, "safety_a", s_fit="no", s_seeing="no")
    refuse("plans_checkinrevision")
    return client


def later() -> time_machine.travel:
    return time_machine.travel(clock.real_now() + timedelta(seconds=30), tick=False)


@pytest.mark.slow
def test_a_flagged_answer_is_kept_apart_and_the_page_says_that_nobody_has_read_it(phone: Client) -> None:
    response = post(phone, "safety_b", s_thoughts="yes")
    said = text_of(response)
    assert response.status_code == 503
    assert "Call 988" in said
    assert "Nobody has read it yet" in said
    assert "Thank you" not in said
    assert 'name="s_thoughts" value="yes" checked' in " ".join(response.content.decode().split())
    assert RawAnswer.objects.get().posted == {"s_thoughts": ["yes"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("posted", "kind"),
    [
        ({"s_plan": "yes", "s_intent": "no", "s_prepared": "no"}, "plan"),
        ({"s_plan": "no", "s_intent": "no", "s_prepared": "yes"}, "prepared"),
    ],
)
def test_an_answer_that_only_speaks_beside_the_page_before_is_flagged_and_kept_as_well(
    story: Asked, phone: Client, posted: dict[str, str], kind: str
) -> None:
    allow("plans_checkinrevision")
    post(phone, "safety_b", s_thoughts="yes")
    refuse("plans_checkinrevision")
    response = post(phone, "safety_c", **posted)
    assert response.status_code == 503
    assert "Call 988" in text_of(response)
    assert "Nobody has read it yet" in text_of(response)
    assert RawAnswer.objects.get().posted["s_plan"] == [posted["s_plan"]]
    with later():
        raw.sweep()
    told = ReviewItem.objects.get(source="scoring")
    assert {flag.facts["kind"] for flag in Flag.objects.filter(item=told)} >= {kind}


def test_help_is_shown_for_what_a_page_says_even_if_no_row_can_be_read() -> None:
    assert raw.signs_in({"page": ["safety_c"], "s_plan": ["yes"]}).flagged
    assert raw.signs_in({"page": ["heat"], "sx_heat": ["yes"]}).screens
    assert raw.signs_in({"page": ["more"], "alcohol_drinks": ["14"]}).flagged
    assert not raw.signs_in({"page": ["swings"], "sx_swings_before": ["1_to_2"]}).flagged


@pytest.mark.slow
def test_if_the_copy_fails_too_the_page_shows_help_and_says_not_received(phone: Client) -> None:
    refuse("plans_rawanswer")
    response = post(phone, "safety_b", s_thoughts="yes")
    assert response.status_code == 503
    assert "We did not get your answer" in text_of(response)
    assert "Call 988" in text_of(response)
    assert not RawAnswer.objects.exists()


@pytest.mark.slow
def test_an_answer_that_asks_for_nothing_is_not_copied_and_help_is_not_pushed(phone: Client) -> None:
    response = post(phone, "safety_b", s_thoughts="no")
    assert "We did not get your answer" in text_of(response)
    assert "Talk to someone now" not in text_of(response)
    assert not RawAnswer.objects.exists()


@pytest.mark.slow
def test_a_session_that_cannot_be_looked_up_says_not_received_and_where_to_find_help(
    phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE plans_patientsession RENAME TO elsewhere")
    response = phone.post("/c/", {"page": "safety_b", "s_thoughts": "yes"})
    assert response.status_code == 503
    assert "We did not get your answer" in text_of(response)


@pytest.mark.slow
def test_the_sweeper_files_the_copy_once_the_response_can_be_written(story: Asked, phone: Client) -> None:
    post(phone, "safety_b", s_thoughts="yes")
    allow("plans_checkinrevision")
    with later():
        assert raw.sweep() == 1
        assert raw.sweep() == 0
    assert CheckIn.objects.get().answers["s_thoughts"] == "yes"
    item = ReviewItem.objects.get()
    assert (item.severity, item.source) == ("urgent", "checkin")
    assert Work.objects.filter(notice="item_alert", item=item).exists()


@pytest.mark.slow
def test_while_it_still_cannot_be_written_somebody_is_told_what_was_answered(phone: Client) -> None:
    post(phone, "safety_b", s_thoughts="yes")
    with later():
        assert raw.sweep() == 0
    item = ReviewItem.objects.get()
    assert (item.severity, item.facts["code"]) == ("urgent", "answer_not_filed")
    assert Flag.objects.get().rule == "U3"
    row = RawAnswer.objects.get()
    assert (row.state, row.tries) == ("waiting", 1)


@pytest.mark.slow
def test_a_later_answer_of_the_same_page_is_not_overwritten_but_the_kept_one_is_flagged(
    phone: Client,
) -> None:
    post(phone, "safety_b", s_thoughts="yes")
    allow("plans_checkinrevision")
    post(phone, "safety_b", s_thoughts="no")
    with later():
        assert raw.sweep() == 1
    assert CheckIn.objects.get().answers["s_thoughts"] == "no"
    assert Flag.objects.get().rule == "U3"


@pytest.mark.slow
def test_what_staff_enter_by_phone_is_kept_apart_too_and_stays_on_the_page(
    story: Asked, client: Client
) -> None:
    client.force_login(User.objects.get(pk=story.clinic.staff.member_id))
    where = f"/patients/{story.patient.pk}/checkin"
    client.post(where, {"page": "safety_a", "s_fit": "no", "s_seeing": "no"})
    refuse("plans_checkinrevision")
    response = client.post(where, {"page": "safety_b", "s_thoughts": "yes"})
    assert response.status_code == 503
    assert "a copy was kept" in text_of(response)
    assert "tell the clinician on call yourself" in text_of(response)
    assert 'value="yes" checked' in " ".join(response.content.decode().split())
    assert RawAnswer.objects.get().user_id == story.clinic.staff.id
    allow("plans_checkinrevision")
    with later():
        raw.sweep()
    assert CheckIn.objects.get().entered_by_id == story.clinic.staff.id
    assert Flag.objects.filter(rule="U3").exists()
