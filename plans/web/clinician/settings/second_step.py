"""The second step at sign-in: from when the clinic requires it, and resetting a colleague's lost one."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import Refused, Stale
from plans.services import members, second_factor
from plans.services.actors import May
from plans.services.second_factor import FactorPolicy
from plans.web.forms import EdgeForm, ParsedField, optional_day, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording.plans import long_day
from plans.wording.signing_in import REFUSALS
from plans.wording.text import text_words

_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2099, 12, 31)


class PolicyForm(EdgeForm):
    """The day from which a second step is required."""

    begins = ParsedField(
        partial(text.clean_date, earliest=_EARLIEST, latest=_LATEST),
        label=gettext_lazy("Required from"),
        help_text=gettext_lazy("Today or a day that is past: at once"),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )


class ResetForm(EdgeForm):
    """Why a second step is reset."""

    reason = ParsedField(
        partial(text.clean_line, most=200),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("How you know that it is them who asks: it stays in the clinic’s history"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def policy_page(request: StaffRequest) -> HttpResponse:
    """From when everybody here needs a second step, and who has none yet."""
    standing = second_factor.policy(request.actor)
    shown = standing.begins.isoformat() if standing.begins else standing.today.isoformat()
    if request.method != "POST":
        return _policy(request, standing, PolicyForm(initial={"begins": shown}))
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _policy(request, standing, form, status=422)
    begins: date = form.cleaned_data["begins"]
    try:
        changed = second_factor.set_begins(
            by=request.actor, seen=optional_day(single(request.POST, "seen")), begins=begins
        )
    except text.BadText as problem:
        form.add_error(None, text_words(problem))
        return _policy(request, standing, form, status=422)
    except Refused as refusal:
        form.refuse(refusal, REFUSALS[str(refusal.facts["reason"])])
        return _policy(request, standing, form, status=422)
    except Stale as stale:
        more: Context = {"stale": True, "who": stale.facts.get("who", "")}
        return _policy(request, standing, form, more, status=409)
    if changed:
        say(
            request,
            _("A second step is required from %(day)s on") % {"day": long_day(begins)},
            _("Whoever has none then sets one up at the next click, before anything else."),
        )
    else:
        say(request, _("Nothing was changed"))
    return redirect("settings-second-step")


def _policy(
    request: StaffRequest,
    standing: FactorPolicy,
    form: PolicyForm,
    more: Context | None = None,
    status: int = 200,
) -> HttpResponse:
    context: Context = {
        "place": "settings",
        "form": form,
        "standing": standing,
        "begins": long_day(standing.begins) if standing.begins else "",
        **(more or {}),
    }
    return page(request, "clinic/settings_second_step.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def reset_page(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Reset the second step of a colleague who lost it."""
    one = members.member(request.actor, user_id)
    form = ResetForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            done = second_factor.reset(by=request.actor, user_id=user_id, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.refuse(refusal, REFUSALS[str(refusal.facts["reason"])])
        else:
            _say_reset(request, one.name, done=done)
            return redirect("member", user_id)
    if form.is_bound:
        status = 422
    context = {
        "place": "settings",
        "form": form,
        "member": one,
        "has_one": second_factor.member_has_one(request.actor, user_id),
    }
    return page(request, "clinic/member_second_step.html", context, status=status)


def _say_reset(request: StaffRequest, name: str, *, done: bool) -> None:
    if done:
        say(
            request,
            _("The second step of %(name)s was reset") % {"name": name},
            _(
                "They were told by e-mail, their sessions ended, and they set up a new one at the next sign-in."
            ),
        )
    else:
        say(request, _("%(name)s has no second step to reset") % {"name": name}, kind="think")
