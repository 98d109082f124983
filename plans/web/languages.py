"""The language of pages that open without a patient: it stands in the address, and plain links change it.

No cookie and no script: whoever holds somebody else's phone, or one set to another language, reads on in their own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from plans.domain.checkins.help_lines import ANY, help_for
from plans.services import links, patient_pages
from plans.web.untyped import Context

IN_ADDRESS: Final = "lang"
"""The name in an address: `?lang=es`."""
Shown = TypeVar("Shown", patient_pages.LinkHolder, patient_pages.DocumentStatus)


@dataclass(frozen=True, slots=True)
class Other:
    """A language the page can be read in: its code, its own name for itself, where the same page stands in it."""

    code: str
    name: str
    href: str


def known(code: str) -> str:
    """The code of a language we speak, as it is; empty for any other."""
    return code if code in dict(settings.LANGUAGES) else ""


def current() -> str:
    """The language that is being spoken now, as a code of ours."""
    return known((translation.get_language() or "").split("-")[0]) or settings.LANGUAGE_CODE


def asked_for(request: HttpRequest) -> str:
    """The language that the address asks for; empty without one that we speak."""
    return known(request.GET.get(IN_ADDRESS, ""))


def speaking(request: HttpRequest, *otherwise: str) -> AbstractContextManager[None]:
    """Speak the language the address asks for, else the first known of `otherwise`, else that of the browser."""
    wanted = [asked_for(request), *map(known, otherwise), current()]
    return translation.override(next(code for code in wanted if code))


def of_session(request: HttpRequest, cookie: str) -> str:
    """The language of the patient whose session, also one that is over, a cookie carries; empty without any.

    Also while the database cannot be asked: the pages that ask for it must stand without it.
    """
    key = request.COOKIES.get(cookie, "")
    try:
        return links.language_of_session(key) if key else ""
    except DatabaseError:
        return ""


def in_address(language: str) -> str:
    """What follows a clean address so that its page opens in a language."""
    return f"?{urlencode({IN_ADDRESS: language})}"


def others(request: HttpRequest, path: str = "") -> tuple[Other, ...]:
    """The other languages of a page, each with its link. `path`: where the page stands, if not where it was asked for.

    The answer to a form cannot be opened again, so from there the links lead to whom to call.
    """
    here = path or (request.path if request.method in ("GET", "HEAD") else "")
    return tuple(
        Other(code, name, here + in_address(code) if here else reverse("help", args=[ANY.lower(), code]))
        for code, name in settings.LANGUAGES
        if code != current()
    )


def of_help(country: str) -> tuple[Other, ...]:
    """The help page of a country in the other languages."""
    return tuple(
        Other(code, name, reverse("help", args=[country, code]))
        for code, name in settings.LANGUAGES
        if code != current()
    )


def spoken(door: Shown) -> Shown:
    """What stands behind a link, in the language spoken now: its help lines are those for a reader of it."""
    return replace(door, language=current(), help=help_for(door.country, current()))


def frame(request: HttpRequest, path: str = "") -> Context:
    """What the frame of such a page needs to show the way to its other languages."""
    return {"other_languages": others(request, path)}
