"""Seals of the audit trail: made without anybody waiting, and broken by whatever a superuser does to the rows."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from plans.dispatch import audit_heads
from plans.domain.audit_chain import Breach, TrailFault, TrailName
from plans.models import AuditEvent, AuditSeal, RecordLook
from plans.services import audit, audit_seals, clock, heartbeat, looks
from plans.services.access import Fetched
from plans.services.actors import SYSTEM
from plans.services.audit_seals import KeptHead, Verified
from tests.fixtures.roles import as_owner
from tests.makers import make_clinic, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def heads_file(settings: Any, tmp_path: Path) -> Path:
    """Where heads are kept in these tests."""
    settings.AUDIT_HEADS_FILE = tmp_path / "kept" / "heads.jsonl"
    return tmp_path / "kept" / "heads.jsonl"


def act(number: int = 1) -> None:
    with transaction.atomic():
        for n in range(number):
            audit.record(
                by=SYSTEM, act="clinic.facts_set", subject_kind="clinic", subject_id=None, facts={"n": n}
            )


def later(minutes: int = 10) -> Any:
    return clock.real_now() + timedelta(minutes=minutes)


def sealed(number: int = 3) -> None:
    act(number)
    audit_seals.tick(later())


def faults(*kept: KeptHead) -> list[tuple[Breach, int]]:
    found = list(audit_seals.verify(kept))
    assert isinstance(found[-1], Verified)
    return [(one.breach, one.row or one.seal) for one in found if isinstance(one, TrailFault)]


@contextmanager
def superuser() -> Iterator[Any]:
    """Somebody who owns the server: no trigger and no right stops them."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


def test_rows_are_sealed_after_some_minutes_or_when_they_are_many(monkeypatch):
    monkeypatch.setattr(audit_seals, "MOST_ROWS", 4)
    act(3)
    assert audit_seals.tick(clock.real_now()) == 0
    act(6)
    assert audit_seals.tick(clock.real_now()) == 2
    assert audit_seals.tick(later()) == 1
    assert [one.number for one in AuditSeal.objects.order_by("id")] == [1, 2, 3]
    assert faults() == []


def test_both_tables_have_a_chain_of_their_own():
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    fetched = [Fetched("Patient", patient.pk, patient.pk)]
    looks.record(by=clinic.primary, session="a session", fetched=fetched)
    audit_seals.tick(later())
    assert {one.trail for one in audit_seals.heads()} == set(TrailName)
    with superuser() as cursor:
        cursor.execute("UPDATE plans_recordlook SET actor_name = 'Somebody else'")
    assert faults() == [(Breach.ROW_CHANGED, RecordLook.objects.get().pk)]


def test_a_row_that_a_superuser_changes_removes_or_adds_is_named():
    sealed()
    first, second, third = AuditEvent.objects.order_by("id").values_list("pk", flat=True)
    with superuser() as cursor:
        cursor.execute("UPDATE plans_auditevent SET actor_name = 'Dr Nobody' WHERE id = %s", [first])
        cursor.execute("DELETE FROM plans_auditevent WHERE id = %s", [second])
        cursor.execute(
            "INSERT INTO plans_auditevent (id, at, real_at, actor_kind, actor_name, act, subject_kind, facts) "
            "VALUES (-7, now(), now(), 'user', 'x', 'plan.issued', 'plan', '{}')"
        )
    assert faults() == [(Breach.ROW_ADDED, -7), (Breach.ROW_CHANGED, first), (Breach.ROW_MISSING, second)]
    assert third


@pytest.mark.parametrize(
    "change",
    [
        "facts = '{\"n\": 7}'",
        "at = at + interval '1 microsecond'",
        "clinic_id = gen_random_uuid()",
        "act = 'clinic.formulary_set'",
    ],
)
def test_no_column_of_a_row_can_be_changed_unnoticed(change: str):
    sealed(1)
    with superuser() as cursor:
        cursor.execute(f"UPDATE plans_auditevent SET {change}")
    assert faults() == [(Breach.ROW_CHANGED, AuditEvent.objects.get().pk)]


def test_a_chain_that_was_made_anew_is_noticed_by_a_head_that_was_kept_outside():
    sealed()
    (kept,) = audit_seals.heads()
    with superuser() as cursor:
        cursor.execute("UPDATE plans_auditevent SET actor_name = 'Dr Nobody'")
        cursor.execute("DELETE FROM plans_auditseal")
    audit_seals.tick(later(20))
    assert faults() == []
    assert faults(kept) == [(Breach.HEAD_DIFFERS, 1)]


def test_an_end_that_was_cut_off_is_noticed_by_a_head_that_was_kept_outside():
    sealed()
    sealed()
    kept = audit_seals.heads()
    with superuser() as cursor:
        cursor.execute(
            "DELETE FROM plans_auditevent WHERE id > (SELECT last FROM plans_auditseal WHERE number = 1)"
        )
        cursor.execute("DELETE FROM plans_auditseal WHERE number = 2")
    assert faults() == []
    assert faults(*kept) == [(Breach.SEALS_CUT_OFF, 2)]


def test_a_seal_in_the_middle_that_is_gone_is_noticed():
    for _ in range(3):
        sealed(1)
    with superuser() as cursor:
        cursor.execute("DELETE FROM plans_auditseal WHERE number = 2")
    assert (Breach.SEAL_MISSING, 3) in faults()


def test_two_that_seal_at_once_make_one_chain():
    act(3)
    found = audit_seals._next(TrailName.ACTS, AuditEvent.objects.latest("id").pk, later())
    assert found is not None
    audit_seals.tick(later())
    audit_seals._store(found)
    assert AuditSeal.objects.count() == 1
    assert faults() == []


def test_nothing_is_sealed_while_somebody_may_hold_a_lower_id_and_an_id_drawn_in_vain_is_no_gap(server):
    server.execute("BEGIN")
    server.execute(
        "INSERT INTO plans_auditevent (at, real_at, actor_kind, actor_name, act, subject_kind, facts) "
        "VALUES (now(), now(), 'user', 'x', 'plan.issued', 'plan', '{}')"
    )
    act()
    for _ in range(3):
        assert audit_seals.tick(later()) == 0
    server.execute("ROLLBACK")
    assert audit_seals.tick(later()) == 1
    assert faults() == []


def test_whoever_began_after_the_note_is_not_waited_for(server):
    server.execute("BEGIN")
    server.execute("LOCK TABLE plans_auditevent IN ROW EXCLUSIVE MODE")
    act()
    assert audit_seals.tick(later()) == 0
    server.execute("ROLLBACK")
    server.execute("BEGIN")
    server.execute("LOCK TABLE plans_auditevent IN ROW EXCLUSIVE MODE")
    assert audit_seals.tick(later()) == 1
    server.execute("ROLLBACK")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_late_is_sealed_in_the_place_of_its_id():
    drawn, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            audit.record(by=SYSTEM, act="clinic.facts_set", subject_kind="clinic", subject_id=None)
            drawn.set()
            assert go.wait(20)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert drawn.wait(20)
    act()
    for _ in range(3):
        assert audit_seals.tick(later()) == 0
    act()
    go.set()
    writer.join(20)
    for _ in range(2):
        audit_seals.tick(later())
    assert [*AuditSeal.objects.values_list("last", flat=True)] == [
        max(AuditEvent.objects.values_list("pk", flat=True))
    ]
    assert faults() == []
    (verified,) = audit_seals.verify()
    assert isinstance(verified, Verified)
    assert (verified.rows, verified.unsealed) == (3, 0)


def test_a_row_that_waits_too_long_for_its_seal_is_told_by_the_heartbeat(monkeypatch):
    act()
    monkeypatch.setattr(audit_seals, "_settled", lambda _trail: None)
    audit_seals.tick(later(50))
    assert "trail_unsealed" not in heartbeat.pulse().faults
    audit_seals.tick(later(70))
    assert "trail_unsealed" in heartbeat.pulse().faults


def test_heads_leave_the_database_at_most_once_an_hour(heads_file: Path):
    sealed()
    now = clock.real_now()
    assert audit_heads.keep(now) == 1
    assert tuple(audit_heads.read(heads_file)) == audit_seals.heads()
    sealed()
    assert audit_heads.keep(now + timedelta(minutes=59)) == 0
    assert audit_heads.keep(now + timedelta(minutes=61)) == 1
    assert [one.number for one in audit_heads.read(heads_file)] == [1, 2]
    assert audit_heads.keep(now + timedelta(hours=3)) == 0


def test_an_address_that_does_not_answer_is_told_and_keeps_no_line_from_the_file(settings, heads_file: Path):
    settings.AUDIT_HEADS_URL = "http://127.0.0.1:1/heads"
    sealed()
    audit_heads.keep(clock.real_now())
    assert len(heads_file.read_text().splitlines()) == 1
    assert "trail_heads_not_kept" in heartbeat.pulse().faults
    settings.AUDIT_HEADS_URL = ""
    audit_heads.keep(later(90))
    assert "trail_heads_not_kept" not in heartbeat.pulse().faults


def test_a_file_that_cannot_be_written_is_told(settings, tmp_path: Path):
    (tmp_path / "a file").write_text("")
    settings.AUDIT_HEADS_FILE = tmp_path / "a file" / "heads.jsonl"
    sealed()
    audit_heads.keep(clock.real_now())
    assert "trail_heads_not_kept" in heartbeat.pulse().faults


def said() -> str:
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    return out.getvalue()


def test_the_command_says_that_all_is_well_or_names_the_row():
    sealed()
    audit_heads.keep(clock.real_now())
    assert "1 seals with 3 rows compared; 0 rows not sealed yet." in said()
    row = AuditEvent.objects.order_by("id").values_list("pk", flat=True)[1]
    with superuser() as cursor:
        cursor.execute("DELETE FROM plans_auditevent WHERE id = %s", [row])
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_audit", stdout=out)
    assert f"acts: row {row} is missing (seal 1 holds it)" in out.getvalue()


def test_a_file_of_heads_that_cannot_be_read_is_refused_with_its_line(heads_file: Path):
    heads_file.parent.mkdir()
    heads_file.write_text('{"trail": "acts", "number": 1, "head": "00"}\nnot a head\n')
    with pytest.raises(CommandError, match="line 2 is no head"):
        call_command("verify_audit", stdout=io.StringIO())
