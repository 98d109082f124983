"""Where each link leads: every link a patient may hold × every route of patients × a device that is known or not.

A link is opened and every button that leads on is pressed; then every route is tried. link_routes.toml says what
each gives; what it does not name must be refused, and a new route without a row fails.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from plans.models import Link, Occasion
from plans.services import clock, links
from plans.services.links import LinkPurpose
from plans.web.addresses import PATIENT_PATHS
from tests.makers_checkins import START, on
from tests.web.access_world import Route, Side, make_side, routes
from tests.web.patient_story import make_known, shows_doses

TABLE: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("link_routes.toml").read_text(encoding="utf-8")
)
ONWARD: Final = ("checkin-plan", "checkin-from-plan", "plan-page-mail")
"""Buttons that lead from the pages of one link to those of another."""
OPENING_ROUTES: Final = {
    LinkPurpose.CHECKIN: ("checkin-open",),
    LinkPurpose.PLAN: ("plan-open",),
    LinkPurpose.MAIL: ("mail-open",),
    LinkPurpose.CONFIRM: ("confirm-open",),
    LinkPurpose.FEED: ("feed",),
    LinkPurpose.DOCUMENT: ("printed", "printed-plan"),
    LinkPurpose.PHARMACY: ("printed", "printed-plan"),
}
STATES: Final = ("good", "expired", "revoked")
ORIGINS: Final = tuple(f"{purpose.value} {state}" for purpose in OPENING_ROUTES for state in STATES)
SENT: Final = {
    "checkin": {"page": "safety_a", "s_fit": "no", "s_seeing": "no"},
    "checkin-now": {"page": "safety_a", "s_fit": "no", "s_seeing": "no", "nonce": "a-form"},
    "plan-page-fact": {"fact": "1900"},
    "plan-page-devices": {"act": "say_less"},
    "plan-page-feed": {"act": "open_doses"},
    "plan-page-mark": {
        "on": START.date().isoformat(),
        "time": "night",
        "drug": "clonazepam",
        "how": "planned",
    },
    "confirm": {"mine": "yes"},
    "mail": {"act": "stop"},
    "mail-open": {"List-Unsubscribe": "One-Click"},
}
"""What is sent to each route, so that it would act."""
ASKED: Final = {"checkin": "?page=safety_a", "checkin-now": "?page=safety_a"}
"""A page that was answered."""


def patient_routes() -> list[Route]:
    """Every route under an address of patients, from the URL configuration."""
    return [one for one in routes() if PATIENT_PATHS.match(f"/{one.pattern}")]


@pytest.fixture
def side(db: None) -> Iterator[Side]:
    made = make_side("A")
    with on(Occasion.objects.filter(patient=made.patient).order_by("due_at")[0].due_at):
        yield made


def token_of(side: Side, origin: str) -> str:
    """The token of a link in the state that the origin names."""
    name, state = origin.split()
    purpose = LinkPurpose(name)
    if purpose in side.links:
        row = Link.objects.get(pk=side.links[purpose].id)
    else:
        version = side.plan.active_version if purpose is LinkPurpose.PHARMACY else None
        row = links.make(purpose=purpose, patient=side.patient, version=version)
    if state == "expired":
        Link.objects.filter(pk=row.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    if state == "revoked":
        links.revoke(row.pk)
    return links.token_of(row)


def holder(side: Side, origin: str, token: str, *, knows: bool) -> Client:
    """Whoever opened the link and pressed every button that leads on, twice."""
    client = Client()
    if knows:
        make_known(client, side.patient)
    for name in OPENING_ROUTES[LinkPurpose(origin.split(maxsplit=1)[0])]:
        client.get(reverse(name, args=[token]))
    for name in ONWARD * 2:
        client.post(reverse(name))
    return client


def said(response: Any) -> str:
    """What came: the template that was drawn, where it led, a file, or the refusal."""
    if response.status_code == 302:
        where = response.headers["Location"].partition("?")[0]
        return "to:printed" if where.startswith("/q/") else f"to:{where}"
    if response.status_code in (400, 404, 405, 410):
        return str(response.status_code)
    drawn = [one.name for one in response.templates if one.name and one.name.startswith("patient/")]
    return drawn[0].removeprefix("patient/").removesuffix(".html") if drawn else "file"


DENIED: Final = frozenset({"400", "404", "405", "410", "session_over"})


def found_from(side: Side, origin: str, *, knows: bool) -> Iterator[tuple[str, str, Any]]:
    """Route, method and response, for every route; the traces of each request are taken back."""
    token = token_of(side, origin)
    client = holder(side, origin, token, knows=knows)
    for route in patient_routes():
        known = {"token": token, "country": "us", "language": "es"}
        path = reverse(route.name, kwargs={name: known[name] for name in route.arguments})
        for method in ("GET", "POST"):
            jar = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
            with transaction.atomic():
                if method == "GET":
                    response = client.get(path + ASKED.get(route.name, ""))
                else:
                    response = client.post(path, SENT.get(route.name, {}))
                transaction.set_rollback(True)
            client.cookies = jar
            yield route.name, method, response


def expected(route: str, method: str, origin: str, *, knows: bool) -> str:
    """What the table says; empty where it names nothing: then it has to be refused."""
    row = TABLE[route].get(method, {})
    named = [value for key, value in row.items() if origin in _origins(key)]
    assert len(named) < 2, f"{route} {method}: {origin} stands twice"
    return named[0].split()[knows] if named else ""


def _origins(key: str) -> list[str]:
    """Origins of a key such as "plan good, mail good"; "*" is every one."""
    return list(ORIGINS) if key == "*" else key.split(", ")


def test_every_route_of_patients_has_a_row_and_every_row_a_route() -> None:
    assert {one.name for one in patient_routes()} == set(TABLE)


def test_every_view_behind_a_patients_gate_is_in_the_table() -> None:
    gated = {one.name for one in routes() if getattr(one.view, "gate", ("",))[0] == "patient"}
    assert gated <= set(TABLE)


@pytest.mark.slow
@pytest.mark.parametrize("knows", [False, True], ids=["no device", "device that is known"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_a_link_leads_where_the_table_says_and_nowhere_else(side: Side, origin: str, knows: bool) -> None:
    wrong = []
    for route, method, response in found_from(side, origin, knows=knows):
        wanted, got = expected(route, method, origin, knows=knows), said(response)
        if got != wanted and not (wanted == "" and got in DENIED):
            wrong.append(f"{method} {route}: {got} instead of {wanted or 'a refusal'}")
        html = response.content.decode("utf-8", "replace")
        if not knows and ('" checked' in html or shows_doses(response)) and route != "feed":
            wrong.append(f"{method} {route}: shows answers or doses without the second fact")
    assert wrong == []
