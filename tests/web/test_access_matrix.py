"""Every route, everybody, every method: access_matrix.toml says what each gets. A route without a row fails."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from plans.domain.people import PatientData
from plans.models import Limit, Occasion
from plans.services import limits
from plans.services.actors import May
from tests.makers_checkins import on
from tests.web.access_table import TABLE, expected, size
from tests.web.access_world import ACTORS, DERIVED, METHODS, Route, World, answer, make_world, routes
from tests.web.ledger import rows

GATES = {"staff", "patient", "public", "signed_in", "own_sign_in"}
REFUSED = ("access.not_here", "access.not_allowed")


def probe(world: World, client: Client, route: Route, method: str, *, missing: bool = False) -> Any:
    """Make one request and roll back what it wrote."""
    jar = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    with transaction.atomic():
        response = client.generic(method, world.path(route, missing=missing))
        transaction.set_rollback(True)
    client.cookies = jar
    return response


def clients(world: World, *actors: str) -> list[tuple[str, Client]]:
    """Each actor with a browser; making two clinics for each of them would take longer than asking."""
    return [(actor, world.client(actor)) for actor in actors]


@pytest.fixture
def world(db: None) -> Any:
    made = make_world()
    due = Occasion.objects.filter(patient=made.a.patient).order_by("due_at")[0].due_at
    with on(due):
        yield made


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    names = [route.name for route in routes()]
    assert len(set(names)) == len(names)
    assert TABLE["columns"].split() == list(ACTORS)
    assert set(names) == set(TABLE) - {"columns"}


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_every_row_says_what_each_method_gives(route: Route) -> None:
    for method in METHODS:
        expected(route, method)


def test_the_table_has_the_size_that_the_page_on_security_tells() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    told = re.search(r"([\d,]+) cells at least", page)
    assert told is not None
    assert 5_000 <= int(told[1].replace(",", "")) <= size()


def test_every_view_of_ours_stands_behind_a_gate() -> None:
    open_doors = [
        route.name
        for route in routes()
        if route.ours and getattr(route.view, "gate", ("none",))[0] not in GATES
    ]
    assert not open_doors


def test_the_views_that_are_not_ours_are_those_of_signing_in() -> None:
    assert {route.pattern.split("/")[0] for route in routes() if not route.ours} == {"accounts"}


def test_no_address_but_those_of_links_can_be_written_with_anything_but_a_key() -> None:
    free = {route.name for route in routes() if re.search(r"<(str|path|slug):", route.pattern)}
    assert free == {
        "help",
        "help-any-language",
        "checkin-open",
        "plan-open",
        "confirm-open",
        "mail-open",
        "printed",
        "printed-plan",
        "feed",
        "answer",
        "not-me",
        "openid_connect_login",
        "openid_connect_callback",
    }


@pytest.mark.slow
@pytest.mark.parametrize("actors", [ACTORS[:3], ACTORS[3:6], ACTORS[6:9], ACTORS[9:], DERIVED])
def test_everybody_gets_what_the_table_says(world: World, actors: tuple[str, ...]) -> None:
    wrong = []
    for actor, client in clients(world, *actors):
        for route in routes():
            for method in METHODS:
                said, got = expected(route, method)[actor], answer(probe(world, client, route, method))
                if said != got:
                    wrong.append(f"{actor}, {method} {route.name}: {got} instead of {said}")
    assert not wrong


@pytest.mark.slow
def test_methods_that_no_page_knows_do_nothing_and_tell_nothing(world: World) -> None:
    askers = clients(world, "anonymous", "reader", "lead", "foreign", "patient")
    before, wrong = rows(), []
    for (actor, client), route in product(askers, routes()):
        for method in ("OPTIONS", "PATCH", "TRACE"):
            response = probe(world, client, route, method)
            told = [word for side in (world.a, world.b) for word in side.canaries if word in plain(response)]
            # Pages of signing in answer OPTIONS with the methods they know, and nothing else.
            known: tuple[int, ...] = () if route.ours else (200, 302)
            # The webhook of a mail provider does not exist until it is set up.
            known = (404,) if route.name == "mail-events" else known
            # Nor does an app that somebody has not set up, whatever the method: see the table.
            known = (302, 404) if route.name == "mfa_deactivate_totp" else known
            if told or response.status_code not in (405, *known):
                wrong.append(f"{actor}, {method} {route.name}: {response.status_code} {told}")
    assert wrong == []
    assert rows() == before


@pytest.mark.slow
def test_a_row_of_another_clinic_and_a_row_that_is_not_there_look_the_same(world: World) -> None:
    client = world.client("foreign")
    for route in routes():
        if not {name for name in route.arguments if name.endswith("_id")}:
            continue
        for method in ("GET", "POST"):
            there, nowhere = (
                probe(world, client, route, method, missing=missing) for missing in (False, True)
            )
            assert (there.status_code, plain(there)) == (nowhere.status_code, plain(nowhere)), route.name


def plain(response: Any) -> str:
    """The body without the token a form carries."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", response.content.decode())


@pytest.mark.slow
def test_nothing_of_a_patient_reaches_those_it_does_not_concern(world: World) -> None:
    for actor in ("anonymous", "foreign", "homeless", "stranger"):
        assert shown_to(world, actor, world.a.canaries) == [], actor


@pytest.mark.slow
def test_nothing_of_another_clinic_reaches_this_one(world: World) -> None:
    for actor in ("reader", "lead", "patient"):
        assert shown_to(world, actor, world.b.canaries) == [], actor


def shown_to(world: World, actor: str, canaries: tuple[str, ...]) -> list[str]:
    """Routes whose answer holds one of the words."""
    client = world.client(actor)
    found = []
    for route in routes():
        for method in ("GET", "POST"):
            response = probe(world, client, route, method)
            text = response.content.decode("utf-8", "replace") + str(dict(response.headers))
            found += [f"{method} {route.name}: {word}" for word in canaries if word in text]
    return found


@pytest.mark.slow
def test_a_pharmacist_sees_who_a_patient_is_and_where_they_collect_and_nothing_else_of_the_record(
    world: World,
) -> None:
    seen = {line.rpartition(" ")[2] for line in shown_to(world, "pharmacist", world.a.canaries)}
    assert seen == {"CanarynameA", "CR-A", "CanarypharmacyA"}


@pytest.mark.slow
def test_an_operator_sees_no_patient(world: World) -> None:
    assert shown_to(world, "operator", (*world.a.canaries, *world.b.canaries)) == []


def test_every_page_of_the_clinic_names_an_act_of_the_table() -> None:
    acts = {may.value for may in May}
    for route in routes():
        kind, act = getattr(route.view, "gate", ("", ""))
        if kind == "staff":
            assert act in acts, route.name
        elif str(route.view.__module__).startswith("plans.web.clinician"):
            raise AssertionError(f"{route.name} names no act")


def test_the_table_is_as_large_as_the_documentation_says() -> None:
    cells = len(routes()) * len(METHODS) * len(ACTORS)
    said = (Path(__file__).resolve().parents[2] / "docs" / "roles.md").read_text(encoding="utf-8")
    assert cells >= 10_000
    assert "more than 10,000 cells" in said


@pytest.mark.slow
def test_the_patients_own_clinic_does_see_the_canaries(world: World) -> None:
    seen = {line.rpartition(" ")[2] for line in shown_to(world, "lead", world.a.canaries)}
    assert seen == set(world.a.canaries)


@pytest.mark.slow
def test_looking_changes_nothing(world: World) -> None:
    lookers = clients(world, "lead", "reader", "patient", "anonymous")
    before, counted = rows(), set(Limit.objects.values_list("pk", "count", "until"))
    for actor, client in lookers:
        for route in routes():
            for method in ("GET", "HEAD"):
                jar = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
                client.generic(method, world.path(route))
                client.cookies = jar
        now, counts = rows(), set(Limit.objects.values_list("pk", "count", "until"))
        assert {table for table in before if now[table] != before[table]} <= {"plans_limit"}, actor
        # Refusals stand in the trail, up to a rate, which is counted for who asked; nothing else is.
        assert {key for key, *_ in counts ^ counted} <= trail_of(world, actor), actor
        before, counted = now, counts


def trail_of(world: World, actor: str) -> set[str]:
    """The keys under which what a member was refused is counted for the trail."""
    member = {"lead": world.a.clinic.lead, "reader": world.a.clinic.reader}.get(actor)
    return {limits._key("trail", act, str(member.member_id)) for act in REFUSED} if member else set()


@pytest.mark.slow
def test_a_form_from_another_site_is_refused_everywhere_but_for_the_one_click_of_mail_programs(
    world: World,
) -> None:
    open_to_others = set()
    for actor in ("lead", "patient"):
        client = world.client(actor, enforce_csrf_checks=True)
        for route in routes():
            if probe(world, client, route, "POST").status_code not in (403, 405):
                open_to_others.add(route.name)
    # Providers of mail and of text messages are other sites by nature: their posts carry a secret.
    # A browser reports what it refused without a cookie; a report changes nothing.
    assert open_to_others == {"mail-open", "mail-events", "text-events", "csp-reports"}


@pytest.mark.slow
def test_a_key_of_another_clinic_in_a_field_reaches_nothing(world: World) -> None:
    """Every key of side a, put into every field that could take one, by the lead of side b."""
    client = world.client("foreign")
    keys = [
        world.a.patient.pk,
        world.a.plan.pk,
        world.a.item.pk,
        world.a.clinic.primary.id,
        world.a.clinic.id,
    ]
    fields = (
        "primary",
        "second",
        "lead",
        "to",
        "member",
        "holder",
        "clinic",
        "clinic_id",
        "patient",
        "plan",
        "item",
    )
    before = rows()
    for route in routes():
        if any(name.endswith("_id") for name in route.arguments) or not route.ours:
            continue
        for key in keys:
            with transaction.atomic():
                response = client.post(world.path(route), dict.fromkeys(fields, str(key)))
                assert not [word for word in world.a.canaries if word in response.content.decode()]
                of_a = rows_of_a(world)
                transaction.set_rollback(True)
            assert of_a == rows_of_a(world)
    assert rows() == before


def rows_of_a(world: World) -> tuple[Any, ...]:
    """What side a is made of."""
    kinds = (world.a.patient, world.a.plan, world.a.item)
    return tuple(type(row)._default_manager.filter(pk=row.pk).values().get() for row in kinds)


def test_the_record_of_a_patient_has_no_field_the_canaries_forget() -> None:
    """A new free text in the record must get a canary."""
    free = {name for name, field in PatientData.__dataclass_fields__.items() if str(field.type) == "str"}
    sung = {"name", "preferred_name", "record_no", "email", "crisis_plan", "pharmacy", "notes"}
    closed = {"phone", "zone", "country", "language", "contact_when", "indication", "consent_version"}
    assert free - sung - closed == set()
