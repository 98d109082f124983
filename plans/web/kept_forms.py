"""What follows a view of the staff's pages: a form that got nowhere is kept, one that arrived is forgotten, and a page
gets back what is kept of its forms.

A form that its view shows again with its mistakes is in the browser and is not kept.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from plans.services import accounts, kept_forms
from plans.services.actors import Actor
from plans.services.kept_forms import Kept
from plans.web import form_owner, not_saved
from plans.web.form_filling import fill
from plans.web.not_saved import FLAG
from plans.web.untyped import Context, Options

_SHOWN_AGAIN: Final = (409, 422)


def begin_session(request: HttpRequest, user: Options, **_more: Options) -> None:
    """At a sign-in: note whether anything is kept for this person."""
    if kept_forms.waits(UUID(str(user.pk))):
        request.session[FLAG] = True


def after(request: HttpRequest, response: HttpResponse, actor: Actor) -> None:
    """Keep, forget or give back, by what the view answered."""
    form_owner.remember(request, response, actor)
    if request.method == "POST":
        if response.status_code >= 400 and response.status_code not in _SHOWN_AGAIN:
            not_saved.keep(request)
        elif request.session.get(FLAG) and not hasattr(request, "kept_for"):
            kept_forms.sent(by=actor, path=request.path)
            if not kept_forms.waits(actor.member_id):
                del request.session[FLAG]
    elif request.method == "GET" and request.session.get(FLAG) and _is_whole_page(request, response):
        _give_back(request, response, actor)


def _is_whole_page(request: HttpRequest, response: HttpResponse) -> bool:
    html = response.headers.get("Content-Type", "").startswith("text/html")
    part = request.headers.get("HX-Request") == "true"
    return response.status_code == 200 and html and not response.streaming and not part


def _give_back(request: HttpRequest, response: HttpResponse, actor: Actor) -> None:
    kept = kept_forms.of_page(actor, request.path)
    if not kept:
        return
    page = fill(response.content.decode(), request.path, ((one.path, one.fields) for one in kept))
    notes = [_note(one, missed) for one, missed in zip(kept, page.missed, strict=True)]
    with timezone.override(accounts.clinic_card(actor).zone):
        said = render_to_string("parts/kept.html", {"notes": notes}, request)
    response.content = (page.before + said + page.after).encode()


def _note(one: Kept, missed: frozenset[str]) -> Context:
    """What the page says of a kept form: when it was sent, and what was typed into fields that it does not have."""
    left = [
        (name, "\n".join(value for value in one.fields[name] if value.strip()))
        for name in one.fields
        if name in missed and name not in not_saved.MACHINERY
    ]
    return {
        "id": one.id,
        "at": one.at,
        "path": one.path,
        "typed": not_saved.named((name, text) for name, text in left if text),
        "sent": [(name, value) for name, values in one.fields.items() for value in values],
    }
