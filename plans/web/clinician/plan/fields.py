"""Fields of the plan form: text parsed strictly by the domain, and refused with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import TaperplanError
from plans.domain.taper import reading
from plans.domain.taper.refusals import WrongType
from plans.web.untyped import Label, Options
from plans.wording.plans import problem

_WHOLE_LONGEST = 6


class ReadField(forms.CharField):
    """A line of text parsed by the domain; a refusal is shown beside the field, and what was typed stays."""

    def __init__(
        self,
        read: Callable[[str], Any],  # Any: what a field reads its text into is its own
        *,
        css: str = "input",
        mode: str = "text",
        **options: Options,
    ) -> None:
        options.setdefault("required", False)
        attrs = {"class": css, "inputmode": mode, "autocomplete": "off", **options.pop("attrs", {})}
        super().__init__(strip=False, widget=forms.TextInput(attrs=attrs), **options)
        self._read = read

    # Any: as above.
    def clean(self, value: Any) -> Any:
        """The parsed value; None if nothing was typed and nothing is required."""
        text = "" if value is None else str(value).strip(" ")
        if not text and not self.required:
            return None
        try:
            return self._read(text)
        except TaperplanError as refusal:
            raise forms.ValidationError(problem(refusal)) from None


def read_dose(text: str) -> str:
    """A dose in mg above zero, as the request writes it. Raises BadAmount, ZeroAmount."""
    return reading.amount(text, "").text


def read_dose_or_zero(text: str) -> str:
    """A dose in mg, zero allowed."""
    return reading.amount(text, "", zero=True).text


def read_volume(text: str) -> str:
    """A volume in mL above zero, as the request writes it."""
    return reading.volume(text, "").text


def read_percent(text: str) -> str:
    """A percentage as the request writes it."""
    return reading.percent_text(reading.percent(text, ""))


def read_day(text: str) -> str:
    """An ISO date as the request writes it."""
    return reading.day(text, "").isoformat()


def whole_between(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers in ASCII digits, in a range."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > _WHOLE_LONGEST:
            raise WrongType(expected="whole_number", got="text")
        return reading.whole(int(text), "", lowest=lowest, highest=highest)

    return read


def dose_field(label: str | Promise, **options: Options) -> ReadField:
    """A dose in mg."""
    return ReadField(read_dose, label=label, css="input num", mode="decimal", max_length=40, **options)


def whole_field(label: str | Promise, lowest: int, highest: int, **options: Options) -> ReadField:
    """A whole number."""
    return ReadField(
        whole_between(lowest, highest), label=label, css="input num", mode="numeric", max_length=40, **options
    )


# Any: a choice is text, translated text, or a group of choices.
def choice_field(label: Label, choices: Iterable[tuple[str, Any]], **options: Options) -> forms.ChoiceField:
    """One of a closed list, in a drop-down unless said otherwise; `label` may be translated late."""
    options.setdefault("error_messages", {"required": _("Choose one from the list.")})
    return forms.ChoiceField(label=label, choices=list(choices), **options)
