"""The patient's day: doses ticked off and undone, a note to the clinic, and what to know about the medicine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from plans.models import AuditEvent, DoseMark, Flag, ReviewItem
from plans.services.plans import pictures
from tests.makers_plans import plan_row
from tests.web.patient_story import FIRST_DAY, MONDAY, Story, give, made, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Story]:
    with time_machine.travel(MONDAY, tick=False):
        yield made()


@pytest.fixture
def phone(story: Story, client: Client) -> Client:
    client.get(f"/p/{story.token}")
    return client


def tick(phone: Client, how: str, **changes: str):
    return phone.post(
        "/p/mark", {"on": "2026-11-23", "time": "night", "drug": "clonazepam", "how": how, **changes}
    )


@pytest.fixture
def known(phone: Client) -> Client:
    give(phone, "1979")
    return phone


def planned(story: Story) -> list[str]:
    from plans.services.plans.queries import schedule_of

    version = plan_row(story.plan.pk).active_version
    assert version is not None
    step = schedule_of(version).step_on(FIRST_DAY)
    assert step is not None
    return [dose.time.value for dose in step.doses]


@pytest.mark.slow
def test_a_dose_is_ticked_off_once_however_often_the_button_is_pressed(story: Story, known: Client) -> None:
    first = planned(story)[0]
    for _time in range(2):
        assert tick(known, "planned", time=first).headers["Location"] == "/p/#h-today"
    assert DoseMark.objects.get().how == "planned"
    assert "You took it." in words(known.get("/p/"))
    assert AuditEvent.objects.filter(act="dose.marked").count() == 1


@pytest.mark.slow
def test_a_tick_can_be_changed_and_taken_back(story: Story, known: Client) -> None:
    first = planned(story)[0]
    tick(known, "other", time=first)
    assert "You took something else." in words(known.get("/p/"))
    tick(known, "", time=first)
    assert not DoseMark.objects.exists()
    assert "I took something else" in words(known.get("/p/"))


@pytest.mark.slow
def test_something_else_on_two_days_of_a_week_reaches_the_queue_once(story: Story, known: Client) -> None:
    first = planned(story)[0]
    tick(known, "other", time=first)
    tick(known, "other", time=first)
    assert not Flag.objects.exists()
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        known.get(f"/p/{story.token}")
        tick(known, "other", time=first, on="2026-11-24")
    flag = Flag.objects.get()
    assert (flag.rule, flag.facts["why"], flag.facts["days"]) == ("H6", "marked", 2)
    assert flag.item is not None
    assert (flag.item.severity, flag.item.facts["code"]) == ("high", "doses_marked")
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        known.get(f"/p/{story.token}")
        tick(known, "other", time=first, on="2026-11-25")
    assert Flag.objects.count() == ReviewItem.objects.count() == 1


@pytest.mark.slow
def test_a_day_whose_every_dose_was_ticked_stands_on_the_clinicians_picture(
    story: Story, known: Client
) -> None:
    for time in planned(story):
        assert not pictures.picture_of(story.plan).taken
        tick(known, "planned", time=time)
    assert [(one.day, one.how) for one in pictures.picture_of(story.plan).taken] == [(FIRST_DAY, "planned")]
    assert "That is all for today" in words(known.get("/p/"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{"on": "2026-11-24"}, {"on": "2026-11-20"}, {"on": "soon"}, {"time": "noon"}, {"drug": "diazepam"}],
    ids=lambda one: next(iter(one.values())),
)
def test_a_dose_the_plan_does_not_have_is_not_ticked(
    story: Story, known: Client, changes: dict[str, str]
) -> None:
    whole = {"time": planned(story)[0], **changes}
    assert tick(known, "planned", **whole).status_code == 422
    assert not DoseMark.objects.exists()


@pytest.mark.slow
def test_a_page_left_open_over_midnight_still_ticks_the_day_it_showed(story: Story, known: Client) -> None:
    with time_machine.travel(MONDAY + timedelta(hours=23), tick=False):
        known.get(f"/p/{story.token}")
        tick(known, "planned", time=planned(story)[0])
    assert DoseMark.objects.get().on == FIRST_DAY


@pytest.mark.slow
def test_without_the_year_of_birth_nothing_is_ticked_and_no_drug_is_named(
    story: Story, phone: Client
) -> None:
    assert "Which year were you born in?" in words(tick(phone, "planned", time=planned(story)[0]))
    assert not DoseMark.objects.exists()
    assert "clonazepam" not in words(phone.get("/p/about")).lower()


@pytest.mark.slow
def test_the_page_of_the_medicine_says_what_never_to_mix_and_where_each_line_comes_from(
    known: Client,
) -> None:
    said = words(known.get("/p/about"))
    for word in (
        "Clonazepam",
        "opioids",
        "alcohol",
        "kratom",
        "other pills to calm you",
        "Never stop all at once",
    ):
        assert word in said
    assert "18 to 50 hours" in said
    assert "Joint Clinical Practice Guideline" in said
    assert "/p/about" in known.get("/p/").content.decode()


@pytest.mark.slow
def test_the_plan_page_offers_a_way_to_say_how_one_feels(known: Client) -> None:
    assert "Tell us how you are" in words(known.get("/p/"))
    assert known.post("/p/tell").headers["Location"].startswith("/c/")


@pytest.mark.slow
def test_from_a_check_in_the_page_names_no_drug(story: Story, known: Client) -> None:
    opened = known.post("/p/tell").headers["Location"]
    known.get(opened)
    said = words(known.get("/c/about"))
    assert "Never with kratom" in said
    assert "clonazepam" not in said.lower()


def grid_of(page: str) -> str:
    """The table of the month, without its tags."""
    table = page.split('<table class="month">')[1].split("</table>", maxsplit=1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", table).split())


@pytest.mark.slow
def test_the_month_says_which_days_are_behind_and_when_the_dose_changes(story: Story, known: Client) -> None:
    for time in planned(story):
        tick(known, "planned", time=time)
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        known.get(f"/p/{story.token}")
        tick(known, "other", time=planned(story)[0], on="2026-11-24")
        month = grid_of(known.get("/p/").content.decode())
    assert "23 , taken" in month
    assert "24 , today, something else taken" in month
    with time_machine.travel(MONDAY + timedelta(days=9), tick=False):
        known.get(f"/p/{story.token}")
        assert "7 , dose goes down" in grid_of(known.get("/p/").content.decode())


@pytest.mark.slow
def test_a_day_ticked_in_part_is_not_called_taken(story: Story, known: Client) -> None:
    assert len(planned(story)) == 2
    tick(known, "planned", time=planned(story)[0])
    assert "taken" not in grid_of(known.get("/p/").content.decode())


@pytest.mark.slow
def test_weeks_begin_as_the_patients_country_writes_them(story: Story, known: Client) -> None:
    assert grid_of(known.get("/p/").content.decode()).startswith("This month")
    head = known.get("/p/").content.decode().split("<thead>")[1].split("</thead>")[0]
    assert re.findall(r'title="(\w+)"', head)[0] == "Sunday"


@pytest.mark.slow
def test_only_the_next_dose_has_the_main_button_and_a_tick_says_when(story: Story, known: Client) -> None:
    page = known.get("/p/").content.decode()
    assert page.count('class="btn main" name="how"') == 1
    tick(known, "planned", time=planned(story)[0])
    page = known.get("/p/").content.decode()
    assert "Ticked at 10:00\u00a0am" in page
    assert page.count('class="btn main" name="how"') == 1


@pytest.mark.slow
def test_the_choices_of_day_time_and_language_are_one_press_away(known: Client) -> None:
    assert "Change day, time or language" in words(known.get("/p/"))
    for address in ("/p/mail", "/p/tell", "/p/mark", "/p/fact"):
        shown = known.get(address)
        assert shown.status_code == 405
        assert "Go back and press the button there." in words(shown)
        assert 'href="/p/"' in shown.content.decode()
    opened = known.post("/p/mail").headers["Location"]
    assert opened == known.post("/p/mail").headers["Location"]
    known.get(opened)
    assert "When should we ask how you are?" in words(known.get("/m/"))
