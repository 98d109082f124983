"""Carries documents from claim to settled: load the facts, draw in another process, read back, keep, publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError

from plans.dispatch.counts import Counts
from plans.dispatch.drawing import Drawer, NotDrawn
from plans.documents.kinds import KINDS
from plans.domain.documents.facts import BadFacts, CalendarFacts
from plans.domain.notices import REDRAW, Queue
from plans.services import delivery, heartbeat, outbox
from plans.services.documents import drawing, files, redraws
from plans.services.documents.drawing import CalendarData
from plans.services.outbox import Claim
from plans.wording.visit_summary import sections

log = logging.getLogger(__name__)

# A new one is not begun after this; drawing one may take as long again.
SECONDS: Final = 15.0
# Not every page is worth a write to the database.
_PROGRESS_EVERY: Final = 0.5


class _Lost(Exception):
    """The claim was taken over, or the document replaced, while it was being drawn."""


def run(*, seconds: float = SECONDS, drawer: Callable[[], Drawer] = Drawer) -> Counts:
    """Draw what is due, one after the other, until nothing is left or the time is up; safe in many places at once."""
    counts = Counts()
    heartbeat.beat(heartbeat.worker_name(Queue.DOCUMENTS.value))
    if heartbeat.is_paused():
        return counts
    ends = time.monotonic() + seconds
    files.sweep()
    with drawer() as pen:
        while time.monotonic() < ends:
            claims = outbox.claim_batch(Queue.DOCUMENTS.value, 1)
            if not claims:
                break
            _draw_one(claims[0], pen, counts)
            heartbeat.beat(heartbeat.worker_name(Queue.DOCUMENTS.value))
        else:
            outbox.notify_workers(Queue.DOCUMENTS.value)
    return counts


def _draw_one(claim: Claim, pen: Drawer, counts: Counts) -> None:
    if claim.notice == REDRAW:
        _ask_page(claim, counts)
        return
    try:
        data = drawing.begin(claim)
        if data is None:
            counts.skipped += 1
            return
        if data.kind not in KINDS:
            raise NotDrawn("unknown_kind", again=False)
        drawn = pen.draw(facts_of(data), _teller(claim))
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
            log.warning("store of papers is away", extra={"row_id": str(claim.document_id)})
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
        log.exception("papers cannot be asked for again", extra={"row_id": str(claim.id)})
        delivery.crashed(claim)
        counts.crashed += 1


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


def facts_of(data: CalendarData) -> CalendarFacts:
    """What the pen draws from: the data, and all words in the reader's language. Raises BadFacts."""
    return CalendarFacts(
        schedule=data.schedule,
        patient_name=data.patient_name,
        born_year=data.born_year,
        record_no=data.record_no,
        clinic_name=data.clinic_name,
        clinic_phone=data.clinic_phone,
        clinic_hours=data.clinic_hours,
        clinic_address=data.clinic_address,
        pharmacist_phone=data.pharmacist_phone,
        advice=data.advice,
        clinician=data.clinician,
        emergency_number=data.emergency_number,
        help_lines=data.help_lines,
        help_lines_checked=data.help_lines_checked,
        version=data.version,
        replaces=data.replaces,
        made_on=data.made_on,
        status_url=data.status_url,
        after_last_day=data.after_last_day,
        week_starts=data.week_starts,
        language=data.language,
        words=data.words,
        follow_up=data.follow_up,
        paper=data.paper,
        large=data.large,
        low_ink=data.low_ink,
        previous=data.previous,
        previous_made_on=data.previous_made_on,
        fill_days=data.fill_days,
        fills_from=data.fills_from,
        drug_names=data.tall_man,
        kind=data.kind,
        other_dose=data.other_dose,
        sections=sections(data.schedule, data.visit, data.words) if data.visit is not None else (),
        summary_of=data.visit.day if data.visit is not None else None,
    )
