"""The form of a patient's message choices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from plans.domain.places import clean_zone, zones
from plans.services.mail_choices import Choices
from plans.web.untyped import Values

WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)
REMINDERS = (
    (0, _("Do not remind me")),
    (1, _("Remind me once")),
    (2, _("Remind me twice")),
)


class ChoicesForm(forms.Form):
    """Day, hour, time zone and language, filled with the current choices."""

    weekday = forms.TypedChoiceField(label=_("Day"), choices=WEEKDAYS, coerce=int)
    at = forms.TimeField(
        label=_("Time"),
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time", "class": "input"}),
    )
    reminders = forms.TypedChoiceField(label=_("If I do not answer"), coerce=int)
    zone = forms.ChoiceField(label=_("Where you live (for the time)"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    # Any: what a form of Django takes.
    def __init__(self, data: Any = None, *, now: Choices) -> None:
        first = {
            "weekday": now.weekday,
            "at": now.at.strftime("%H:%M"),
            "zone": now.zone,
            "language": now.language,
            "reminders": now.reminders,
        }
        super().__init__(data, initial=first)
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type for the line below
        field.choices = [(name, name.replace("_", " ")) for name in zones()]
        again = self.fields["reminders"]
        assert isinstance(again, forms.ChoiceField)  # noqa: S101 - as above
        again.choices = REMINDERS[: now.most_reminders + 1]

    def clean_zone(self) -> str:
        """Only zones of the canonical list."""
        return clean_zone(self.cleaned_data["zone"])

    def chosen(self) -> Values:
        """The choices as the service takes them."""
        return {name: self.cleaned_data[name] for name in ("weekday", "at", "zone", "language", "reminders")}
