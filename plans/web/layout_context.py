"""The frame around every page of a clinic."""

from __future__ import annotations

from typing import Final, Protocol, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise

from plans.services.accounts import clinic_card
from plans.services.actors import Actor
from plans.services.page_frame import page_frame
from plans.web.untyped import Context
from plans.wording.mail_server import trouble_words
from plans.wording.reaching import KINDS
from plans.wording.rota import gap_words

_SAID = "said"
# More would push the page away; the settings list all.
_UNREACHED_SHOWN: Final = 3


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
    """Leave a message for the next page of this session. `go`: the address and words of a link beside it.

    It is kept in the session, on the server: a cookie would carry clinical words.
    """
    request.session[_SAID] = {
        "head": str(head),
        "body": str(body),
        "kind": kind,
        "go": [go[0], str(go[1])] if go else None,
    }


def page(request: HttpRequest, template: str, context: Context, status: int = 200) -> HttpResponse:
    """A page in the clinic's layout: adds `shell` (counts, user, status line) and the last message."""
    actor = cast(_InAClinic, request).actor
    around = page_frame(actor)
    frame = {
        "shell": around,
        "rota_gap": gap_words(around.gaps[0], around.zone) if around.gaps else "",
        "mail_trouble": trouble_words(around.status.mail_fault),
        "unreached": [(one, KINDS[one.kind.value]) for one in around.unreached[:_UNREACHED_SHOWN]],
        "said": request.session.pop(_SAID, None),
    }
    # All times on the page are in the clinic's zone: templates convert to the active one.
    with timezone.override(around.zone):
        return render(request, template, {**frame, **context}, status=status)


def part(request: HttpRequest, template: str, context: Context, status: int = 200) -> HttpResponse:
    """A part of a page for htmx, without the layout."""
    with timezone.override(clinic_card(cast(_InAClinic, request).actor).zone):
        return render(request, template, context, status=status)


def duplicated(request: HttpRequest, *, lists: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Single-valued fields that were sent more than once; such a request is refused, never guessed."""
    return tuple(
        name
        for source in (request.GET, request.POST)
        for name, values in source.lists()
        if len(values) > 1 and name not in lists
    )
