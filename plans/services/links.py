"""Patients' access links, and the short sessions they open.

A token is HMAC-SHA256(LINK_KEY, nonce of the row): 256 bits, the same in every message of an occasion, and not
derivable from the database alone. Opening a link changes only session rows, however often a mail scanner does it.
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
from plans.services.from_row import from_row

LinkPurpose = link_purposes.LinkPurpose
SESSION_FOR: Final = timedelta(minutes=30)
DEVICE_FOR: Final = timedelta(days=180)
SESSION_KEPT_FOR: Final = timedelta(days=1)
"""An expired session opens nothing, but is kept for a day to choose the language of the page that says so."""
SESSIONS: Final = 200
"""The most live sessions per link; opening another ends the oldest."""
DEVICES: Final = 20
"""The most known devices per patient; the one that gave the year of birth longest ago is asked again."""
WRONG_YEARS: Final = 5
WRONG_WITHIN: Final = timedelta(hours=24)


class LinkState(StrEnum):
    """The state of a known link."""

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
    """The session that it was found by, if any."""
    origin: LinkPurpose | None = None
    """The purpose of the link through which that session was opened; None if it was this link."""


def _token(nonce: bytes, purpose: LinkPurpose) -> str:
    mac = hmac.new(settings.LINK_KEY, bytes(nonce), hashlib.sha256).digest()
    token = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    # A printed QR code must stay coarse enough to scan; 132 bits protect a page without health data.
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
    """Make a new link for a patient, in the transaction of what needs it."""
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


def lasting(
    *, purpose: LinkPurpose, patient: Patient, plan: Plan | None = None, version: PlanVersion | None = None
) -> Link:
    """The patient's lasting link of a purpose, made when first needed and the same in every message."""
    found = Link.objects.filter(
        patient=patient, purpose=purpose.value, plan=plan, version=version, revoked_at=None
    ).first()
    return found or make(purpose=purpose, patient=patient, plan=plan, version=version)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A lasting link that a message needs. A check-in's belongs to its occasion, whichever plan that was made for."""

    purpose: LinkPurpose
    clinic_id: UUID
    patient_id: UUID
    occasion_id: UUID | None = None
    plan_id: UUID | None = None

    @property
    def key(self) -> tuple[str, UUID, UUID | None]:
        """The key that identifies the link."""
        of_checkin = self.purpose is LinkPurpose.CHECKIN
        return (self.purpose.value, self.patient_id, self.occasion_id if of_checkin else self.plan_id)


def find_all(wanted: Collection[Wanted]) -> dict[Wanted, Link]:
    """The existing ones of some lasting links, in one query."""
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


def lasting_all(wanted: Collection[Wanted]) -> dict[Wanted, Link]:
    """Several lasting links in one query; missing ones are created in another.

    Call it with the patients locked, so that no two workers create the same one.
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
    """The token in the link's address, for messages and documents only."""
    return _token(bytes(link.nonce), LinkPurpose(link.purpose))


def _view(link: Link, now: datetime, session: PatientSession | None = None) -> LinkView:
    state = LinkState.GOOD
    if link.revoked_at is not None:
        state = LinkState.REVOKED
    elif link.expires_at is not None and link.expires_at <= now:
        state = LinkState.EXPIRED
    return from_row(
        LinkView,
        link,
        purpose=LinkPurpose(link.purpose),
        state=state,
        session_id=session.pk if session is not None else None,
        origin=LinkPurpose(session.origin) if session is not None and session.origin else None,
    )


def look(token: str, purpose: LinkPurpose) -> LinkView:
    """The link of a token, in whatever state. Raises NotFound for an unknown token or another purpose."""
    link = (
        Link.objects.filter(token_hash=_hash(token), purpose=purpose.value).first()
        if len(token) < 100
        else None
    )
    if link is None:
        raise NotFound(what="link")
    return _view(link, clock.now())


def by_id(link_id: UUID) -> LinkView:
    """A link by its key, for a form that carried the key signed. Raises NotFound."""
    link = Link.objects.filter(pk=link_id).first()
    if link is None:
        raise NotFound(what="link")
    return _view(link, clock.now())


def revoke(link_id: UUID) -> None:
    """End a link (a wrong recipient, a changed address) and the sessions it opened."""
    now = clock.now()
    with transaction.atomic():
        Link.objects.filter(pk=link_id, revoked_at=None).update(revoked_at=now)
        PatientSession.objects.filter(link_id=link_id).delete()


def revoke_all(patient: Patient) -> None:
    """End every link of a patient, for example if they were sent to a wrong address."""
    with transaction.atomic():
        Link.objects.filter(patient=patient, revoked_at=None).update(revoked_at=clock.now())
        PatientSession.objects.filter(link__patient=patient).delete()


def start_session(link_id: UUID, *, origin: LinkPurpose | None = None) -> str:
    """Open a session for a link and return its key, which only a cookie may carry. It lasts 30 minutes of real time.

    `origin`: the purpose of the link it was opened through, if another.
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
    """The patient's language for a session key, also for a day after its end; empty if unknown.

    It reveals nothing else, and lets a patient whose session has expired go on in their own language.
    """
    found = PatientSession.objects.filter(key_hash=_hash(key)).values_list(
        "link__patient__language", flat=True
    )
    return found.first() or ""


def session_link(key: str, purpose: LinkPurpose) -> LinkView:
    """The link behind a session key. Raises NotFound for an unknown or expired session or another purpose.

    A call with less than half of the time left renews the session, so that it does not expire on a slow reader between
    two pages.
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
    """Open a session of another of the patient's links for the holder of `link`, without revealing its token.

    Pages of a plan ask for the year of birth themselves; everything else needs it first: raises Refused("year_wanted")
    unless `device` is the key of a device that gave it. Raises NotFound for a revoked link, and for another patient's.
    """
    if link.state is LinkState.REVOKED or to.patient_id != link.patient_id:
        raise NotFound(what="link")
    if to.purpose != LinkPurpose.PLAN.value and not device_knows(link.patient_id, device):
        raise Refused(reason="year_wanted")
    return start_session(to.pk, origin=link.origin or link.purpose)


def forget_sessions(before: datetime | None = None) -> int:
    """Delete expired device keys, and sessions a day after their end; returns how many."""
    real = before or clock.real_now()
    gone, _ = PatientSession.objects.filter(expires_at__lt=real - SESSION_KEPT_FOR).delete()
    devices, _ = PatientDevice.objects.filter(expires_at__lt=real).delete()
    return gone + devices


def device_knows(patient_id: UUID, key: str) -> bool:
    """Whether a device gave the patient's year of birth."""
    if not key:
        return False
    return PatientDevice.objects.filter(
        patient_id=patient_id, key_hash=_hash(key), expires_at__gt=clock.real_now()
    ).exists()


def locked_out(patient_id: UUID) -> bool:
    """Whether five wrong years of birth within a day have locked the dose pages."""
    since = clock.real_now() - WRONG_WITHIN
    return BirthYearTry.objects.filter(patient_id=patient_id, at__gt=since).count() >= WRONG_YEARS


@dataclass(frozen=True, slots=True)
class YearOutcome:
    """The result of a typed year: a device key if right, else the tries left."""

    key: str | None
    left: int


def give_birth_year(patient_id: UUID, raw: str) -> YearOutcome:
    """Compare a typed year with the patient's. Raises Refused("locked_out") once five were wrong within a day.

    It locks the patient's row, so that concurrent guesses are counted one by one.
    """
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        if locked_out(patient_id):
            raise Refused(reason="locked_out")
        if raw.strip() == str(patient.born.year):
            key = secrets.token_urlsafe(32)
            real = clock.real_now()
            this = PatientDevice.objects.create(
                patient=patient, key_hash=_hash(key), confirmed_at=real, expires_at=real + DEVICE_FOR
            )
            # Never this one, even if several were confirmed in the same instant.
            others = (
                PatientDevice.objects.filter(patient=patient).exclude(pk=this.pk).order_by("-confirmed_at")
            )
            oldest = list(others.values_list("pk", flat=True)[DEVICES - 1 :])
            PatientDevice.objects.filter(pk__in=oldest).delete()
            return YearOutcome(key=key, left=WRONG_YEARS)
        BirthYearTry.objects.create(patient=patient, at=clock.real_now())
        wrong = BirthYearTry.objects.filter(patient=patient, at__gt=clock.real_now() - WRONG_WITHIN).count()
        return YearOutcome(key=None, left=max(0, WRONG_YEARS - wrong))
