"""The form of a patient's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain import people as domain
from plans.domain import places, text
from plans.domain.checkins.close_watch import MARK_MOST_DAYS
from plans.domain.taper import catalogue
from plans.domain.taper.patient_facts import MEDICINES
from plans.domain.text import BadText
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.untyped import Options, Posted, Values
from plans.wording import patient_facts as labels
from plans.wording import people
from plans.wording.drugs import drug_words
from plans.wording.text import text_words

_CHECKS: Final = forms.CheckboxSelectMultiple


def _text(most: int = text.LINE_MOST, *, required: bool = False, **more: Options) -> ParsedField:
    more.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
    return ParsedField(partial(text.clean_line, most=most, required=required), required=required, **more)


def _long(rows: int = 3, **more: object) -> ParsedField:
    return ParsedField(
        text.clean_text,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off"}),
        **more,
    )


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")


def _months(raw: str) -> int | None:
    """Months of use; None for an empty field."""
    return text.clean_whole(raw, least=0, most=domain.DURATION_MOST) if raw.strip(" ") else None


class PatientForm(EdgeForm):
    """A whole record. `to_data()` after `is_valid()`."""

    name = _text(required=True, label=_("Name"), help_text=_("As in the record, first name first"))
    preferred_name = _text(100, label=_("Preferred name"), help_text=_("Messages begin with it"))
    record_no = ParsedField(
        text.clean_record_no, label=_("Record number"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    born = ParsedField(str, label=_("Date of birth"), widget=_date_input())

    contact_how = forms.ChoiceField(
        label=_("Preferred contact"), choices=choices(people.CONTACT_HOW), widget=forms.RadioSelect
    )
    email = ParsedField(
        partial(text.clean_email, required=False),
        required=False,
        label=_("E-mail"),
        help_text=_("An e-mail asks to confirm it before anything about health is sent"),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
    )
    email_again = ParsedField(
        partial(text.clean_email, required=False),
        required=False,
        label=_("Confirm e-mail"),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
    )
    phone = ParsedField(
        partial(text.clean_phone, required=False),
        required=False,
        label=_("Phone"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    contact_when = _text(label=_("Best time to call"), help_text=_("Such as: after 4 pm, not Fridays"))
    zone = ParsedField(
        places.clean_zone,
        label=_("Time zone"),
        help_text=_("A place, such as New York; part of a name lists those that fit"),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    country = ParsedField(
        places.clean_country,
        label=_("Country"),
        help_text=_("Decides which help lines are shown"),
        widget=forms.Select,
    )
    language = forms.ChoiceField(label=_("Language"), choices=choices(people.LANGUAGES))
    checkin_weekday = forms.TypedChoiceField(
        label=_("Check-in on"), choices=[(str(n), day) for n, day in enumerate(people.WEEKDAYS)], coerce=int
    )
    checkin_time = ParsedField(
        text.clean_time,
        label=_("Check-in at"),
        help_text=_("On the patient’s own clock"),
        widget=forms.TextInput(attrs={"type": "time"}),
    )

    person_name = _text(label=_("Emergency contact"))
    person_relation = _text(100, label=_("Relation"), help_text=_("Such as: sister, neighbour"))
    person_phone = ParsedField(
        partial(text.clean_phone, required=False), required=False, label=_("Their phone"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    may_be_told = forms.ChoiceField(
        label=_("May be told"), choices=choices(people.MAY_BE_TOLD), required=False
    )
    crisis_plan = _long(
        4, label=_("Crisis plan"), help_text=_("What the patient agreed to do and whom to call")
    )
    pharmacy = _text(300, label=_("Pharmacy"), help_text=_("Name and phone"))

    indication = forms.ChoiceField(
        label=_("Reason for the medicine"),
        choices=choices(labels.INDICATIONS, _("Choose")),
        required=False,
    )
    duration_months = ParsedField(
        _months,
        required=False,
        label=_("How long taken"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input num", "autocomplete": "off"}),
    )
    conditions = forms.MultipleChoiceField(
        label=_("Conditions"), choices=choices(labels.CONDITIONS), widget=_CHECKS, required=False
    )
    substances = forms.MultipleChoiceField(
        label=_("Substances"), choices=choices(labels.SUBSTANCES), widget=_CHECKS, required=False
    )
    medicines = forms.MultipleChoiceField(
        label=_("Medicines that matter here"),
        choices=choices(labels.MEDICINES),
        widget=_CHECKS,
        required=False,
    )
    medicines_other = ParsedField(
        text.clean_lines,
        required=False,
        label=_("Other medicines"),
        help_text=_("One per line; shown, but not screened"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    notes = _long(3, label=_("Notes"))
    close_watch = forms.BooleanField(
        label=_("Close watch: a missed check-in is reviewed the same working day"), required=False
    )
    close_watch_until = ParsedField(
        str, required=False, label=_("Close watch until"), widget=_date_input(),
    )  # fmt: skip

    to_ask = forms.MultipleChoiceField(
        label=_("Still to ask"),
        help_text=_(
            "Ticked: nobody has asked yet. Untick what was asked, also where the answer was none. What is filled in "
            "counts as asked."
        ),
        choices=choices(people.STILL_TO_ASK),
        widget=_CHECKS,
        required=False,
    )
    drug = forms.ChoiceField(
        label=_("Drug to taper"),
        help_text=_("Begins the draft of a plan with it"),
        required=False,
    )

    consent_version = forms.ChoiceField(
        label=_("Consent"),
        choices=[
            ("", _("not given yet")),
            *((v, _("given to the text below")) for v in domain.CONSENT_VERSIONS[-1:]),
        ],
        required=False,
    )
    consent_on = ParsedField(str, required=False, label=_("Consent given on"), widget=_date_input())

    def __init__(
        self, data: Posted | None = None, *, today: date, new: bool = False, **more: Options
    ) -> None:
        """`new`: of a patient who is not here yet, for whom a plan may be drafted at once."""
        super().__init__(data, **more)
        self.today = today
        self.new = new
        if new:
            drugs = [(one.name, drug_words(one.name, clinician=True)) for one in catalogue.drugs()]
            self.fields["drug"].choices = [("", _("None yet")), *drugs]  # type: ignore[attr-defined]  # a ChoiceField
        else:
            del self.fields["drug"]
        self.fields["born"].parse = partial(text.clean_date, earliest=domain.OLDEST_BIRTH, latest=today)  # type: ignore[attr-defined]  # a ParsedField
        self.fields["consent_on"].parse = partial(  # type: ignore[attr-defined]  # a ParsedField
            text.clean_date, earliest=date(2000, 1, 1), latest=today, required=False
        )
        self.fields["close_watch_until"].parse = partial(  # type: ignore[attr-defined]  # a ParsedField
            text.clean_date,
            earliest=date(2000, 1, 1),
            latest=today + timedelta(days=MARK_MOST_DAYS),
            required=False,
        )
        self.fields["country"].widget.choices = choices(places.countries(), _("Choose"))

    def clean(self) -> Values:
        """The two e-mail addresses must be the same, and what is not marked as still to ask must be answered."""
        cleaned = super().clean()
        for name in ("indication", "duration_months"):
            asked = name not in cleaned.get("to_ask", ())
            if asked and name not in self.errors and cleaned[name] in ("", None):
                self.add_error(name, text_words(BadText(where=name, why="missing")))
        if "close_watch_until" not in self.errors:
            self._check_watch(cleaned)
        if "email" in cleaned and "email_again" in cleaned and cleaned["email"] != cleaned["email_again"]:
            self.add_error("email_again", text_words(BadText(where="email_again", why="emails_differ")))
        return cleaned

    def _check_watch(self, cleaned: Values) -> None:
        until = cleaned.get("close_watch_until")
        if not cleaned.get("close_watch"):
            cleaned["close_watch_until"] = None
        elif until is None:
            self.add_error("close_watch_until", _("Say until which day: close watch ends by itself."))
        elif until < self.today:
            self.add_error(
                "close_watch_until", _("This day has passed: choose a later one, or end close watch.")
            )

    def to_data(self) -> domain.PatientData:
        """The record as typed."""
        c = self.cleaned_data
        known = set(domain.PatientData.__dataclass_fields__)
        person = domain.EmergencyContact(
            name=c["person_name"],
            relation=c["person_relation"],
            phone=c["person_phone"],
            may_be_told=domain.MayBeTold(c["may_be_told"] or "nothing"),
        )
        return domain.PatientData(
            **{name: value for name, value in c.items() if name in known and name not in _SHAPED},
            contact_how=domain.ContactHow(c["contact_how"]),
            person_to_call=person,
            conditions=tuple(sorted(c["conditions"])),
            substances=tuple(sorted(c["substances"])),
            medicines=(*sorted(c["medicines"]), *c["medicines_other"]),
            indication=c["indication"] or _UNKNOWN,
            to_ask=self._to_ask(),
        )

    def _to_ask(self) -> tuple[str, ...]:
        """What is ticked and was not answered all the same."""
        c = self.cleaned_data
        answers = {
            **c,
            "medicines": c["medicines"] or c["medicines_other"],
            "person_to_call": c["person_name"],
            # Months of use may be none at all.
            "duration_months": c["duration_months"] is not None,
        }
        return tuple(code.value for code in domain.StillToAsk if code in c["to_ask"] and not answers[code])

    def groups(self) -> list[Group]:
        """The fields as the page shows them, those that are needed first."""
        return [
            Group(title, [self[name] for name in names if name in self.fields])
            for title, names in _GROUPS
            if title != _STILL or self.new or self["to_ask"].value()
        ]

    @property
    def first(self) -> int:
        """How many groups are asked first of a new patient; the others are folded unless one has an error."""
        return _FIRST


_SHAPED: Final = frozenset({"contact_how", "conditions", "substances", "medicines", "indication", "to_ask"})
# What is stored while nobody has asked for the reason.
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the form under a heading."""

    title: Promise
    fields: list[BoundField]


_STILL: Final = _("Still to ask")
_FIRST: Final = 3
_GROUPS: Final = (
    (_("Who"), ("name", "record_no", "born")),
    (_("How to reach the patient"), ("contact_how", "email", "email_again", "phone")),
    (_("The plan"), ("drug",)),
    (_STILL, ("to_ask",)),
    (
        _("Name, place and times"),
        (
            "preferred_name", "contact_when", "zone", "country", "language", "checkin_weekday", "checkin_time",
        ),
    ),
    (
        _("If something is wrong"),
        (
            "person_name", "person_relation", "person_phone", "may_be_told", "crisis_plan", "pharmacy", "close_watch",
            "close_watch_until",
        ),
    ),
    (
        _("What matters for the plan"),
        ("indication", "duration_months", "conditions", "substances", "medicines", "medicines_other", "notes"),
    ),
    (_("Consent"), ("consent_version", "consent_on")),
)  # fmt: skip


def initial_of(data: domain.PatientData) -> dict[str, object]:
    """The initial values of an edit."""
    person = data.person_to_call
    return {
        **{name: getattr(data, name) for name in data.__dataclass_fields__},
        "email_again": data.email,
        "contact_how": data.contact_how.value,
        "indication": "" if domain.StillToAsk.INDICATION in data.to_ask else data.indication,
        "to_ask": list(data.to_ask),
        "checkin_time": data.checkin_time.isoformat("minutes"),
        "person_name": person.name,
        "person_relation": person.relation,
        "person_phone": person.phone,
        "may_be_told": str(person.may_be_told),
        "medicines": [code for code in data.medicines if code in MEDICINES],
        "medicines_other": "\n".join(line for line in data.medicines if line not in MEDICINES),
    }
