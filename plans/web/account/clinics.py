"""Choosing a clinic, for those who work in several."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from plans.services import access
from plans.web.gate import CLINIC_KEY, chosen_clinic, signed_in_page


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_page
def choose_clinic(request: HttpRequest) -> HttpResponse:
    """Show the clinics of whoever is signed in, or work in one of them from now on."""
    mine = access.clinics_of(UUID(str(request.user.pk)))
    if request.method != "POST":
        context = {"clinics": mine, "chosen": chosen_clinic(request)}
        return render(request, "account/clinics.html", context)
    wanted = request.POST.getlist("clinic")
    if len(wanted) != 1 or wanted[0] not in {str(key) for key, _name in mine}:
        raise Http404
    if wanted[0] != str(chosen_clinic(request)):
        # Forms of the clinic chosen before are not taken any more: what they say would be saved in this one.
        rotate_token(request)
    request.session[CLINIC_KEY] = wanted[0]
    return redirect("caseload")
