"""Changes at moments that are easily got wrong: on the day of a cut, dated back, on a leap day, when clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.domain.checkins.occasions import due_at
from plans.domain.errors import Refused
from plans.domain.outbox import WorkState
from plans.domain.taper.amendments import Amendment, Hold, StepBack
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.schedule import Schedule
from plans.models import CheckIn, CheckInRevision, Flag, Occasion, Plan, PlanVersion, Work
from plans.services import clock
from plans.services.checkins import sessions
from plans.services.plans import queries, revise
from plans.wording.doses import day_dose_words
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, Asked, answer_all, asked, many_to_come, on
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)
# Of the story's plan: from the first day, and from the fifteenth, on which it is cut for the first time.
FIRST_DOSE, CUT_DOSE = "clonazePAM 1.5 mg", "clonazePAM 1.375 mg"


def change(clinic: ClinicMade, plan: Plan, *changes: Amendment, shown: str | None = None) -> None:
    revise.change(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        changes=changes,
        note="Agreed on the phone.",
        shown=shown,
    )


def schedule(plan: Plan) -> Schedule:
    """What is in force on every day."""
    return queries.full_schedule(plan_row(plan.pk))


def dose(plan: Plan, day: date) -> str:
    return day_dose_words(present(schedule(plan).step_on(day)).day, clinician=True).replace("\xa0", " ")


def begun(clinic: ClinicMade, days_ago: int) -> Plan:
    """The story's plan, of which the patient was told."""
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - days_ago * ONE)
    Work.objects.filter(plan=plan).update(state=WorkState.SENT)
    return plan


# ── on the day of a cut ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def cut_today(clinic: ClinicMade) -> Iterator[Plan]:
    """The story's plan on the day of its first cut, at seven in the morning where the patient is."""
    with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False):
        yield begun(clinic, 14)


def test_before_the_morning_dose_of_the_day_of_a_cut_it_can_be_undone_from_today(
    clinic: ClinicMade, cut_today: Plan
) -> None:
    today = clock.today(cut_today.patient.zone)
    assert (dose(cut_today, today - ONE), dose(cut_today, today)) == (FIRST_DOSE, CUT_DOSE)
    change(clinic, cut_today, StepBack(today, hold_days=14))
    assert dose(cut_today, today) == FIRST_DOSE
    assert dose(cut_today, today + 14 * ONE) == CUT_DOSE
    # It is this morning's dose: the patient is told at once.
    [message] = Work.objects.filter(plan=cut_today, notice="plan_changed")
    assert message.due_at <= clock.now()


@pytest.mark.slow
def test_after_the_morning_dose_of_the_day_of_a_cut_the_day_stays_as_it_was_taken(
    clinic: ClinicMade, cut_today: Plan
) -> None:
    today = clock.today(cut_today.patient.zone)
    change(clinic, cut_today, StepBack(today + ONE, hold_days=14))
    assert [dose(cut_today, today + n * ONE) for n in (-1, 0, 1)] == [FIRST_DOSE, CUT_DOSE, FIRST_DOSE]


@pytest.mark.slow
def test_a_hold_on_the_day_of_a_cut_keeps_the_dose_of_that_day(clinic: ClinicMade, cut_today: Plan) -> None:
    today = clock.today(cut_today.patient.zone)
    change(clinic, cut_today, Hold(today, days=14))
    assert {dose(cut_today, today + n * ONE) for n in range(28)} == {CUT_DOSE}
    assert dose(cut_today, today - ONE) == FIRST_DOSE


# ── dated back, with answers since ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def answered() -> Iterator[Asked]:
    """A patient on day 2 of the story's plan who answered the first check-in today: slept badly, took the doses."""
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link), sx_sleep="4")
        yield made


def test_a_change_dated_back_leaves_what_was_answered_since_as_it_was_given(answered: Asked) -> None:
    def recorded() -> list[object]:
        rows = (
            CheckIn.objects,
            CheckInRevision.objects,
            Flag.objects,
            Occasion.objects.filter(state="answered"),
        )
        return [list(found.order_by("pk").values()) for found in rows]

    clinic, plan = answered.clinic, answered.plan
    with time_machine.travel(answered.occasion.due_at + ONE, tick=False):
        before = recorded()
        assert all(before)
        yesterday = clock.today(plan.patient.zone) - ONE
        seen = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[Hold(yesterday, days=7)])
        assert seen.answered_since == 1
        change(clinic, plan, Hold(yesterday, days=7), shown=seen.digest)
        assert recorded() == before
        assert present(plan_row(plan.pk).active_version).from_day == yesterday


@pytest.mark.slow
def test_a_change_from_today_says_nothing_of_answers(answered: Asked) -> None:
    plan = answered.plan
    today = clock.today(plan.patient.zone)
    seen = revise.preview_changes(answered.clinic.primary, plan_id=plan.pk, changes=[Hold(today, days=7)])
    assert seen.answered_since == 0


# ── leap day, and nights on which clocks change ──────────────────────────────────────────────────────────────


def days_in_turn(plan: Plan) -> bool:
    """Every day of the plan stands in one step, and none is left out."""
    steps = schedule(plan).steps
    return all(after.start == before.end + ONE for before, after in pairwise(steps))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "today"),
    [
        ("2026-11-01T05:30+00:00", date(2026, 11, 1)),  # half past one, for the first time
        ("2026-11-01T06:30+00:00", date(2026, 11, 1)),  # and for the second
        ("2026-11-01T04:30+00:00", date(2026, 11, 1)),  # half past midnight, a day of 25 hours
        ("2026-11-02T04:30+00:00", date(2026, 11, 1)),  # half past eleven in the evening of that day
        ("2027-03-14T06:59+00:00", date(2027, 3, 14)),  # a minute before the hour that is left out
        ("2027-03-14T07:01+00:00", date(2027, 3, 14)),  # a minute after it
        ("2028-02-29T15:00+00:00", date(2028, 2, 29)),
    ],
)
def test_on_a_leap_day_and_when_clocks_change_a_change_begins_on_the_day_it_is_there(
    moment: str, today: date
) -> None:
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        clinic = make_clinic()
        plan = begun(clinic, 20)
        assert clock.today(plan.patient.zone) == today
        change(clinic, plan, StepBack(today - ONE, hold_days=14), Hold(today - ONE, days=3))
        with pytest.raises(Refused) as refused:
            change(clinic, plan, Hold(today - 2 * ONE, days=3))
        assert refused.value.facts["earliest"] == (today - ONE).isoformat()
        version = PlanVersion.objects.get(plan=plan, number=2)
        assert (version.from_day, version.made_on) == (today - ONE, today)
        assert days_in_turn(plan)
        assert {dose(plan, today + n * ONE) for n in range(-6, -1)} == {CUT_DOSE}
        assert {dose(plan, today + n * ONE) for n in range(-1, 16)} == {FIRST_DOSE}
        assert dose(plan, today + 16 * ONE) == CUT_DOSE


@pytest.mark.slow
def test_a_hold_over_a_leap_day_and_over_the_change_of_clocks_is_counted_in_days() -> None:
    with time_machine.travel(datetime(2028, 2, 20, 15, tzinfo=UTC), tick=False):
        clinic = make_clinic()
        plan = begun(clinic, 10)
        today = date(2028, 2, 20)
        assert present(schedule(plan).next_change(today)).start == date(2028, 2, 24)
        change(clinic, plan, Hold(today, through=date(2028, 2, 29)))
        assert present(schedule(plan).next_change(today)).start == date(2028, 3, 1)
        change(clinic, plan, Hold(today, days=14))
        assert present(schedule(plan).next_change(today)).start == date(2028, 3, 15)
        held = plan_row(plan.pk)
        assert (held.state, held.held_until) == (PlanState.HELD, date(2028, 3, 14))


@pytest.mark.slow
def test_check_ins_fall_due_at_the_patients_hour_before_and_after_clocks_change() -> None:
    # Sunday, 1 November, is 25 hours long in New York, and 14 March 23.
    for moment in ("2026-10-26T15:00+00:00", "2027-03-08T15:00+00:00"):
        with time_machine.travel(datetime.fromisoformat(moment), tick=False):
            clinic = make_clinic()
            plan = begun(clinic, 20)
            change(clinic, plan, StepBack(clock.today(plan.patient.zone), hold_days=14))
            planned = list(Occasion.objects.filter(plan=plan, state="planned"))
            assert {one.due_at.astimezone(clock.zone_of(one.zone)).time() for one in planned} == {time(10)}
            assert all(one.due_at == due_at(one.local_date, time(10), one.zone) for one in planned)
            assert len({one.local_date for one in planned}) == len(planned) > 3
            assert len({one.due_at.astimezone(UTC).hour for one in planned}) == 2


# ── a plan with many check-ins to come ───────────────────────────────────────────────────────────────────────


def with_check_ins_to_come(count: int) -> tuple[ClinicMade, Plan]:
    """A plan with one check-in asked already, and that many more planned than its cadence has."""
    clinic = make_clinic()
    plan = begun(clinic, 20)
    first = Occasion.objects.filter(plan=plan, state="planned").earliest("due_at")
    Occasion.objects.filter(pk=first.pk).update(state="invited")
    many_to_come(plan, count)
    return clinic, plan


@pytest.mark.slow
def test_a_change_with_400_check_ins_to_come_asks_no_more_of_the_database_than_one_with_four() -> None:
    asked_of: dict[int, int] = {}
    left: dict[int, list[tuple[str, str, date, datetime]]] = {}
    with time_machine.travel(datetime(2026, 12, 1, 17, tzinfo=UTC), tick=False):
        for count in (4, 400):
            clinic, plan = with_check_ins_to_come(count)
            with CaptureQueriesContext(connection) as asked_for:
                change(clinic, plan, StepBack(clock.today(plan.patient.zone), hold_days=14))
            asked_of[count] = len(asked_for)
            rows = Occasion.objects.filter(plan=plan).order_by("local_date")
            left[count] = list(
                rows.exclude(state="cancelled").values_list("state", "purpose", "local_date", "due_at")
            )
            assert rows.filter(state="cancelled", settled_at=None).count() == 0
            assert rows.filter(state="cancelled").count() >= count
    assert asked_of[400] == asked_of[4] < 80
    assert left[400] == left[4]
    assert left[400][0][0] == "invited"
    assert {state for state, *_ in left[400][1:]} == {"planned"}
