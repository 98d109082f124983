"""Letters about a patient: the list, writing one from a template, and one as it was kept, to print."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.errors import NotFound, Refused
from plans.domain.letters import TEXT_MOST, LetterText, LetterTo, LetterWay
from plans.domain.text import clean_line, clean_text
from plans.services import letters, people
from plans.services.actors import May
from plans.web.forms import EdgeForm, ParsedField, choices, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.letters import LETTER_TO, WAYS, letter_refusal


class LetterForm(EdgeForm):
    """A letter as it will go out."""

    to = forms.ChoiceField(label=gettext_lazy("To"), choices=choices(LETTER_TO))
    to_name = ParsedField(
        partial(clean_line, most=300, required=False), required=False, label=gettext_lazy("Name and address"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-keep": ""}),
    )  # fmt: skip
    subject = ParsedField(
        partial(clean_line, most=200), label=gettext_lazy("Subject"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-keep": ""}),
    )  # fmt: skip
    text = ParsedField(
        partial(clean_text, most=TEXT_MOST), label=gettext_lazy("Text"),
        widget=forms.Textarea(attrs={"rows": 14, "data-keep": ""}),
    )  # fmt: skip

    def letter(self) -> LetterText:
        """The letter that was typed."""
        data = self.cleaned_data
        return LetterText(LetterTo(data["to"]), data["to_name"], data["subject"], data["text"])


def _item_id(raw: str) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise NotFound(what="item") from None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.REVIEW)
def letter_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Write a letter: choose a template, look at the letter, keep it. `item` is the review item that it answers."""
    if request.method == "POST":
        return _post(request, patient_id)
    item_id = _item_id(request.GET.get("item", ""))
    chosen = request.GET.get("template", "")
    if not chosen:
        return _show(request, patient_id, item_id)
    drafted = letters.draft(request.actor, patient_id, chosen)
    initial = {
        "to": drafted.to.value,
        "to_name": drafted.to_name,
        "subject": drafted.subject,
        "text": drafted.text,
    }
    return _show(request, patient_id, item_id, LetterForm(initial=initial))


def _post(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    form, item_id = LetterForm(request.POST), _item_id(single(request.POST, "item"))
    if not form.is_valid():
        return _show(request, patient_id, item_id, form, status=422)
    typed, do = form.letter(), single(request.POST, "do")
    if do not in set(LetterWay):
        return _show(request, patient_id, item_id, form, typed)
    try:
        key = letters.keep(
            by=request.actor,
            patient_id=patient_id,
            letter=typed,
            shown=single(request.POST, "shown"),
            way=LetterWay(do),
            item_id=item_id,
        )
    except Refused as refusal:
        form.refuse(refusal, letter_refusal(refusal))
        return _show(request, patient_id, item_id, form, typed, status=422)
    if do == LetterWay.MESSAGE:
        say(
            request,
            _("The letter is kept, and on its way"),
            _("The patient gets a message and reads it on the plan page."),
        )
    else:
        say(request, _("The letter is kept"), _("Print it from here."))
    return redirect("letter", key)


def _show(
    request: StaffRequest,
    patient_id: UUID,
    item_id: UUID | None,
    form: LetterForm | None = None,
    seen: LetterText | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `seen` is the letter to be looked at."""
    to_patient = seen is not None and seen.to is LetterTo.PATIENT
    context = {
        "place": "caseload",
        "patient": people.patient_card(request.actor, patient_id),
        "templates": letters.templates(request.actor),
        "form": form,
        "item_id": item_id,
        "seen": seen,
        "by_message": to_patient and letters.goes_by_message(request.actor, patient_id),
        "to_patient": to_patient,
    }
    return page(request, "clinic/letter_new.html", context, status)


@require_safe
@staff_page(May.LOOK)
def letters_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The letters about a patient, newest first."""
    word = request.GET.get("q", "").replace("\0", "")[:200]
    found = letters.of_patient(request.actor, patient_id, q=word, key=request.GET.get("after"))
    context = {
        "place": "caseload",
        "patient": people.patient_card(request.actor, patient_id),
        "pages": found,
        "rows": [(one, LETTER_TO[one.to], WAYS[one.way]) for one in found.rows],
        "word": word,
        "query": "",
    }
    return page(request, "clinic/letters.html", context)


@require_safe
@staff_page(May.LOOK)
def letter_page(request: StaffRequest, letter_id: UUID) -> HttpResponse:
    """A letter as it was kept, to print."""
    found = letters.letter(request.actor, letter_id)
    context = {"place": "caseload", "letter": found, "to": LETTER_TO[found.to], "way": WAYS[found.way]}
    return page(request, "clinic/letter.html", context)
