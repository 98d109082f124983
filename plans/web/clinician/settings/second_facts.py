"""What patients' pages ask on a new device: the year of birth too, or a code only."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.services import second_fact
from plans.services.actors import May
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def second_facts_page(request: StaffRequest) -> HttpResponse:
    """Whether the year of birth opens the plan until a patient has a code."""
    act = single(request.POST, "act") if request.method == "POST" else ""
    if act in ("off", "on"):
        changed = second_fact.set_birth_year_off(by=request.actor, off=act == "off")
        say(request, _("Saved") if changed else _("Nothing was changed"))
        return redirect("settings-second-facts")
    context = {"place": "settings", "use": second_fact.birth_year_use(request.actor)}
    return page(
        request, "clinic/settings_second_facts.html", context, status=422 if request.method == "POST" else 200
    )
