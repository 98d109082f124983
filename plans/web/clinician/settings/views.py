"""The clinic's settings: who is on call, and the facts patients and letters are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.domain.errors import Refused
from plans.domain.places import countries
from plans.services import accounts
from plans.services.accounts import ClinicCard, Member
from plans.services.actors import May, Role
from plans.web.clinician.settings import more as settings_more
from plans.web.forms import EdgeForm, choices
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.people import ROLES
from plans.wording.times import opening_words

_REFUSALS = {
    "same_person": gettext_lazy(
        "The second must be somebody else: nobody would be left to alert. Choose another."
    ),
    "not_a_clinician": gettext_lazy(
        "Only an active clinician of this clinic can be on call. Choose another."
    ),
}


class OnCallForm(EdgeForm):
    """Who is alerted first, and who second."""

    primary = forms.ChoiceField(label=gettext_lazy("On call, alerted first"), required=False)
    second = forms.ChoiceField(label=gettext_lazy("Second, alerted after 30 minutes"), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, members: Sequence[Member], **more: Any
    ) -> None:
        super().__init__(data, **more)
        able = {str(m.user_id): m.name for m in members if m.role in (Role.LEAD, Role.CLINICIAN)}
        for name in ("primary", "second"):
            self.fields[name].choices = choices(able, gettext_lazy("Nobody"))  # type: ignore[attr-defined]  # a ChoiceField


def _show(
    request: StaffRequest, clinic: ClinicCard, members: Sequence[Member], form: OnCallForm, status: int = 200
) -> HttpResponse:
    context = {
        "place": "settings",
        "clinic": clinic,
        "hours": opening_words(clinic.hours, "") or _("never open"),
        "country": countries().get(clinic.country, clinic.country),
        "members": [(member, ROLES[member.role]) for member in members],
        "form": form,
        **settings_more.context_of(request.actor, clinic),
    }
    return page(request, "clinic/settings.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def settings_page(request: StaffRequest) -> HttpResponse:
    """The clinic as it is set up; the lead can say who is on call."""
    clinic, members = accounts.clinic_card(request.actor), accounts.members(request.actor)
    start = {"primary": clinic.primary_id or "", "second": clinic.second_id or ""}
    return _show(request, clinic, members, OnCallForm(members=members, initial=start))


@require_POST
@staff_page(May.MANAGE)
def on_call(request: StaffRequest) -> HttpResponse:
    """Say who is on call."""
    clinic, members = accounts.clinic_card(request.actor), accounts.members(request.actor)
    form = OnCallForm(request.POST, members=members)
    if form.is_valid():
        primary, second = (
            UUID(raw) if (raw := form.cleaned_data[n]) else None for n in ("primary", "second")
        )
        try:
            accounts.set_on_call(by=request.actor, primary_id=primary, second_id=second)
        except Refused as refusal:
            form.refuse(refusal, _REFUSALS[str(refusal.facts["reason"])])
        else:
            say(request, _("Saved who is on call"), _("Alerts go to them from now on."))
            return redirect("settings")
    return _show(request, clinic, members, form, 422)
