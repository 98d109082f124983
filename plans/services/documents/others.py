"""Papers beside the calendar that comes by itself: other sizes, the pharmacy sheet, a visit summary; and drawing all
current papers of a clinic again, e.g. for a new telephone number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.notices import DRAW
from plans.models import LIVE_STATES, AuditEvent, Clinic, Document, Plan, Work
from plans.services import audit, clock
from plans.services.access import reach_plan
from plans.services.actors import Actor, May
from plans.services.documents import files
from plans.services.documents.asking import CALENDAR, ask, put
from plans.services.documents.summary import SUMMARY
from plans.services.documents.variant import Variant

KINDS: Final = (CALENDAR, "pharmacy", SUMMARY)
_REDRAWN: Final = "documents.redrawn"
# Documents asked for in one transaction.
_BATCH: Final = 100


def ask_for(*, by: Actor, plan_id: UUID, kind: str, paper: str, size: str, language: str) -> UUID:
    """Ask for a paper of the version in force, in the look that was chosen; the one that stands if there is one.

    Raises NotFound, NotAllowed, and Refused: wrong_kind, wrong_variant, no_plan (ended or never issued).
    """
    with transaction.atomic():
        plan = reach_plan(by, plan_id, May.PLAN, lock=True)
        if kind not in KINDS:
            raise Refused(reason="wrong_kind", where="kind")
        if plan.active_version is None or plan.state not in LIVE_STATES:
            raise Refused(reason="no_plan")
        day = clock.today(plan.patient.zone) if kind == SUMMARY else None
        variant = Variant(paper, size, language, day)
        row = ask(plan.active_version, now=clock.now(), kind=kind, variant=variant.code)
        audit.record(
            by=by,
            act="document.asked",
            subject_kind="document",
            subject_id=row.pk,
            patient_id=plan.patient_id,
            plan_id=plan.pk,
            version=plan.active_version.number,
            facts={"kind": kind, "variant": variant.code},
        )
        return row.pk


@dataclass(frozen=True, slots=True)
class Redrawing:
    """How far drawing all papers of a clinic again has come."""

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
    """The papers in force of a clinic; a visit summary stays as it was on its day."""
    rows = Document.objects.filter(clinic_id=clinic_id, plan__state__in=LIVE_STATES)
    rows = rows.filter(version_id=F("plan__active_version_id")).exclude(state="replaced")
    return rows.exclude(variant__contains="@")


def clinics() -> tuple[tuple[UUID, str], ...]:
    """Key and name of every clinic, for the command."""
    return tuple(Clinic.objects.order_by("name", "id").values_list("id", "name"))


def redraw_clinic(*, by: Actor, clinic_id: UUID) -> Iterator[int]:
    """Ask again for every paper in force of a clinic, in small transactions; gives the count so far after each.

    The whole run carries one moment of asking: by that `redrawing` knows its papers. Raises NotFound and NotAllowed.
    """
    _may(by, clinic_id)
    now, done = clock.now(), 0
    keys = list(_current(clinic_id).order_by("id").values_list("id", flat=True))
    with transaction.atomic():
        facts = {"at": now.isoformat(), "all": len(keys)}
        audit.record(
            by=by, act=_REDRAWN, subject_kind="clinic", subject_id=clinic_id, clinic_id=clinic_id, facts=facts
        )
    for n in range(0, len(keys), _BATCH):
        with transaction.atomic():
            rows = _current(clinic_id).filter(pk__in=keys[n : n + _BATCH]).order_by("plan_id", "id")
            # The plan before its papers and the work before its document, as everywhere.
            list(Plan.objects.select_for_update().filter(pk__in=rows.values("plan_id")).order_by("id"))
            for row in rows.select_related("patient", "plan", "version"):
                put(row, now)
                done += 1
        yield done


def _may(by: Actor, clinic_id: UUID) -> None:
    if by.kind == "system":
        return
    if by.home != clinic_id:
        raise NotFound(what="clinic")
    if not by.may(May.MANAGE):
        raise NotAllowed(may=May.MANAGE.value)


def redrawing(*, by: Actor, clinic_id: UUID) -> Redrawing | None:
    """The last run of a clinic, None if there never was one. Raises NotFound and NotAllowed."""
    _may(by, clinic_id)
    event = AuditEvent.objects.filter(clinic_id=clinic_id, act=_REDRAWN).order_by("-id").first()
    if event is None:
        return None
    begun = datetime.fromisoformat(event.facts["at"])
    states = Document.objects.filter(clinic_id=clinic_id, asked_at=begun).values_list("state", flat=True)
    found = Counter(states)
    return Redrawing(
        begun_at=begun,
        all=event.facts["all"],
        ready=found["ready"],
        failed=found["failed"],
        waiting=found["asked"] + found["drawing"],
    )


def cancel_redrawing(*, by: Actor, clinic_id: UUID) -> int:
    """Stop the last run: papers not yet begun are offered again as they were. Returns how many.

    One that never was drawn is left to be drawn. Raises NotFound and NotAllowed.
    """
    running = redrawing(by=by, clinic_id=clinic_id)
    if running is None:
        return 0
    with transaction.atomic():
        drawn = Q(document__sha256__gt="", document__file__startswith=files.PREFIX)
        work = Work.objects.select_for_update(of=("self",)).filter(
            drawn,
            notice=DRAW,
            state="pending",
            document__clinic_id=clinic_id,
            document__asked_at=running.begun_at,
        )
        found = dict(work.values_list("pk", "document_id"))
        now = clock.now()
        Work.objects.filter(pk__in=found).update(state="cancelled", reason="cancelled", settled_at=now)
        count = Document.objects.filter(pk__in=found.values(), state="asked").update(
            state="ready", page_now=F("pages"), pages_all=F("pages"), published_at=now
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
