"""Carries documents from claim to settled: load the facts, draw in another process, read back, store, publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from django.db import DatabaseError

from plans.dispatch import record_copies
from plans.dispatch.counts import Counts
from plans.dispatch.drawing import Drawer, Drawn, NotDrawn
from plans.domain.documents.facts import BadFacts, DocumentFacts
from plans.domain.notices import RECORD_COPY, REDRAW, Queue
from plans.services import delivery, drawing, heartbeat, outbox
from plans.services.documents import files, redraws
from plans.services.outbox import Claim

log = logging.getLogger(__name__)

# No new one is begun after this; drawing one may take as long again.
SECONDS: Final = 15.0
# Not every page is worth a database write.
_PROGRESS_EVERY: Final = 0.5


class Draws(Protocol):
    """Draws one document after another: the drawing process, or a test double."""

    def draw(self, facts: DocumentFacts, progress: Callable[[int, int], None]) -> Drawn:
        """Draw and read back. Raises NotDrawn."""
        ...


class _Lost(Exception):
    """The claim was taken over, or the document replaced, while it was being drawn."""


def run(*, seconds: float = SECONDS, drawer: Callable[[], AbstractContextManager[Draws]] = Drawer) -> Counts:
    """Draw what is due, one after another, until nothing is left or the time is up. May run in several places at
    once."""
    counts = Counts()
    heartbeat.beat(heartbeat.worker_name(Queue.DOCUMENTS.value))
    if heartbeat.is_paused():
        return counts
    ends = time.monotonic() + seconds
    files.sweep()
    with drawer() as process:
        while time.monotonic() < ends:
            claims = outbox.claim_batch(Queue.DOCUMENTS.value, 1)
            if not claims:
                break
            _draw_one(claims[0], process, counts)
            heartbeat.beat(heartbeat.worker_name(Queue.DOCUMENTS.value))
        else:
            outbox.notify_workers(Queue.DOCUMENTS.value)
    return counts


def _draw_one(claim: Claim, process: Draws, counts: Counts) -> None:
    if claim.notice in _OTHERS:
        _OTHERS[claim.notice](claim, counts)
        return
    try:
        facts = drawing.begin(claim)
        if facts is None:
            counts.skipped += 1
            return
        drawn = process.draw(facts, _teller(claim))
    except BadFacts as error:
        drawing.refuse(claim, error.code)
        counts.rejected += 1
    except NotDrawn as error:
        _not_drawn(claim, error, counts)
    except _Lost:
        counts.lost += 1
    except DatabaseError:
        raise
    except Exception:
        log.exception("document cannot be prepared", extra={"row_id": str(claim.document_id)})
        delivery.crashed(claim)
        counts.crashed += 1
    else:
        _publish(claim, drawn, counts)


def _publish(claim: Claim, drawn: Drawn, counts: Counts) -> None:
    """Publish a drawn document that read back without a defect; else refuse it."""
    if drawn.findings:
        log.error(
            "document fails its reading back",
            extra={"row_id": str(claim.document_id), "outcome": ",".join(drawn.findings)},
        )
        drawing.refuse(claim, f"read_back:{drawn.findings[0]}"[:60], content=drawn.content)
        counts.rejected += 1
        return
    try:
        ended = drawing.publish(claim, drawn.content, pages=drawn.pages)
    except files.StoreAway:
        log.warning("store of documents is away", extra={"row_id": str(claim.document_id)})
        delivery.later(claim, "unreachable")
        counts.retried += 1
        return
    counts.sent += ended == "ready"
    counts.skipped += ended == "replaced"
    counts.lost += ended == "lost"


def _ask_page(claim: Claim, counts: Counts) -> None:
    try:
        redraws.ask_page(claim)
        counts.asked += 1
    except DatabaseError:
        raise
    except Exception:
        log.exception("documents cannot be asked for again", extra={"row_id": str(claim.id)})
        delivery.crashed(claim)
        counts.crashed += 1


def _copy(claim: Claim, counts: Counts) -> None:
    try:
        ended = record_copies.make(claim)
    except files.StoreAway:
        log.warning("store of documents is away", extra={"row_id": str(claim.id)})
        delivery.later(claim, "unreachable")
        counts.retried += 1
    except DatabaseError:
        raise
    except Exception:
        log.exception("copy of a record cannot be made", extra={"row_id": str(claim.id)})
        delivery.crashed(claim)
        counts.crashed += 1
    else:
        counts.sent += ended == "ready"
        counts.skipped += ended == "skipped"
        counts.lost += ended == "lost"


_OTHERS: Final[Mapping[str, Callable[[Claim, Counts], None]]] = {REDRAW: _ask_page, RECORD_COPY: _copy}
"""Entries of this queue that draw nothing."""


def _not_drawn(claim: Claim, error: NotDrawn, counts: Counts) -> None:
    log.warning("document not drawn", extra={"row_id": str(claim.document_id), "outcome": error.fault})
    if error.again:
        delivery.crashed(claim)
        counts.crashed += 1
    else:
        drawing.refuse(claim, error.fault)
        counts.rejected += 1


def _teller(claim: Claim) -> Callable[[int, int], None]:
    last = 0.0

    def tell(page: int, pages: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _PROGRESS_EVERY:
            return
        last = now
        if not drawing.progress(claim, page, pages):
            raise _Lost

    return tell
