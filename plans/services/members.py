"""The members of a clinic: adding them, changing roles, ending and restoring memberships."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from plans.domain import roles
from plans.domain.errors import Refused
from plans.domain.text import fold
from plans.models import Clinic, Membership, Shift, User
from plans.services import (
    account_messages,
    accounts,
    audit,
    clock,
    departures,
    invitations,
    owners,
    paging,
    rota,
)
from plans.services.access import get_clinic_for, get_member_for
from plans.services.actors import Actor, May, Role
from plans.services.paging import Page

PAGE: Final = 25
_ORDER: Final = ("-is_active", "user__name", "id")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in the lead's list. `on_call`: whether they are on duty now, "first", "second" or empty; `ends_on`: the
    last day of a locum."""

    user_id: UUID
    name: str
    email: str
    role: Role
    is_active: bool
    on_call: str
    since: datetime
    ends_on: date | None


def members(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[MemberRow]:
    """A page of all present and former members, active ones first. `q` searches name and e-mail."""
    clinic = get_clinic_for(actor)
    every = Membership.objects.filter(clinic=clinic).select_related("user")
    on_call = _on_call(clinic)
    return paging.page_of(
        _matching(every, q),
        _ORDER,
        lambda rows: [_row(row, on_call) for row in rows],
        every=every,
        key=key,
        size=size,
    )


def member(actor: Actor, user_id: UUID) -> MemberRow:
    """One present or former member. Raises NotFound for anybody else."""
    return _row(get_member_for(actor, user_id), _on_call(get_clinic_for(actor)))


@transaction.atomic
def add(*, by: Actor, email: str, name: str, role: Role) -> bool:
    """Add somebody new to the clinic and send them a link to set a password; returns True.

    Somebody with an account is invited instead and becomes a member on accepting; returns False.

    Raises Refused("already_member"), also for a former member, whose membership is to be restored instead; and
    Refused("too_many_invitations").
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if Membership.objects.filter(clinic=clinic, user__email__iexact=email).exists():
        raise Refused(reason="already_member", where="email")
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        invitations.invite(by=by, clinic=clinic, user=user, email=email, role=role)
        return False
    user_id = accounts.create_member(clinic_id=clinic.pk, email=email, name=name, role=role, by=by)
    account_messages.first_password(User.objects.get(pk=user_id), clinic.pk)
    return True


@transaction.atomic
def change_role(*, by: Actor, user_id: UUID, role: Role) -> bool:
    """Give a member another role; False if it is unchanged.

    Raises Refused("last_lead"); Refused("leaves") where a locum would lead; or where the new role could neither answer
    alerts nor plan, Refused("on_call") or Refused("owns_patients"). Such a member's shifts to come are cancelled.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    place = get_member_for(by, user_id, May.MANAGE)
    if not place.is_active:
        raise Refused(reason="ended", where="role")
    if place.role == role.value:
        return False
    if place.role == Role.LEAD.value:
        _another_lead(clinic, place)
    if role is Role.LEAD and place.ends_on is not None:
        raise Refused(reason="leaves", where="role")
    if not roles.may(role, May.REVIEW):
        _not_on_call(clinic, place)
        owners.check_owns_none(by, user_id)
        departures.follow(clinic, user_id, by=by, now=clock.now())
    before, place.role = place.role, role.value
    place.save(update_fields=["role"])
    _record(by, "member.role_set", place, {"before": before, "role": role.value})
    return True


@transaction.atomic
def end(*, by: Actor, user_id: UUID) -> bool:
    """End a membership; the person's next request is refused. Their acts stay in the audit trail; their shifts to come
    are cancelled and their items released. False if already ended.

    Raises Refused("last_lead") or Refused("on_call"): a clinic is never left without somebody who answers; and
    Refused("owns_patients"), until the patients are handed over.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    place = get_member_for(by, user_id, May.MANAGE)
    if not place.is_active:
        return False
    if place.role == Role.LEAD.value:
        _another_lead(clinic, place)
    _not_on_call(clinic, place)
    owners.check_owns_none(by, user_id)
    place.is_active = False
    place.save(update_fields=["is_active"])
    departures.follow(clinic, user_id, by=by, now=clock.now())
    if clinic.lead_id == place.user_id:
        clinic.lead_id = None
        clinic.save(update_fields=["lead"])
    _record(by, "member.ended", place, {})
    return True


@transaction.atomic
def restore(*, by: Actor, user_id: UUID) -> bool:
    """Restore an ended membership with its role; False if it is active."""
    get_clinic_for(by, May.MANAGE, lock=True)
    place = get_member_for(by, user_id, May.MANAGE)
    if place.is_active:
        return False
    place.is_active, place.ends_on = True, None
    place.save(update_fields=["is_active", "ends_on"])
    _record(by, "member.given_back", place, {"role": place.role})
    return True


def _matching(rows: QuerySet[Membership], q: str) -> QuerySet[Membership]:
    for word in fold(q).split()[:6]:
        rows = rows.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    return rows


def _on_call(clinic: Clinic) -> dict[UUID, str]:
    now = rota.on_duty(clinic, clock.now())
    return {user.pk: "second" for user in now.second} | {user.pk: "first" for user in now.first}


def _row(place: Membership, on_call: dict[UUID, str]) -> MemberRow:
    return MemberRow(
        user_id=place.user_id,
        name=place.user.name,
        email=place.user.email,
        role=Role(place.role),
        is_active=place.is_active and place.user.is_active,
        on_call=on_call.get(place.user_id, ""),
        since=place.created_at,
        ends_on=place.ends_on,
    )


def _another_lead(clinic: Clinic, place: Membership) -> None:
    leads = Membership.objects.filter(
        clinic=clinic, role=Role.LEAD.value, is_active=True, user__is_active=True
    )
    if not leads.exclude(pk=place.pk).exists():
        raise Refused(reason="last_lead", where="role")


def _not_on_call(clinic: Clinic, place: Membership) -> None:
    standing = Shift.objects.filter(clinic=clinic, user_id=place.user_id, end_at=None, cancelled_at=None)
    if place.user_id in _on_call(clinic) or standing.exists():
        raise Refused(reason="on_call", where="role")


def _record(by: Actor, act: str, place: Membership, facts: dict[str, str]) -> None:
    audit.record(
        by=by, act=act, subject_kind="user", subject_id=place.user_id, facts={"who": place.user.name, **facts}
    )
