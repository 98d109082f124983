"""The clinic's templates of plans: which there are, from which new plans begin, and removing one."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound
from plans.services.actors import May
from plans.services.plans import templates
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.plans import long_day


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def templates_page(request: StaffRequest) -> HttpResponse:
    """List the templates; a post lets new plans begin from one, or removes one."""
    if request.method == "POST":
        return _act(request)
    return _show(request)


def _act(request: StaffRequest) -> HttpResponse:
    do, _sep, name = request.POST.get("do", "").partition("|")
    try:
        if do == "usual":
            templates.begin_from(by=request.actor, name=name)
            said = (
                _("New plans begin from “{name}”.").format(name=name)
                if name
                else _("New plans begin from none.")
            )
        elif do == "remove":
            templates.remove(by=request.actor, name=name)
            said = _("The template “{name}” was removed. Plans begun from it stay as they are.").format(
                name=name
            )
        else:
            return _show(request, status=422)
    except NotFound:
        said = _("This template was removed meanwhile.")
    say(request, said)
    return redirect("settings-templates")


def _show(request: StaffRequest, status: int = 200) -> HttpResponse:
    found = templates.templates(request.actor)
    rows = [(one, long_day(date.fromisoformat(one.on))) for one in found]
    context = {"place": "settings", "templates": rows}
    return page(request, "clinic/settings_templates.html", context, status=status)
