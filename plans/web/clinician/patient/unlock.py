"""Opening a patient's dose pages again after five wrong years of birth: somebody has spoken with the patient."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from plans.services import patient_pages
from plans.services.actors import May
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import say


@require_POST
@staff_page(May.EDIT_PATIENT)
def unlock(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Forget the wrong years; pressed twice it says the same."""
    patient_pages.unlock_birth_year(by=request.actor, patient_id=patient_id)
    say(request, _("The patient can open the plan again."))
    return HttpResponseRedirect(reverse("patient", args=[patient_id]))
