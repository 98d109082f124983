"""The forms of a call: what came of it, a call agreed on, and taking "do not call" back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.review.calls import CallResult
from plans.domain.text import clean_text
from plans.services.calls import CallPage
from plans.web.forms import EdgeForm, ParsedField, choices, moment_of, optional_day, optional_hour
from plans.web.untyped import Label, Posted, Values
from plans.wording import calls as words

OUTCOMES: Final = (
    CallResult.REACHED,
    CallResult.LEFT_WORD,
    CallResult.NO_ANSWER,
    CallResult.DO_NOT_CALL,
)
"""What is chosen on a call's page, in this order."""


def _on(label: Label) -> ParsedField:
    widget = forms.TextInput(attrs={"type": "date", "autocomplete": "off"})
    return ParsedField(optional_day, required=False, label=label, widget=widget)


def _at(label: Label) -> ParsedField:
    widget = forms.TextInput(attrs={"type": "time", "autocomplete": "off"})
    return ParsedField(optional_hour, required=False, label=label, widget=widget)


def _note() -> ParsedField:
    widget = forms.Textarea(attrs={"rows": 2, "data-keep": ""})
    return ParsedField(partial(clean_text, most=2000), required=False, label=_("Note"), widget=widget)


@dataclass(frozen=True, slots=True)
class When:
    """A time as it is typed: the names of the fields of its day and its hour, both on the clinic's clock."""

    on: str
    at: str


class TimedForm(EdgeForm):
    """A form with times to call again. A refusal about a time is shown beside the day it is about."""

    times: Mapping[CallResult, When] = {}

    def moment(self, result: CallResult, zone: str) -> datetime | None:
        """The time given for an outcome. Raises Refused("again_half")."""
        when = self.times.get(result)
        if when is None:
            return None
        return moment_of(self.cleaned_data[when.on], self.cleaned_data[when.at], zone)

    def refused(self, refusal: Refused, result: str) -> None:
        """Put a refusal beside the field it is about."""
        where = refusal.where
        if where == "again_on" and result in self.times:
            where = self.times[CallResult(result)].on
        self.add_error(where if where in self.fields else None, words.call_refusal(refusal))


class OutcomeForm(TimedForm):
    """What came of a call. Each outcome has its own fields, so that nothing typed for one counts for another."""

    times: Mapping[CallResult, When] = {
        CallResult.REACHED: When("agreed_on", "agreed_at"),
        CallResult.LEFT_WORD: When("word_on", "word_at"),
        CallResult.NO_ANSWER: When("again_on", "again_at"),
    }

    result = forms.ChoiceField(
        label=_("What came of it"),
        required=False,
        choices=[(one.value, words.RESULTS[one]) for one in OUTCOMES],
        widget=forms.RadioSelect,
    )
    agreed_on = _on(_("Call again on (if agreed)"))
    agreed_at = _at(_("at"))
    word_on = _on(_("Call again on"))
    word_at = _at(_("at"))
    again_on = _on(_("Call again on"))
    again_at = _at(_("at"))
    why = forms.ChoiceField(
        label=_("Why"),
        required=False,
        choices=choices({one.value: text for one, text in words.NO_CALL.items()}, _("Choose")),
    )
    until = _on(_("Last day (empty: until changed)"))
    note = _note()

    @property
    def outcomes(self) -> Iterator[tuple[BoundWidget, tuple[BoundField, ...]]]:
        """Each outcome to choose, with the fields that belong to it."""
        for option, result in zip(self["result"], OUTCOMES, strict=True):
            when = self.times.get(result)
            names = (when.on, when.at) if when is not None else ("why", "until")
            yield option, tuple(self[name] for name in names)


class AgreeForm(TimedForm):
    """A call agreed on, without one."""

    times: Mapping[CallResult, When] = {CallResult.AGREED: When("on", "at")}

    on = _on(_("Call on"))
    at = _at(_("at"))
    note = _note()


class AllowForm(TimedForm):
    """That a patient may be called again."""

    note = _note()


def outcome_form(found: CallPage, data: Posted | None = None) -> OutcomeForm:
    """The form of a call; times that are usual are filled in."""
    zone = ZoneInfo(found.clinic_zone)
    again, word = found.again_on.astimezone(zone), found.tomorrow.astimezone(zone)
    initial: Values = {
        "word_on": word.date().isoformat(),
        "word_at": f"{word:%H:%M}",
        "again_on": again.date().isoformat(),
        "again_at": f"{again:%H:%M}",
    }
    return OutcomeForm(data, prefix="call", initial=initial)


def agree_form(data: Posted | None = None) -> AgreeForm:
    """A form to agree on a call."""
    return AgreeForm(data, prefix="agree")


def allow_form(data: Posted | None = None) -> AllowForm:
    """A form to take "do not call" back."""
    return AllowForm(data, prefix="allow")
