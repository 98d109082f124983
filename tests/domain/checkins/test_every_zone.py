"""Two years in every time zone of the world: exactly one reminder a local date, whatever the clocks do."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from plans.domain.checkins import occasions as when

FIRST, DAYS = date(2026, 1, 1), 2 * 365
# Clocks change at night; messages go at any hour between 08:00 and 20:00, and some zones once changed by day.
TIMES = (time(8), time(10), time(20))
# Changes in every direction: by half an hour, at midnight, southwards, none at all, and a date line.
FEW = (
    "America/New_York", "Europe/London", "Europe/Lisbon", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
    "Asia/Beirut", "America/Santiago", "America/Havana", "Pacific/Chatham", "Pacific/Apia", "Antarctica/Troll",
)  # fmt: skip


def sweep(zone: str) -> None:
    """Each local date has one moment, which reads as that date and falls into the day; moments only move forward."""
    there = ZoneInfo(zone)
    for at in TIMES:
        before = datetime.min.replace(tzinfo=UTC)
        for n in range(DAYS):
            day = FIRST + timedelta(days=n)
            moment = when.due_at(day, at, zone)
            local = moment.astimezone(there)
            assert local.date() == day, (zone, day, at)
            assert time(8) <= local.time() <= time(21), (zone, day, at)
            assert moment > before, (zone, day, at)
            assert when.local_date(moment, zone) == day
            before = moment


@pytest.mark.parametrize("zone", FEW)
def test_one_reminder_a_local_date_where_clocks_change_oddly(zone: str) -> None:
    sweep(zone)


@pytest.mark.slow
def test_one_reminder_a_local_date_in_every_zone_for_two_years() -> None:
    zones = sorted(available_timezones() - {"localtime", "posixrules"})
    assert len(zones) > 400
    for zone in zones:
        sweep(zone)


@pytest.mark.parametrize("zone", FEW)
def test_the_rungs_of_a_check_in_never_share_a_local_date(zone: str) -> None:
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        due = when.due_at(day, time(10), zone)
        moments = when.rungs(day, time(10), zone, when.closes(due, None))
        dates = [when.local_date(moment, zone) for moment in moments]
        assert dates == [day + timedelta(days=k) for k in range(3)]
        # Also over a night of 23 hours.
        assert all(later - earlier >= timedelta(hours=20) for earlier, later in itertools.pairwise(moments))


def gap_and_fold(zone: str) -> set[str]:
    """Which oddities a zone's nights hold in these two years."""
    found = set()
    there = ZoneInfo(zone)
    for n in range(DAYS):
        start = datetime.combine(FIRST + timedelta(days=n), time(0), tzinfo=there)
        length = (start + timedelta(days=1)).astimezone(UTC) - start.astimezone(UTC)
        if length != timedelta(days=1):
            found.add("gap" if length < timedelta(days=1) else "fold")
    return found


def test_the_sweep_met_gaps_and_folds() -> None:
    met = set().union(*(gap_and_fold(zone) for zone in FEW))
    assert met == {"gap", "fold"}
