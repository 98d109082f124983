"""The list of calls: who is on it, who calls whom, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.people import ContactHow
from plans.domain.review.calls import CallReason, CallResult, NoCall, Stand, Worry
from plans.models import AuditEvent, Call, CallClaim, Patient, Plan, ReviewItem
from plans.services import calls, clock, reminders, review
from plans.services.actors import Actor
from plans.services.calls import CallRow
from plans.services.caseload import projection
from plans.services.checkins import sessions
from plans.services.page_frame import page_frame
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_care import set_care
from tests.makers_checkins import START, answer_all, on
from tests.makers_plans import issue_story_plan
from tests.services.review_help import refusal
from tests.services.test_reminders import pass_by

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    with on(START):
        return issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.fixture
def silent(plan: Plan) -> Iterator[Plan]:
    """A patient whose first check-in has closed without an answer; it is an hour later."""
    closed = pass_by(plan, 1)[0].closes_at
    with on(closed + HOUR):
        yield plan


def listed(actor: Actor, stand: Stand = Stand.NOW, q: str = "") -> tuple[CallRow, ...]:
    return calls.calls_page(actor, stand=stand, q=q).page.rows


def only(actor: Actor, stand: Stand = Stand.NOW) -> CallRow:
    (row,) = listed(actor, stand)
    return row


def called(by: Actor, plan: Plan, result: CallResult, **more: object) -> None:
    calls.claim(by=by, patient_id=plan.patient_id)
    calls.record(by=by, patient_id=plan.patient_id, result=result.value, **more)  # type: ignore[arg-type]  # of each outcome


def in_hours(hours: float) -> datetime:
    return clock.now() + timedelta(hours=hours)


# ── who is on the list ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_patient_who_missed_a_check_in_is_on_the_list_with_number_and_best_hour(
    silent: Plan, clinic: ClinicMade
) -> None:
    row = only(clinic.staff)
    assert (row.patient_id, row.reasons, row.missed) == (silent.patient_id, (CallReason.MISSED,), 1)
    assert (row.phone, row.contact_when) == ("555-0142", "after 4 pm")
    assert row.local_now.utcoffset() == timedelta(hours=-5)
    assert row.item_id == ReviewItem.objects.get(source="missed").pk


@pytest.mark.slow
def test_an_answer_takes_the_patient_off_the_list(silent: Plan, clinic: ClinicMade) -> None:
    answer_all(sessions.by_phone(clinic.staff, silent.patient_id))
    assert listed(clinic.staff) == ()


@pytest.mark.slow
def test_who_asks_to_be_contacted_is_called_and_today_before_this_week(
    plan: Plan, clinic: ClinicMade
) -> None:
    other = make_patient(clinic.primary, name="Later Example")
    with on(START):
        issue_story_plan(clinic.primary, other)
    with on(START + HOUR):
        answer_all(sessions.by_phone(clinic.staff, other.pk), contact="week")
        answer_all(sessions.by_phone(clinic.staff, plan.patient_id), contact="today")
        assert [(row.patient_id, row.reasons) for row in listed(clinic.staff)] == [
            (plan.patient_id, (CallReason.ASKED_TODAY,)),
            (other.pk, (CallReason.ASKED_WEEK,)),
        ]


@pytest.mark.slow
def test_a_check_in_that_no_e_mail_brings_is_asked_by_phone_while_it_is_open(clinic: ClinicMade) -> None:
    with on(START):
        plan = issue_story_plan(
            clinic.primary, make_patient(clinic.primary, email="", contact_how=ContactHow.PHONE)
        )
        occasion = plan.occasions.get(purpose="baseline")
        assert listed(clinic.staff) == ()
    with on(occasion.due_at):
        reminders.tick(occasion.due_at)
        row = only(clinic.staff)
        assert (row.reasons, row.closes) == ((CallReason.BY_PHONE,), occasion.closes_at)
    with on(occasion.closes_at - HOUR):
        assert only(clinic.staff).worry is Worry.SOON


@pytest.mark.slow
def test_nobody_out_of_care_is_called(silent: Plan, clinic: ClinicMade) -> None:
    set_care(clinic.primary, Patient.objects.get(pk=silent.patient_id), "transferred")
    assert listed(clinic.staff) == ()


@pytest.mark.slow
def test_another_clinic_sees_none_of_it(silent: Plan) -> None:
    other = make_clinic()
    assert listed(other.staff) == ()
    for act in (
        lambda: calls.claim(by=other.staff, patient_id=silent.patient_id),
        lambda: calls.call_page(other.staff, silent.patient_id),
        lambda: calls.record(by=other.staff, patient_id=silent.patient_id, result="reached"),
        lambda: calls.release(by=other.staff, patient_id=silent.patient_id),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.slow
def test_a_reader_looks_and_does_not_call(silent: Plan, clinic: ClinicMade) -> None:
    assert len(listed(clinic.reader)) == 1
    for act in (
        lambda: calls.claim(by=clinic.reader, patient_id=silent.patient_id),
        lambda: calls.claim_next(by=clinic.reader),
        lambda: calls.record(by=clinic.reader, patient_id=silent.patient_id, result="reached"),
    ):
        with pytest.raises(NotAllowed):
            act()


# ── who is calling ────────────────────────────────────────────────────────────────────────────────────────────


def test_two_people_do_not_call_the_same_patient(silent: Plan, clinic: ClinicMade) -> None:
    calls.claim(by=clinic.staff, patient_id=silent.patient_id)
    with pytest.raises(Stale) as stale:
        calls.claim(by=clinic.primary, patient_id=silent.patient_id)
    assert stale.value.facts["who"] == clinic.staff.name
    with pytest.raises(Stale):
        calls.record(by=clinic.primary, patient_id=silent.patient_id, result="reached")
    assert calls.claim_next(by=clinic.primary) is None
    assert (only(clinic.primary).caller, only(clinic.primary).mine) == (clinic.staff.name, False)
    assert only(clinic.staff).mine
    calls.release(by=clinic.primary, patient_id=silent.patient_id)
    assert CallClaim.objects.count() == 1
    calls.release(by=clinic.staff, patient_id=silent.patient_id)
    assert calls.claim_next(by=clinic.primary) == silent.patient_id


@pytest.mark.slow
def test_a_claim_lapses_unless_something_is_saved(silent: Plan, clinic: ClinicMade) -> None:
    began = clock.real_now()
    calls.claim(by=clinic.staff, patient_id=silent.patient_id)
    with on(began + timedelta(minutes=14)):
        assert calls.keep_claim(by=clinic.staff, patient_id=silent.patient_id)
        assert not calls.keep_claim(by=clinic.primary, patient_id=silent.patient_id)
    with on(began + timedelta(minutes=28)), pytest.raises(Stale):
        calls.claim(by=clinic.primary, patient_id=silent.patient_id)
    with on(began + timedelta(minutes=30)):
        calls.claim(by=clinic.primary, patient_id=silent.patient_id)
        with pytest.raises(Stale):
            calls.record(by=clinic.staff, patient_id=silent.patient_id, result="reached")


@pytest.mark.slow
def test_an_outcome_needs_a_call_and_is_recorded_once(silent: Plan, clinic: ClinicMade) -> None:
    with pytest.raises(Refused) as refused:
        calls.record(by=clinic.staff, patient_id=silent.patient_id, result="reached")
    assert refusal(refused) == "not_calling"
    called(clinic.staff, silent, CallResult.REACHED)
    with pytest.raises(Refused) as refused:
        calls.record(by=clinic.staff, patient_id=silent.patient_id, result="reached")
    assert refusal(refused) == "not_calling"
    assert Call.objects.count() == 1


# ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_reached_is_on_record_and_takes_the_patient_off_the_list(silent: Plan, clinic: ClinicMade) -> None:
    called(clinic.staff, silent, CallResult.REACHED, note="Feels well.")
    row = Call.objects.get()
    assert (row.result, row.note, row.by_id, row.reasons) == (
        "reached",
        "Feels well.",
        clinic.staff.id,
        ["missed"],
    )
    event = AuditEvent.objects.get(act="call.recorded")
    assert (event.actor_id, event.patient_id, event.facts["result"]) == (
        clinic.staff.id,
        silent.patient_id,
        "reached",
    )
    assert all(listed(clinic.staff, stand) == () for stand in Stand)
    assert [line.result for line in calls.made_today(clinic.staff).rows] == [CallResult.REACHED]
    assert not CallClaim.objects.exists()


@pytest.mark.slow
def test_no_answer_moves_the_patient_to_later_today(silent: Plan, clinic: ClinicMade) -> None:
    again = in_hours(2)
    called(clinic.staff, silent, CallResult.NO_ANSWER, again_at=again)
    assert listed(clinic.staff) == ()
    row = only(clinic.staff, Stand.LATER)
    assert row.at == again
    assert row.last is not None
    assert (row.last.result, row.last.by) == (CallResult.NO_ANSWER, clinic.staff.name)
    with on(again):
        assert only(clinic.staff).patient_id == silent.patient_id


@pytest.mark.slow
def test_a_word_that_was_left_moves_the_patient_to_the_next_opening(silent: Plan, clinic: ClinicMade) -> None:
    called(clinic.staff, silent, CallResult.LEFT_WORD)
    # 14:00 UTC is nine in the morning in New York; the clinic opens at eight.
    tomorrow = Call.objects.get().again_at
    assert tomorrow is not None
    assert (tomorrow.hour, tomorrow.date() > clock.now().date()) == (13, True)
    assert only(clinic.staff, Stand.LATER).at == tomorrow


@pytest.mark.slow
def test_do_not_call_holds_until_its_day_has_passed_or_it_is_taken_back(
    silent: Plan, clinic: ClinicMade
) -> None:
    today = clock.today("America/New_York")
    called(clinic.staff, silent, CallResult.DO_NOT_CALL, why=NoCall.ABROAD.value, until=today)
    row = only(clinic.staff, Stand.OFF)
    assert row.off is not None
    assert (row.off.why, row.off.until) == ("abroad", today)
    assert listed(clinic.staff) == ()
    with on(clock.now() + timedelta(days=1)):
        assert only(clinic.staff).patient_id == silent.patient_id
    calls.record(by=clinic.primary, patient_id=silent.patient_id, result="may_call", note="Is back.")
    assert only(clinic.staff).patient_id == silent.patient_id
    with pytest.raises(Refused) as refused:
        calls.record(by=clinic.primary, patient_id=silent.patient_id, result="may_call")
    assert refusal(refused) == "not_off"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("result", "more", "reason"),
    [
        ("", {}, "result_missing"),
        ("perhaps", {}, "result_missing"),
        ("no_answer", {}, "again_missing"),
        ("do_not_call", {}, "why_missing"),
        ("do_not_call", {"why": "other"}, "why_note_missing"),
        ("do_not_call", {"why": "abroad", "until": date(2026, 1, 1)}, "until_past"),
    ],
)
def test_an_outcome_that_says_too_little_is_refused_and_nothing_is_lost(
    silent: Plan, clinic: ClinicMade, result: str, more: dict[str, object], reason: str
) -> None:
    calls.claim(by=clinic.staff, patient_id=silent.patient_id)
    with pytest.raises(Refused) as refused:
        calls.record(by=clinic.staff, patient_id=silent.patient_id, result=result, **more)  # type: ignore[arg-type]  # of each outcome
    assert refusal(refused) == reason
    assert not Call.objects.exists()
    assert only(clinic.staff).mine


def test_an_agreed_call_is_in_the_list_at_its_time(plan: Plan, clinic: ClinicMade) -> None:
    with on(START + HOUR):
        moment = in_hours(26)
        calls.record(by=clinic.staff, patient_id=plan.patient_id, result="agreed", again_at=moment)
        assert only(clinic.staff, Stand.LATER).reasons == (CallReason.CALLBACK,)
    with on(moment):
        assert only(clinic.staff).reasons == (CallReason.CALLBACK,)
        called(clinic.staff, plan, CallResult.NO_ANSWER, again_at=in_hours(1))
    with on(moment + HOUR):
        assert only(clinic.staff).reasons == (CallReason.CALLBACK,)
        called(clinic.staff, plan, CallResult.REACHED)
        assert listed(clinic.staff) == ()


@pytest.mark.slow
def test_a_call_agreed_with_whoever_was_reached_brings_them_back(silent: Plan, clinic: ClinicMade) -> None:
    moment = in_hours(50)
    called(clinic.staff, silent, CallResult.REACHED, again_at=moment)
    assert listed(clinic.staff) == ()
    with on(moment):
        assert only(clinic.staff).reasons[0] is CallReason.CALLBACK


# ── items ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_call_of_the_list_stands_on_the_open_item_and_stops_its_first_clock(
    silent: Plan, clinic: ClinicMade
) -> None:
    called(clinic.staff, silent, CallResult.REACHED, note="Feels well.")
    item = ReviewItem.objects.get(source="missed")
    event = item.events.get(kind="called")
    assert event.facts == {"callee": "patient", "outcome": "reached"}
    assert (event.note, event.by_id, item.first_action_at) == ("Feels well.", clinic.staff.id, clock.now())
    assert item.state != "resolved"


@pytest.mark.slow
def test_a_call_logged_on_an_item_counts_in_the_list(silent: Plan, clinic: ClinicMade) -> None:
    item = ReviewItem.objects.get(source="missed")
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=item.lock, callee="patient", outcome="no_answer"
    )
    assert Call.objects.get().item_id == item.pk
    assert only(clinic.staff, Stand.LATER).at > clock.now()
    item.refresh_from_db()
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=item.lock, callee="patient", outcome="reached"
    )
    assert all(listed(clinic.staff, stand) == () for stand in Stand)


@pytest.mark.slow
def test_will_call_back_brings_the_patient_back_at_the_agreed_time(silent: Plan, clinic: ClinicMade) -> None:
    item = ReviewItem.objects.get(source="missed")
    moment = in_hours(5)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=item.lock, callee="patient", outcome="will_call_back",
        again_at=moment,
    )  # fmt: skip
    assert only(clinic.staff, Stand.LATER).at == moment
    with on(moment):
        assert CallReason.CALLBACK in only(clinic.staff).reasons


@pytest.mark.slow
@pytest.mark.parametrize(("callee", "outcome"), [("pharmacy", "reached"), ("patient", "wrong_number")])
def test_other_calls_of_an_item_change_nothing_in_the_list(
    silent: Plan, clinic: ClinicMade, callee: str, outcome: str
) -> None:
    item = ReviewItem.objects.get(source="missed")
    review.log_call(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, callee=callee, outcome=outcome)
    assert not Call.objects.exists()
    assert len(listed(clinic.staff)) == 1


# ── the list itself ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def many(clinic: ClinicMade, caseload_rows: None) -> Iterator[list[UUID]]:
    """Seven patients with agreed calls whose time has come, one after the other."""
    keys = []
    with on(START):
        for number in range(7):
            patient = make_patient(clinic.primary, name=f"Patient Number{number}")
            calls.record(
                by=clinic.staff, patient_id=patient.pk, result="agreed", again_at=in_hours(1 + number)
            )
            keys.append(patient.pk)
    with on(START + timedelta(hours=9)):
        yield keys


@pytest.mark.slow
def test_the_list_is_paged_in_order_whether_its_rows_are_written_or_late(
    many: list[UUID], clinic: ClinicMade
) -> None:
    for _turn in ("late", "written"):
        found, key = [], None
        while True:
            page = calls.calls_page(clinic.staff, stand=Stand.NOW, key=key, size=3).page
            found += [row.patient_id for row in page.rows]
            if not page.more:
                break
            key = page.next_key
        assert (found, page.total_capped) == (many, 7)
        projection.tick(clock.now())
    assert page_frame(clinic.staff).calls == 7


@pytest.mark.slow
def test_a_name_is_found_in_its_part_of_the_list(many: list[UUID], clinic: ClinicMade) -> None:
    assert [row.patient_id for row in listed(clinic.staff, q="number3")] == [many[3]]
    assert listed(clinic.staff, Stand.LATER, q="number3") == ()


@pytest.mark.slow
def test_the_list_asks_no_more_for_many_than_for_one(many: list[UUID], clinic: ClinicMade) -> None:
    projection.tick(clock.now())
    asked = []
    for size in (1, 7):
        with CaptureQueriesContext(connection) as queries:
            calls.calls_page(clinic.staff, stand=Stand.NOW, size=size)
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.slow
def test_the_next_to_call_is_the_first_whom_nobody_calls(many: list[UUID], clinic: ClinicMade) -> None:
    other = make_member(clinic.id)
    assert calls.claim_next(by=clinic.staff) == many[0]
    assert calls.claim_next(by=other) == many[1]
    calls.record(by=clinic.staff, patient_id=many[0], result="no_answer", again_at=in_hours(1))
    assert calls.claim_next(by=clinic.staff) == many[2]
