"""Signing: limits within which no reason is asked, and what needs a second signature."""

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
from plans.domain.errors import Refused, Stale
from plans.domain.taper.clinic_limits import PACE, TAILS, ClinicLimits
from plans.domain.taper.second_signature import Trigger
from plans.services import own_limits, second_signature
from plans.services.actors import May
from plans.web.forms import EdgeForm, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Posted
from plans.wording.plans import long_day
from plans.wording.second_signature import TRIGGERS

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


class SecondForm(EdgeForm):
    """What needs a second signature."""

    triggers = forms.MultipleChoiceField(
        label=gettext_lazy("Needs a second signature"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.value, words) for one, words in TRIGGERS.items()],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def signing_page(request: StaffRequest) -> HttpResponse:
    """Both settings; a post signs limits, or chooses what needs a second signature."""
    standing, chosen = own_limits.own_limits(request.actor), second_signature.triggers(request.actor)
    limits, second = LimitsForm(standing=standing), SecondForm(initial={"triggers": [*chosen]})
    do = single(request.POST, "do") if request.method == "POST" else ""
    if do == "sign":
        limits = LimitsForm(request.POST, standing=standing)
        if limits.is_valid():
            return _sign(request, limits, second, standing)
    elif do == "second":
        second = SecondForm(request.POST)
        if second.is_valid():
            return _choose(request, limits, second, standing)
    return _show(request, limits, second, standing, status=422 if request.method == "POST" else 200)


def _sign(
    request: StaffRequest, limits: LimitsForm, second: SecondForm, standing: ClinicLimits
) -> HttpResponse:
    pace, tail = limits.figures
    try:
        changed = own_limits.sign(
            by=request.actor, seen_digest=single(request.POST, "seen"), pace=pace, tail=tail
        )
    except Stale as stale:
        return _show(request, limits, second, standing, _newer(stale), status=409)
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


def _choose(
    request: StaffRequest, limits: LimitsForm, second: SecondForm, standing: ClinicLimits
) -> HttpResponse:
    seen, chosen = request.POST.getlist("seen_triggers"), second.cleaned_data["triggers"]
    known = {one.value: one for one in Trigger}
    try:
        changed = second_signature.set_triggers(
            by=request.actor,
            seen=[known[one] for one in seen if one in known],
            chosen=[known[one] for one in chosen],
        )
    except Stale as stale:
        return _show(request, limits, second, standing, _newer(stale), status=409)
    except Refused as refusal:
        second.refuse(
            refusal,
            _("Nobody else in this clinic could sign. Add a second clinician first, then choose."),
        )
        return _show(request, limits, second, standing, status=422)
    say(
        request,
        _("Saved: this needs a second signature from now on") if changed else _("Nothing was changed"),
        _("What is waiting already goes on waiting.") if changed else "",
    )
    return redirect("settings-signing")


def _newer(stale: Stale) -> Context:
    return {"stale": True, "who": stale.facts.get("who", "")}


def _show(
    request: StaffRequest,
    limits: LimitsForm,
    second: SecondForm,
    standing: ClinicLimits,
    more: Context | None = None,
    status: int = 200,
) -> HttpResponse:
    context: Context = {
        "place": "settings",
        "limits": limits,
        "second": second,
        "form": second if second.is_bound else limits,
        "standing": standing,
        "seen": standing.digest,
        "seen_triggers": second_signature.triggers(request.actor),
        "on": long_day(date.fromisoformat(standing.on)) if standing.on else "",
        **(more or {}),
    }
    return page(request, "clinic/settings_signing.html", context, status=status)
