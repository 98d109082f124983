"""Outside services on the rota: entered, corrected, cancelled."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import Refused
from plans.services import accounts, clock, outside_services
from plans.services.actors import May
from plans.services.outside_services import ServiceHours
from plans.web.clinician.settings.rota_shifts import RotaHoursForm, words_of
from plans.web.forms import EdgeForm, ParsedField, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording.rota import rota_moment, span_words

_NAME_MOST: Final = 100


def _name_field() -> ParsedField:
    return ParsedField(
        partial(text.clean_line, most=_NAME_MOST),
        label=gettext_lazy("Name of the service"),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "maxlength": _NAME_MOST}),
    )


def _phone_field() -> ParsedField:
    return ParsedField(
        text.clean_phone,
        label=gettext_lazy("Its phone number, as patients dial it"),
        widget=forms.TextInput(
            attrs={"type": "tel", "class": "input", "autocomplete": "off", "maxlength": 40}
        ),
    )


class ServiceForm(EdgeForm):
    """A service's name and number."""

    name = _name_field()
    phone = _phone_field()


class ServiceHoursForm(RotaHoursForm):
    """A service's name and number, days, and which of their hours."""

    field_order = ("name", "phone")
    name = _name_field()
    phone = _phone_field()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def services_page(request: StaffRequest) -> HttpResponse:
    """The hours of outside services to come, and the form to enter more."""
    zone = accounts.clinic_card(request.actor).zone
    today = clock.today(zone).isoformat()
    form = ServiceHoursForm(initial={"first_day": today, "last_day": today, "pattern": "nights"})
    if request.method == "POST":
        form = ServiceHoursForm(request.POST)
        if form.is_valid():
            name, phone = form.cleaned_data["name"], form.cleaned_data["phone"]
            try:
                number = outside_services.add(by=request.actor, name=name, phone=phone, **form.hours())
            except Refused as refusal:
                form.refuse(refusal, words_of(refusal, zone))
            else:
                said = ngettext(
                    "%(name)s is on the rota %(n)s time", "%(name)s is on the rota %(n)s times", number
                )
                say(
                    request,
                    said % {"name": name, "n": number},
                    _("Patients are told then to call %(phone)s.") % {"phone": phone},
                )
                return redirect("rota-services")
    q = request.GET.get("name", "").replace("\0", "")[:200].strip()
    context: Context = {
        "place": "settings",
        "form": form,
        "pages": outside_services.ahead(request.actor, q=q, key=request.GET.get("after")),
        "searched": q,
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "clinic/rota_services.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def service_page(request: StaffRequest, hours_id: UUID) -> HttpResponse:
    """Hours of an outside service: correct its name and number, or cancel them."""
    zone = accounts.clinic_card(request.actor).zone
    row = outside_services.hours(request.actor, hours_id)
    do = single(request.POST, "do") if request.method == "POST" else ""
    # The cancelling form sends no fields; whatever else was typed is shown again, whichever button was pressed.
    typed = do == "correct" or "name" in request.POST or "phone" in request.POST
    form = ServiceForm(request.POST if typed else None, initial={"name": row.name, "phone": row.phone})
    refused: EdgeForm = form
    if request.method == "POST":
        try:
            said = _do(request, do, row, form)
        except Refused as refusal:
            refused = EdgeForm({})
            refused.is_valid()
            refused.refuse(refusal, words_of(refusal, zone))
        else:
            if said:
                say(request, said)
                return redirect("rota-services")
    context: Context = {
        "place": "settings",
        "shift": row,
        "span": span_words(row.start, row.end, zone),
        "cancelled": rota_moment(row.cancelled_at, zone) if row.cancelled_at else "",
        "changeable": not (row.cancelled_at or row.over),
        "form": form,
        "refused": refused,
        "all": row.alike + 1,
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "clinic/rota_service.html", context, status=status)


def _do(request: StaffRequest, do: str, row: ServiceHours, form: ServiceForm) -> str:
    if do in ("cancel", "cancel_alike"):
        number = outside_services.cancel(by=request.actor, hours_id=row.id, alike=do == "cancel_alike")
        said = ngettext("%(name)s: %(n)s time was cancelled", "%(name)s: %(n)s times were cancelled", number)
        return said % {"name": row.name, "n": number}
    if do == "correct" and form.is_valid():
        name, phone = form.cleaned_data["name"], form.cleaned_data["phone"]
        number = outside_services.correct(by=request.actor, hours_id=row.id, name=name, phone=phone)
        if not number:
            return _("Nothing was changed")
        return _("From now on patients are told to call %(name)s, %(phone)s") % {"name": name, "phone": phone}
    if do != "correct":
        raise Refused(reason="no_button")
    return ""
