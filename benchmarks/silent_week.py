"""Eight days of the demo with nobody at work: `python -m benchmarks.silent_week` says who was alerted how often.

It seeds the demo's clinics into a database of its own and moves clinic time forward in steps; what is sent is counted
and goes nowhere. Patients answer nothing; on two of the days an urgent item is raised in each clinic besides. Ends with
1 if somebody got more than MOST_A_PERSON messages, or an urgent item reached nobody in time. STEP_MINUTES=5, DAYS=8.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.__main__ import prepare

if TYPE_CHECKING:
    from plans.channels.email.delivery import SendResult
    from plans.channels.email.rendering import OutgoingMessage

STEP = timedelta(minutes=int(os.environ.get("STEP_MINUTES", "5")))
DAYS = int(os.environ.get("DAYS", "8"))
MOST_A_PERSON = 60
RAISED_AFTER = (23, 100)
# Who may wait how long for a first alert: a step, and the two to ten minutes after another alert to the same person.
FIRST_WITHIN = timedelta(minutes=11)
EVERYBODY_WITHIN = timedelta(minutes=40)


class Nowhere:
    """Takes every message and keeps none."""

    def open(self) -> None:
        """Do nothing."""

    def send(self, _message: OutgoingMessage) -> SendResult:
        """Accept it."""
        from plans.channels.email.delivery import Fate, SendResult

        return SendResult(Fate.SENT, code=250)

    def close(self) -> None:
        """Do nothing."""


def moments(start: datetime) -> Iterator[datetime]:
    """Every moment at which the tick and the workers run."""
    for number in range(int(timedelta(days=DAYS) / STEP) + 1):
        yield start + number * STEP


def run() -> int:
    """Let the days pass and print the figures; returns how many limits were broken."""
    from django.core.management import call_command

    from plans.dispatch import messages, upkeep
    from plans.domain.notices import Queue
    from plans.services import clock

    call_command("seed", stdout=sys.stderr)
    start, began = clock.now(), perf_counter()
    for number, moment in enumerate(moments(start)):
        with clock.standing_at(moment):
            if number in (int(timedelta(hours=hours) / STEP) for hours in RAISED_AFTER):
                _raise_urgent(number)
            upkeep.run()
            for queue in (Queue.ALERTS, Queue.MESSAGES):
                messages.run(queue, transport=Nowhere)
    print(f"{DAYS} days in {perf_counter() - began:.0f} s, a step {STEP}")
    return _people(start) + _items(start)


def _raise_urgent(number: int) -> None:
    """An urgent item in every clinic, as an answer would open it."""
    from django.db import transaction

    from plans.models import Clinic
    from plans.services import clock
    from plans.services.review import open_item

    for clinic in Clinic.objects.order_by("name"):
        with transaction.atomic():
            open_item(
                clinic_id=clinic.pk, patient=None, plan=None, source="checkin", source_key=f"silent:{number}",
                priority="urgent", facts={}, now=clock.now(),
            )  # fmt: skip


def _people(start: datetime) -> int:
    """Messages to each member of staff; how many got too many."""
    from plans.domain.outbox import WorkState
    from plans.models import Work

    sent = Work.objects.filter(queue="alerts", state=WorkState.SENT, settled_at__gte=start)
    found: Counter[str] = Counter()
    digests: Counter[str] = Counter()
    nights: Counter[str] = Counter()
    for work in sent.select_related("user", "clinic"):
        name = work.user.name if work.user is not None else ""
        found[name] += 1
        digests[name] += work.notice == "digest"
        hour = work.settled_at.astimezone(ZoneInfo(work.clinic.zone)).hour if work.settled_at else 12
        nights[name] += work.notice != "digest" and not 7 <= hour < 22
    print(f"{'person':<20} {'messages':>8} {'digests':>8} {'at night':>8}")
    for name, count in found.most_common():
        print(f"{name:<20} {count:>8} {digests[name]:>8} {nights[name]:>8}")
    print(f"{'all':<20} {sum(found.values()):>8} {sum(digests.values()):>8} {sum(nights.values()):>8}")
    return sum(count > MOST_A_PERSON for count in found.values())


def _items(start: datetime) -> int:
    """Urgent items raised meanwhile, and after how long each had reached somebody and everybody; how many were late."""
    from plans.domain.outbox import WorkState
    from plans.models import ReviewItem, Work
    from plans.services.review.alerts import reviewers

    late, waits, last = 0, [], []
    items = ReviewItem.objects.filter(severity="urgent", opened_at__gte=start).select_related("clinic")
    for item in items:
        told: dict[object, datetime] = {}
        for work in Work.objects.filter(item=item, queue="alerts").select_related("carried_by"):
            by = work.carried_by or work
            if by.state == WorkState.SENT and by.settled_at is not None:
                told[work.user_id] = min(by.settled_at, told.get(work.user_id, by.settled_at))
        everybody = {user.pk for user in reviewers(item.clinic)}
        first = min(told.values(), default=datetime.max.replace(tzinfo=start.tzinfo)) - item.opened_at
        waits.append(first)
        all_told = max(told.values()) - item.opened_at if everybody <= told.keys() else timedelta.max
        last.append(all_told)
        late += first > FIRST_WITHIN or all_told > EVERYBODY_WITHIN + STEP
    opened = Counter(ReviewItem.objects.filter(opened_at__gte=start).values_list("severity", flat=True))
    print(f"items opened: {dict(opened)}")
    print(f"urgent {len(waits)}: somebody within {max(waits)}, everybody within {max(last)}, late {late}")
    return late


def main() -> int:
    """Run it in a database and a folder of its own."""
    with ExitStack() as stack:
        os.environ |= {
            "TAPERPLAN_DEMO": "1",
            "VAR_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
            "MAIL_FROM": "Clinic <hello@mail.example.org>",
            "MAIL_DOMAIN": "mail.example.org",
            # What seeding sends.
            "MAIL_TRANSPORT": "files",
        }
        prepare(stack)
        return run()


if __name__ == "__main__":
    sys.exit(main())
