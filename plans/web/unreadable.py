"""The page for a request that cannot be read, rendered without reading it, with help lines for patients."""

from __future__ import annotations

from typing import Final

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from plans.web import help_lines

_LONGEST: Final = 300


def page(accept_language: str, *, patient: bool) -> str:
    """The page in the browser's language."""
    with translation.override(_language(accept_language[:_LONGEST])):
        if patient:
            return render_to_string("patient/unreadable.html", help_lines.everywhere())
        return render_to_string("400.html")


def _language(accept_language: str) -> str:
    for code, _weight in parse_accept_lang_header(accept_language):
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return "en"
