"""Patients' files: made for another installation, and read from one after a dry run."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.patient_file.archive import MOST_BYTES
from plans.domain.patient_file.problems import BadPatientFile
from plans.services import patient_files, people
from plans.services.actors import May
from plans.services.patient_files import Entering, FileView
from plans.web.clinician.patient.arriving import ArrivingForm
from plans.web.forms import EdgeForm, ParsedField, read_number, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted
from plans.wording.doses import drugs_words
from plans.wording.patient_file import file_problem, file_refusal, signature_words

_LINES: Final = 100
"""Lines of history on a page."""


class MakeForm(EdgeForm):
    """For which installation."""

    partner = forms.ChoiceField(
        label=gettext_lazy("For"),
        help_text=gettext_lazy(
            "An installation with which a key is shared checks by itself who made the file."
        ),
        required=False,
    )

    def __init__(self, data: Posted | None = None) -> None:
        super().__init__(data)
        named = [(name, name) for name in patient_files.partners()]
        another = _("Another one, which hears the fingerprint by phone")
        self.fields["partner"].choices = [*named, ("", another)]  # type: ignore[attr-defined]  # a choice field


class UploadForm(EdgeForm):
    """The file that came."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("The ZIP file that the other clinic made, unchanged."),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".zip,application/zip"}),
        allow_empty_file=True,
    )


class EnterForm(ArrivingForm):
    """What is asked of whoever arrives, and the fingerprint if nobody here can check the signature."""

    fingerprint = ParsedField(
        lambda raw: text.clean_line(raw, most=60, required=False),
        required=False,
        label=gettext_lazy("Fingerprint of the file"),
        help_text=gettext_lazy("Call the clinic that made the file and type what they read out to you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    looked = forms.BooleanField(label=gettext_lazy("I looked: it is another person"), required=False)

    def __init__(self, data: Posted | None = None, *, found: FileView) -> None:
        super().__init__(data, came=found)
        if not found.signature_is["unknown"]:
            del self.fields["fingerprint"]
        if not found.namesakes:
            del self.fields["looked"]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
@confirmed
def patient_file(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Make a patient's file, and see the fingerprints of those that were made."""
    card = people.patient_card(request.actor, patient_id)
    form = MakeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = patient_files.make(
                by=request.actor, patient_id=patient_id, partner=form.cleaned_data["partner"]
            )
        except BadPatientFile as problem:
            form.add_error(None, file_problem(problem))
        except Refused as refusal:
            form.refuse(refusal, file_refusal(refusal))
        else:
            return _download(made.content, "application/zip", made.name)
    context = {
        "place": "caseload",
        "patient": card,
        "form": form,
        "made": patient_files.files_made(request.actor, patient_id),
    }
    return page(request, "clinic/patient_file.html", context, status=422 if form.is_bound else 200)


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def files_page(request: StaffRequest) -> HttpResponse:
    """Choose a file that came; files that were not read can be gone on with."""
    if request.method != "POST":
        return _choose(request, UploadForm())
    form = UploadForm(request.POST, files=request.FILES)
    if not form.is_valid():
        return _choose(request, form, 422)
    try:
        file_id = patient_files.upload(by=request.actor, raw=form.cleaned_data["file"].read(MOST_BYTES + 1))
    except BadPatientFile as problem:
        form.add_error("file", file_problem(problem))
        return _choose(request, form, 422)
    except Refused as refusal:
        form.add_error("file", _with_link(refusal))
        return _choose(request, form, 422)
    return redirect("patient-file-read", file_id)


def _with_link(refusal: Refused) -> str:
    """The sentence, with a link to the patient who came with the file before."""
    known = refusal.facts.get("patient")
    if not known:
        return file_refusal(refusal)
    address = reverse("patient", args=[known])
    return format_html('{} <a href="{}">{}</a>', file_refusal(refusal), address, _("Open the patient"))


def _choose(request: StaffRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {
        "place": "caseload",
        "form": form,
        "waiting": patient_files.patient_files(request.actor),
        "most_mb": MOST_BYTES // 1_000_000,
    }
    return page(request, "clinic/patient_files.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
def file_page(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """A file: before it is read what it would make, afterwards its history and documents."""
    found = patient_files.patient_file(request.actor, file_id)
    if request.method != "POST":
        return _show(request, found)
    do = single(request.POST, "do")
    if do == "discard":
        return _discard(request, found)
    if do == "enter":
        return _enter(request, found)
    return _show(request, found, form=EnterForm(request.POST, found=found), status=422)


def _discard(request: StaffRequest, found: FileView) -> HttpResponse:
    try:
        patient_files.discard(by=request.actor, file_id=found.id)
    except Refused as refusal:
        say(request, file_refusal(refusal), kind="stop")
        return redirect("patient-file-read", found.id)
    say(request, _("The file was deleted. Nothing was made from it."))
    return redirect("patient-files")


def _enter(request: StaffRequest, found: FileView) -> HttpResponse:
    form = EnterForm(request.POST, found=found)
    if form.is_valid():
        try:
            patient_id = patient_files.enter(
                by=request.actor, file_id=found.id, asked=Entering(**form.cleaned_data)
            )
        except Refused as refusal:
            form.refuse(refusal, file_refusal(refusal))
        else:
            say(
                request,
                _("%(name)s is now a patient here, and yours") % {"name": found.name},
                _("A review item says what to go through. Ask for consent, and confirm the address."),
            )
            return redirect("patient", patient_id)
    return _show(request, found, form=form, status=422)


def _show(
    request: StaffRequest, found: FileView, *, form: EnterForm | None = None, status: int = 200
) -> HttpResponse:
    begin = read_number(request.GET.get("after", "")) or 0
    context = {
        "place": "caseload",
        "file": found,
        "drugs": drugs_words(found.drugs, clinician=True) if found.drugs else "",
        "signature": signature_words(found.signature, found.partner),
        "documents": list(enumerate(found.documents, start=1)),
        "history": found.history[begin : begin + _LINES],
        "older": begin + _LINES if len(found.history) > begin + _LINES else None,
        "begun": begin,
        "form": form or EnterForm(found=found),
        "refused": form if form is not None and form.errors else None,
    }
    return page(request, "clinic/patient_file_read.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def file_document(request: StaffRequest, file_id: UUID, number: int) -> HttpResponse:
    """A document that came with a file."""
    content = patient_files.document(request.actor, file_id, number)
    return _download(content, "application/pdf", f"document-{number}.pdf")
