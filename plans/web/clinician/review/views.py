"""The queue and an item's page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from plans.domain.which import which
from plans.services import clock, hand_overs, rota
from plans.services.actors import May
from plans.services.item_page import ItemPage, item_page
from plans.services.plans import pictures
from plans.services.review.queries import QueueTab, new_since, queue, tab_counts
from plans.web.clinician import patient_search
from plans.web.clinician.care_words import care_context, taken_context
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.review.forms import ItemForms, fresh
from plans.web.clinician.review.item import answers_of, event_lines, ladder, reasons_of, rules_of
from plans.web.clinician.review.plan_change import act_preview
from plans.web.clinician.review_lines import item_line
from plans.web.gate import StaffRequest, staff_page, unasked
from plans.web.layout_context import page, part
from plans.web.untyped import Context
from plans.wording.review import GROUPS, REASONS, SEVERITIES, TABS
from plans.wording.times import zone_words

# The colour of the note that says why an item was opened.
_NOTE_KINDS: Final = {"urgent": " stop", "high": " think"}


def queue_context(request: StaffRequest) -> Context:
    """What the queue's page shows."""
    actor = request.actor
    tab, reason = request.GET.get("tab", "open"), request.GET.get("reason", "")
    tab = tab if tab in TABS else "open"
    reason = reason if reason in REASONS else ""
    word, who = patient_search.read(request)
    pages = queue(actor, tab=tab, reason=reason, q=who, key=request.GET.get("after"))
    now = clock.now()
    numbers = tab_counts(actor)
    chosen = (("tab", tab), ("reason", reason), ("find", word))
    query = urlencode({k: v for k, v in chosen if v and v != "open"})
    beside_tab = urlencode({k: v for k, v in chosen if v and k != "tab"})
    on_duty = rota.on_duty_now(actor)
    return {
        "place": "queue",
        "tab": tab,
        "tab_is": which(QueueTab, tab),
        "reason": reason,
        "who": who,
        "find": word,
        "reasons": list(REASONS.items()),
        "tabs": [(t.value, TABS[t.value], numbers[t.value]) for t in QueueTab],
        "pages": pages,
        "query": f"{query}&" if query else "",
        "beside_tab": f"&{beside_tab}" if beside_tab else "",
        "lines": [(item_line(row, now), GROUPS[row.severity]) for row in pages.rows],
        "grouped": tab != "closed",
        "on_call": on_duty.first or on_duty.second,
        "second": on_duty.second if on_duty.first else "",
        "latest": hand_overs.newest(actor) if actor.may(May.REVIEW) else None,
        "since": now.isoformat(),
    }


@require_safe
@staff_page(May.LOOK)
def queue_page(request: StaffRequest) -> HttpResponse:
    """The queue: most urgent first, then soonest due."""
    return page(request, "clinic/queue.html", queue_context(request))


def _moment(raw: str) -> datetime | None:
    """When the queue was shown, as its page sends it; None for anything a page of the last year cannot have sent."""
    try:
        moment = datetime.fromisoformat(raw)
        passed = clock.now() - moment
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if timedelta(0) <= passed < timedelta(days=366) else None


@require_safe
@unasked
@staff_page(May.LOOK)
def queue_fresh(request: StaffRequest) -> HttpResponse:
    """For an open queue: how many items arrived since it was shown. The rows stay where they are."""
    raw = request.GET.get("since", "")
    since = _moment(raw)
    found = new_since(request.actor, since) if since is not None else {}
    parts = [
        f"{found[severity]} {str(word).lower()}" for severity, word in SEVERITIES.items() if severity in found
    ]
    context = {"since": raw, "at": since, "parts": ", ".join(parts), "total": sum(found.values())}
    return part(request, "clinic/queue_fresh.html", context)


@require_safe
@staff_page(May.LOOK)
def item_view(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """An item's page: reasons, answers, picture, whom to call, acts."""
    item = item_page(request.actor, item_id)
    return show_item(request, item, fresh(item))


def _flagged(item: ItemPage) -> set[str]:
    """The answers and scales that raised an item's flags."""
    return {code for flag in item.row.flags for code in flag.inputs}


def item_context(request: StaffRequest, item: ItemPage, forms: ItemForms) -> Context:
    """The context of an item's page, including its forms."""
    plan = item.row.plan
    drawn = (
        pictures.picture_beside(request.actor, plan.plan_id, _flagged(item))
        if plan is not None and plan.version is not None
        else None
    )
    reasons = reasons_of(item)
    out = care_context(request.actor, item.row.patient_id) if item.row.patient_id else {"out": False}
    can_act = item.yours and plan is not None and plan.version is not None and not out["out"]
    return {
        "place": "queue",
        "item": item,
        "line": item_line(item.row, item.now),
        "reasons": reasons,
        "rules": rules_of(reasons),
        "answers": answers_of(item),
        "zone": zone_words(item.patient.zone) if item.patient else "",
        "picture": picture.beside(drawn) if drawn is not None else None,
        "events": event_lines(item),
        "ladder": ladder(item),
        "forms": forms,
        "preview": act_preview(request.actor, item, forms.act) if can_act else None,
        **out,
        "plan_key": {"id": plan.plan_id} if plan is not None else None,
        "taken": taken_context(request.actor, plan.plan_id) if plan is not None else None,
        "item_id": item.row.id,
        "severity_word": SEVERITIES[item.row.severity],
        "note_kind": _NOTE_KINDS.get(item.row.severity, ""),
    }


def show_item(
    request: StaffRequest,
    item: ItemPage,
    forms: ItemForms,
    *,
    bound: str = "",
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of an item; `bound` names the refused form, `stale` says who acted first."""
    context = item_context(request, item, forms)
    refused = getattr(forms, bound) if bound else None
    return page(
        request, "clinic/item.html", {**context, "bound": bound, "refused": refused, "stale": stale}, status
    )
