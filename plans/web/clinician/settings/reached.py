"""How a member of staff is reached: their channels, the codes that confirm them, their order and times, and a test.

For the lead, the clinic's daily test as well: when it is sent, and how the last ones went.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from plans.channels.push import addresses
from plans.domain import text
from plans.domain.channel_test import MINUTES_LEAST, MINUTES_MOST, ChannelTestTime
from plans.domain.errors import Refused
from plans.domain.reaching import ChannelKind, clean_number
from plans.domain.text import BadText
from plans.services import accounts, channel_tests, staff_channels
from plans.services.actors import May
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted, Values
from plans.wording.reaching import KINDS, refusal_words
from plans.wording.text import text_words

_CLEAN: Final[dict[ChannelKind, Callable[[str], str]]] = {
    ChannelKind.EMAIL: text.clean_email,
    ChannelKind.PUSH: addresses.clean,
    ChannelKind.TEXT: clean_number,
}
_CODE_WIDGET: Final = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "input num"}
_TIME_WIDGET: Final = {"placeholder": "08:00", "class": "input num", "autocomplete": "off", "maxlength": "5"}


class ChannelForm(EdgeForm):
    """A new channel. `address` is cleaned by its kind."""

    kind = forms.ChoiceField(label=gettext_lazy("Reached by"), widget=forms.RadioSelect)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=addresses.ADDRESS_MOST,
        help_text=gettext_lazy(
            "An e-mail address; a number with its country code; or the address of a push service, such as "
            "ntfys://ntfy.sh/a-topic-nobody-guesses"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "input"}),
    )

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        offered = staff_channels.kinds_offered()
        self.fields["kind"].choices = [(one.value, KINDS[one.value]) for one in offered]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["kind"].initial = offered[0].value

    def clean(self) -> Values:
        """The address as its kind wants it."""
        cleaned = super().clean()
        if "kind" in cleaned and "address" in cleaned:
            try:
                cleaned["address"] = _CLEAN[ChannelKind(cleaned["kind"])](cleaned["address"])
            except BadText as problem:
                self.add_error("address", text_words(problem))
        return cleaned


class CodeForm(EdgeForm):
    """The code that was sent to a channel."""

    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(attrs=_CODE_WIDGET)
    )

    def clean_code(self) -> str:
        """The digits alone."""
        return "".join(str(self.cleaned_data["code"]).split())


class HoursForm(EdgeForm):
    """When a channel may be used for what is not urgent."""

    since = forms.CharField(
        label=gettext_lazy("From"), required=False, widget=forms.TextInput(attrs=_TIME_WIDGET)
    )
    until = forms.CharField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.TextInput(attrs={**_TIME_WIDGET, "placeholder": "20:00"}),
    )

    def clean(self) -> Values:
        """The times; None for an empty one."""
        cleaned = super().clean()
        for name in ("since", "until"):
            try:
                cleaned[name] = text.clean_time(cleaned[name]) if cleaned.get(name) else None
            except BadText as problem:
                self.add_error(name, text_words(problem))
        return cleaned


class DailyForm(EdgeForm):
    """When the clinic's daily test is sent."""

    on = forms.BooleanField(
        label=gettext_lazy("Test the channels of whoever is on duty every day"), required=False
    )
    at = ParsedField(
        text.clean_time,
        label=gettext_lazy("At"),
        widget=forms.TextInput(attrs=_TIME_WIDGET),
    )
    minutes = ParsedField(
        partial(text.clean_whole, least=MINUTES_LEAST, most=MINUTES_MOST),
        label=gettext_lazy("It must come back within"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input num", "autocomplete": "off"}),
    )


def _daily_of(chosen: ChannelTestTime) -> DailyForm:
    return DailyForm(initial={"on": chosen.on, "at": f"{chosen.at:%H:%M}", "minutes": chosen.minutes})


def _show(request: StaffRequest, more: Context | None = None, status: int = 200) -> HttpResponse:
    """The page; `more`: forms with what was typed, and the channel that one of them belongs to."""
    given = dict(more or {})
    actor = request.actor
    here = given.pop("of", None)
    code, hours = given.pop("code_form", None), given.pop("hours_form", None)
    rows = staff_channels.channels_of(actor)
    channels = [
        (
            row,
            KINDS[row.kind.value],
            code if code is not None and row.id == here else CodeForm(auto_id=f"code-{row.number}-%s"),
            hours
            if hours is not None and row.id == here
            else HoursForm(
                auto_id=f"hours-{row.number}-%s",
                initial={
                    "since": f"{row.use_from:%H:%M}" if row.use_from else "",
                    "until": f"{row.use_until:%H:%M}" if row.use_until else "",
                },
            ),
        )
        for row in rows
    ]
    login = accounts.login_address(actor)
    context: Context = {
        "place": "settings",
        "channels": channels,
        "counts": any(row.confirmed and row.offered for row in rows),
        "login": login,
        "login_listed": any(row.address.lower() == login.lower() for row in rows),
        "form": given.pop("form", None) or ChannelForm(),
        "daily": given.pop("daily", None) or _daily_of(channel_tests.test_time(actor)),
        "daily_time": channel_tests.test_time(actor),
        "tests": [(one, KINDS[one.kind.value]) for one in channel_tests.last_tests(actor)],
        "chain": channel_tests.chain_worked_at(actor),
        **given,
    }
    return page(request, "clinic/reached.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def channels_page(request: StaffRequest) -> HttpResponse:
    """The member's own channels, and how the clinic's last tests went."""
    return _show(request)


@require_POST
@staff_page(May.LOOK)
def channel_add(request: StaffRequest) -> HttpResponse:
    """Add a channel: a code goes to it."""
    data: Posted = request.POST
    if request.POST.get("do") == "login":
        data = {"kind": ChannelKind.EMAIL.value, "address": accounts.login_address(request.actor)}
    form = ChannelForm(data)
    if form.is_valid():
        kind, address = ChannelKind(form.cleaned_data["kind"]), form.cleaned_data["address"]
        try:
            staff_channels.add(by=request.actor, kind=kind, address=address)
        except Refused as refusal:
            form.refuse(refusal, refusal_words(refusal))
        else:
            say(
                request,
                _("A code is on its way to %(address)s") % {"address": address},
                _("Enter it below within 30 minutes. Until then nothing else is sent there."),
            )
            return redirect("channels")
    return _show(request, {"form": form, "failed": _("Nothing was added yet")}, 422)


@require_POST
@staff_page(May.LOOK)
def channel_confirm(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Confirm a channel with its code."""
    staff_channels.check_own(by=request.actor, channel_id=channel_id)
    form = CodeForm(request.POST, auto_id="code-typed-%s")
    if form.is_valid():
        try:
            staff_channels.confirm(by=request.actor, channel_id=channel_id, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.refuse(refusal, refusal_words(refusal))
        else:
            say(request, _("Confirmed"), _("Alerts can reach you there from now on."))
            return redirect("channels")
    return _show(request, {"code_form": form, "of": channel_id}, 422)


@require_POST
@staff_page(May.LOOK)
def channel_code(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Send a new code."""
    try:
        staff_channels.send_code(by=request.actor, channel_id=channel_id)
    except Refused as refusal:
        say(request, _("No code was sent"), refusal_words(refusal), kind="stop")
    else:
        say(request, _("A new code is on its way"), _("The one before is no longer valid."))
    return redirect("channels")


@require_POST
@staff_page(May.LOOK)
def channel_hours(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Say when a channel may be used for what is not urgent."""
    staff_channels.check_own(by=request.actor, channel_id=channel_id)
    form = HoursForm(request.POST, auto_id="hours-typed-%s")
    if form.is_valid():
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
        try:
            staff_channels.set_hours(by=request.actor, channel_id=channel_id, since=since, until=until)
        except Refused as refusal:
            form.refuse(refusal, refusal_words(refusal))
        else:
            say(request, _("The times were saved"), _("Urgent alerts use every channel at any time."))
            return redirect("channels")
    return _show(request, {"hours_form": form, "of": channel_id}, 422)


@require_POST
@staff_page(May.LOOK)
def channel_up(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Put a channel one place ahead."""
    staff_channels.move_up(by=request.actor, channel_id=channel_id)
    return redirect("channels")


@require_POST
@staff_page(May.LOOK)
def channel_remove(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Remove a channel."""
    staff_channels.remove(by=request.actor, channel_id=channel_id)
    say(request, _("Removed"), _("Nothing more is sent there, and codes sent there are void."))
    return redirect("channels")


@require_POST
@staff_page(May.LOOK)
def channels_test(request: StaffRequest) -> HttpResponse:
    """Send a test to each of the member's own channels."""
    try:
        sent = channel_tests.test_now(request.actor)
    except Refused as refusal:
        say(request, _("No test was sent"), refusal_words(refusal), kind="stop")
        return redirect("channels")
    head = ngettext("%(n)s test was sent", "%(n)s tests were sent", sent) % {"n": sent}
    say(request, head, _("ReplyAnswer each: reply with its code, or press the button behind its link."))
    return redirect("channels")


@require_POST
@staff_page(May.MANAGE)
def channels_daily(request: StaffRequest) -> HttpResponse:
    """Set when the clinic's daily test is sent."""
    form = DailyForm(request.POST)
    if not form.is_valid():
        return _show(request, {"daily": form}, 422)
    chosen = ChannelTestTime(**{name: form.cleaned_data[name] for name in ("on", "at", "minutes")})
    changed = channel_tests.set_time(by=request.actor, chosen=chosen)
    say(request, _("The daily test was saved") if changed else _("Nothing was changed"))
    return redirect("channels")
