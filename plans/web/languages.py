"""The language of pages without a known patient: it is part of the address, and plain links change it.

No cookie and no script: it works on somebody else's phone, or on one set to another language.
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
    """A language of the page: its code, its own name, and the address of the page in it."""

    code: str
    name: str
    href: str


def known(code: str) -> str:
    """A language code if we have that language, else ""."""
    return code if code in dict(settings.LANGUAGES) else ""


def current() -> str:
    """The active language, as one of our codes."""
    return known((translation.get_language() or "").split("-")[0]) or settings.LANGUAGE_CODE


def asked_for(request: HttpRequest) -> str:
    """The language the address asks for; "" if there is none that we have."""
    return known(request.GET.get(IN_ADDRESS, ""))


def speaking(request: HttpRequest, *otherwise: str) -> AbstractContextManager[None]:
    """Activate the language the address asks for, else the first known of `otherwise`, else the browser's."""
    wanted = [asked_for(request), *map(known, otherwise), current()]
    return translation.override(next(code for code in wanted if code))


def of_session(request: HttpRequest, cookie: str) -> str:
    """The language of the patient whose session, even an expired one, is in a cookie; "" without one.

    "" too if the database does not answer: the pages that call this must work without it.
    """
    key = request.COOKIES.get(cookie, "")
    try:
        return links.language_of_session(key) if key else ""
    except DatabaseError:
        return ""


def in_address(language: str) -> str:
    """The suffix of an address that opens its page in a language."""
    return f"?{urlencode({IN_ADDRESS: language})}"


def others(request: HttpRequest, path: str = "") -> tuple[Other, ...]:
    """The other languages of a page, each with its link. `path`: the page's address, if it is not the request's.

    The response to a form cannot be opened again; its links lead to the help page instead.
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


def spoken(holder: Shown) -> Shown:
    """A link's context in the active language, with the help lines for its readers."""
    return replace(holder, language=current(), help=help_for(holder.country, current()))


def frame(request: HttpRequest, path: str = "") -> Context:
    """What the layout of such a page needs to link to its other languages."""
    return {"other_languages": others(request, path)}
