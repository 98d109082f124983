"""Documents of a plan: download, state, another kind or size; and redrawing all of the clinic's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.domain.errors import Refused
from plans.services import documents
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.plans import taken
from plans.web import layout_context
from plans.web.forms import single
from plans.web.gate import staff_page, unasked
from plans.wording.consents import REFUSED, consent_refusal
from plans.wording.plans import at, problem


@require_safe
@staff_page(May.LOOK)
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The PDF, checked against its hash; a replaced one redirects to its replacement."""
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
        # Shown before the redirect: a page printed from the old link may still be on a desk.
        context = {"row": row, "current": refusal.facts.get("current"), "zone": clinic_card(actor).zone}
        return layout_context.page(request, "clinic/plan_document_old.html", context, status=410)
    context = {"row": row, "problem": problem(refusal), "when": at(row.asked_at, clinic_card(actor).zone)}
    return layout_context.page(request, "clinic/plan_document_gone.html", context, status=409)


@require_safe
@unasked
@staff_page(May.LOOK)
def document_state(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """One row of the documents, polled by htmx until the document is ready or has failed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    row = documents.state(actor, document_id)
    context = {
        "row": row,
        "zone": clinic_card(actor).zone,
        "other_dose_on": taken.other_dose_on_record(actor, row.plan_id),
    }
    return layout_context.part(request, "clinic/plan_document.html", context)


@require_POST
@staff_page(May.PLAN)
def plan_documents(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Request a document of the version in force; a second request gives the same one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    said = request.POST
    try:
        documents.ask_for(
            by=actor,
            plan_id=plan_id,
            kind=single(said, "kind"),
            paper=single(said, "paper"),
            size=single(said, "size"),
            language=single(said, "language"),
        )
    except Refused as refusal:
        if refusal.facts.get("reason") == "no_plan":
            layout_context.say(
                request,
                _("Documents are drawn only for a running plan. This one is over."),
                kind="think",
            )
        elif refusal.facts.get("reason") in REFUSED:
            layout_context.say(request, consent_refusal(refusal), kind="think")
        else:
            layout_context.say(
                request, _("Choose which document, on what, how large and in which language."), kind="think"
            )
    return HttpResponseRedirect(f"{reverse('plan', args=[plan_id])}#docs")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def clinic_documents(request: HttpRequest) -> HttpResponse:
    """Redraw all documents in force, for instance after a new phone number or new hours; or stop that."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    if request.method == "POST":
        act = single(request.POST, "act")
        if act == "redraw":
            if not documents.redraw_clinic(by=actor, clinic_id=actor.home):
                layout_context.say(
                    request,
                    _("All documents are being drawn again already"),
                    _("Stop that first, or wait until it is done."),
                    kind="think",
                )
        elif act == "cancel":
            documents.cancel_redrawing(by=actor, clinic_id=actor.home)
        return HttpResponseRedirect(reverse("documents"))
    run = documents.redrawing(by=actor, clinic_id=actor.home)
    return layout_context.page(request, "clinic/documents.html", {"run": run})


@require_safe
@unasked
@staff_page(May.MANAGE)
def clinic_documents_run(request: HttpRequest) -> HttpResponse:
    """The progress of the redrawing, polled by the page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    run = documents.redrawing(by=actor, clinic_id=actor.home)
    return layout_context.part(request, "clinic/documents_run.html", {"run": run})
