"""The frame around every page of a clinic."""

from __future__ import annotations

from typing import Protocol, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise

from plans.services.accounts import clinic_card
from plans.services.actors import Actor
from plans.services.page_frame import page_frame
from plans.web.untyped import Context
from plans.wording.mail_server import trouble_words

_SAID = "said"


class _InAClinic(Protocol):
    """A request that has passed the gate (`plans.web.gate.StaffRequest`)."""

    actor: Actor


def say(
    request: HttpRequest,
    head: str | Promise,
    body: str | Promise = "",
    *,
    kind: str = "done",
    go: tuple[str, str | Promise] | None = None,
) -> None:
    """Leave a sentence for the next page this session sees: what changed, after a redirect. `go`: what to do about it,
    as an address of ours and the words of its link.

    Kept in the session, which stays on our side: a cookie would carry clinical words.
    """
    request.session[_SAID] = {
        "head": str(head),
        "body": str(body),
        "kind": kind,
        "go": [go[0], str(go[1])] if go else None,
    }


def page(request: HttpRequest, template: str, context: Context, status: int = 200) -> HttpResponse:
    """A page in the clinic's frame: adds `shell` (counts, who, the line on reminders) and what was said last."""
    actor = cast(_InAClinic, request).actor
    around = page_frame(actor)
    frame = {
        "shell": around,
        "mail_trouble": trouble_words(around.status.mail_fault),
        "said": request.session.pop(_SAID, None),
    }
    # Every time on the page is the clinic's: times in templates are turned into the active zone.
    with timezone.override(around.zone):
        return render(request, template, {**frame, **context}, status=status)


def part(request: HttpRequest, template: str, context: Context, status: int = 200) -> HttpResponse:
    """A piece of a page for htmx, without the frame."""
    with timezone.override(clinic_card(cast(_InAClinic, request).actor).zone):
        return render(request, template, context, status=status)


def duplicated(request: HttpRequest, *, lists: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names sent more than once although they stand for one value; such a request is refused, never guessed."""
    return tuple(
        name
        for source in (request.GET, request.POST)
        for name, values in source.lists()
        if len(values) > 1 and name not in lists
    )
