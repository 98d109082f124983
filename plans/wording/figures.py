"""Words of the page How well we do: lengths of time, and what an item was opened for."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext

from plans.domain.review.reasons import Source
from plans.wording.flags import flag_title
from plans.wording.plans import short_day
from plans.wording.review import source_words

_SOURCES = frozenset(source.value for source in Source)


def time_words(minutes: int) -> str:
    """A length of time in minutes or hours: "29 min", "1 h 48 min", "30 h". Never days: a day of opening hours is no
    day by the clock."""
    if minutes < 60:
        return gettext("%(m)s min") % {"m": minutes}
    hours, rest = divmod(minutes, 60)
    if rest and hours < 10:
        return gettext("%(h)s h %(m)s min") % {"h": hours, "m": rest}
    return gettext("%(h)s h") % {"h": hours}


def opened_for(code: str) -> str:
    """What a rule looks for, or what a source without rules brings to the queue."""
    return source_words(code, {}) if code in _SOURCES else flag_title(code)


def week_words(first: date, *, running: bool) -> str:
    """A week by its Monday: "23 Nov", "30 Nov, so far"."""
    day = short_day(first)
    return gettext("%(day)s, so far") % {"day": day} if running else day
