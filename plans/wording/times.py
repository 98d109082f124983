"""Days, hours and time zones in words, in the active language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, pgettext

NBSP: Final = "\N{NO-BREAK SPACE}"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Countries that write "10:00 am".
TWELVE_HOURS: Final = frozenset({"US", "CA", "AU", "NZ", "PH", "IN", "PK", "EG", "CO", "MX"})


def zone_words(zone: str) -> str:
    """A time zone by its everyday name, or else by its city: "Eastern time", "Lisbon time"."""
    known = {
        "America/New_York": gettext("Eastern time"),
        "America/Detroit": gettext("Eastern time"),
        "America/Toronto": gettext("Eastern time"),
        "America/Chicago": gettext("Central time"),
        "America/Winnipeg": gettext("Central time"),
        "America/Denver": gettext("Mountain time"),
        "America/Edmonton": gettext("Mountain time"),
        "America/Phoenix": gettext("Arizona time"),
        "America/Los_Angeles": gettext("Pacific time"),
        "America/Vancouver": gettext("Pacific time"),
        "America/Anchorage": gettext("Alaska time"),
        "Pacific/Honolulu": gettext("Hawaii time"),
        "America/Halifax": gettext("Atlantic time"),
        "Europe/London": gettext("UK time"),
        "Europe/Dublin": gettext("Irish time"),
        "UTC": "UTC",
    }
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return known.get(zone) or gettext("%(city)s time") % {"city": city}


def hour_words(at: time, country: str) -> str:
    """A time of day as the country writes it: "10:00 am" or "10:00"."""
    if country in TWELVE_HOURS:
        half = gettext("am") if at.hour < 12 else gettext("pm")
        return f"{at.hour % 12 or 12}:{at.minute:02}{NBSP}{half}"
    return f"{at.hour:02}:{at.minute:02}"


def day_words(at: datetime, zone: str) -> str:
    """A day written out, in the zone: "Thursday 26 November 2026"."""
    # Translators: a day written out, in Django's date format; plain letters need a backslash: "l j \d\e F \d\e Y".
    return dateformat.format(at.astimezone(ZoneInfo(zone)), pgettext("day written out", "l j F Y"))


def moment_words(at: datetime, zone: str, country: str) -> str:
    """An absolute time with its zone: "Thursday 26 November 2026, 10:00 am, Eastern time"."""
    here = at.astimezone(ZoneInfo(zone))
    return gettext("%(day)s, %(hour)s, %(zone)s") % {
        "day": day_words(at, zone),
        "hour": hour_words(here.time(), country),
        "zone": zone_words(zone),
    }


def short_moment_words(at: datetime, now: datetime, zone: str) -> str:
    """A time for clinicians, in 24 hours: "09:41", with the day unless that is today."""
    here = at.astimezone(ZoneInfo(zone))
    if here.date() == now.astimezone(ZoneInfo(zone)).date():
        return f"{here:%H:%M}"
    return gettext("%(day)s, %(hour)s") % {"day": day_words(at, zone), "hour": f"{here:%H:%M}"}


def opening_words(hours: Mapping[str, Sequence[str]], country: str) -> str:
    """Opening hours in one phrase: "Monday to Friday, 8:00 am to 5:00 pm; Saturday, 9:00 am to 12:00 pm".

    Empty when no day is open. Days in a row with the same hours are joined.
    """
    runs: list[tuple[int, int, tuple[str, str]]] = []
    for number, day in enumerate(DAYS):
        given = hours.get(day)
        if not given:
            continue
        span = (given[0], given[1])
        if runs and runs[-1][1] == number - 1 and runs[-1][2] == span:
            runs[-1] = (runs[-1][0], number, span)
        else:
            runs.append((number, number, span))
    return "; ".join(_run_words(first, last, span, country) for first, last, span in runs)


def _run_words(first: int, last: int, span: tuple[str, str], country: str) -> str:
    days = str(WEEKDAYS[first])
    if last == first + 1:
        days = gettext("%(first)s and %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}
    elif last > first:
        days = gettext("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}
    opens, closes = (hour_words(time.fromisoformat(text), country) for text in span)
    return gettext("%(days)s, %(opens)s to %(closes)s") % {"days": days, "opens": opens, "closes": closes}
