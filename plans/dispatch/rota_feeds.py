"""Reads the calendars that rotas are kept in."""

from __future__ import annotations

import logging

from django.conf import settings

from plans.channels import rota_feed as channel
from plans.domain.review.rota_feed import FeedFailed
from plans.services import clock, pausing, rota_feed
from plans.services.rota_feed import FeedToRead

log = logging.getLogger(__name__)


def run() -> int:
    """Read every calendar that is due; returns how many could be read.

    One that fails does not stop the others. A copy of the database on another host reads none.
    """
    if pausing.folder_of_files():
        return 0
    read = 0
    for feed in rota_feed.due(clock.now()):
        try:
            read += _read(feed)
        except Exception:
            log.exception(
                "a rota's calendar was passed by until the next turn", extra={"row_id": str(feed.id)}
            )
    return read


def _read(feed: FeedToRead) -> bool:
    now = clock.now()
    rota_feed.begun(feed.id, now)
    try:
        raw = channel.fetch(feed.address, private_hosts=settings.ROTA_FEED_HOSTS)
        events = channel.read_events(raw, zone=clock.zone_of(feed.zone), start=now, end=now + rota_feed.AHEAD)
    except FeedFailed as fault:
        rota_feed.failed(feed.id, fault.problem, clock.now())
        return False
    rota_feed.took(feed.id, events, now)
    return True
