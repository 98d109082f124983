"""The clinic's downtime list: when it was last made, its code, and the file itself."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused
from plans.services import downtime
from plans.services.actors import May
from plans.web.forms import single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.wording.downtime import downtime_refusal


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
@confirmed
def downtime_page(request: StaffRequest) -> HttpResponse:
    """Save the newest list; a lead sets the code."""
    code = ""
    act = single(request.POST, "act") if request.method == "POST" else ""
    if act == "save":
        try:
            content, made_at = downtime.fetch(by=request.actor)
        except Refused as refusal:
            say(request, downtime_refusal(refusal), kind="think")
        else:
            answer = HttpResponse(content, content_type="text/html; charset=utf-8")
            answer["Content-Disposition"] = f'attachment; filename="downtime-{made_at:%Y-%m-%d}.html"'
            return answer
    elif act == "code":
        code = downtime.set_key(by=request.actor)
        say(request, _("A new code was made. A list is made with it within some minutes."))
    context = {"place": "settings", "list": downtime.latest(request.actor), "code": code}
    done = request.method != "POST" or act == "code"
    return page(request, "clinic/downtime.html", context, status=200 if done else 422)
