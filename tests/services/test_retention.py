"""What the night deletes: exactly what a dry run counts, class by class, and nothing that is still needed."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, connections, transaction

from plans.domain.errors import NotAllowed
from plans.domain.review.item_states import ItemState
from plans.domain.rights.retention import CLASSES, DELETED, NIGHT, DataClass, KeptWhy
from plans.models import (
    AuditEvent,
    CareChange,
    CheckIn,
    Document,
    Invitation,
    KeptForm,
    Letter,
    Limit,
    Patient,
    Plan,
    RawAnswer,
    RetentionRun,
    ReviewItem,
    Work,
)
from plans.services import clock, kept_forms, retention
from plans.services.retention import RunView
from plans.wording import retention as words
from tests.makers import make_clinic
from tests.makers_checkins import START, Asked, asked, on

pytestmark = pytest.mark.django_db
YEARS = timedelta(days=366)


@pytest.fixture
def story() -> Any:
    with on(START):
        yield asked()


def put_entries(story: Asked) -> None:
    """Old entries of each kind: one alert about an open item, one about a closed one, a drawing, a message to the
    patient; and what has expired."""
    now, clinic = clock.now(), story.clinic
    item = ReviewItem.objects.create(
        clinic_id=clinic.id, patient=story.patient, source="mail", source_key="x", severity="routine", priority=2,
        opened_at=now, first_action_due=now, resolve_due=now,
    )  # fmt: skip
    for n, (queue, about) in enumerate(
        [("alerts", item), ("alerts", None), ("documents", None), ("messages", None)]
    ):
        Work.objects.create(
            clinic_id=clinic.id, queue=queue, notice="item_alert", key=f"old {n}", item=about, state="sent",
            patient=story.patient if queue == "messages" else None, due_at=now, created_at=now, settled_at=now,
        )  # fmt: skip
    Limit.objects.create(key="a" * 64, until=now)
    Invitation.objects.create(
        clinic_id=clinic.id, email="x@example.org", role="reader", created_at=now, expires_at=now,
        created_by_id=clinic.lead.member_id,
    )  # fmt: skip
    kept_forms.keep(
        user_id=clinic.lead.member_id, clinic_id=clinic.id, path="/x", page="/x", fields={"a": ["b"]}
    )
    Session.objects.create(session_key="s" * 32, session_data="x", expire_date=now)
    for state in ("waiting", "stored"):
        RawAnswer.objects.create(
            clinic_id=clinic.id, patient_id=story.patient.pk, page="a", posted={}, received_at=now,
            state=state, next_try_at=now, settled_at=now if state == "stored" else None,
        )  # fmt: skip


def figures(run: RunView) -> dict[DataClass, tuple[int, int | None]]:
    return {one.code: (one.due, one.deleted) for one in run.figures}


def test_every_class_has_a_period_words_and_a_way() -> None:
    assert set(CLASSES) == set(DataClass) == set(words.CLASSES)
    assert set(words.KEPT) == set(KeptWhy)
    assert set(retention._DUE) == {one.code for one in DELETED}
    assert all(one.period is not None for one in DELETED)
    assert all(one.source for one in CLASSES.values())


def test_the_run_deletes_what_the_dry_run_counted_and_a_second_run_finds_nothing(story: Asked) -> None:
    put_entries(story)
    kept = {
        model: model._default_manager.count()
        for model in (Patient, Plan, CheckIn, Letter, Document, AuditEvent)
    }
    with on(START + 2 * YEARS):
        dry = retention.dry_run()
        assert retention.dry_run().figures == dry.figures
        assert Work.objects.filter(key__startswith="old").count() == 4
        real = retention.run()
        for code, (due, deleted) in figures(real).items():
            assert due == figures(dry)[code][0]
            assert deleted == (due if CLASSES[code].deletes else 0), code
        assert not real.differs
        assert figures(real)[DataClass.STAFF_MESSAGES] == (1, 1)
        again = retention.run()
    assert {due for code, (due, _) in figures(again).items() if code is not DataClass.RECORDS} == {0}
    # The alert about an open item stays, and is said to; the patient's own messages are their record.
    assert set(Work.objects.filter(key__startswith="old").values_list("key", flat=True)) == {"old 0", "old 3"}
    said = {one.code: dict(one.kept) for one in real.figures}
    assert said[DataClass.STAFF_MESSAGES] == {KeptWhy.OPEN_ITEM: 1}
    assert said[DataClass.RAW_ANSWERS] == {KeptWhy.IN_USE: 1}
    assert said[DataClass.RECORDS] == {KeptWhy.IN_CARE: 1}
    assert not KeptForm.objects.exists()
    assert not Session.objects.filter(session_key="s" * 32).exists()
    for model, count in kept.items():
        # But for what says of each run that it ran.
        more = 2 if model is AuditEvent else 0
        assert model._default_manager.count() == count + more, model


def test_a_record_is_due_only_when_its_time_is_over_and_nothing_of_it_is_open(story: Asked) -> None:
    now, patient = clock.now(), story.patient
    Patient.objects.filter(pk=patient.pk).update(care_state="stopped_care")
    CareChange.objects.create(
        clinic_id=story.clinic.id, patient=patient, was="in_care", state="stopped_care", on=START.date(),
        made_at=now, made_by_id=story.clinic.primary.member_id,
    )  # fmt: skip

    def said() -> tuple[int, dict[KeptWhy, int]]:
        one = next(one for one in retention.dry_run().figures if one.code is DataClass.RECORDS)
        return one.due, dict(one.kept)

    with on(START + 9 * YEARS):
        assert said() == (0, {KeptWhy.LAW: 1})
    with on(START + 11 * YEARS):
        assert said() == (0, {KeptWhy.LIVE_PLAN: 1})
        Plan.objects.filter(pk=story.plan.pk).update(state="stopped")
        assert said() == (1, {})
        put_entries(story)
        assert said() == (0, {KeptWhy.OPEN_ITEM: 1})
        ReviewItem.objects.update(
            state=ItemState.RESOLVED.value, resolved_at=now, resolved_by_id=story.clinic.lead.member_id
        )
        assert said() == (1, {})
        # It is counted, and left to a person.
        retention.run()
    assert Patient.objects.filter(pk=patient.pk).exists()


def test_the_night_begins_one_run_and_goes_on_with_an_interrupted_one(story: Asked) -> None:
    put_entries(story)
    later = START + 2 * YEARS
    day, night = later.replace(hour=NIGHT[1]), later.replace(hour=NIGHT[0])
    with on(day):
        assert retention.tick(day) == 0
        assert not RetentionRun.objects.exists()
    with on(night):
        # Begun by a worker that died.
        retention._begun()
        assert retention._begun().pk == RetentionRun.objects.get().pk
        assert retention.tick(night) > 0
        assert retention.tick(night) == 0
    row = RetentionRun.objects.get()
    assert row.ended_at is not None
    assert AuditEvent.objects.filter(act="retention.ran").count() == 1


def test_the_command_says_what_each_class_is_and_a_dry_run_deletes_nothing(story: Asked) -> None:
    put_entries(story)
    with on(START + 2 * YEARS):
        out = StringIO()
        call_command("retention", "--dry-run", stdout=out)
        assert Limit.objects.filter(key="a" * 64).exists()
        assert "Log of messages to staff: 400 days; due 1. 1 kept: a review item is open" in out.getvalue()
        assert "(not verified)" in out.getvalue()
        call_command("retention", stdout=out)
        assert not Limit.objects.filter(key="a" * 64).exists()


def test_only_a_lead_or_an_operator_counts(story: Asked) -> None:
    assert retention.dry_run(by=make_clinic(name="Lakeside Clinic").lead).dry
    with pytest.raises(NotAllowed):
        retention.dry_run(by=story.clinic.primary)
    with pytest.raises(NotAllowed):
        retention.last_runs(story.clinic.primary)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_large_table_is_emptied_while_others_write_to_it_and_what_they_hold_is_left() -> None:
    old = clock.real_now() - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_limit (key, count, until) "
            "SELECT md5(n::text) || md5((-n)::text), 1, %s FROM generate_series(1, 12000) n",
            [old],
        )
    held = Limit.objects.order_by("pk").first()
    assert held is not None
    slowest, stop = [0.0], threading.Event()

    def serve() -> None:
        try:
            n = 0
            while not stop.is_set():
                begun, n = time.monotonic(), n + 1
                Limit.objects.update_or_create(
                    key=f"{n % 50:064}", defaults={"until": clock.real_now() + YEARS}
                )
                slowest[0] = max(slowest[0], time.monotonic() - begun)
        finally:
            connections.close_all()

    other = threading.Thread(target=serve)

    def hold(begun: threading.Event, end: threading.Event) -> None:
        try:
            with transaction.atomic():
                Limit.objects.select_for_update(no_key=True).get(pk=held.pk)
                begun.set()
                end.wait(60)
        finally:
            connections.close_all()

    begun, end = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(begun, end))
    holder.start()
    begun.wait(20)
    other.start()
    try:
        ran = retention.run()
    finally:
        stop.set()
        end.set()
        other.join()
        holder.join()
    assert figures(ran)[DataClass.LIMITS] == (12_000, 11_999)
    assert ran.differs
    # What was held goes with the next run; what was written meanwhile stays.
    assert figures(retention.run())[DataClass.LIMITS] == (1, 1)
    assert Limit.objects.count() == 50
    assert slowest[0] < 5
