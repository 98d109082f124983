"""The outgoing sign of life: an address of a monitor that calls somebody when it hears nothing. Optional."""

from __future__ import annotations

import logging
import time
import urllib.request
from typing import Final

from django.conf import settings

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
_SECONDS: Final = 5.0
_last = -EVERY_SECONDS


def tell(*, at_once: bool = False) -> bool:
    """Ask PING_URL, at most once a minute; whether it answered. A monitor that is away disturbs nothing."""
    global _last  # noqa: PLW0603 - one rhythm a process
    if not settings.PING_URL or (time.monotonic() - _last < EVERY_SECONDS and not at_once):
        return False
    _last = time.monotonic()
    try:
        with urllib.request.urlopen(settings.PING_URL, timeout=_SECONDS) as answer:  # noqa: S310 - http(s) only, see settings
            return bool(answer.status < 400)
    except OSError:
        log.warning("the monitor outside was not reached")
        return False
