"""Redraws all current documents of a clinic, for example after a new telephone number.

A job requests one page of them at a time, shows its progress, and can be cancelled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from plans.domain.documents.kinds import OF_A_DAY
from plans.domain.documents.states import DocumentState
from plans.domain.errors import NotAllowed, NotFound
from plans.domain.notices import DRAW, REDRAW
from plans.domain.outbox import UNSENT, WorkState
from plans.models import ON_PAPER_STATES, AuditEvent, Clinic, Document, Plan, Work
from plans.services import audit, clock, delivery, outbox
from plans.services.actors import Actor, May
from plans.services.documents import files
from plans.services.documents.asking import put
from plans.services.outbox import Claim, Settlement

_REDRAWN: Final = "documents.redrawn"
# Documents requested in one transaction.
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Redrawing:
    """The progress of a clinic's redraw; `all` is the count when it began."""

    begun_at: datetime
    all: int
    ready: int
    failed: int
    waiting: int

    @property
    def over(self) -> bool:
        """Whether nothing is left to draw."""
        return self.waiting == 0


def _current(clinic_id: UUID) -> QuerySet[Document]:
    """The current documents of a clinic, without visit summaries, which stay as they were."""
    rows = Document.objects.filter(clinic_id=clinic_id, plan__state__in=ON_PAPER_STATES)
    rows = rows.filter(version_id=F("plan__active_version_id")).exclude(state=DocumentState.REPLACED)
    return rows.exclude(kind__in=OF_A_DAY)


def clinics() -> tuple[tuple[UUID, str], ...]:
    """Key and name of every clinic, for the command."""
    return tuple(Clinic.objects.order_by("name", "id").values_list("id", "name"))


@transaction.atomic
def redraw_clinic(*, by: Actor, clinic_id: UUID) -> bool:
    """Start redrawing every current document of a clinic; False if a run is still requesting pages.

    Workers do the rest. Raises NotFound and NotAllowed.
    """
    _may(by, clinic_id)
    # Two people who press the button at once start one run.
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    if Work.objects.filter(clinic_id=clinic_id, notice=REDRAW, state__in=UNSENT).exists():
        return False
    now = clock.now()
    facts = {"at": now.isoformat(), "all": _current(clinic_id).count()}
    audit.record(
        by=by, act=_REDRAWN, subject_kind="clinic", subject_id=clinic_id, clinic_id=clinic_id, facts=facts
    )
    outbox.put(
        notice=REDRAW,
        key=_key(clinic_id, now),
        clinic_id=clinic_id,
        now=now,
        facts={"at": now.isoformat(), "after": ""},
    )
    return True


def _key(clinic_id: UUID, begun: datetime) -> str:
    return f"redraw:{clinic_id}:{begun.isoformat()}"


def ask_page(claim: Claim) -> int:
    """Request the next page of a run's documents and settle the claim: to be continued, or done.

    All documents of a run share one `asked_at`, by which `redrawing` finds them. Returns how many were requested.
    """
    with transaction.atomic():
        if not outbox.extend(claim):
            return 0
        work = Work.objects.get(pk=claim.id)
        begun, after = datetime.fromisoformat(work.facts["at"]), work.facts["after"]
        rows = _current(work.clinic_id)
        keys = list(
            (rows.filter(pk__gt=after) if after else rows).order_by("id").values_list("id", flat=True)[:_PAGE]
        )
        page = rows.filter(pk__in=keys)
        # Lock order as everywhere: the plan before its documents, the outbox entry before its document.
        list(Plan.objects.select_for_update(no_key=True).filter(pk__in=page.values("plan_id")).order_by("id"))
        found = list(page.order_by("plan_id", "id").select_related("patient", "plan", "version"))
        for row in found:
            put(row, begun)
        more = len(keys) == _PAGE
        if more:
            Work.objects.filter(pk=work.pk).update(facts={**work.facts, "after": str(keys[-1])})
        delivery.settle(claim, Settlement(WorkState.PENDING if more else WorkState.SENT))
        return len(found)


def _may(by: Actor, clinic_id: UUID) -> None:
    if by.kind == "system":
        return
    if by.home != clinic_id:
        raise NotFound(what="clinic")
    if not by.may(May.MANAGE):
        raise NotAllowed(may=May.MANAGE.value)


def redrawing(*, by: Actor, clinic_id: UUID) -> Redrawing | None:
    """The last run of a clinic; None if there was none. Raises NotFound and NotAllowed."""
    _may(by, clinic_id)
    event = AuditEvent.objects.filter(clinic_id=clinic_id, act=_REDRAWN).order_by("-id").first()
    if event is None:
        return None
    begun, count = datetime.fromisoformat(event.facts["at"]), int(event.facts["all"])
    # Read before the documents, so that a page requested in between is counted at least once.
    asking = Work.objects.filter(
        clinic_id=clinic_id, notice=REDRAW, key=_key(clinic_id, begun), state__in=UNSENT
    ).exists()
    states = Document.objects.filter(clinic_id=clinic_id, asked_at=begun).values_list("state", flat=True)
    found = Counter(states)
    unasked = max(1, count - found.total()) if asking else 0
    return Redrawing(
        begun_at=begun,
        all=count,
        ready=found["ready"],
        failed=found["failed"],
        waiting=found["asked"] + found["drawing"] + unasked,
    )


def cancel_redrawing(*, by: Actor, clinic_id: UUID) -> int:
    """Cancel the last run: documents not yet requested stay, those not yet begun are offered again as they were.

    One never drawn before is still drawn. Returns how many were taken back. Raises NotFound and NotAllowed.
    """
    running = redrawing(by=by, clinic_id=clinic_id)
    if running is None:
        return 0
    with transaction.atomic():
        now = clock.now()
        asking = Work.objects.filter(
            clinic_id=clinic_id,
            notice=REDRAW,
            key=_key(clinic_id, running.begun_at),
            state__in=UNSENT,
        )
        # Waits for a page being requested, so that everything requested is seen below.
        asking.update(
            state=WorkState.CANCELLED, reason="cancelled", token="", lease_until=None, settled_at=now
        )
        drawn = Q(document__sha256__gt="", document__file__startswith=files.PREFIX)
        work = Work.objects.select_for_update(of=("self",), no_key=True).filter(
            drawn,
            notice=DRAW,
            state=WorkState.PENDING,
            document__clinic_id=clinic_id,
            document__asked_at=running.begun_at,
        )
        found = dict(work.values_list("pk", "document_id"))
        Work.objects.filter(pk__in=found).update(
            state=WorkState.CANCELLED, reason="cancelled", settled_at=now
        )
        count = Document.objects.filter(pk__in=found.values(), state=DocumentState.ASKED).update(
            state=DocumentState.READY, page_now=F("pages"), pages_all=F("pages"), published_at=now
        )
        audit.record(
            by=by,
            act="documents.redrawing_cancelled",
            subject_kind="clinic",
            subject_id=clinic_id,
            clinic_id=clinic_id,
            facts={"at": running.begun_at.isoformat(), "kept": count},
        )
    return count
