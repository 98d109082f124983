"""Acknowledging: by text, e-mail and link; who guesses, who comes late, and whose phone it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from plans.domain.reaching import ChannelKind, ReplyAnswer
from plans.models import Membership, Patient, ReplyCode, ReviewEvent, ReviewItem, StaffChannel, User, Work
from plans.services import clock, reply_codes, review, staff_channels
from plans.services.actors import Actor
from plans.services.review import acknowledging, acts
from tests.makers import ClinicMade, at, make_clinic, make_patient
from tests.reaching_help import MINUTE, NUMBER, alert_of, code_for, confirmed, raised, row_of, user_of

pytestmark = pytest.mark.django_db

NIGHT = at("2026-12-01T03:00-05:00")


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.TEXT_PROVIDER = "files"


@pytest.fixture
def doctor(clinic: ClinicMade) -> Actor:
    return clinic.primary


@pytest.fixture
def item(clinic: ClinicMade, patient: Patient, doctor: Actor) -> ReviewItem:
    """An urgent item whose alert went to the number of the one on duty."""
    confirmed(doctor)
    return raised(clinic.id, patient)


@pytest.fixture
def code(item: ReviewItem, doctor: Actor) -> str:
    return code_for(alert_of(item, doctor), StaffChannel.objects.get().pk)


def text(body: str, sender: str = NUMBER) -> ReplyAnswer | None:
    return acknowledging.by_text(sender=sender, body=body)


def history(item: ReviewItem) -> list[str]:
    return list(ReviewEvent.objects.filter(item=item).order_by("at", "id").values_list("kind", flat=True))


def answers() -> list[str]:
    rows = Work.objects.filter(notice="reply_answer").order_by("created_at", "id")
    return [row.facts["answer"] for row in rows]


@pytest.mark.slow
def test_a_reply_is_on_the_item_s_history_and_stops_repeats_for_ten_minutes(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade
) -> None:
    before = ReviewItem.objects.get(pk=item.pk)
    assert acknowledging.quiet_until(doctor.member_id, clinic.id) is None
    assert text(f" {code}. On my way") is ReplyAnswer.NOTED
    until = acknowledging.quiet_until(doctor.member_id, clinic.id)
    assert until is not None
    assert timedelta(minutes=9) < until - clock.now() <= timedelta(minutes=10)
    (event,) = ReviewEvent.objects.filter(item=item, kind="acknowledged")
    assert (event.by_id, event.facts) == (doctor.id, {"how": "text"})
    # It is not claimed, alerts to others go on, and nobody's open form becomes outdated.
    after = ReviewItem.objects.get(pk=item.pk)
    assert (after.holder_id, after.acknowledged_at, after.lock) == (None, None, before.lock)
    assert after.escalate_at == before.escalate_at
    assert acknowledging.quiet_until(clinic.second.member_id, clinic.id) is None
    assert answers() == ["noted"]


def test_after_ten_minutes_repeats_go_on(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade
) -> None:
    text(code)
    with time_machine.travel(clock.now() + 11 * MINUTE, tick=False):
        assert acknowledging.quiet_until(doctor.member_id, clinic.id) is None


def test_the_provider_delivers_the_reply_twice_and_it_is_noted_once(item: ReviewItem, code: str) -> None:
    assert [text(code), text(code)] == [ReplyAnswer.NOTED, ReplyAnswer.NOTED_BEFORE]
    assert history(item).count("acknowledged") == 1


def test_a_misspelt_a_guessed_and_an_empty_reply_get_a_plain_answer(item: ReviewItem, code: str) -> None:
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert [text(wrong), text("ok"), text(f"{code} {wrong}")] == [
        ReplyAnswer.UNKNOWN,
        ReplyAnswer.NO_CODE,
        ReplyAnswer.NO_CODE,
    ]
    assert "acknowledged" not in history(item)


def test_guessing_is_limited_by_sender_and_by_person(item: ReviewItem, code: str, doctor: Actor) -> None:
    for number in range(acknowledging.WRONG_MOST):
        text(f"{(int(code) + 1 + number) % 10_000:04d}")
    # Not even the right one is taken now, from no other number of the same person either.
    assert text(code) is ReplyAnswer.TOO_MANY
    confirmed(doctor, address="+15550177")
    assert text(code, "+15550177") is ReplyAnswer.TOO_MANY
    assert "acknowledged" not in history(item)
    assert answers()[-1] == "too_many"


def test_an_old_code_is_told_from_a_wrong_one(item: ReviewItem, code: str) -> None:
    ReplyCode.objects.update(expires_at=clock.now() - MINUTE)
    assert text(code) is ReplyAnswer.OLD
    assert "acknowledged" not in history(item)


def test_another_person_s_code_is_nobody_else_s(item: ReviewItem, code: str, clinic: ClinicMade) -> None:
    confirmed(clinic.second, address="+15550188")
    assert text(code, "+15550188") is ReplyAnswer.UNKNOWN
    assert "acknowledged" not in history(item)


def test_a_stranger_s_text_is_not_answered(item: ReviewItem, code: str) -> None:
    assert text(code, "+15559999") is None
    assert text(code, "nobody") is None
    assert answers() == []


@pytest.mark.slow
def test_a_number_that_changed_hands_answers_nothing_that_was_sent_before(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade
) -> None:
    """The old owner's code must not work from the number, whoever has it now; nor from a new number."""
    staff_channels.remove(by=doctor, channel_id=StaffChannel.objects.get().pk)
    assert text(code) is None
    confirmed(clinic.second)
    assert text(code) is ReplyAnswer.UNKNOWN
    confirmed(doctor, address="+15550155")
    assert text(code, "+15550155") is ReplyAnswer.OLD
    assert "acknowledged" not in history(item)


def test_a_code_that_was_sent_before_the_channel_was_confirmed_is_old(
    item: ReviewItem, code: str, doctor: Actor
) -> None:
    StaffChannel.objects.update(confirmed_at=clock.now() + MINUTE)
    assert text(code) is ReplyAnswer.OLD


@pytest.mark.slow
def test_two_acknowledge_and_one_claims(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade, patient: Patient
) -> None:
    confirmed(clinic.second, address="+15550188")
    review.escalate_due(clock.now() + timedelta(hours=2))
    theirs = code_for(
        alert_of(item, clinic.second), StaffChannel.objects.get(user_id=clinic.second.member_id).pk
    )
    assert [text(code), text(theirs, "+15550188")] == [ReplyAnswer.NOTED, ReplyAnswer.NOTED]
    acts.claim(by=clinic.second, item_id=item.pk)
    assert ReviewItem.objects.get(pk=item.pk).holder_id == clinic.second.id
    assert history(item).count("acknowledged") == 2


def test_an_item_resolved_while_its_alert_was_on_its_way_says_so(
    item: ReviewItem, code: str, doctor: Actor
) -> None:
    acts.claim(by=doctor, item_id=item.pk)
    lock = ReviewItem.objects.get(pk=item.pk).lock
    acts.resolve(by=doctor, item_id=item.pk, seen_lock=lock, outcome="false_alarm", note="a cat on the keys")
    assert text(code) is ReplyAnswer.RESOLVED
    assert "acknowledged" not in history(item)


def test_one_alert_about_many_items_is_acknowledged_for_all_of_them(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade, patient: Patient
) -> None:
    other = raised(clinic.id, patient, key="checkin:2")
    Work.objects.filter(item=other).update(carried_by=alert_of(item, doctor))
    assert text(code) is ReplyAnswer.NOTED
    assert [history(one).count("acknowledged") for one in (item, other)] == [1, 1]


def test_somebody_who_left_the_clinic_acknowledges_nothing(
    item: ReviewItem, code: str, doctor: Actor
) -> None:
    Membership.objects.filter(user_id=doctor.member_id).update(is_active=False)
    assert text(code) is ReplyAnswer.OLD
    assert "acknowledged" not in history(item)


@pytest.mark.slow
def test_a_code_of_one_clinic_says_nothing_in_another(item: ReviewItem, code: str, doctor: Actor) -> None:
    elsewhere = make_clinic()
    other = raised(elsewhere.id, make_patient(elsewhere.primary))
    text(code)
    assert "acknowledged" not in history(other)
    assert acknowledging.quiet_until(doctor.member_id, elsewhere.id) is None


# ── by e-mail ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mailed(clinic: ClinicMade, patient: Patient, doctor: Actor) -> Work:
    return alert_of(raised(clinic.id, patient), doctor)


def reply(work: Work, body: str, sender: str) -> ReplyAnswer | None:
    return acknowledging.by_email(work_id=work.pk, sender=sender, body=body)


def test_a_reply_by_e_mail_is_taken_from_whom_the_alert_went_to(mailed: Work, doctor: Actor) -> None:
    code, login = code_for(mailed), user_of(doctor).email
    assert reply(mailed, code, "stranger@mail.example.org") is None
    assert reply(mailed, f"\n{code}\n\nsent from my phone 5550", login.upper()) is ReplyAnswer.NOTED
    assert row_of(mailed).answered_by == "email"


def test_a_reply_that_only_quotes_the_alert_says_nothing(mailed: Work, doctor: Actor) -> None:
    code, login = code_for(mailed), user_of(doctor).email
    assert reply(mailed, f"> Seen it? Reply with {code}", login) is ReplyAnswer.NO_CODE
    assert reply(mailed, f"I am away.\nReply with {code}", login) is ReplyAnswer.NO_CODE
    assert reply(mailed, "", login) is ReplyAnswer.NO_CODE


def test_a_reply_comes_from_a_confirmed_e_mail_channel_too(mailed: Work, doctor: Actor) -> None:
    key = confirmed(doctor, ChannelKind.EMAIL, "me@home.example.org")
    code = code_for(mailed, key)
    ReplyCode.objects.update(created_at=clock.now() + MINUTE)
    assert reply(mailed, code, "Me@home.example.org") is ReplyAnswer.NOTED
    assert StaffChannel.objects.get(pk=key).worked_at is not None


def test_a_reply_to_a_message_to_a_patient_is_nothing(patient: Patient, doctor: Actor) -> None:
    work = Work.objects.filter(patient=patient)[0]
    assert reply(work, "4711", user_of(doctor).email) is None


# ── by the link ───────────────────────────────────────────────────────────────────────────────────────────────


def token(work: Work) -> str:
    code_for(work)
    return reply_codes.token_of(row_of(work))


def test_the_button_acknowledges_and_looking_at_it_does_not(
    mailed: Work, doctor: Actor, clinic: ClinicMade
) -> None:
    link = token(mailed)
    assert acknowledging.state_of_link(link) is not None
    assert acknowledging.quiet_until(doctor.member_id, clinic.id) is None
    assert [acknowledging.by_link(link), acknowledging.by_link(link)] == [
        ReplyAnswer.NOTED,
        ReplyAnswer.NOTED_BEFORE,
    ]
    assert row_of(mailed).answered_by == "link"
    assert acknowledging.by_link("x" * 43) is None
    assert acknowledging.state_of_link("x" * 43) is None


def test_an_old_link_and_one_of_somebody_who_is_gone_do_nothing(mailed: Work, doctor: Actor) -> None:
    link = token(mailed)
    ReplyCode.objects.update(expires_at=clock.now())
    assert acknowledging.by_link(link) is ReplyAnswer.OLD
    User.objects.filter(pk=doctor.member_id).update(is_active=False)
    assert acknowledging.by_link(link) is None


# ── delivery reports ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_report_proves_the_channel_and_acknowledges_nothing(
    item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade
) -> None:
    StaffChannel.objects.update(worked_at=None, failing_since=clock.now())
    assert acknowledging.by_report(alert_of(item, doctor).pk)
    channel = StaffChannel.objects.get()
    assert channel.worked_at is not None
    assert channel.failing_since is None
    assert acknowledging.quiet_until(doctor.member_id, clinic.id) is None
    assert text(code) is ReplyAnswer.NOTED


def test_only_a_person_makes_it_quiet(item: ReviewItem, code: str, doctor: Actor, clinic: ClinicMade) -> None:
    ReplyCode.objects.update(answered_at=clock.now(), answered_by="report")
    assert acknowledging.quiet_until(doctor.member_id, clinic.id) is None
    ReplyCode.objects.update(answered_by="link")
    assert acknowledging.quiet_until(doctor.member_id, clinic.id) is not None
