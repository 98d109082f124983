"""What was typed into any form of the staff outlives an idle end, a sign-in elsewhere and a refusal, for its author."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.urls import reverse

from plans.models import KeptForm, Membership, ReviewItem, User
from plans.services.actors import Actor
from plans.web import form_owner, not_saved
from plans.web.gate import CLINIC_KEY
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.services.review_help import raiser
from tests.web.access_world import World
from tests.web.test_every_form import Form, Forms
from tests.web.test_odd_requests import ours, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db

TYPED = 'She said: "no <more> than 2 at night".'
MARK = "Zebracrossing"


def sign_in(client: Client, who: Actor) -> None:
    """Sign in in this browser: the session is new, and so is the secret of its forms."""
    client.force_login(User.objects.get(pk=who.member_id))
    session = client.session
    session[CLINIC_KEY] = str(who.home)
    session.save()
    client.cookies.pop(settings.CSRF_COOKIE_NAME, None)


def browser(who: Actor) -> Client:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, who)
    return client


def token_in(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found is not None
    return found[1]


def idle_end(client: Client, who: Actor) -> None:
    """The session is over."""
    Session.objects.all().delete()


def second_tab(client: Client, who: Actor) -> None:
    """The same person signed in again in another tab, which gave the browser a new secret."""
    sign_in(client, who)
    client.get("/queue")


def refusal(client: Client, who: Actor) -> None:
    """Their role was taken away meanwhile."""
    Membership.objects.filter(user_id=who.member_id, clinic_id=who.home).update(role="reader")


WAYS: tuple[Callable[[Client, Actor], None], ...] = (idle_end, second_tab, refusal)


@dataclass
class Sent:
    """A form that was refused, in a browser."""

    client: Client
    page: str
    answer: Any


def send(who: Actor, page: str, action: str, fields: dict[str, Any], way: Callable[..., None]) -> Sent:
    """Open a page, lose the session in one of the ways, and send the form."""
    client = browser(who)
    token = token_in(client.get(page))
    way(client, who)
    headers = {"Referer": f"http://testserver{page}", "Origin": "http://testserver"}
    answer = client.post(action, {**fields, "csrfmiddlewaretoken": token}, headers=headers)
    return Sent(client, page, answer)


@pytest.fixture
def item(clinic: ClinicMade) -> str:
    """The page of a review item."""
    return reverse("item", args=[raiser(clinic, make_patient(clinic.primary))().pk])


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_note_is_in_its_form_again_and_for_nobody_else(clinic: ClinicMade, item: str, way: Any) -> None:
    sent = send(clinic.primary, item, f"{item}/note", {"note-note": TYPED, "seen_lock": "0"}, way)
    assert sent.answer.status_code == 403
    assert "kept for you for an hour" in sent.answer.content.decode()
    Membership.objects.filter(user_id=clinic.primary.member_id).update(role="clinician")
    sign_in(sent.client, clinic.lead)
    assert TYPED not in unescape(sent.client.get(item).content.decode())
    sign_in(sent.client, clinic.primary)
    page = sent.client.get(item)
    form = next(one for one in forms_in(page) if one.action == f"{item}/note")
    assert form.fields["note-note"] == [TYPED]
    kept_at = KeptForm.objects.latest("kept_at").kept_at.astimezone(ZoneInfo("America/New_York"))
    assert f"not saved at {kept_at:%H:%M}. It is in the form again" in page.content.decode()
    # Looking again does not take it away: the line may have broken.
    assert TYPED in unescape(sent.client.get(item).content.decode())


@pytest.mark.slow
def test_when_it_was_sent_it_is_forgotten(clinic: ClinicMade, item: str) -> None:
    sent = send(clinic.primary, item, f"{item}/note", {"note-note": TYPED, "seen_lock": "0"}, idle_end)
    sign_in(sent.client, clinic.primary)
    page = sent.client.get(item)
    form = next(one for one in forms_in(page) if one.action == f"{item}/note")
    assert form.fields["note-note"] == [TYPED]
    # The lock of the page that was lost goes with it: somebody may have acted since.
    assert form.fields["seen_lock"] == ["0"]
    again = {**form.fields, "seen_lock": str(ReviewItem.objects.get().lock)}
    answer = sent.client.post(f"{item}/note", {**again, "csrfmiddlewaretoken": token_in(page)})
    assert answer.status_code == 302
    assert not KeptForm.objects.exists()
    assert "It is in the form again" not in sent.client.get(item).content.decode()


@pytest.mark.slow
def test_its_author_discards_it_and_nobody_else_can(clinic: ClinicMade, item: str) -> None:
    sent = send(clinic.primary, item, f"{item}/note", {"note-note": TYPED}, idle_end)
    address = reverse("kept-discard", args=[KeptForm.objects.get().pk])
    for who, left in ((clinic.lead, 1), (clinic.primary, 0)):
        sign_in(sent.client, who)
        token = token_in(sent.client.get(item))
        assert sent.client.post(address, {"csrfmiddlewaretoken": token}).status_code == 302
        assert KeptForm.objects.count() == left


@pytest.mark.slow
def test_in_another_clinic_it_is_not_given_back(clinic: ClinicMade) -> None:
    other = make_clinic()
    Membership.objects.create(
        clinic_id=other.id, user_id=clinic.primary.member_id, role="clinician",
        created_at=Membership.objects.earliest("created_at").created_at,
    )  # fmt: skip
    page = reverse("patient-new")
    sent = send(clinic.primary, page, page, {"name": "Typed Testcase", "notes": TYPED}, idle_end)
    there = Actor(kind="user", id=clinic.primary.member_id, name="", clinic_id=other.id)
    sign_in(sent.client, there)
    assert "Typed Testcase" not in sent.client.get(page).content.decode()
    sign_in(sent.client, clinic.primary)
    assert "Typed Testcase" in sent.client.get(page).content.decode()


def test_whoever_signed_in_since_is_not_taken_for_the_author(clinic: ClinicMade, item: str) -> None:
    def somebody_else(client: Client, _who: Actor) -> None:
        sign_in(client, clinic.lead)
        client.get("/queue")

    sent = send(clinic.primary, item, f"{item}/note", {"note-note": TYPED}, somebody_else)
    assert sent.answer.status_code == 403
    assert "for whoever opened the form, and for nobody else" in sent.answer.content.decode()
    assert KeptForm.objects.get().user_id == clinic.primary.member_id


@pytest.mark.slow
def test_a_form_that_was_made_for_nobody_we_know_is_not_kept(clinic: ClinicMade, item: str) -> None:
    client = browser(clinic.primary)
    client.get(item)
    Session.objects.all().delete()
    client.post(f"{item}/note", {"note-note": TYPED, "csrfmiddlewaretoken": "x" * 64})
    client.post(f"{item}/note", {"note-note": TYPED})
    client.cookies.pop(form_owner.COOKIE)
    client.post(f"{item}/note", {"note-note": TYPED, "csrfmiddlewaretoken": "y" * 64})
    assert not KeptForm.objects.exists()


@pytest.mark.slow
def test_a_forged_cookie_names_nobody(clinic: ClinicMade, item: str) -> None:
    client = browser(clinic.primary)
    token = token_in(client.get(item))
    Session.objects.all().delete()
    for forged in ("x", "AAAA", client.cookies[form_owner.COOKIE].value[:-4] + "AAAA"):
        client.cookies[form_owner.COOKIE] = forged
        client.post(f"{item}/note", {"note-note": TYPED, "csrfmiddlewaretoken": token})
    assert not KeptForm.objects.exists()


@pytest.mark.slow
def test_another_site_can_keep_nothing_in_a_persons_name(clinic: ClinicMade, item: str) -> None:
    client = browser(clinic.primary)
    token = token_in(client.get(item))
    Session.objects.all().delete()
    headers = {"Origin": "https://elsewhere.example.org"}
    client.post(f"{item}/note", {"note-note": TYPED, "csrfmiddlewaretoken": token}, headers=headers)
    assert not KeptForm.objects.exists()


def test_passwords_and_codes_are_never_kept_nor_shown(clinic: ClinicMade) -> None:
    page, action = reverse("channels"), reverse("channel-add")
    secrets = {"password": "a long secret 12", "code": "481516", "reply_code": "2342", "new_pin": "1998"}
    sent = send(clinic.primary, page, action, {"address": "someone@example.org", **secrets}, idle_end)
    sign_in(sent.client, clinic.primary)
    seen = sent.answer.content.decode() + sent.client.get(page).content.decode()
    assert "someone@example.org" in seen
    assert not [value for value in secrets.values() if value in seen]


def marked(form: Form) -> tuple[dict[str, list[str]], list[str]]:
    """The form with a word in every text field that may be kept, and the names of those."""
    names = [name for name in form.typed if name not in form.choices and not not_saved.SECRET.search(name)]
    fields = {name: list(values) for name, values in form.fields.items()}
    for name in names:
        fields[name] = [f"{MARK} {value}".strip() for value in fields[name]]
    return fields, names


def pages_with_forms(client: Client, made: World) -> Iterator[tuple[str, Form]]:
    """Every form with a text field that a lead can come across, once."""
    seen = set()
    for route in ours():
        path = made.path(route)
        page = client.get(path)
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        for form in forms_in(page):
            key = (form.action or path, tuple(sorted(form.fields)))
            if marked(form)[1] and key not in seen and "/accounts/" not in (form.action or path):
                seen.add(key)
                yield path, form


def forms_in(page: Any) -> list[Form]:
    reader = Forms()
    reader.feed(page.content.decode())
    return reader.found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_was_typed_into_any_form_is_in_it_again_for_its_author_alone(world: World, way: Any) -> None:
    who = world.a.clinic.lead
    other = make_member(world.a.clinic.id)
    wrong, tried = [], 0
    for path, form in list(pages_with_forms(browser(who), world)):
        fields, names = marked(form)
        action = form.action or path
        tried += 1
        with transaction.atomic():
            sent = send(who, path, action, fields, way)
            Membership.objects.filter(user_id=who.member_id).update(role="lead")
            if way is refusal and sent.answer.status_code != 403:
                # The role that is left may send this form.
                transaction.set_rollback(True)
                continue
            sign_in(sent.client, other)
            if MARK in sent.client.get(path).content.decode():
                wrong.append(f"{action} on {path}: somebody else got it")
            sign_in(sent.client, who)
            back = [one for one in forms_in(sent.client.get(path)) if (one.action or path) == action]
            held = [name for name in names for one in back if MARK in "".join(one.fields.get(name, []))]
            if sent.answer.status_code != 403 or set(names) - set(held):
                missing = sorted(set(names) - set(held))
                wrong.append(f"{action} on {path}: {sent.answer.status_code}, lost {missing}")
            transaction.set_rollback(True)
    assert tried > 30
    assert wrong == []


@pytest.mark.slow
def test_every_field_for_a_password_or_a_code_has_a_name_that_is_never_kept(world: World) -> None:
    client = world.client("lead")
    secret = re.compile(r'<input[^>]*(?:type="password"|one-time-code)[^>]*>')
    names = set()
    for route in ours():
        for tag in secret.findall(client.get(world.path(route)).content.decode("utf-8", "replace")):
            found = re.search(r'name="([^"]*)"', tag)
            names.add(found[1] if found else "")
    assert all(not_saved.SECRET.search(name) for name in names)
