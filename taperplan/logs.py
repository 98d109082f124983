"""Log lines as JSON: only allowed fields, no bodies, tokens or texts of exceptions.

The text of an exception may quote what a person typed (a database error says "Key (email)=(…)"), so a line has the
exception's class and where it was raised, never its message.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import traceback
from datetime import UTC, datetime
from typing import Any

ALLOWED = (
    "event",
    "request_id",
    "clinic_id",
    "user_id",
    "row_id",
    "kind",
    "outcome",
    "attempts",
    "method",
    "route",
    "status",
    "ms",
    "count",
    "queue",
    "task",
    "left_out",
)
"""The extra fields allowed in a line; anything else given to `extra=` is dropped."""

# Every path of `plans.web.addresses.TOKEN_PATHS`: a document's token is too short to be recognised as a secret.
_TOKEN_PATH = re.compile(r"(?<![A-Za-z0-9])/([cpymqfk])/[^\s\"'?#]+")
_LONG_SECRET = re.compile(r"[A-Za-z0-9_\-]{32,}")
_PASSWORD_URL = re.compile(r"(\w+://[^\s:/@]*):[^\s@]*@")
# The web server logs the address of a client whose request it cannot parse.
_CALLER = re.compile(r"from ip=\S+")
_LONGEST = 500


def mask(text: str) -> str:
    """Mask secrets in a text: tokens in patient paths, passwords in URLs and long random words become an ellipsis."""
    text = _TOKEN_PATH.sub(r"/\1/…", text)
    text = _PASSWORD_URL.sub(r"\1:…@", text)
    text = _CALLER.sub("from ip=…", text)
    return _LONG_SECRET.sub("…", text)


# Any: as logging.config.dictConfig takes it.
CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "taperplan.logs.JsonLines"}},
    "filters": {"budget": {"()": "taperplan.logs.Budget"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["budget"]}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # The access log has the same with the route instead of the path, which may contain a token.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR", "handlers": [], "propagate": True},
        # SQL parameters must never reach a log.
        "django.db.backends": {"level": "WARNING"},
        # These print task arguments.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        # Its warnings name addresses that hold keys of push services.
        "urllib3": {"level": "ERROR"},
        # The mail receiver of the demo prints addresses.
        "mail.log": {"level": "WARNING"},
    },
}
"""Django's LOGGING."""


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage().splitlines()[0] if record.getMessage() else "")[:_LONGEST],
        }
        for name in ALLOWED:
            value = getattr(record, name, None)
            if isinstance(value, str):
                line[name] = value[:_LONGEST]
            elif isinstance(value, int | float):
                line[name] = value
            elif value is not None:
                line[name] = str(value)[:_LONGEST]
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, frames = record.exc_info
            line["exception"] = f"{kind.__module__}.{kind.__qualname__}"
            line["at"] = [
                f"{frame.filename.rsplit('/site-packages/', 1)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(frames)[-8:]
            ]
        return json.dumps(line, ensure_ascii=False)


class Budget(logging.Filter):
    """A process's lines a second, so that no flood of requests fills the disk; how many were left out is said.

    Errors have a budget of their own: a flood of ordinary lines does not hide one.
    """

    def __init__(self, per_second: float = 50, burst: float = 3_000) -> None:
        super().__init__()
        self._per_second, self._burst = per_second, burst
        self._left = {False: burst, True: burst}
        self._at = time.monotonic()
        self._dropped = 0
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        grave = record.levelno >= logging.ERROR
        with self._lock:
            now = time.monotonic()
            for kind, left in self._left.items():
                self._left[kind] = min(self._burst, left + (now - self._at) * self._per_second)
            self._at = now
            if self._left[grave] < 1:
                self._dropped += 1
                return False
            self._left[grave] -= 1
            if self._dropped:
                record.left_out, self._dropped = self._dropped, 0
        return True
