"""Items of the review queue: raised, taken, worked on, ended."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.models import AuditEvent, Flag, ReviewItem, Work
from plans.services import clock, review
from plans.services.review import holding, queries
from plans.services.review import item as items
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_clinic()


@pytest.fixture
def patient(clinic):
    return make_patient(clinic.primary)


@pytest.fixture
def raised(clinic, patient):
    def make(severity="urgent", key="checkin:1", now=None, **more):
        with transaction.atomic():
            return review.raise_item(
                clinic_id=clinic.id,
                patient=patient,
                plan=None,
                source="checkin",
                source_key=key,
                severity=severity,
                facts={},
                now=now or clock.now(),
                **more,
            )

    return make


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def alerted(item):
    return list(
        Work.objects.filter(item=item, queue="alerts")
        .order_by("created_at")
        .values_list("user_id", flat=True)
    )


def kinds(item):
    return list(item.events.order_by("at", "id").values_list("kind", flat=True))


def refusal(refused):
    return refused.value.facts["reason"]


def test_something_urgent_alerts_the_primary_at_once(clinic, raised):
    item = raised("urgent")
    assert alerted(item) == [clinic.primary.id]
    assert item.tier == 1


def test_high_and_routine_alert_nobody_yet(raised):
    assert alerted(raised("high", "a")) == []
    assert alerted(raised("routine", "b")) == []


def test_without_anybody_on_call_everyone_who_may_review_is_alerted(clinic):
    lonely = make_clinic(on_call=False)
    with transaction.atomic():
        item = review.raise_item(
            clinic_id=lonely.id, patient=None, plan=None, source="mail", source_key="x", severity="urgent",
            facts={}, now=clock.now(),
        )  # fmt: skip
    assert set(alerted(item)) == {lonely.lead.id, lonely.primary.id, lonely.second.id}


@pytest.mark.django_db(transaction=True)
def test_raising_needs_the_transaction_of_its_cause(clinic):
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError):
        review.raise_item(
            clinic_id=clinic.id, patient=None, plan=None, source="mail", source_key="x", severity="routine",
            facts={}, now=clock.now(),
        )  # fmt: skip


def test_the_same_thing_again_is_added_to_the_open_item_and_only_tightens(raised):
    first = raised("routine")
    loose = first.first_action_due
    second = raised("high")
    assert second.pk == first.pk
    item = again(first)
    assert item.severity == "high"
    assert item.first_action_due < loose
    raised("routine")
    assert again(first).severity == "high"
    assert kinds(first).count("raised_again") == 2


def test_urgent_news_alerts_again_although_somebody_has_the_item(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.second, item_id=item.pk)
    raised("urgent")
    item = again(item)
    assert sorted(alerted(item), key=str) == sorted(
        [clinic.primary.id, clinic.primary.id, clinic.second.id], key=str
    )
    assert item.acknowledged_at is None
    assert item.escalate_at is not None
    review.claim(by=clinic.second, item_id=item.pk)
    assert again(item).acknowledged_at is not None


def test_what_happens_after_the_end_opens_another_item(clinic, raised):
    first = raised("routine")
    review.claim(by=clinic.primary, item_id=first.pk)
    review.resolve(by=clinic.primary, item_id=first.pk, seen_lock=2, outcome="nothing_to_do")
    assert raised("routine").pk != first.pk


def test_flags_are_tied_to_their_item(clinic, patient, raised):
    flag = Flag.objects.create(
        clinic_id=clinic.id, patient=patient, rule="U3", rule_version=1, severity="urgent", raised_at=clock.now(),
        key="checkin:1:U3",
    )  # fmt: skip
    item = raised("urgent", flags=[flag])
    assert [f.rule for f in queries.flags_of([item])[item.pk]] == ["U3"]


def test_claiming_acknowledges_and_stops_escalation(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.second, item_id=item.pk, seen_lock=item.lock)
    item = again(item)
    assert (item.state, item.holder_id, item.escalate_at) == ("claimed", clinic.second.id, None)
    assert item.acknowledged_by_id == clinic.second.id
    assert item.first_action_at is None


def test_nothing_but_claiming_acknowledges(clinic, raised):
    item = raised("urgent")
    items.item_page(clinic.primary, item.pk)
    review.add_note(by=clinic.primary, item_id=item.pk, seen_lock=1, note="Seen the mail.")
    review.log_call(by=clinic.staff, item_id=item.pk, seen_lock=2, callee="patient", outcome="no_answer")
    assert again(item).acknowledged_at is None
    assert again(item).escalate_at is not None


def test_the_second_to_claim_learns_who_was_first(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk, seen_lock=1)
    with pytest.raises(Stale) as stale:
        review.claim(by=clinic.second, item_id=item.pk, seen_lock=1)
    assert stale.value.facts["who"] == clinic.primary.name


def test_claiming_ones_own_renews_the_lease(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() + timedelta(seconds=5))
    review.claim(by=clinic.primary, item_id=item.pk)
    assert again(item).lease_until > clock.real_now() + timedelta(minutes=9)


def test_a_lease_that_ran_out_does_not_keep_others_away(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() - timedelta(seconds=1))
    review.claim(by=clinic.second, item_id=item.pk)
    assert again(item).holder_id == clinic.second.id


def test_staff_and_readers_cannot_claim(clinic, raised):
    item = raised("urgent")
    for actor in (clinic.staff, clinic.reader):
        with pytest.raises(NotAllowed):
            review.claim(by=actor, item_id=item.pk)


def test_an_item_of_another_clinic_is_not_there(raised):
    item = raised("urgent")
    stranger = make_clinic().primary
    with pytest.raises(NotFound):
        review.claim(by=stranger, item_id=item.pk)
    with pytest.raises(NotFound):
        items.item_page(stranger, item.pk)
    assert review.queue(stranger).rows == ()


def test_giving_back_keeps_the_clocks_and_lets_them_run(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.release(by=clinic.primary, item_id=item.pk, seen_lock=2)
    back = again(item)
    assert (back.state, back.holder_id, back.acknowledged_at) == ("new", None, None)
    assert back.first_action_due == item.first_action_due
    assert back.escalate_at is not None


def test_the_first_call_stops_the_first_action_clock(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="reached", note="Safe."
    )
    item = again(item)
    assert item.state == "in_progress"
    assert item.first_action_at is not None
    event = item.events.get(kind="called")
    assert (event.by_id, event.note) == (clinic.primary.id, "Safe.")


def test_a_promised_call_puts_a_routine_item_to_the_waiting_ones(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="will_call_back"
    )
    assert (again(item).state, again(item).holder_id) == ("waiting", None)


def test_something_urgent_never_waits_for_a_promised_call(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="will_call_back"
    )
    assert again(item).state == "in_progress"


def test_a_call_needs_to_say_whom_and_what(clinic, raised):
    item = raised()
    for callee, outcome, reason in (("", "reached", "callee_missing"), ("patient", "", "outcome_missing")):
        with pytest.raises(Refused) as refused:
            review.log_call(by=clinic.primary, item_id=item.pk, seen_lock=1, callee=callee, outcome=outcome)
        assert refusal(refused) == reason


@pytest.mark.parametrize("act", ["release", "note", "call", "escalate", "pass", "snooze", "resolve"])
def test_every_act_on_what_has_changed_meanwhile_is_refused_with_who_did_what(clinic, raised, act):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.add_note(by=clinic.staff, item_id=item.pk, seen_lock=2, note="Called in.")
    common = {"by": clinic.primary, "item_id": item.pk, "seen_lock": 2}
    doing = {
        "release": lambda: review.release(**common),
        "note": lambda: review.add_note(**common, note="x"),
        "call": lambda: review.log_call(**common, callee="patient", outcome="reached"),
        "escalate": lambda: review.escalate_now(**common),
        "pass": lambda: review.pass_to(**common, to_id=clinic.second.id),
        "snooze": lambda: review.snooze(**common, until=date(2026, 12, 1)),
        "resolve": lambda: review.resolve(**common, outcome="nothing_to_do"),
    }
    with pytest.raises(Stale) as stale:
        doing[act]()
    assert (stale.value.facts["who"], stale.value.facts["kind"]) == (clinic.staff.name, "noted")
    assert again(item).lock == 3


def test_only_the_holder_can_end_an_item(clinic, raised):
    item = raised("routine")
    with pytest.raises(Refused) as refused:
        review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=1, outcome="nothing_to_do")
    assert refusal(refused) == "not_yours"


def test_an_urgent_item_ends_with_an_outcome_and_a_note(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    for outcome, note, reason in (("", "x", "outcome_missing"), ("reached_safe", "", "note_missing")):
        with pytest.raises(Refused) as refused:
            review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome=outcome, note=note)
        assert refusal(refused) == reason
    review.resolve(
        by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="reached_safe", note="Spoke with her."
    )
    ended = again(item)
    assert (ended.state, ended.outcome, ended.resolved_by_id) == (
        "resolved",
        "reached_safe",
        clinic.primary.id,
    )
    assert ended.holder_id is None
    assert review.counts(clinic.primary).open == 0


def test_escalating_by_hand_alerts_the_next_tier_and_frees_the_item(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.escalate_now(by=clinic.primary, item_id=item.pk, seen_lock=2, note="Cannot leave my room.")
    item = again(item)
    assert (item.state, item.holder_id, item.tier, item.acknowledged_at) == ("escalated", None, 2, None)
    assert alerted(item)[-1] == clinic.second.id


def test_reception_may_escalate(clinic, raised):
    item = raised("high")
    review.escalate_now(by=clinic.staff, item_id=item.pk, seen_lock=1)
    assert again(item).state == "escalated"


def test_passing_alerts_the_colleague_who_then_has_to_claim(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.pass_to(by=clinic.primary, item_id=item.pk, seen_lock=2, to_id=clinic.lead.id)
    item = again(item)
    assert (item.holder_id, item.acknowledged_at) == (clinic.lead.id, None)
    assert alerted(item)[-1] == clinic.lead.id
    assert len(alerted(item)) == 2
    assert item.escalate_at is not None


def test_an_item_is_passed_to_clinicians_of_the_clinic_alone(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    for to_id in (clinic.staff.id, make_clinic().primary.id, clinic.primary.id, None):
        with pytest.raises(Refused) as refused:
            review.pass_to(by=clinic.primary, item_id=item.pk, seen_lock=2, to_id=to_id)
        assert refusal(refused) == "not_a_clinician"


def test_something_urgent_cannot_be_put_aside(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    with pytest.raises(Refused) as refused:
        review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=date(2030, 1, 1))
    assert refusal(refused) == "urgent"


def test_an_item_is_put_aside_for_a_fortnight_at_most(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    today = clock.today("America/New_York")
    for until, reason in (
        (None, "date_missing"),
        (today - timedelta(days=1), "date_past"),
        (today + timedelta(days=16), "date_too_far"),
    ):
        with pytest.raises(Refused) as refused:
            review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=until)
        assert refusal(refused) == reason
    review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=today + timedelta(days=7))
    assert (again(item).state, again(item).holder_id) == ("snoozed", None)


def test_taking_the_next_takes_the_most_urgent_that_nobody_has(clinic, raised):
    raised("routine", "a")
    urgent = raised("urgent", "b")
    high = raised("high", "c")
    assert review.take_next(clinic.primary) == urgent.pk
    assert review.take_next(clinic.second) == high.pk
    review.take_next(clinic.second)
    assert review.take_next(clinic.second) is None


def test_the_queue_is_ordered_by_urgency_then_by_the_clock_and_paged(clinic, raised):
    now = clock.now()
    made = [
        raised(severity, f"{severity}{n}", now - timedelta(hours=n))
        for severity in ("routine", "urgent", "high")
        for n in (1, 2)
    ]
    wanted = sorted(made, key=lambda item: (item.priority, item.first_action_due, item.pk))
    first = review.queue(clinic.primary, size=4)
    second = review.queue(clinic.primary, size=4, key=first.next_key)
    assert [row.id for row in (*first.rows, *second.rows)] == [item.pk for item in wanted]
    assert (first.first, first.last, first.total_capped, first.more) == (1, 4, 6, True)
    assert (second.first, second.last, second.more, second.next_key) == (5, 6, False, None)


def test_a_key_that_is_none_shows_the_first_page(clinic, raised):
    raised("urgent")
    for key in ("rubbish", "' OR 1=1", "0" * 32 + ".5", None):
        assert len(review.queue(clinic.primary, key=key).rows) == 1


def test_tabs_hold_what_they_say(clinic, raised):
    mine, free = raised("high", "a"), raised("routine", "b")
    review.claim(by=clinic.primary, item_id=mine.pk)
    assert [row.id for row in review.queue(clinic.primary, tab="mine").rows] == [mine.pk]
    assert [row.id for row in review.queue(clinic.primary, tab="nobody").rows] == [free.pk]
    review.resolve(by=clinic.primary, item_id=mine.pk, seen_lock=2, outcome="reached_safe")
    assert [row.id for row in review.queue(clinic.primary, tab="closed").rows] == [mine.pk]
    assert queries.tab_counts(clinic.primary) == {
        "open": 1, "mine": 0, "nobody": 1, "waiting": 0, "snoozed": 0, "closed": 1,
    }  # fmt: skip


def test_a_reason_shows_its_rules_and_sources_alone(clinic, patient, raised):
    flag = Flag.objects.create(
        clinic_id=clinic.id, patient=patient, rule="U3", rule_version=1, severity="urgent", raised_at=clock.now(),
        key="checkin:1:U3",
    )  # fmt: skip
    safety = raised("urgent", flags=[flag])
    raised("routine", "other")
    assert [row.id for row in review.queue(clinic.primary, reason="safety").rows] == [safety.pk]


def test_every_act_is_in_the_trail_of_the_patient(clinic, patient, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="reached_safe", note="Safe.")
    found = AuditEvent.objects.filter(patient_id=patient.pk, subject_id=item.pk).order_by("id")
    assert [(e.act, e.actor_id) for e in found] == [
        ("item.opened", None),
        ("item.claimed", clinic.primary.id),
        ("item.resolved", clinic.primary.id),
    ]


class TestThePlanFromTheItem:
    """Acting on the plan in answer to an item."""

    @pytest.fixture
    def held(self, clinic, patient, raised):
        plan = issue_story_plan(clinic.primary, patient)
        item = raised("urgent")
        review.claim(by=clinic.primary, item_id=item.pk)
        return again(item), plan

    def act(self, clinic, item, plan, **changes):
        return items.act_on_plan(
            **{
                "by": clinic.primary,
                "item_id": item.pk,
                "seen_lock": item.lock,
                "plan_lock": plan_row(plan.pk).lock,
                "act": "hold",
                "params": {"days": 14, "from": "today"},
                "note": "Agreed by phone.",
                **changes,
            }
        )

    def test_a_hold_makes_version_two_and_says_so_on_the_item(self, clinic, held):
        item, plan = held
        assert self.act(clinic, item, plan) == 2
        plan = plan_row(plan.pk)
        assert (plan.state, plan.active_version.number) == ("held", 2)
        assert plan.active_version.item_id == item.pk
        item = again(item)
        assert item.first_action_at is not None
        assert item.events.get(kind="plan_changed").facts == {"act": "hold", "version": 2}

    def test_only_the_holder_acts(self, clinic, held):
        item, plan = held
        with pytest.raises(Refused) as refused:
            self.act(clinic, item, plan, by=clinic.second)
        assert refusal(refused) == "not_yours"
        assert plan_row(plan.pk).active_version.number == 1

    def test_a_plan_that_was_changed_meanwhile_is_left_alone(self, clinic, held):
        item, plan = held
        with pytest.raises(Stale) as stale:
            self.act(clinic, item, plan, plan_lock=1)
        assert stale.value.facts["what"] == "plan"
        assert again(item).lock == item.lock

    def test_an_item_that_was_changed_meanwhile_leaves_the_plan_alone(self, clinic, held):
        item, plan = held
        with pytest.raises(Stale):
            self.act(clinic, item, plan, seen_lock=item.lock - 1)
        assert plan_row(plan.pk).active_version.number == 1

    def test_leaving_the_plan_as_it_is_needs_a_reason_and_is_written_down(self, clinic, held):
        item, plan = held
        with pytest.raises(Refused) as refused:
            items.leave_plan(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, note="")
        assert refusal(refused) == "note_missing"
        items.leave_plan(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, note="Stable.")
        assert again(item).events.filter(kind="plan_left").exists()
        assert plan_row(plan.pk).active_version.number == 1

    def test_without_a_plan_there_is_nothing_to_change(self, clinic, raised):
        item = raised("routine", "other")
        review.claim(by=clinic.primary, item_id=item.pk)
        with pytest.raises(Refused) as refused:
            items.act_on_plan(
                by=clinic.primary, item_id=item.pk, seen_lock=2, plan_lock=1, act="hold", params={}, note="x"
            )
        assert refusal(refused) == "no_plan"


def test_a_lease_still_counts_for_its_holder_until_somebody_takes_over(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() - timedelta(minutes=1))
    assert holding.holds(again(item), clinic.primary)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="nothing_to_do")
    assert again(item).state == "resolved"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_gets_the_item(clinic, raised):
    item = raised("urgent")
    start = threading.Barrier(2)

    def take(actor):
        try:
            start.wait(10)
            review.claim(by=actor, item_id=item.pk, seen_lock=1)
        except Stale as stale:
            return stale.facts["who"]
        finally:
            connection.close()
        return "mine"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(take, (clinic.primary, clinic.second)))
    assert "mine" in results
    assert set(results) - {"mine"} == {again(item).holder.name}
    assert item.events.filter(kind="claimed").count() == 1
