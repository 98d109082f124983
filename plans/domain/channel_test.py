"""When a clinic's daily test of channels is sent, and how long it may take to come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from plans.domain.json import JsonObject

MINUTES_LEAST: Final = 5
MINUTES_MOST: Final = 240
LATE_MOST: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class ChannelTestTime:
    """At what local time, and within how many minutes it must come back. `on`: whether there is one."""

    on: bool = True
    at: time = time(10)
    minutes: int = 30

    def due(self, now: datetime, zone: str) -> bool:
        """Whether today's is due at a moment, by the clinic's clock. One that is hours late is left out: it would come
        in the evening or at night."""
        local = now.astimezone(ZoneInfo(zone))
        at = datetime.combine(local.date(), self.at, tzinfo=local.tzinfo)
        return self.on and at <= local < at + LATE_MOST

    @property
    def within(self) -> timedelta:
        """How long it may take to come back."""
        return timedelta(minutes=self.minutes)

    def to_json(self) -> JsonObject:
        """As stored."""
        return {"on": self.on, "at": self.at.isoformat("minutes"), "minutes": self.minutes}

    @classmethod
    def usable(cls, saved: object) -> ChannelTestTime:
        """What was stored; the usual time for anything else."""
        if not isinstance(saved, Mapping):
            return cls()
        return cls(bool(saved["on"]), time.fromisoformat(str(saved["at"])), int(str(saved["minutes"])))
