"""The page that asks why a record outside one's own list is opened. Of the patient it shows the name."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.services import own_list
from plans.services.actors import May
from plans.services.own_list import REASON_MOST
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, asks_itself, staff_page
from plans.web.layout_context import page


class WhyForm(EdgeForm):
    """Why the record is opened."""

    reason = ParsedField(
        partial(text.clean_line, most=REASON_MOST),
        label=gettext_lazy("Why do you open this record?"),
        help_text=gettext_lazy("The lead reads this. It stays in the history of the patient."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _next(request: StaffRequest, patient_id: UUID) -> str:
    """Where to go on: an address of ours, or the patient's page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours and wanted.startswith("/") else reverse("patient", args=[patient_id])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
@asks_itself
def why_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Ask why, and go on to the page that was wanted."""
    name, go_on = own_list.name_of(request.actor, patient_id), _next(request, patient_id)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        own_list.open_record(by=request.actor, patient_id=patient_id, reason=form.cleaned_data["reason"])
        return redirect(go_on)
    context = {"place": "caseload", "name": name, "next": go_on, "form": form}
    return page(request, "clinic/record_why.html", context, status=422 if form.is_bound else 200)
