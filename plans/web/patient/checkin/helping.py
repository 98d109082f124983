"""Help that an answer brings up: shown before the next question, and again on the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from plans.domain.checkins import abuse_lines, hours, occasions
from plans.domain.checkins.dangers import DangerFinding
from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.hours import next_opening
from plans.domain.review.deadlines import is_open
from plans.services import clock, rota
from plans.services.checkins import duration, immediate_help
from plans.services.checkins.immediate_help import Urgency
from plans.services.checkins.responses import ResponseView
from plans.services.links import LinkView
from plans.services.patient_pages import LinkHolder
from plans.web.parts.questions import PageView
from plans.web.patient import frame
from plans.wording import checkins
from plans.wording.dangers import danger_words


@dataclass(frozen=True, slots=True)
class Promise:
    """Who reads an answer and when. Only what is certain: a call by a set time, or else the clinic's hours.

    `watched`: somebody is on duty now. `others`: when the others read, if only whoever is on duty was alerted outside
    opening hours.
    """

    urgent: bool
    open_now: bool
    watched: bool
    by: str
    opens: str
    closes: str
    phone_end: str
    others: str


def promise(holder: LinkHolder, urgency: Urgency | None) -> Promise | None:
    """What can be promised after a flagged answer; None if nothing was flagged."""
    if urgency is None or urgency.severity not in ("urgent", "high"):
        return None
    now, week = clock.now(), frame.opening(holder)
    zone = clock.zone_of(occasions.known_zone(holder.zone, holder.clinic.zone))
    # A time that has passed is no promise.
    kept = (
        urgency.first_action_due > now
        and is_open(now, week)
        and is_open(urgency.first_action_due - timedelta(minutes=1), week)
    )
    today = week.on(now.astimezone(week.zone).date())
    opens = next((start for start, _end in week.from_now(now) if start > now), None)
    open_now = is_open(now, week)
    watched = open_now or rota.is_watched(holder.clinic.id, now)
    digits = "".join(sign for sign in urgency.phone if sign.isdigit())
    return Promise(
        urgent=urgency.severity == "urgent",
        open_now=open_now,
        watched=watched,
        by=_hour(checkins.clock_text(urgency.first_action_due.astimezone(zone).time(), holder.country))
        if kept
        else "",
        opens=_hour(checkins.moment_text(opens.astimezone(zone), holder.country))
        if opens is not None
        else "",
        closes=_hour(checkins.clock_text(today[1].astimezone(zone).time(), holder.country))
        if today is not None
        else "",
        phone_end=digits[-2:],
        others=_hour(checkins.hours_text(hours.spans(holder.clinic.hours), holder.country))
        if urgency.severity == "urgent" and watched and not open_now
        else "",
    )


def _hour(text: str) -> str:
    # Each ends a sentence, and in Spanish a time may already end with a full stop ("11 a. m.").
    return text.removesuffix(".")


@dataclass(frozen=True, slots=True)
class DangerView:
    """A danger for templates, in the active language. `lines` are groups of sentences."""

    code: str
    grave: bool
    heading: str
    lines: tuple[str, ...]


def danger_views(told: Sequence[DangerFinding], *, again: bool = False) -> tuple[DangerView, ...]:
    """The dangers in the answers. `again`: what is repeated on the receipt.

    Not everything is repeated: a person at home who reads the receipt must not learn what was said about them.
    """
    found = (
        DangerView(one.danger.code, one.danger.grave, str(row.heading), row.said(one.items, again=again))
        for one, row in ((one, danger_words(one.danger.code)) for one in told)
    )
    return tuple(view for view in found if view.lines)


def said_again(state: ResponseView) -> tuple[DangerView, ...]:
    """The parts of a response's dangers that the receipt repeats."""
    return danger_views(immediate_help.current_dangers(state.checkin_id), again=True)


def context_of(
    holder: LinkHolder, screens: Sequence[Screen], told: Sequence[DangerFinding]
) -> dict[str, object]:
    """Which parts the help page shows. `calm`: nothing is urgent, so the page only gives advice."""
    grave = any(one.danger.grave for one in told)
    threatened = any(one.danger.code == "threat" for one in told)
    return {
        **{f"show_{screen.value}": screen in screens for screen in Screen if screen is not Screen.NONE},
        "dangers": danger_views(told),
        "ring": str(danger_words(told[0].danger.code).ring) if told else "",
        "threatened": threatened,
        "abuse_lines": abuse_lines.lines_for(holder.country) if threatened else (),
        "open_line": open_line(holder, clock.now()),
        "calm": not screens and not grave,
        "no_help_link": bool(screens) or grave,
    }


def minutes_told(link: LinkView, state: ResponseView, page: PageView) -> int:
    """About how many minutes it takes, shown above the first question of a check-in; 0 elsewhere."""
    if page.number > 1 or state.sent:
        return 0
    return duration.minutes_for(link.clinic_id, state.response.spec.form)


def open_line(holder: LinkHolder, now: datetime) -> str:
    """Whether the clinic's phone is answered now, and until or from when, in the patient's time zone."""
    week = frame.opening(holder)
    zone = clock.zone_of(occasions.known_zone(holder.zone, holder.clinic.zone))
    today = week.on(now.astimezone(week.zone).date())
    if is_open(now, week) and today is not None:
        closes = checkins.clock_text(today[1].astimezone(zone).time(), holder.country)
        return _("open now, until %(closes)s") % {"closes": closes}
    opens = next_opening(now, week)
    if opens is None:
        return _("closed now")
    return _("closed now, opens %(opens)s") % {
        "opens": checkins.moment_text(opens.astimezone(zone), holder.country)
    }
