"""Requesting and replacing documents, and reading them for pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.documents.facts import LAYOUT_REVISION
from plans.domain.documents.kinds import BY_ITSELF, CALENDAR, KINDS, OF_A_DAY, PHARMACY, opened_by
from plans.domain.documents.states import DocumentState
from plans.domain.errors import Refused, Stale
from plans.domain.notices import DRAW, Queue
from plans.domain.which import which
from plans.models import ON_PAPER_STATES, Document, Patient, Plan, PlanVersion
from plans.services import audit, clock, consents, heartbeat, outbox
from plans.services.access import get_document_for, get_plan_for
from plans.services.actors import Actor, May
from plans.services.documents import files
from plans.services.documents.variant import Variant
from plans.services.from_row import from_row
from plans.services.links import LinkPurpose
from plans.wording import documents as document_words

_UNREPLACED: Final = (DocumentState.ASKED, DocumentState.DRAWING, DocumentState.READY, DocumentState.FAILED)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as pages show it. `worker_alive`: a worker is there to draw what is still requested."""

    id: UUID
    kind: str
    variant: str
    state: str
    version: int
    pages: int
    page_now: int
    pages_all: int
    size: int
    fault: str
    asked_at: datetime
    published_at: datetime | None
    replaced_at: datetime | None
    worker_alive: bool
    plan_id: UUID

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(DocumentState, self.state)

    @property
    def look(self) -> Variant:
        """How it looks."""
        return Variant.read(self.variant)

    @property
    def title(self) -> str:
        """ "Dose calendar", "Visit summary of 22 Nov 2026"."""
        return document_words.title(self.kind, self.look.day)

    @property
    def of_a_day(self) -> bool:
        """Whether it belongs to one day and is never redrawn with newer facts."""
        return KINDS[self.kind].of_a_day

    @property
    def has_page(self) -> bool:
        """Whether a web page says the same and can be printed instead."""
        return KINDS[self.kind].has_page

    @property
    def ready(self) -> bool:
        """Whether it can be downloaded."""
        return self.state == DocumentState.READY


@dataclass(frozen=True, slots=True)
class PatientDocument:
    """The calendar as the patient's page offers it: ready, or being drawn."""

    ready: bool
    state: str
    pages: int

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(DocumentState, self.state)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A document's bytes, checked against the hash of its row. The file name holds no personal data."""

    content: bytes
    filename: str
    sha256: str
    version: int


def default_variant(plan: Plan) -> str:
    """The clinic's paper size, normal print, the patient's language."""
    return f"{plan.clinic.paper}-normal-{plan.patient.language}"


def ask(
    version: PlanVersion, *, now: datetime, kind: str = CALENDAR.code, variant: str | None = None
) -> Document:
    """Request a document of a version, in the caller's transaction; returns the existing one if there is one.

    One that failed is requested again.
    """
    plan = version.plan
    row, made = Document.objects.get_or_create(
        version=version,
        kind=kind,
        variant=variant or default_variant(plan),
        layout=LAYOUT_REVISION,
        pages_until=plan.pages_until,
        defaults={
            "clinic_id": plan.clinic_id,
            "patient_id": plan.patient_id,
            "plan": plan,
            "pages_from": plan.pages_from,
            "asked_at": now,
        },
    )
    if made or row.state == DocumentState.FAILED:
        put(row, now)
    return row


def put(row: Document, now: datetime) -> None:
    """Have a row drawn (again), in the caller's transaction: set its state and put an outbox entry.

    A drawing under way used older facts: its worker finds the claim gone and publishes nothing.
    """
    outbox.cancel_pending(document=row, notices=(DRAW,), why="replaced", now=now)
    if row.layout != LAYOUT_REVISION:
        same = Document.objects.filter(
            version=row.version,
            kind=row.kind,
            variant=row.variant,
            layout=LAYOUT_REVISION,
            pages_until=row.pages_until,
        )
        if same.exists():
            # The same document, drawn by this release, already exists.
            Document.objects.filter(pk=row.pk).update(state=DocumentState.REPLACED, replaced_at=now)
            return
    Document.objects.filter(pk=row.pk).update(
        layout=LAYOUT_REVISION,
        state=DocumentState.ASKED,
        asked_at=now,
        fault="",
        page_now=0,
        pages_all=0,
        published_at=None,
    )
    row.state, row.asked_at = "asked", now
    outbox.put(
        notice=DRAW,
        key=f"draw:{row.pk}:{now.isoformat()}",
        clinic_id=row.clinic_id,
        now=now,
        patient=row.patient,
        plan=row.plan,
        version=row.version,
        document=row,
    )


def ask_again(*, by: Actor, document_id: UUID) -> None:
    """Have a failed document drawn again after its cause was fixed. Raises NotFound, and Stale if it is not failed (any
    more) or was replaced.
    """
    with transaction.atomic():
        row = get_document_for(by, document_id, May.PLAN, lock=True)
        if row.state != DocumentState.FAILED or row.version_id != row.plan.active_version_id:
            raise Stale(what="document")
        put(row, clock.now())
        audit.record(
            by=by,
            act="document.asked_again",
            subject_kind="document",
            subject_id=row.pk,
            patient_id=row.patient_id,
            plan_id=row.plan_id,
            version=row.version.number,
        )


def replace(plan: Plan, version: PlanVersion, now: datetime, *, like: PlanVersion | None = None) -> None:
    """Mark the documents of earlier versions, and of earlier pages of `version`, as replaced and request new ones.

    Runs in the caller's transaction.

    `like`: a version whose documents were withdrawn meanwhile; the same are requested as well.
    """
    outbox.cancel_pending(plan=plan, notices=(DRAW,), why="replaced", now=now)
    old = Document.objects.filter(plan=plan, state__in=_UNREPLACED)
    old = old.exclude(version=version, pages_until=plan.pages_until)
    same = old | Document.objects.filter(version=like) if like is not None else old
    # A visit summary belongs to its day: the next visit requests its own.
    variants = set(same.exclude(kind__in=OF_A_DAY).values_list("kind", "variant"))
    old.update(state=DocumentState.REPLACED, replaced_at=now)
    for kind, variant in sorted(variants | {(kind, default_variant(plan)) for kind in BY_ITSELF}):
        ask(version, now=now, kind=kind, variant=variant)


def withdraw(plan: Plan, now: datetime) -> None:
    """Mark all documents of an ended plan as replaced, with no successor; in the caller's transaction."""
    outbox.cancel_pending(plan=plan, notices=(DRAW,), why="replaced", now=now)
    Document.objects.filter(plan=plan, state__in=_UNREPLACED).update(
        state=DocumentState.REPLACED, replaced_at=now
    )


def put_back(plan: Plan, now: datetime) -> None:
    """Have documents of the current version that were withdrawn by mistake drawn again.

    Runs in the caller's transaction.

    The calendar is requested in any case. A visit summary belongs to its day and is left as it was.
    """
    if plan.active_version is None:
        return
    rows = Document.objects.filter(
        version=plan.active_version, layout=LAYOUT_REVISION, state=DocumentState.REPLACED
    )
    for row in rows.exclude(kind__in=OF_A_DAY).order_by("id").select_related("patient", "plan", "version"):
        put(row, now)
    ask(plan.active_version, now=now)


def _row(document: Document, alive: bool) -> DocumentRow:
    return from_row(DocumentRow, document, version=document.version.number, worker_alive=alive)


def for_plan(actor: Actor, plan_id: UUID) -> tuple[DocumentRow, ...]:
    """The documents of a plan, newest version first. Raises NotFound."""
    plan = get_plan_for(actor, plan_id)
    alive = heartbeat.worker_alive(Queue.DOCUMENTS.value)
    rows = Document.objects.filter(plan=plan).select_related("version")
    return tuple(_row(row, alive) for row in rows.order_by("-version__number", "kind", "variant", "-layout"))


def state(actor: Actor, document_id: UUID) -> DocumentRow:
    """One document, for a page that polls every few seconds. Raises NotFound."""
    row = get_document_for(actor, document_id)
    return _row(row, heartbeat.worker_alive(Queue.DOCUMENTS.value))


def open_file(actor: Actor, document_id: UUID) -> OpenFile:
    """A document's bytes. Raises NotFound; Refused("replaced") with `version`, `replaced_on` and `current`, the key of
    the document that took its place (empty: none); Refused("being_drawn") or Refused("failed").
    """
    row = get_document_for(actor, document_id)
    if row.state == DocumentState.REPLACED or row.version_id != row.plan.active_version_id:
        current = _current(row.plan, row.kind, row.variant)
        raise Refused(
            reason="replaced",
            version=row.version.number,
            replaced_on=row.replaced_at.isoformat() if row.replaced_at else "",
            current=str(current.pk) if current else "",
        )
    return open_row(row)


def open_row(row: Document) -> OpenFile:
    """The bytes of a document that the caller may see. Raises Refused("being_drawn") or Refused("failed")."""
    if row.state != DocumentState.READY:
        raise Refused(reason="failed" if row.state == DocumentState.FAILED else "being_drawn")
    try:
        content = files.read(row.file)
    except files.StoreAway as error:
        # Not drawn again: as far as is known, the file exists.
        raise Refused(reason="being_drawn") from error
    if content is None or files.digest(content) != row.sha256:
        # Never serve a damaged file: draw it again.
        with transaction.atomic():
            locked = Document.objects.select_for_update(no_key=True).get(pk=row.pk)
            if locked.state == DocumentState.READY and locked.sha256 == row.sha256:
                put(locked, clock.now())
        raise Refused(reason="being_drawn")
    number = row.version.number
    return OpenFile(content, KINDS[row.kind].file_name(number), row.sha256, number)


def _current(plan: Plan, kind: str, variant: str | None = None) -> Document | None:
    rows = Document.objects.filter(plan=plan, version_id=plan.active_version_id, kind=kind)
    rows = rows.exclude(state=DocumentState.REPLACED).select_related("version")
    # The wanted variant before any other, ready ones before others.
    wanted = rows.filter(Q(variant=variant or default_variant(plan)))
    return wanted.order_by("-layout").first() or rows.filter(state=DocumentState.READY).first()


def current_for_patient(plan: Plan, variant: str | None = None) -> PatientDocument:
    """The state of the document that a plan's link opens: the calendar of the active version."""
    row = _current(plan, opened_by(LinkPurpose.PLAN).code, variant)
    if row is None:
        return PatientDocument(ready=False, state="", pages=0)
    return PatientDocument(ready=row.state == DocumentState.READY, state=row.state, pages=row.pages)


def open_current_for_patient(plan: Plan, variant: str | None = None) -> OpenFile:
    """Open the document behind a plan's link, of the active version. Raises Refused: being_drawn, failed."""
    row = _current(plan, opened_by(LinkPurpose.PLAN).code, variant)
    if row is None:
        raise Refused(reason="being_drawn")
    return open_row(row)


def redraw(
    patient: Patient, now: datetime, *, all_kinds: bool = False, kinds: Collection[str] = (CALENDAR.code,)
) -> int:
    """Redraw the documents of a patient's live plan after a change of their facts; returns how many.

    In the caller's transaction. `kinds`: which; `all_kinds`: pharmacy sheets too, and a calendar in the patient's
    language if there is none. The old files are deleted, so that no document without the change can be opened.
    """
    plan = (
        Plan.objects.select_for_update(no_key=True).filter(patient=patient, state__in=ON_PAPER_STATES).first()
    )
    if plan is None:
        return 0
    rows = Document.objects.filter(version_id=plan.active_version_id).exclude(state=DocumentState.REPLACED)
    rows = rows.exclude(kind__in=OF_A_DAY) if all_kinds else rows.filter(kind__in=list(kinds))
    found = list(rows.order_by("id").select_related("patient", "plan", "version"))
    for row in found:
        put(row, now)
    Document.objects.filter(pk__in=[row.pk for row in found]).update(sha256="", file="")
    if all_kinds and plan.active_version is not None:
        ask(plan.active_version, now=now)
    return len(found)


def ask_for(*, by: Actor, plan_id: UUID, kind: str, paper: str, size: str, language: str) -> UUID:
    """Request a document of the current version in the chosen look; returns the existing one if there is one.

    Raises NotFound, NotAllowed, and Refused: wrong_kind, wrong_variant, no_plan (ended, never issued, or resting for a
    hospital stay); for a pharmacy sheet no_consent_pharmacy and no_consent_part2.
    """
    with transaction.atomic():
        spec = KINDS.get(kind)
        plan = get_plan_for(by, plan_id, May(spec.may if spec else "plan"), lock=True)
        if spec is None:
            raise Refused(reason="wrong_kind", where="kind")
        if plan.active_version is None or plan.state not in ON_PAPER_STATES:
            raise Refused(reason="no_plan")
        if kind == PHARMACY.code:
            consents.check_pharmacy(plan.patient)
        day = clock.today(plan.patient.zone) if spec.of_a_day else None
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
