"""The rota: who is on duty when, who stands on it at all times, and who was on duty then."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.review.rota import moments_of
from plans.domain.roles import roles_with
from plans.domain.text import BadText
from plans.services import accounts, clock, hand_overs, rota, shifts
from plans.services.actors import Actor, May
from plans.web.clinician.settings.rota_calendar import EARLIEST, LATEST, RotaView, shown, weeks
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted, Values
from plans.wording.rota import PLACES, REFUSALS, gap_words, rota_moment

REVIEWING: Final = roles_with(May.REVIEW)


def people(actor: Actor) -> dict[str, str]:
    """The members who can be on duty, by key."""
    return {str(one.user_id): one.name for one in accounts.members(actor) if one.role in REVIEWING}


class StandingForm(EdgeForm):
    """Who stands on the rota at all times."""

    first = forms.ChoiceField(label=gettext_lazy("First"), required=False)
    second = forms.ChoiceField(
        label=gettext_lazy("Second, alerted if the first does not claim"), required=False
    )
    unwatched = forms.BooleanField(
        label=gettext_lazy(
            "Nobody watches this clinic outside its opening hours: patients are told so, and such hours are no gap"
        ),
        required=False,
    )

    def __init__(self, able: dict[str, str], data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        for name in ("first", "second"):
            self.fields[name].choices = choices(able, gettext_lazy("Nobody"))  # type: ignore[attr-defined]  # a ChoiceField


class ThenForm(EdgeForm):
    """A day and a time in the clinic's zone. `at` after `is_valid()`: the moments it may mean."""

    day = ParsedField(
        lambda raw: text.clean_date(raw, earliest=EARLIEST, latest=LATEST),
        label=gettext_lazy("Day"),
        widget=forms.TextInput(attrs={"type": "date", "class": "input"}),
    )
    time = ParsedField(
        text.clean_time,
        label=gettext_lazy("Time"),
        widget=forms.TextInput(attrs={"type": "time", "class": "input"}),
    )

    def __init__(self, zone: str, data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        self.zone = zone
        self.at: tuple[datetime, ...] = ()

    def clean(self) -> Values:
        """The moments of the day and time; there are none in the hour that summer time skips."""
        cleaned = super().clean()
        if cleaned.get("day") and cleaned.get("time"):
            self.at = moments_of(cleaned["day"], cleaned["time"], clock.zone_of(self.zone))
            if not self.at:
                self.add_error("time", str(REFUSALS["no_such_time"]))
        return cleaned


@require_safe
@staff_page(May.LOOK)
def rota_page(request: StaffRequest) -> HttpResponse:
    """The calendar, two weeks or a month at a time, with the gaps and the shifts to come."""
    return _show(request)


@require_POST
@staff_page(May.MANAGE)
@confirmed
def standing(request: StaffRequest) -> HttpResponse:
    """Set who stands on the rota at all times."""
    form = StandingForm(people(request.actor), request.POST)
    if not form.is_valid():
        return _show(request, form, 422)
    first, second = (UUID(raw) if (raw := form.cleaned_data[name]) else None for name in ("first", "second"))
    try:
        changed = shifts.set_standing(
            by=request.actor, first_id=first, second_id=second, unwatched=form.cleaned_data["unwatched"]
        )
    except Refused as refusal:
        form.refuse(refusal, REFUSALS[str(refusal.facts["reason"])])
        return _show(request, form, 422)
    if not changed:
        say(request, _("Nothing was changed"))
    elif first is None or second is None:
        say(
            request,
            _("Saved, with a place that nobody fills"),
            _("Until somebody does, urgent alerts go to every clinician, and this page shows the gaps."),
            kind="think",
        )
    else:
        say(request, _("Saved: they stand on the rota from now on"), _("Alerts go to them from now on."))
    return redirect("rota")


@require_safe
@staff_page(May.LOOK)
def then_page(request: StaffRequest) -> HttpResponse:
    """Who was on duty at a moment, what the rota said then, and who was alerted around it."""
    clinic = accounts.clinic_card(request.actor)
    zone = clock.zone_of(clinic.zone)
    asked = "day" in request.GET or "time" in request.GET
    form = ThenForm(clinic.zone, request.GET if asked else None)
    answers = [rota.said_then(request.actor, at) for at in form.at] if asked and form.is_valid() else []
    context: Context = {
        "place": "settings",
        "form": form,
        "zone": clinic.zone,
        "answers": [
            (one, rota_moment(one.at, clinic.zone), f"{one.at.astimezone(zone):%Z}", one.at >= clock.now())
            for one in answers
        ],
        "twice": len(answers) > 1,
    }
    return page(request, "clinic/rota_then.html", context, status=422 if asked and not answers else 200)


def _query(view: RotaView, anchor: str, q: str) -> str:
    kept = {"view": view.value, "from": anchor, "name": q}
    return f"{urlencode({key: value for key, value in kept.items() if value})}&"


def _anchor(raw: str, today: date) -> date:
    try:
        return text.clean_date(raw, earliest=EARLIEST, latest=LATEST, required=False) or today
    except BadText:
        return today


def _show(request: StaffRequest, form: StandingForm | None = None, status: int = 200) -> HttpResponse:
    actor = request.actor
    clinic, stands = accounts.clinic_card(actor), shifts.standing(actor)
    view = RotaView.MONTH if request.GET.get("view") == RotaView.MONTH else RotaView.WEEKS
    today, zone = clock.today(clinic.zone), clock.zone_of(clinic.zone)
    days = shown(view, _anchor(request.GET.get("from", ""), today))
    found = weeks(days, rota.calendar(actor, *days.span(zone)), zone, today)
    q = request.GET.get("name", "").replace("\0", "")[:200].strip()
    pages = shifts.ahead(actor, q=q, key=request.GET.get("after"))
    context: Context = {
        "place": "settings",
        "form": form
        or StandingForm(
            people(actor),
            initial={
                "first": stands.first_id or "",
                "second": stands.second_id or "",
                "unwatched": stands.unwatched,
            },
        ),
        "standing": stands,
        "view": view.value,
        "monthly": view is RotaView.MONTH,
        "days": days,
        "weeks": found,
        "today": today,
        "gaps": [gap_words(one, clinic.zone) for one in rota.gaps_of(actor)],
        "pages": pages,
        "rows": [(row, PLACES[row.place]) for row in pages.rows],
        "searched": q,
        "query": _query(view, request.GET.get("from", ""), q),
        "latest": hand_overs.newest(actor),
        "now": rota.on_duty_now(actor),
    }
    return page(request, "clinic/rota.html", context, status=status)
