"""One's own account in a clinic, for roles without the clinic's settings; and the operator's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from plans.services import installation
from plans.services.actors import May
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.wording.people import ROLE_MAY, ROLES


@require_safe
@staff_page(May.MEMBER)
def own_page(request: StaffRequest) -> HttpResponse:
    """Name, role and what it may do; password, another clinic, signing out."""
    role = request.actor.role.value if request.actor.role else ""
    context = {"place": "own", "role": ROLES.get(role, ""), "role_may": ROLE_MAY.get(role, "")}
    return page(request, "clinic/own.html", context)


@require_safe
@staff_page(May.OPERATE)
def installation_page(request: StaffRequest) -> HttpResponse:
    """Whether work is done, what waits, how the installation is set up."""
    context = {"place": "installation", "found": installation.read(request.actor)}
    return page(request, "clinic/installation.html", context)
