"""What an answer brings up at once: help and what to know, before the next question, and once more on the receipt."""

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
from plans.services import clock
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
    """Who hears of an answer and when. Only what is true: a call by a time, or else the clinic's hours.

    `others`: when the others read, where the clinician on call was told at an hour at which nobody else reads.
    """

    urgent: bool
    open_now: bool
    by: str
    opens: str
    closes: str
    phone_end: str
    others: str


def promise(door: LinkHolder, urgency: Urgency | None) -> Promise | None:
    """What may be promised after a flagged answer; None if nothing was flagged."""
    if urgency is None or urgency.severity not in ("urgent", "high"):
        return None
    now, week = clock.now(), frame.opening(door)
    zone = clock.zone_of(occasions.known_zone(door.zone, door.clinic.zone))
    # A time that has passed is no promise.
    kept = (
        urgency.first_action_due > now
        and is_open(now, week)
        and is_open(urgency.first_action_due - timedelta(minutes=1), week)
    )
    today = week.on(now.astimezone(week.zone).date())
    opens = next((start for start, _end in week.from_now(now) if start > now), None)
    digits = "".join(sign for sign in urgency.phone if sign.isdigit())
    return Promise(
        urgent=urgency.severity == "urgent",
        open_now=is_open(now, week),
        by=_hour(checkins.clock_text(urgency.first_action_due.astimezone(zone).time(), door.country))
        if kept
        else "",
        opens=_hour(checkins.moment_text(opens.astimezone(zone), door.country)) if opens is not None else "",
        closes=_hour(checkins.clock_text(today[1].astimezone(zone).time(), door.country))
        if today is not None
        else "",
        phone_end=digits[-2:],
        others=_hour(checkins.hours_text(hours.spans(door.clinic.hours), door.country))
        if urgency.severity == "urgent" and not is_open(now, week)
        else "",
    )


def _hour(text: str) -> str:
    # Each ends a sentence, and in Spanish an hour may end with a full stop of its own ("11 a. m.").
    return text.removesuffix(".")


@dataclass(frozen=True, slots=True)
class DangerView:
    """A danger as templates draw it, in the language that is switched on. `lines` are sentences of one thought each."""

    code: str
    grave: bool
    heading: str
    lines: tuple[str, ...]


def danger_views(told: Sequence[DangerFinding], *, again: bool = False) -> tuple[DangerView, ...]:
    """The dangers that were told of. `again`: what is said once more on the receipt.

    Not everything is: who reads along at home must not learn from a receipt what somebody told of them.
    """
    found = (
        DangerView(one.danger.code, one.danger.grave, str(row.heading), row.said(one.items, again=again))
        for one, row in ((one, danger_words(one.danger.code)) for one in told)
    )
    return tuple(view for view in found if view.lines)


def said_again(sheet: ResponseView) -> tuple[DangerView, ...]:
    """What the receipt says once more of a response's dangers."""
    return danger_views(immediate_help.current_dangers(sheet.checkin_id), again=True)


def context_of(
    door: LinkHolder, screens: Sequence[Screen], told: Sequence[DangerFinding]
) -> dict[str, object]:
    """Which parts the page of help shows. `calm`: nothing of it is for now, so that the page is a word of advice."""
    grave = any(one.danger.grave for one in told)
    threatened = any(one.danger.code == "threat" for one in told)
    return {
        **{f"show_{screen.value}": screen in screens for screen in Screen if screen is not Screen.NONE},
        "dangers": danger_views(told),
        "ring": str(danger_words(told[0].danger.code).ring) if told else "",
        "threatened": threatened,
        "abuse_lines": abuse_lines.lines_for(door.country) if threatened else (),
        "open_line": open_line(door, clock.now()),
        "calm": not screens and not grave,
        "no_help_link": bool(screens) or grave,
    }


def minutes_told(link: LinkView, sheet: ResponseView, page: PageView) -> int:
    """About how many minutes it takes, said above the first question of a check-in; 0 anywhere else."""
    if page.number > 1 or sheet.sent:
        return 0
    return duration.minutes_for(link.clinic_id, sheet.response.spec.form)


def open_line(door: LinkHolder, now: datetime) -> str:
    """Whether the clinic's phone is answered now, and until or from when: in the patient's own time."""
    week = frame.opening(door)
    zone = clock.zone_of(occasions.known_zone(door.zone, door.clinic.zone))
    today = week.on(now.astimezone(week.zone).date())
    if is_open(now, week) and today is not None:
        closes = checkins.clock_text(today[1].astimezone(zone).time(), door.country)
        return _("open now, until %(closes)s") % {"closes": closes}
    opens = next_opening(now, week)
    if opens is None:
        return _("closed now")
    return _("closed now, opens %(opens)s") % {
        "opens": checkins.moment_text(opens.astimezone(zone), door.country)
    }
