"""What a worker needs to draw a document, and what it reports back. `plans.dispatch` does the drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation

from plans.domain.checkins.help_lines import help_for
from plans.domain.documents.facts import BadFacts, CalendarFacts, DocumentFacts, PharmacyFacts, SummaryFacts
from plans.domain.documents.kinds import CALENDAR, KINDS, OF_A_DAY, PHARMACY, SUMMARY, DocumentKind
from plans.domain.documents.states import BEING_DRAWN, DocumentState
from plans.domain.documents.visit import VisitFacts
from plans.domain.documents.words import Words
from plans.domain.errors import NotFound
from plans.domain.outbox import WorkState
from plans.domain.taper import catalogue, maintenance, supply
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.snapshot import Snapshot
from plans.models import ON_PAPER_STATES, Document, Plan, PlanVersion
from plans.services import advice, clock, delivery, links, outbox, visit_summary, visits
from plans.services.documents import files
from plans.services.documents.variant import Variant
from plans.services.links import LinkPurpose
from plans.services.outbox import Claim, Settlement
from plans.services.plans import taken, versions
from plans.wording import times
from plans.wording.documents import after_last_day, calendar_words, help_rows
from plans.wording.taken import pharmacy_words
from plans.wording.visit_summary import sections

# Countries whose calendars begin on Sunday; elsewhere on Monday.
SUNDAY_FIRST: Final = frozenset(
    {"US", "CA", "MX", "BR", "CO", "PE", "VE", "JP", "KR", "TW", "HK", "IN", "PH", "ZA", "IL", "PT", "PR"}
)


def _document_of(claim: Claim) -> UUID:
    if claim.document_id is None:
        raise ValueError("this work is no document")
    return claim.document_id


def begin(claim: Claim) -> DocumentFacts | None:
    """Load a document's facts and mark it as being drawn; None if it is no longer wanted, and then settled.

    Raises BadFacts.
    """
    with transaction.atomic():
        # The same lock order as a revision: the outbox entry before its document.
        if not outbox.extend(claim):
            return None
        row = (
            Document.objects.select_related("version__issued_by", "plan__clinic", "plan__patient")
            .filter(pk=_document_of(claim))
            .first()
        )
        asked = Document.objects.filter(pk=_document_of(claim), state__in=BEING_DRAWN)
        if (
            row is None
            or not _wanted(row)
            or not asked.update(state=DocumentState.DRAWING, page_now=0, pages_all=0)
        ):
            outbox.settle(claim, Settlement(WorkState.SKIPPED, "replaced"))
            # The plan has ended: no page may wait for it for ever.
            Document.objects.filter(pk=_document_of(claim), state__in=BEING_DRAWN).update(
                state=DocumentState.REPLACED, replaced_at=clock.now()
            )
            return None
        return _facts(row)


def facts_of(version_id: UUID, *, kind: str, variant: str) -> DocumentFacts:
    """The facts of a document of an issued version, for checking one by hand. Raises NotFound, BadFacts."""
    row = Document.objects.select_related("version__issued_by", "plan__clinic", "plan__patient")
    found = row.filter(version_id=version_id, kind=kind, variant=variant).order_by("-layout").first()
    if found is None:
        raise NotFound(what="document")
    return _facts(found)


def days_of(version_id: UUID, *, look: str) -> tuple[date, ...]:
    """The days of an issued version's summaries in one look ("a4-normal-en"), newest first."""
    codes = Document.objects.filter(version_id=version_id, kind__in=OF_A_DAY, variant__startswith=f"{look}@")
    days = {Variant.read(code).day for code in codes.values_list("variant", flat=True)}
    return tuple(sorted((day for day in days if day is not None), reverse=True))


def _wanted(row: Document) -> bool:
    return (
        row.state in BEING_DRAWN
        and row.version_id == row.plan.active_version_id
        and row.plan.state in ON_PAPER_STATES
    )


@dataclass(frozen=True, slots=True)
class _Pages:
    """The days of a version that a document shows. `before` is the version that it replaces; fills are for the days
    from `fills_from` on, if that is not the day of making."""

    schedule: Schedule
    made_on: date
    before: PlanVersion | None
    fills_from: date | None


def _pages(row: Document, kind: DocumentKind, said: Snapshot) -> _Pages:
    made_on, before, fills_from = row.version.made_on, versions.on_paper_before(row.version), None
    schedule = said.schedule
    if row.pages_from is not None and row.pages_until is not None:
        filled = (supply.first_fill(schedule, made_on), said.request.dispense_days)
        if row.pages_from > made_on:
            # Further pages of the same version: nothing changed since the earlier ones.
            made_on, before, fills_from = row.pages_from, None, maintenance.fill_on(*filled, row.pages_from)
        whole = maintenance.fill_on(*filled, row.pages_until + timedelta(days=1)) - timedelta(days=1)
        schedule = schedule.through(whole if kind.tells_fills else row.pages_until)
    return _Pages(schedule.each_once(), made_on, before, fills_from)


def _facts(row: Document) -> DocumentFacts:
    make, kind = _MADE_OF.get(row.kind), KINDS.get(row.kind)
    if kind is None or make is None:
        raise BadFacts(why="kind", kind=row.kind)
    version, patient, clinic = row.version, row.plan.patient, row.plan.clinic
    said, variant = versions.read(version), Variant.read(row.variant)
    pages = _pages(row, kind, said)
    link = links.lasting(purpose=LinkPurpose(kind.code_of), patient=patient, plan=row.plan, version=version)
    shared = DocumentFacts(
        schedule=pages.schedule if kind.tells_past else pages.schedule.as_of(pages.made_on),
        patient_name=patient.name,
        born_year=patient.born.year,
        record_no=patient.record_no,
        clinic_name=clinic.name,
        clinic_phone=clinic.phone,
        clinician=versions.hands(version),
        version=version.number,
        replaces=pages.before.number if pages.before else None,
        made_on=pages.made_on,
        status_url=f"{settings.SITE_URL}/q/{links.token_of(link)}",
        language=variant.language,
        words=calendar_words(variant.language, said.request.country),
        paper=variant.paper,
        large=variant.large,
        low_ink=variant.low_ink,
    )
    return make(row, shared, said, pages)


def _calendar(row: Document, shared: DocumentFacts, said: Snapshot, pages: _Pages) -> CalendarFacts:
    patient, clinic, language = row.plan.patient, row.plan.clinic, shared.language
    aid = help_for(patient.country)
    with translation.override(language):
        hours = times.opening_words(clinic.hours, clinic.country)
    return CalendarFacts(
        **vars(shared),
        clinic_hours=hours,
        clinic_address=clinic.address,
        emergency_number=aid.emergency,
        help_lines=help_rows(patient.country, language),
        help_lines_checked=aid.checked_on,
        after_last_day=after_last_day(
            shared.schedule,
            shared.words,
            own=str(said.extra.get("after", "")),
            review_on=row.plan.review_on,
        ),
        week_starts=6 if clinic.country in SUNDAY_FIRST else 0,
        follow_up=tuple(
            dict.fromkeys(one.on for one in visits.upcoming_visits(patient, since=pages.made_on))
        ),
        advice=advice.in_force(clinic.pk, language),
    )


def _pharmacy(row: Document, shared: DocumentFacts, said: Snapshot, pages: _Pages) -> PharmacyFacts:
    clinic, before = row.plan.clinic, pages.before
    further = pages.fills_from
    home = versions.at_home(row.version, further) if further else versions.before_fills(row.version)
    return PharmacyFacts(
        **vars(shared),
        clinic_address=clinic.address,
        pharmacist_phone=clinic.pharmacist_phone,
        previous=versions.read(before).schedule.each_once() if before else None,
        previous_made_on=before.made_on if before else None,
        fill_days=said.request.dispense_days,
        instalment_days=said.request.instalment_days,
        fills_from=pages.fills_from,
        drug_names={drug: catalogue.drug(drug).tall_man for drug in said.schedule.drugs},
        other_dose=_other_dose(row.plan, shared.words),
        at_hand=supply.named_as_in(pages.schedule, home.stock),
        counted_on=home.counted_on,
        packs=catalogue.packs(pages.schedule.products, said.request.country),
    )


def _summary(row: Document, shared: DocumentFacts, said: Snapshot, pages: _Pages) -> SummaryFacts:
    visit = _visit_of(row)
    tables = sections(shared.schedule, visit, shared.words, pauses=said.request.pauses)
    return SummaryFacts(**vars(shared), sections=tables, summary_of=visit.day)


_MADE_OF: Final[dict[str, Callable[[Document, DocumentFacts, Snapshot, _Pages], DocumentFacts]]] = {
    CALENDAR.code: _calendar,
    PHARMACY.code: _pharmacy,
    SUMMARY.code: _summary,
}


def _visit_of(document: Document) -> VisitFacts:
    """The visit summary as of the end of its day, so that drawing it again gives the same."""
    day = Variant.read(document.variant).day
    if day is None:
        raise ValueError("a summary is of a day")
    return visit_summary.facts_of(document.plan, document.patient, day=day, since=_visit_before(document))


def _visit_before(document: Document) -> datetime | None:
    """When the summary of an earlier day was requested: that was the previous visit."""
    mine = Variant.read(document.variant).day
    earlier = Document.objects.filter(plan=document.plan, kind=document.kind).exclude(pk=document.pk)
    days = {row.asked_at: Variant.read(row.variant).day for row in earlier}
    return max((at for at, day in days.items() if day and mine and day < mine), default=None)


def _other_dose(plan: Plan, words: Words) -> str:
    """The dose actually taken, in words, if the clinic has recorded another than the plan's; else ""."""
    standing = taken.current(plan)
    return pharmacy_words(standing.regimen, standing.first, words) if standing and standing.differs else ""


def progress(claim: Claim, page: int, pages: int) -> bool:
    """Store the progress of a drawing and renew the lease; False if the claim is no longer ours."""
    if not outbox.extend(claim):
        return False
    Document.objects.filter(pk=_document_of(claim), state=DocumentState.DRAWING).update(
        page_now=page, pages_all=pages
    )
    return True


def publish(claim: Claim, content: bytes, *, pages: int) -> str:
    """Publish a finished document that read back without a defect.

    The file is stored first; then, in one transaction, the row points at it if the claim is still ours and the version
    is still active. Returns "ready", "replaced", or "lost" for a claim that somebody else took over.
    """
    name = files.store(_document_of(claim), content)
    ended = _publish(claim, name, content, pages)
    if ended == "ready":
        files.keep_only(_document_of(claim), name)
    elif not Document.objects.filter(pk=_document_of(claim), file=name).exists():
        # Of no use: the claim was lost, or the version was replaced meanwhile.
        files.drop(name)
    return ended


def _publish(claim: Claim, name: str, content: bytes, pages: int) -> str:
    with transaction.atomic():
        row = Document.objects.select_related("plan").get(pk=_document_of(claim))
        # The same lock order as a revision: the plan before its documents.
        plan = Plan.objects.select_for_update(no_key=True).get(pk=row.plan_id)
        if not outbox.extend(claim):
            return "lost"
        current = Document.objects.filter(
            pk=row.pk,
            state=DocumentState.DRAWING,
            version_id=F("plan__active_version_id"),
            plan__state__in=ON_PAPER_STATES,
        )
        done = current.update(
            state=DocumentState.READY,
            sha256=files.digest(content),
            size=len(content),
            pages=pages,
            page_now=pages,
            pages_all=pages,
            file=name,
            fault="",
            published_at=clock.now(),
        )
        if not done:
            Document.objects.filter(pk=row.pk).exclude(state=DocumentState.REPLACED).update(
                state=DocumentState.REPLACED, replaced_at=plan.state_at
            )
        delivery.settle(
            claim, Settlement(WorkState.SENT if done else WorkState.SKIPPED, "" if done else "replaced")
        )
        return "ready" if done else "replaced"


def refuse(claim: Claim, fault: str, *, content: bytes | None = None) -> None:
    """Mark a document as failed, keep the file for inspection and open an item for the clinic.

    `fault` is a stable code. It is not retried, since drawing again would give the same.
    """
    document_id = _document_of(claim)
    try:
        kept = files.store(document_id, content, folder=files.REFUSED) if content else ""
    except files.StoreAway:
        # Refusing it matters more than keeping it for inspection.
        kept = ""
    with transaction.atomic():
        if delivery.settle(claim, Settlement(WorkState.POISON, fault)):
            Document.objects.filter(pk=document_id).exclude(state=DocumentState.REPLACED).update(
                state=DocumentState.FAILED, fault=fault, file=kept
            )
