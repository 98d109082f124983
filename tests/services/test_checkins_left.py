"""Check-ins left half way, answered late, changed afterwards, or sent unasked: none is lost between two messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plans.domain.checkins import scoring
from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.scoring import Score
from plans.models import CheckIn, Flag, Occasion, Patient, RawAnswer, ReviewItem, Work
from plans.services import clock, reminders
from plans.services.checkins import raw, replay, responses, saving, sessions
from plans.services.checkins.sessions import CheckInSession
from plans.wording.flags import flag_sentence
from tests.makers_checkins import START, Asked, answer_all, asked, calm, checkin_of, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def begin(subject: CheckInSession, **changes: str) -> None:
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", **changes))


def weekly(story: Asked) -> Occasion:
    return Occasion.objects.filter(plan=story.plan, purpose="weekly").order_by("due_at")[0]


@pytest.mark.slow
@pytest.mark.parametrize(("watched", "rule", "severity"), [(False, "R5", "routine"), (True, "H9", "high")])
def test_a_form_left_after_calm_safety_answers_is_half_a_silence(
    story: Asked, watched: bool, rule: str, severity: str
) -> None:
    Patient.objects.filter(pk=story.patient.pk).update(close_watch=watched)
    begin(sessions.for_link(story.link))
    with on(story.occasion.closes_at):
        reminders.tick(clock.now())
        reminders.tick(clock.now())
    item = ReviewItem.objects.get(source="missed")
    assert (item.severity, item.facts["rules"], item.facts["begun"]) == (severity, [rule], True)
    assert Flag.objects.get(rule=rule).occasion_id == story.occasion.pk
    assert Occasion.objects.get(pk=story.occasion.pk).state == "answered"
    assert Patient.objects.get(pk=story.patient.pk).mail_state == "on"


@pytest.mark.slow
def test_a_form_left_after_a_worrying_answer_is_flagged_once(story: Asked) -> None:
    begin(sessions.for_link(story.link), s_fit="skip")
    with on(story.occasion.closes_at):
        reminders.tick(clock.now())
    assert Flag.objects.filter(rule="H10", facts__kind="abandoned").exists()
    assert not ReviewItem.objects.filter(source="missed").exists()


@pytest.mark.slow
@pytest.mark.parametrize("hours", [23, 24])
def test_a_check_in_of_the_patients_own_that_was_left_is_closed_after_a_day(story: Asked, hours: int) -> None:
    begin(sessions.unscheduled(story.link, nonce="mine"), s_seeing="skip")
    with on(story.occasion.due_at + timedelta(hours=hours)):
        assert [reminders.tick(clock.now()).left for _time in range(2)] == [int(hours == 24), 0]
    assert CheckIn.objects.get().state == ("abandoned" if hours == 24 else "open")
    assert Flag.objects.filter(rule="H10", facts__kind="abandoned").exists() is (hours == 24)
    assert not [one for one in replay.every() if one.differs]


@pytest.mark.slow
def test_one_taken_up_after_the_closing_and_left_again_is_closed_too(story: Asked) -> None:
    with on(story.occasion.closes_at):
        reminders.tick(clock.now())
        begin(sessions.for_link(story.link), s_fit="yes")
    with on(story.occasion.closes_at + timedelta(hours=24)):
        assert reminders.tick(clock.now()).left == 1
    assert checkin_of(story.occasion).state == "abandoned"


@pytest.mark.slow
def test_whoever_finishes_a_form_that_was_closed_meanwhile_has_not_left_it(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    begin(subject, s_fit="skip")
    with on(story.occasion.closes_at):
        reminders.tick(clock.now())
        late = sessions.for_link(story.link)
        answer_all(late, s_fit="skip")
    checkin = checkin_of(story.occasion)
    assert (checkin.state, checkin.late) == ("submitted", True)
    assert checkin.revisions.order_by("-number")[0].known["abandoned"] is False
    assert not [one for one in replay.every() if one.differs]


@pytest.mark.slow
def test_answers_may_be_changed_until_the_next_check_in_opens_also_after_the_closing(story: Asked) -> None:
    answer_all(sessions.for_link(story.link))
    before = checkin_of(story.occasion).revision
    with on(weekly(story).due_at - timedelta(minutes=1)):
        subject = sessions.for_link(story.link)
        assert not subject.late
        assert responses.look(subject).may_be_amended
        saving.save_page(subject, page="body_a", posted=calm(subject, "body_a", sx_shaking="4"))
    state = checkin_of(story.occasion)
    assert (state.revision, state.late) == (before + 1, False)
    with on(weekly(story).due_at):
        reminders.tick(clock.now())
        after = sessions.for_link(story.link)
        assert after.late
        assert not responses.look(after).may_be_amended


@pytest.mark.slow
def test_a_check_in_of_the_patients_own_may_be_changed_as_long(story: Asked) -> None:
    subject = sessions.unscheduled(story.link, nonce="mine")
    answer_all(subject)
    assert responses.look(subject).may_be_amended
    with on(weekly(story).due_at):
        reminders.tick(clock.now())
        assert not responses.look(sessions.unscheduled(story.link, nonce="mine")).may_be_amended


@pytest.mark.slow
def test_one_sent_unasked_answers_the_one_that_waits_and_cancels_its_reminders(story: Asked) -> None:
    answer_all(sessions.unscheduled(story.link, nonce="mine"))
    occasion = Occasion.objects.get(pk=story.occasion.pk)
    assert occasion.state == "answered"
    assert set(Work.objects.filter(occasion=occasion).values_list("state", flat=True)) <= {
        "skipped",
        "sent",
    }
    with on(occasion.closes_at):
        reminders.tick(clock.now())
    assert not ReviewItem.objects.filter(source="missed").exists()
    # The message's own form can be answered all the same.
    answer_all(sessions.for_link(story.link))
    assert CheckIn.objects.count() == 2


@pytest.mark.slow
def test_one_sent_unasked_leaves_alone_what_was_begun(story: Asked) -> None:
    begin(sessions.for_link(story.link))
    answer_all(sessions.unscheduled(story.link, nonce="mine"))
    assert Occasion.objects.get(pk=story.occasion.pk).state == "invited"


@pytest.mark.slow
def test_a_high_phq_9_shows_support_when_the_response_is_sent_and_not_before(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    high = {f"phq_{n}": "3" for n in range(1, 9)}
    outcome = answer_all(subject, **high)
    assert outcome.sent
    assert outcome.screens == (Screen.SUPPORT,)
    assert Flag.objects.get(rule="H1").severity == "high"


@pytest.mark.slow
def test_the_number_of_the_short_scales_set_for_a_patient_brings_the_long_ones_up(story: Asked) -> None:
    Patient.objects.filter(pk=story.patient.pk).update(thresholds={"short_form": 2})
    subject = sessions.for_link(story.link)
    assert responses.look(subject).response.spec.step_up_at == 2


@pytest.mark.slow
def test_scoring_that_breaks_keeps_the_answers_asks_the_other_rules_and_calls_somebody(
    story: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(ask: object, answers: object) -> dict[str, Score]:
        raise ZeroDivisionError

    subject = sessions.for_link(story.link)
    with monkeypatch.context() as patched:
        patched.setattr(scoring, "score", broken)
        outcome = saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", s_fit="yes"))
    assert outcome.screens == (Screen.EMERGENCY,)
    assert checkin_of(story.occasion).answers["s_fit"] == "yes"
    assert set(Flag.objects.values_list("rule", flat=True)) == {"U1", "X0"}
    assert not [one for one in replay.every() if one.differs]
    said = flag_sentence("X0", Flag.objects.get(rule="X0").facts)
    assert "could not be scored" in said
    answer_all(subject)
    assert checkin_of(story.occasion).scores["phq9"]["total"] == 0


@pytest.mark.slow
def test_a_raw_copy_of_a_page_no_longer_asked_is_settled_and_its_answers_are_flagged(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    begin(subject)
    saving.save_page(subject, page="safety_b", posted={"s_thoughts": ["yes"]})
    told = {"s_plan": ["yes"], "s_intent": ["no"], "s_prepared": ["no"]}
    assert raw.keep(subject, page="safety_c", posted=told)
    saving.save_page(subject, page="safety_b", posted={"s_thoughts": ["no"]})
    with on(story.occasion.due_at + timedelta(minutes=1)):
        assert raw.sweep() == 1
    assert checkin_of(story.occasion).answers["s_thoughts"] == "no"
    assert {flag.facts["kind"] for flag in Flag.objects.filter(rule="U3")} == {"thoughts", "plan"}
    assert RawAnswer.objects.get().state == "stored"


@pytest.mark.slow
@pytest.mark.parametrize(("days", "may"), [(27, True), (28, False)])
def test_where_no_check_in_follows_answers_may_be_changed_for_four_weeks_and_no_longer(
    story: Asked, days: int, may: bool
) -> None:
    answer_all(sessions.for_link(story.link))
    Occasion.objects.filter(plan=story.plan, state="planned").update(state="cancelled")
    with on(story.occasion.due_at + timedelta(days=days)):
        assert responses.look(sessions.for_link(story.link)).may_be_amended is may


def resolve(story: Asked) -> None:
    ReviewItem.objects.exclude(state="resolved").update(
        state="resolved", resolved_at=clock.now(), outcome="reached_safe", resolved_by=story.clinic.staff.id
    )


@pytest.mark.slow
def test_an_answer_withdrawn_and_given_again_after_it_was_dealt_with_alerts_again(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    begin(subject, s_fit="yes")
    begin(subject)
    begin(subject, s_fit="yes")
    # Nobody has dealt with it: the item that stands is enough.
    assert Flag.objects.filter(rule="U1").count() == 1
    resolve(story)
    begin(subject, s_fit="yes")
    assert Flag.objects.filter(rule="U1").count() == 1
    begin(subject)
    begin(subject, s_fit="yes")
    assert Flag.objects.filter(rule="U1").count() == 2
    item = ReviewItem.objects.exclude(state="resolved").get()
    assert item.severity == "urgent"
    assert Work.objects.filter(notice="item_alert", item=item).exists()
    assert not [one for one in replay.every() if one.differs]
