"""The outgoing ping: an optional address of a monitor that calls somebody when pings stop."""

from __future__ import annotations

import logging
import time
import urllib.request
from http.client import HTTPException
from typing import Final

from django.conf import settings

from plans.services import heartbeat

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
_SECONDS: Final = 5.0
_last = -EVERY_SECONDS


def forget() -> None:
    """Forget when the monitor was last pinged."""
    global _last  # noqa: PLW0603 - one rhythm a process
    _last = -EVERY_SECONDS


def tell() -> bool:
    """Request PING_URL, at most once a minute and only while nothing is wrong; whether it answered.

    So the monitor calls somebody for a silent loop, an old row or a paused sender just as for a dead machine. An
    unreachable monitor has no effect.
    """
    global _last  # noqa: PLW0603 - one rhythm a process
    if not settings.PING_URL or time.monotonic() - _last < EVERY_SECONDS:
        return False
    _last = time.monotonic()
    if faults := heartbeat.pulse().faults:
        log.warning("the monitor outside is not told that all is well", extra={"outcome": ",".join(faults)})
        return False
    try:
        with urllib.request.urlopen(settings.PING_URL, timeout=_SECONDS) as answer:  # noqa: S310 - http(s) only, see settings
            return bool(answer.status < 400)
    except (OSError, HTTPException):
        log.warning("the monitor outside was not reached")
        return False
