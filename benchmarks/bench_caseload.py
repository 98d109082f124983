"""Every view of the caseload in a clinic of a hundred thousand patients, beside the same view in one of 22.

Both clinics are in one database, and their pages are fetched in turn: first and last page, each sort, filter and
search, and the first page on the day on which everybody's dose changes. For each filter there is a clinic of 22 in
which it holds all 22, so that both pages have as many lines. PATIENTS=10000 for a shorter run.

A few patients are made through services and copied by SQL, with what their pages read: nobody else's rows are.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from benchmarks.line import BenchmarkLine, measured

PATIENTS = int(os.environ.get("PATIENTS", "100000"))
SMALL: Final = 22
LIMIT: Final = 1.5
# Of a hundred patients so many are like this; each stands in the filter of the same name.
SHARES: Final = {
    "all": 56,
    "attention": 14,
    "week": 6,
    "phone": 3,
    "held": 3,
    "maintenance": 6,
    "follow_up": 3,
    "draft": 2,
    "no_plan": 3,
    "no_owner": 2,
    "gone": 2,
}
SORTS: Final = ("flag", "name", "change", "answer")
DRUG: Final = "clonazepam"
SEARCHES: Final = {
    "common": "quill",
    "of one letter": "q",
    "of two letters": "qu",
    "of one record": "model-all-000002",
    "without a match": "xyzzy",
}


@dataclass(frozen=True, slots=True)
class _Clinics:
    """The large one, the one of 22 with all kinds of patients, and for each filter one of 22 whom it holds."""

    large: Any
    mixed: Any
    of_part: Mapping[str, Any]


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    logging.getLogger("plans.access").setLevel(logging.WARNING)
    clinics = _clinics()
    yield from _sorted(clinics)
    yield from _filtered(clinics)
    yield from _searched(clinics)
    _everybody_changes()
    yield _line("on the day when everybody changes", clinics.large, clinics.mixed, "sort=change")


def _clinics() -> _Clinics:
    from django.db import connection

    from plans.services import clock
    from plans.services.caseload import projection
    from tests.makers import make_clinic

    models = _patients_made()
    large, mixed = make_clinic(name="Large Clinic"), make_clinic(name="Small Clinic")
    of_part = {part: make_clinic(name=f"Small Clinic of {part}") for part in SHARES}
    for part, share in SHARES.items():
        _copy(models[part], large, PATIENTS * share // 100)
        _copy(models[part], mixed, SMALL // len(SHARES))
        _copy(models[part], of_part[part], SMALL)
    # What the tick and autovacuum do in production.
    projection.tick(clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return _Clinics(large, mixed, of_part)


def _sorted(clinics: _Clinics) -> Iterator[BenchmarkLine]:
    for sort in SORTS:
        asked = f"sort={sort}"
        yield _line(f"by {sort}, first page", clinics.large, clinics.mixed, asked)
        last = f"{asked}&after={_last(clinics.large, sort)}"
        yield _line(f"by {sort}, last page", clinics.large, clinics.mixed, last, asked)


def _filtered(clinics: _Clinics) -> Iterator[BenchmarkLine]:
    yield _line("of one drug", clinics.large, clinics.mixed, f"drug={DRUG}")
    yield _line("mine", clinics.large, clinics.mixed, "show=mine")
    for part, clinic in clinics.of_part.items():
        if part != "all":
            yield _line(part, clinics.large, clinic, f"show={part}")


def _searched(clinics: _Clinics) -> Iterator[BenchmarkLine]:
    from tests.clients import client_of, look_for

    for name, q in SEARCHES.items():
        for sort in ("flag", "change"):
            pages: list[Callable[[], None]] = []
            for clinic in (clinics.large, clinics.mixed):
                client = client_of(clinic.primary)
                found = look_for(client, q, sort=sort).request["QUERY_STRING"]
                pages.append(partial(_get, client, found))
            yield measured(f"caseload: search {name}, by {sort}", *pages, limit=LIMIT)


def _line(name: str, large: Any, small: Any, asked: str, beside: str = "") -> BenchmarkLine:
    from tests.clients import client_of

    ours = partial(_get, client_of(large.primary), asked)
    yardstick = partial(_get, client_of(small.primary), beside or asked)
    return measured(f"caseload: {name}", ours, yardstick, limit=LIMIT)


def _get(client: Any, asked: str) -> None:
    answer = client.get(f"/?{asked}")
    assert answer.status_code == 200, answer.status_code


def _last(clinic: Any, sort: str) -> str:
    """The key of the last page, of as many lines as the small clinic's only one."""
    from plans.models import CaseloadEntry
    from plans.services import paging
    from plans.services.caseload.standing import list_key

    field = {"flag": "-priority", "change": "-change_on", "answer": "-answer_rank"}.get(sort)
    rows = CaseloadEntry.objects.filter(list_key=list_key(clinic.id, "all"))
    order = [*([field] if field else []), "-sort_key", "-row_id"]
    before = rows.order_by(*order).values_list("row_id", flat=True)[SMALL]
    return paging.write_key(before, rows.count() - SMALL)


def _patients_made() -> Mapping[str, UUID]:
    """A patient for each part, made through services where a service makes such a patient in one go."""
    from django.db import transaction

    from plans.domain.checkins.states import OccasionState
    from plans.models import Occasion, Patient, Plan
    from plans.services import clock, owners, review, visits
    from plans.services.caseload import projection
    from plans.services.plans import drafts, revise
    from tests.makers import make_clinic, make_patient
    from tests.makers_care import record, set_care
    from tests.makers_plans import issue_story_plan

    clinic = make_clinic(name="Models")
    made = {
        part: make_patient(clinic.primary, name=f"Quill {part}", record_no=f"model-{part}") for part in SHARES
    }
    today = clock.today(made["all"].zone)
    plans: dict[str, Plan] = {}
    for part, patient in made.items():
        if part not in ("draft", "no_plan"):
            plans[part] = issue_story_plan(clinic.primary, patient, start=today - timedelta(days=16))
    record(clinic.primary, plans["all"], "night clonazepam 1", from_day=today)
    with transaction.atomic():
        review.open_item(
            clinic_id=clinic.id, patient=made["attention"], plan=None, source="missed", source_key="model",
            priority="urgent", facts={}, now=clock.now(),
        )  # fmt: skip
    visits.plan_visit(
        by=clinic.primary, patient_id=made["week"].pk, on=today + timedelta(days=3), at=None, with_whom=""
    )
    plans["held"].refresh_from_db()
    revise.revise(
        by=clinic.primary, plan_id=plans["held"].pk, seen_lock=plans["held"].lock, act="hold",
        params={"days": 14}, note="Agreed.",
    )  # fmt: skip
    drafts.save(by=clinic.primary, patient_id=made["draft"].pk, form={"drug_a": [DRUG]}, seen_lock=None)
    owners.set_owner(by=clinic.primary, patient_id=made["no_owner"].pk, owner_id=None)
    set_care(clinic.primary, made["gone"], "transferred")
    for part in ("maintenance", "follow_up"):
        Plan.objects.filter(pk=plans[part].pk).update(state=part)
    # A check-in that is open, of somebody whom no message reaches.
    now = clock.now()
    first = Occasion.objects.filter(plan=plans["phone"]).earliest("due_at")
    Occasion.objects.filter(pk=first.pk).update(
        state=OccasionState.INVITED, due_at=now - timedelta(hours=1), closes_at=now + timedelta(days=2)
    )
    Patient.objects.filter(pk=made["phone"].pk).update(contact_how="phone")
    projection.tick(now)
    return {part: patient.pk for part, patient in made.items()}


def _copy(patient_id: UUID, clinic: Any, copies: int) -> None:
    """Copy what the caseload reads of a patient into a clinic; names, dates and answers differ from copy to copy."""
    from django.db import connection, transaction

    from plans.models import CaseloadRow, Patient, Plan, ReviewItem, TakenDose
    from plans.services.caseload import standing

    if not copies:
        return
    model = CaseloadRow.objects.get(pk=patient_id)
    owner = clinic.primary.member_id if model.owner_id is not None else None
    # Every copy has names and keys of its own: the key of a row is made from the model's, the clinic's and the number.
    values = {
        "clinic_id": f"'{clinic.id}'::uuid",
        "owner_id": f"'{owner}'::uuid" if owner else "NULL",
        "record_no": "t.record_no || '-' || lpad(clone::text, 6, '0')",
        "source_key": "t.source_key || '-' || clone",
        "sort_key": "left(md5(clone::text), 4) || ' ' || t.sort_key || '-' || clone",
        "search": "left(md5(clone::text), 4) || ' ' || t.search || '-' || lpad(clone::text, 6, '0')",
        "change_on": "CASE WHEN t.change_on < date '9999-01-01' THEN t.change_on + clone %% 28 ELSE t.change_on END",
        "answer_rank": "t.answer_rank - clone",
        "stale_at": "greatest(t.stale_at, now() + interval '1 day')",
    }
    if model.facts["plan"] is not None:
        plan = f"'{model.facts['plan']['plan']}'"
        values["facts"] = f"replace(t.facts::text, {plan}, {_key_of_copy(plan, clinic)}::text)::jsonb"
    keys = {"id", "patient_id", "plan_id"}
    tables = {
        Patient: "id",
        Plan: "patient_id",
        TakenDose: "patient_id",
        ReviewItem: "patient_id",
        CaseloadRow: "patient_id",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # No trigger notes these rows, and references hold by themselves.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            columns = [str(field.column) for field in table._meta.concrete_fields]
            of = "id" if table is Patient else "patient_id"
            named = ", ".join(f'"{name}"' for name in columns)
            given = ", ".join(
                _key_of_copy(f't."{name}"', clinic) if name in keys else values.get(str(name), f't."{name}"')
                for name in columns
            )
            cursor.execute(
                f"INSERT INTO {table._meta.db_table} ({named}) SELECT {given}"  # noqa: S608 - our own columns
                f" FROM {table._meta.db_table} t, generate_series(1, %s) clone WHERE t.{of} = %s",
                [copies, patient_id],
            )
        cursor.execute("SET LOCAL session_replication_role = origin")
        places = standing.places(model.facts, owner, datetime.now(UTC))
        cursor.execute(
            "INSERT INTO plans_caseloadentry (list_key, patient_id, priority, change_on, answer_rank, worry, sort_key)"
            " SELECT key, patient_id, priority, change_on, answer_rank, worry, sort_key FROM plans_caseloadrow,"
            " unnest(%s::uuid[]) key WHERE clinic_id = %s AND search LIKE %s",
            [list(places.lists(clinic.id)), clinic.id, f"%{model.search}-%"],
        )


def _key_of_copy(key: str, clinic: Any) -> str:
    return f"md5({key}::text || '{clinic.id}' || clone)::uuid"


def _everybody_changes() -> None:
    """Midnight has passed, and the places of everybody are those of yesterday."""
    from django.db import connection

    from plans.models import CaseloadRow
    from plans.services import clock

    CaseloadRow.objects.update(stale_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE plans_caseloadrow")
