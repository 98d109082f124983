"""What stands around the letters of a batch: links, last reminders, answers; a few queries for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max

from plans.domain.notices import (
    CHECKIN_INVITATION,
    CONFIRM_ADDRESS,
    NOTICES,
    PLAN_CHANGED,
    PLAN_READY,
    REMINDERS_APART,
)
from plans.models import CheckIn, Clinic, Link, Work
from plans.services.links import Purpose

REMINDERS: Final = tuple(notice.code for notice in NOTICES.values() if notice.reminder)
_NEWS: Final = (PLAN_READY, PLAN_CHANGED)
# A further reminder of the same patient that is due so soon is decided with the patient's row locked.
SOON: Final = timedelta(minutes=10)

_LinkKey = tuple[UUID, str, UUID | None, UUID | None]


@dataclass(frozen=True, slots=True)
class Around:
    """Read once for a batch, or for a single letter under the patient's lock."""

    clinics: dict[UUID, Clinic]
    links: dict[_LinkKey, Link]
    # When a patient's last reminder went out, within the time two must stand apart; and whose is going out now.
    last: dict[UUID, datetime]
    going: frozenset[UUID]
    # Patients with another reminder due now or soon.
    crowded: frozenset[UUID]
    # Check-ins whose first letter is still on its way: no reminder overtakes it.
    unsent: frozenset[UUID]
    # Patients with a check-in's letter and news of their calendar, which become one letter.
    company: frozenset[UUID]
    submitted: frozenset[UUID]
    # First letters of occasions, for threading.
    first: dict[UUID, UUID]
    # When the newest letter was put that asks to confirm an address.
    asked: dict[UUID, datetime]

    def link(
        self, patient_id: UUID, purpose: Purpose, *, occasion: UUID | None = None, plan: UUID | None = None
    ) -> Link | None:
        """A link that stands; None if none was made yet."""
        return self.links.get((patient_id, purpose.value, occasion, plan))


def around(works: Sequence[Work], now: datetime) -> Around:
    """Look around the letters of a batch; `now` is clinic time."""
    mine = [work.pk for work in works]
    patients = {work.patient_id for work in works if work.patient_id is not None}
    occasions = {work.occasion_id for work in works if work.occasion_id is not None}
    going, crowded, company, unsent = _others(mine, patients, now)
    last = (
        Work.objects.filter(patient__in=patients, notice__in=REMINDERS, state__in=("sent", "unknown"))
        .filter(settled_at__gt=now - REMINDERS_APART)
        .exclude(pk__in=mine)
        .values_list("patient_id")
        .annotate(at=Max("settled_at"))
    )
    return Around(
        clinics=Clinic.objects.in_bulk({work.clinic_id for work in works}),
        links=_links(patients),
        last={patient: at for patient, at in last if patient is not None},
        going=going,
        crowded=crowded,
        unsent=unsent,
        company=company,
        submitted=frozenset(
            CheckIn.objects.filter(occasion__in=occasions, state="submitted").values_list(
                "occasion_id", flat=True
            )
        )
        if occasions
        else frozenset(),
        first=_first_letters({work.occasion_id for work in works if work.occasion_id and work.rung}),
        asked=_asked({work.patient_id for work in works if work.notice == CONFIRM_ADDRESS}),
    )


def _others(
    mine: list[UUID], patients: Collection[UUID], now: datetime
) -> tuple[frozenset[UUID], frozenset[UUID], frozenset[UUID], frozenset[UUID]]:
    """Whose other reminder is being sent, whose may be soon, who is due a reminder and news together, and of which
    check-ins the first letter has not gone."""
    rows = (
        Work.objects.filter(patient__in=patients, notice__in=(*REMINDERS, *_NEWS), due_at__lte=now + SOON)
        .filter(state__in=("pending", "claimed", "sending"))
        .values_list("pk", "patient_id", "state", "notice", "occasion_id")
    )
    known = set(mine)
    going, crowded, seen, told, unsent = set(), set(), set(), set(), set()
    for pk, patient, state, notice, occasion in rows:
        if notice in _NEWS:
            told.add(patient)
            continue
        if notice == CHECKIN_INVITATION:
            unsent.add(occasion)
        if pk not in known:
            crowded.add(patient)
            if state == "sending":
                going.add(patient)
        elif patient in seen:
            crowded.add(patient)
        seen.add(patient)
    return frozenset(going), frozenset(crowded), frozenset(told & seen), frozenset(unsent)


def _links(patients: Collection[UUID]) -> dict[_LinkKey, Link]:
    found: dict[_LinkKey, Link] = {}
    wanted = [one.value for one in (Purpose.CHECKIN, Purpose.PLAN, Purpose.CONFIRM, Purpose.MAIL)]
    rows = Link.objects.filter(patient__in=patients, purpose__in=wanted, revoked_at=None, version=None)
    for link in rows.order_by("created_at", "id"):
        # A check-in's link hangs on its occasion; its plan is known from there.
        plan = None if link.purpose == Purpose.CHECKIN.value else link.plan_id
        found.setdefault((link.patient_id, link.purpose, link.occasion_id, plan), link)
    return found


def _first_letters(occasions: Collection[UUID]) -> dict[UUID, UUID]:
    if not occasions:
        return {}
    rows = Work.objects.filter(occasion__in=occasions, rung=0, state__in=("sent", "unknown"))
    return {occasion: pk for occasion, pk in rows.values_list("occasion_id", "pk") if occasion is not None}


def _asked(patients: Collection[UUID | None]) -> dict[UUID, datetime]:
    if not patients:
        return {}
    rows = Work.objects.filter(patient__in=[pk for pk in patients if pk], notice=CONFIRM_ADDRESS)
    newest = rows.exclude(state="cancelled").values_list("patient_id").annotate(at=Max("created_at"))
    return {patient: at for patient, at in newest if patient is not None}
