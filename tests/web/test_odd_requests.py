"""Whatever stands in a field or an address, the answer is a page or a refusal, never a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from plans.models import Occasion
from plans.services import links, review
from plans.services.links import LinkPurpose
from tests.makers_checkins import on
from tests.web.access_world import World, make_world, routes
from tests.web.ledger import rows
from tests.web.patient_story import Story

pytestmark = pytest.mark.django_db

ODD = ("9" * 5000, "\0", "0001-01-01")
"""A number Python refuses to read, what no database keeps, a day no zone can move."""
NAMES = (
    "after",
    "before",
    "since",
    "page",
    "q",
    "show",
    "tab",
    "reason",
    "to",
    "who",
    "form",
    "sent",
    "window",
    "act",
)
"""Every name that a page reads from its address."""


class Forms(HTMLParser):
    """The forms of a page: where each goes, and its fields with the values they stand on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[set[str], dict[str, str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method") == "post"
            if self.inside:
                self.found.append(({given.get("action", ""), given.get("hx-post", "")} - {""}, {}))
        elif self.inside and given.get("name") not in (None, "csrfmiddlewaretoken"):
            unchosen = given.get("type") in ("checkbox", "radio") and "checked" not in given
            self.found[-1][1].setdefault(given["name"], "" if unchosen else given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = make_world()
    due = Occasion.objects.filter(patient=made.a.patient).order_by("due_at")[0].due_at
    with on(due):
        review.claim(by=made.a.clinic.lead, item_id=made.a.item.pk)
        yield made


def ask(client: Client, method: str, path: str, data: Mapping[str, str | list[str]]) -> Any:
    """Make one request and roll back what it wrote."""
    jar = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    with transaction.atomic():
        response = getattr(client, method)(path, data)
        transaction.set_rollback(True)
    client.cookies = jar
    return response


def bare(route: Any, path: str, response: Any) -> list[str]:
    """The headers that an answer lacks: what may run, what may frame it, and that nobody keeps it."""
    said = response.headers
    wanted = {
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=()",
        "Referrer-Policy": "no-referrer" if re.match(r"/\w/[^/]{20,}", path) else "same-origin",
    }
    if route.view.gate[0] != "public" and response.status_code == 200:
        wanted["Cache-Control"] = "no-store"
    return [f"{route.name}: {name}" for name, part in wanted.items() if part not in said.get(name, "")]


def ours() -> list[Any]:
    return [route for route in routes() if route.ours]


@pytest.mark.slow
@pytest.mark.parametrize("actor", ["lead", "patient"])
def test_no_address_ends_in_a_fault_and_every_answer_is_guarded(world: World, actor: str) -> None:
    client, wrong = world.client(actor), []
    for route in ours():
        path = world.path(route)
        answer = ask(client, "get", path, {})
        wrong += bare(route, path, answer)
        usual = answer.status_code
        for odd in ODD:
            got = ask(client, "get", path, dict.fromkeys(NAMES, odd[:2000])).status_code
            wrong += [f"{route.name}: {odd[:12]!r} gave {got}"] if got >= 500 and got != usual else []
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("actor", ["lead", "patient"])
def test_no_form_ends_in_a_fault(world: World, actor: str) -> None:
    client, wrong = world.client(actor), []
    seen: set[str] = set()
    for route in ours():
        path = world.path(route)
        page = ask(client, "get", path, {})
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        forms = Forms()
        forms.feed(page.content.decode())
        for targets, fields in forms.found:
            hidden = {name for name, value in fields.items() if value}
            for target in (targets or {path}) - seen:
                seen.add(target)
                for odd in ODD:
                    # All at once, then only those that the page itself fills in: a refusal of one must not hide others.
                    for names in (fields.keys(), hidden):
                        got = ask(client, "post", target, {**fields, **dict.fromkeys(names, odd)}).status_code
                        wrong += [f"{target}: {odd[:12]!r} gave {got}"] if got >= 500 else []
    assert len(seen) > (30 if actor == "lead" else 5)
    assert wrong == []


@pytest.mark.slow
def test_a_button_pressed_two_ways_at_once_does_nothing(known: Client, begun: Story) -> None:
    patient, token = begun.patient, links.lasting(purpose=LinkPurpose.CONFIRM, patient=begun.patient)
    known.get(f"/y/{links.token_of(token)}")
    known.get(f"/m/{links.token_of(links.lasting(purpose=LinkPurpose.MAIL, patient=patient))}")
    before = rows()
    dose = {"on": "2026-11-23", "time": "night", "drug": "clonazepam"}
    for path, sent, status in (
        ("/y/", {"mine": ["yes", "no"]}, 422),
        ("/m/", {"act": ["stop", "start"]}, 200),
        ("/p/mark", {**dose, "how": ["planned", "other"]}, 422),
        ("/p/mark", {**dose, "how": ["", ""]}, 422),
        ("/p/fact", {"fact": ["1979", "1980"]}, 422),
        ("/p/feed", {"act": ["open", "close"]}, 302),
    ):
        assert known.post(path, sent).status_code == status, path
    assert rows() == before
