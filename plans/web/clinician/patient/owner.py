"""Whose patient it is: the page on which that is said."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused
from plans.services import owners
from plans.services.actors import Actor, May
from plans.services.owners import Ownership
from plans.web.forms import EdgeForm
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted

_NOBODY: Final = "nobody"
_GONE: Final = gettext_lazy("They do not plan in this clinic any more. Choose somebody else.")


class OwnerForm(EdgeForm):
    """One of the members who can have patients, or nobody."""

    owner = forms.ChoiceField(label=gettext_lazy("Owner"))

    def __init__(self, actor: Actor, data: Posted | None = None, *, standing: Ownership) -> None:
        super().__init__(data, initial={"owner": str(standing.owner_id or _NOBODY)})
        members = [(str(key), name) for key, name in owners.candidates(actor)]
        self.fields["owner"].choices = [*members, (_NOBODY, _("Nobody"))]  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.EDIT_PATIENT)
def patient_owner(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Say whose patient it is."""
    actor = request.actor
    standing = owners.ownership(actor, patient_id, May.EDIT_PATIENT)
    form = OwnerForm(actor, request.POST if request.method == "POST" else None, standing=standing)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["owner"]
        try:
            owners.set_owner(
                by=actor, patient_id=patient_id, owner_id=None if chosen == _NOBODY else UUID(chosen)
            )
        except Refused as refusal:
            form.refuse(refusal, _GONE)
        else:
            say(request, _("The owner is saved"))
            return redirect("patient", patient_id)
    context = {"place": "caseload", "standing": standing, "form": form}
    return page(request, "clinic/patient_owner.html", context, status=422 if form.is_bound else 200)
