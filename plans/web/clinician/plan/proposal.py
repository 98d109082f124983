"""The second signature: what waits is shown as it will be issued, then signed, declined or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused, Stale, TaperplanError
from plans.domain.taper.amendments import Amendment
from plans.domain.taper.second_signature import ProposalState
from plans.services import formulary
from plans.services.actors import Actor, May
from plans.services.plans import drafts, preview, proposals, queries
from plans.services.plans.issue import IssueRequest
from plans.services.plans.proposals import ProposalPage
from plans.web import layout_context
from plans.web.clinician.plan.asked import asked_facts
from plans.web.clinician.plan.change import form_of, newer_version, seen_of, what_changes
from plans.web.clinician.plan.forms import PlanForm
from plans.web.clinician.plan.result import of_preview
from plans.web.clinician.plan.reviews import reviews
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.wording import plans
from plans.wording.second_signature import ENDED, because_words
from plans.wording.taper import forms_as_in


@dataclass(frozen=True, slots=True)
class _Shown:
    """What waits, judged now: for the template, its digest, the changes, and why it cannot be signed as asked."""

    context: dict[str, object]
    digest: str = ""
    changes: tuple[Amendment, ...] = ()
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """What waits for a second signature, and signing it."""
    actor = cast(StaffRequest, request).actor
    page = proposals.proposal_page(actor, proposal_id)
    if request.method != "POST":
        return _show(request, actor, page)
    do = single(request.POST, "do")
    try:
        if do == "sign":
            changes = () if page.issue else _change(actor, page).changes
            proposals.sign(
                by=actor, proposal_id=page.id, shown=single(request.POST, "shown"), changes=changes
            )
            layout_context.say(
                request,
                gettext("Signed. It is in force."),
                gettext("Both names stand on the version. The documents are being drawn."),
            )
            return redirect("plan", page.plan_id)
        if do == "decline":
            # PostgreSQL stores no NUL.
            why = request.POST.get("reason", "").replace("\0", "")
            proposals.decline(by=actor, proposal_id=page.id, reason=why)
            layout_context.say(
                request,
                gettext("Not signed. Nothing was issued."),
                gettext("{who} finds your reason in the review queue.").format(who=page.asked_by),
            )
            return redirect("patient", page.patient.id)
        if do == "withdraw":
            proposals.withdraw(by=actor, proposal_id=page.id)
            layout_context.say(request, gettext("Withdrawn. What you typed is still here."))
            return redirect(_typed(page))
    except TaperplanError as refusal:
        now = proposals.proposal_page(actor, proposal_id)
        return _show(request, actor, now, refused=plans.problem(refusal), status=422)
    return _show(request, actor, page, status=422)


def _show(
    request: HttpRequest, actor: Actor, page: ProposalPage, *, refused: str = "", status: int = 200
) -> HttpResponse:
    waits = page.state is ProposalState.WAITING
    if not waits:
        shown = _Shown({})
    elif page.issue is not None:
        shown = _draft(actor, page, page.issue)
    else:
        shown = _change(actor, page)
    zone = page.patient.clinic_zone
    ended = str(ENDED[page.state]).format(
        who=page.decided_by or "Taperplan", at=plans.at(page.decided_at, zone) if page.decided_at else ""
    )
    context: dict[str, object] = {
        "place": "caseload",
        "page": page,
        "patient": page.patient,
        "waits": waits,
        "asked_at": plans.at(page.asked_at, zone),
        "why": because_words(page.because),
        "ended": ended,
        "refused": refused,
        "problem_now": shown.problem,
        "digest": shown.digest,
        "signing": True,
        "reason": request.POST.get("reason", ""),
        "typed": _typed(page),
        **shown.context,
    }
    return layout_context.page(request, "clinic/proposal.html", context, status=status)


def _typed(page: ProposalPage) -> str:
    """Where everything that was typed is found again."""
    if page.issue is not None:
        return reverse("plan-new", args=[page.patient.id])
    return f"{reverse('plan-change', args=[page.plan_id])}?proposal={page.id}"


def _in_the_way(page: ProposalPage, digest: str) -> str:
    """Why it cannot be signed as asked, in a sentence that says what to do; "" while it can."""
    if page.stands_in_the_way:
        return plans.refusal(Refused(reason=page.stands_in_the_way, who=page.changed_by))
    return "" if digest == page.digest else plans.refusal(Stale(what="judged", who=page.asked_by))


def _draft(actor: Actor, page: ProposalPage, asked: IssueRequest) -> _Shown:
    draft = drafts.load(actor, patient_id=page.patient.id)
    typed = draft.form if draft is not None else {}
    form = PlanForm(
        MultiValueDict({name: list(values) for name, values in typed.items()}),
        formulary=formulary.formulary(actor),
    )
    found = preview.preview(
        actor, patient_id=page.patient.id, request=asked.request, confirmed=asked.confirmed
    )
    drugs = found.taper.schedule.drugs if found.taper else ()
    with forms_as_in(form.products.country):
        result = of_preview(found, form, reviews=reviews(actor, drugs))
    context = {"result": result, "form": form, "issued_with": _issued_with(found, asked)}
    return _Shown(context, found.digest, problem=_in_the_way(page, found.digest))


def _issued_with(found: preview.Preview, asked: IssueRequest) -> list[tuple[str, str]]:
    """What is issued beside the steps: what was asked for, when check-ins come, and the words after the last day."""
    if found.taper is None:
        return []
    day = str(plans.WEEKDAYS_PLURAL[asked.checkin_weekday])
    lines = [*asked_facts(found.taper.request, found.taper.schedule)]
    lines.append((gettext("Check-ins"), f"{day} {asked.checkin_time:%H:%M}"))
    if asked.after_words.strip():
        lines.append((gettext("After the last day"), asked.after_words.strip()))
    return lines


def _change(actor: Actor, page: ProposalPage) -> _Shown:
    plan = queries.plan_page(actor, page.plan_id)
    form = form_of(actor, plan, page.form)
    seen, wrong = seen_of(actor, plan, form)
    digest = seen.digest if seen is not None else ""
    context = {"plan": plan, "form": form, **what_changes(plan, seen, form)}
    if seen is not None:
        first = seen.schedule.step_on(seen.from_day)
        context["story"] = plans.version_story(seen.act, seen.story, first.day) if first else ""
    if page.stands_in_the_way == "changed_meanwhile":
        context["newer"] = newer_version(plan)
    problem = _in_the_way(page, digest)
    changes = form.changes() if seen is not None else ()
    return _Shown(context, digest, changes, f"{problem} {wrong}".strip() if problem else "")
