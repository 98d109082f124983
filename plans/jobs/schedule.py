"""The beat table: intervals in UTC, never crontabs, which skip or repeat hours when clocks change.

Each task expires before the next is sent, so that an unattended queue does not fill up. Beat may run twice or not at
all: the rows decide what is done, and `manage.py run_outbox` does the same without it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from plans.domain.json import JsonObject

EVERY: Final = timedelta(seconds=15)


# Nobody waits for bounce reports.
SELDOM: Final = timedelta(minutes=5)
# Each calendar is read every ten minutes; one whose address was just entered, within this.
OFTEN: Final = timedelta(minutes=1)


def _entry(task: str, every: timedelta = EVERY) -> dict[str, object]:
    return {"task": task, "schedule": every, "options": {"expires": every.total_seconds()}}


BEAT: Final[dict[str, JsonObject]] = {
    "tick": _entry("plans.jobs.tick.tick"),
    "alerts": _entry("plans.jobs.alerts.send"),
    "messages": _entry("plans.jobs.messages.send"),
    "documents": _entry("plans.jobs.documents.draw"),
    "returns": _entry("plans.jobs.bounces.read", SELDOM),
    "rotas": _entry("plans.jobs.rota_feeds.read", OFTEN),
}
