"""Clinic settings: who is on duty, the facts shown to patients, help lines, and the clinic's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.domain.checkins import abuse_lines, help_lines
from plans.domain.checkins.abuse_lines import AbuseLine
from plans.domain.checkins.help_lines import Service
from plans.domain.places import countries
from plans.services import accounts, advice, audit, clock, rota
from plans.services.accounts import ClinicCard
from plans.services.actors import Actor, May
from plans.services.checkins import rules
from plans.services.review import digest
from plans.web.clinician.audit_lines import audit_lines, started_under
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.people import LANGUAGES, ROLES
from plans.wording.times import opening_words


@dataclass(frozen=True, slots=True)
class LineRow:
    """A help line, or another way to reach it, in words, with the date of its next check."""

    country: str
    number: str
    name: str
    mark: str
    checked_on: date
    look_again: date
    due: bool
    source: str = ""


def _mark(code: str) -> str:
    marks = {"verified": _("verified"), "second_hand": _("second-hand"), "unverified": _("unverified")}
    return marks[code]


def _rows(today: date) -> list[LineRow]:
    found = []
    for entry in help_lines.everything():
        again = help_lines.look_again_on(entry)
        name = countries().get(entry.country, entry.country) if entry.known else _("Any other country")
        lines = [(entry.emergency, _("emergency"), entry.emergency_mark)]
        lines += [(line.number, line.name, line.mark) for line in entry.lines]
        found += [
            LineRow(str(name), number, what, _mark(mark), entry.checked_on, again, again <= today)
            for number, what, mark in lines
        ]
        found += [_service_row(str(name), one, today) for one in entry.services]
    return found + [_abuse_row(line, today) for line in abuse_lines.everything()]


def _abuse_row(line: AbuseLine, today: date) -> LineRow:
    again = help_lines.look_again_on(line)
    number = f"{line.send} → {line.number}" if line.send else line.number
    country = str(countries().get(line.country, line.country))
    return LineRow(
        country, number, line.name, _mark(line.mark), line.checked_on, again, again <= today, line.source
    )


def _service_row(country: str, one: Service, today: date) -> LineRow:
    again = help_lines.look_again_on(one)
    spoken = one.sign or str(LANGUAGES.get(one.language, one.language))
    what = f"{_way(one.way)} ({spoken})" if spoken else _way(one.way)
    number = f"{one.line}: {one.give}" if one.give else one.line
    return LineRow(country, number, what, _mark(one.mark), one.checked_on, again, again <= today, one.source)


def _way(code: str) -> str:
    ways = {
        "press": _("key to press"),
        "send": _("word to text"),
        "chat": _("chat"),
        "interpreter": _("interpreter"),
        "video": _("sign language by video"),
        "relay": _("TTY or relay: number to dial first"),
    }
    return ways[code]


def context_of(actor: Actor, clinic: ClinicCard) -> dict[str, object]:
    """For the settings template."""
    return {
        "advice": [
            (code, LANGUAGES.get(code, code), found) for code, found in advice.of_clinic(actor).items()
        ],
        "standing": rules.in_force(actor),
        "help_lines": _rows(clock.today(clinic.zone)),
        "digest_wanted": digest.wants(actor),
    }


@require_safe
@staff_page(May.LOOK)
def settings_page(request: StaffRequest) -> HttpResponse:
    """The clinic's settings."""
    clinic, members = accounts.clinic_card(request.actor), accounts.members(request.actor)
    context = {
        "place": "settings",
        "clinic": clinic,
        "hours": opening_words(clinic.hours, "") or _("never open"),
        "country": countries().get(clinic.country, clinic.country),
        "members": [(member, ROLES[member.role]) for member in members],
        "on_duty": rota.on_duty_now(request.actor),
        "staffed": rota.staffed_now(request.actor),
        **context_of(request.actor, clinic),
    }
    return page(request, "clinic/settings.html", context)


@require_POST
@staff_page(May.REVIEW)
def digest_choice(request: StaffRequest) -> HttpResponse:
    """Turn one's own digest on or off."""
    do = single(request.POST, "do")
    wanted = do == "on" if do else digest.wants(request.actor)
    digest.set_wanted(by=request.actor, wanted=wanted)
    said = _("Your digest comes on each working day") if wanted else _("Your digest is turned off")
    say(request, said, "" if wanted else _("On days on which you are on duty it comes all the same."))
    return redirect("settings")


@require_safe
@staff_page(May.MANAGE)
def clinic_history_page(request: StaffRequest) -> HttpResponse:
    """The clinic's history: members, rules, settings; newest first."""
    q = request.GET.get("who", "").replace("\0", "")[:200].strip()
    before = started_under(request)
    found = audit.clinic_events(request.actor, q=q, before=before)
    context = {
        "place": "settings",
        "who": q,
        "query": f"{urlencode({'who': q})}&" if q else "",
        "started": before,
        **audit_lines(found),
    }
    return page(request, "clinic/clinic_history.html", context)
