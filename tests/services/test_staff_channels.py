"""Channels of members of staff: only confirmed ones count, in their order and times; a removed one is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine

from plans.domain.errors import NotFound, Refused
from plans.domain.messages import MessageFacts, Postpone, Skip
from plans.domain.reaching import CHANNELS_MOST, CODE_TRIES, ChannelKind
from plans.models import AuditEvent, Clinic, Patient, ReplyCode, StaffChannel, Work
from plans.services import clock, messages, staff_channels
from plans.services.actors import Actor
from tests.makers import ClinicMade, at
from tests.reaching_help import HOURS, NUMBER, alert_of, code_for, confirmed, raised, row_of, user_of

pytestmark = pytest.mark.django_db

EMAIL, PUSH, TEXT = ChannelKind.EMAIL, ChannelKind.PUSH, ChannelKind.TEXT
NIGHT = at("2026-12-01T03:00-05:00")


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.TEXT_PROVIDER = "files"


@pytest.fixture
def doctor(clinic: ClinicMade) -> Actor:
    return clinic.primary


def refused(act: Any, **given: Any) -> str:
    with pytest.raises(Refused) as found:
        act(**given)
    return str(found.value.facts["reason"])


def usable(actor: Actor) -> list[tuple[str, str]]:
    return [(route.kind.value, route.address) for route in staff_channels.usable(user_of(actor))]


def code_of(channel_id: UUID) -> str:
    return staff_channels.confirming_code(StaffChannel.objects.get(pk=channel_id))


def test_without_any_the_login_s_e_mail_is_used_and_a_confirmed_channel_takes_its_place(
    doctor: Actor,
) -> None:
    login = user_of(doctor).email
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    assert usable(doctor) == [("email", login)]
    staff_channels.confirm(by=doctor, channel_id=key, code=code_of(key))
    assert usable(doctor) == [("text", NUMBER)]
    acts = AuditEvent.objects.filter(act__startswith="member.channel").values_list("act", flat=True)
    assert list(acts.order_by("id")) == ["member.channel_added", "member.channel_confirmed"]


def test_a_code_goes_to_the_new_channel_and_stands_nowhere_in_the_database(doctor: Actor) -> None:
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    facts = messages.compose(Work.objects.get(notice="channel_code").pk)
    assert isinstance(facts, MessageFacts)
    assert (facts.channel, facts.to_address, facts.code) == (TEXT, NUMBER, code_of(key))
    stored = f"{StaffChannel.objects.values().get(pk=key)} {Work.objects.values().get(notice='channel_code')}"
    assert facts.code not in stored


def test_a_wrong_code_counts_and_after_five_not_even_the_right_one_is_taken(doctor: Actor) -> None:
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    wrong = f"{(int(code_of(key)) + 1) % 1_000_000:06d}"
    said = [refused(staff_channels.confirm, by=doctor, channel_id=key, code=wrong) for _ in range(CODE_TRIES)]
    assert said == ["code_wrong"] * (CODE_TRIES - 1) + ["code_over"]
    assert refused(staff_channels.confirm, by=doctor, channel_id=key, code=code_of(key)) == "code_over"
    staff_channels.send_code(by=doctor, channel_id=key)
    staff_channels.confirm(by=doctor, channel_id=key, code=code_of(key))
    assert usable(doctor) == [("text", NUMBER)]


def test_a_code_expires(doctor: Actor) -> None:
    with time_machine.travel(NIGHT, tick=False):
        key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    StaffChannel.objects.filter(pk=key).update(code_expires_at=clock.real_now() - timedelta(seconds=1))
    assert refused(staff_channels.confirm, by=doctor, channel_id=key, code=code_of(key)) == "code_over"
    assert messages.compose(Work.objects.get(notice="channel_code").pk) == Skip("over")


def test_a_new_code_makes_the_one_before_void(doctor: Actor) -> None:
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    before = code_of(key)
    staff_channels.send_code(by=doctor, channel_id=key)
    first, second = Work.objects.filter(notice="channel_code").order_by("created_at", "id")
    skipped = [messages.compose(work.pk) for work in (first, second)]
    assert [isinstance(one, MessageFacts) for one in skipped].count(True) == 1
    if before != code_of(key):
        assert refused(staff_channels.confirm, by=doctor, channel_id=key, code=before) == "code_wrong"


def test_what_cannot_be_added_says_why(doctor: Actor, settings: Any) -> None:
    staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    assert refused(staff_channels.add, by=doctor, kind=TEXT, address=NUMBER) == "already_listed"
    settings.TEXT_PROVIDER = ""
    assert refused(staff_channels.add, by=doctor, kind=TEXT, address="+15550143") == "not_offered"
    for number in range(CHANNELS_MOST - 1):
        staff_channels.add(by=doctor, kind=EMAIL, address=f"me{number}@mail.example.org")
    assert (
        refused(staff_channels.add, by=doctor, kind=EMAIL, address="more@mail.example.org")
        == "too_many_channels"
    )


def test_codes_cannot_be_sent_to_strangers_all_day(doctor: Actor) -> None:
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    for _ in range(11):
        staff_channels.send_code(by=doctor, channel_id=key)
    assert refused(staff_channels.send_code, by=doctor, channel_id=key) == "too_many_codes"


def test_nobody_touches_another_s_channel(doctor: Actor, clinic: ClinicMade) -> None:
    key = confirmed(doctor)
    for act in (staff_channels.send_code, staff_channels.move_up, staff_channels.remove):
        with pytest.raises(NotFound):
            act(by=clinic.lead, channel_id=key)
    with pytest.raises(NotFound):
        staff_channels.confirm(by=clinic.lead, channel_id=key, code="1")
    assert staff_channels.channels_of(clinic.lead) == ()


def test_the_order_is_the_owner_s(doctor: Actor) -> None:
    confirmed(doctor)
    mail = confirmed(doctor, EMAIL, "me@mail.example.org")
    assert usable(doctor) == [("text", NUMBER), ("email", "me@mail.example.org")]
    staff_channels.move_up(by=doctor, channel_id=mail)
    staff_channels.move_up(by=doctor, channel_id=mail)
    assert usable(doctor) == [("email", "me@mail.example.org"), ("text", NUMBER)]


def test_half_a_time_and_no_time_at_all_are_refused(doctor: Actor) -> None:
    key = confirmed(doctor)
    given = {"by": doctor, "channel_id": key}
    assert refused(staff_channels.set_hours, since=HOURS[0], until=None, **given) == "half_hours"
    assert refused(staff_channels.set_hours, since=HOURS[0], until=HOURS[0], **given) == "half_hours"


# ── where an alert goes ───────────────────────────────────────────────────────────────────────────────────────


def goes(work: Work, **facts: int) -> Any:
    Work.objects.filter(pk=work.pk).update(facts={**work.facts, **facts})
    found = messages.compose(work.pk)
    return (found.channel.value, found.to_address) if isinstance(found, MessageFacts) else found


@pytest.fixture
def two(doctor: Actor) -> tuple[UUID, UUID]:
    """A number by day, and an e-mail at any time."""
    return confirmed(doctor, hours=HOURS), confirmed(doctor, EMAIL, "me@mail.example.org")


def test_an_alert_names_a_place_in_the_order_and_beyond_it_the_last_is_used(
    clinic: ClinicMade, patient: Patient, doctor: Actor, two: tuple[UUID, UUID]
) -> None:
    work = alert_of(raised(clinic.id, patient), doctor)
    assert [goes(work, channel=place) for place in (1, 2, 3)] == [
        ("text", NUMBER),
        ("email", "me@mail.example.org"),
        ("email", "me@mail.example.org"),
    ]


def test_what_is_urgent_uses_any_channel_at_night_and_what_is_not_only_those_whose_time_it_is(
    clinic: ClinicMade, patient: Patient, doctor: Actor, two: tuple[UUID, UUID]
) -> None:
    with time_machine.travel(NIGHT, tick=False):
        item = raised(clinic.id, patient)
        work = alert_of(item, doctor)
        assert goes(work) == ("text", NUMBER)
        type(item).objects.filter(pk=item.pk).update(severity="high")
        assert goes(work) == ("email", "me@mail.example.org")
        staff_channels.remove(by=doctor, channel_id=two[1])
        assert goes(work) == Postpone(until=at("2026-12-01T08:00-05:00"), reason="channel_hours")


def test_hours_over_midnight_are_by_the_clinic_s_clock(
    clinic: ClinicMade, patient: Patient, doctor: Actor, two: tuple[UUID, UUID]
) -> None:
    staff_channels.set_hours(by=doctor, channel_id=two[0], since=HOURS[1], until=HOURS[0])
    Clinic.objects.filter(pk=clinic.id).update(zone="Europe/Berlin")
    with time_machine.travel(at("2026-12-01T02:30+00:00"), tick=False):
        item = raised(clinic.id, patient)
        type(item).objects.filter(pk=item.pk).update(severity="high")
        assert goes(alert_of(item, doctor)) == ("text", NUMBER)


def test_a_channel_of_a_kind_that_is_switched_off_is_passed_over(
    clinic: ClinicMade, patient: Patient, doctor: Actor, two: tuple[UUID, UUID], settings: Any
) -> None:
    work = alert_of(raised(clinic.id, patient), doctor)
    settings.TEXT_PROVIDER = ""
    assert goes(work) == ("email", "me@mail.example.org")


def test_a_message_for_a_channel_that_was_removed_meanwhile_goes_nowhere(doctor: Actor) -> None:
    key = staff_channels.add(by=doctor, kind=TEXT, address=NUMBER)
    staff_channels.remove(by=doctor, channel_id=key)
    assert messages.compose(Work.objects.get(notice="channel_code").pk) == Skip("channel_removed")
    # And may be added again.
    assert staff_channels.add(by=doctor, kind=TEXT, address=NUMBER) != key


def test_removing_a_channel_ends_the_codes_that_were_sent_to_it(
    clinic: ClinicMade, patient: Patient, doctor: Actor
) -> None:
    key = confirmed(doctor)
    work = alert_of(raised(clinic.id, patient), doctor)
    code_for(work, key)
    staff_channels.remove(by=doctor, channel_id=key)
    assert row_of(work).ended_at is not None


@pytest.mark.slow
def test_codes_of_one_person_differ_as_long_as_they_are_live(
    clinic: ClinicMade, patient: Patient, doctor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = [alert_of(raised(clinic.id, patient, key=f"checkin:{n}"), doctor) for n in range(40)]
    codes = [code_for(work) for work in works]
    assert len(set(codes)) == 40
    assert all(len(code) == 4 and code.isdigit() for code in codes)
    # The same entry carries the same code when it is sent again.
    assert [code_for(work) for work in works] == codes
    stored = str(list(ReplyCode.objects.values("code_hash", "token_hash")))
    assert not any(f"'{code}'" in stored for code in codes)


def test_an_alert_s_address_is_not_made_up_for_somebody_who_does_not_exist(doctor: Actor) -> None:
    with pytest.raises(NotFound):
        staff_channels.move_up(by=doctor, channel_id=uuid4())
