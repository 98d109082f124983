"""What is due by the clock: check-ins fall due, plans end, items escalate, dead claims are swept.

Every step may run twice or in two places at once. A step that fails does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from typing import Final

from plans.dispatch import audit_heads, clock_guard, downtime, ping
from plans.domain.notices import Queue
from plans.services import (
    audit_seals,
    channel_tests,
    clock,
    figures_counting,
    head_messages,
    heartbeat,
    imports,
    kept_forms,
    lease_expiry,
    limits,
    links,
    locums,
    moving,
    patient_files,
    pausing,
    record_copies,
    reminders,
    restoring,
    retention,
    rows,
    supply_watch,
    ward_watch,
)
from plans.services.caseload import projection
from plans.services.checkins import raw
from plans.services.plans import pages, review_dates, states
from plans.services.review import digest, ticks

log = logging.getLogger(__name__)

_STEPS: Final[dict[str, Callable[[], object]]] = {
    "pause": pausing.tell,
    "sweep": lease_expiry.sweep,
    "raw_answers": raw.sweep,
    "escalate": lambda: ticks.escalate_due(clock.now()),
    "channel_tests": lambda: channel_tests.tick(clock.now()),
    "digest": lambda: digest.tick(clock.now()),
    "leases": lambda: ticks.expire_leases(clock.real_now()),
    "plans": lambda: states.advance(clock.now()),
    "pages": lambda: pages.tick(clock.now()),
    "review_dates": lambda: review_dates.tick(clock.now()),
    "reminders": lambda: reminders.tick(clock.now()),
    "supply": lambda: supply_watch.tick(clock.now()),
    "moves": lambda: moving.lapse(clock.now()),
    "locums": lambda: locums.tick(clock.now()),
    "wards": lambda: ward_watch.tick(clock.now()),
    "caseload": lambda: projection.tick(clock.now()),
    "figures": lambda: figures_counting.tick(clock.now()),
    "sessions": links.forget_sessions,
    "limits": limits.forget,
    "imports": imports.forget,
    "kept_forms": kept_forms.forget,
    "patient_files": patient_files.forget,
    "record_copies": record_copies.forget,
    "retention": lambda: retention.tick(clock.real_now()),
    "downtime": lambda: downtime.tick(clock.now()),
    "seals": lambda: audit_seals.tick(clock.real_now()),
    "heads": lambda: audit_heads.keep(clock.real_now()),
    "heads_told": lambda: head_messages.tick(clock.now()),
}


class End(Enum):
    """How a step ended."""

    DONE = "done"
    # Some rows failed and were skipped; each is logged.
    ROWS_FAILED = "rows_failed"
    FAILED = "failed"


# Steps that would send again what a restored database has forgotten that it sent.
_NOT_WHEN_RESTORED: Final = frozenset({"plans", "pages", "reminders", "digest"})
# Steps that with a wrong clock would hit everybody at once: inviting, closing check-ins as missed, ending plans,
# expiring messages.
_NOT_WHEN_CLOCK_JUMPED: Final = frozenset(
    {
        "sweep",
        "channel_tests",
        "plans",
        "pages",
        "review_dates",
        "reminders",
        "supply",
        "moves",
        "locums",
        "wards",
        "caseload",
        "figures",
        "digest",
        "downtime",
        "retention",
    }
)


def run() -> tuple[str, ...]:
    """Run every step once; returns the names of those that failed. The heartbeat names them too: a failing step must
    not look healthy.

    A step that finished except for some rows counts as healthy, and is named beside the heartbeat.
    """
    clock_guard.clocks_agree()
    left_out = frozenset() if restoring.is_original_database() else _NOT_WHEN_RESTORED
    if heartbeat.paused_because() == heartbeat.CLOCK_JUMPED:
        left_out |= _NOT_WHEN_CLOCK_JUMPED
    steps = {name: step for name, step in _STEPS.items() if name not in left_out}
    if "sweep" in left_out:
        # An alert whose worker died is sent again whatever the clock says.
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
