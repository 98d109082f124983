"""Every form of a clinic, a field at a time emptied, overfilled or odd: a refusal that keeps what was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.web.access_world import World
from tests.web.test_odd_requests import ask, ours, world

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LONG, STRANGE, HUGE = "a" * 6_000, "☃\u202e\u0000", "9" * 30
MARK = "Zebracrossing"


@dataclass
class Form:
    """A form of a page: where it is sent, each field with what it stands on, and which are typed as text."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """Reads the forms of a page as a browser would fill them in: texts of areas and chosen options too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.form: Form | None = None
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "text")
        if tag == "form":
            self.form = Form(given.get("action", "")) if given.get("method") == "post" else None
            if self.form:
                self.found.append(self.form)
        elif self.form is None or name == "csrfmiddlewaretoken":
            return
        elif tag == "textarea":
            self.area = name
            self.form.fields[name] = [""]
            self.form.typed.append(name)
        elif tag == "select":
            self.select = name
            self.form.fields[name] = []
        elif tag == "option" and self.select and "selected" in given:
            self.form.fields[self.select].append(value)
        elif tag in ("input", "button") and name:
            self._take(tag, name, value, kind, checked="checked" in given)

    def _take(self, tag: str, name: str, value: str, kind: str, *, checked: bool) -> None:
        assert self.form is not None
        if kind in ("radio", "checkbox") and not checked:
            self.form.fields.setdefault(name, [])
        elif tag == "button":
            self.form.choices.append(name)
            self.form.fields.setdefault(name, [value])
        else:
            self.form.fields.setdefault(name, []).append(value)
            if kind in ("text", "search", "email", "tel"):
                self.form.typed.append(name)

    def handle_data(self, data: str) -> None:
        if self.area and self.form is not None:
            self.form.fields[self.area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""


def forms_of_the_clinic(client: Client, made: World) -> dict[str, Form]:
    """Every form a lead can come across, by where it is sent and what it holds."""
    found: dict[str, Form] = {}
    for route in ours():
        path = made.path(route)
        page = ask(client, "get", path, {})
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        reader = Forms()
        reader.feed(page.content.decode())
        for form in reader.found:
            form.action = form.action or path
            found.setdefault(f"{form.action} {sorted(form.fields)}", form)
    return found


def tried_fields(form: Form) -> list[str]:
    """A form's fields, those that are made in a row (doses of each drug and time, splits of each product) once."""
    first: dict[str, str] = {}
    for name in form.fields:
        first.setdefault(re.sub(r"(?<![a-z])(?:[a-z]|\d+)(?![a-z])", "*", name.partition(":")[0]), name)
    return list(first.values())


def odd_values(form: Form, name: str) -> tuple[str, ...]:
    """What one field is given: nothing, and where anything may be typed or forged, far too much and strange signs."""
    if name in form.typed:
        return ("", LONG, STRANGE)
    return ("", HUGE) if form.fields[name] else ("",)


def marked(form: Form, but: str) -> tuple[dict[str, list[str]], str]:
    """The form as it stands, with a word typed into one text field other than `but`; that field's name."""
    whole = {name: list(values) for name, values in form.fields.items()}
    where = next((name for name in form.typed if name != but and name not in form.choices), "")
    if where:
        whole[where] = [f"{whole[where][0]} {MARK}".strip()]
    return whole, where


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(12))
def test_no_field_of_any_form_emptied_overfilled_or_odd_is_a_fault_or_loses_what_was_typed(
    world: World, part: int
) -> None:
    client, wrong, tried = world.client("lead"), [], 0
    for form in sorted(forms_of_the_clinic(client, world).values(), key=lambda one: one.action)[part::12]:
        for name in tried_fields(form):
            whole, where = marked(form, name)
            for odd in odd_values(form, name):
                tried += 1
                response: Any = ask(client, "post", form.action, {**whole, name: [odd]})
                said = f"{form.action}: {name}={odd[:8]!a}"
                if response.status_code >= 500:
                    wrong.append(f"{said} gave {response.status_code}")
                elif where and response.status_code in (409, 422) and MARK not in response.content.decode():
                    wrong.append(f"{said} lost what was typed into {where}")
    assert tried > 5
    assert wrong == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("emptied", ["missed", "worse", "emergency"])
def test_an_emptied_text_of_the_advice_is_refused_beside_it_and_the_others_stay(
    world: World, language: str, emptied: str
) -> None:
    client = world.client("lead")
    typed = {
        "missed": "Wait for us.",
        "worse": "Call the clinic.",
        "emergency": "A fit\nNo breath",
        "seen": "0",
    }
    response = client.post(f"/settings/advice/{language}", {**typed, emptied: " "})
    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{emptied}"' in page
    assert "This is needed" in page
    for name in {"missed", "worse", "emergency"} - {emptied}:
        assert typed[name].split("\n")[0] in page
