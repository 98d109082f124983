"""The forms on an item's page, one for each act, so that a refusal is about one thing only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.review.outcomes import ENDS_A_CALL, NOTE_NEEDED, CallOutcome, ReviewOutcome, likely
from plans.domain.text import clean_text, clean_whole
from plans.services.item_page import ItemPage
from plans.services.review.queries import EventView
from plans.web.forms import EdgeForm, ParsedField, choices, optional_day, optional_hour
from plans.web.untyped import Context, Label, Options, Posted, Values
from plans.wording import review

# What can be done with the plan from an item; "leave" is a decision too and is recorded.
PLAN_ACTS: Final = {
    "hold": _("Hold"),
    "step_back": _("Step back"),
    "slow_down": _("Slow down"),
    "leave": _("Leave as it is"),
}
_CALLED: Final = {one.value: review.CALL_OUTCOMES[one.value] for one in CallOutcome if one in ENDS_A_CALL}
_DAYS: Final = {"hold": "14", "step_back": "14", "slow_down": "21"}


def _note(label: Label, rows: int = 2, **more: Options) -> ParsedField:
    return ParsedField(
        partial(clean_text, most=2000), required=False, label=label,
        widget=forms.Textarea(attrs={"rows": rows, "data-keep": ""}), **more,
    )  # fmt: skip


def _line(label: Label, **more: Options) -> ParsedField:
    return ParsedField(
        partial(clean_text, most=300), required=False, label=label,
        widget=forms.TextInput(attrs={"data-keep": "", "autocomplete": "off"}), **more,
    )  # fmt: skip


class ItemForm(EdgeForm):
    """A form about an item. The service decides what is required; its refusal is shown beside the field."""

    def refused(self, refusal: Refused) -> None:
        """Put a refusal beside the field it names."""
        self.refuse(refusal, review.review_refusal(refusal))


class CallForm(ItemForm):
    """Who was called, and the outcome."""

    callee = forms.ChoiceField(label=_("Who was called"), choices=choices(review.CALLEES), required=False)
    outcome = forms.ChoiceField(
        label=_("What happened"), choices=choices(review.CALL_OUTCOMES, _("Choose")), required=False
    )
    again_on = ParsedField(
        optional_day,
        required=False,
        label=_("Call again on"),
        help_text=_("The patient is on the list of calls then; empty: as usual after this outcome"),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )
    again_at = ParsedField(
        optional_hour,
        required=False,
        label=_("at"),
        widget=forms.TextInput(attrs={"type": "time", "autocomplete": "off"}),
    )
    note = _note(_("Note"))


class NoteForm(ItemForm):
    """A note."""

    note = _note(_("Note"))


class EscalateForm(ItemForm):
    """A message to the person alerted next."""

    note = _note(_("Why"))


class PassForm(ItemForm):
    """To whom, with a note."""

    to = forms.ChoiceField(label=_("Reassign to"), required=False)
    note = _note(_("Why"))

    def __init__(self, data: Posted | None = None, *, item: ItemPage, **more: Options) -> None:
        super().__init__(data, **more)
        people = {str(one.id): one.name for one in item.colleagues}
        self.fields["to"].choices = choices(people, _("Choose"))  # type: ignore[attr-defined]  # a ChoiceField


class TakeOverForm(ItemForm):
    """Why it is taken over."""

    note = _note(_("Why"), help_text=_("Whoever has it is told, and it stands in the history."))


class SnoozeForm(ItemForm):
    """Until when, and why."""

    until = ParsedField(
        str, required=False, label=_("Snooze until"), help_text=_("It comes back at 08:00 of that day"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    note = _note(_("Why"))


class WaitForm(ItemForm):
    """For whom, until when at the latest, and for what."""

    waits_for = forms.ChoiceField(
        label=_("Wait for"), choices=choices(review.WAITS_FOR, _("Choose")), required=False
    )
    until = ParsedField(
        str, required=False, label=_("Until"), help_text=_("It comes back at 08:00 of that day"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    note = _note(_("For what"))


class EndForm(ItemForm):
    """How it ended, and what that end needs beside: a call that was just made is recorded with it."""

    called = forms.ChoiceField(
        label=_("Called the patient just now"), choices=choices(_CALLED, _("No")), required=False
    )
    outcome = forms.ChoiceField(label=_("What happened"), required=False)
    referred_to = _line(_("Referred to"), help_text=_("A service, a colleague or a clinic"))
    told = _line(_("Who else was told"), help_text=_("Or why nobody could be"))
    no_call = _line(_("Why no call was logged"))
    note = _note(_("Note"))

    def __init__(self, data: Posted | None = None, *, item: ItemPage, **more: Options) -> None:
        super().__init__(data, **more)
        if item.patient is None:
            del self.fields["called"]
        known = {o.value: review.OUTCOMES[o.value] for o in item.ends.outcomes}
        self.fields["outcome"].choices = choices(known, _("Choose"))  # type: ignore[attr-defined]  # a ChoiceField
        urgent = item.ends.priority in NOTE_NEEDED
        self.fields["note"].help_text = _("Urgent items need both.") if urgent else ""
        self.asks_for_a_call = item.ends.call and not item.attempts.calls
        if self.asks_for_a_call:
            self.fields["no_call"].help_text = _(
                "This item needs a call. Log it, or say here why there was none."
            )


class ActForm(ItemForm):
    """What to do with the plan."""

    act = forms.ChoiceField(label=_("Change"), choices=choices(PLAN_ACTS), widget=forms.RadioSelect)
    days = ParsedField(
        partial(clean_whole, least=1, most=365), label=_("Days"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input num", "autocomplete": "off"}),
    )  # fmt: skip
    start = forms.ChoiceField(
        label=_("From"), choices=[("today", _("today’s doses on")), ("tomorrow", _("tomorrow’s doses on"))]
    )
    act_note = _note(_("Why"), help_text=_("Kept with the version, under your name"))

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        if isinstance(data, QueryDict) and data.get("act-act") == "leave":
            # The number of days is hidden then and ignored.
            data = data.copy()
            data["act-days"] = _DAYS["hold"]
        super().__init__(data, **more)

    def params(self) -> Values:
        """As the revision service takes them."""
        return {"days": self.cleaned_data["days"], "from": self.cleaned_data["start"]}


@dataclass(frozen=True, slots=True)
class ItemForms:
    """All forms of the page; a refused one is bound."""

    call: CallForm
    note: NoteForm
    escalate: EscalateForm
    pass_on: PassForm
    take_over: TakeOverForm
    snooze: SnoozeForm
    wait: WaitForm
    end: EndForm
    act: ActForm

    def with_bound(self, name: str, form: ItemForm) -> ItemForms:
        """The same, with one form as it was sent."""
        return replace(self, **cast(Context, {name: form}))


def _end_preset(item: ItemPage) -> Values:
    """How the item is likely to end, by what its holder did; after a change of the plan with its reason."""
    done = [event for event in _since_claimed(item) if event.kind not in ("claimed", "alerted")]
    found = likely(item.ends, [event.kind for event in done], item.attempts)
    if found is None:
        return {}
    changed = next((event for event in done if event.kind == "plan_changed"), None)
    note = changed.note if changed is not None and found is ReviewOutcome.PLAN_CHANGED else ""
    return {"outcome": found.value, "note": note}


def _since_claimed(item: ItemPage) -> list[EventView]:
    """What was done since the item was first claimed, newest first."""
    claims = [n for n, event in enumerate(item.events) if event.kind in ("claimed", "taken_over")]
    return list(item.events[: claims[-1]]) if claims else []


def fresh(item: ItemPage, act: str = "hold") -> ItemForms:
    """Empty forms, with the usual change chosen, so that its consequences are shown at once."""
    return ItemForms(
        call=CallForm(prefix="call"),
        note=NoteForm(prefix="note"),
        escalate=EscalateForm(prefix="escalate"),
        pass_on=PassForm(prefix="pass", item=item),
        take_over=TakeOverForm(prefix="take"),
        snooze=SnoozeForm(prefix="snooze"),
        wait=WaitForm(prefix="wait"),
        end=EndForm(prefix="end", item=item, initial=_end_preset(item)),
        act=ActForm(prefix="act", initial={"act": act, "days": _DAYS.get(act, "14"), "start": "today"}),
    )


def bind(name: str, data: QueryDict, item: ItemPage) -> ItemForm:
    """The form `name` of ItemForms as it was sent."""
    if name == "pass_on":
        return PassForm(data, prefix="pass", item=item)
    if name == "end":
        return EndForm(data, prefix="end", item=item)
    if name == "take_over":
        return TakeOverForm(data, prefix="take")
    plain: dict[str, type[ItemForm]] = {
        "call": CallForm, "note": NoteForm, "escalate": EscalateForm, "snooze": SnoozeForm, "wait": WaitForm,
        "act": ActForm,
    }  # fmt: skip
    return plain[name](data, prefix=name)
