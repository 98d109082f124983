"""Every page of a clinic says when reminders last ran, so that nobody has to notice that they stopped."""

from __future__ import annotations

import re
from typing import Any

import pytest

from plans.models import Occasion
from plans.services import heartbeat
from tests.makers_checkins import on
from tests.web.access_world import make_world, routes

pytestmark = pytest.mark.slow


@pytest.fixture
def world(db: None) -> Any:
    made = make_world()
    with on(Occasion.objects.filter(patient=made.a.patient).order_by("due_at")[0].due_at):
        yield made


OF_THE_PERSON = ("choose-clinic", "invitations", "mfa_index")
"""Pages that belong to no clinic: the choice of one, invitations, and how somebody signs in to all of them."""


def test_every_page_of_a_clinic_says_when_reminders_last_ran(world: Any) -> None:
    for name in (heartbeat.TICK, heartbeat.worker_name("messages")):
        heartbeat.beat(name)
    client = world.client("lead")
    silent, pages = [], 0
    for route in routes():
        response = client.get(world.path(route))
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            continue
        page = response.content.decode()
        # A part of a page has no frame.
        framed = "<!doctype html>" in page and '<body class="clinic">' in page
        if not framed or not route.ours or route.name in OF_THE_PERSON:
            continue
        pages += 1
        if not re.search("Reminders (last )?ran", page):
            silent.append(route.name)
    assert silent == []
    assert pages > 30
