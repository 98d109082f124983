"""The second step at sign-in: from when a clinic requires it, who has one, and taking a lost one away.

django-allauth keeps the factors themselves; only what a clinic decides about them is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.signing_in import FURTHEST, CredentialChange, is_required
from plans.models import AuditEvent, Membership, User
from plans.services import audit, clock, credentials, staff_sessions, wall
from plans.services.access import FACTORS, get_clinic_for, get_member_for
from plans.services.actors import Actor, May
from plans.services.wall import Door

_ACT: Final = "clinic.second_factor_set"


@dataclass(frozen=True, slots=True)
class FactorPolicy:
    """From when a clinic requires a second step: the day (None: since it was made), and whether it has come.

    `without`: the names of active members who have none, by name.
    """

    begins: date | None
    holds: bool
    today: date
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnFactor:
    """A factor of one's own. `kind` is allauth's: totp, webauthn; `name` of a passkey."""

    id: int
    kind: str
    name: str
    made_at: datetime
    used_at: datetime | None


def policy(actor: Actor) -> FactorPolicy:
    """What the actor's clinic requires. Raises NotAllowed unless the actor leads it."""
    clinic = get_clinic_for(actor, May.MANAGE)
    today = clock.real_now().astimezone(ZoneInfo(clinic.zone)).date()
    rows = Membership.objects.filter(clinic=clinic, is_active=True, user__is_active=True)
    have = Authenticator.objects.filter(type__in=FACTORS).values("user_id")
    without = rows.exclude(user_id__in=have).order_by("user__name", "id").values_list("user__name", flat=True)
    begins = clinic.second_factor_from
    return FactorPolicy(begins, is_required(begins, today=today), today, tuple(without))


@transaction.atomic
def set_begins(*, by: Actor, seen: date | None, begins: date) -> bool:
    """Choose the day from which a second step is required; False if nothing changed. A day that is past: at once.

    Raises Refused("too_far") more than a year ahead, and Stale with `who` chose meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = clinic.second_factor_from
    if begins == standing:
        return False
    if seen != standing:
        last = AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT).order_by("-id").first()
        raise Stale(what="second_factor", who=last.actor_name if last else "")
    today = clock.real_now().astimezone(ZoneInfo(clinic.zone)).date()
    if begins > today + FURTHEST:
        raise Refused(reason="too_far", where="begins")
    clinic.second_factor_from = begins
    clinic.save(update_fields=["second_factor_from"])
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"on": begins.isoformat(), "before": standing.isoformat() if standing else ""},
    )
    return True


def own(user_id: UUID) -> tuple[OwnFactor, ...]:
    """One's own factors, oldest first; recovery codes are none."""
    rows = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).order_by("created_at", "id")
    return tuple(
        OwnFactor(row.pk, row.type, row.data.get("name", ""), row.created_at, row.last_used_at)
        for row in rows
    )


def has_one(user_id: UUID) -> bool:
    """Whether this user has a second step."""
    return bool(Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).exists())


def member_has_one(actor: Actor, user_id: UUID) -> bool:
    """Whether a member of the actor's clinic has a second step. Raises NotFound for anybody else."""
    return has_one(get_member_for(actor, user_id, May.MANAGE).user_id)


def has_password(user_id: UUID) -> bool:
    """Whether this user has a password; who signs in through their clinic's system may have none."""
    return User.objects.get(pk=user_id).has_usable_password()


def codes_left(user_id: UUID) -> int | None:
    """How many recovery codes are unused; None if there are none at all."""
    row = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.RECOVERY_CODES).first()
    return None if row is None else len(row.wrap().get_unused_codes())


def may_remove(user_id: UUID, factor_id: int) -> bool:
    """Whether a factor may be removed: not the last one, where a clinic requires one today."""
    others = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).exclude(pk=factor_id)
    if others.exists():
        return True
    now = clock.real_now()
    rows = Membership.objects.filter(user_id=user_id, is_active=True)
    with wall.as_person(user_id):
        found = list(rows.values_list("clinic__zone", "clinic__second_factor_from"))
    return not any(is_required(begins, today=now.astimezone(ZoneInfo(zone)).date()) for zone, begins in found)


@transaction.atomic
def remove_passkey(*, user_id: UUID, factor_id: int) -> bool:
    """Remove one of one's own passkeys, and tell; False if it is gone. Raises Refused("only_one") for the last factor
    where a clinic requires one."""
    rows = Authenticator.objects.select_for_update(no_key=True)
    row = rows.filter(pk=factor_id, user_id=user_id, type=Authenticator.Type.WEBAUTHN).first()
    if row is None:
        return False
    if not may_remove(user_id, row.pk):
        raise Refused(reason="only_one")
    row.delete()
    if not has_one(user_id):
        # Recovery codes alone would be no second step.
        Authenticator.objects.filter(user_id=user_id).delete()
    credentials.tell(user_id, CredentialChange.PASSKEY_REMOVED)
    return True


@transaction.atomic
def reset(*, by: Actor, user_id: UUID, reason: str) -> bool:
    """Take a member's lost factors and recovery codes away, so that they can set up new ones; False if there are none.

    Their sessions end, they are told, and every clinic they work in has it in its history. They still need their
    password. Raises NotFound for anybody who is not a member, and Refused("ended") or Refused("oneself").
    """
    get_clinic_for(by, May.MANAGE)
    place = get_member_for(by, user_id, May.MANAGE)
    if not place.is_active:
        raise Refused(reason="ended", where="reason")
    if user_id == by.member_id:
        raise Refused(reason="oneself", where="reason")
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    gone, _each = Authenticator.objects.filter(user_id=user_id).delete()
    if not gone:
        return False
    staff_sessions.end_all(user_id)
    with wall.through(Door.PERSON, user_id):
        for clinic_id in Membership.objects.filter(user_id=user_id, is_active=True).values_list(
            "clinic_id", flat=True
        ):
            audit.record(
                by=by,
                act="member.factor_reset",
                subject_kind="user",
                subject_id=user_id,
                clinic_id=clinic_id,
                facts={"who": place.user.name, "reason": reason},
            )
    credentials.tell(user_id, CredentialChange.FACTOR_RESET)
    return True


def give_app(user_id: UUID) -> None:
    """Set up an authenticator app for somebody of the demo. Raises RuntimeError elsewhere: operators could read it."""
    if not settings.TAPERPLAN_DEMO:
        raise RuntimeError("only a demo sets up somebody's app")
    TOTP.activate(User.objects.get(pk=user_id), generate_totp_secret())


def demo_code(email: str) -> str | None:
    """What the app of somebody of the demo shows now; None for anybody without one, and outside a demo."""
    row = Authenticator.objects.filter(user__email=email, type=Authenticator.Type.TOTP).first()
    if row is None or not settings.TAPERPLAN_DEMO:
        return None
    counter = int(clock.real_now().timestamp()) // mfa_settings.TOTP_PERIOD
    return str(format_hotp_value(hotp_value(decrypt(row.data["secret"]), counter)))
