"""The rows of the caseload are those computed anew: after every act, after a rollback, while others act."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date, time, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from plans.domain.people import MailState
from plans.models import (
    CaseloadCount,
    CaseloadEntry,
    CaseloadMark,
    CaseloadRow,
    Occasion,
    Patient,
    Plan,
    ReviewItem,
)
from plans.services import clock, heartbeat, owners, people, reminders, review, visits
from plans.services.caseload import caseload, caseload_view, projection, reading, standing
from plans.services.checkins import sessions
from plans.services.plans import drafts, revise, taken
from plans.services.rows import RowsFailed
from plans.web.clinician.caseload import views
from taperplan.postgresql.base import SOURCES
from tests.clients import client_of, look_for
from tests.makers import ClinicMade, make_clinic, make_patient, patient_data
from tests.makers_care import record, return_home, set_care, take_back
from tests.makers_checkins import START, answer_all, on
from tests.makers_plans import issue_story_plan
from tests.services.review_help import raiser

TODAY = START.date()
# Tables that rows are computed from without a mark of their own: an issued version and its steps never change, a plan
# leads to another version only by a change of its own row, and a name of staff is read with the page.
UNMARKED = {"plans_planversion", "plans_planstep", "plans_user"}

pytestmark = pytest.mark.usefixtures("caseload_rows")
in_a_test_transaction = pytest.mark.django_db
for_real = pytest.mark.django_db(transaction=True)


def as_computed() -> None:
    """Every row, place and count is what it should be, and nothing waits."""
    assert not CaseloadMark.objects.exists()
    keys = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
    assert sorted(CaseloadRow.objects.values_list("pk", flat=True)) == keys
    assert projection.compare(keys, clock.now()).differing == ()
    assert projection.recount() == 0


def facts(patient: Patient) -> Mapping[str, Any]:
    """What the row of a patient holds."""
    return dict(CaseloadRow.objects.get(pk=patient.pk).facts)


class Life:
    """A patient to whom everything happens that a row shows, one act after the other."""

    def __init__(self) -> None:
        self.clinic = make_clinic()
        self.patient = make_patient(self.clinic.primary, name="Quill Able")
        self._plan_id = UUID(int=0)
        self._item_id = UUID(int=0)

    def acts(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Each by name. A name that ends in a dash changes nothing that the row shows."""
        by, key = self.clinic.primary, self.patient.pk
        yield (
            "renamed",
            lambda: people.update_patient(
                by=by, patient_id=key, seen_version=self._version(), data=patient_data(name="Oriel Zeta")
            ),
        )
        yield "owner set", lambda: owners.set_owner(by=by, patient_id=key, owner_id=self.clinic.second.id)
        yield (
            "handed over",
            lambda: owners.hand_over(
                by=self.clinic.lead, from_id=self.clinic.second.member_id, to_id=by.member_id
            ),
        )
        yield (
            "draft saved",
            lambda: drafts.save(by=by, patient_id=key, form={"drug_a": ["lorazepam"]}, seen_lock=None),
        )
        yield "draft dropped", self._drop_draft
        yield "plan issued", self._issue
        yield "held", lambda: self._revise("hold", days=14)
        yield "resumed", lambda: self._revise("resume")
        yield "other dose taken -", lambda: record(by, self._plan, "night clonazepam 1", from_day=TODAY)
        yield (
            "as planned again -",
            lambda: taken.as_planned(
                by=by, plan_id=self._plan.pk, seen_lock=self._lock, from_day=TODAY, note="Said so."
            ),
        )
        yield (
            "visit planned",
            lambda: visits.plan_visit(
                by=by, patient_id=key, on=TODAY + timedelta(days=3), at=time(9), with_whom=""
            ),
        )
        yield (
            "visit cancelled",
            lambda: visits.cancel_visit(by=by, patient_id=key, visit_id=self.patient.visits.get().pk),
        )
        yield "item opened", self._open
        yield "item claimed -", lambda: review.claim(by=by, item_id=self._item.pk)
        yield "item raised", lambda: raiser(self.clinic, self.patient)("urgent")
        yield (
            "item resolved",
            lambda: review.resolve(
                by=by,
                item_id=self._item.pk,
                seen_lock=self._item.lock,
                outcome="reached_safe",
                note="Called.",
            ),
        )
        yield (
            "messages stopped -",
            lambda: Patient.objects.filter(pk=key).update(mail_state=MailState.OPTED_OUT.value),
        )
        yield "asked", lambda: reminders.tick(self._first.due_at)
        yield "answered", lambda: answer_all(sessions.by_phone(self.clinic.staff, key))
        yield "in hospital", lambda: set_care(by, self.patient, "admitted", on=TODAY)
        yield "home again", lambda: return_home(by, self._plan)
        yield "treated elsewhere", lambda: set_care(by, self.patient, "transferred")
        yield "taken back", lambda: take_back(by, self.patient)
        yield "died", lambda: set_care(by, self.patient, "died")

    @property
    def _plan(self) -> Plan:
        return Plan.objects.get(pk=self._plan_id)

    @property
    def _item(self) -> ReviewItem:
        return ReviewItem.objects.get(pk=self._item_id)

    @property
    def _lock(self) -> int:
        return self._plan.lock

    @property
    def _first(self) -> Occasion:
        return Occasion.objects.filter(plan=self._plan).earliest("due_at")

    def _version(self) -> int:
        return Patient.objects.get(pk=self.patient.pk).version

    def _drop_draft(self) -> None:
        row = Plan.objects.get(patient=self.patient, state="draft")
        drafts.discard_draft(by=self.clinic.primary, patient_id=row.patient_id, seen_lock=row.lock)

    def _issue(self) -> None:
        self._plan_id = issue_story_plan(self.clinic.primary, Patient.objects.get(pk=self.patient.pk)).pk

    def _open(self) -> None:
        self._item_id = raiser(self.clinic, self.patient)("routine").pk

    def _revise(self, act: str, **params: object) -> None:
        revise.revise(
            by=self.clinic.primary, plan_id=self._plan.pk, seen_lock=self._lock, act=act, params=params, note="Agreed."
        )  # fmt: skip


@pytest.mark.slow
@for_real
def test_after_every_act_the_row_is_the_one_that_would_be_computed_now() -> None:
    with on(START):
        life = Life()
        as_computed()
        seen = CaseloadRow.objects.get()
        for name, act in life.acts():
            act()
            as_computed()
            row = CaseloadRow.objects.get()
            if not name.endswith("-"):
                assert (row.facts, row.owner_id, row.search) != (seen.facts, seen.owner_id, seen.search), name
            seen = row
        assert facts(life.patient)["care"] == "died"


@in_a_test_transaction
def test_an_item_stands_in_the_row_and_in_the_counts_until_it_is_resolved(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    item = raiser(clinic, patient)("urgent")
    as_computed()
    assert len(facts(patient)["items"]) == caseload_view(clinic.primary).counts["attention"] == 1
    review.claim(by=clinic.primary, item_id=item.pk)
    lock = ReviewItem.objects.get(pk=item.pk).lock
    review.resolve(
        by=clinic.primary, item_id=item.pk, seen_lock=lock, outcome="reached_safe", note="Spoke with her."
    )
    as_computed()
    assert len(facts(patient)["items"]) == caseload_view(clinic.primary).counts["attention"] == 0


@in_a_test_transaction
def test_a_place_of_a_day_gone_by_is_not_read(clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        visits.plan_visit(
            by=clinic.primary, patient_id=patient.pk, on=TODAY + timedelta(days=9), at=None, with_whom=""
        )
        assert caseload(clinic.primary, show="week").rows == ()
    with on(START + timedelta(days=3)):
        view = caseload_view(clinic.primary, show="week")
        assert ([row.patient_id for row in view.page.rows], view.counts["week"]) == ([patient.pk], 1)


@pytest.mark.slow
@in_a_test_transaction
def test_whatever_a_row_is_computed_from_marks_its_patient(clinic: ClinicMade) -> None:
    issue_story_plan(clinic.primary, patient := make_patient(clinic.primary))
    set_care(clinic.primary, patient, "admitted")
    with CaptureQueriesContext(connection) as queries:
        projection.make([Patient.objects.get(pk=patient.pk)], clock.now())
    tables = {table._meta.db_table for table in _tables()}
    read = {table for table in tables if any(f'"{table}"' in one["sql"] for one in queries)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_object_table, array_agg(event_manipulation::text) FROM information_schema.triggers"
            " WHERE trigger_name LIKE 'caseload_mark_%%' GROUP BY 1"
        )
        marking = {table: sorted(events) for table, events in cursor.fetchall()}
    assert marking == {table: ["DELETE", "INSERT", "UPDATE"] for table in SOURCES}
    assert read - UNMARKED == set(SOURCES)


def _tables() -> list[Any]:
    from django.apps import apps

    return list(apps.get_app_config("plans").get_models())


@pytest.mark.slow
@in_a_test_transaction
def test_what_of_a_patient_marks_nobody_is_in_no_row(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_object_column FROM information_schema.triggered_update_columns"
            " WHERE event_object_table = 'plans_patient' AND trigger_name LIKE 'caseload_mark_%%'"
        )
        marking = {column for (column,) in cursor.fetchall()}
    [before] = projection.make([patient], clock.now())
    for field in Patient._meta.concrete_fields:
        if field.column in marking | {"id", "clinic_id"}:
            continue
        other = Patient.objects.get(pk=patient.pk)
        setattr(other, field.attname, object())
        [made] = projection.make([other], clock.now())
        assert (made.row.facts, made.places, made.row.search) == (
            before.row.facts,
            before.places,
            before.row.search,
        )
    assert {"zone", "care_state", "owner_id", "sort_key", "record_no"} <= marking


class Broke(Exception):
    """What goes wrong after everything was written."""


@transaction.atomic
def _broken_act(clinic: ClinicMade, patient: Patient, *, inner: bool) -> None:
    with transaction.atomic() if inner else nullcontext():
        raiser(clinic, patient)("urgent")
    raise Broke


@pytest.mark.slow
@for_real
@pytest.mark.parametrize("inner", [False, True])
def test_what_is_rolled_back_leaves_nothing(clinic: ClinicMade, inner: bool) -> None:
    patient = make_patient(clinic.primary, name="Quill Able")
    before, counts = CaseloadRow.objects.get(), caseload_view(clinic.primary).counts
    with pytest.raises(Broke):
        _broken_act(clinic, patient, inner=inner)
    assert CaseloadRow.objects.get().facts == before.facts
    assert caseload_view(clinic.primary).counts == counts
    as_computed()
    # A savepoint alone, inside of an act that goes on.
    with transaction.atomic():
        make_patient(clinic.primary, name="Marlo Baker")
        with pytest.raises(Broke):
            _broken_act(clinic, patient, inner=inner)
    as_computed()
    assert [row.severity for row in caseload(clinic.primary).rows] == ["", ""]


@for_real
def test_a_statement_outside_of_transactions_writes_its_row_too(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    assert Patient.objects.filter(pk=patient.pk).update(care_state="transferred") == 1
    as_computed()
    assert caseload_view(clinic.primary).counts["gone"] == 1


@pytest.mark.slow
@for_real
@for_real
def test_rows_left_to_the_end_of_a_long_command_are_all_written_there(clinic: ClinicMade) -> None:
    with projection.written_later():
        patients = [make_patient(clinic.primary) for _ in range(3)]
        assert not CaseloadRow.objects.filter(patient__in=patients).exists()
        assert projection.tick(clock.now()) == 0
    assert CaseloadRow.objects.filter(patient__in=patients).count() == 3
    assert not CaseloadMark.objects.filter(patient__in=patients).exists()
    later = make_patient(clinic.primary)
    assert CaseloadRow.objects.filter(patient=later).exists()


@pytest.mark.slow
def test_an_act_whose_row_cannot_be_written_is_done_and_the_tick_writes_it(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    patient = make_patient(clinic.primary)

    def broken(*_: object) -> dict[Any, Any]:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(projection, "facts_of", broken)
        raiser(clinic, patient)("urgent")
    assert "left to the tick" in caplog.text
    assert ReviewItem.objects.filter(patient=patient).exists()
    # Read right meanwhile.
    assert [row.severity for row in caseload(clinic.primary).rows] == ["urgent"]
    assert CaseloadMark.objects.exists()
    assert projection.tick(clock.now()) == 1
    as_computed()


@pytest.mark.slow
@in_a_test_transaction
def test_a_patient_whose_row_cannot_be_written_keeps_nobody_waiting(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    patients = [make_patient(clinic.primary, name=f"Quill N{n}") for n in range(3)]
    CaseloadRow.objects.all().delete()
    Patient.objects.update(zone="Asia/Tokyo")
    make = projection.make

    def broken(of: Any, now: Any) -> Any:
        if patients[1] in of:
            raise RuntimeError("broken")
        return make(of, now)

    with monkeypatch.context() as patch:
        patch.setattr(projection, "make", broken)
        with pytest.raises(RowsFailed) as failed:
            projection.tick(clock.now())
    assert failed.value.count == 1
    assert set(CaseloadRow.objects.values_list("pk", flat=True)) == {patients[0].pk, patients[2].pk}
    assert projection.tick(clock.now()) == 1
    as_computed()


@for_real
def test_two_commits_at_once_both_stand_in_the_row(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = make_patient(clinic.primary)
    items = [raiser(clinic, patient)("urgent", key=key) for key in ("one", "two")]
    computed, go_on, make = Event(), Event(), projection.make

    def slow(*of: Any) -> Any:
        made = make(*of)
        if not computed.is_set():
            computed.set()
            assert go_on.wait(timeout=20)
        return made

    def lowered(item: ReviewItem) -> object:
        # A statement of its own, which waits for no other row of the patient.
        return ReviewItem.objects.filter(pk=item.pk).update(priority=2)

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(projection, "make", slow)
        first = pool.submit(_and_close, lambda: lowered(items[0]))
        assert computed.wait(timeout=20)
        second = pool.submit(_and_close, lambda: lowered(items[1]))
        while not second.done() and not _somebody_waits():
            pass
        go_on.set()
        first.result(timeout=20)
        second.result(timeout=20)
    as_computed()
    assert [priority for priority, _key in facts(patient)["items"]] == [2, 2]


def _and_close(act: Callable[[], object]) -> object:
    """An act in a thread, whose connection is closed afterwards."""
    try:
        return act()
    finally:
        connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        ((waiting,),) = cursor.fetchall()
    return bool(waiting)


@pytest.mark.slow
@for_real
def test_a_comparison_while_an_act_is_under_way_finds_no_fault_and_waits_for_nobody(
    clinic: ClinicMade,
) -> None:
    patient = make_patient(clinic.primary)
    raised, compared = Event(), Event()

    @transaction.atomic
    def act() -> None:
        raiser(clinic, patient)("urgent")
        raised.set()
        compared.wait(timeout=20)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(_and_close, act)
        assert raised.wait(timeout=20)
        assert [page.differing for page in projection.rebuild()] == [()]
        assert facts(patient)["items"] == []
        compared.set()
        done.result(timeout=20)
    as_computed()
    assert len(facts(patient)["items"]) == 1


@pytest.mark.slow
@for_real
def test_rows_are_rebuilt_while_acts_go_on_and_end_as_they_should_be(clinic: ClinicMade) -> None:
    patients = [make_patient(clinic.primary, name=f"Quill N{n}") for n in range(6)]

    def act(number: int) -> None:
        for patient in patients[number::2]:
            raiser(clinic, patient)("urgent", key=f"m:{patient.pk}")
            visits.plan_visit(
                by=clinic.primary, patient_id=patient.pk, on=clock.today(patient.zone), at=None, with_whom=""
            )

    with ThreadPoolExecutor(2) as pool:
        acts = [pool.submit(_and_close, partial(act, number)) for number in range(2)]
        while not all(one.done() for one in acts):
            assert all(page.differing == () for page in projection.rebuild())
        for one in acts:
            one.result()
    as_computed()
    assert caseload_view(clinic.primary).counts["attention"] == 6


@pytest.mark.slow
@in_a_test_transaction
def test_the_command_finds_what_was_put_wrong_by_hand_and_puts_it_right(
    clinic: ClinicMade, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = make_patient(clinic.primary)
    make_patient(make_clinic().primary)
    call_command("caseload")
    assert "as they should be" in capsys.readouterr().out
    wrong: list[Callable[[], object]] = [
        lambda: CaseloadRow.objects.filter(pk=patient.pk).update(priority=0),
        lambda: CaseloadRow.objects.filter(pk=patient.pk).update(facts={"care": "died"}),
        lambda: CaseloadRow.objects.filter(pk=patient.pk).delete(),
        lambda: CaseloadEntry.objects.filter(row=patient.pk).update(sort_key="zz"),
        lambda: CaseloadEntry.objects.filter(row=patient.pk).delete(),
        lambda: CaseloadCount.objects.all().delete(),
        lambda: CaseloadCount.objects.create(list_key=standing.list_key(clinic.id, "all"), n=5),
    ]
    for change in wrong:
        change()
        with pytest.raises(CommandError, match="put right"):
            call_command("caseload", clinic=clinic.id)
        as_computed()
    call_command("caseload")


@pytest.mark.slow
@in_a_test_transaction
def test_a_row_as_another_release_writes_it_is_read_from_the_truth(clinic: ClinicMade) -> None:
    make_patient(clinic.primary, name="Quill Able")
    make_patient(clinic.primary, name="Marlo Baker", zone="Asia/Tokyo")
    for stale_at in (standing.NEVER, clock.now()):
        CaseloadRow.objects.update(facts={"of": "another release"}, stale_at=stale_at)
        rows = caseload(clinic.primary, sort="name").rows
        assert [(row.name, row.care_state) for row in rows] == [
            ("Quill Able", "in_care"),
            ("Marlo Baker", "in_care"),
        ]


@pytest.mark.slow
@in_a_test_transaction
def test_the_nightly_round_says_that_a_row_differed_in_the_heartbeat_and_by_a_review_item(
    clinic: ClinicMade,
) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        projection.tick(clock.now())
        assert "caseload_differed" not in heartbeat.pulse().faults
        CaseloadRow.objects.filter(pk=patient.pk).update(answer_rank=-1)
        projection.tick(clock.now())
        assert "caseload_differed" not in heartbeat.pulse().faults
    with on(START + timedelta(days=1)):
        projection.tick(clock.now())
        assert "caseload_differed" in heartbeat.pulse().faults
        as_computed()
        item = ReviewItem.objects.get()
        assert (item.patient_id, item.facts["code"]) == (patient.pk, "caseload_differed")
    with on(START + timedelta(days=2)):
        projection.tick(clock.now())
        assert "caseload_differed" not in heartbeat.pulse().faults
        assert ReviewItem.objects.count() == 1


@pytest.mark.slow
@in_a_test_transaction
def test_many_counts_become_one_and_count_the_same(clinic: ClinicMade) -> None:
    for n in range(3):
        make_patient(clinic.primary, name=f"Quill N{n}")
    before = caseload_view(clinic.primary).counts
    projection.tick(clock.now())
    assert caseload_view(clinic.primary).counts == before
    keys = list(CaseloadCount.objects.values_list("list_key", flat=True))
    assert len(keys) == len(set(keys))
    assert before["all"] == 3


@pytest.mark.slow
@in_a_test_transaction
def test_the_day_changes_at_each_patients_own_midnight(clinic: ClinicMade) -> None:
    with on(START):
        for name, zone in (("Quill Sydney", "Australia/Sydney"), ("Oriel Angeles", "America/Los_Angeles")):
            issue_story_plan(clinic.primary, make_patient(clinic.primary, name=name, zone=zone), start=TODAY)
    # The first change falls on the fifteenth day: at 13:00 UTC of the day before it is that day in Sydney alone.
    change = TODAY + timedelta(days=14)
    noon = START.replace(hour=14, minute=0) + timedelta(days=13)
    with on(noon):
        for renewed in (False, True):
            rows = {row.name: row for row in caseload(clinic.primary, sort="change").rows}
            assert list(rows) == ["Oriel Angeles", "Quill Sydney"], renewed
            assert [_next(row.plan) == change for row in rows.values()] == [True, False]
            assert [row.today for row in rows.values()] == [change - timedelta(days=1), change]
            doses = [row.plan.dose.units for row in rows.values() if row.plan and row.plan.dose]
            assert doses[0] != doses[1]
            projection.tick(clock.now())


def _next(plan: Any) -> date | None:
    return None if plan is None else plan.next_change_on


@pytest.mark.slow
@in_a_test_transaction
def test_when_everybody_changes_on_one_day_a_page_costs_the_same_and_says_what_is_right(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LATE", 1)
    with on(START):
        for n in range(3):
            issue_story_plan(clinic.primary, make_patient(clinic.primary, name=f"Quill N{n}"), start=TODAY)
        projection.tick(clock.now())
        with CaptureQueriesContext(connection) as usual:
            before = caseload_view(clinic.primary)
    assert not before.behind
    with on(START + timedelta(days=14)):
        with CaptureQueriesContext(connection) as many:
            view = caseload_view(clinic.primary)
        assert view.behind
        assert len(many) <= len(usual) + 1
        assert "being brought up to date" in client_of(clinic.primary).get("/").content.decode()
        doses = {str(row.plan.dose.units) for row in view.page.rows if row.plan and row.plan.dose}
        was = {str(row.plan.dose.units) for row in before.page.rows if row.plan and row.plan.dose}
        assert (len(doses), doses & was) == (1, set())
        projection.tick(clock.now())
        assert not caseload_view(clinic.primary).behind
        as_computed()


@pytest.mark.slow
@in_a_test_transaction
def test_more_marked_patients_than_a_page_puts_in_place_are_still_shown_as_they_are(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LATE", 1)
    for n in range(3):
        make_patient(clinic.primary, name=f"Quill N{n}")
    assert Patient.objects.update(care_state="admitted") == 3
    view = caseload_view(clinic.primary)
    assert view.behind
    assert {row.care_state for row in view.page.rows} == {"admitted"}


@pytest.mark.slow
@in_a_test_transaction
def test_the_page_asks_at_most_fifteen_questions(clinic: ClinicMade) -> None:
    for n in range(3):
        patient = make_patient(clinic.primary, name=f"Quill N{n}")
        plan = issue_story_plan(clinic.primary, patient)
        if n:
            record(clinic.primary, plan, "night clonazepam 1", from_day=clock.today(patient.zone))
    set_care(clinic.primary, make_patient(clinic.primary), "admitted")
    client = client_of(clinic.primary)
    found = look_for(client, "quill").request["QUERY_STRING"]
    key = caseload(clinic.primary, size=1).next_key
    heartbeat.beat(heartbeat.ACCEPTED)
    # That somebody looks, or searches, is kept once an hour: four statements, two of them for a savepoint.
    for first in ("", found):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/?{first}")
        assert len(queries) <= 19
    for asked in (
        "",
        "show=week&sort=change",
        "drug=clonazepam&sort=answer",
        f"after={key}",
        found,
        f"{found}&after={key}",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/?{asked}").status_code == 200
        assert len(queries) <= 15, "\n".join(one["sql"][:330] for one in queries)


@pytest.mark.slow
@in_a_test_transaction
def test_counts_and_lists_of_one_clinic_hold_nobody_of_another(clinic: ClinicMade) -> None:
    stranger = make_patient(make_clinic().primary, name="Saskia Vignette")
    Patient.objects.filter(pk=stranger.pk).update(notes="")
    assert set(caseload_view(clinic.primary).counts.values()) == {0}
    for show in views.SHOWS:
        assert caseload(clinic.primary, show=show.value).rows == ()
    assert caseload(clinic.primary, q="saskia").rows == ()
