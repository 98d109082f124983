"""What clinicians see of check-ins: history, answers side by side, and a sentence for every rule."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import time

import pytest
from django.db import connection

from plans.domain.checkins import flags
from plans.domain.checkins.hours import OpeningSpan, spans
from plans.domain.errors import NotAllowed, NotFound
from plans.models import CheckIn, CheckInRevision, Occasion, ReviewItem
from plans.services import reminders
from plans.services.checkins import queries, saving, sessions
from plans.wording.checkins import clock_text, hours_text, read_line
from plans.wording.flags import flag_sentence
from tests.makers import HOURS, make_clinic
from tests.makers_checkins import START, Asked, answer_all, asked, calm, on, opened


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def weekly(story: Asked, **changes: str) -> CheckIn:
    occasion = Occasion.objects.filter(plan=story.plan, purpose="weekly", state="planned").order_by("due_at")[
        0
    ]
    with on(occasion.due_at):
        reminders.tick(occasion.due_at)
        answer_all(sessions.for_link(opened(story.clinic, occasion).link), **changes)
    return CheckIn.objects.get(occasion=occasion)


@pytest.mark.slow
@pytest.mark.django_db
def test_answers_stand_beside_the_last_and_the_first_with_their_change_and_their_flag(story: Asked) -> None:
    answer_all(sessions.for_link(story.link), sx_sleep="1")
    weekly(story, sx_sleep="2")
    now = weekly(story, sx_sleep="4", opioid="yes")
    table = queries.answers_table(now.pk)
    rows = {row.item.code: row for row in table.rows}
    sleep = rows["sx_sleep"]
    assert (sleep.now, sleep.last, sleep.first, sleep.change, sleep.severity) == ("4", "2", "1", 2, "high")
    assert (rows["opioid"].new, rows["opioid"].severity) == (True, "high")
    assert (rows["sx_numb"].change, rows["sx_numb"].severity) == (0, "")
    assert [row.item.code for row in table.flagged] == ["sx_sleep", "opioid"]
    assert (table.first_on, table.last_on) == (
        story.occasion.local_date,
        Occasion.objects.filter(plan=story.plan, purpose="weekly", state="answered")
        .order_by("local_date")[0]
        .local_date,
    )


@pytest.mark.slow
@pytest.mark.django_db
def test_history_holds_totals_symptoms_and_what_was_missed(story: Asked) -> None:
    answer_all(sessions.for_link(story.link), phq_1="2", phq_2="2")
    gone = Occasion.objects.filter(plan=story.plan, purpose="weekly").order_by("due_at")[0]
    for moment in (gone.due_at, gone.closes_at):
        with on(moment):
            reminders.tick(moment)
    points = queries.history(story.plan.pk)
    assert [(point.state, point.on) for point in points] == [
        ("submitted", story.occasion.local_date), ("missed", gone.local_date),
    ]  # fmt: skip
    assert points[0].totals["phq9"] == 4
    assert points[0].severity == "routine"


@pytest.mark.slow
@pytest.mark.django_db
def test_a_response_of_another_clinic_is_not_there(story: Asked) -> None:
    answer_all(sessions.for_link(story.link))
    key = CheckIn.objects.get().pk
    assert queries.response_detail(story.clinic.reader, key).flags == ()
    with pytest.raises(NotFound):
        queries.response_detail(make_clinic().lead, key)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_reader_enters_nothing_and_another_clinic_reaches_nobody(story: Asked) -> None:
    with pytest.raises(NotAllowed):
        sessions.by_phone(story.clinic.reader, story.patient.pk)
    with pytest.raises(NotFound):
        sessions.by_phone(make_clinic().staff, story.patient.pk)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_the_same_moment_are_one_response_one_revision_and_one_item() -> None:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        subject = sessions.for_link(made.link)
        posted = calm(subject, "safety_a", s_fit="yes")
        gate = threading.Barrier(2)

        def tap() -> None:
            try:
                gate.wait()
                saving.save_page(subject, page="safety_a", posted=posted)
            finally:
                connection.close()

        taps = [threading.Thread(target=tap) for _tap in range(2)]
        for one in taps:
            one.start()
        for one in taps:
            one.join()
    assert (CheckIn.objects.count(), CheckInRevision.objects.count(), ReviewItem.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("rule", [*(rule.code for rule in flags.RULES), "H9", "R5", "M2", "M4", "X0"])
def test_every_rule_has_a_sentence_that_ends(rule: str) -> None:
    facts = {
        "total": 20, "rise": 5, "fall": 5, "why": "level", "items": [], "totals": {"phq2": 4}, "in_a_row": 2,
        "level": 2, "new": ["opioid"], "rule": "H1",
    }  # fmt: skip
    if rule == "H3":
        facts["items"] = [{"item": "sx_sleep", "now": 4, "was": 2}]
    said = flag_sentence(rule, facts)
    assert said
    assert "%(" not in said
    assert "fired" not in said


def test_hours_are_said_as_people_of_the_country_say_them() -> None:
    week = spans(HOURS)
    assert week == (OpeningSpan(0, 4, time(8), time(17)),)
    assert hours_text(week, "US").replace("\u00a0", " ") == "Monday to Friday, 8 am to 5 pm"
    assert hours_text(spans({"mon": ["08:00", "12:30"], "wed": ["09:00", "17:00"]}), "GB") == (
        "Monday, 08:00 to 12:30; Wednesday, 09:00 to 17:00"
    )
    assert clock_text(time(0, 5), "US") == "12:05\u00a0am"
    assert "straight away" in read_line((), "US")
