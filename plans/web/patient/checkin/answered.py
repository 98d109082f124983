"""A page that was answered in another sitting, on a bare link: its questions, without the answers."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from plans.domain.checkins.instrument import Page
from plans.services.checkins.responses import ResponseView
from plans.services.patient_pages import Door
from plans.web.parts.questions import PageView
from plans.web.patient.checkin import frame

ANEW: Final = "anew"
"""In an address: the page is to be answered once more, by somebody who may not see what was answered."""


def answered(
    request: HttpRequest,
    door: Door,
    sheet: ResponseView,
    page: Page,
    view: PageView,
    *,
    address: str,
    own: bool,
) -> HttpResponse:
    """Say that it was answered, and lead on to the next page or to answering this one again."""
    following = sheet.response.after(page)
    named = {"sent": sheet.nonce} if own else {}
    onward = {"page": following.code, **named} if following else named
    context = {
        "page": view,
        "action": address,
        "nonce": sheet.nonce if own else "",
        "onward": f"{address}?{urlencode(onward)}",
        "anew": f"{address}?{urlencode({'page': page.code, ANEW: '1', **named})}",
    }
    return frame.page(request, "patient/answered.html", door, context)
