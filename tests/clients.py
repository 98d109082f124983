"""Browsers of members of staff, for tests of pages: signed in, without the page where that is done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client

from plans.models import User
from plans.services.actors import Actor


def as_monitor() -> dict[str, str]:
    """The headers of a monitor that may know which part is at fault."""
    return {"authorization": f"Bearer {settings.MONITOR_SECRET}"}


def look_for(client: Client, q: str, **more: str) -> Any:
    """The list a search leads to; `where` names it, else it is the caseload."""
    return client.post("/find", {"q": q, **more}, follow=True)


def client_of(actor: Actor, **more: Any) -> Client:
    """A client in which this member of staff has signed in and chosen the clinic."""
    client = Client(**more)
    client.cookies[settings.SESSION_COOKIE_NAME] = _session_of(actor)
    return client


def _session_of(actor: Actor) -> str:
    client = Client()
    client.force_login(User.objects.get(pk=actor.member_id))
    session = client.session
    session["clinic"] = str(actor.clinic_id)
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value
