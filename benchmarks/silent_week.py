"""Eight days of the demo with nobody at work: `python -m benchmarks.silent_week` says who was alerted how often.

It seeds the demo's clinics into a database of its own and moves clinic time from one moment at which an alert is due to
the next, by half an hour at most; what is sent is counted and goes nowhere. Patients answer nothing; on two of the days
an urgent item is raised in each clinic besides. Nothing is timed. Ends with 1 if somebody got more than MOST_A_PERSON
messages, or an urgent item reached nobody in time. For a shorter run: DAYS=2.
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

# What is no alert (a check-in that falls due, a digest) is done within so long.
EVERY = timedelta(minutes=30)
APART = timedelta(minutes=1)
DAYS = int(os.environ.get("DAYS", "8"))
MOST_A_PERSON = 60
RAISED_AFTER = (timedelta(hours=23), timedelta(hours=100))
# Who may wait how long for an alert: the minutes of the ladder, the ten after another alert to the same person, a step.
FIRST_WITHIN = timedelta(minutes=0 + 10) + APART
EVERYBODY_WITHIN = timedelta(minutes=30 + 10) + APART


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
    """Every moment at which the tick and the workers run; after each, the next is looked up."""
    from django.db.models import Min

    from plans.domain.outbox import WorkState
    from plans.models import ReviewItem, Work

    end = start + timedelta(days=DAYS)
    raised = [start + after for after in RAISED_AFTER]
    now = start
    while now <= end:
        yield now
        item = ReviewItem.objects.filter(escalate_at__gt=now).aggregate(at=Min("escalate_at"))["at"]
        waiting = Work.objects.filter(queue="alerts", state=WorkState.PENDING, due_at__gt=now)
        due = [item, waiting.aggregate(at=Min("due_at"))["at"], *(at for at in raised if at > now)]
        following = min((at for at in due if at is not None), default=now + EVERY)
        now = min(now + EVERY, max(now + APART, following))


def run() -> int:
    """Let the days pass and print the figures; returns how many limits were broken."""
    from django.core.management import call_command

    from plans.dispatch import messages, upkeep
    from plans.domain.notices import Queue
    from plans.services import clock

    call_command("seed", stdout=sys.stderr)
    start, began = clock.now(), perf_counter()
    raised = [start + after for after in RAISED_AFTER]
    steps = 0
    for moment in moments(start):
        with clock.standing_at(moment):
            while raised and raised[0] <= moment:
                _raise_urgent(raised.pop(0))
            failed = upkeep.run()
            for queue in (Queue.ALERTS, Queue.MESSAGES):
                messages.run(queue, transport=Nowhere)
        if failed:
            raise RuntimeError(f"upkeep failed: {failed}")
        steps += 1
        if steps % 100 == 0:
            print(f"{moment - start} after {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print(f"{DAYS} days in {steps} steps and {perf_counter() - began:.0f} s")
    return _people(start) + _items(start)


def _raise_urgent(at: datetime) -> None:
    """An urgent item in every clinic, as an answer would open it."""
    from django.db import transaction

    from plans.models import Clinic
    from plans.services import clock
    from plans.services.review import open_item

    for clinic in Clinic.objects.order_by("name"):
        with transaction.atomic():
            open_item(
                clinic_id=clinic.pk, patient=None, plan=None, source="checkin", source_key=f"silent:{at:%d-%H}",
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
        late += first > FIRST_WITHIN or all_told > EVERYBODY_WITHIN
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
        # What is counted does not depend on how long a commit takes.
        prepare(stack, safe=False)
        return run()


if __name__ == "__main__":
    sys.exit(main())
