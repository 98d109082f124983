"""Patients' access links, and the short sessions they open.

A token is HMAC-SHA256(LINK_KEY, nonce of the row): 256 bits, the same whenever a message is sent again, and not
derivable from the database alone. Opening a link changes only session rows, however often a mail scanner does it.
What a link allows is decided in `plans.domain.link_policy` alone; `check` asks it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from plans.domain import link_policy
from plans.domain import links as link_purposes
from plans.domain.errors import NotFound, TaperplanError
from plans.domain.link_policy import LinkAccess, LinkAct, LinkStrength, Origin
from plans.domain.links import KEPT_FOR, LIFETIMES, OF_CARE, ON_PAPER, SESSION_AT_MOST, SESSION_IDLE
from plans.domain.people import CareState
from plans.models import Link, Occasion, Patient, PatientSession, Plan, PlanVersion
from plans.services import clock, devices, wall
from plans.services.from_row import from_row
from plans.services.wall import Door

LinkPurpose = link_purposes.LinkPurpose
LinkState = link_policy.LinkState
SESSION_KEPT_FOR: Final = timedelta(days=1)
"""An expired session opens nothing, but is kept for a day to choose the language of the page that says so."""
SESSIONS: Final = 200
"""The most live sessions per link; opening another ends the oldest."""
_FEEDS: Final = frozenset({LinkPurpose.FEED, LinkPurpose.FEED_DOSES})


@dataclass(frozen=True, slots=True)
class LinkView:
    """A known link, without its secrets."""

    id: UUID
    purpose: LinkPurpose
    state: LinkState
    """GOOD, EXPIRED or REVOKED."""
    care: CareState
    clinic_id: UUID
    patient_id: UUID
    occasion_id: UUID | None
    plan_id: UUID | None
    version_id: UUID | None
    expires_at: datetime
    session_id: UUID | None = None
    """The session that it was found by, if any."""
    via: LinkPurpose | None = None
    """The purpose of the link through which that session was opened; None if it was this link."""
    fact_at: datetime | None = None
    """When the second fact was given in that session."""

    @property
    def origin(self) -> Origin:
        """Where its holder comes from."""
        if (self.via or self.purpose) in ON_PAPER:
            return Origin.PAPER
        return Origin.MESSAGE if self.via is None and self.purpose not in _FEEDS else Origin.PLAN_PAGE


class OutOfCare(TaperplanError):
    """The patient behind `link` is not treated by this clinic now, so the link must not say what to take."""

    code = "out_of_care"

    def __init__(self, link: LinkView) -> None:
        super().__init__()
        self.link = link


class FactWanted(NotFound):
    """The holder of `link` may do that once they have given the second fact."""

    def __init__(self, link: LinkView) -> None:
        super().__init__(what="fact")
        self.link = link


def access_of(link: LinkView, *, device: str) -> LinkAccess:
    """What the policy decides by; `device` is the key of a device, "" without one."""
    strength = LinkStrength.FACT if link.fact_at is not None else LinkStrength.LINK
    if devices.knows(link.patient_id, device):
        strength = LinkStrength.DEVICE
    return LinkAccess(link.purpose, link.origin, strength, _policy_state(link))


def _policy_state(link: LinkView) -> LinkState:
    if link.state is LinkState.REVOKED:
        return link.state
    if link.care is CareState.DIED:
        return LinkState.DIED
    return link.state if link.care is CareState.IN_CARE else LinkState.OUT_OF_CARE


def may(link: LinkView, act: LinkAct, *, device: str) -> bool:
    """Whether a link allows an act."""
    return link_policy.allows(access_of(link, device=device), act)


def check(link: LinkView, act: LinkAct, *, device: str = "") -> None:
    """Raise unless a link allows an act: OutOfCare for a patient not in care here, FactWanted if only the second fact
    is missing, else NotFound."""
    access = access_of(link, device=device)
    if link_policy.allows(access, act):
        return
    if access.state in (LinkState.OUT_OF_CARE, LinkState.DIED):
        raise OutOfCare(link)
    if link_policy.needs_fact(access, act):
        raise FactWanted(link)
    raise NotFound(what="link")


def _token(nonce: bytes, purpose: LinkPurpose) -> str:
    mac = hmac.new(settings.LINK_KEY, bytes(nonce), hashlib.sha256).digest()
    token = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    # A printed QR code must stay coarse enough to scan; 132 bits protect a page without health data.
    return token[:22] if purpose in ON_PAPER else token


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
    """Make a new link for a patient, in the transaction of what needs it. It lives as its purpose says, or until
    `expires_at`."""
    link = _new(purpose, clinic_id=patient.clinic_id, patient_id=patient.pk)
    link.occasion, link.plan, link.version = occasion, plan, version
    link.expires_at = expires_at or link.expires_at
    link.save(force_insert=True)
    return link


def _new(purpose: LinkPurpose, **of: UUID | None) -> Link:
    nonce, now = secrets.token_bytes(16), clock.now()
    return Link(
        purpose=purpose.value,
        nonce=nonce,
        token_hash=_hash(_token(nonce, purpose)),
        created_at=now,
        expires_at=now + LIFETIMES[purpose].lasts,
        **of,
    )


def _fresh(purposes: Collection[LinkPurpose]) -> Q:
    """The links that a message may carry again."""
    now = clock.now()
    found = Q()
    for purpose in purposes:
        young = Q(created_at__gt=now - LIFETIMES[purpose].renewed) & (
            Q(expires_at=None) | Q(expires_at__gt=now)
        )
        # That of a check-in stays the same from its invitation to its last reminder.
        found |= Q(purpose=purpose.value) & (young | Q(occasion__isnull=False))
    return found & Q(revoked_at=None)


def lasting(
    *, purpose: LinkPurpose, patient: Patient, plan: Plan | None = None, version: PlanVersion | None = None
) -> Link:
    """The patient's link of a purpose, the same in every message until it is renewed."""
    rows = Link.objects.filter(
        _fresh([purpose]), patient=patient, plan=plan, version=version, occasion=None
    ).order_by("-created_at", "-id")
    return rows.first() or make(purpose=purpose, patient=patient, plan=plan, version=version)


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
        _fresh({one.purpose for one in wanted}),
        patient__in={one.patient_id for one in wanted},
        version=None,
    )
    found: dict[tuple[str, UUID, UUID | None], Link] = {}
    for link in rows.order_by("-created_at", "-id"):
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
    purpose = LinkPurpose(link.purpose)
    # A row of the release before links had an end.
    expires_at = link.expires_at or link.created_at + LIFETIMES[purpose].lasts
    state = LinkState.GOOD
    if link.revoked_at is not None:
        state = LinkState.REVOKED
    elif expires_at <= now:
        state = LinkState.EXPIRED
    return from_row(
        LinkView,
        link,
        purpose=purpose,
        state=state,
        care=CareState(link.patient.care_state),
        expires_at=expires_at,
        session_id=session.pk if session is not None else None,
        via=LinkPurpose(session.origin) if session is not None and session.origin else None,
        fact_at=session.fact_at if session is not None else None,
    )


def look(token: str, purpose: LinkPurpose) -> LinkView:
    """The link of a token, in whatever state. Raises NotFound for an unknown token or another purpose."""
    if len(token) >= 100:
        raise NotFound(what="link")
    wall.enter_through(Door.LINK, _hash(token))
    rows = Link.objects.select_related("patient")
    link = rows.filter(token_hash=_hash(token), purpose=purpose.value).first()
    if link is None:
        raise NotFound(what="link")
    return _view(link, clock.now())


def by_id(link_id: UUID) -> LinkView:
    """A link by its key, for a form that carried the key signed. Raises NotFound."""
    wall.enter_through(Door.LINK_KEY, link_id)
    link = Link.objects.select_related("patient").filter(pk=link_id).first()
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
    """End every link of a patient and its sessions, for example if they were sent to a wrong address."""
    with transaction.atomic():
        Link.objects.filter(patient=patient, revoked_at=None).update(revoked_at=clock.now())
        PatientSession.objects.filter(link__patient=patient).delete()


def end_of_care(patient: Patient, now: datetime) -> None:
    """End a patient's links of care, in the transaction that ends the care. Sessions and known devices open nothing
    from then on but the page that says whom to ask.

    A check-in's own link ends with its check-in: what is being written on it is still taken.
    """
    rows = Link.objects.filter(patient=patient, purpose__in=OF_CARE, occasion=None, revoked_at=None)
    rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).update(expires_at=now)


def back_in_care(patient: Patient, ended_at: datetime) -> None:
    """Let the links go on that an end of care ended at this moment, because it was recorded by mistake."""
    for link in Link.objects.filter(patient=patient, expires_at=ended_at, revoked_at=None):
        link.expires_at = link.created_at + LIFETIMES[LinkPurpose(link.purpose)].lasts
        link.save(update_fields=["expires_at"])


def start_session(link_id: UUID, *, via: LinkPurpose | None = None, fact_at: datetime | None = None) -> str:
    """Open a session for a link and return its key, which only a cookie may carry.

    It ends after 30 minutes of real time without a request, and four hours after it began. `via`: the purpose of the
    link it was opened through, if another; `fact_at`: when the second fact was given there.
    """
    key = secrets.token_urlsafe(32)
    real = clock.real_now()
    made = PatientSession.objects.create(
        link_id=link_id,
        key_hash=_hash(key),
        origin=via.value if via is not None else "",
        fact_at=fact_at,
        created_at=real,
        expires_at=real + SESSION_IDLE,
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
    with wall.through(Door.SESSION, _hash(key)):
        return found.first() or ""


def session_link(key: str, purpose: LinkPurpose) -> LinkView:
    """The link behind a session key. Raises NotFound for an unknown or expired session or another purpose.

    A call with less than half of the time left renews the session, so that it does not expire on a slow reader between
    two pages; never beyond its absolute end.
    """
    real = clock.real_now()
    wall.enter_through(Door.SESSION, _hash(key))
    found = (
        PatientSession.objects.select_related("link__patient")
        .filter(key_hash=_hash(key), expires_at__gt=real, link__purpose=purpose.value)
        .filter(created_at__gt=real - SESSION_AT_MOST)
        .first()
    )
    if found is None:
        raise NotFound(what="session")
    if found.expires_at - real < SESSION_IDLE / 2:
        until = min(real + SESSION_IDLE, found.created_at + SESSION_AT_MOST)
        PatientSession.objects.filter(pk=found.pk).update(expires_at=until)
    return _view(found.link, clock.now(), found)


def fact_given(session_id: UUID) -> None:
    """Note that the second fact was given in a session."""
    PatientSession.objects.filter(pk=session_id).update(fact_at=clock.real_now())


def pass_on(link: LinkView, to: Link, act: LinkAct, *, device: str) -> str:
    """Open a session of another of the patient's links for the holder of `link`, without revealing its token.

    Raises as `check` does for the act that leads there, and NotFound for another patient's link.
    """
    check(link, act, device=device)
    if to.patient_id != link.patient_id:
        raise NotFound(what="link")
    return start_session(to.pk, via=link.via or link.purpose, fact_at=link.fact_at)


def forget_sessions(before: datetime | None = None) -> int:
    """Delete what has ended: sessions after a day, devices, and links and wrong tries after their time; how many.

    The links of check-ins and of printed pages stay: a late answer is still taken, and a page still says whether it is
    current.
    """
    real = before or clock.real_now()
    gone, _ = PatientSession.objects.filter(expires_at__lt=real - SESSION_KEPT_FOR).delete()
    return gone + _forget_links(clock.now() - KEPT_FOR) + devices.forget(real)


def _forget_links(ended: datetime) -> int:
    """Delete the links that ended before a moment, with whatever sessions they still have; how many rows."""
    old = Link.objects.filter(Q(revoked_at__lt=ended) | Q(expires_at__lt=ended), occasion=None, version=None)
    with transaction.atomic():
        # Locked first: a session begun until now is seen and goes along, and none can begin before the link is gone.
        # Whatever somebody else holds waits for the next tick.
        rows = (
            old.exclude(purpose__in=ON_PAPER).order_by("pk").select_for_update(skip_locked=True, no_key=True)
        )
        keys = list(rows.values_list("pk", flat=True))
        sessions, _ = PatientSession.objects.filter(link__in=keys).delete()
        links, _ = Link.objects.filter(pk__in=keys).delete()
    return sessions + links
