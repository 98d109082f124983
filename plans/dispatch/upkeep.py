"""What the clock brings about, whoever rings: check-ins fall due, plans end, items escalate, dead claims are swept.

Every function here may run twice or in two places at once. One that fails does not keep the others from running.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from plans.dispatch import ping, watch
from plans.services import clock, heartbeat, links, reminders, restoring, supply_watch, sweeping
from plans.services.checkins import raw
from plans.services.plans import states
from plans.services.review import ticks

log = logging.getLogger(__name__)

_STEPS: Final[dict[str, Callable[[], object]]] = {
    "sweep": sweeping.sweep,
    "raw_answers": raw.sweep,
    "escalate": lambda: ticks.escalate_due(clock.now()),
    "leases": lambda: ticks.expire_leases(clock.real_now()),
    "plans": lambda: states.advance(clock.now()),
    "reminders": lambda: reminders.tick(clock.now()),
    "supply": lambda: supply_watch.tick(clock.now()),
    "sessions": links.forget_sessions,
}


# What would ask patients again whom a restored database has forgotten asking.
_NOT_WHEN_RESTORED: Final = frozenset({"plans", "reminders"})


def run() -> tuple[str, ...]:
    """One turn; the names of the steps that failed. The heartbeat says so too: a failing step must not look alive."""
    watch.clocks_agree()
    at_home = restoring.at_home()
    steps = {name: step for name, step in _STEPS.items() if at_home or name not in _NOT_WHEN_RESTORED}
    failed = tuple(name for name, step in steps.items() if not _did(name, step))
    if not failed:
        heartbeat.beat(heartbeat.TICK)
        ping.tell()
    return failed


def _did(name: str, step: Callable[[], object]) -> bool:
    try:
        step()
    except Exception:
        log.exception("upkeep step failed", extra={"kind": name})
        return False
    return True
