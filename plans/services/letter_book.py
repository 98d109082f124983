"""The clinic's book of letters: what went out, what did not, and what the clinic decides where nobody can know."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.models import Work
from plans.services import clock, outbox
from plans.services.access import reach_work
from plans.services.actors import Actor, May
from plans.services.delivery import trail
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

# How long a letter that is sent once more by choice may still go out.
ONCE_MORE_FOR: Final = timedelta(days=1)


def leave(*, by: Actor, work_id: UUID) -> None:
    """The clinic looked at a letter of unknown fate and leaves it: it is no longer listed as waiting for a choice.

    Raises Stale if somebody else chose meanwhile.
    """
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "unknown" or work.reason == "left":
            raise Stale(what="letter")
        Work.objects.filter(pk=work.pk).update(reason="left")
        trail(work, "letter.left", by, {"notice": work.notice})


def send_once_more(*, by: Actor, work_id: UUID) -> None:
    """Send a letter of unknown fate once more: the same Message-ID and the same link. Only once.

    Whether it is still right is decided when it is sent. Raises Stale if somebody else chose meanwhile, and
    Refused("sent_once_more_already").
    """
    now = clock.now()
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "unknown":
            raise Stale(what="letter")
        if work.repeat:
            raise Refused(reason="sent_once_more_already")
        Work.objects.filter(pk=work.pk).update(
            not_after=max(work.not_after or now, now + ONCE_MORE_FOR), settled_at=None
        )
        write_end(Work.objects.filter(pk=work.pk), Settlement("pending", "once_more", repeat=True))
        trail(work, "letter.once_more", by, {"notice": work.notice})
        outbox.wake_on_commit(work.queue)


def try_again(*, by: Actor, work_id: UUID) -> None:
    """Take work that was set aside out of its corner, after the cause was mended. Raises Stale."""
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "poison":
            raise Stale(what="letter")
        facts = {name: value for name, value in work.facts.items() if name != "crashes"}
        Work.objects.filter(pk=work.pk).update(facts=facts, settled_at=None)
        write_end(Work.objects.filter(pk=work.pk), Settlement("pending", "tried_again"))
        trail(work, "letter.tried_again", by, {"notice": work.notice})
        outbox.wake_on_commit(work.queue)
