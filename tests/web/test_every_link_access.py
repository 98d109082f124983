"""Every kind of access × every route of patients: the page does what the link policy allows, and nothing else.

Each session is made as if its holder had come that way (`Access`), in every state of link and care; then every route is
tried with the cookie of its own purpose and with that of another, with no device, the patient's, and another
patient's of another clinic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from plans.domain.link_policy import (
    LinkAccess,
    LinkAct,
    LinkState,
    LinkStrength,
    Origin,
    allows,
    every_access,
)
from plans.models import Link, Occasion, Patient
from plans.services import clock, links
from plans.services.links import LinkPurpose
from plans.web.addresses import PATIENT_PATHS
from plans.web.patient import link_session
from tests.makers_checkins import on
from tests.web.access_world import Route, Side, make_side, routes
from tests.web.patient_story import known_device
from tests.web.test_link_routes import SENT

VIA: Final = {Origin.MESSAGE: None, Origin.PAPER: LinkPurpose.DOCUMENT, Origin.PLAN_PAGE: LinkPurpose.CONFIRM}
"""The link through which a session was opened, by origin: one of another purpose than any that is tried."""
ACTS: Final[dict[str, tuple[LinkAct | None, LinkAct | None]]] = {
    "checkin": (LinkAct.QUESTIONS, LinkAct.ANSWER),
    "checkin-now": (LinkAct.QUESTIONS, LinkAct.ANSWER),
    "checkin-help": (LinkAct.QUESTIONS, None),
    "checkin-stop": (LinkAct.QUESTIONS, None),
    "checkin-told": (LinkAct.QUESTIONS, None),
    "checkin-medicine": (LinkAct.QUESTIONS, None),
    "checkin-plan": (None, LinkAct.TO_PLAN),
    "plan-page": (LinkAct.DOSE, None),
    "plan-page-calendar": (LinkAct.DOSE, None),
    "plan-page-pdf": (LinkAct.DOSE, None),
    "plan-page-medicine": (LinkAct.DOSE, None),
    "plan-page-ics": (LinkAct.DOSE, None),
    "plan-page-mark": (None, LinkAct.MARK),
    "plan-page-fact": (None, LinkAct.GIVE_FACT),
    "plan-page-mail": (None, LinkAct.TO_PREFERENCES),
    "plan-page-feed": (LinkAct.MAKE_LINK, LinkAct.MAKE_LINK),
    "plan-page-devices": (LinkAct.DEVICES, LinkAct.DEVICES),
    "plan-page-consents": (LinkAct.CONSENT, LinkAct.CONSENT),
    "plan-page-copy": (LinkAct.COPY, LinkAct.COPY),
    "checkin-from-plan": (None, LinkAct.TO_CHECKIN),
    "confirm": (LinkAct.CONFIRM, LinkAct.CONFIRM),
    "mail": (LinkAct.PREFERENCES, LinkAct.STOP),
}
"""What GET and POST of each route with a session do, as its form is sent (SENT)."""
BY_TOKEN: Final[dict[str, tuple[LinkAct, LinkAct | None]]] = {
    "checkin-open": (LinkAct.OPEN, None),
    "plan-open": (LinkAct.OPEN, None),
    "confirm-open": (LinkAct.OPEN, None),
    "mail-open": (LinkAct.OPEN, LinkAct.STOP),
    "printed": (LinkAct.STATUS, None),
    "printed-plan": (LinkAct.TO_PLAN, None),
    "feed": (LinkAct.FEED, None),
}
OF: Final = {
    "checkin-open": {LinkPurpose.CHECKIN},
    "plan-open": {LinkPurpose.PLAN},
    "confirm-open": {LinkPurpose.CONFIRM},
    "mail-open": {LinkPurpose.MAIL},
    "printed": {LinkPurpose.DOCUMENT, LinkPurpose.PHARMACY},
    "printed-plan": {LinkPurpose.DOCUMENT, LinkPurpose.PHARMACY},
    "feed": {LinkPurpose.FEED, LinkPurpose.FEED_DOSES},
}
PURPOSES: Final = tuple(
    LinkPurpose(purpose) for purpose in LinkPurpose if purpose is not LinkPurpose.INVITATION
)
STATES: Final = ("valid", "expired", "revoked", "in hospital", "care ended", "died")
IN_POLICY: Final = {
    "valid": LinkState.GOOD,
    "expired": LinkState.EXPIRED,
    "revoked": LinkState.REVOKED,
    "in hospital": LinkState.OUT_OF_CARE,
    "care ended": LinkState.OUT_OF_CARE,
    "died": LinkState.DIED,
}
CARE: Final = {"in hospital": "admitted", "care ended": "transferred", "died": "died"}
DEVICES: Final = ("no device", "another patient's device", "fact given", "own device")
STRENGTH: Final = {
    "no device": LinkStrength.LINK,
    "another patient's device": LinkStrength.LINK,
    "fact given": LinkStrength.FACT,
    "own device": LinkStrength.DEVICE,
}
DENIED: Final = frozenset(
    {
        "session_over",
        "no_longer",
        "second_fact",
        "out_of_care",
        "unknown_link",
        "printed_unknown",
        "404",
        "410",
    }
)
PRINTED: Final = frozenset({"printed-plan"})


@dataclass(frozen=True)
class World:
    """A patient with every kind of link, and one of another clinic."""

    mine: Side
    theirs: Side
    rows: dict[LinkPurpose, Link]

    def put_in(self, state: str) -> None:
        """Let every link, or the patient's care, be in a state."""
        keys = [row.pk for row in self.rows.values()]
        if state == "expired":
            Link.objects.filter(pk__in=keys).update(expires_at=clock.now() - timedelta(seconds=1))
        elif state == "revoked":
            Link.objects.filter(pk__in=keys).update(revoked_at=clock.now())
        elif state in CARE:
            Patient.objects.filter(pk=self.mine.patient.pk).update(care_state=CARE[state])


@pytest.fixture
def world(db: None) -> Iterator[World]:
    mine, theirs = make_side("A"), make_side("B")
    with on(Occasion.objects.filter(patient=mine.patient).order_by("due_at")[0].due_at):
        rows = {
            purpose: Link.objects.get(pk=mine.links[purpose].id)
            if purpose in mine.links
            else links.make(
                purpose=purpose,
                patient=mine.patient,
                plan=mine.plan,
                version=mine.plan.active_version if purpose is LinkPurpose.PHARMACY else None,
            )
            for purpose in PURPOSES
        }
        yield World(mine, theirs, rows)


def patient_routes() -> dict[str, Route]:
    """Routes of patients that a link opens."""
    found = {one.name: one for one in routes() if PATIENT_PATHS.match(f"/{one.pattern}")}
    return {name: route for name, route in found.items() if not route.pattern.startswith("help/")}


def said(response: Any) -> str:
    """The refusal that a response is, or something else."""
    if response.status_code in (404, 410):
        return str(response.status_code)
    drawn = [one.name for one in response.templates if one.name and one.name.startswith("patient/")]
    return drawn[0].removeprefix("patient/").removesuffix(".html") if drawn else str(response.status_code)


def ask(
    client: Client,
    name: str,
    method: str,
    arguments: dict[str, str] | None = None,
    sent: dict[str, str] | None = None,
) -> Any:
    """One request, whose traces are taken back."""
    jar = SimpleCookie({key: morsel.value for key, morsel in client.cookies.items()})
    path = reverse(name, kwargs=arguments)
    with transaction.atomic():
        response = client.get(path) if method == "GET" else client.post(path, sent or SENT.get(name, {}))
        transaction.set_rollback(True)
    client.cookies = jar
    return response


def browser(world: World, device: str) -> Client:
    """A browser with such a device."""
    client = Client()
    if device == "own device":
        client.cookies["tp_device"] = known_device(world.mine.patient)
    elif device == "another patient's device":
        client.cookies["tp_device"] = known_device(world.theirs.patient)
    return client


def test_every_route_of_patients_names_its_acts_and_stands_in_a_table() -> None:
    found = patient_routes()
    assert set(found) == set(ACTS) | set(BY_TOKEN)
    for name, route in found.items():
        named = {*ACTS.get(name, ()), *BY_TOKEN.get(name, ())} - {None}
        assert getattr(route.view, "acts", None) == named, name


def test_a_page_without_an_act_is_refused_before_it_is_served() -> None:
    from plans.web.gate import patient_page

    with pytest.raises(TypeError, match="name the acts"):
        patient_page()
    with pytest.raises(TypeError, match="name the acts"):
        patient_page(lambda request: request)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("state", STATES)
def test_a_session_does_what_the_policy_allows_and_nothing_else(
    world: World, state: str, device: str
) -> None:
    world.put_in(state)
    wrong, born = [], str(world.mine.patient.born.year)
    for target in link_session.TARGETS:
        for origin, via in VIA.items():
            client = browser(world, device)
            given = clock.real_now() if device == "fact given" else None
            key = links.start_session(world.rows[target.purpose].pk, via=via, fact_at=given)
            # The same key under every name: a session opens nothing of another purpose.
            for every in link_session.TARGETS:
                client.cookies[every.cookie] = key
            access = LinkAccess(target.purpose, origin, STRENGTH[device], IN_POLICY[state])
            for name, acts in ACTS.items():
                own = f"/{patient_routes()[name].pattern}".startswith(target.path)
                for method, act in zip(("GET", "POST"), acts, strict=True):
                    if act is None:
                        continue
                    sent = {"fact": born} if name == "plan-page-fact" else {}
                    got = said(ask(client, name, method, sent=sent))
                    allowed = own and allows(access, act)
                    # Its holder is led back to the plan, which they may see.
                    back = got == "302" and own and allows(access, LinkAct.DOSE) and not allowed
                    if (got not in DENIED and not back) != allowed:
                        wrong.append(f"{access}: {method} {name} {act} gave {got}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_token_opens_the_routes_of_its_purpose_as_far_as_the_policy_allows(
    world: World, state: str
) -> None:
    world.put_in(state)
    wrong = []
    client = Client()
    for purpose, row in world.rows.items():
        token = links.token_of(row)
        origin = Origin.PAPER if purpose in OF["printed"] else Origin.MESSAGE
        if purpose in OF["feed"]:
            origin = Origin.PLAN_PAGE
        access = LinkAccess(purpose, origin, LinkStrength.LINK, IN_POLICY[state])
        for name, acts in BY_TOKEN.items():
            for method, act in zip(("GET", "POST"), acts, strict=True):
                if act is None:
                    continue
                response = ask(client, name, method, {"token": token})
                got, allowed = said(response), purpose in OF[name] and allows(access, act)
                onward = name in PRINTED and "/q/" in response.headers.get("Location", "")
                if (got not in DENIED and not onward) != allowed:
                    wrong.append(f"{access}: {method} {name} gave {got}")
    assert wrong == []


@pytest.mark.slow
def test_a_replaced_page_says_so_and_a_replaced_link_opens_nothing(world: World) -> None:
    old = links.token_of(world.rows[LinkPurpose.FEED])
    links.revoke(world.rows[LinkPurpose.FEED].pk)
    links.make(purpose=LinkPurpose.FEED, patient=world.mine.patient)
    assert Client().get(f"/f/{old}.ics").status_code == 404


def cells() -> int:
    """How many cells of the tables above are tried over HTTP."""
    acts = sum(act is not None for pair in ACTS.values() for act in pair)
    by_token = sum(act is not None for pair in BY_TOKEN.values() for act in pair)
    with_session = len(link_session.TARGETS) * len(VIA) * len(DEVICES) * len(STATES) * acts
    return with_session + len(PURPOSES) * len(STATES) * by_token


def test_the_docs_print_how_many_cells_there_are() -> None:
    docs = (Path(__file__).resolve().parents[2] / "docs" / "patient-links.md").read_text(encoding="utf-8")
    everything = [(access, act) for access in every_access() for act in LinkAct]
    allowed = sum(allows(access, act) for access, act in everything)
    assert f"{len(everything):,} cells" in docs
    assert f"; {allowed} are allowed" in docs
    assert f"{cells():,} cells" in docs
