"""The message log: found, paged, and decided on by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.domain.notices import NOTICES
from plans.models import AuditEvent, Patient, Work
from plans.services import message_log
from plans.services.actors import Actor
from plans.wording import messages as words
from tests.clients import look_for
from tests.makers import ClinicMade, make_clinic, make_patient


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    return make_clinic()


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return make_patient(clinic.lead, name="Marrow Quietwater")


@pytest.fixture
def message(patient: Patient) -> Work:
    return Work.objects.get(patient=patient)


def signed_in(actor: Actor) -> Client:
    from plans.models import User

    client = Client()
    client.force_login(
        User.objects.get(pk=actor.member_id), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def shown(actor: Actor, **query: str) -> str:
    answer = signed_in(actor).get(reverse("messages"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_message_is_listed_with_kind_state_and_to_whom(clinic: ClinicMade, message: Work) -> None:
    page = shown(clinic.reader)
    assert "Marrow Quietwater" in page
    assert "Confirm the address" in page


def test_a_clinic_without_messages_is_told_when_there_will_be_some(clinic: ClinicMade) -> None:
    assert "No messages here yet" in shown(clinic.reader)


@pytest.mark.slow
def test_a_message_of_another_clinic_is_not_there(message: Work) -> None:
    other = make_clinic()
    assert "Marrow Quietwater" not in shown(other.reader)
    client = signed_in(other.staff)
    Work.objects.update(state="unknown")
    assert client.post(reverse("message-leave", args=[message.pk])).status_code == 404
    assert client.post(reverse("message-once-more", args=[message.pk])).status_code == 404


@pytest.mark.parametrize(("q", "found"), [("quiet marrow", True), ("nobody", False)])
def test_messages_are_found_by_name(clinic: ClinicMade, message: Work, q: str, found: bool) -> None:
    page = look_for(signed_in(clinic.reader), q, where="messages").content.decode()
    assert ("Marrow Quietwater" in page) is found


@pytest.mark.slow
def test_a_message_of_unknown_fate_offers_both_choices_to_staff_and_none_to_a_reader(
    clinic: ClinicMade, message: Work
) -> None:
    Work.objects.update(state="unknown", reason="no_answer_after_dot")
    page = shown(clinic.staff, show="attention")
    assert "Send again" in page
    assert "Leave it" in page
    assert "It may have arrived." in page
    assert "Send again" not in shown(clinic.reader, show="attention")


@pytest.mark.slow
def test_sending_again_puts_the_message_back_and_says_so(clinic: ClinicMade, message: Work) -> None:
    Work.objects.update(state="unknown")
    answer = signed_in(clinic.staff).post(reverse("message-once-more", args=[message.pk]), follow=True)
    assert "The same message is sent again." in answer.content.decode()
    message.refresh_from_db()
    assert (message.state, message.repeat) == ("pending", 1)


@pytest.mark.slow
@pytest.mark.parametrize(("state", "reason"), [("rejected", "address_refused"), ("poison", "crashed")])
def test_what_was_refused_or_set_aside_needs_a_look_until_somebody_has_seen_it(
    clinic: ClinicMade, message: Work, state: str, reason: str
) -> None:
    Work.objects.update(state=state, reason=reason)
    assert "Seen" in shown(clinic.staff, show="attention")
    assert "Seen" not in shown(clinic.reader, show="attention")
    client = signed_in(clinic.staff)
    answer = client.post(reverse("message-leave", args=[message.pk]), follow=True).content.decode()
    assert "It no longer stands among what needs a look." in answer
    assert "Nothing needs attention" in answer
    # The message log keeps it, with its reason.
    assert words.reason_words(reason, None) in shown(clinic.staff)
    assert AuditEvent.objects.filter(act="message.seen", subject_id=message.pk).count() == 1
    again = client.post(reverse("message-leave", args=[message.pk]), follow=True)
    assert "Nothing was changed" in again.content.decode()


def test_what_is_set_aside_again_after_another_try_needs_a_look_again(
    clinic: ClinicMade, message: Work
) -> None:
    Work.objects.update(state="poison", reason="crashed")
    message_log.leave(by=clinic.staff, work_id=message.pk)
    message_log.try_again(by=clinic.staff, work_id=message.pk)
    Work.objects.update(state="poison", reason="crashed")
    assert message_log.attention_count(clinic.staff) == 1


def test_of_two_who_decide_at_once_the_second_changes_nothing(clinic: ClinicMade, message: Work) -> None:
    Work.objects.update(state="unknown")
    client = signed_in(clinic.staff)
    client.post(reverse("message-leave", args=[message.pk]))
    answer = client.post(reverse("message-leave", args=[message.pk]), follow=True)
    assert "Nothing was changed" in answer.content.decode()


def test_a_reader_may_not_decide(clinic: ClinicMade, message: Work) -> None:
    Work.objects.update(state="unknown")
    answer = signed_in(clinic.reader).post(reverse("message-leave", args=[message.pk]))
    assert answer.status_code == 403
    message.refresh_from_db()
    assert message.reason == ""


def test_looking_changes_nothing_and_acts_refuse_a_get(clinic: ClinicMade, message: Work) -> None:
    assert signed_in(clinic.staff).get(reverse("message-leave", args=[message.pk])).status_code == 405


@pytest.mark.slow
def test_pages_hold_every_message_once_while_new_ones_arrive(clinic: ClinicMade) -> None:
    for _ in range(5):
        make_patient(clinic.lead)
    first = message_log.messages(clinic.lead, size=2)
    make_patient(clinic.lead)
    second = message_log.messages(clinic.lead, size=2, key=first.next_key)
    third = message_log.messages(clinic.lead, size=2, key=second.next_key)
    seen = [row.id for part in (first, second, third) for row in part.rows]
    assert len(seen) == len(set(seen)) == 5
    assert not third.more


def test_every_kind_of_notice_has_words() -> None:
    assert set(words.WORDS) == set(NOTICES)
