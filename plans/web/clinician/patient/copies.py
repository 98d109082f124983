"""Copies of everything kept about a patient: asked for, put on the patient's page, or saved to hand over."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound, Refused
from plans.services import people, record_copies
from plans.services.actors import May
from plans.web.copy_download import download
from plans.web.forms import EdgeForm, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted
from plans.wording.record_copy import NOTES, copy_refusal


class CopyForm(EdgeForm):
    """Which notes are left out."""

    withheld = forms.MultipleChoiceField(
        label=gettext_lazy("Leave out, because somebody else said it in confidence"),
        help_text=gettext_lazy("The copy says that something was left out, and why; not what."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: Posted | None = None, *, notes: tuple[record_copies.NoteView, ...]) -> None:
        super().__init__(data)
        self.fields["withheld"].choices = [  # type: ignore[attr-defined]  # a choice field
            (one.key, f"{one.at:%Y-%m-%d}, {NOTES[one.kind.value]}: {one.text[:120]}") for one in notes
        ]
        if not notes:
            del self.fields["withheld"]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
@confirmed
def patient_copy(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The copies of a patient, and what can be done with them."""
    card = people.patient_card(request.actor, patient_id)
    form = CopyForm(
        request.POST if request.method == "POST" else None,
        notes=record_copies.notes(request.actor, patient_id),
    )
    if request.method == "POST":
        try:
            answer = _done(request, patient_id, form)
        except Refused as refusal:
            form.add_error(None, copy_refusal(refusal))
        else:
            if answer is not None:
                return answer
    found = record_copies.copies(request.actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "form": form,
        "copies": found,
        "under_way": any(one.state_is["asked"] or one.state_is["being_made"] for one in found),
    }
    return page(request, "clinic/patient_copy.html", context, status=422 if form.is_bound else 200)


def _done(request: StaffRequest, patient_id: UUID, form: CopyForm) -> HttpResponse | None:
    do = single(request.POST, "do")
    if do == "ask" and form.is_valid():
        record_copies.ask(
            by=request.actor, patient_id=patient_id, withheld=form.cleaned_data.get("withheld", ())
        )
        say(request, _("The copy is being made. Load this page again to see how far it is."))
        return redirect("patient-copy", patient_id)
    if do in ("hand", "save"):
        try:
            key = UUID(single(request.POST, "id"))
        except ValueError as bad:
            raise NotFound(what="copy") from bad
        if do == "save":
            return download(record_copies.open_copy(by=request.actor, copy_id=key))
        record_copies.hand_over(by=request.actor, copy_id=key)
        say(request, _("The copy is on the patient’s page, and a message tells them"))
        return redirect("patient-copy", patient_id)
    if not form.errors:
        form.add_error(None, _("Press one of the buttons."))
    return None
