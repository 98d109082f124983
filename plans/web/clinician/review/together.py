"""Ending several routine items from the queue, and undoing that."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.text import BadText, clean_text
from plans.services import clock, review
from plans.services.accounts import clinic_card
from plans.services.actors import May
from plans.services.item_page import patient_of
from plans.web.clinician.review.views import show_queue
from plans.web.forms import read_number, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import duplicated, say
from plans.wording.review import OUTCOMES, review_refusal, review_stale
from plans.wording.text import text_words

_LONGEST_NOTE = 2000


def _ticked(request: StaffRequest) -> list[tuple[UUID, int]]:
    """The ticked items with the lock numbers that they were shown with; what cannot be read was never shown."""
    found = []
    for raw in request.POST.getlist("ticked"):
        key, _colon, lock = raw.partition(":")
        try:
            item_id = UUID(key)
        except ValueError:
            raise NotFound(what="item") from None
        number = read_number(lock)
        found.append((item_id, -1 if number is None else number))
    return found


@require_POST
@staff_page(May.REVIEW)
def end(request: StaffRequest) -> HttpResponse:
    """End the ticked items: all of them, or none and why."""
    if duplicated(request, lists=frozenset({"ticked"})):
        return HttpResponseBadRequest(_("A value came twice. Go back and send the form once."))
    ticked = _ticked(request)
    try:
        note = clean_text(single(request.POST, "note"), most=_LONGEST_NOTE)
        outcome = single(request.POST, "outcome")
        review.end_together(by=request.actor, ticked=ticked, outcome=outcome, note=note)
    except BadText as problem:
        return show_queue(request, ticked=ticked, problem=text_words(problem), status=422)
    except Stale as stale:
        return _somebody_was_faster(request, ticked, stale)
    except Refused as refusal:
        if refusal.facts.get("item"):
            refusal.facts["patient"] = patient_of(request.actor, UUID(str(refusal.facts["item"])))
        return show_queue(request, ticked=ticked, problem=review_refusal(refusal), status=422)
    count = len(ticked)
    said = ngettext("%(n)s item resolved: %(outcome)s", "%(n)s items resolved: %(outcome)s", count)
    say(request, said % {"n": count, "outcome": OUTCOMES[outcome]})
    return redirect("queue")


def _somebody_was_faster(request: StaffRequest, ticked: list[tuple[UUID, int]], stale: Stale) -> HttpResponse:
    """Nothing was ended; the item that changed is no longer ticked."""
    changed = UUID(str(stale.facts["item"]))
    why = review_stale(stale, clock.now(), clinic_card(request.actor).zone)
    words = _("%(patient)s: %(why)s Nothing was ended; that item is no longer ticked.") % {
        "patient": patient_of(request.actor, changed), "why": why,
    }  # fmt: skip
    left = [one for one in ticked if one[0] != changed]
    return show_queue(request, ticked=left, problem=words, status=409)


@require_POST
@staff_page(May.REVIEW)
def undo(request: StaffRequest) -> HttpResponse:
    """Bring back what the reader ended together a moment ago."""
    try:
        batch = UUID(single(request.POST, "batch"))
    except ValueError:
        raise NotFound(what="batch") from None
    try:
        found = review.undo(by=request.actor, batch=batch)
    except Refused as refusal:
        return show_queue(request, problem=review_refusal(refusal), status=409)
    head = ngettext("%(n)s item is back", "%(n)s items are back", found.back) % {"n": found.back}
    left = ngettext(
        "%(n)s stays resolved: the same was reported again and is open, or the patient has moved.",
        "%(n)s stay resolved: the same was reported again and is open, or the patient has moved.",
        found.left,
    )
    say(request, head, left % {"n": found.left} if found.left else "")
    return redirect("queue")
