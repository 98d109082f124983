"""The caseload: every patient of a clinic with the state of their plan, open items and recent answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import CharField, Exists, Func, OuterRef, Q, QuerySet

from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.json import JsonObject
from plans.domain.people import ENDS_OF_CARE, CareState, ContactHow, EmailState, MailState
from plans.domain.review.item_states import RANK, ItemState, Priority
from plans.domain.taper.plan_states import PlanState
from plans.domain.text import fold
from plans.domain.which import which
from plans.models import LIVE_STATES, CheckIn, Occasion, Patient, Plan, ReviewItem, User
from plans.services import care_status, clock, paging
from plans.services.access import check_may, get_clinic_for
from plans.services.actors import Actor, May
from plans.services.care_status import Care
from plans.services.caseload_order import Sort, changes, open_items, runs_of
from plans.services.paging import Page
from plans.services.plan_summaries import PlanSummary, plan_summaries
from plans.services.plans import taken
from plans.services.plans.taken import DoseTaken

PAGE: Final = 25
MOOD_FOR: Final = timedelta(weeks=8)
# Which of several plans a list shows: the live one, else the draft, else the last one.
_SHOWN_FIRST: Final = {**dict.fromkeys(LIVE_STATES, 0), "draft": 1}
_GONE: Final = tuple(state.value for state in ENDS_OF_CARE)
_SEVERITY: Final = {number: severity.value for severity, number in RANK.items()}


class CaseloadShow(StrEnum):
    """Which part of the caseload."""

    ALL = "all"
    MINE = "mine"
    ATTENTION = "attention"
    PHONE = "phone"
    WEEK = "week"
    HELD = "held"
    MAINTENANCE = "maintenance"
    FOLLOW_UP = "follow_up"
    DRAFT = "draft"
    NO_PLAN = "no_plan"
    NO_OWNER = "no_owner"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """One PHQ-2 total (low mood, 0 to 6)."""

    day: date
    value: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A patient's row in the caseload. `severity` is the priority of the most urgent open item, or empty.

    `phone_by` is when an open check-in closes that no message reaches the patient for, so that staff must phone. `care`
    is set for somebody in hospital or treated elsewhere, `taken` where another dose than the plan's is taken.
    """

    patient_id: UUID
    name: str
    record_no: str
    born: date
    care_state: str
    severity: str
    item_id: UUID | None
    plan: PlanSummary | None
    mood: tuple[MoodPoint, ...]
    last_answer: datetime | None
    missed: int
    phone_by: datetime | None
    care: Care | None = None
    taken: DoseTaken | None = None
    owner: str = ""

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(Priority, self.severity)


def _unreached() -> Q:
    """Patients whom check-in messages do not reach: contacted by phone, no working address, or messages stopped."""
    by_email = Q(contact_how=ContactHow.EMAIL, email_state=EmailState.CONFIRMED, mail_state=MailState.ON)
    return Q(care_state=CareState.IN_CARE) & ~by_email


def _open_checkins(now: datetime) -> QuerySet[Occasion]:
    return Occasion.objects.filter(state=OccasionState.INVITED, due_at__lte=now, closes_at__gt=now)


def _plans(*states: str) -> Exists:
    return Exists(Plan.objects.filter(patient=OuterRef("pk"), state__in=states))


def _shown(rows: QuerySet[Patient], show: CaseloadShow, actor: Actor, today: date) -> QuerySet[Patient]:
    if show is CaseloadShow.GONE:
        return rows.filter(care_state__in=_GONE)
    rows = rows.exclude(care_state__in=_GONE)
    match show:
        case CaseloadShow.MINE:
            return rows.filter(owner_id=actor.user_id)
        case CaseloadShow.ATTENTION:
            return rows.filter(Exists(open_items()))
        case CaseloadShow.PHONE:
            waiting = _open_checkins(clock.now()).filter(patient=OuterRef("pk"))
            return rows.filter(_unreached()).filter(Exists(waiting))
        case CaseloadShow.WEEK:
            return rows.filter(Exists(changes(today, today + timedelta(days=7))))
        case CaseloadShow.HELD | CaseloadShow.MAINTENANCE | CaseloadShow.FOLLOW_UP | CaseloadShow.DRAFT:
            return rows.filter(_plans(show.value))
        case CaseloadShow.NO_OWNER:
            return rows.filter(owner=None)
        case CaseloadShow.NO_PLAN:
            return rows.exclude(_plans(*LIVE_STATES, "draft"))
    return rows


def _matching(rows: QuerySet[Patient], q: str) -> QuerySet[Patient]:
    # A few words are a search; more were pasted by mistake.
    for word in fold(q).split()[:6]:
        rows = rows.filter(Q(sort_key__contains=word) | Q(record_no__icontains=word))
    return rows


def _of_drug(rows: QuerySet[Patient], drug: str) -> QuerySet[Patient]:
    if not drug:
        return rows
    return rows.filter(
        Exists(Plan.objects.filter(patient=OuterRef("pk"), drugs__contains=[drug], state__in=LIVE_STATES))
    )


def drugs_of(actor: Actor) -> tuple[str, ...]:
    """Every drug in the live plans of the actor's clinic, by name."""
    check_may(actor, May.LOOK)
    rows = Plan.objects.filter(clinic_id=actor.home, state__in=LIVE_STATES)
    named = rows.annotate(drug=Func("drugs", function="unnest", output_field=CharField()))
    return tuple(named.order_by("drug").values_list("drug", flat=True).distinct())


def show_counts(actor: Actor) -> dict[str, int]:
    """How many patients each part holds, counted up to `paging.COUNTED` + 1, beyond which nobody reads the number."""
    check_may(actor, May.LOOK)
    today = clock.today(get_clinic_for(actor).zone)
    rows = Patient.objects.filter(clinic_id=actor.home)
    most = paging.COUNTED + 1
    return {show.value: _shown(rows, show, actor, today)[:most].count() for show in CaseloadShow}


def caseload(
    actor: Actor,
    *,
    q: str = "",
    show: str = "all",
    drug: str = "",
    sort: str = "flag",
    key: str | None = None,
    size: int = PAGE,
) -> Page[CaseRow]:
    """A page of the caseload: patients with the most urgent open item first, or as `sort` says, then by name."""
    check_may(actor, May.LOOK)
    today = clock.today(get_clinic_for(actor).zone)
    part = CaseloadShow(show) if show in {s.value for s in CaseloadShow} else CaseloadShow.ALL
    by = Sort(sort) if sort in {s.value for s in Sort} else Sort.FLAG
    every = Patient.objects.filter(clinic_id=actor.home)
    # A search by name also finds patients who are treated elsewhere now.
    shown = every if q and part is CaseloadShow.ALL else _shown(every, part, actor, today)
    wanted = _matching(_of_drug(shown, drug), q)
    return paging.page_of_runs(
        wanted, runs_of(by, today, clock.now()), _rows, every=every, key=key, size=size
    )


def _plans_shown(patients: list[Patient]) -> tuple[dict[UUID, PlanSummary], dict[UUID, DoseTaken]]:
    rows = Plan.objects.filter(patient__in=patients).exclude(state=PlanState.ABANDONED)
    best: dict[UUID, Plan] = {}
    for plan in rows.select_related("patient", "active_version").order_by("created_at", "id"):
        standing = best.get(plan.patient_id)
        if standing is None or _SHOWN_FIRST.get(plan.state, 2) <= _SHOWN_FIRST.get(standing.state, 2):
            best[plan.patient_id] = plan
    stand, records = plan_summaries(best.values()), taken.current_of(best.values())
    shown = {patient_id: stand[plan.pk] for patient_id, plan in best.items()}
    return shown, {best_of: records[plan.pk] for best_of, plan in best.items() if plan.pk in records}


def _mood(patients: list[Patient], since: date) -> dict[UUID, list[MoodPoint]]:
    found: dict[UUID, list[MoodPoint]] = defaultdict(list)
    rows = CheckIn.objects.filter(patient__in=patients, state=CheckInState.SUBMITTED, local_date__gte=since)
    for patient_id, day, scores in rows.order_by("local_date", "id").values_list(
        "patient_id", "local_date", "scores"
    ):
        total = _phq2(scores)
        if total is not None:
            found[patient_id].append(MoodPoint(day, total))
    return found


def _phq2(scores: JsonObject) -> int | None:
    total = scores.get("phq2", {}).get("total")
    return total if isinstance(total, int) else None


def _worst(patients: list[Patient]) -> dict[UUID, tuple[str, UUID]]:
    """The priority and key of each patient's most urgent open item."""
    rows = ReviewItem.objects.filter(patient__in=patients).exclude(state=ItemState.RESOLVED)
    rows = rows.order_by("patient_id", "priority", "first_action_due", "id").distinct("patient_id")
    found = rows.values_list("patient_id", "priority", "pk")
    return {patient_id: (_SEVERITY.get(priority, ""), pk) for patient_id, priority, pk in found}


def _rows(patients: list[Patient]) -> list[CaseRow]:
    worst = _worst(patients)
    (plans, records), care = _plans_shown(patients), care_status.status_of(patients)
    named = User.objects.filter(pk__in=[one.owner_id for one in patients if one.owner_id is not None])
    owners = dict(named.values_list("pk", "name"))
    mood = _mood(patients, (clock.now() - MOOD_FOR).date())
    answered = dict(
        CheckIn.objects.filter(patient__in=patients, state=CheckInState.SUBMITTED)
        .order_by("patient_id", "-submitted_at")
        .distinct("patient_id")
        .values_list("patient_id", "submitted_at")
    )
    missed: dict[UUID, int] = defaultdict(int)
    for patient_id, due_at in Occasion.objects.filter(
        patient__in=patients, state=OccasionState.MISSED
    ).values_list("patient_id", "due_at"):
        last = answered.get(patient_id)
        missed[patient_id] += last is None or due_at > last
    waiting = _open_checkins(clock.now()).filter(
        patient__in=patients, patient_id__in=Patient.objects.filter(_unreached())
    )
    # Sorted so that the one that closes first comes last and wins.
    closing = dict(waiting.order_by("-closes_at").values_list("patient_id", "closes_at"))
    return [
        CaseRow(
            patient_id=patient.pk,
            name=patient.name,
            record_no=patient.record_no,
            born=patient.born,
            care_state=patient.care_state,
            severity=worst[patient.pk][0] if patient.pk in worst else "",
            item_id=worst[patient.pk][1] if patient.pk in worst else None,
            plan=plans.get(patient.pk),
            mood=tuple(mood[patient.pk]),
            last_answer=answered.get(patient.pk),
            missed=missed[patient.pk],
            phone_by=closing.get(patient.pk),
            care=care.get(patient.pk),
            taken=records.get(patient.pk),
            owner=owners[patient.owner_id] if patient.owner_id is not None else "",
        )
        for patient in patients
    ]
