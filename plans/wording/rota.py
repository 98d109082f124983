"""Words of the rota: places, patterns, gaps, refusals, and what is wrong with a calendar kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.review.rota import DutyPlace, Pattern, RotaGap
from plans.domain.review.rota_feed import FeedProblem
from plans.wording.plans import weekday_day

PLACES: Final[Mapping[DutyPlace, Promise]] = {
    DutyPlace.FIRST: _("first"),
    DutyPlace.SECOND: _("second"),
}
PATTERNS: Final[Mapping[Pattern, Promise]] = {
    Pattern.ALL: _("all hours, day and night"),
    Pattern.WORKING: _("opening hours"),
    Pattern.NIGHTS: _("nights: from closing until the next opening"),
    Pattern.WEEKENDS: _("weekends: the whole closed time around Saturday and Sunday"),
    Pattern.HOLIDAYS: _("holidays: the whole closed time around a holiday of the clinic"),
    Pattern.CHOSEN: _("hours of your own, chosen below"),
}
REFUSALS: Final[Mapping[str, Promise]] = {
    "same_person": _("The second must be somebody else: nobody would be left to alert. Choose another."),
    "not_a_clinician": _("Only an active clinician of this clinic can be on duty. Choose another."),
    "day_past": _("This day is over. The rota of the past stays as it was: choose a day from today on."),
    "days_order": _("This is before the first day. Check both days."),
    "too_long": _("This is more than a year. Enter one year at a time."),
    "times_missing": _("Give both times, or choose other hours above."),
    "no_such_hours": _(
        "Nothing in these days matches. Check the days, and the clinic’s opening hours and holidays in the settings."
    ),
    "leaves_before": _(
        "Their last day in this clinic is %(on)s. Choose a day up to then, or change their last day under Members."
    ),
    "already": _("They stand there already, from %(at)s. Cancel that shift first, or choose other hours."),
    "already_covered": _(
        "%(who)s has some of these hours already, from %(at)s. Cancel those first, or choose other hours."
    ),
    "no_button": _("Press one of the buttons."),
    "over": _("This shift is over: what was stays on the rota."),
    "cancelled": _("This shift was cancelled meanwhile. Nothing was changed."),
    "from_feed": _("This shift comes from the calendar that is kept elsewhere. Change it there."),
    "begun": _("One of the two shifts has begun. Only shifts that are still to come can be exchanged."),
    "other_missing": _("Choose a shift to exchange it with."),
    "nothing": _("Nothing is open, so there is nothing to hand over but a note. Write one."),
    "lead_stays": _("A lead has no last day. Give them another role first."),
    "ended": _("They were removed from the clinic meanwhile. Add them again first."),
    "not_https": _("Enter an address that begins with https://"),
    "password": _(
        "Enter the address without user name and password: others would read them in the settings."
    ),
    "no_such_time": _("There is no such time on that day: the clocks go forward. Choose another."),
}
LEAVE_ALREADY: Final = _("They have leave in these days already. Cancel that first, or choose other days.")
PROBLEMS: Final[Mapping[FeedProblem, Promise]] = {
    FeedProblem.NOT_HTTPS: _("the address is not an https:// address"),
    FeedProblem.PRIVATE: _(
        "the address lies in a private network; whoever runs this system can allow it (ROTA_FEED_HOSTS)"
    ),
    FeedProblem.UNREACHABLE: _("no answer, or too slow a one"),
    FeedProblem.CERTIFICATE: _("its certificate is not valid"),
    FeedProblem.MOVED: _("it has moved: enter its new address"),
    FeedProblem.DENIED: _("it asks for a password: enter an address that needs none"),
    FeedProblem.GONE: _("there is no calendar at this address any more"),
    FeedProblem.FAILED: _("the server it is on reports a fault"),
    FeedProblem.TOO_LARGE: _("it is larger than 1 MB"),
    FeedProblem.NOT_A_CALENDAR: _("what is there is not a calendar that can be read"),
    FeedProblem.TOO_OFTEN: _("an event in it repeats every hour or more often"),
    FeedProblem.TOO_MANY: _("it has too many events"),
}
_NOBODY: Final[Mapping[DutyPlace, Promise]] = {
    DutyPlace.FIRST: _("Nobody is first on the rota from %(start)s to %(end)s"),
    DutyPlace.SECOND: _("Nobody is second on the rota from %(start)s to %(end)s"),
}


def refusal_words(reason: str, **facts: object) -> str:
    """The sentence of a refusal."""
    return str(REFUSALS[reason]) % facts


def rota_moment(at: datetime, zone: str) -> str:
    """A moment on the rota, in the clinic's zone: "Sat 5 Dec, 17:00"."""
    here = at.astimezone(ZoneInfo(zone))
    return gettext("%(day)s, %(time)s") % {"day": weekday_day(here.date()), "time": f"{here:%H:%M}"}


def span_words(start: datetime, end: datetime, zone: str) -> str:
    """From when to when: "Sat 5 Dec, 17:00 to Mon 7 Dec, 08:00"."""
    return gettext("%(start)s to %(end)s") % {
        "start": rota_moment(start, zone),
        "end": rota_moment(end, zone),
    }


def gap_words(gap: RotaGap, zone: str) -> str:
    """A gap in a sentence, without its full stop."""
    return str(_NOBODY[gap.place]) % {
        "start": rota_moment(gap.start, zone),
        "end": rota_moment(gap.end, zone),
    }
