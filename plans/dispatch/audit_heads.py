"""Keeps the newest heads of the audit trail outside of the database: a line of a file, and a POST to an address.

Whoever may change anything in the database could also make the chain anew; the heads that were kept elsewhere are then
others. `manage.py verify_audit` compares with the file, and with the messages that leads get once a week.
"""

from __future__ import annotations

import json
import logging
import os
import re
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from http.client import HTTPException
from pathlib import Path
from typing import Final

from django.conf import settings

from plans.domain.audit_chain import TrailName
from plans.domain.json import JsonObject
from plans.services import audit_seals, heartbeat
from plans.services.audit_seals import KeptHead

log = logging.getLogger(__name__)

EVERY: Final = timedelta(hours=1)
_SECONDS: Final = 5.0
_SAID: Final = re.compile(rf"\b({'|'.join(TrailName)}) ([0-9]{{1,18}}) ([0-9a-f]{{64}})\b")


def keep(real: datetime) -> int:
    """Keep the heads that are newer than those kept last, at most once an hour; returns how many there were. The
    heartbeat says if one could not be kept where the settings say."""
    last = heartbeat.facts_of(heartbeat.HEADS)
    tried = str(last.get("tried", ""))
    if tried and timedelta(0) <= real - datetime.fromisoformat(tried) < EVERY:
        return 0
    new = [one for one in audit_seals.heads() if one.number > int(last.get(one.trail, 0))]
    if not new:
        return 0
    lines = [_line(one, real) for one in new]
    # Each on its own: a silent address keeps no line from the file.
    done = [_in_file(lines), _to_address(lines)]
    kept: JsonObject = {} if not all(done) else {one.trail.value: one.number for one in new}
    heartbeat.beat(heartbeat.HEADS, {**last, **kept, "tried": real.isoformat(), "failing": not all(done)})
    return len(new)


def _line(one: KeptHead, real: datetime) -> str:
    return json.dumps(
        {
            "trail": one.trail.value,
            "number": one.number,
            "head": one.head,
            "at": real.isoformat(),
            "site": settings.SITE_URL,
        }
    )


def _in_file(lines: list[str]) -> bool:
    path = Path(settings.AUDIT_HEADS_FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        log.exception("the heads of the audit trail could not be written to their file")
        return False
    return True


def _to_address(lines: list[str]) -> bool:
    if not settings.AUDIT_HEADS_URL:
        return True
    request = urllib.request.Request(  # noqa: S310 - http(s) only, see settings
        settings.AUDIT_HEADS_URL,
        data="".join(f"{line}\n" for line in lines).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            return bool(answer.status < 300)
    except (OSError, HTTPException):
        log.warning("the address that keeps the heads of the audit trail was not reached")
        return False


def read(path: Path) -> Iterator[KeptHead]:
    """The heads in a file: lines of JSON as they are kept here, or a message that a lead received, saved as it came or
    copied. Raises ValueError for a line that cannot be read or a message without a head, OSError without the file.
    """
    content = path.read_bytes()
    if content.lstrip().startswith(b"{"):
        yield from _lines(content.decode())
        return
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",)) if message.keys() else None
    found = _SAID.findall(str(body.get_content()) if body is not None else content.decode("utf-8", "replace"))
    if not found:
        raise ValueError("there is no head in it")
    yield from (KeptHead(TrailName(trail), int(number), head) for trail, number, head in found)


def _lines(text: str) -> Iterator[KeptHead]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found = json.loads(line)
            yield KeptHead(TrailName(found["trail"]), int(found["number"]), str(found["head"]))
        except (ValueError, KeyError, TypeError) as bad:
            raise ValueError(f"line {number} is no head") from bad
