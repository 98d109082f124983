"""Plain Django forms over the domain's parsers: typed text is kept, and every refusal is shown beside its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise

from plans.domain.errors import Refused
from plans.domain.text import BadText, clean_date, clean_time
from plans.web.untyped import Options, Posted, Values
from plans.wording.text import text_words

# No counter of ours has more digits; Python refuses to parse thousands of them.
_LONGEST_NUMBER: Final = 9

_TEXT_LIKE = (forms.TextInput, forms.Textarea, forms.PasswordInput, forms.NumberInput, forms.DateInput)


class ParsedField(forms.Field):
    """A field parsed by a function of the domain: `parse(raw) -> value`, raising BadText."""

    widget = forms.TextInput

    # Any: what a field reads its text into is its own.
    def __init__(self, parse: Callable[[str], Any], **more: Options) -> None:
        super().__init__(**more)
        self.parse = parse

    # Any: as above.
    def clean(self, value: Any) -> Any:
        """The parsed value. Raises ValidationError with the sentence for the refusal."""
        try:
            return self.parse(value if isinstance(value, str) else "")
        except BadText as problem:
            raise ValidationError(text_words(problem), code=problem.why) from problem


class EdgeForm(forms.Form):
    """The base of our forms: one value for each field, and no browser bubbles that hide our messages."""

    use_required_attribute = False

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        more.setdefault("label_suffix", "")
        super().__init__(data, **more)
        for field in self.fields.values():
            field.error_messages["required"] = text_words(BadText(why="missing"))
            field.error_messages["invalid_choice"] = text_words(BadText(why="not_a_choice"))
            if isinstance(field.widget, _TEXT_LIKE):
                field.widget.attrs.setdefault("class", "input")

    def clean(self) -> Values:
        """Refuse a field that was sent twice: which one was meant is unknown."""
        cleaned = super().clean() or {}
        if isinstance(self.data, QueryDict):
            for name, field in self.fields.items():
                many = isinstance(field, forms.MultipleChoiceField)
                if not many and len(self.data.getlist(self.add_prefix(name))) > 1:
                    self.add_error(name, text_words(BadText(where=name, why="sent_twice")))
        return cleaned

    def refuse(self, refusal: Refused, words: str | Promise) -> None:
        """Put a refusal of a service beside the field it names, or above all if it names none."""
        self.add_error(refusal.where if refusal.where in self.fields else None, str(words))


def single(data: QueryDict, name: str) -> str:
    """The value of a single-valued field; "" if it was not sent, or sent more than once."""
    values = data.getlist(name)
    return str(values[0]) if len(values) == 1 else ""


def read_number(raw: str, *, longest: int = _LONGEST_NUMBER) -> int | None:
    """A whole number from a hidden field or an address, in plain digits; None for anything else."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= longest else None


def optional_day(raw: str) -> date | None:
    """A day as a browser sends it; None for an empty field. Raises BadText."""
    return clean_date(raw, earliest=date(2000, 1, 1), latest=date(2099, 12, 31)) if raw.strip() else None


def optional_hour(raw: str) -> time | None:
    """A time of day as a browser sends it; None for an empty field. Raises BadText."""
    return clean_time(raw) if raw.strip() else None


def moment_of(on: date | None, at: time | None, zone: str) -> datetime | None:
    """A day and a time on a clinic's clock; None if neither is given. Raises Refused("again_half")."""
    if on is None and at is None:
        return None
    if on is None or at is None:
        raise Refused(reason="again_half", where="again_on")
    return datetime.combine(on, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def read_uuid(raw: str) -> UUID | None:
    """A key from a hidden field or an address; None for anything else."""
    try:
        return UUID(raw)
    except ValueError:
        return None


def seen_number(data: QueryDict, name: str) -> int:
    """The row number a form was made with, from its hidden field; -1, which no row has, if it is not one."""
    values = data.getlist(name)
    found = read_number(str(values[0])) if len(values) == 1 else None
    return -1 if found is None else found


# Any: words are text or text to be translated.
def choices(words: Posted, first: Any = None) -> list[tuple[str, Any]]:
    """Options of a select, with an empty one in front if `first` is given."""
    return ([("", first)] if first is not None else []) + list(words.items())
