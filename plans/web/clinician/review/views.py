"""The queue and an item's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from plans.domain.review.outcomes import ENDS, TOGETHER, ItemKind, ReviewOutcome
from plans.domain.which import which
from plans.services import clock, hand_overs, rota
from plans.services.actors import May
from plans.services.item_page import ItemPage, item_page
from plans.services.plans import pictures
from plans.services.review import together
from plans.services.review.queries import QueueTab, new_since, queue, tab_counts
from plans.web.clinician import patient_search
from plans.web.clinician.care_words import care_context, taken_context
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.review.ahead import ahead_of
from plans.web.clinician.review.forms import ItemForms, fresh
from plans.web.clinician.review.item import answers_of, event_lines, ladder, reasons_of, rules_of
from plans.web.clinician.review.plan_change import act_preview
from plans.web.clinician.review_lines import item_line
from plans.web.forms import single
from plans.web.gate import StaffRequest, list_page, staff_page, unasked
from plans.web.layout_context import page, part
from plans.web.untyped import Context
from plans.wording.review import GROUPS, KINDS, OUTCOMES, REASONS, SEVERITIES, TABS
from plans.wording.times import zone_words

# The colour of the note that says why an item was opened.
_NOTE_KINDS: Final = {"urgent": " most", "high": " think"}


@dataclass(frozen=True, slots=True)
class KindOnPage:
    """Routine items of one kind on a page of the queue: they can be ticked with one press."""

    code: str
    words: str
    count: int


def queue_context(request: StaffRequest) -> Context:
    """What the queue's page shows. `tick` in the address ticks the items of a kind: looking changes nothing."""
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
    kinds = Counter(row.together for row in pages.rows if row.together)
    wanted = request.GET.get("tick", "")
    return {
        "place": "queue",
        "ticked": {row.id for row in pages.rows if wanted and row.together == wanted},
        "kinds": [KindOnPage(kind, str(KINDS[kind]), n) for kind, n in kinds.items()],
        "outcomes": together_outcomes(kinds),
        "batch": together.latest(actor),
        "note": "",
        "outcome": "",
        "problem": "",
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
        "services": on_duty.services,
        "latest": hand_overs.newest(actor) if actor.may(May.REVIEW) else None,
        "since": now.isoformat(),
    }


def together_outcomes(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """The outcomes with which items of these kinds can end together."""
    found = dict.fromkeys(one for kind in kinds for one in ENDS[ItemKind(kind)] if one in TOGETHER)
    # "No action needed" ends most of them: it is offered first.
    ordered = sorted(found, key=lambda one: one is not ReviewOutcome.NOTHING_TO_DO)
    return [(one.value, str(OUTCOMES[one.value])) for one in ordered]


@require_safe
@staff_page(May.LOOK)
@list_page
def queue_page(request: StaffRequest) -> HttpResponse:
    """The queue: most urgent first, then soonest due."""
    return page(request, "clinic/queue.html", queue_context(request))


def show_queue(
    request: StaffRequest, *, ticked: Collection[tuple[UUID, int]] = (), problem: str, status: int
) -> HttpResponse:
    """The queue with why something was not done; what was ticked and typed is still there."""
    context = queue_context(request)
    typed = {name: single(request.POST, name) for name in ("note", "outcome")}
    kept = {"ticked": {key for key, _lock in ticked}, "problem": problem, **typed}
    return page(request, "clinic/queue.html", {**context, **kept}, status)


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
    """For an open queue: how many items arrived since it was shown. The rows stay where they are.

    `shown` is what the page says already; if that is still so, the answer is empty and nothing is drawn.
    """
    raw = request.GET.get("since", "")
    since = _moment(raw)
    found = new_since(request.actor, since) if since is not None else {}
    shown = "-".join(str(found.get(severity, 0)) for severity in SEVERITIES)
    if request.GET.get("shown") == shown:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    parts = [
        f"{found[severity]} {str(word).lower()}" for severity, word in SEVERITIES.items() if severity in found
    ]
    context = {
        "since": raw, "at": since, "parts": ", ".join(parts), "total": sum(found.values()), "shown": shown,
        "titled": True,
    }  # fmt: skip
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
    taken = taken_context(request.actor, plan.plan_id) if plan is not None else None
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
        "ahead": ahead_of(item, taken),
        "preview": act_preview(request.actor, item, forms.act) if can_act else None,
        **out,
        "plan_key": {"id": plan.plan_id} if plan is not None else None,
        "taken": taken,
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
