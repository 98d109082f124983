"""Shifts and leave: put on the rota, cancelled, exchanged."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Final, TypedDict
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.review.rota import DutyPlace, Pattern
from plans.services import accounts, clock, leave, shifts
from plans.services.actors import May
from plans.services.shifts import ShiftRow, ShiftsAdded
from plans.web.clinician.settings.rota import people
from plans.web.clinician.settings.rota_calendar import EARLIEST, LATEST
from plans.web.forms import EdgeForm, ParsedField, choices, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Label, Options, Posted
from plans.wording.people import WEEKDAYS
from plans.wording.plans import long_day
from plans.wording.rota import (
    LEAVE_ALREADY,
    PATTERNS,
    PLACES,
    gap_words,
    refusal_words,
    rota_moment,
    span_words,
)


def _day(raw: str) -> date | None:
    return text.clean_date(raw, earliest=EARLIEST, latest=LATEST)


def _day_field(label: Label) -> ParsedField:
    return ParsedField(
        _day,
        label=label,
        widget=forms.TextInput(attrs={"type": "date", "class": "input", "autocomplete": "off"}),
    )


def _time_field(label: Label) -> ParsedField:
    return ParsedField(
        lambda raw: text.clean_time(raw) if raw.strip(" ") else None,
        required=False,
        label=label,
        widget=forms.TextInput(attrs={"type": "time", "class": "input", "autocomplete": "off"}),
    )


class RotaHoursForm(EdgeForm):
    """Days, and which of their hours."""

    first_day = _day_field(gettext_lazy("From"))
    last_day = _day_field(gettext_lazy("Through"))
    pattern = forms.ChoiceField(
        label=gettext_lazy("Hours"),
        choices=[(one.value, words) for one, words in PATTERNS.items()],
        widget=forms.RadioSelect,
        initial="all",
    )
    begins = _time_field(gettext_lazy("Own hours: from"))
    ends = _time_field(gettext_lazy("Own hours: until"))
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Own hours: on these days of the week"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        initial=[str(number) for number in range(7)],
    )

    def hours(self) -> HoursChosen:
        """What was chosen, as services take it."""
        chosen = self.cleaned_data
        return HoursChosen(
            pattern=Pattern(chosen["pattern"]),
            first_day=chosen["first_day"],
            last_day=chosen["last_day"],
            times=(chosen["begins"], chosen["ends"]) if chosen["begins"] and chosen["ends"] else None,
            weekdays=[int(one) for one in chosen["weekdays"]] or range(7),
        )


class HoursChosen(TypedDict):
    """Days and hours, by the names of what services take."""

    pattern: Pattern
    first_day: date
    last_day: date
    times: tuple[time, time] | None
    weekdays: Collection[int]


class ShiftsForm(RotaHoursForm):
    """A person, a place, days, and which of their hours."""

    field_order = ("person", "place")
    person = forms.ChoiceField(label=gettext_lazy("Who"))
    place = forms.ChoiceField(
        label=gettext_lazy("Alerted"),
        choices=[(one.value, words) for one, words in PLACES.items()],
        widget=forms.RadioSelect,
        initial="first",
    )

    def __init__(self, able: dict[str, str], data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        self.fields["person"].choices = choices(able)  # type: ignore[attr-defined]  # a ChoiceField


class LeaveForm(EdgeForm):
    """A person and the days they are away."""

    person = forms.ChoiceField(label=gettext_lazy("Who"))
    first_day = _day_field(gettext_lazy("First day away"))
    last_day = _day_field(gettext_lazy("Last day away"))

    def __init__(self, able: dict[str, str], data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        self.fields["person"].choices = choices(able)  # type: ignore[attr-defined]  # a ChoiceField


class SwapForm(EdgeForm):
    """The shift of somebody else."""

    other = forms.ChoiceField(label=gettext_lazy("Exchange it with"), required=False)

    def __init__(self, others: list[tuple[str, str]], data: Posted | None = None) -> None:
        super().__init__(data)
        self.fields["other"].choices = others  # type: ignore[attr-defined]  # a ChoiceField


def words_of(refusal: Refused, zone: str) -> str:
    """Why something was refused; moments in the clinic's zone."""
    facts = dict(refusal.facts)
    reason = str(facts.pop("reason"))
    if "at" in facts:
        facts["at"] = rota_moment(datetime.fromisoformat(str(facts["at"])), zone)
    if "on" in facts:
        facts["on"] = long_day(date.fromisoformat(str(facts["on"])))
    return refusal_words(reason, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def add_page(request: StaffRequest) -> HttpResponse:
    """Put a person on the rota."""
    able, zone = people(request.actor), accounts.clinic_card(request.actor).zone
    if request.method != "POST":
        today = clock.today(zone).isoformat()
        form = ShiftsForm(able, initial={"first_day": today, "last_day": today})
        return _show_add(request, form)
    form = ShiftsForm(able, request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            added = shifts.add(
                by=request.actor,
                user_id=UUID(chosen["person"]),
                place=DutyPlace(chosen["place"]),
                **form.hours(),
            )
        except Refused as refusal:
            form.refuse(refusal, words_of(refusal, zone))
        else:
            _say_added(request, able[chosen["person"]], added, zone)
            return redirect("rota")
    return _show_add(request, form, 422)


def _say_added(request: StaffRequest, name: str, added: ShiftsAdded, zone: str) -> None:
    head = ngettext(
        "%(n)s shift of %(name)s is on the rota", "%(n)s shifts of %(name)s are on the rota", added.number
    ) % {"n": added.number, "name": name}
    said = [span_words(added.start, added.end, zone) + "."]
    if added.beside:
        said.append(_("%(names)s is alerted then as well.") % {"names": ", ".join(added.beside)})
    if added.on_leave:
        said.append(_("They are on leave for a part of it, and do not count then: it stays a gap."))
    say(request, head, " ".join(said), kind="think" if added.on_leave else "done")


def _show_add(request: StaffRequest, form: ShiftsForm, status: int = 200) -> HttpResponse:
    return page(request, "clinic/rota_add.html", {"place": "settings", "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def shift_page(request: StaffRequest, shift_id: UUID) -> HttpResponse:
    """One shift: cancel it, cancel all that were made with it, or let two people exchange theirs."""
    zone = accounts.clinic_card(request.actor).zone
    others = [
        (str(one.id), f"{one.who}, {PLACES[one.place]}, {span_words(one.start, one.end, zone)}")
        for one in shifts.to_swap_with(request.actor, shift_id)
    ]
    row = shifts.shift(request.actor, shift_id)
    form = SwapForm(others)
    if request.method == "POST":
        do = single(request.POST, "do")
        form = SwapForm(others, request.POST if do == "swap" else {})
        try:
            said = _do(request, do, row, form)
        except Refused as refusal:
            form.is_valid()
            form.refuse(refusal, words_of(refusal, zone))
        else:
            if said:
                say(request, said)
                return redirect("rota")
    return _show_shift(request, row, form, zone, 422 if request.method == "POST" else 200)


def _do(request: StaffRequest, do: str, row: ShiftRow, form: SwapForm) -> str:
    if do in ("cancel", "cancel_alike"):
        number = shifts.cancel(by=request.actor, shift_id=row.id, alike=do == "cancel_alike")
        return ngettext(
            "%(n)s shift of %(name)s was cancelled", "%(n)s shifts of %(name)s were cancelled", number
        ) % {"n": number, "name": row.who}
    if do == "swap" and form.is_valid():
        if not form.cleaned_data["other"]:
            raise Refused(reason="other_missing", where="other")
        shifts.swap(by=request.actor, shift_id=row.id, other_id=UUID(form.cleaned_data["other"]))
        return _("The two shifts were exchanged")
    if do != "swap":
        form.is_valid()
        form.add_error(None, _("Press one of the buttons."))
    return ""


def _show_shift(
    request: StaffRequest, row: ShiftRow, form: SwapForm, zone: str, status: int = 200
) -> HttpResponse:
    context: Context = {
        "place": "settings",
        "shift": row,
        "duty": PLACES[row.place],
        "span": span_words(row.start, row.end, zone),
        "cancelled": rota_moment(row.cancelled_at, zone) if row.cancelled_at else "",
        "changeable": not (row.cancelled_at or row.over or row.from_feed),
        "form": form,
        "others": bool(form.fields["other"].choices),  # type: ignore[attr-defined]  # a ChoiceField
        "all": row.alike + 1,
    }
    return page(request, "clinic/rota_shift.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def leave_page(request: StaffRequest) -> HttpResponse:
    """The leave to come, and the form to enter more; the gaps it makes are said at once."""
    able, zone = people(request.actor), accounts.clinic_card(request.actor).zone
    form = LeaveForm(able, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            gaps = leave.add(
                by=request.actor,
                user_id=UUID(chosen["person"]),
                first_day=chosen["first_day"],
                last_day=chosen["last_day"],
            )
        except Refused as refusal:
            already = refusal.facts["reason"] == "already"
            form.refuse(refusal, LEAVE_ALREADY if already else words_of(refusal, zone))
        else:
            said = " ".join(f"{gap_words(gap, zone)}." for gap in gaps[:_GAPS_SAID])
            if len(gaps) > _GAPS_SAID:
                said += " " + _("There are %(n)s gaps in all.") % {"n": len(gaps)}
            say(
                request,
                _("The leave of %(name)s is on the rota") % {"name": able[chosen["person"]]},
                said or _("It makes no gap."),
                kind="think" if gaps else "done",
            )
            return redirect("rota-leave")
    context: Context = {
        "place": "settings",
        "form": form,
        "pages": leave.ahead(request.actor, key=request.GET.get("after")),
        "query": "",
    }
    return page(request, "clinic/rota_leave.html", context, status=422 if request.method == "POST" else 200)


_GAPS_SAID: Final = 3


@require_POST
@staff_page(May.MANAGE)
@confirmed
def leave_cancel(request: StaffRequest, leave_id: UUID) -> HttpResponse:
    """Cancel leave."""
    try:
        leave.cancel(by=request.actor, leave_id=leave_id)
    except Refused:
        say(request, _("This leave is over, or was cancelled meanwhile"), kind="think")
    else:
        say(request, _("The leave was cancelled"), _("Their shifts count again."))
    return redirect("rota-leave")
