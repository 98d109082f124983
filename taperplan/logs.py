"""Log lines as JSON: fields from a list of allowed ones, no bodies, no tokens, no text of exceptions.

The text of an exception may quote what a person typed (a database says "Key (email)=(…)"), so a line carries the
exception's class and where it was raised, never its message.
"""

from __future__ import annotations

import json
import logging
import re
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
)
"""The extra fields that may appear in a line; anything else given to `extra=` is left out."""

# Every address of `plans.web.addresses.TOKEN_PATHS`: a document's token is too short to be seen as a secret by itself.
_TOKEN_PATH = re.compile(r"(?<![A-Za-z0-9])/([cpymqf])/[^\s\"'?#]+")
_LONG_SECRET = re.compile(r"[A-Za-z0-9_\-]{32,}")
_PASSWORD_URL = re.compile(r"(\w+://[^\s:/@]*):[^\s@]*@")
# The web server names the caller of a request it cannot read.
_CALLER = re.compile(r"from ip=\S+")
_LONGEST = 500


def mask(text: str) -> str:
    """`text` without tokens: patient paths, passwords in addresses and long random words become an ellipsis."""
    text = _TOKEN_PATH.sub(r"/\1/…", text)
    text = _PASSWORD_URL.sub(r"\1:…@", text)
    text = _CALLER.sub("from ip=…", text)
    return _LONG_SECRET.sub("…", text)


# Any: as logging.config.dictConfig takes it.
CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "taperplan.logs.JsonLines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # The access log says the same with the route in place of the path, which may hold a token.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR", "handlers": [], "propagate": True},
        # Values of queries never reach a log.
        "django.db.backends": {"level": "WARNING"},
        # These print task arguments.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
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
