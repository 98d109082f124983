"""Close watch: which rules hold, and what each of them makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.checkins.close_watch import WatchRule
from plans.domain.errors import Stale
from plans.services import close_watch
from plans.services.actors import May
from plans.services.close_watch import WatchRuleLoad
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording.close_watch import RULES

_KNOWN: Final = {rule.value: rule for rule in WatchRule}


@dataclass(frozen=True, slots=True)
class WatchRuleRow:
    """A rule in words, with its figures; `ticked`: as it was chosen, or as it stands."""

    code: str
    words: Promise
    load: WatchRuleLoad
    ticked: bool


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def close_watch_page(request: StaffRequest) -> HttpResponse:
    """The rules and what they make; a post switches them."""
    if request.method != "POST":
        return _show(request)
    seen, chosen = (_read(request, name) for name in ("seen", "rules"))
    try:
        changed = close_watch.switch(by=request.actor, seen=seen, chosen=chosen)
    except Stale as stale:
        return _show(request, chosen, {"stale": True, "who": stale.facts.get("who", "")}, status=409)
    say(
        request,
        _("Saved: these rules hold from now on") if changed else _("Nothing was changed"),
        _("Items that are open keep their priority.") if changed else "",
    )
    return redirect("settings-close-watch")


def _read(request: StaffRequest, name: str) -> list[WatchRule]:
    return [_KNOWN[code] for code in request.POST.getlist(name) if code in _KNOWN]


def _show(
    request: StaffRequest,
    chosen: Sequence[WatchRule] | None = None,
    more: Context | None = None,
    status: int = 200,
) -> HttpResponse:
    loads = close_watch.loads(request.actor)
    rows = [
        WatchRuleRow(one.rule.value, RULES[one.rule], one, one.on if chosen is None else one.rule in chosen)
        for one in loads
    ]
    context: Context = {
        "place": "settings",
        "rows": rows,
        "seen": [one.rule.value for one in loads if one.on],
        "weeks": close_watch.TRIED_WEEKS,
        **(more or {}),
    }
    return page(request, "clinic/settings_close_watch.html", context, status=status)
