"""Large clinics: a few patients made through services, then cloned by SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, models, transaction

# Columns that must stay unique: the clone's number is appended.
_NUMBERED: Final = frozenset({"record_no", "sort_key", "source_key", "key"})
# Answers that open an urgent item.
ALARMING: Final = {"s_thoughts": "yes"}
# Of so many earlier answers one was flagged, and its item was resolved.
_FLAGGED: Final = 10


@dataclass(frozen=True, slots=True)
class Large:
    """What visitors need: clinicians' session keys, tokens of open check-ins and keys of existing rows."""

    sessions: tuple[str, ...]
    tokens: tuple[str, ...]
    patients: tuple[str, ...]
    plans: tuple[str, ...]
    items: tuple[str, ...]


def make(patients: int, *, clinicians: int, asked: int) -> Large:
    """Make a clinic. Of every seven patients four have answered without flags, one has an urgent item, one has an open
    check-in and one has no plan. `asked` of the open check-ins can be visited.
    """
    from plans.models import Patient, Plan, ReviewItem
    from plans.services.caseload import projection
    from tests.clients import client_of
    from tests.makers import make_clinic, make_member, make_patient

    clinic = make_clinic(name="Large Clinic")
    calm, flagged, waiting = (_lived(clinic, answers) for answers in ({}, ALARMING, None))
    without = make_patient(clinic.primary, record_no="L-without")
    for patient, share in ((calm, 4), (flagged, 1), (waiting, 1), (without, 1)):
        _clone(patient.pk, patients // 7 * share)
    with connection.cursor() as cursor:
        # The copies passed every trigger by: the caseload's rows are still to be written.
        cursor.execute(
            "INSERT INTO plans_caseloadmark (patient_id, transaction)"
            " SELECT id, 0 FROM plans_patient WHERE clinic_id = %s",
            [clinic.id],
        )
    projection.catch_up()
    with connection.cursor() as cursor:
        # PostgreSQL does this by itself in production; autovacuum is off here.
        cursor.execute("VACUUM ANALYZE")
    signed_in = (client_of(make_member(clinic.id)) for _ in range(clinicians))
    return Large(
        sessions=tuple(client.cookies["sessionid"].value for client in signed_in),
        tokens=tuple(_open_checkins(waiting, asked)),
        patients=_some(Patient.objects.filter(clinic_id=clinic.id)),
        plans=_some(Plan.objects.filter(clinic_id=clinic.id)),
        items=_some(ReviewItem.objects.filter(clinic_id=clinic.id)),
    )


def make_queue(items: int, *, answers: int) -> Any:
    """Make a clinic of `items` patients with an open item each, who have answered `answers` times in the weeks before:
    every tenth time an item was opened, and resolved after an hour."""
    from plans.models import CheckIn, Flag, ReviewItem
    from tests.makers import make_clinic

    clinic = make_clinic(name=f"Clinic of {items} items")
    _clone(_lived(clinic, ALARMING).pk, items - 1)
    weeks = answers // items
    began = {name: f"t.{name} - n * interval '7 days'" for name in ("started_at", "saved_at", "submitted_at")}
    _earlier(
        CheckIn,
        clinic,
        weeks,
        began | {"local_date": "t.local_date - 7 * n", "occasion_id": "NULL", "answers": "'{}'"},
    )
    opened = "t.opened_at - n * interval '7 days'"
    resolved = {
        "opened_at": opened,
        "first_action_due": "t.first_action_due - n * interval '7 days'",
        "resolve_due": "t.resolve_due - n * interval '7 days'",
        "first_action_at": f"{opened} + interval '30 minutes'",
        "resolved_at": f"{opened} + interval '1 hour'",
        "resolved_by_id": f"'{clinic.primary.id}'::uuid",
        "state": "'resolved'",
        "outcome": "'reached_safe'",
        "escalate_at": "NULL",
        "source_key": "t.source_key || '-week' || n",
    }
    _earlier(ReviewItem, clinic, weeks, resolved, every=_FLAGGED)
    flagged = {
        "item_id": "md5(t.item_id::text || '-' || n)::uuid",
        "checkin_id": "md5(t.checkin_id::text || '-' || n)::uuid",
        "raised_at": "t.raised_at - n * interval '7 days'",
        "key": "t.key || '-week' || n",
    }
    _earlier(Flag, clinic, weeks, flagged, every=_FLAGGED)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return clinic


@transaction.atomic
def _earlier(
    model: type[models.Model], clinic: Any, weeks: int, values: dict[str, str], *, every: int = 1
) -> None:
    """Copy a clinic's rows into each of the weeks before, or every so many of them."""
    fields = [str(field.column) for field in model._meta.concrete_fields]
    given = {"id": "md5(t.id::text || '-' || n)::uuid"} | values
    names = ", ".join(f'"{name}"' for name in fields)
    chosen = ", ".join(given.get(name, f't."{name}"') for name in fields)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {chosen} "  # noqa: S608 - our own columns
            f"FROM {model._meta.db_table} t, generate_series(%s, %s, %s) n WHERE t.clinic_id = %s",
            [every, weeks, every, clinic.id],
        )


def _lived(clinic: Any, answers: dict[str, str] | None) -> Any:
    """A patient whose first check-in fell due last Monday, answered unless `answers` is None."""
    from plans.models import Occasion
    from plans.services import reminders
    from plans.services.checkins import sessions
    from tests.makers import make_patient
    from tests.makers_checkins import answer_all, on, opened
    from tests.makers_plans import issue_story_plan

    today = datetime.now(UTC).replace(hour=13, minute=0, second=0, microsecond=0)
    with on(today - timedelta(days=today.weekday() or 7)):
        patient = make_patient(
            clinic.primary, record_no=f"L-{len(answers) if answers is not None else 'open'}"
        )
        plan = issue_story_plan(clinic.primary, patient)
        occasion = Occasion.objects.get(plan=plan, purpose="baseline")
        reminders.tick(occasion.due_at)
    if answers is not None:
        with on(occasion.due_at):
            answer_all(
                sessions.for_link(opened(clinic, Occasion.objects.get(pk=occasion.pk)).link), **answers
            )
    return patient


@transaction.atomic
def _clone(patient_id: Any, copies: int) -> None:
    """Copy a patient with everything that pages show. A clone's keys are made from the original key and the clone's
    number, so that references point to rows of the same clone.
    """
    from plans.models import (
        CheckIn,
        Flag,
        Occasion,
        Patient,
        Plan,
        PlanStep,
        PlanVersion,
        ReviewEvent,
        ReviewItem,
    )  # fmt: skip

    paths: dict[type[models.Model], str] = {
        Patient: "pk", Plan: "patient", PlanVersion: "plan__patient", PlanStep: "version__plan__patient",
        Occasion: "patient", CheckIn: "patient", ReviewItem: "patient", ReviewEvent: "item__patient", Flag: "patient",
    }  # fmt: skip
    with connection.cursor() as cursor:
        # Rows refer only to rows of the same copy: no constraint needs checking.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model, path in paths.items():
            keys = list(model._default_manager.filter(**{path: patient_id}).values_list("pk", flat=True))
            fields = model._meta.concrete_fields
            names = ", ".join(f'"{field.column}"' for field in fields)
            values = ", ".join(_value(field, paths) for field in fields)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} "  # noqa: S608 - our own columns
                f"FROM {model._meta.db_table} t, generate_series(1, %s) clone WHERE t.id = ANY(%s)",
                [copies, keys],
            )


def _value(field: models.Field[Any, Any], cloned: dict[type[models.Model], str]) -> str:
    column = f't."{field.column}"'
    if field.primary_key or field.related_model in cloned:
        return f"md5({column}::text || clone)::uuid"
    return f"{column} || '-' || clone" if field.column in _NUMBERED else column


def _open_checkins(patient: Any, count: int) -> list[str]:
    """Tokens of links to the open check-ins of this patient's clones."""
    from plans.domain.checkins.states import OccasionState
    from plans.models import Occasion
    from plans.services import clock, links
    from plans.services.links import LinkPurpose

    now = clock.now()
    asked = Occasion.objects.filter(
        patient__record_no__startswith=f"{patient.record_no}-", state=OccasionState.INVITED
    )
    Occasion.objects.filter(pk__in=asked.values("pk")).update(closes_at=now + timedelta(days=3))
    rows = asked.select_related("patient", "plan")[:count]
    made = (
        links.make(purpose=LinkPurpose.CHECKIN, patient=row.patient, occasion=row, plan=row.plan)
        for row in rows
    )
    return [links.token_of(link) for link in made]


def _some(rows: models.QuerySet[Any]) -> tuple[str, ...]:
    return tuple(map(str, rows.order_by("pk").values_list("pk", flat=True)[:200]))
