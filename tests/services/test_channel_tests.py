"""The daily test of channels: what does not come back is told to two people and stands on every page."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
import time_machine

from plans.domain.channel_test import ChannelTestTime
from plans.domain.errors import NotAllowed, Refused
from plans.domain.messages import MessageFacts, Skip
from plans.domain.reaching import ChannelKind, ReplyAnswer
from plans.models import Clinic, ReplyCode, StaffChannel, Work
from plans.services import channel_tests, clock, heartbeat, messages, reply_codes, shifts, staff_channels
from plans.services.page_frame import page_frame
from plans.services.review import acknowledging
from tests.makers import ClinicMade, at
from tests.reaching_help import NUMBER, confirmed, user_of

pytestmark = pytest.mark.django_db

TEN = at("2026-12-01T10:00-05:00")
SOON, LATE = TEN + timedelta(minutes=29), TEN + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.TEXT_PROVIDER = "files"


@pytest.fixture
def reached(clinic: ClinicMade) -> ClinicMade:
    """The one on duty is reached by text message, then by e-mail."""
    with time_machine.travel(TEN - timedelta(days=1), tick=False):
        confirmed(clinic.primary)
        confirmed(clinic.primary, ChannelKind.EMAIL, "me@home.example.org")
    return clinic


def tick(now: Any) -> int:
    with time_machine.travel(now, tick=False):
        return channel_tests.tick(now)


def what_was_sent() -> list[tuple[str, str]]:
    rows = Work.objects.filter(notice="channel_test").select_related("user").order_by("created_at", "id")
    kinds = {str(row.pk): row.kind for row in StaffChannel.objects.all()}
    return [(row.user.name, kinds.get(row.facts["channel_id"], "login")) for row in rows if row.user]


@pytest.mark.slow
def test_each_channel_of_the_one_on_duty_is_tried_at_ten_and_once(reached: ClinicMade) -> None:
    assert tick(TEN - timedelta(minutes=1)) == 0
    assert tick(TEN) == 2
    assert tick(TEN) == tick(SOON) == 0
    assert sorted(kind for _who, kind in what_was_sent()) == ["email", "text"]
    assert {who for who, _kind in what_was_sent()} == {user_of(reached.primary).name}


def test_without_channels_the_login_s_e_mail_is_tried(clinic: ClinicMade) -> None:
    assert tick(TEN) == 1
    assert [kind for _who, kind in what_was_sent()] == ["login"]


def test_the_next_day_it_is_tried_again_and_a_late_day_is_left_out(clinic: ClinicMade) -> None:
    tick(TEN)
    ReplyCode.objects.update(answered_at=TEN)
    assert tick(TEN + timedelta(days=1, hours=9)) == 0
    assert tick(TEN + timedelta(days=2)) == 1


def test_the_hour_is_the_clinic_s(clinic: ClinicMade) -> None:
    Clinic.objects.update(zone="Europe/Berlin")
    assert tick(at("2026-12-01T09:59+01:00")) == 0
    assert tick(at("2026-12-01T10:00+01:00")) == 1


def test_none_is_sent_while_sending_is_paused(clinic: ClinicMade) -> None:
    heartbeat.set_paused(True)
    assert tick(TEN) == 0
    heartbeat.set_paused(False)
    assert tick(TEN) == 1


def test_nobody_on_duty_is_not_tested(clinic: ClinicMade) -> None:
    with time_machine.travel(TEN - timedelta(hours=1), tick=False):
        shifts.set_standing(by=clinic.lead, first_id=None, second_id=None)
    assert tick(TEN) == 0


def test_what_comes_back_in_time_is_no_alarm(reached: ClinicMade) -> None:
    tick(TEN)
    with time_machine.travel(SOON, tick=False):
        said = [acknowledging.by_link(reply_codes.token_of(row)) for row in ReplyCode.objects.all()]
    assert said == [ReplyAnswer.WORKS, ReplyAnswer.WORKS]
    assert tick(LATE) == 0
    assert not Work.objects.filter(notice="channel_failed").exists()
    assert set(StaffChannel.objects.values_list("worked_at", flat=True)) == {SOON}


def test_a_delivery_report_brings_the_test_of_a_text_message_back(reached: ClinicMade) -> None:
    tick(TEN)
    text = ReplyCode.objects.get(channel__kind="text")
    with time_machine.travel(SOON, tick=False):
        assert acknowledging.by_report(text.work_id)
    tick(LATE)
    assert [row.channel.kind for row in ReplyCode.objects.filter(failed_at__isnull=False) if row.channel] == [
        "email"
    ]


def failed() -> list[tuple[str, str]]:
    rows = Work.objects.filter(notice="channel_failed").select_related("user").order_by("created_at", "id")
    found = []
    for row in rows:
        facts = messages.compose(row.pk)
        assert isinstance(facts, MessageFacts)
        found.append((row.user.name if row.user else "", facts.channel.value))
    return found


def test_what_does_not_come_back_is_told_by_another_channel_and_to_another_person(
    reached: ClinicMade,
) -> None:
    tick(TEN)
    mail = ReplyCode.objects.get(channel__kind="email")
    with time_machine.travel(SOON, tick=False):
        acknowledging.by_link(reply_codes.token_of(mail))
    assert tick(LATE) == 1
    first, second = (user_of(who).name for who in (reached.primary, reached.second))
    with time_machine.travel(LATE, tick=False):
        assert sorted(failed()) == sorted([(first, "email"), (second, "email")])
        (shown,) = page_frame(reached.staff).unreached
    assert (shown.who, shown.kind) == (first, ChannelKind.TEXT)
    assert StaffChannel.objects.get(kind="text").failing_since == LATE
    assert tick(LATE) == 0


@pytest.mark.slow
def test_everybody_asleep_two_channels_fail_and_each_alarm_goes_by_the_other(reached: ClinicMade) -> None:
    tick(TEN)
    tick(LATE)
    first = user_of(reached.primary).name
    with time_machine.travel(LATE, tick=False):
        assert sorted(kind for who, kind in failed() if who == first) == ["email", "text"]
        assert len(page_frame(reached.staff).unreached) == 2


@pytest.mark.slow
def test_a_channel_that_goes_on_failing_is_told_once_and_stays_on_every_page(reached: ClinicMade) -> None:
    for day in range(3):
        tick(TEN + timedelta(days=day))
        tick(LATE + timedelta(days=day))
    assert Work.objects.filter(notice="channel_failed").count() == 4
    with time_machine.travel(LATE + timedelta(days=2), tick=False):
        assert len(page_frame(reached.lead).unreached) == 2


@pytest.mark.parametrize("how", ["late", "alert", "removed"])
def test_the_alarm_is_over_once_the_channel_works_or_is_gone(reached: ClinicMade, how: str) -> None:
    tick(TEN)
    tick(LATE)
    text = ReplyCode.objects.get(channel__kind="text")
    with time_machine.travel(LATE + timedelta(hours=1), tick=False):
        if how == "late":
            assert acknowledging.by_text(sender=NUMBER, body=reply_codes.code_of(text)) is ReplyAnswer.WORKS
        elif how == "alert":
            staff_channels.worked(reached.primary.member_id, text.channel_id, clock.now())
        elif text.channel_id is not None:
            staff_channels.remove(by=reached.primary, channel_id=text.channel_id)
        assert [one.kind for one in page_frame(reached.lead).unreached] == [ChannelKind.EMAIL]
        waiting = Work.objects.filter(notice="channel_failed", facts__code_id=str(text.pk))
        assert {messages.compose(row.pk) for row in waiting} == {Skip("over")}


@pytest.mark.slow
def test_a_test_that_the_provider_refuses_is_an_alarm_at_once(reached: ClinicMade) -> None:
    tick(TEN)
    work = ReplyCode.objects.get(channel__kind="text").work
    with time_machine.travel(SOON, tick=False):
        channel_tests.refused(work, SOON)
        channel_tests.refused(work, SOON)
    assert Work.objects.filter(notice="channel_failed").count() == 2


def test_a_failure_of_somebody_off_duty_leaves_the_pages_after_three_days(reached: ClinicMade) -> None:
    tick(TEN)
    tick(LATE)
    with time_machine.travel(LATE + timedelta(days=3, minutes=1), tick=False):
        assert page_frame(reached.lead).unreached == ()


def test_the_chain_is_seen_working_by_the_clinic_and_outside(reached: ClinicMade) -> None:
    assert channel_tests.chain_worked_at(reached.lead) is None
    assert heartbeat.pulse().chain_worked_at is None
    tick(TEN)
    with time_machine.travel(SOON, tick=False):
        acknowledging.by_link(reply_codes.token_of(ReplyCode.objects.all()[0]))
        seen = channel_tests.chain_worked_at(reached.lead)
    assert seen is not None
    assert heartbeat.pulse().chain_worked_at == heartbeat.chain_worked_at(reached.id)
    last = channel_tests.last_tests(reached.staff)
    assert sorted(one.came_back_at is None for one in last) == [False, True]


def test_a_member_tests_their_own_channels_and_not_all_day(reached: ClinicMade) -> None:
    assert channel_tests.test_now(reached.primary) == 2
    with pytest.raises(Refused):
        [channel_tests.test_now(reached.primary) for _ in range(3)]
    # It is no substitute for the day's own.
    assert tick(TEN) == 2


def test_the_lead_sets_the_hour_and_nobody_else(clinic: ClinicMade) -> None:
    chosen = ChannelTestTime(on=True, at=time(7, 30), minutes=60)
    with pytest.raises(NotAllowed):
        channel_tests.set_time(by=clinic.primary, chosen=chosen)
    assert channel_tests.set_time(by=clinic.lead, chosen=chosen)
    assert not channel_tests.set_time(by=clinic.lead, chosen=chosen)
    assert tick(at("2026-12-01T07:30-05:00")) == 1
    assert tick(at("2026-12-01T08:29-05:00")) == 0
    assert tick(at("2026-12-01T08:30-05:00")) == 1


def test_switched_off_nothing_is_sent(clinic: ClinicMade) -> None:
    channel_tests.set_time(by=clinic.lead, chosen=ChannelTestTime(on=False))
    assert tick(TEN) == 0
