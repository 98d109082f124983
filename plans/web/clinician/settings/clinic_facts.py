"""The clinic's facts: phone, hours, holidays, and texts for patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import clinics, text
from plans.domain.clinics import ClinicFacts
from plans.domain.errors import Stale
from plans.domain.review.deadlines import DAYS
from plans.services import clinic_facts
from plans.services.actors import May
from plans.services.documents.variant import LANGUAGES
from plans.web.clinician.settings.advice_trial import trial
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Options, Posted, Values
from plans.wording.people import WEEKDAYS
from plans.wording.times import opening_words

_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2099, 12, 31)
PAPERS: Final[Mapping[str, Promise]] = {
    "a4": gettext_lazy("A4"),
    "letter": gettext_lazy("Letter (US, Canada)"),
}
_PRINTED: Final = frozenset({"name", "phone", "address", "pharmacist_phone", "hours", "paper"})
_CLOSES_FIRST = gettext_lazy("This is not after the opening time. Check both.")
_HALF = gettext_lazy("Give both times, or leave both empty when the clinic is closed.")


def _moment(raw: str) -> time | None:
    return text.clean_time(raw) if raw.strip(" ") else None


def _days(raw: str) -> tuple[date, ...]:
    lines = text.clean_lines(raw, most=40, lines=clinics.HOLIDAYS_MOST)
    found = (text.clean_date(line, earliest=_EARLIEST, latest=_LATEST) for line in lines)
    return tuple(day for day in found if day is not None)


def _time_field(label: str | Promise) -> ParsedField:
    return ParsedField(
        _moment,
        required=False,
        label=label,
        widget=forms.TextInput(attrs={"type": "time", "autocomplete": "off"}),
    )


class ClinicFactsForm(EdgeForm):
    """The clinic's facts. `facts()` after `is_valid()`."""

    name = ParsedField(
        text.clean_line, label=gettext_lazy("Name"), help_text=gettext_lazy("Messages and documents carry it")
    )
    phone = ParsedField(
        text.clean_phone,
        label=gettext_lazy("Phone"),
        help_text=gettext_lazy("The number patients are told to call; on every document"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    address = ParsedField(
        lambda raw: text.clean_line(raw, required=False),
        required=False,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("One line; on the calendar and the pharmacy sheet"),
    )
    pharmacist_phone = ParsedField(
        lambda raw: text.clean_phone(raw, required=False),
        required=False,
        label=gettext_lazy("Phone for pharmacists"),
        help_text=gettext_lazy("On the pharmacy sheet; if empty, the clinic’s phone"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    paper = forms.ChoiceField(
        label=gettext_lazy("Paper size"), choices=choices(PAPERS), widget=forms.RadioSelect
    )
    holidays = ParsedField(
        _days,
        required=False,
        label=gettext_lazy("Holidays"),
        help_text=gettext_lazy("Days the clinic is closed, one per line, such as 2026-12-25"),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )
    crisis_words = ParsedField(
        text.clean_text,
        required=False,
        label=gettext_lazy("Words for a crisis"),
        help_text=gettext_lazy("Shown beside the help lines. Promise only what is true at night as well"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    out_of_hours_words = ParsedField(
        text.clean_text,
        required=False,
        label=gettext_lazy("Words out of hours"),
        help_text=gettext_lazy("Whom to call while the clinic is closed"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        for day, name in zip(DAYS, WEEKDAYS, strict=True):
            for end, label in (("opens", _("%(day)s, opens")), ("closes", _("%(day)s, closes"))):
                field = _time_field(label % {"day": name})
                field.widget.attrs["class"] = "input"
                self.fields[f"{day}_{end}"] = field

    def clean(self) -> Values:
        """A day has an opening and a later closing time, or neither."""
        cleaned = super().clean()
        for day in DAYS:
            if f"{day}_opens" not in cleaned or f"{day}_closes" not in cleaned:
                continue
            opens, closes = cleaned[f"{day}_opens"], cleaned[f"{day}_closes"]
            if (opens is None) != (closes is None):
                self.add_error(f"{day}_{'opens' if opens is None else 'closes'}", str(_HALF))
            elif opens is not None and opens >= closes:
                self.add_error(f"{day}_closes", str(_CLOSES_FIRST))
        return cleaned

    def facts(self) -> ClinicFacts:
        """The facts as typed."""
        c = self.cleaned_data
        return ClinicFacts(
            name=c["name"],
            phone=c["phone"],
            address=c["address"],
            pharmacist_phone=c["pharmacist_phone"],
            hours={
                day: (c[f"{day}_opens"], c[f"{day}_closes"]) for day in DAYS if c[f"{day}_opens"] is not None
            },
            holidays=c["holidays"],
            crisis_words=c["crisis_words"],
            out_of_hours_words=c["out_of_hours_words"],
            paper=c["paper"],
        )

    def week(self) -> Iterator[tuple[Promise, BoundField, BoundField]]:
        """Each weekday with its two fields, as the page shows them."""
        for day, name in zip(DAYS, WEEKDAYS, strict=True):
            yield name, self[f"{day}_opens"], self[f"{day}_closes"]


def initial_of(facts: ClinicFacts) -> Values:
    """The facts as the form shows them."""
    columns = facts.columns()
    times = {
        f"{day}_{end}": moment
        for day, pair in columns.pop("hours").items()
        for end, moment in zip(("opens", "closes"), pair, strict=True)
    }
    return {**columns, **times, "holidays": "\n".join(columns["holidays"])}


# Any: the label of a bound field, which Django leaves untyped.
def _differences(form: ClinicFactsForm, saved: ClinicFacts) -> list[tuple[Any, str]]:
    """The fields where the saved value differs from the form: label and saved value."""
    theirs, typed = initial_of(saved), initial_of(form.facts())
    return [
        (field.label, str(theirs.get(name, "")))
        for name, field in form.fields.items()
        if theirs.get(name, "") != typed.get(name, "")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def clinic_page(request: StaffRequest) -> HttpResponse:
    """Change the clinic's facts, without overwriting what somebody else saved meanwhile."""
    standing = clinic_facts.clinic_facts(request.actor)
    if request.method != "POST":
        return _show(request, ClinicFactsForm(initial=initial_of(standing)), standing.digest)
    form = ClinicFactsForm(request.POST)
    seen = request.POST.get("seen", "")[:64]
    if not form.is_valid():
        return _show(request, form, seen, status=422)
    if _too_long_for_paper(form.facts()):
        form.add_error(
            None,
            _(
                "Name, phone, address and hours cannot be printed on page 1 of the calendar: make them "
                "shorter, in Latin, Greek or Cyrillic letters."
            ),
        )
        return _show(request, form, seen, status=422)
    try:
        changed = clinic_facts.set_clinic_facts(by=request.actor, seen_digest=seen, facts=form.facts())
    except Stale as stale:
        now = clinic_facts.clinic_facts(request.actor)
        more = {"stale": True, "who": stale.facts.get("who", ""), "changed": _differences(form, now)}
        # What was typed stays; the form now carries the newer state's number, so saving again is deliberate.
        return _show(request, form, now.digest, more, status=409)
    _say_saved(request, changed)
    return redirect("settings")


def _too_long_for_paper(facts: ClinicFacts) -> bool:
    hours = facts.columns()["hours"]
    return any(
        trial(
            None,
            language,
            name=facts.name,
            phone=facts.phone,
            address=facts.address,
            # The longest form of opening hours: on the 12-hour clock.
            hours=opening_words(hours, "US"),
        )
        is not None
        for language in LANGUAGES
    )


def _say_saved(request: StaffRequest, changed: tuple[str, ...]) -> None:
    if not changed:
        say(request, _("Nothing was changed"))
    elif _PRINTED & set(changed):
        say(
            request,
            _("The clinic was saved"),
            _("Pages and messages show it from now on; documents already drawn keep the old text."),
            go=(reverse("documents"), _("Draw all documents again")),
        )
    else:
        say(request, _("The clinic was saved"), _("Pages and messages show it from now on."))


def _show(
    request: StaffRequest,
    form: ClinicFactsForm,
    seen: str,
    more: Posted | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"place": "settings", "form": form, "week": list(form.week()), "seen": seen, **(more or {})}
    return page(request, "clinic/settings_facts.html", context, status=status)
