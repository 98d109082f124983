"""Several routine items ended from the queue, undone there, and what an open queue asks for by itself."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import ReviewItem
from plans.services import clock, review
from tests.clients import client_of
from tests.makers import make_patient
from tests.services.review_help import again, raiser
from tests.web.item_help import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


@pytest.fixture
def items(clinic):
    return [raiser(clinic, make_patient(clinic.primary))("routine", key=f"k{n}") for n in range(3)]


def boxes(page):
    return re.findall(r'name="ticked" form="together"\s+value="([^"]+)"( checked)?', page)


def end(client, ticked, **more):
    return client.post("/queue/end", {"ticked": ticked, "outcome": "nothing_to_do", "note": "", **more})


@pytest.mark.slow
def test_only_routine_items_that_nobody_holds_can_be_ticked(clinic, client, items):
    raiser(clinic, make_patient(clinic.primary))("high", key="high")
    review.claim(by=clinic.second, item_id=items[0].pk)
    found = boxes(text(client.get("/queue")))
    assert {value for value, _ in found} == {f"{item.pk}:1" for item in items[1:]}


@pytest.mark.slow
def test_all_of_a_kind_are_ticked_with_one_press_and_looking_changes_nothing(client, items):
    page = text(client.get("/queue"))
    assert "Other answers: 3" in page
    assert not any(checked for _, checked in boxes(page))
    ticked = boxes(text(client.get("/queue", {"tick": "answers"})))
    assert [bool(checked) for _, checked in ticked] == [True] * 3
    assert {again(item).lock for item in items} == {1}


@pytest.mark.slow
def test_they_end_together_and_are_brought_back_with_one_press(client, items):
    ticked = [value for value, _ in boxes(text(client.get("/queue")))]
    page = text(client.post("/queue/end", {"ticked": ticked, "outcome": "nothing_to_do"}, follow=True))
    assert "3 items resolved: Reviewed, no action needed" in page
    assert "You ended 3 items together" in page
    batch = re.search(r'name="batch" value="([^"]+)"', page)
    assert batch is not None
    page = text(client.post("/queue/undo", {"batch": batch[1]}, follow=True))
    assert "3 items are back" in page
    assert {again(item).state for item in items} == {"new"}


@pytest.mark.slow
def test_what_was_claimed_meanwhile_is_named_and_the_rest_stays_ticked(clinic, client, items):
    ticked = [f"{item.pk}:1" for item in items]
    review.claim(by=clinic.second, item_id=items[1].pk)
    response = end(client, ticked, note="Read in the round.")
    page = text(response)
    assert response.status_code == 409
    assert f"{clinic.second.name} changed this item" in page
    assert items[1].patient.name in page
    assert "Read in the round." in page
    assert sorted(value for value, checked in boxes(page) if checked) == sorted([ticked[0], ticked[2]])
    assert {again(item).state for item in items} == {"new", "claimed"}


@pytest.mark.slow
def test_nothing_ticked_says_so(client, items):
    response = end(client, [])
    assert response.status_code == 422
    assert "Tick the items that end together." in text(response)


@pytest.mark.slow
@pytest.mark.parametrize("raw", ["rubbish", "rubbish:1", ":", "0:1"])
def test_what_was_never_shown_is_not_there(client, items, raw):
    assert end(client, [raw]).status_code == 404
    assert {again(item).state for item in items} == {"new"}


@pytest.mark.slow
def test_staff_see_no_boxes(clinic, items):
    assert boxes(text(client_of(clinic.staff).get("/queue"))) == []


def test_an_open_queue_costs_next_to_nothing_while_nothing_changes(clinic, client, items):
    since = clock.now().isoformat()
    client.get("/queue/fresh", {"since": since, "shown": "0-0-0"})
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get("/queue/fresh", {"since": since, "shown": "0-0-0"})
    assert (response.status_code, response.content) == (204, b"")
    # Who asks (session, user, membership), and one look at an index for what is newer.
    items_read = [one for one in asked if "plans_reviewitem" in one["sql"]]
    assert len(items_read) == 1
    assert len(asked) <= 4


@pytest.mark.slow
def test_what_is_new_stands_in_a_line_and_in_the_title(clinic, client):
    since = clock.now().isoformat()
    raiser(clinic, make_patient(clinic.primary))("urgent", key="new")
    page = text(client.get("/queue/fresh", {"since": since, "shown": "0-0-0"}))
    assert "1 new item" in page
    assert re.search(r"<title>\s+\(1 new\) Review queue", page)
    shown = re.search(r"shown=([0-9-]+)", page)
    assert shown is not None
    assert client.get("/queue/fresh", {"since": since, "shown": shown[1]}).status_code == 204


@pytest.mark.slow
def test_when_it_is_resolved_the_line_goes_again(clinic, client):
    since = clock.now().isoformat()
    item = raiser(clinic, make_patient(clinic.primary))("routine", key="new")
    review.end_together(by=clinic.second, ticked=[(item.pk, 1)], outcome="duplicate")
    page = text(client.get("/queue/fresh", {"since": since, "shown": "0-0-1"}))
    assert "new item" not in page
    assert ReviewItem.objects.get(pk=item.pk).state == "resolved"
