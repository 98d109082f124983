"""The rota that a hospital keeps as a calendar: fetched over HTTPS (`fetching`), and read into events (`reading`).

    raw = fetch("https://rota.example.org/first.ics")
    events = read_events(raw, zone=ZoneInfo("Europe/London"), start=now, end=now + timedelta(days=60))

Both raise FeedFailed with what was wrong.
"""

from __future__ import annotations

from plans.channels.rota_feed.fetching import fetch
from plans.channels.rota_feed.reading import read_events

__all__ = ["fetch", "read_events"]
