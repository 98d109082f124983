"""Answers: whatever was acknowledged is stored, and what it flags stands in the queue, whoever dies meanwhile."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections

from plans.domain.checkins.response import Response
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.models import CheckIn, CheckInRevision, Flag, Link, ReviewItem, Work
from plans.services import heartbeat, links
from plans.services.checkins import responses, saving, sessions
from tests.faults.harness import Crew, pauses, wait_for
from tests.faults.ledgers import ended
from tests.fixtures.roles import as_owner
from tests.makers import ClinicMade
from tests.makers_checkins import calm
from tests.makers_messages import make_invitations
from tests.present import present

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

SEED = int(os.environ.get("FAULT_SEED", "20261122"))
DANGER = {"s_fit": "yes"}
PATIENTS = 8
KILLS = 4


def checkin_links() -> list[str]:
    return [str(pk) for pk in Link.objects.filter(purpose="checkin").values_list("pk", flat=True)]


def first_page(link_id: str) -> str:
    state = responses.look(sessions.for_link(links.by_id(link_id)))  # type: ignore[arg-type]
    return state.response.pages[0].code


def test_answers_acknowledged_before_a_kill_are_stored_and_flagged_ones_stand_in_the_queue(
    clinic: ClinicMade, crew: Crew, tmp_path: Path
) -> None:
    make_invitations(clinic, PATIENTS)
    Work.objects.all().delete()
    asked = PATIENTS
    ledger = tmp_path / "acknowledged"
    ledger.touch()
    waits = pauses(SEED)
    todo = checkin_links()
    page = first_page(todo[0])
    kills, patience = 0, 3.0
    while todo:
        patients = crew.start("answers", links=todo, page=page, answers=DANGER, ledger=str(ledger))
        time.sleep(next(waits) * patience)
        if patients.alive:
            patients.kill()
            kills += 1
        answered = [line.split() for line in ledger.read_text().splitlines()]
        begun = {link for link, _ in answered}
        # On a busy machine the end may come before the first answer, again and again.
        patience *= 1 if begun & set(todo) else 2
        todo = [link for link in todo if link not in begun]
        if not todo and kills < KILLS:
            # They were all quicker than their end: more of them.
            make_invitations(clinic, PATIENTS, first=asked)
            Work.objects.filter(queue="messages").delete()
            asked += PATIENTS
            todo = [link for link in checkin_links() if link not in begun]
    for link_id, code in answered:
        checkin = CheckIn.objects.get(occasion_id=present(links.by_id(UUID(link_id)).occasion_id))
        items = {
            item
            for one in Response(_ask(checkin), checkin.answers).pages
            if one.code == code
            for item in one.items
        }
        assert items & checkin.answers.keys(), f"page {code} was acknowledged and is not there"
    flagged = set(Flag.objects.filter(severity="urgent").values_list("checkin_id", flat=True))
    assert len(flagged) == asked
    # In the same commit, so not even a second later.
    assert Flag.objects.filter(severity="urgent", item=None).count() == 0
    assert ReviewItem.objects.filter(severity="urgent").count() == asked
    assert Work.objects.filter(queue="alerts").count() == asked


def _ask(checkin: CheckIn) -> QuestionnaireSpec:
    return QuestionnaireSpec.from_json(checkin.form, checkin.form_version)


def test_the_alert_of_a_flagged_answer_goes_out_within_five_seconds(clinic: ClinicMade, crew: Crew) -> None:
    make_invitations(clinic, 1)
    Work.objects.all().delete()
    crew.start("outbox")
    wait_for(lambda: heartbeat.worker_alive("alerts"))
    link_id = checkin_links()[0]
    subject = sessions.for_link(links.by_id(link_id))  # type: ignore[arg-type]
    began = time.monotonic()
    page = first_page(link_id)
    saving.save_page(subject, page=page, posted=calm(subject, page, **DANGER))
    wait_for(lambda: Work.objects.filter(queue="alerts", state="sent").exists())
    wait_for(lambda: ended("alerts"))
    assert time.monotonic() - began < 5
    assert len(crew.receiver.arrived) == 1


def test_the_same_answer_posted_many_times_at_once_is_one_answer_with_one_result(clinic: ClinicMade) -> None:
    make_invitations(clinic, 1)
    Work.objects.all().delete()
    link_id = checkin_links()[0]
    page = first_page(link_id)
    start = threading.Barrier(6)

    def post() -> tuple[object, object]:
        try:
            subject = sessions.for_link(links.by_id(link_id))  # type: ignore[arg-type]
            start.wait(10)
            outcome = saving.save_page(subject, page=page, posted=calm(subject, page, **DANGER))
            return outcome.problems or None, outcome.following and outcome.following.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        seen = set(threads.map(lambda _n: post(), range(6)))
    # A patient who pressed twice, and one whose answer got lost on the way and who pressed again, read the same.
    assert len(seen) == 1
    assert CheckIn.objects.count() == CheckInRevision.objects.count() == 1
    assert Flag.objects.filter(severity="urgent").count() == 1
    assert ReviewItem.objects.filter(severity="urgent").count() == 1
    assert Work.objects.filter(queue="alerts").count() == 1


def test_with_a_full_disk_an_answer_is_refused_whole_and_never_half_kept(clinic: ClinicMade) -> None:
    make_invitations(clinic, 1)
    link_id = checkin_links()[0]
    subject = sessions.for_link(links.by_id(link_id))  # type: ignore[arg-type]
    page = first_page(link_id)
    with as_owner(), connection.cursor() as cursor:
        # What PostgreSQL says when it cannot write any more, at the last row of the answer's transaction.
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON plans_checkinrevision "
            "FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    try:
        with pytest.raises(OperationalError):
            saving.save_page(subject, page=page, posted=calm(subject, page, **DANGER))
        assert (CheckIn.objects.count(), Flag.objects.count(), ReviewItem.objects.count()) == (0, 0, 0)
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full_disk ON plans_checkinrevision")
            cursor.execute("DROP FUNCTION full_disk()")
    saving.save_page(subject, page=page, posted=calm(subject, page, **DANGER))
    assert ReviewItem.objects.get().severity == "urgent"
