"""Locums: a membership that ends by itself after a last day, in the clinic's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused
from plans.models import Clinic, Membership, Patient
from plans.services import audit, clock, departures, rota, rows
from plans.services.access import get_clinic_for, get_member_for
from plans.services.actors import SYSTEM, Actor, May, Role
from plans.services.review.review_items import open_item


@transaction.atomic
def set_last_day(*, by: Actor, user_id: UUID, ends_on: date | None) -> bool:
    """Set or remove the last day of a membership; False if nothing changed.

    Raises Refused: ended, lead (a clinic is not left by its lead on its own), day_past (`where` ends_on).
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    place = get_member_for(by, user_id, May.MANAGE)
    if not place.is_active:
        raise Refused(reason="ended", where="ends_on")
    if place.ends_on == ends_on:
        return False
    if ends_on is not None and place.role == Role.LEAD.value:
        raise Refused(reason="lead_stays", where="ends_on")
    if ends_on is not None and ends_on < clock.today(clinic.zone):
        raise Refused(reason="day_past", where="ends_on")
    place.ends_on = ends_on
    place.save(update_fields=["ends_on"])
    audit.record(
        by=by,
        act="member.last_day_set",
        subject_kind="user",
        subject_id=user_id,
        facts={"who": place.user.name, "on": ends_on.isoformat() if ends_on else ""},
    )
    return True


def tick(now: datetime) -> int:
    """End every membership whose last day is over; returns how many. Idempotent.

    Raises RowsFailed after all rows if any failed.
    """
    # The earliest zone is 14 hours ahead of UTC: no last day after this can be over anywhere.
    latest = (now + timedelta(hours=14)).date()
    due = Membership.objects.filter(is_active=True, ends_on__lt=latest)
    return rows.count_each(due, "ends_on", lambda key: _end(key, now))


def _end(membership_id: UUID, now: datetime) -> bool:
    clinic = Clinic.objects.select_for_update(no_key=True).filter(memberships=membership_id).first()
    if clinic is None:
        return False
    place = Membership.objects.select_related("user").get(pk=membership_id)
    over = rota.ends_at(clinic, place.ends_on)
    if not place.is_active or over is None or now < over:
        return False
    place.is_active = False
    place.save(update_fields=["is_active"])
    departures.follow(clinic, place.user_id, by=SYSTEM, now=now)
    owned = Patient.objects.filter(clinic=clinic, owner_id=place.user_id).count()
    audit.record(
        by=SYSTEM,
        act="member.time_over",
        subject_kind="user",
        subject_id=place.user_id,
        clinic_id=clinic.pk,
        facts={"who": place.user.name},
        at=now,
    )
    if owned:
        open_item(
            clinic_id=clinic.pk,
            patient=None,
            plan=None,
            source="rota",
            source_key=f"owner_gone:{place.pk}",
            priority="routine",
            facts={"code": "owner_gone", "by": place.user.name},
            now=now,
        )
    return True
