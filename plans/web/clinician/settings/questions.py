"""The clinic's own questions: the list, a question with its versions and preview, and the form."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.domain.checkins.clinic_questionnaires import ASKED_MOST, TooManyItems
from plans.domain.checkins.instrument import said
from plans.domain.checkins.response import Response
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.errors import NotFound, Stale
from plans.domain.text import BadText
from plans.services.actors import May
from plans.services.checkins import clinic_questionnaires
from plans.services.checkins.clinic_questionnaires import QuestionRow
from plans.web.clinician.settings.question_forms import QuestionForm
from plans.web.forms import seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.parts.questions import PageView, page_view
from plans.web.untyped import Context, Options
from plans.wording.clinic_questionnaires import ANSWERS, FORMS, PLACES, room_words


def _line(row: QuestionRow) -> Context:
    language = (get_language() or "en").split("-")[0]
    title = row.item.english if row.item else said(row.made.titles, language)
    return {
        "row": row,
        "title": title,
        "answer": ANSWERS[row.item.answer.value] if row.item else _("Loaded as a file"),
        "place": PLACES[row.item.after if row.item else (row.made.after or "medicines")],
        "form": FORMS[row.made.only],
        "languages": ", ".join(name for name in (_("English"), _("Spanish"))[: len(row.made.languages)]),
    }


def _looks(spec: QuestionnaireSpec) -> list[tuple[str, list[PageView]]]:
    """Every page as patients see it, in each language it is written in."""
    asked, found = Response(spec), []
    for language in spec.questionnaire(next(iter(spec.own))).languages:
        with translation.override(language):
            views = [page_view(asked, one, language=language) for one in asked.pages]
        found.append((language, views))
    return found


@require_safe
@staff_page(May.LOOK)
def questions_page(request: StaffRequest) -> HttpResponse:
    """All of the clinic's own questions, including those no longer asked."""
    q = request.GET.get("q", "").replace("\0", "")[:200].strip()
    pages = clinic_questionnaires.questions(request.actor, q=q, key=request.GET.get("after"))
    context = {
        "place": "settings",
        "q": q,
        "pages": pages,
        "query": f"{urlencode({'q': q})}&" if q else "",
        "lines": [_line(row) for row in pages.rows],
        "asked": clinic_questionnaires.asked_count(request.actor),
        "most": ASKED_MOST,
    }
    return page(request, "clinic/questions.html", context)


@require_safe
@staff_page(May.LOOK)
def question_page(request: StaffRequest, question_id: UUID) -> HttpResponse:
    """One question: how patients see it, where and when it is asked, its versions."""
    found = clinic_questionnaires.question(request.actor, question_id)
    context = {
        "place": "settings",
        "question": found,
        "line": _line(found.asked or found.newest),
        "versions": [_line(row) for row in found.versions],
        "looks": _looks(clinic_questionnaires.look_of(request.actor, (found.asked or found.newest).id)),
    }
    return page(request, "clinic/question.html", context)


def _form_page(
    request: StaffRequest,
    form: QuestionForm,
    *,
    question_id: UUID | None = None,
    version: int = 0,
    looks: Sequence[object] = (),
) -> HttpResponse:
    context = {
        "place": "settings",
        "form": form,
        "question_id": question_id,
        "version": version,
        "looks": looks,
    }
    return page(request, "clinic/question_form.html", context, status=422 if form.errors else 200)


def _previewed(request: StaffRequest, form: QuestionForm, **more: Options) -> HttpResponse:
    try:
        looks = _looks(clinic_questionnaires.preview(form.item()))
    except BadText as refusal:
        form.refuse_text(refusal)
        return _form_page(request, form, **more)
    return _form_page(request, form, looks=looks, **more)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def question_new(request: StaffRequest) -> HttpResponse:
    """Write a question, preview it, publish it."""
    if request.method != "POST":
        return _form_page(request, QuestionForm())
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form)
    if request.POST.get("do") != "publish":
        return _previewed(request, form)
    try:
        question_id = clinic_questionnaires.add(by=request.actor, item=form.item())
    except BadText as refusal:
        form.refuse_text(refusal)
    except TooManyItems as refusal:
        form.add_error(None, room_words(refusal))
    else:
        say(request, _("Published"), _("Asked in check-ins begun from now on. The rules have to be signed."))
        return redirect("question", question_id)
    return _form_page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def question_change(request: StaffRequest, question_id: UUID) -> HttpResponse:
    """Change the wording: it becomes the next version; earlier versions stay as they are."""
    found = clinic_questionnaires.question(request.actor, question_id)
    if found.newest.item is None:
        raise NotFound(what="question")
    version = found.newest.version
    if request.method != "POST":
        return _form_page(
            request, QuestionForm(item=found.newest.item), question_id=question_id, version=version
        )
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, question_id=question_id, version=version)
    if request.POST.get("do") != "publish":
        return _previewed(request, form, question_id=question_id, version=version)
    known = seen_number(request.POST, "seen_version")
    try:
        question_id = clinic_questionnaires.change(
            by=request.actor, question_id=question_id, item=form.item(), seen_version=known
        )
    except BadText as refusal:
        form.refuse_text(refusal)
    except TooManyItems as refusal:
        form.add_error(None, room_words(refusal))
    except Stale:
        form.add_error(
            None, _("Somebody published another version meanwhile. Look at it, then publish yours.")
        )
    else:
        say(request, _("The new version is asked from now on"), _("The rules have to be signed."))
        return redirect("question", question_id)
    return _form_page(request, form, question_id=question_id, version=version)


@require_POST
@staff_page(May.MANAGE)
def question_stop(request: StaffRequest, question_id: UUID) -> HttpResponse:
    """Stop asking a question."""
    clinic_questionnaires.stop(by=request.actor, question_id=question_id)
    say(request, _("No longer asked"), _("Check-ins already begun keep it, and its answers stay."))
    return redirect("question", question_id)


@require_POST
@staff_page(May.MANAGE)
def question_again(request: StaffRequest, question_id: UUID) -> HttpResponse:
    """Ask the newest version of a stopped question again."""
    try:
        clinic_questionnaires.again(by=request.actor, question_id=question_id)
    except TooManyItems as refusal:
        say(request, _("Not asked"), room_words(refusal), kind="think")
    else:
        say(request, _("Asked again"), _("In check-ins begun from now on."))
    return redirect("question", question_id)
