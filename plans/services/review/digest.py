"""The digest: each morning that a clinic is open, its members who may review get its day in counts, in one message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from plans.domain.messages import DigestFacts, DutyFacts
from plans.domain.notices import DIGEST
from plans.domain.review.deadlines import Opening
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.review.reasons import Source
from plans.domain.taper.schedule import StepKind
from plans.models import (
    LIVE_STATES,
    Clinic,
    Membership,
    Plan,
    PlanStep,
    RecordOpening,
    ReviewItem,
    User,
    Work,
)
from plans.services import audit, clock, outbox, rota, rows
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.review.alerts import reviewers
from plans.services.review.holding import opening_of

BEFORE: Final = timedelta(minutes=30)
"""How long before the clinic opens it is sent."""
_HOURS_OF_DUTY: Final = 24
_SUNDAY: Final = 6


def tick(now: datetime) -> int:
    """Queue the digests of every clinic whose working day begins; returns of how many clinics. Once a day and member.

    A day on which the clinic is closed has none. Raises RowsFailed after all clinics if any failed.
    """
    days = {clinic.pk: day for clinic in Clinic.objects.all() if (day := _morning(opening_of(clinic), now))}
    if not days:
        return 0
    done = Work.objects.filter(notice=DIGEST, clinic_id__in=days, created_at__gt=now - timedelta(days=2))
    told = set(done.values_list("clinic_id", "facts__day"))
    due = [pk for pk, day in days.items() if (pk, day.isoformat()) not in told]
    clinics = Clinic.objects.filter(pk__in=due)
    return rows.count_each(clinics, "name", lambda pk: _put(pk, days[pk], now))


def _morning(opening: Opening, now: datetime) -> date | None:
    """The local day whose digest is due: from half an hour before the clinic opens until it closes."""
    day = now.astimezone(opening.zone).date()
    hours = opening.on(day)
    return day if hours is not None and hours[0] - BEFORE <= now < hours[1] else None


def _put(clinic_id: UUID, day: date, now: datetime) -> bool:
    clinic = Clinic.objects.get(pk=clinic_id)
    put = [
        outbox.put(
            notice=DIGEST,
            key=f"{DIGEST}:{clinic.pk}:{user.pk}:{day}",
            clinic_id=clinic.pk,
            now=now,
            user=user,
            facts={"day": day.isoformat()},
        )
        for user in _readers(clinic, now)
    ]
    return any(put)


def _readers(clinic: Clinic, now: datetime) -> Iterable[User]:
    """Who may review and did not turn it off, or is on duty at some hour of the day."""
    off = set(Membership.objects.filter(clinic=clinic, digest=False).values_list("user_id", flat=True))
    if off:
        off -= {user.pk for _since, on in _duty(clinic, now) for user in (*on.first, *on.second)}
    return (user for user in reviewers(clinic) if user.pk not in off)


def _duty(clinic: Clinic, now: datetime) -> list[tuple[datetime, rota.OnDuty]]:
    """Who is on duty now and in the next hours, one entry a change."""
    found: list[tuple[datetime, rota.OnDuty]] = []
    hour = now.replace(minute=0, second=0, microsecond=0)
    for at in (now, *(hour + timedelta(hours=ahead) for ahead in range(1, _HOURS_OF_DUTY))):
        on = rota.on_duty(clinic, at)
        if not found or found[-1][1] != on:
            found.append((at, on))
    return found


def of_clinic(clinic: Clinic, now: datetime) -> DigestFacts:
    """A clinic's morning in counts, as they are now."""
    opening = opening_of(clinic)
    today = now.astimezone(opening.zone).date()
    tomorrow = datetime.combine(today + timedelta(days=1), datetime.min.time(), opening.zone)
    untouched = Q(first_action_at=None)
    rows_open = ReviewItem.objects.filter(clinic=clinic).exclude(state=ItemState.RESOLVED)
    found = rows_open.aggregate(
        open=Count("id"),
        urgent=Count("id", filter=Q(severity=Priority.URGENT.value)),
        late=Count("id", filter=untouched & Q(first_action_due__lt=now)),
        due_today=Count("id", filter=untouched & Q(first_action_due__gte=now, first_action_due__lt=tomorrow)),
        missed=Count("id", filter=Q(source=Source.MISSED.value)),
    )
    sunday = today + timedelta(days=_SUNDAY - today.weekday())
    live = Plan.objects.filter(clinic=clinic, state__in=LIVE_STATES).values("active_version_id")
    steps = PlanStep.objects.filter(
        version_id__in=live, days__startswith__gte=today, days__startswith__lte=sunday
    ).exclude(kind__in=(StepKind.START, StepKind.HOLD))
    return DigestFacts(
        **found,
        changes=steps.values("version_id").distinct().count(),
        opened=RecordOpening.objects.filter(clinic=clinic, at__gte=now - timedelta(days=1)).count(),
        duty=tuple(
            DutyFacts(
                since,
                tuple(u.name for u in on.first),
                tuple(u.name for u in on.second),
                covered=bool(on.services),
            )
            for since, on in _duty(clinic, now)
        ),
    )


def wants(actor: Actor) -> bool:
    """Whether a member gets the digest of their clinic on days on which they are not on duty."""
    return _mine(actor).filter(digest=True).exists()


def _mine(actor: Actor) -> QuerySet[Membership]:
    if actor.user_id is None:
        return Membership.objects.none()
    return Membership.objects.filter(clinic_id=actor.home, user_id=actor.user_id)


@transaction.atomic
def set_wanted(*, by: Actor, wanted: bool) -> None:
    """Turn a member's own digest of their clinic on or off. Raises NotAllowed."""
    check_may(by, May.REVIEW)
    if _mine(by).filter(digest=not wanted).update(digest=wanted):
        audit.record(
            by=by,
            act="member.digest_on" if wanted else "member.digest_off",
            subject_kind="clinic",
            subject_id=by.home,
            clinic_id=by.home,
            at=clock.now(),
        )
