"""A patient's consents: how they stand, what was said when, and what a patient tells staff."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.rights.consents import BY_STAFF, CONSENTS, ConsentHow, ConsentPurpose
from plans.services import access, consent_acts, consents, people
from plans.services.actors import May
from plans.services.consents import ConsentLine, ConsentState
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted
from plans.wording.consents import HOW, WORDS, consent_refusal


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One purpose as it stands, in words."""

    name: str
    text: str
    given: bool
    follows: str
    said: ConsentState
    how: str


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One line of the history, in words."""

    said: ConsentLine
    name: str
    how: str


class ConsentForm(EdgeForm):
    """What a patient said to a member of staff."""

    purpose = forms.ChoiceField(label=gettext_lazy("About"), choices=())
    given = forms.ChoiceField(
        label=gettext_lazy("The patient says"),
        choices=(("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No, or takes it back"))),
    )
    how = forms.ChoiceField(label=gettext_lazy("How"), choices=[(one.value, HOW[one]) for one in BY_STAFF])
    note = ParsedField(
        lambda raw: text.clean_line(raw, most=300, required=False),
        required=False,
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For example where the signed form is."),
    )

    def __init__(self, data: Posted | None = None, *, purposes: tuple[ConsentPurpose, ...]) -> None:
        super().__init__(data)
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]  # a choice field
            (one.value, WORDS[one].name) for one in purposes
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
def patient_consents(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """How a patient's consents stand; recording needs the right to change the record."""
    found = consents.of_patient(request.actor, patient_id)
    form = ConsentForm(
        request.POST if request.method == "POST" else None,
        purposes=tuple(one.purpose for one in found.states),
    )
    if form.is_bound:
        access.check_may(request.actor, May.EDIT_PATIENT)
        if form.is_valid() and _told(request, patient_id, form):
            return redirect("patient-consents", patient_id)
    context = {
        "place": "caseload",
        "patient": people.patient_card(request.actor, patient_id),
        "form": form,
        "states": [_standing(one) for one in found.states],
        "history": [SaidLine(one, str(WORDS[one.purpose].name), str(HOW[one.how])) for one in found.history],
        "part2": found.part2,
    }
    return page(request, "clinic/patient_consents.html", context, status=422 if form.is_bound else 200)


def _told(request: StaffRequest, patient_id: UUID, form: ConsentForm) -> bool:
    said = form.cleaned_data
    try:
        consent_acts.tell(
            by=request.actor,
            patient_id=patient_id,
            purpose=ConsentPurpose(said["purpose"]),
            given=said["given"] == "yes",
            how=ConsentHow(said["how"]),
            note=said["note"],
        )
    except Refused as refusal:
        form.refuse(refusal, consent_refusal(refusal))
        return False
    say(request, _("Recorded"))
    return True


def _standing(one: ConsentState) -> StandingLine:
    words = WORDS[one.purpose]
    return StandingLine(
        str(words.name),
        str(words.texts[CONSENTS[one.purpose].version]),
        one.given,
        str(words.yes if one.given else words.no),
        one,
        str(HOW[one.how]) if one.how else "",
    )
