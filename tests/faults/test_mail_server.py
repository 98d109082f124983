"""Mail servers that put off, refuse, drop, fall silent or are away for a day."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from plans.domain.notices import backoff
from plans.models import Patient, ReviewItem, Work
from plans.services import clock
from tests.faults.harness import Crew, wait_for
from tests.faults.ledgers import check, ended
from tests.faults.receiver import DROP, SILENT, Receiver
from tests.makers import ClinicMade
from tests.makers_messages import canary, make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def put_off(count: int = 1) -> bool:
    return Work.objects.filter(state="pending", try_at__gt=clock.real_now()).count() == count


def the_wait_is_over() -> None:
    Work.objects.filter(state="pending").update(try_at=None)


def test_a_greylisted_message_is_tried_again_with_growing_pauses_and_goes_once(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 1)
    receiver.script.queue = [("rcpt", "451 greylisted")] * 3
    crew.start("outbox")
    for tries in (1, 2, 3):
        wait_for(put_off)
        row = Work.objects.get()
        assert (row.reason, row.smtp_code, row.attempts) == ("later", 451, tries)
        assert row.try_at is not None
        assert row.try_at - clock.real_now() > backoff("later", tries) - timedelta(seconds=30)
        the_wait_is_over()
    wait_for(ended)
    assert Work.objects.get().state == "sent"
    assert check(receiver).clean


def test_a_refused_address_is_not_tried_again_and_stands_in_the_queue(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 3)
    bad = f"{canary(1).lower()}@mail.example.org"
    receiver.script.mood = lambda step, to: "550 5.1.1 no such user" if step == "rcpt" and to == bad else None
    crew.start("outbox")
    wait_for(ended)
    row = Work.objects.get(state="rejected")
    assert (row.reason, row.smtp_code, row.attempts) == ("address_refused", 550, 1)
    assert Patient.objects.get(email=bad).email_state == "bounced"
    assert ReviewItem.objects.get(source="mail").patient_id == row.patient_id
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong
    assert len(receiver.arrived) == 2


@pytest.mark.parametrize(
    ("step", "answer", "state", "reason", "arrived"),
    [
        ("mail", "421 too busy", "pending", "later", 0),
        ("data", DROP, "pending", "dropped", 0),
        # The final dot was sent before we could learn that it was not accepted.
        ("body", DROP, "unknown", "no_answer_after_dot", 0),
        ("dot", "452 no room", "pending", "later", 0),
        ("dot", "552 too big", "rejected", "message_refused", 0),
        ("dot", DROP, "unknown", "no_answer_after_dot", 1),
        ("dot", SILENT, "unknown", "no_answer_after_dot", 1),
    ],
)
def test_the_outcome_of_a_message_is_decided_by_the_phase(
    clinic: ClinicMade,
    receiver: Receiver,
    crew: Crew,
    step: str,
    answer: str,
    state: str,
    reason: str,
    arrived: int,
) -> None:
    make_invitations(clinic, 1)
    receiver.script.queue = [(step, answer)]
    # Only a silent server is waited for: a late answer on a busy machine must not be taken for silence.
    crew.start("outbox", settings={"EMAIL_TIMEOUT": 4 if answer == SILENT else 30})
    wait_for(lambda: Work.objects.exclude(reason="").exists())
    row = Work.objects.get()
    assert (row.state, row.reason) == (state, reason)
    assert len(receiver.arrived) == arrived
    assert check(receiver).clean


def test_an_answer_to_quit_that_never_comes_changes_nothing(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 2)
    receiver.script.answers["quit"] = DROP
    crew.start("outbox")
    wait_for(ended)
    verdict = check(receiver)
    assert (verdict.clean, verdict.unknown) == (True, 0)


def test_a_black_hole_costs_a_pause_and_no_message(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 3)
    receiver.script.answers["greeting"] = SILENT
    crew.start("outbox", settings={"EMAIL_TIMEOUT": 4})
    wait_for(lambda: put_off(3))
    assert set(Work.objects.values_list("reason", flat=True)) == {"unreachable"}
    del receiver.script.answers["greeting"]
    the_wait_is_over()
    wait_for(ended)
    assert check(receiver).clean


def test_one_silent_conversation_holds_up_neither_the_tick_nor_another_worker(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 40)
    receiver.script.queue = [("rcpt", SILENT)]
    crew.start("sender")
    wait_for(lambda: not receiver.script.queue)
    began = time.monotonic()
    crew.start("sender")
    # Nine stand claimed behind the silent one.
    wait_for(lambda: len(receiver.arrived) >= 30)
    assert time.monotonic() - began < 10


def test_messages_that_a_dead_server_made_late_become_items_and_not_a_burst(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 5)
    receiver.stop()
    crew.start("outbox")
    wait_for(lambda: put_off(5))
    # A day and more later: their check-ins have closed meanwhile.
    Work.objects.update(
        due_at=clock.now() - timedelta(days=4), not_after=clock.now() - timedelta(days=1), try_at=None
    )
    wait_for(ended)
    receiver.start(receiver.port)
    make_invitations(clinic, 1, first=5)
    wait_for(ended)
    assert sorted(Work.objects.values_list("state", flat=True)) == ["sent"] + ["skipped"] * 5
    assert set(Work.objects.filter(state="skipped").values_list("reason", flat=True)) == {"late"}
    assert ReviewItem.objects.filter(source="mail").count() == 5
    assert len(receiver.arrived) == 1
    assert check(receiver).clean
