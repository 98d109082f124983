"""Changing a plan: one page for every change, alone or several at once, seen before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, cast
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Stale, TaperplanError
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.maintenance import usual_review
from plans.domain.taper.plan_states import PlanAct, PlanActor, PlanState, allowed
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule
from plans.services import formulary, item_page, plan_defaults
from plans.services.actors import Actor, May
from plans.services.plans import proposals, queries, revise, states
from plans.services.plans.compare import stretches
from plans.services.plans.picture_data import PictureData, stairs_of
from plans.services.plans.queries import PlanPage
from plans.services.plans.revise import Consequences, Outlook
from plans.web import layout_context, not_saved
from plans.web.clinician.picture import drawing
from plans.web.clinician.plan.change_form import NAMES, ChangeForm, first_values, sent_by
from plans.web.clinician.plan.compare import CompareRow, compare_row
from plans.web.clinician.plan.regimen_fields import regimen_rows
from plans.web.clinician.plan.result import CautionNote
from plans.web.clinician.plan.taken_dose import item_named
from plans.web.forms import seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.wording import plans
from plans.wording.doses import day_dose_words, per_day_words
from plans.wording.second_signature import asked_for_words, because_words, hands_words
from plans.wording.supply import taken_off_words
from plans.wording.switch_figures import counted_words
from plans.wording.taper import forms_as_in, mark_words, product_words, says

# Stretches of days shown at once; the plan page has them all.
_SHOWN: Final = 6
_LISTS: Final = frozenset({"act", "products", "listed", "signed", "confirmed"})
_NO_LONGER: Final = not_saved.NotSavedWhy(
    _("This plan can no longer be changed"),
    _(
        "It was paused or has ended since you opened the page. Nothing was changed; the plan says what happened."
    ),
    _("To the plan"),
    409,
)


def _possible(plan: PlanPage) -> tuple[PlanAct, ...]:
    if not plan.in_care:
        # For a patient in hospital, treated elsewhere or dead, only the care page helps.
        return ()
    able = allowed(plan.state, PlanActor.CLINICIAN)
    # A maintenance dose is written out beyond today: only a plan that ends at zero can be over.
    over = plan.patient.today > plan.schedule.end
    drugs = plan.step.day.drugs if plan.step else plan.present.drugs
    return tuple(
        act
        for act in NAMES
        if act in able
        and (act is PlanAct.STOP or not over)
        and (act is not PlanAct.END_DRUG or len(drugs) > 1)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def plan_change(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Everything that can be changed, with what it would do; nothing is done before it was shown."""
    actor = cast(StaffRequest, request).actor
    plan = queries.plan_page(actor, plan_id)
    possible = _possible(plan)
    if not possible:
        return _nothing_to_change(request, plan)
    stocked = formulary.formulary(actor)
    if request.method in ("GET", "HEAD"):
        return _show(request, actor, plan, _first_form(request, actor, plan, possible, stocked))
    if layout_context.duplicated(request, lists=_LISTS):
        raise SuspiciousOperation("duplicated fields")
    form = ChangeForm(request.POST, plan=plan, possible=possible, formulary=stocked)
    # A preview never acts, whatever else is sent along.
    live = bool(getattr(request, "htmx", False))
    if live or request.POST.get("do") not in ("change", "ask"):
        return _show(request, actor, plan, form, live=live)
    if form.is_valid():
        if not form.cleaned_data["note"]:
            form.add_error("note", gettext("Say why, in a few words."))
        if form.stays and not form.cleaned_data["review_on"]:
            form.add_error("review_on", plans.refused("review_missing"))
    if form.errors:
        return _show(request, actor, plan, form, refused=True, status=422)
    return _do(request, actor, plan, form)


def _nothing_to_change(request: HttpRequest, plan: PlanPage) -> HttpResponse:
    """In hospital the way back is the return; what was typed before somebody paused or ended the plan is shown back."""
    kept = not_saved.shown_back(request, _NO_LONGER, reverse("plan", args=[plan.id]))
    if kept is not None:
        return kept
    if plan.state is PlanState.PAUSED:
        item_id = item_named(request.GET.get("item", ""))
        return redirect(reverse("plan-go-on", args=[plan.id]) + (f"?item={item_id}" if item_id else ""))
    layout_context.say(request, gettext("This plan has ended: there is nothing to change."), kind="think")
    return redirect("plan", plan.id)


def _first_form(
    request: HttpRequest,
    actor: Actor,
    plan: PlanPage,
    possible: tuple[PlanAct, ...],
    stocked: Formulary,
) -> ChangeForm:
    """The form as the page opens: with acts chosen before, with what was typed before, or with usual numbers."""
    before = _typed_before(actor, plan, request.GET.get("proposal", ""))
    if before is not None:
        return ChangeForm(before, plan=plan, possible=possible, formulary=stocked)
    wanted = request.GET.getlist("act")
    acts = [act.value for act in possible if act.value in wanted]
    weeks = plan_defaults.plan_defaults(actor).review_weeks
    review = usual_review(plan.patient.today, plan.patient.today, weeks)
    form = ChangeForm(
        plan=plan, possible=possible, formulary=stocked, initial=first_values(plan, acts, review)
    )
    if not acts:
        return form
    # Chosen before the page was opened: what it would do is shown at once.
    return ChangeForm(sent_by(form), plan=plan, possible=possible, formulary=stocked)


def _typed_before(actor: Actor, plan: PlanPage, raw: str) -> QueryDict | None:
    """What was typed for a second signature that was not given, to go on from; None for anything else."""
    key = item_named(raw)
    found = proposals.proposal_page(actor, key) if key is not None else None
    return typed_form(found.form) if found is not None and found.plan_id == plan.id and found.form else None


def typed_form(form: Mapping[str, list[str]]) -> QueryDict:
    """A form of the change page as it was typed."""
    data = QueryDict(mutable=True)
    for name, values in form.items():
        data.setlist(name, values)
    return data


def form_of(actor: Actor, plan: PlanPage, form: Mapping[str, list[str]]) -> ChangeForm:
    """The form of a change as it was typed, read against the plan as it is now."""
    return ChangeForm(
        typed_form(form), plan=plan, possible=_possible(plan), formulary=formulary.formulary(actor)
    )


def _kept(request: HttpRequest, form: ChangeForm) -> dict[str, list[str]]:
    """The form as typed. "Today" is kept as a date: it is signed on another day."""
    machinery = ("csrfmiddlewaretoken", "do", "lock", "shown", "item")
    kept = {
        # PostgreSQL stores no NUL.
        name.replace("\0", ""): [str(value).replace("\0", "") for value in values]
        for name, values in request.POST.lists()
        if name not in machinery
    }
    return kept | {"begins": ["other"], "from_day": [form.first_day().isoformat()]}


def _do(request: HttpRequest, actor: Actor, plan: PlanPage, form: ChangeForm) -> HttpResponse:
    lock, item_id = seen_number(request.POST, "lock"), item_named(request.POST.get("item", ""))
    note, shown = form.cleaned_data["note"], request.POST.get("shown", "")
    try:
        if form.ends:
            if shown != _ending(form):
                raise Stale(what="moves")
            states.stop(
                by=actor, plan_id=plan.id, seen_lock=lock, note=note, because=form.cleaned_data["because"]
            )
            layout_context.say(
                request, gettext("The plan has ended."), gettext("No more check-ins or messages are sent.")
            )
        elif request.POST.get("do") == "ask":
            key = proposals.ask_to_change(
                by=actor,
                plan_id=plan.id,
                seen_lock=lock,
                changes=form.changes(),
                form=_kept(request, form),
                note=note,
                correction=form.cleaned_data["correction"],
                review_on=form.cleaned_data["review_on"] if form.stays else None,
                item_id=item_id,
                shown=shown,
                signed=form.ticked("signed"),
                confirmed=form.ticked("confirmed"),
            )
            layout_context.say(request, *asked_for_words())
            return redirect("proposal", key)
        else:
            _change(actor, plan, form, lock=lock, shown=shown, item_id=item_id)
            _say_version(request, plan.version + 1)
    except TaperplanError as refusal:
        again = isinstance(refusal, Stale) and not form.ends
        number = _made_already(actor, plan, form, shown) if again else None
        if number is not None:
            _say_version(request, number)
            return redirect("item", item_id) if item_id else redirect("plan", plan.id)
        field = refusal.where if refusal.where in form.fields else None
        form.add_error(field, plans.problem(refusal))
        now = queries.plan_page(actor, plan.id)
        return _show(request, actor, now, form, refused=True, status=422)
    return redirect("item", item_id) if item_id else redirect("plan", plan.id)


def _made_already(actor: Actor, plan: PlanPage, form: ChangeForm, shown: str) -> int | None:
    try:
        return revise.made_as_shown(actor, plan_id=plan.id, shown=shown, changes=form.changes())
    except TaperplanError:
        return None


def _say_version(request: HttpRequest, number: int) -> None:
    more = gettext("The new calendar is being drawn; the old one is marked replaced.")
    layout_context.say(request, gettext("Version {n} is in force.").format(n=number), more)


def _change(
    actor: Actor, plan: PlanPage, form: ChangeForm, *, lock: int, shown: str, item_id: UUID | None
) -> None:
    """Make the change; where an item asked for it, in answer to the item."""
    found = form.cleaned_data
    changes, note = form.changes(), found["note"]
    correction, review_on = found["correction"], found["review_on"] if form.stays else None
    if item_id is not None:
        item_page.change_plan(
            by=actor,
            item_id=item_id,
            plan_lock=lock,
            changes=changes,
            note=note,
            correction=correction,
            review_on=review_on,
            shown=shown,
            signed=form.ticked("signed"),
            confirmed=form.ticked("confirmed"),
        )
        return
    revise.change(
        by=actor,
        plan_id=plan.id,
        seen_lock=lock,
        changes=changes,
        note=note,
        correction=correction,
        review_on=review_on,
        shown=shown,
        signed=form.ticked("signed"),
        confirmed=form.ticked("confirmed"),
    )


def _ending(form: ChangeForm) -> str:
    """What names the end of a plan that was shown: its reason."""
    return f"stop{form['because'].value() or ''}"


def _show(
    request: HttpRequest,
    actor: Actor,
    plan: PlanPage,
    form: ChangeForm,
    *,
    refused: bool = False,
    live: bool = False,
    status: int = 200,
) -> HttpResponse:
    seen, problem = seen_of(actor, plan, form)
    ends = form.ends and not problem
    opened = seen_number(request.POST, "lock") if request.method == "POST" else plan.lock
    item_id = item_named(request.POST.get("item", "") or request.GET.get("item", ""))
    context = {
        "place": "caseload",
        "plan": plan,
        "patient": plan.patient,
        "form": form,
        "regimens": regimen_rows(form),
        "refused": refused,
        "problem": problem,
        **what_changes(plan, seen, form),
        "button": _button(form.chosen, seen),
        "stops": ends,
        "in_force": plans.in_force_words(plan.version, plan.step.day if plan.step else None),
        "shown": seen.digest if seen and not seen.refused else _ending(form) if ends else "",
        "live": live,
        "newer": newer_version(plan) if opened != plan.lock else None,
        "leave": reverse("item", args=[item_id]) if item_id else reverse("plan", args=[plan.id]),
        "item_id": item_id or "",
    }
    if live:
        return layout_context.part(request, "clinic/plan_change_seen.html", context)
    return layout_context.page(request, "clinic/plan_change.html", context, status=status)


def what_changes(plan: PlanPage, seen: Consequences | None, form: ChangeForm) -> dict[str, object]:
    """What `clinic/plan_change_seen.html` shows of a change."""
    with forms_as_in(plan.request.country):
        rows = _coming(plan, seen) if seen else []
    return {
        "seen": seen,
        "moves": moves_of(seen) if seen else (),
        "at_home": at_home_of(seen, plan.patient.today) if seen else "",
        "picture": _picture(plan, seen) if seen else "",
        "rows": rows,
        "compared": {"one": plan.version, "other": plan.version + 1},
        "findings": _findings(seen) if seen else [],
        "notes": _notes(plan, form, seen) if seen else [],
        "to_sign": _to_sign(seen, form) if seen else [],
        "to_confirm": [(name, name in form.ticked("confirmed")) for name in seen.to_confirm] if seen else [],
        "because": because_words(seen.because) if seen else "",
        "version": plan.version,
    }


def seen_of(actor: Actor, plan: PlanPage, form: ChangeForm) -> tuple[Consequences | None, str]:
    """What the change would do, or why it cannot be done; neither where nothing is chosen yet."""
    if not form.is_bound or not form.chosen:
        return None, ""
    if not form.is_valid() and (wrong := _first_problem(form)):
        return None, wrong
    if form.ends:
        return None, ""
    try:
        return (
            revise.preview_changes(
                actor,
                plan_id=plan.id,
                changes=form.changes(),
                correction=form.cleaned_data["correction"],
            ),
            "",
        )
    except TaperplanError as refusal:
        return None, plans.problem(refusal)


def _findings(seen: Consequences) -> list[tuple[str, bool, bool]]:
    """Limits that only the changed plan goes past, each with whether it stops the change, and whether the clinic's own
    limits excuse it."""
    return [
        (says(verdict), seen.refused and found.level is LimitLevel.REFUSED, found.agreed)
        for found in seen.findings
        for verdict in found.verdicts[:2]
    ]


def _notes(plan: PlanPage, form: ChangeForm, seen: Consequences) -> list[str]:
    """What to know of the first day of a change before it is made."""
    notes = []
    if seen.answered_since:
        answered = ngettext(
            "The patient has answered {n} check-in since {day}.",
            "The patient has answered {n} check-ins since {day}.",
            seen.answered_since,
        ).format(n=seen.answered_since, day=plans.long_day(seen.from_day))
        more = gettext("Those answers stay as they were given: read them before you date this change back.")
        notes.append(f"{answered} {more}")
    if counted := counted_words(seen.counted):
        notes.append(counted)
    step = seen.present.step_on(seen.from_day)
    if PlanAct.HOLD in form.chosen and step is not None and step.start == seen.from_day:
        before = seen.present.step_on(seen.from_day - timedelta(days=1))
        if before is not None and seen.present.changes(step):
            notes.append(
                gettext(
                    "The dose changes on this day. The hold keeps {dose}; to stay at {before}, step back instead."
                ).format(
                    dose=per_day_words(step.day, clinician=True),
                    before=per_day_words(before.day, clinician=True),
                )
            )
    return notes


def _to_sign(seen: Consequences, form: ChangeForm) -> list[CautionNote]:
    signed = form.ticked("signed")
    return [
        CautionNote(
            one.code, says(one), one.source, mark_words(one.mark), must_sign=True, ticked=one.code in signed
        )
        for one in seen.to_sign
    ]


def _first_problem(form: ChangeForm) -> str:
    """The first problem that stands in the way of showing the change; a missing reason does not."""
    for name, said in form.errors.items():
        if name in ("note", "review_on", "__all__"):
            continue
        return f"{form[name].label}: {said[0]}"
    return ""


def newer_version(plan: PlanPage) -> dict[str, str]:
    """What somebody else changed after the page was opened: who, when, what, why, and where the difference is shown."""
    last = plan.versions[0]
    query = f"?one={max(1, last.number - 1)}&other={last.number}"
    return {
        "by": hands_words(last.by, last.second),
        "on": plans.long_day(last.made_on),
        "story": plans.version_story(last.kind, last.facts, last.dose),
        "note": last.note,
        "address": reverse("plan-compare", args=[plan.id]) + query,
    }


def _picture(plan: PlanPage, seen: Consequences) -> SafeString:
    """The stairs after the change, those of the version in force dotted behind them, drug by drug on one scale."""
    until = max(seen.schedule.end, seen.present.end, seen.from_day + timedelta(days=28))
    before, after = seen.present.through(until), seen.schedule.through(until)
    drugs = tuple(dict.fromkeys((*before.drugs_taken, *after.drugs_taken)))
    table = plan.request.equivalence

    def on_one_scale(schedule: Schedule) -> Schedule:
        return replace(schedule, drugs=drugs)

    return drawing.change(
        PictureData(
            stairs_of(on_one_scale(after), table),
            plan.patient.today,
            ghost=stairs_of(on_one_scale(before), table).treads,
            ghost_version=plan.version,
        )
    )


def _coming(plan: PlanPage, seen: Consequences) -> list[CompareRow]:
    """The stretches of days from the first day of the change on, both versions beside each other."""
    until = max(seen.schedule.end, seen.present.end, seen.from_day + timedelta(days=28))
    before, after = seen.present.through(until), seen.schedule.through(until)
    coming = [
        replace(one, start=max(one.start, seen.from_day))
        for one in stretches(before, after)
        if one.end >= seen.from_day
    ]
    return [compare_row(one, before, after) for one in coming[:_SHOWN]]


def _day(outlook: Outlook, what: str) -> str:
    if what == "next":
        if outlook.next_change is None or outlook.next_dose is None:
            return gettext("none")
        return f"{plans.short_day_year(outlook.next_change)}, {day_dose_words(outlook.next_dose, clinician=True)}"
    return plans.short_day_year(outlook.last_dose) if outlook.last_dose else gettext("none: the dose stays")


def _apart(outlook: Outlook) -> str:
    """The pace of the cuts to come: "14", "14 to 28"."""
    if outlook.apart is None:
        return gettext("none")
    least, most = outlook.apart
    if least == most:
        return str(least)
    return gettext("{least} to {most}").format(least=least, most=most)


def moves_of(seen: Consequences) -> tuple[tuple[str, str, str], ...]:
    """What moves, as (name, version now, version after); the page of going on shows the same lines."""
    before, later = seen.before, seen.after
    lines = [
        (
            gettext("Dose a day"),
            day_dose_words(before.dose, clinician=True),
            day_dose_words(later.dose, clinician=True),
        ),
        (gettext("Next change"), _day(before, "next"), _day(later, "next")),
        (gettext("Last dose"), _day(before, "last"), _day(later, "last")),
        (gettext("Days between cuts"), _apart(before), _apart(later)),
        (gettext("Steps"), str(before.steps), str(later.steps)),
    ]
    if seen.held_open:
        lines.insert(2, (gettext("Hold"), plans.hold_words(before.held_until), gettext("until reviewed")))
    elif before.held_until or later.held_until:
        lines.insert(
            2, (gettext("Hold"), plans.hold_words(before.held_until), plans.hold_words(later.held_until))
        )
    lines.append(
        (
            gettext("Messages"),
            plans.unsent_words(seen.messages),
            plans.fresh_words(seen.messages, told=seen.told, at_once=seen.told_at_once),
        )
    )
    with forms_as_in(seen.country):
        lines += [
            (
                gettext("Comes back: {product}").format(
                    product=product_words(product, count=2, named=True, clinician=True)
                ),
                gettext("at home"),
                str(units),
            )
            for product, units in seen.comes_back
        ]
        lines += [
            (_to_dispense(product, seen.to_dispense_by), str(was), str(now))
            for product, was, now in seen.to_dispense
            if was != now
        ]
    return tuple(lines)


def at_home_of(seen: Consequences, today: date) -> str:
    """What should be at home, taken off what is to dispense, and how that is known."""
    return taken_off_words(seen.at_home, seen.counted_on, today, seen.country)


def _to_dispense(product: Product, by: date | None) -> str:
    named = product_words(product, count=2, named=True, clinician=True)
    if by is None:
        return gettext("Still to dispense: {product}").format(product=named)
    return gettext("To dispense by {day}: {product}").format(day=plans.short_day_year(by), product=named)


def _button(acts: tuple[PlanAct, ...], seen: Consequences | None) -> str:
    """The label of the button, which names the result."""
    if PlanAct.STOP in acts:
        return gettext("End this plan")
    if seen is None or len(acts) != 1:
        return gettext("Change the plan")
    (act,) = acts
    if act is PlanAct.HOLD:
        change = seen.after.next_change
        return plans.hold_button(change) if change is not None else gettext("Hold until reviewed")
    if act is PlanAct.STEP_BACK:
        return gettext("Step back to {dose}").format(dose=per_day_words(seen.after.dose, clinician=True))
    if act is PlanAct.SLOW_DOWN:
        return gettext("Cut every {days} from now on").format(days=plans.days_count(seen.days))
    if act is PlanAct.RESUME:
        return gettext("End the hold")
    if act is PlanAct.STOP_HERE:
        return gettext("Stay at {dose}").format(dose=per_day_words(seen.after.dose, clinician=True))
    return gettext("Change the plan")
