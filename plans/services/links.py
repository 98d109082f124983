"""Links that patients hold, and the short sessions they open.

A token is HMAC-SHA256(LINK_KEY, nonce of the row): 256 bits, the same in every message of an occasion, and not to be
had from the database alone. Looking at a link changes nothing but session rows, however often a mail scanner does it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain import links as link_purposes
from plans.domain.errors import NotFound, Refused
from plans.models import (
    BirthYearTry,
    Link,
    Occasion,
    Patient,
    PatientDevice,
    PatientSession,
    Plan,
    PlanVersion,
)
from plans.services import clock

LinkPurpose = link_purposes.LinkPurpose
SESSION_FOR: Final = timedelta(minutes=30)
DEVICE_FOR: Final = timedelta(days=180)
SESSION_KEPT_FOR: Final = timedelta(days=1)
"""An ended session opens nothing; for a day it still tells in which language to say so."""
SESSIONS: Final = 200
"""Sessions of one link that live at once; whoever opens it more often ends the oldest."""
DEVICES: Final = 20
"""Devices of one patient that are known at once; the one that gave the year longest ago is asked again."""
WRONG_YEARS: Final = 5
WRONG_WITHIN: Final = timedelta(hours=24)


class LinkState(StrEnum):
    """What a known token is worth now."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class LinkView:
    """A known link, without its secrets."""

    id: UUID
    purpose: LinkPurpose
    state: LinkState
    clinic_id: UUID
    patient_id: UUID
    occasion_id: UUID | None
    plan_id: UUID | None
    version_id: UUID | None
    expires_at: datetime | None
    session_id: UUID | None = None
    """The session it was found by, if it was."""
    origin: LinkPurpose | None = None
    """Through a link of which other purpose that session was reached; None for one's own."""


def _token(nonce: bytes, purpose: LinkPurpose) -> str:
    mac = hmac.new(settings.LINK_KEY, bytes(nonce), hashlib.sha256).digest()
    token = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    # The printed QR code must stay coarse enough to scan; 132 bits guard a page that shows no health data.
    return token[:22] if purpose is LinkPurpose.DOCUMENT else token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def make(
    *,
    purpose: LinkPurpose,
    patient: Patient,
    occasion: Occasion | None = None,
    plan: Plan | None = None,
    version: PlanVersion | None = None,
    expires_at: datetime | None = None,
) -> Link:
    """A new link for a patient. Call it in the transaction of the fact that needs it."""
    link = _new(purpose, clinic_id=patient.clinic_id, patient_id=patient.pk)
    link.occasion, link.plan, link.version, link.expires_at = occasion, plan, version, expires_at
    link.save(force_insert=True)
    return link


def _new(purpose: LinkPurpose, **of: UUID | None) -> Link:
    nonce = secrets.token_bytes(16)
    return Link(
        purpose=purpose.value,
        nonce=nonce,
        token_hash=_hash(_token(nonce, purpose)),
        created_at=clock.now(),
        **of,
    )


def standing(
    *, purpose: LinkPurpose, patient: Patient, plan: Plan | None = None, version: PlanVersion | None = None
) -> Link:
    """The patient's lasting link of this purpose, made when first needed: the same in every message."""
    found = Link.objects.filter(
        patient=patient, purpose=purpose.value, plan=plan, version=version, revoked_at=None
    ).first()
    return found or make(purpose=purpose, patient=patient, plan=plan, version=version)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A lasting link that a message needs. A check-in's hangs on its occasion, whichever plan it was made for."""

    purpose: LinkPurpose
    clinic_id: UUID
    patient_id: UUID
    occasion_id: UUID | None = None
    plan_id: UUID | None = None

    @property
    def key(self) -> tuple[str, UUID, UUID | None]:
        """What the same link answers to."""
        of_checkin = self.purpose is LinkPurpose.CHECKIN
        return (self.purpose.value, self.patient_id, self.occasion_id if of_checkin else self.plan_id)


def find_all(wanted: Collection[Wanted]) -> dict[Wanted, Link]:
    """Those of some lasting links that were made before, in one query."""
    if not wanted:
        return {}
    rows = Link.objects.filter(
        patient__in={one.patient_id for one in wanted},
        purpose__in={one.purpose.value for one in wanted},
        revoked_at=None,
        version=None,
    )
    found: dict[tuple[str, UUID, UUID | None], Link] = {}
    for link in rows.order_by("created_at", "id"):
        of_checkin = link.purpose == LinkPurpose.CHECKIN.value
        found.setdefault(
            (link.purpose, link.patient_id, link.occasion_id if of_checkin else link.plan_id), link
        )
    return {one: found[one.key] for one in wanted if one.key in found}


def standing_all(wanted: Collection[Wanted]) -> dict[Wanted, Link]:
    """Several lasting links, in one query; those that are missing are made in another.

    Call it with the patients locked, so that no two workers make the same one.
    """
    found = find_all(wanted)
    missing = {
        one.key: _new(
            one.purpose,
            clinic_id=one.clinic_id,
            patient_id=one.patient_id,
            occasion_id=one.occasion_id,
            plan_id=one.plan_id,
        )
        for one in wanted
        if one not in found
    }
    Link.objects.bulk_create(missing.values())
    return {one: found.get(one) or missing[one.key] for one in wanted}


def token_of(link: Link) -> str:
    """The token that stands in the address: only messages and documents are made from it."""
    return _token(bytes(link.nonce), LinkPurpose(link.purpose))


def _view(link: Link, now: datetime, session: PatientSession | None = None) -> LinkView:
    state = LinkState.GOOD
    if link.revoked_at is not None:
        state = LinkState.REVOKED
    elif link.expires_at is not None and link.expires_at <= now:
        state = LinkState.EXPIRED
    return LinkView(
        id=link.pk,
        purpose=LinkPurpose(link.purpose),
        state=state,
        clinic_id=link.clinic_id,
        patient_id=link.patient_id,
        occasion_id=link.occasion_id,
        plan_id=link.plan_id,
        version_id=link.version_id,
        expires_at=link.expires_at,
        session_id=session.pk if session is not None else None,
        origin=LinkPurpose(session.origin) if session is not None and session.origin else None,
    )


def look(token: str, purpose: LinkPurpose) -> LinkView:
    """What a token opens, in whatever state. Raises NotFound for an unknown token or another purpose."""
    link = (
        Link.objects.filter(token_hash=_hash(token), purpose=purpose.value).first()
        if len(token) < 100
        else None
    )
    if link is None:
        raise NotFound(what="link")
    return _view(link, clock.now())


def by_id(link_id: UUID) -> LinkView:
    """A link by its key, for a form that named it under our signature. Raises NotFound."""
    link = Link.objects.filter(pk=link_id).first()
    if link is None:
        raise NotFound(what="link")
    return _view(link, clock.now())


def revoke(link_id: UUID) -> None:
    """End a link (a wrong recipient, a changed address): sessions opened by it end with it."""
    now = clock.now()
    with transaction.atomic():
        Link.objects.filter(pk=link_id, revoked_at=None).update(revoked_at=now)
        PatientSession.objects.filter(link_id=link_id).delete()


def revoke_all(patient: Patient) -> None:
    """End every link of a patient, e.g. when the address they were sent to turns out to be wrong."""
    with transaction.atomic():
        Link.objects.filter(patient=patient, revoked_at=None).update(revoked_at=clock.now())
        PatientSession.objects.filter(link__patient=patient).delete()


def start_session(link_id: UUID, *, origin: LinkPurpose | None = None) -> str:
    """Open a session for a link and hand out its key, which only a cookie may carry. Lasts 30 minutes of real time.

    `origin`: through a link of which other purpose it was reached.
    """
    key = secrets.token_urlsafe(32)
    real = clock.real_now()
    made = PatientSession.objects.create(
        link_id=link_id,
        key_hash=_hash(key),
        origin=origin.value if origin is not None else "",
        created_at=real,
        expires_at=real + SESSION_FOR,
    )
    before = PatientSession.objects.filter(link_id=link_id).exclude(pk=made.pk).order_by("-created_at", "-id")
    if old := list(before.values_list("pk", flat=True)[SESSIONS - 1 :]):
        PatientSession.objects.filter(pk__in=old).delete()
    return key


def language_of_session(key: str) -> str:
    """The language of the patient behind a session key, also for a day after its end; empty if nothing is known of it.

    Nothing else of the patient: whoever is thrown out after half an hour goes on reading in their own language.
    """
    found = PatientSession.objects.filter(key_hash=_hash(key)).values_list(
        "link__patient__language", flat=True
    )
    return found.first() or ""


def session_link(key: str, purpose: LinkPurpose) -> LinkView:
    """The link behind a session key. Raises NotFound if there is none, it has ended or is for something else.

    Each call with less than half of the time left gives the session its full time again, so that a slow reader is not
    thrown out between two pages.
    """
    real = clock.real_now()
    found = (
        PatientSession.objects.select_related("link")
        .filter(key_hash=_hash(key), expires_at__gt=real, link__purpose=purpose.value)
        .first()
    )
    if found is None:
        raise NotFound(what="session")
    if found.expires_at - real < SESSION_FOR / 2:
        PatientSession.objects.filter(pk=found.pk).update(expires_at=real + SESSION_FOR)
    return _view(found.link, clock.now(), found)


def pass_on(link: LinkView, to: Link, *, device: str) -> str:
    """A session of another of the patient's links, for whoever holds `link`; its token is handed to nobody.

    The pages of a plan ask for the year of birth themselves. Everything else wants it first: raises
    Refused("year_wanted") unless `device` is the key of a device that gave it. Raises NotFound for a revoked link, and
    for one of another patient.
    """
    if link.state is LinkState.REVOKED or to.patient_id != link.patient_id:
        raise NotFound(what="link")
    if to.purpose != LinkPurpose.PLAN.value and not device_knows(link.patient_id, device):
        raise Refused(reason="year_wanted")
    return start_session(to.pk, origin=link.origin or link.purpose)


def forget_sessions(before: datetime | None = None) -> int:
    """Delete device keys that have run out, and sessions a day after their end; returns how many."""
    real = before or clock.real_now()
    gone, _ = PatientSession.objects.filter(expires_at__lt=real - SESSION_KEPT_FOR).delete()
    devices, _ = PatientDevice.objects.filter(expires_at__lt=real).delete()
    return gone + devices


def device_knows(patient_id: UUID, key: str) -> bool:
    """Whether this device has given the patient's year of birth."""
    if not key:
        return False
    return PatientDevice.objects.filter(
        patient_id=patient_id, key_hash=_hash(key), expires_at__gt=clock.real_now()
    ).exists()


def locked_out(patient_id: UUID) -> bool:
    """Whether five wrong years of birth within a day have closed the dose pages."""
    since = clock.real_now() - WRONG_WITHIN
    return BirthYearTry.objects.filter(patient_id=patient_id, at__gt=since).count() >= WRONG_YEARS


@dataclass(frozen=True, slots=True)
class YearOutcome:
    """What came of a year that was typed: a device key if right, else how many tries are left."""

    key: str | None
    left: int


def give_birth_year(patient_id: UUID, raw: str) -> YearOutcome:
    """Compare a typed year with the patient's. Raises Refused("locked_out") once five were wrong within a day.

    The patient's row is locked, so that a burst of guesses is counted one by one.
    """
    with transaction.atomic():
        patient = Patient.objects.select_for_update().get(pk=patient_id)
        if locked_out(patient_id):
            raise Refused(reason="locked_out")
        if raw.strip() == str(patient.born.year):
            key = secrets.token_urlsafe(32)
            real = clock.real_now()
            this = PatientDevice.objects.create(
                patient=patient, key_hash=_hash(key), confirmed_at=real, expires_at=real + DEVICE_FOR
            )
            # Never this one, also where several were confirmed in the same instant.
            others = (
                PatientDevice.objects.filter(patient=patient).exclude(pk=this.pk).order_by("-confirmed_at")
            )
            oldest = list(others.values_list("pk", flat=True)[DEVICES - 1 :])
            PatientDevice.objects.filter(pk__in=oldest).delete()
            return YearOutcome(key=key, left=WRONG_YEARS)
        BirthYearTry.objects.create(patient=patient, at=clock.real_now())
        wrong = BirthYearTry.objects.filter(patient=patient, at__gt=clock.real_now() - WRONG_WITHIN).count()
        return YearOutcome(key=None, left=max(0, WRONG_YEARS - wrong))
