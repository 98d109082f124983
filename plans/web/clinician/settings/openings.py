"""Records that were opened outside somebody's own list, with the reasons; and whether the clinic asks for one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.services import own_list
from plans.services.actors import May
from plans.web.clinician import patient_search
from plans.web.forms import single
from plans.web.gate import StaffRequest, list_page, staff_page
from plans.web.layout_context import page, say


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@list_page
def openings_page(request: StaffRequest) -> HttpResponse:
    """The list, newest first; a post switches the question on or off."""
    if request.method == "POST":
        do = single(request.POST, "do")
        if do in ("on", "off"):
            own_list.set_asks_why(by=request.actor, on=do == "on")
            say(
                request,
                _("Records outside one’s own list ask why from now on")
                if do == "on"
                else _("Records no longer ask why"),
            )
        return redirect("openings")
    word, q = patient_search.read(request)
    pages = own_list.openings(request.actor, q=q, key=request.GET.get("after"))
    context = {
        "place": "settings",
        "asks": request.actor.asks_why,
        "searched": q,
        "pages": pages,
        "query": f"find={word}&" if word else "",
    }
    return page(request, "clinic/openings.html", context)
