"""Limits within which no reason is asked: what they are, who signed them, and signing others."""

from __future__ import annotations

from datetime import date
from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.amounts import NBSP, Dose
from plans.domain.errors import Stale
from plans.domain.taper.clinic_limits import PACE, TAILS, ClinicLimits
from plans.services import own_limits
from plans.services.actors import May
from plans.web.forms import EdgeForm, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Posted
from plans.wording.plans import long_day

_USUAL: Final = gettext_lazy("the guideline’s figure")


class LimitsForm(EdgeForm):
    """The two figures; an empty one leaves the rule as it is."""

    pace = forms.ChoiceField(
        label=gettext_lazy("In any 28 days, also in one cut, a dose may fall by up to"),
        required=False,
        choices=[("", _USUAL), *((str(n), f"{n}{NBSP}%") for n in range(PACE[0], PACE[1] + 1))],
    )
    tail = forms.ChoiceField(
        label=gettext_lazy(
            "From 5 mg of diazepam equivalent a day or less, in any 2 weeks, it may fall by up to"
        ),
        required=False,
        choices=[("", _USUAL), *((dose.text, dose.mg) for dose in TAILS)],
    )

    def __init__(self, data: Posted | None = None, *, standing: ClinicLimits) -> None:
        tail = standing.tail.text if standing.tail else ""
        super().__init__(data, initial={"pace": str(standing.pace or ""), "tail": tail})

    @property
    def figures(self) -> tuple[int | None, Dose | None]:
        """Both figures, once the form is valid."""
        pace, tail = self.cleaned_data["pace"], self.cleaned_data["tail"]
        return int(pace) if pace else None, Dose.parse(tail) if tail else None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def signing_page(request: StaffRequest) -> HttpResponse:
    """The limits, and the form that signs others."""
    standing = own_limits.own_limits(request.actor)
    if request.method != "POST":
        return _show(request, LimitsForm(standing=standing), standing)
    form = LimitsForm(request.POST, standing=standing)
    if single(request.POST, "do") != "sign" or not form.is_valid():
        return _show(request, form, standing, status=422)
    pace, tail = form.figures
    try:
        changed = own_limits.sign(
            by=request.actor, seen_digest=single(request.POST, "seen"), pace=pace, tail=tail
        )
    except Stale as stale:
        return _show(request, form, standing, {"stale": True, "who": stale.facts.get("who", "")}, status=409)
    if not changed:
        say(request, _("Nothing was changed"))
    elif pace is None and tail is None:
        say(
            request,
            _("The limits were withdrawn"),
            _("Every finding that needs a reason asks for one again."),
        )
    else:
        say(
            request,
            _("The limits are signed with your name"),
            _("They hold from now on, for new plans and for changes. Plans issued before stay as they are."),
        )
    return redirect("settings-signing")


def _show(
    request: StaffRequest,
    form: LimitsForm,
    standing: ClinicLimits,
    more: Context | None = None,
    status: int = 200,
) -> HttpResponse:
    context: Context = {
        "place": "settings",
        "form": form,
        "standing": standing,
        "seen": standing.digest,
        "on": long_day(date.fromisoformat(standing.on)) if standing.on else "",
        **(more or {}),
    }
    return page(request, "clinic/settings_signing.html", context, status=status)
