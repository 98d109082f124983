"""A leaked link fills neither the database nor the queue, and answers that newly report danger are still accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plans.domain.errors import Refused
from plans.models import CheckIn, CheckInRevision, Flag, PatientSession, ReviewItem
from plans.services import clock, devices, links
from plans.services.checkins import bounds, responses, saving, sessions
from plans.services.checkins.sessions import CheckInSession
from tests.makers_checkins import START, Asked, answer_all, asked, calm, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def saved_so_often(subject: CheckInSession, times: int) -> None:
    """A state whose first page was saved so many times by now: as many revisions, the first of them just now."""
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    CheckIn.objects.update(revision=times)


def change(subject: CheckInSession, **answers: str) -> saving.SavedPage:
    """The first page once more, otherwise calm."""
    return saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", **answers))


@pytest.mark.slow
@pytest.mark.parametrize(("times", "span"), bounds.SAVES)
def test_a_response_saved_far_too_often_takes_no_more_until_time_has_passed(
    story: Asked, times: int, span: timedelta
) -> None:
    subject = sessions.for_link(story.link)
    saved_so_often(subject, times - 1)
    change(subject, s_seeing="skip")
    # The state now stands at its limit, and the first save is still within the time.
    assert CheckIn.objects.get().revision == times
    with on(clock.now() + span - timedelta(seconds=1)), pytest.raises(Refused):
        change(subject, s_seeing="no")
    assert CheckIn.objects.get().answers["s_seeing"] == "skip"
    with on(clock.now() + span):
        change(subject, s_seeing="no")
    assert CheckIn.objects.get().answers["s_seeing"] == "no"


def test_what_newly_speaks_of_danger_is_never_held_back_and_the_same_again_writes_nothing(
    story: Asked,
) -> None:
    subject = sessions.for_link(story.link)
    saved_so_often(subject, 60)
    change(subject, s_fit="yes")
    assert (ReviewItem.objects.get().severity, Flag.objects.get().rule) == ("urgent", "U1")
    revisions = CheckInRevision.objects.count()
    for back_and_forth in ("no", "yes", "no"):
        held = back_and_forth == "no"
        try:
            change(subject, s_fit=back_and_forth)
        except Refused:
            assert held
    assert CheckIn.objects.get().answers["s_fit"] == "yes"
    assert CheckInRevision.objects.count() == revisions
    assert (Flag.objects.count(), ReviewItem.objects.count()) == (1, 1)


@pytest.mark.slow
def test_staff_who_enter_answers_by_phone_are_not_held_back(story: Asked) -> None:
    subject = sessions.by_phone(story.clinic.primary, story.patient.pk)
    saved_so_often(subject, 60)
    change(subject, s_seeing="skip")
    assert CheckIn.objects.get().answers["s_seeing"] == "skip"


@pytest.mark.slow
def test_after_ten_check_ins_of_ones_own_in_a_day_the_last_one_is_changed_instead(story: Asked) -> None:
    row = links.lasting(purpose=links.LinkPurpose.PLAN, patient=story.patient)
    plan_link = links.look(links.token_of(row), links.LinkPurpose.PLAN)
    key = sessions.own_session(plan_link, device=devices.remember(story.patient, ""))
    link = links.session_link(key, links.LinkPurpose.CHECKIN)
    for n in range(bounds.OWN_A_DAY):
        answer_all(sessions.unscheduled(link, nonce=f"form-{n}"))
    one_more = sessions.unscheduled(link, nonce="one-more")
    assert responses.look(one_more).sent
    change(one_more, s_fit="yes")
    assert CheckIn.objects.count() == bounds.OWN_A_DAY
    assert ReviewItem.objects.get().severity == "urgent"
    with on(clock.now() + timedelta(days=1)):
        answer_all(sessions.unscheduled(link, nonce="tomorrow"))
    assert CheckIn.objects.count() == bounds.OWN_A_DAY + 1


@pytest.mark.slow
def test_a_scanner_that_opens_a_link_without_end_leaves_no_more_than_so_many_sessions(story: Asked) -> None:
    first = links.start_session(story.link.id)
    for _visit in range(links.SESSIONS):
        last = links.start_session(story.link.id)
    assert PatientSession.objects.filter(link_id=story.link.id).count() == links.SESSIONS
    assert links.session_link(last, links.LinkPurpose.CHECKIN).id == story.link.id
    assert first != last
