"""Papers of a plan: the download, and the state a page asks for every few seconds until it is one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from plans.domain.errors import Refused
from plans.services import documents
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.plans import taken
from plans.web import layout_context
from plans.web.gate import staff_page, unasked
from plans.wording.plans import at, problem


@require_safe
@staff_page(May.LOOK)
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The PDF, checked against its hash; an old one leads to the one that took its place."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    try:
        found = documents.open_file(actor, document_id)
    except Refused as refusal:
        return _not_there(request, actor, document_id, refusal)
    response = HttpResponse(found.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _not_there(request: HttpRequest, actor: Actor, document_id: UUID, refusal: Refused) -> HttpResponse:
    row = documents.state(actor, document_id)
    if refusal.facts.get("reason") == "replaced":
        # Said before it leads on: a page printed from the old link may lie on a desk.
        context = {"row": row, "current": refusal.facts.get("current"), "zone": clinic_card(actor).zone}
        return layout_context.page(request, "clinic/plan_document_old.html", context, status=410)
    context = {"row": row, "problem": problem(refusal), "when": at(row.asked_at, clinic_card(actor).zone)}
    return layout_context.page(request, "clinic/plan_document_gone.html", context, status=409)


@require_safe
@unasked
@staff_page(May.LOOK)
def document_state(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """One line of the papers for htmx: it asks again by itself until the paper is ready or has failed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    row = documents.state(actor, document_id)
    context = {
        "row": row,
        "zone": clinic_card(actor).zone,
        "other_dose_on": taken.other_dose_on_record(actor, row.plan_id),
    }
    return layout_context.part(request, "clinic/plan_document.html", context)
