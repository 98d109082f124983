"""How a member of staff is reached: kinds of channels, their addresses, and when each may be used.

A person's channels stand in an order. An alert goes to the first, later to the second; times limit what is not urgent.

    Route(ChannelKind.TEXT, "+15550142", channel_id)
    ChannelHours(time(8), time(20)).has(time(7, 30))      # False
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from plans.domain.text import BadText

CHANNELS_MOST: Final = 8
"""The most channels of one person."""
CODE_TRIES: Final = 5
"""Wrong codes after which a channel needs a new one."""
CODE_FOR: Final = timedelta(minutes=30)
"""How long the code that confirms a channel is valid."""
REPLY_FOR: Final = timedelta(hours=6)
"""How long the reply code of an alert is valid."""
QUIET_FOR: Final = timedelta(minutes=10)
"""How long an acknowledgement stops the repeats to one person."""


class ChannelKind(StrEnum):
    """The kinds of channels."""

    EMAIL = "email"
    PUSH = "push"
    TEXT = "text"


class CodePurpose(StrEnum):
    """What a message with a reply code is about."""

    ALERT = "alert"
    # The daily test of a channel.
    TEST = "test"


class AnsweredBy(StrEnum):
    """How a message came back."""

    TEXT = "text"
    EMAIL = "email"
    # The button on the page that its link opens.
    LINK = "link"
    # The provider's delivery report: good enough for a test, and no acknowledgement.
    REPORT = "report"


class ReplyAnswer(StrEnum):
    """What became of a reply."""

    NOTED = "noted"
    NOTED_BEFORE = "noted_before"
    RESOLVED = "resolved"
    WORKS = "works"
    OLD = "old"
    UNKNOWN = "unknown"
    NO_CODE = "no_code"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class ChannelHours:
    """The hours of the day in which a channel may be used for what is not urgent; both empty: always.

    They may run over midnight: 20:00 to 06:00.
    """

    since: time | None = None
    until: time | None = None

    def has(self, moment: time) -> bool:
        """Whether a local time lies in them."""
        if self.since is None or self.until is None:
            return True
        if self.since <= self.until:
            return self.since <= moment < self.until
        return moment >= self.since or moment < self.until

    def next_start(self, at: datetime, zone: str) -> datetime:
        """When they begin next, after `at`."""
        if self.since is None:
            return at
        local = at.astimezone(ZoneInfo(zone))
        begins = datetime.combine(local.date(), self.since, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if begins <= at:
            day = local.date() + timedelta(days=1)
            begins = datetime.combine(day, self.since, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        return begins


@dataclass(frozen=True, slots=True)
class Route:
    """Where one message to a member of staff goes. Without a channel: the e-mail of the login."""

    kind: ChannelKind
    address: str
    channel_id: UUID | None = None
    hours: ChannelHours = ChannelHours()


LOGIN: Final = "login"
"""How facts of an outbox entry name the e-mail of the login, where a channel would have its key."""

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def clean_number(raw: str, *, where: str = "") -> str:
    """A telephone number for text messages, as +15550142: spaces and signs between the digits are dropped. Raises
    BadText."""
    if not raw.strip():
        raise BadText(where=where, why="missing")
    text = re.sub(r"[\s().\-/\u00a0]", "", raw[:100])
    text = f"+{text[2:]}" if text.startswith("00") else text
    if not text.isascii() or not _NUMBER.fullmatch(text):
        raise BadText(where=where, why="not_full_number")
    return text


_CODES: Final = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")


def code_in(text: str) -> str:
    """The one reply code in a text; "" if there is none, or more than one."""
    found = set(_CODES.findall(text[:2000]))
    return found.pop() if len(found) == 1 else ""
