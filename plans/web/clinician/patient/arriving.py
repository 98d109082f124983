"""What is asked of a patient who comes from another clinic, by a move or with a file."""

from __future__ import annotations

from typing import Protocol

from django import forms
from django.utils.translation import gettext_lazy

from plans.domain import places, text
from plans.web.forms import EdgeForm, ParsedField
from plans.web.untyped import Posted


class Came(Protocol):
    """Whoever comes: the number and the zone they had, and whether somebody has that number here."""

    @property
    def record_no(self) -> str: ...

    @property
    def zone(self) -> str: ...

    @property
    def number_taken(self) -> bool: ...


class ArrivingForm(EdgeForm):
    """What the patient is called here, and when it is noon."""

    record_no = ParsedField(
        text.clean_record_no,
        label=gettext_lazy("Record number here"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    zone = ParsedField(
        places.clean_zone,
        label=gettext_lazy("Time zone of the patient"),
        help_text=gettext_lazy("Check-ins, calendar and midnight follow it."),
        widget=forms.Select,
    )

    def __init__(self, data: Posted | None = None, *, came: Came) -> None:
        # A number that is taken is not offered as if it would do.
        number = "" if came.number_taken else came.record_no
        super().__init__(data, initial={"record_no": number, "zone": came.zone})
        self.fields["zone"].widget.choices = [(z, z.replace("_", " ")) for z in places.zones()]
