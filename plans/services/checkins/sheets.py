"""Answer sheets as pages see them: whose it is, what it asks, what was answered so far. No answer is written here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.checkins import forms, scoring
from plans.domain.checkins import occasions as when
from plans.domain.checkins.forms import Ask
from plans.domain.errors import NotFound
from plans.models import LIVE_STATES, CheckIn, Link, Occasion, Patient, Plan
from plans.services import clock, links
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.checkins import bounds, evidence, occasions, own
from plans.services.checkins.rules import thresholds_of
from plans.services.links import LinkState, LinkView, Purpose

# What `secrets.token_urlsafe` never makes.
_NOT_OURS: Final = re.compile(r"[^A-Za-z0-9_-]")
UNSCHEDULED_FOR: Final = timedelta(hours=24)
"""How long an unscheduled check-in that was begun is taken up again instead of beginning another."""
AMENDED_FOR: Final = timedelta(weeks=4)
"""So long answers may be changed where no check-in follows: as far as two planned ones ever stand apart."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose sheet it is and who writes. Without an occasion it is unscheduled; `nonce` then names the form it was begun
    on, so that the same form sent twice is one sheet. `late`: the check-in has closed."""

    by: Actor
    patient_id: UUID
    plan_id: UUID | None
    occasion_id: UUID | None
    late: bool
    nonce: str = ""

    @property
    def user_id(self) -> UUID | None:
        """The member of staff who enters it; None for the patient."""
        return self.by.user_id


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as pages show it; `checkin_id` is None while nothing was answered. `closes_at` and `next_due` are UTC.

    `may_be_amended`: it was sent, and the next check-in has not opened.
    """

    subject: Subject
    checkin_id: UUID | None
    ask: Ask
    answers: Mapping[str, str]
    state: str
    language: str
    zone: str
    nonce: str
    closes_at: datetime | None
    next_due: datetime | None
    may_be_amended: bool

    @property
    def sent(self) -> bool:
        """Whether it was sent."""
        return self.state == "submitted"


def for_link(link: LinkView) -> Subject:
    """The sheet behind a link in a letter. Raises NotFound for a revoked one: that takes nothing."""
    if link.state is LinkState.REVOKED:
        raise NotFound(what="link")
    late = link.state is LinkState.EXPIRED
    if link.occasion_id is not None:
        occasion = Occasion.objects.get(pk=link.occasion_id)
        late = late or occasion.state in ("missed", "cancelled") or occasion.closes_at <= clock.now()
        late = late and not _may_be_amended(occasion)
    by = patient_actor(link.patient_id, link.clinic_id)
    return Subject(by, link.patient_id, link.plan_id, link.occasion_id, late)


def _may_be_amended(occasion: Occasion) -> bool:
    """Whether its sheet was sent and no later check-in has opened: until then answers may be changed."""
    sent = CheckIn.objects.filter(occasion=occasion, state="submitted").exists()
    return sent and not _over_since(occasion.patient_id, occasion.due_at)


def _over_since(patient_id: UUID, moment: datetime) -> bool:
    """Whether a check-in of the patient has opened after a moment, or four weeks have passed: after the last one of a
    plan none opens any more, and an old letter must not show answers for ever."""
    if clock.now() >= moment + AMENDED_FOR:
        return True
    rows = Occasion.objects.filter(patient_id=patient_id, due_at__gt=moment, due_at__lte=clock.now())
    return rows.exclude(state="cancelled").exists()


def unscheduled(link: LinkView, *, nonce: str = "") -> Subject:
    """A check-in of the patient's own, through any check-in link that was not revoked, also one that has expired."""
    subject = for_link(link)
    return replace(subject, occasion_id=None, nonce=_plain(nonce))


def _plain(nonce: str) -> str:
    """The name of a form as we made it; from anybody else's making what could not stand in one is left out."""
    return _NOT_OURS.sub("", nonce)[:64]


def own_session(link: LinkView, *, device: str) -> str:
    """The key of a session for check-ins of the patient's own, at any time: one lasting link, made when first needed.

    `link` is any good link of the patient, such as that of the plan page; `device` the key of a device that gave the
    year of birth. Raises NotFound for a revoked link and Refused("year_wanted").
    """
    if link.state is LinkState.REVOKED:
        raise NotFound(what="link")
    with transaction.atomic():
        patient = Patient.objects.select_for_update().get(pk=link.patient_id)
        own = Link.objects.filter(
            patient=patient, purpose=Purpose.CHECKIN.value, occasion=None, revoked_at=None
        )
        found = own.first() or links.make(purpose=Purpose.CHECKIN, patient=patient)
        return links.pass_on(link, found, device=device)


def by_phone(actor: Actor, patient_id: UUID, *, nonce: str = "") -> Subject:
    """The sheet a member of staff enters by phone: the check-in now open, else an unscheduled one."""
    patient = get_patient_for(actor, patient_id, May.ENTER_CHECKIN)
    now = clock.now()
    open_now = Occasion.objects.filter(patient=patient, state__in=("invited", "answered"), closes_at__gt=now)
    occasion = (
        open_now.filter(due_at__lte=now).exclude(checkin__state="submitted").order_by("-due_at").first()
    )
    return Subject(
        actor, patient.pk, None, occasion.pk if occasion else None, late=False, nonce=_plain(nonce)
    )


def look(subject: Subject) -> Sheet:
    """The sheet as it stands; writes nothing."""
    patient = Patient.objects.select_related("clinic").get(pk=subject.patient_id)
    row = row_of(subject)
    plan = row.plan if row is not None else plan_of(subject)
    ask = Ask.from_json(row.form, row.form_version) if row else ask_of(subject, patient, plan, clock.now())
    closes_at = None
    if subject.occasion_id is not None:
        closes_at = Occasion.objects.values_list("closes_at", flat=True).get(pk=subject.occasion_id)
    sent = row is not None and row.state == "submitted"
    begun = row.started_at if row is not None else clock.now()
    ahead = Occasion.objects.filter(patient=patient, state="planned", due_at__gt=clock.now()).order_by(
        "due_at"
    )
    return Sheet(
        subject=subject,
        checkin_id=row.pk if row else None,
        ask=ask,
        answers=row.answers if row else {},
        state=row.state if row else "open",
        language=patient.language,
        zone=when.known_zone(patient.zone, patient.clinic.zone),
        nonce=row.nonce if row else subject.nonce,
        closes_at=closes_at,
        next_due=ahead.values_list("due_at", flat=True).first(),
        may_be_amended=sent and not subject.late and not _over_since(patient.pk, begun),
    )


def keep_as(sheet: Sheet) -> str:
    """A name for what a phone keeps of this sheet: says nothing, and is another one for the next check-in.

    One of the patient's own is nameless until its first page is saved: whose it is, and the day, stand for it, so that
    the page opened again after a lost connection finds what was chosen.
    """
    new = f"{sheet.subject.patient_id} {clock.today(sheet.zone)}"
    named = sheet.subject.occasion_id or sheet.checkin_id or new
    return hashlib.sha256(str(named).encode()).hexdigest()[:16]


def row_of(subject: Subject) -> CheckIn | None:
    """The row of a sheet that was begun; for services."""
    rows = CheckIn.objects.select_related("plan", "occasion")
    if subject.occasion_id is not None:
        return rows.filter(occasion_id=subject.occasion_id).first()
    mine = rows.filter(
        patient_id=subject.patient_id, occasion=None, entered_by__isnull=subject.user_id is None
    )
    same = mine.filter(nonce=subject.nonce).first() if subject.nonce else None
    recent = mine.filter(state="open", started_at__gt=clock.now() - UNSCHEDULED_FOR)
    found = same or recent.order_by("-started_at").first()
    return bounds.enough_own(mine, clock.now()) if found is None and subject.user_id is None else found


def plan_of(subject: Subject) -> Plan:
    """The plan a new sheet belongs to; for services. Raises NotFound for a patient who never had one."""
    plans = (
        Plan.objects.select_related("clinic")
        .filter(patient_id=subject.patient_id)
        .exclude(active_version=None)
    )
    if subject.occasion_id is not None:
        plan = plans.filter(occasions=subject.occasion_id).first()
    else:
        plan = plans.filter(state__in=LIVE_STATES).first()
    if plan is None and subject.plan_id is not None:
        plan = plans.filter(pk=subject.plan_id).first()
    plan = plan or plans.order_by("-created_at").first()
    if plan is None:
        raise NotFound(what="plan")
    return plan


def ask_of(subject: Subject, patient: Patient, plan: Plan, now: datetime) -> Ask:
    """What a sheet begun now asks; for services."""
    today = when.local_date(now, when.known_zone(patient.zone, plan.clinic.zone))
    form = "weekly"
    if subject.occasion_id is not None:
        form = Occasion.objects.values_list("form", flat=True).get(pk=subject.occasion_id)
    return forms.decide(
        form=form,
        language=patient.language,
        today=today,
        last_long=scoring.last_long(evidence.past_of(plan, before=now)),
        taking=evidence.taking(plan, today),
        off=occasions.cadence_of(plan.clinic).items_off,
        own=own.asked(plan.clinic),
        step_up_at=thresholds_of(plan.clinic, patient).short_form,
    )
