"""What the clock brings about, whoever calls it: check-ins fall due, plans end, items escalate, dead claims are swept.

Every function here may run twice or in two places at once. One that fails does not keep the others from running.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from typing import Final

from plans.dispatch import clock_guard, ping
from plans.domain.notices import Queue
from plans.services import (
    clock,
    heartbeat,
    lease_expiry,
    limits,
    links,
    pausing,
    reminders,
    restoring,
    rows,
    supply_watch,
    ward_watch,
)
from plans.services.checkins import raw
from plans.services.plans import pages, review_dates, states
from plans.services.review import ticks

log = logging.getLogger(__name__)

_STEPS: Final[dict[str, Callable[[], object]]] = {
    "pause": pausing.tell,
    "sweep": lease_expiry.sweep,
    "raw_answers": raw.sweep,
    "escalate": lambda: ticks.escalate_due(clock.now()),
    "leases": lambda: ticks.expire_leases(clock.real_now()),
    "plans": lambda: states.advance(clock.now()),
    "pages": lambda: pages.tick(clock.now()),
    "review_dates": lambda: review_dates.tick(clock.now()),
    "reminders": lambda: reminders.tick(clock.now()),
    "supply": lambda: supply_watch.tick(clock.now()),
    "wards": lambda: ward_watch.tick(clock.now()),
    "sessions": links.forget_sessions,
    "limits": limits.forget,
}


class End(Enum):
    """How a step ended."""

    DONE = "done"
    # Some rows failed and were passed by; each is logged.
    ROWS_FAILED = "rows_failed"
    FAILED = "failed"


# What would ask patients again whom a restored database has forgotten asking.
_NOT_WHEN_RESTORED: Final = frozenset({"plans", "pages", "reminders"})
# What a clock that is wrong would do to everybody at once: ask, close and call it silence, end plans, give messages up.
_NOT_WHEN_CLOCK_JUMPED: Final = frozenset(
    {"sweep", "plans", "pages", "review_dates", "reminders", "supply", "wards"}
)


def run() -> tuple[str, ...]:
    """One turn; the names of the steps that failed. The heartbeat says so too: a failing step must not look alive.

    A step that got through with the exception of some rows does look alive, and is named beside the heartbeat.
    """
    clock_guard.clocks_agree()
    left_out = frozenset() if restoring.is_original_database() else _NOT_WHEN_RESTORED
    if heartbeat.paused_because() == heartbeat.CLOCK_JUMPED:
        left_out |= _NOT_WHEN_CLOCK_JUMPED
    steps = {name: step for name, step in _STEPS.items() if name not in left_out}
    if "sweep" in left_out:
        # An alert whose worker died goes again whatever the clock says.
        steps["sweep_alerts"] = lambda: lease_expiry.sweep(queues=[Queue.ALERTS])
    ends = {name: _did(name, step) for name, step in steps.items()}
    failed = tuple(name for name, end in ends.items() if end is End.FAILED)
    if not failed:
        heartbeat.beat(
            heartbeat.TICK, {"failing": [name for name, end in ends.items() if end is End.ROWS_FAILED]}
        )
        ping.tell()
    return failed


def _did(name: str, step: Callable[[], object]) -> End:
    try:
        did = step()
    except rows.RowsFailed:
        return End.ROWS_FAILED
    except Exception:
        log.exception("upkeep step failed", extra={"kind": name})
        return End.FAILED
    return End.ROWS_FAILED if getattr(did, "failed", 0) else End.DONE
