"""Whether the clinic's records are under 42 CFR Part 2, and what follows."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.services import consent_acts, consents
from plans.services.actors import May
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.consents import REDISCLOSURE


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def part2_page(request: StaffRequest) -> HttpResponse:
    """A lead switches it on or off."""
    act = single(request.POST, "act") if request.method == "POST" else ""
    if act in ("off", "on"):
        changed = consent_acts.set_part2(by=request.actor, on=act == "on")
        say(request, _("Saved") if changed else _("Nothing was changed"))
        return redirect("settings-part2")
    context = {"place": "settings", "on": consents.part2_of(request.actor), "notice": REDISCLOSURE}
    status = 422 if request.method == "POST" else 200
    return page(request, "clinic/settings_part2.html", context, status=status)
