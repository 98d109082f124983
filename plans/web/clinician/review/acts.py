"""Acts on an item: each is one POST, and a refusal keeps everything that was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from uuid import UUID

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from plans.domain.errors import Refused, Stale, TaperplanError
from plans.services import item_page as items
from plans.services import review
from plans.services.accounts import clinic_card
from plans.services.actors import May
from plans.services.item_page import ItemPage, item_page
from plans.services.plans import revise
from plans.web.clinician.review.forms import ActForm, ItemForm, bind, fresh
from plans.web.clinician.review.plan_change import LEAVE
from plans.web.clinician.review.views import item_context, show_item
from plans.web.forms import moment_of, seen_number
from plans.web.gate import StaffRequest, View, staff_page
from plans.web.layout_context import duplicated, part, say
from plans.web.untyped import Context
from plans.wording import calls
from plans.wording.plans import problem
from plans.wording.review import CALL_OUTCOMES, OUTCOMES, review_refusal, review_stale, waiting_words

Do = Callable[[StaffRequest, ItemPage, ItemForm], str]
Then = Callable[[StaffRequest, UUID, str], HttpResponse]
REFUSED, CONFLICT = 422, 409


def _stale_words(request: StaffRequest, item: ItemPage, stale: Stale) -> str:
    if stale.facts.get("what") in ("item", "held"):
        return review_stale(stale, item.now, clinic_card(request.actor).zone)
    return problem(stale)


def _stay(request: StaffRequest, item_id: UUID, said: str) -> HttpResponse:
    """Say what changed on the item's page."""
    say(request, said)
    return redirect("item", item_id)


def _next_or_stay(request: StaffRequest, item_id: UUID, said: str) -> HttpResponse:
    """Go on with the next item if that was asked for: it is claimed."""
    if request.POST.get("do") != "next":
        return _stay(request, item_id, said)
    following = review.claim_next(request.actor)
    if following is None:
        say(request, said, _("All open items are assigned."))
        return redirect("queue")
    say(request, said, _("The next item is yours."))
    return redirect("item", following)


def act(name: str, may: May, then: Then = _stay) -> Callable[[Do], View]:
    """Decorate an act: read the form `name`, do the act and say what changed; or show the item with the problem."""

    def wrap(do: Do) -> View:
        @require_POST
        @staff_page(may)
        @wraps(do)
        def view(request: StaffRequest, item_id: UUID) -> HttpResponse:
            return _act(request, item_id, name, do, then)

        return view

    return wrap


def _act(request: StaffRequest, item_id: UUID, name: str, do: Do, then: Then) -> HttpResponse:
    if duplicated(request):
        return HttpResponseBadRequest(_("A value came twice. Go back and send the form once."))
    item = item_page(request.actor, item_id)
    form = bind(name, request.POST, item)
    try:
        if form.is_valid():
            return then(request, item_id, do(request, item, form))
    except Stale as stale:
        now = item_page(request.actor, item_id)
        words = _stale_words(request, now, stale)
        forms = fresh(now).with_bound(name, bind(name, request.POST, now))
        return show_item(request, now, forms, stale=words, status=CONFLICT)
    except Refused as refusal:
        _put(form, refusal)
    except TaperplanError as refusal:
        form.add_error(None, problem(refusal))
    return show_item(request, item, fresh(item).with_bound(name, form), bound=name, status=REFUSED)


def _put(form: ItemForm, refusal: Refused) -> None:
    """Show a refusal in the words of the service that refused: the queue or the plan."""
    try:
        words = review_refusal(refusal)
    except KeyError:
        about_a_call = refusal.facts["reason"] in calls.REFUSED
        words = calls.call_refusal(refusal) if about_a_call else problem(refusal)
    where = refusal.where
    if isinstance(form, ActForm) and where == "note":
        where = "act_note"
    form.add_error(where if where in form.fields else None, words)


def _plain(request: StaffRequest, item_id: UUID, do: Callable[[int], object], said: str) -> HttpResponse:
    """An act without a form."""
    try:
        do(seen_number(request.POST, "seen_lock"))
    except (Stale, Refused) as refusal:
        item = item_page(request.actor, item_id)
        words = (
            _stale_words(request, item, refusal) if isinstance(refusal, Stale) else review_refusal(refusal)
        )
        return show_item(request, item, fresh(item), stale=words, status=CONFLICT)
    say(request, said)
    return redirect("item", item_id)


@require_POST
@staff_page(May.REVIEW)
def take_next(request: StaffRequest) -> HttpResponse:
    """Claim the most urgent unassigned item."""
    item_id = review.claim_next(request.actor)
    if item_id is None:
        say(request, _("There is nothing to claim"), _("All open items are assigned."))
        return redirect("queue")
    say(request, _("This item is yours"))
    return redirect("item", item_id)


@require_POST
@staff_page(May.REVIEW)
def claim(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """Claim an item."""
    return _plain(
        request,
        item_id,
        lambda lock: review.claim(by=request.actor, item_id=item_id, seen_lock=lock),
        _("This item is yours"),
    )


@require_POST
@staff_page(May.REVIEW)
def ask_checkin(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """Ask the patient for an extra check-in tomorrow."""
    return _plain(
        request,
        item_id,
        lambda lock: items.ask_checkin(by=request.actor, item_id=item_id, seen_lock=lock),
        _("An extra check-in falls due tomorrow at the patient’s usual hour: by message, or else by phone"),
    )


@require_POST
@staff_page(May.REVIEW)
def release(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """Release an item."""
    return _plain(
        request,
        item_id,
        lambda lock: review.release(by=request.actor, item_id=item_id, seen_lock=lock),
        _("Released. It is unassigned again."),
    )


def _common(request: StaffRequest, item: ItemPage) -> Context:
    return {"by": request.actor, "item_id": item.row.id, "seen_lock": seen_number(request.POST, "seen_lock")}


@act("call", May.ENTER_CHECKIN)
def log_call(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Record a call."""
    data = form.cleaned_data
    again_at = moment_of(data["again_on"], data["again_at"], clinic_card(request.actor).zone)
    review.log_call(
        **_common(request, item),
        callee=data["callee"],
        outcome=data["outcome"],
        note=data["note"],
        again_at=again_at,
    )
    return _("Call recorded: %(outcome)s") % {"outcome": CALL_OUTCOMES[data["outcome"]]}


@act("note", May.ENTER_CHECKIN)
def add_note(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Add a note."""
    review.add_note(**_common(request, item), note=form.cleaned_data["note"])
    return _("Note added")


@act("escalate", May.ENTER_CHECKIN)
def escalate(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Alert the next person now."""
    review.escalate_now(**_common(request, item), note=form.cleaned_data["note"])
    return _("Escalated. The next person is being alerted.")


@act("pass_on", May.REVIEW)
def pass_on(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Reassign an item to a colleague."""
    raw = form.cleaned_data["to"]
    review.reassign(
        **_common(request, item), to_id=UUID(raw) if raw else None, note=form.cleaned_data["note"]
    )
    name = next(one.name for one in item.colleagues if str(one.id) == raw)
    return _("Reassigned to %(name)s, who is alerted and has to claim it") % {"name": name}


@act("take_over", May.REVIEW)
def take_over(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Take an item from whoever holds it."""
    review.take_over(**_common(request, item), note=form.cleaned_data["note"])
    return _("Taken over from %(name)s, who is told. It is yours.") % {"name": item.row.holder}


def _until(form: ItemForm) -> date | None:
    raw = form.cleaned_data["until"]
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None


@act("snooze", May.REVIEW)
def snooze(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Snooze an item."""
    review.snooze(**_common(request, item), until=_until(form), note=form.cleaned_data["note"])
    return _("Snoozed")


@act("wait", May.REVIEW)
def wait(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Let an item wait for somebody."""
    data = form.cleaned_data
    review.wait(**_common(request, item), waits_for=data["waits_for"], until=_until(form), note=data["note"])
    return waiting_words(data["waits_for"])


@act("end", May.REVIEW, _next_or_stay)
def resolve(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """End an item."""
    data = form.cleaned_data
    names = ("outcome", "note", "no_call", "told", "referred_to", "called")
    said = {name: data[name] for name in names if name in data}
    review.resolve(**_common(request, item), **said)
    return _("Resolved: %(outcome)s") % {"outcome": OUTCOMES[data["outcome"]]}


@act("act", May.PLAN)
def change_plan(request: StaffRequest, item: ItemPage, form: ItemForm) -> str:
    """Change the plan, or record that it stays, in answer to an item."""
    data, shown = form.cleaned_data, request.POST.get("shown", "")
    if data["act"] == LEAVE:
        if shown != LEAVE:
            raise Stale(what="moves")
        items.leave_plan(**_common(request, item), note=data["act_note"])
        return _("Recorded: the plan stays as it is")
    if not isinstance(form, ActForm):
        raise TypeError("the plan is changed by its own form")
    try:
        number = items.act_on_plan(
            **_common(request, item),
            plan_lock=seen_number(request.POST, "plan_lock"),
            act=data["act"],
            params=form.params(),
            note=data["act_note"],
            shown=shown,
        )
    except Stale:
        # A button pressed twice has made its version already.
        plan = item.row.plan
        made = plan and revise.revised_as_shown(
            request.actor, plan_id=plan.plan_id, shown=shown, act=data["act"], params=form.params()
        )
        if not made:
            raise
        number = made
    return _("Version %(n)s issued. The old calendar is marked as replaced.") % {"n": number}


@require_POST
@staff_page(May.PLAN)
def preview(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """Show what a change would do. Changes nothing; it is a POST so that no note is part of an address."""
    item = item_page(request.actor, item_id)
    form = bind("act", request.POST, item)
    form.is_valid()
    forms = fresh(item).with_bound("act", form)
    if request.headers.get("HX-Request") == "true":
        return part(request, "clinic/item_preview.html", item_context(request, item, forms))
    return show_item(request, item, forms)
