"""A check-in by phone on one sheet: saved as it is typed, in any order, also while the patient answers the same one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.instrument import Kind
from plans.models import AuditEvent, CheckIn, Flag, Occasion, RawAnswer, ReviewItem, Work
from plans.services import clock
from plans.services.actors import Actor
from plans.services.checkins import raw, replay, responses, saving, sessions
from plans.services.checkins.saving import SavedSheet
from plans.services.checkins.sessions import CheckInSession
from tests.makers import make_member
from tests.makers_checkins import CALM, START, Asked, answer_all, asked, calm, checkin_of, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def by_phone(story: Asked, actor: Actor | None = None, occasion_id: UUID | None = None) -> CheckInSession:
    return sessions.by_phone(
        actor or story.clinic.staff, story.patient.pk, nonce="form", occasion_id=occasion_id
    )


def put(session: CheckInSession, *, seen: str = "", send: bool = False, **answers: str) -> SavedSheet:
    posted = {code: [value] for code, value in answers.items()}
    return saving.save_sheet(session, posted=posted, seen=seen, send=send)


def everything(session: CheckInSession, **changes: str) -> dict[str, str]:
    """A calm answer to every question that could be asked."""
    spec = responses.look(session).response.spec
    found = {}
    for code in (*spec.versions, *spec.own):
        for item in spec.questionnaire(code).items.values():
            if item.kind is not Kind.TEXT:
                usual = item.options[0].value if item.options else str(item.minimum)
                found[item.code] = CALM.get(item.code, usual)
    return {**found, **changes}


@pytest.mark.slow
def test_each_answer_is_saved_under_the_name_of_who_entered_it(story: Asked) -> None:
    first = put(by_phone(story), overall="worse")
    second = put(by_phone(story), seen=first.seen, overall="worse", s_fit="no")
    checkin = checkin_of(story.occasion)
    assert checkin.answers == {"overall": "worse", "s_fit": "no"}
    assert (checkin.state, checkin.entered_by_id) == ("open", story.clinic.staff.id)
    assert second.checkin_id == checkin.pk
    assert [row.answers for row in checkin.revisions.order_by("number")] == [
        {"overall": "worse"},
        {"overall": "worse", "s_fit": "no"},
    ]
    assert AuditEvent.objects.filter(act="checkin.begun").count() == 1


@pytest.mark.slow
def test_the_same_sheet_twice_is_one_save(story: Asked) -> None:
    put(by_phone(story), overall="worse")
    put(by_phone(story), overall="worse")
    assert checkin_of(story.occasion).revision == 1


def test_what_a_sheet_saves_by_itself_is_one_revision_and_what_alarms_its_own(story: Asked) -> None:
    seen, session = "", by_phone(story)
    for note in ("H", "He", "Her sister"):
        seen = put_by_itself(session, seen, note=note).seen
    checkin = checkin_of(story.occasion)
    assert checkin.answers == {"note": "Her sister"}
    assert not checkin.revisions.exists()
    # An answer that needs somebody: kept as it was when it alarmed.
    put_by_itself(session, seen, note="Her sister", s_thoughts="yes")
    assert checkin.revisions.get().answers == {"note": "Her sister", "s_thoughts": "yes"}
    assert Flag.objects.filter(checkin=checkin).exists()


@pytest.mark.slow
def test_whoever_answers_in_between_comes_after_what_was_entered_and_is_told_from_it(story: Asked) -> None:
    session, other = by_phone(story), make_member(story.clinic.id)
    saved = put_by_itself(session, "", overall="worse", s_thoughts="yes")
    saved = put_by_itself(session, saved.seen, overall="same", s_thoughts="yes")
    put(by_phone(story, other), seen=saved.seen, overall="better", s_thoughts="yes")
    revisions = checkin_of(story.occasion).revisions.order_by("number")
    assert list(revisions.values_list("entered_by_id", "answers__overall")) == [
        (story.clinic.staff.id, "worse"),
        (story.clinic.staff.id, "same"),
        (other.id, "better"),
    ]
    saved = put_by_itself(session, saved.seen, overall="worse", s_thoughts="yes")
    assert saved.meanwhile == {"overall": "worse"}
    assert checkin_of(story.occasion).answers["overall"] == "better"
    assert AuditEvent.objects.filter(act__in=("checkin.begun", "checkin.saved")).count() == 3
    assert not [one for one in replay.every() if one.differs]


def put_by_itself(session: CheckInSession, seen: str, **answers: str) -> SavedSheet:
    posted = {code: [value] for code, value in answers.items()}
    return saving.save_sheet(session, posted=posted, seen=seen, by_itself=True)


@pytest.mark.slow
def test_an_empty_sheet_leaves_no_trace(story: Asked) -> None:
    saved = put(by_phone(story), note="", s_fit="")
    assert (saved.checkin_id, saved.seen, saved.sent) == (None, "", False)
    assert not CheckIn.objects.exists()


def test_a_sheet_that_is_not_whole_is_not_sent_and_says_what_is_missing(story: Asked) -> None:
    answers = everything(by_phone(story))
    del answers["sx_sleep"], answers["contact"]
    saved = put(by_phone(story), send=True, **answers)
    assert not saved.sent
    assert saved.problems == {"sx_sleep": "choose", "contact": "choose"}
    assert checkin_of(story.occasion).state == "open"
    assert put(by_phone(story), seen=saved.seen, send=True, sx_sleep="0", contact="no").sent


@pytest.mark.slow
def test_a_whole_sheet_is_sent_scored_and_settles_the_occasion(story: Asked) -> None:
    saved = put(by_phone(story), send=True, **everything(by_phone(story)))
    checkin = checkin_of(story.occasion)
    assert saved.sent
    assert (checkin.state, checkin.scores["phq9"]["total"]) == ("submitted", 0)
    assert Occasion.objects.get(pk=story.occasion.pk).state == "answered"
    assert not Flag.objects.exists()
    assert AuditEvent.objects.get(act="checkin.sent").actor_id == story.clinic.staff.id


@pytest.mark.slow
def test_a_sheet_raises_what_the_same_answers_of_the_patient_raise(story: Asked) -> None:
    changes = {"s_thoughts": "yes", "s_plan": "yes", "sx_shaking": "4", "contact": "today"}
    put(by_phone(story), send=True, **everything(by_phone(story), **changes))
    raised = set(Flag.objects.values_list("rule", "severity"))
    Flag.objects.all().delete()
    with on(START):
        other = asked()
    with on(other.occasion.due_at):
        answer_all(sessions.for_link(other.link), **changes)
    assert set(Flag.objects.values_list("rule", "severity")) == raised


@pytest.mark.slow
def test_a_safety_answer_acts_at_once_and_says_what_to_tell_the_patient(story: Asked) -> None:
    saved = put(by_phone(story), s_thoughts="yes")
    item = ReviewItem.objects.get()
    assert saved.screens == (Screen.CRISIS,)
    assert saved.urgency is not None
    assert (item.severity, item.source) == ("urgent", "checkin")
    assert Work.objects.filter(notice="item_alert", item=item).exists()
    again = put(by_phone(story), seen=saved.seen, s_thoughts="yes", s_fit="no")
    assert again.screens == ()
    assert Screen.CRISIS in again.response.signs()["s_thoughts"].screens


# ── two at once ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_patient_answered_meanwhile_stands_and_what_was_entered_is_given_back(story: Asked) -> None:
    seen = put(by_phone(story), overall="same").seen
    link = sessions.for_link(story.link)
    saving.save_page(link, page="safety_a", posted=calm(link, "safety_a", s_fit="yes"))
    saved = put(by_phone(story), seen=seen, send=True, **everything(by_phone(story)))
    assert saved.meanwhile == {"s_fit": "no"}
    assert not saved.sent
    answers = checkin_of(story.occasion).answers
    assert (answers["s_fit"], answers["s_seeing"], answers["sx_sleep"]) == ("yes", "no", "0")
    # Entered once more on a form that shows the patient's answer, it counts.
    again = put(by_phone(story), seen=saved.seen, send=True, **everything(by_phone(story)))
    assert again.meanwhile == {}
    assert again.sent
    assert checkin_of(story.occasion).answers["s_fit"] == "no"
    assert Flag.objects.filter(rule="U1").exists()


@pytest.mark.slow
def test_a_field_that_was_not_touched_does_not_undo_what_the_patient_changed(story: Asked) -> None:
    link = sessions.for_link(story.link)
    saving.save_page(link, page="safety_a", posted=calm(link, "safety_a"))
    seen = responses.look(by_phone(story)).seen
    saving.save_page(link, page="safety_a", posted=calm(link, "safety_a", s_fit="yes"))
    saved = put(by_phone(story), seen=seen, s_fit="no", s_seeing="no", overall="same")
    assert saved.meanwhile == {}
    assert checkin_of(story.occasion).answers == {"s_fit": "yes", "s_seeing": "no", "overall": "same"}


@pytest.mark.slow
def test_ones_own_earlier_answer_is_changed_although_the_form_has_not_heard_of_it(story: Asked) -> None:
    put(by_phone(story), s_fit="yes")
    saved = put(by_phone(story), seen="", s_fit="no")
    assert saved.meanwhile == {}
    assert checkin_of(story.occasion).answers == {"s_fit": "no"}


def test_two_colleagues_on_one_sheet_do_not_overwrite_each_other(story: Asked) -> None:
    other = make_member(story.clinic.id)
    put(by_phone(story), s_fit="no")
    saved = put(by_phone(story, other), seen="", s_fit="yes", s_seeing="no")
    assert saved.meanwhile == {"s_fit": "yes"}
    assert checkin_of(story.occasion).answers == {"s_fit": "no", "s_seeing": "no"}


@pytest.mark.slow
def test_a_sheet_stays_with_its_check_in_when_the_patient_has_sent_it_meanwhile(story: Asked) -> None:
    session = by_phone(story)
    seen = put(session, overall="worse").seen
    answer_all(sessions.for_link(story.link), overall="same")
    saved = put(
        by_phone(story, occasion_id=session.occasion_id), seen=seen, overall="much_worse", sx_sleep="3"
    )
    assert saved.meanwhile == {"overall": "much_worse", "sx_sleep": "3"}
    assert CheckIn.objects.count() == 1
    assert checkin_of(story.occasion).state == "submitted"
    # Without knowing of it, a new form would be an unscheduled check-in.
    assert by_phone(story).occasion_id is None


@pytest.mark.slow
def test_a_sheet_whose_check_in_has_closed_is_kept_whole_as_an_unscheduled_one(story: Asked) -> None:
    session = by_phone(story)
    first = put(session, overall="worse")
    with on(story.occasion.closes_at + timedelta(hours=1)):
        late = by_phone(story, occasion_id=session.occasion_id)
        assert late.occasion_id is None
        put(late, seen=first.seen, overall="worse", s_fit="no")
        assert CheckIn.objects.get(occasion=None).answers == {"overall": "worse", "s_fit": "no"}


@pytest.mark.slow
@pytest.mark.parametrize("seen", ["", "x", "1.2", "00000000-0000-0000-0000-000000000000.1"])
def test_a_form_that_does_not_know_what_it_was_made_from_overwrites_nobody(story: Asked, seen: str) -> None:
    link = sessions.for_link(story.link)
    saving.save_page(link, page="safety_a", posted=calm(link, "safety_a"))
    key = seen.replace("1.2", f"{checkin_of(story.occasion).pk}.99999999")
    assert put(by_phone(story), seen=key, s_fit="yes").meanwhile == {"s_fit": "yes"}
    assert checkin_of(story.occasion).answers["s_fit"] == "no"


# ── answers kept apart ────────────────────────────────────────────────────────────────────────────────────────


def kept(story: Asked, posted: Mapping[str, list[str]]) -> RawAnswer:
    assert raw.keep(by_phone(story), page="", posted=posted)
    return RawAnswer.objects.get()


@pytest.mark.slow
def test_a_sheet_that_was_kept_apart_is_filed_by_the_sweep(story: Asked) -> None:
    kept(story, {"s_thoughts": ["yes"], "note": [""], "seen": ["x"], "do": ["send"]})
    with on(clock.now() + timedelta(minutes=1)):
        assert raw.sweep() == 1
    assert checkin_of(story.occasion).answers == {"s_thoughts": "yes"}
    assert Flag.objects.get().rule == "U3"


@pytest.mark.slow
def test_what_was_entered_after_it_was_kept_apart_is_not_overwritten(story: Asked) -> None:
    kept(story, {"s_thoughts": ["yes"], "overall": ["worse"]})
    with on(clock.now() + timedelta(seconds=5)):
        put(by_phone(story), s_thoughts="no")
    with on(clock.now() + timedelta(minutes=1)):
        raw.sweep()
    assert checkin_of(story.occasion).answers == {"s_thoughts": "no", "overall": "worse"}
    assert Flag.objects.filter(rule="U3").exists()
