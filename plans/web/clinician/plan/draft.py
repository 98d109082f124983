"""The plan form: the draft, saved as it is typed, its live result, and issuing."""

from __future__ import annotations

from typing import Final, cast
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain.amounts import ZERO
from plans.domain.errors import Refused, Stale, TaperError, TaperplanError
from plans.domain.people import BEFORE_ISSUING, EmailState
from plans.domain.taper.methods.typed import TypedRow
from plans.services import formulary, patterns, plan_defaults
from plans.services.actors import Actor, May
from plans.services.plans import drafts, issue, preview, proposals, queries
from plans.services.plans import templates as plan_templates
from plans.services.plans.drafts import Draft
from plans.services.plans.queries import PatientSummary
from plans.web import layout_context
from plans.web.clinician import patient_search
from plans.web.clinician.plan import pattern, templates
from plans.web.clinician.plan.dose_times import times_rows
from plans.web.clinician.plan.forms import LENGTHENING, METHOD_FIELDS, PlanForm
from plans.web.clinician.plan.pauses import LINES, pause_lines
from plans.web.clinician.plan.products import forms_to_choose, split_name
from plans.web.clinician.plan.published import drugs_now, fill, schedule_groups
from plans.web.clinician.plan.result import Result, of_preview, of_problems
from plans.web.clinician.plan.reviews import reviews
from plans.web.clinician.plan.rows import row_lines
from plans.web.clinician.plan_start import starting_values
from plans.web.forms import read_number
from plans.web.gate import StaffRequest, staff_page
from plans.wording import plans
from plans.wording.people import still_to_ask_words
from plans.wording.second_signature import asked_for_words
from plans.wording.taper import forms_as_in
from plans.wording.times import zone_words

# Fields that may have several values.
LISTS: Final = frozenset({"products", "signed", "confirmed", "listed", "syringes", "follows"})


def kept(data: MultiValueDict[str, object]) -> dict[str, list[str]]:
    """The part of a posted form that is kept as the draft: everything typed, no hidden fields."""
    machinery = (
        "csrfmiddlewaretoken", "do", "lock", "shown", "draft", "published_pick", "template_pick", "template_name",
        "pattern_q", "pattern_pick", "pattern_doses",
    )  # fmt: skip
    return {
        _storable(name)[:200]: [_storable(value) for value in data.getlist(name)]
        for name in data
        if name not in machinery
    }


def _storable(text: object) -> str:
    """Text without NUL, which PostgreSQL cannot store; the form refuses it at its field."""
    return str(text).replace("\0", "")


_MOST_FIELDS = 400


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


def _posted(request: HttpRequest) -> MultiValueDict[str, object]:
    """The posted form; a single value sent twice is refused, never guessed."""
    if layout_context.duplicated(request, lists=LISTS) or len(request.POST) > _MOST_FIELDS:
        raise SuspiciousOperation("duplicated fields")
    return MultiValueDict({name: list(values) for name, values in request.POST.lists()})


def _lock(request: HttpRequest) -> int | None:
    return read_number(request.POST.get("lock", ""))


def _form_of(actor: Actor, draft: Draft | None, patient: PatientSummary) -> PlanForm:
    if draft is not None and draft.form:
        return form_of_draft(actor, draft)
    found = formulary.formulary(actor)
    start = starting_values(
        country=patient.country,
        checkins=(patient.checkin_weekday, patient.checkin_time),
        today=patient.today,
        formulary=found,
        defaults=plan_defaults.plan_defaults(actor),
    )
    if (usual := plan_templates.usual(actor)) is not None:
        templates.fill(start, usual)
    return PlanForm(start, bare=True, formulary=found)


def form_of_draft(actor: Actor, draft: Draft) -> PlanForm:
    """The form as the draft keeps it."""
    kept_form = MultiValueDict({name: list(values) for name, values in draft.form.items()})
    return PlanForm(kept_form, formulary=formulary.formulary(actor))


def _typed(actor: Actor, data: MultiValueDict[str, object], *, bare: bool = False) -> PlanForm:
    return PlanForm(data, bare=bare, formulary=formulary.formulary(actor))


def _result(
    actor: Actor, patient: PatientSummary, form: PlanForm, *, asked_for: frozenset[str] = frozenset()
) -> Result:
    if not form.is_valid():
        return of_problems(form)
    shown = preview.preview(
        actor, patient_id=patient.id, request=form.request, confirmed=form.ticked("confirmed")
    )
    if shown.error is not None:
        with forms_as_in(form.products.country):
            form.refuse(shown.error)
    drugs = shown.taper.schedule.drugs if shown.taper else ()
    with forms_as_in(form.products.country):
        return of_preview(shown, form, reviews=reviews(actor, drugs), asked_for=asked_for)


def _context(
    actor: Actor,
    patient: PatientSummary,
    form: PlanForm,
    result: Result,
    draft: Draft | None,
    *,
    refused: bool = False,
    **more: object,
) -> dict[str, object]:
    return {
        "patient": patient,
        "form": form,
        "result": result,
        "lock": draft.lock if draft else "",
        "saved_at": plans.at(draft.saved_at, patient.clinic_zone) if draft else "",
        "refused": refused,
        "own_forms": forms_to_choose(form.products.country, home_made=form.formulary.home_made),
        "home_made": form.formulary.home_made,
        "regimens": _regimens(form),
        "methods": _method_fields(form),
        "switch_to": form.switch_to,
        "pauses": pause_lines(form),
        "end_open": any(
            form[name].value() or form[name].errors for name in ("end_last", "end_longest", "end_days")
        ),
        "templates": plan_templates.templates(actor),
        "may_keep": actor.may(May.MANAGE),
        "longest_name": plan_templates.LONGEST_NAME,
        "schedules": schedule_groups(drugs_now(form.typed)),
        "bands": [(form[f"band_above_{n}"], form[f"band_cut_{n}"]) for n in (1, 2, 3, 4)],
        "zone": zone_words(patient.zone),
        "still_to_ask": still_to_ask_words(BEFORE_ISSUING & set(patient.to_ask)),
        **more,
    }


def _regimens(form: PlanForm) -> list[dict[str, object]]:
    return [
        {
            "row": row,
            "drug": form[f"drug_{row}"],
            "week": form[f"week_{row}"],
            "week_open": bool(form[f"week_{row}"].value() or form[f"week_{row}"].errors),
            **times_rows(form, row),
        }
        for row in ("a", "b")
    ]


def _method_fields(form: PlanForm) -> dict[str, bool]:
    """The groups of fields for the chosen method."""
    name = form.chosen_method
    return {
        "percent": name in ("percent_of_current", "percent_of_original", "micro"),
        "interval": name != "typed",
        "lengthen": name in LENGTHENING,
        **{key: name == key for key in METHOD_FIELDS},
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def plan_new(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The form of a patient's new plan, on a draft."""
    actor = _actor(request)
    patient = queries.subject(actor, patient_id)
    if request.method == "POST":
        return _act(request, actor, patient)
    waits = next((one for one in proposals.waits_for(actor, patient_id) if one.issue), None)
    if waits is not None:
        return redirect("proposal", waits.id)
    draft = drafts.load(actor, patient_id=patient_id)
    form = _form_of(actor, draft, patient)
    result = Result(ready=False) if form.bare else _result(actor, patient, form)
    return layout_context.page(request, "clinic/plan_new.html", _context(actor, patient, form, result, draft))


def _act(request: HttpRequest, actor: Actor, patient: PatientSummary) -> HttpResponse:
    data = _posted(request)
    do = str(data.get("do") or "show")
    if do == "throw":
        return _discard(request, actor, patient)
    try:
        _fill(actor, patient, data, do)
        draft = _save(request, actor, patient, data, do)
    except TaperplanError as refusal:
        return _refuse(request, actor, patient, _typed(actor, data), refusal)
    form = _typed(actor, data)
    if do in ("issue", "ask"):
        return _issue(request, actor, patient, form, draft, ask=do == "ask")
    if do == "together":
        return redirect("plan-options", patient.id)
    if do == "keep_template":
        return _keep_template(request, actor, patient, form, draft)
    result = _result(actor, patient, form)
    more = _searched(actor, patient, data, do)
    if do == "save":
        layout_context.say(
            request, gettext("The draft is saved."), gettext("Nothing was sent to the patient.")
        )
        return redirect("plan-new", patient.id)
    return layout_context.page(
        request,
        "clinic/plan_new.html",
        _context(actor, patient, form, result, draft, refused=bool(form.errors) and not more, **more),
    )


def _searched(
    actor: Actor, patient: PatientSummary, data: MultiValueDict[str, object], do: str
) -> dict[str, object]:
    """The plans of other patients that were searched for; nothing unless they were."""
    q = patient_search.clean(str(data.get("pattern_q") or ""))
    # The key Enter in the field presses the form's first button.
    if do not in ("pattern_find", "show") or (do == "show" and not q):
        return {}
    return {"pattern_q": q, "patterns": pattern.lines(actor, q, patient.id), "pattern_searched": True}


def _fill(actor: Actor, patient: PatientSummary, data: MultiValueDict[str, object], do: str) -> None:
    """Fill the form as sent with what a button brings; nothing for a button that brings nothing."""
    kind, _sep, rest = do.partition("|")
    if kind in ("split", "add"):
        _fix(data, kind, rest)
    elif do == "published":
        fill(data, data.get("published_pick"))
    elif do == "template":
        templates.choose(actor, data, data.get("template_pick"))
    elif do == "pattern":
        asked = patterns.pattern(actor, pattern.key_of(data), patient_id=patient.id)
        pattern.fill(data, asked, doses=bool(data.get("pattern_doses")))
    elif do == "rows":
        _to_rows(actor, patient, data)


def _save(
    request: HttpRequest, actor: Actor, patient: PatientSummary, data: MultiValueDict[str, object], do: str
) -> Draft:
    """Save the form as sent; what was filled from another patient's plan is told to both trails."""
    if do == "pattern":
        return patterns.save(
            by=actor,
            patient_id=patient.id,
            form=kept(data),
            seen_lock=_lock(request),
            plan_id=pattern.key_of(data),
        )
    return drafts.save(by=actor, patient_id=patient.id, form=kept(data), seen_lock=_lock(request))


def _keep_template(
    request: HttpRequest, actor: Actor, patient: PatientSummary, form: PlanForm, draft: Draft
) -> HttpResponse:
    """Keep how this plan is built under a name; the draft stays as it is."""
    name = request.POST.get("template_name", "")
    try:
        replaced = plan_templates.keep(by=actor, name=name, form=templates.part_of(form.typed))
    except TaperplanError as refusal:
        return _refuse(request, actor, patient, form, refusal, draft)
    layout_context.say(
        request,
        gettext("The template was replaced.") if replaced else gettext("The template was kept."),
        gettext("Nothing of the patient is in it. The draft stays as it is."),
    )
    return redirect("plan-new", patient.id)


def _fix(data: MultiValueDict[str, object], kind: str, rest: str) -> None:
    """Apply a fix offered beside a refusal to the form as sent."""
    if kind == "add":
        data.setlist("products", [*data.getlist("products"), rest])
        return
    key, _sep, split = rest.rpartition("|")
    if split in ("2", "4"):
        data[split_name(key)] = split


def _to_rows(actor: Actor, patient: PatientSummary, data: MultiValueDict[str, object]) -> None:
    """Turn the computed plan into typed rows, so that single steps can be edited; change nothing if there is none."""
    form = _typed(actor, data)
    if not form.is_valid():
        return
    shown = preview.preview(actor, patient_id=patient.id, request=form.request, confirmed=frozenset())
    if shown.taper is None:
        return
    steps = shown.taper.schedule.steps
    rows = [
        TypedRow.of(step.days, ((d.time, d.drug, d.dose, d.weekdays) for d in step.doses))
        if step.doses
        else TypedRow(step.days, total=ZERO)
        for step in steps
    ]
    # the rows replace these fields
    data["method"], data["rows"], data["cross_to"], data["preparation"] = "typed", row_lines(rows), "", ""
    data["end_days"] = ""
    for n in LINES:
        data[f"pause_from_{n}"] = data[f"pause_days_{n}"] = ""


def _issue(
    request: HttpRequest, actor: Actor, patient: PatientSummary, form: PlanForm, draft: Draft, *, ask: bool
) -> HttpResponse:
    """Issue, or ask a colleague for the second signature. The preview is made only if the page is shown again: issuing
    checks the plan itself."""
    if not form.is_valid():
        return _again(request, actor, patient, form, of_problems(form), draft)
    asked = issue.IssueRequest(
        request=form.request,
        checkin_weekday=int(form.cleaned_data["checkin_day"]),
        checkin_time=form.cleaned_data["checkin_time"],
        reasons=form.reasons,
        sources=form.sources,
        signed=form.ticked("signed"),
        confirmed=form.ticked("confirmed"),
        after_words=form.cleaned_data["after_words"],
        shown=request.POST.get("shown", ""),
    )
    try:
        if ask:
            key = proposals.ask_to_issue(by=actor, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
            layout_context.say(request, *asked_for_words())
            return redirect("proposal", key)
        issue.issue(by=actor, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    except TaperError as refusal:
        result = _result(actor, patient, form)
        if not form.errors:
            form.refuse(refusal)
        return _again(request, actor, patient, form, result, draft)
    except (Refused, Stale) as refusal:
        return _refuse(request, actor, patient, form, refusal, draft)
    layout_context.say(
        request,
        gettext("Version 1 is issued."),
        gettext("The calendar is being drawn, check-ins are planned, and the patient will get a message.")
        if patient.email_state not in (EmailState.NONE, "")
        else gettext(
            "The calendar is being drawn and check-ins are planned. This patient has no e-mail: print the calendar."
        ),
    )
    return redirect("plan", draft.plan_id)


def _again(
    request: HttpRequest,
    actor: Actor,
    patient: PatientSummary,
    form: PlanForm,
    result: Result,
    draft: Draft | None,
    **more: object,
) -> HttpResponse:
    context = _context(actor, patient, form, result, draft, refused=True, **more)
    return layout_context.page(request, "clinic/plan_new.html", context, status=422)


def _refuse(
    request: HttpRequest,
    actor: Actor,
    patient: PatientSummary,
    form: PlanForm,
    refusal: TaperplanError,
    draft: Draft | None = None,
) -> HttpResponse:
    """The form again, with what was typed and why it was refused; somebody else's draft stays as it is."""
    rules = refusal.facts.get("rules")
    asked_for = frozenset(rules) if isinstance(rules, list) else frozenset()
    result = _result(actor, patient, form, asked_for=asked_for)
    problems = [(_where_it_is_put_right(actor, patient, refusal), plans.problem(refusal))]
    if asked_for:
        problems = [
            (f"#reason-{note.rule}", gettext("Write a reason: {finding}").format(finding=note.sentences[0]))
            for note in result.reasons
            if note.rule in asked_for
        ]
    if refusal.facts.get("reason") == "signatures_missing":
        problems = [("#to-sign", plans.problem(refusal))]
    return _again(
        request,
        actor,
        patient,
        form,
        result,
        draft or drafts.load(actor, patient_id=patient.id),
        problems=problems,
    )


def _where_it_is_put_right(actor: Actor, patient: PatientSummary, refusal: TaperplanError) -> str:
    """The page where the missing setting is made, for those who may make it; else the form. The draft stays."""
    reason = refusal.facts.get("reason")
    if reason == "no_on_call" and actor.may(May.MANAGE):
        return f"{reverse('rota')}#h-standing"
    if reason == "still_to_ask" and actor.may(May.EDIT_PATIENT):
        return f"{reverse('patient-edit', args=[patient.id])}#id_to_ask"
    if reason == "no_consent" and actor.may(May.EDIT_PATIENT):
        return f"{reverse('patient-edit', args=[patient.id])}#id_consent_version"
    return "#plan-form"


def _discard(request: HttpRequest, actor: Actor, patient: PatientSummary) -> HttpResponse:
    try:
        drafts.discard_draft(by=actor, patient_id=patient.id, seen_lock=_lock(request) or 0)
    except TaperplanError as refusal:
        layout_context.say(request, plans.problem(refusal), kind="stop")
        return redirect("plan-new", patient.id)
    layout_context.say(request, gettext("The draft was discarded."))
    return redirect("patient", patient.id)


@require_POST
@staff_page(May.PLAN)
def plan_preview(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The live result for htmx: saves the draft, redraws the result and the parts of the form that depend on it."""
    actor = _actor(request)
    patient = queries.subject(actor, patient_id)
    data = _posted(request)
    problem, draft = "", None
    try:
        draft = drafts.save(by=actor, patient_id=patient.id, form=kept(data), seen_lock=_lock(request))
    except TaperplanError as refusal:
        problem = plans.problem(refusal)
    form = _typed(actor, data)
    result = _result(actor, patient, form)
    context = _context(
        actor,
        patient,
        # Redrawn parts of the form show no errors: they would stay after their cause is gone.
        _typed(actor, data, bare=True),
        result,
        draft,
        not_saved=problem,
        swap_products=tuple(data.getlist("listed")) != form.products.listed,
        swap_method=str(data.get("method_shown", "")) != form.chosen_method,
    )
    return layout_context.part(request, "clinic/plan_live.html", context)
