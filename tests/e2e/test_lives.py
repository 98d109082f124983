"""An interrupted plan in a real browser: every page, message and document of each day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from plans.services import clock
from tests.channels.email.scripted import scripted
from tests.e2e.days import Day, Life
from tests.makers import make_clinic, make_patient
from tests.web.browsing import follow

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True),
]  # fmt: skip

BEGINS, DAY = date(2026, 11, 23), timedelta(days=1)
DESK = ("caseload", "plan", "record")
NEW_PHONE = "A new phone or computer opened your pages"
HAND = ("patient's page", "patient's calendar", "feed", "code")
A_DOSE = r"\d ?mg\b|alprazolam|diazepam"
NEVER_AT_A_DOSE = (
    r"\bstopped\b(?! all at once)|\bis over\b|, over\b|in follow-up|follow-up check-in|last day of this plan"
    r"|without a plan|your plan is finished"
)


@pytest.fixture
def life(monkeypatch: Any, settings: Any, make_page: Any) -> Iterator[Life]:
    """A patient on alprazolam 0.25 mg twice a day, without a plan, on the Monday on which it is made."""
    with scripted() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 30
        made = Life(make_page, server, BEGINS)
        monkeypatch.setattr(clock, "offset", made.ahead)
        clinic = make_clinic(name="Harbour Clinic")
        made.belongs_to(clinic, make_patient(clinic.primary, name="Wren Story", preferred_name="Wren"))
        yield made


def the_switch_is_planned(life: Life) -> None:
    page = life.desk
    page.goto(f"/patients/{life.patient.pk}/plan/new")
    page.select_option("#f-drug_a", "alprazolam")
    page.fill("#f-a_morning", "0.25")
    page.fill("#f-a_night", "0.25")
    page.select_option("#f-method", "fixed_amount")
    page.wait_for_selector("#f-amount", state="visible")
    page.fill("#f-amount", "2")
    page.fill("#f-interval", "14")
    page.locator("summary", has_text="Switch to a long-acting drug").click()
    page.select_option("#f-cross_to", "diazepam")
    page.fill("#f-cross_days", "7")
    page.locator("#result td", has_text="diazePAM\u00a010\u00a0mg").first.wait_for()
    follow(page, page.get_by_role("button", name="Issue plan"))
    page.wait_for_selector(".errors")
    for reason in page.locator("textarea[name^=reason_]").all():
        reason.fill("Agreed with the patient; we speak every week.")
    for box in page.locator("input[name=signed], input[name=confirmed]").all():
        box.check()
    life.read(page, "the form")
    follow(page, page.get_by_role("button", name="Issue plan"))
    page.wait_for_selector("text=Version 1 is issued")
    life.asks_for_the_pharmacy_sheet()


def is_admitted(life: Life, since: date, ask_on: date) -> None:
    page = life.desk
    page.goto(f"/patients/{life.patient.pk}/care")
    page.check("input[name=care_state][value=admitted]")
    page.fill("#id_on", since.isoformat())
    page.fill("#id_ask_on", ask_on.isoformat())
    page.fill("#id_care_note", "Her sister rang: a fall, ward 4.")
    life.read(page, "admitted")
    follow(page, page.get_by_role("button", name="Save"))


def comes_home(life: Life, since: date) -> str:
    """Home on the dose of the ward; what the page said would change before it was done."""
    page = life.desk
    page.goto(f"/plans/{life.plan.pk}/go-on")
    takes(page, "o", "diazepam", morning="5", night="7")
    page.select_option("#o-drug_b", "")
    page.fill("#o-b_night", "")
    page.fill("#o-since", since.isoformat())
    page.select_option("#o-told_by", "ward")
    page.fill("#o-note", "Letter of the ward: the switch was finished there.")
    follow(page, page.locator("button.btn", has_text="Show what will change"))
    seen = life.read(page, "return looked at")
    follow(page, page.get_by_role("button", name="Record the return and continue"))
    page.wait_for_selector("text=Version 3 is in force")
    life.asks_for_the_pharmacy_sheet()
    return seen


def takes(page: Any, form: str, drug: str, **doses: str) -> None:
    page.select_option(f"#{form}-drug_a", drug)
    for when in ("morning", "midday", "evening", "night"):
        page.fill(f"#{form}-a_{when}", doses.get(when, ""))


def takes_more(life: Life, since: date) -> None:
    page = life.desk
    page.goto(f"/plans/{life.plan.pk}/taken")
    takes(page, "t", "diazepam", morning="5", night="9")
    page.fill("#t-from_day", since.isoformat())
    page.select_option("#t-told_by", "patient")
    page.fill("#t-note", "Could not sleep; took one 2 mg tablet more.")
    follow(page, page.get_by_role("button", name="Record this dose"))
    page.wait_for_selector("text=Recorded. The plan itself has not changed.")


def goes_on(life: Life) -> str:
    """Go on from what is taken; what the page said would change before it was done."""
    page = life.desk
    page.goto(f"/plans/{life.plan.pk}/go-on")
    page.fill("#o-note", "Agreed on the telephone: fourteen, then down as before.")
    follow(page, page.locator("button.btn", has_text="Show what will change"))
    seen = life.read(page, "going on looked at")
    follow(page, page.get_by_role("button", name="Continue from here"))
    page.wait_for_selector("text=Version 4 is in force")
    life.asks_for_the_pharmacy_sheet()
    return seen


def stays(life: Life, review_on: date) -> None:
    page = life.desk
    page.goto(f"/plans/{life.plan.pk}/change?act=stop_here")
    page.fill("#r-review_on", review_on.isoformat())
    page.fill("#r-note", "She is well on 2 mg and wants to stay there.")
    life.read(page, "staying looked at")
    follow(page, page.locator("#change-go"))
    page.wait_for_selector("text=Version 5 is in force")
    life.asks_for_the_pharmacy_sheet()


def moves_away(life: Life) -> None:
    page = life.desk
    page.goto(f"/patients/{life.patient.pk}/care")
    page.check("input[name=care_state][value=transferred]")
    page.fill("#id_prescriber", "Dr N. Practice, Hill Street")
    page.fill("#id_prescriber_phone", "555-0190")
    page.fill("#id_care_note", "Moved to the coast; letter sent.")
    follow(page, page.get_by_role("button", name="Save"))


def no_mail_tells_anything(day: Day) -> None:
    for subject, text in day.mail:
        assert not re.search(rf"{A_DOSE}|hospital|taper|withdraw", subject + text, re.IGNORECASE), subject


def before_the_switch(life: Life) -> None:
    day = life.look_around()
    day.says("ALPRAZolam 0.5 mg", at=DESK)
    day.says("ALPRAZolam 0.25 mg + diazePAM 5 mg", at=("plan", "record"))
    day.never_says("diazePAM 5 mg", at=("caseload",))
    day.says("Monday 30 November: alprazolam 0.25 mg and diazepam 5 mg a day", at=("patient's page",))
    day.says("SWITCH", at=("patient's calendar", "clinic's calendar", "feed", "calendar document"))
    day.says("0.25 mg alprazolam 5 mg diazepam", at=("pharmacy document",))
    day.says("CURRENT", at=("code of version 1",))
    day.says("No open items", at=("queue",))
    assert day.subjects == ["Your calendar is ready"]
    no_mail_tells_anything(day)


def within_the_switch(life: Life) -> None:
    day = life.look_around()
    day.says("ALPRAZolam 0.25 mg + diazePAM 5 mg", at=DESK)
    day.says("diazePAM 10 mg", at=("plan", "record"))
    day.says("Your medicines: alprazolam, diazepam", at=("patient's page",))
    day.says("Morning alprazolam 0.25 mg", "Night diazepam 5 mg", at=("patient's page",))
    day.says("Monday 7 December: diazepam 10 mg a day", at=("patient's page",))
    day.says("SWITCH. alprazolam: 0.25 mg in the morning; diazepam: 5 mg at night", at=("feed",))
    for place in ("patient's calendar", "clinic's calendar", "calendar document"):
        day.says("SWITCH", at=(place,))
    # The phone was new when the year was given on it; known since, it is never announced again.
    assert day.subjects.count(NEW_PHONE) == 1
    assert set(day.subjects) == {NEW_PHONE, "Your check-in is ready"}
    no_mail_tells_anything(day)


def in_hospital(life: Life) -> None:
    day = life.look_around()
    day.says("In hospital since 2 Dec", "last known dose ALPRAZolam 0.25 mg + diazePAM 5 mg", at=DESK[:1])
    day.says(
        "In hospital since 2 December 2026; last known dose ALPRAZolam 0.25 mg + diazePAM 5 mg",
        "Record the return",
        at=("plan", "record", "item tell_pharmacy"),
    )
    day.says("Ask the ward on 5 December 2026.", at=("plan", "record"))
    day.never_says("Hold H|Step back B|Slow down S|Print calendar|Next change [A-Z0-9]", at=("plan",))
    day.says("Check-in messages are paused until the return from hospital is recorded", at=("record",))
    day.says("tell the pharmacy that the plan is paused", at=("queue", "plan", "record"))
    the_ward_decides(day)
    assert day.mail == []


def the_ward_decides(day: Day) -> None:
    day.says("ward", "decides what you take", "Do not stop suddenly", at=("feed",))
    day.says("The hospital ward now decides what you take.", "Do not stop suddenly", at=("patient's", "code"))
    # The feed names the days before the stay by their steps.
    day.never_says(A_DOSE, at=HAND)
    day.never_says("CURRENT", at=("code",))
    day.says("there is no calendar to print", at=("clinic's calendar",))
    assert [name for name in day.said if name.endswith("document")] == []


def the_ward_is_asked(life: Life) -> None:
    day = life.look_around()
    day.says("ask the ward about the dose and the discharge date", at=("queue", "record", "item ask_ward"))
    the_ward_decides(day)
    assert day.mail == []


def home_on_a_higher_dose(life: Life, shown: str) -> None:
    assert (
        "From 8 December 2026 the dose is higher than the plan said: diazePAM 12 mg a day, "
        "not ALPRAZolam 0.25 mg + diazePAM 5 mg. Pages say HIGHER DOSE. Your note is kept as the reason."
    ) in shown
    day = life.look_around()
    day.says("diazePAM 12 mg", at=DESK)
    day.never_says("In hospital since", at=("caseload", "record", "queue"))
    day.says(
        "Back from hospital: continues from diazePAM 12 mg a day.",
        "the switch was finished there",
        "Supply planned until 4 Jan 2027",
        at=("plan",),
    )
    day.says("diazePAM 5 mg morning, 7 mg night", "reported by the ward", at=("taken",))
    day.says("tell the pharmacy that the plan goes on", at=("queue", "plan", "item tell_pharmacy_back"))
    day.never_says("the plan is paused|ask the ward", at=("queue", "item"))
    day.says("Morning diazepam 5 mg", "Night diazepam 7 mg", at=("patient's page",))
    day.never_says("alprazolam", at=("patient's page",))
    day.says("HIGHER DOSE", at=("patient's calendar", "clinic's calendar", "feed", "calendar document"))
    day.says("Replaces version 1", at=("calendar document", "pharmacy document", "clinic's calendar"))
    day.says("Version 1 said", "Cancel prescriptions of version 1", at=("pharmacy document",))
    day.never_says("version 2", at=("calendar document", "pharmacy document", "clinic's calendar"))
    day.says("REPLACED ON", "Throw it away", at=("code of version 1",))
    day.says("CURRENT", at=("code of version 3",))
    assert day.subjects == ["Your calendar has changed"]
    no_mail_tells_anything(day)


def another_dose_on_record(life: Life) -> None:
    day = life.look_around()
    for place in (*DESK, "clinic's calendar", "taken"):
        assert "takes diazePAM 14 mg, plan says diazePAM 12 mg" in day.said[place].replace(
            "Takes", "takes"
        ), place
    day.says("diazePAM 5 mg morning, 9 mg night", "reported by the patient", at=("plan", "record"))
    day.says("You take a different dose from this plan", at=("patient's page", "patient's calendar"))
    day.never_says(A_DOSE, at=HAND)
    day.says("You take a different dose from this page", at=("code of version 3",))
    day.says(
        "Taken since 13 December 2026: diazepam: 5 mg in the morning and 9 mg at night. Ask the clinic",
        at=("pharmacy document",),
    )
    no_mail_tells_anything(day)


def gone_on_from_there(life: Life, shown: str) -> None:
    assert "higher than the plan said: diazePAM 14 mg a day, not diazePAM 12 mg." in shown
    day = life.look_around("goes on")
    day.says("diazePAM 14 mg", at=DESK)
    day.never_says("takes diazePAM 14 mg", at=DESK)
    day.says("Continues from diazePAM 14 mg a day; the plan said diazePAM 12 mg.", at=("plan",))
    day.says("Earlier records", "diazePAM 5 mg morning, 9 mg night", at=("taken",))
    day.says("Morning diazepam 5 mg", "Night diazepam 9 mg", at=("patient's page",))
    day.says("HIGHER DOSE", at=("patient's calendar", "clinic's calendar", "feed", "calendar document"))
    day.says("Replaces version 3", at=("calendar document", "pharmacy document", "clinic's calendar"))
    day.never_says("another dose than this sheet says", at=("pharmacy document",))
    day.says("REPLACED ON", at=("code of version 1", "code of version 3"))
    day.says("CURRENT", at=("code of version 4",))
    assert day.subjects == ["Your calendar has changed"]
    no_mail_tells_anything(day)


def at_two_for_good(life: Life) -> None:
    # A change that touches neither today nor tomorrow is told within the hour.
    life.move_to(life.now + timedelta(minutes=61))
    day = life.look_around()
    day.says("diazePAM 2 mg", "maintenance since 9 Mar 2027", "Review 1 Jun", at=("caseload",))
    # The review date is changed under "More".
    day.says("Stays at diazePAM 2 mg", "review 1 Jun 2027", "More", at=("plan",))
    day.says("stays review 1 Jun 2027", "At maintenance", at=("record",))
    day.says(
        "Your dose stays the same",
        "Keep taking diazepam 2 mg a day, until your review on Tuesday 1 June 2027.",
        at=("patient's page",),
    )
    day.says(
        "Do not stop: keep taking 2 mg at night. Your review is on 1 June 2027.",
        "You will get the next pages before 30 June 2027.",
        at=("patient's calendar", "clinic's calendar", "calendar document"),
    )
    day.says("Last day 22 March 2027 none: the dose stays", at=("pharmacy document",))
    stays_and_nothing_ended(day)
    day.says("CURRENT", at=("code of version 5",))
    assert day.subjects[-1] == "Your calendar has changed"
    no_mail_tells_anything(day)


def stays_and_nothing_ended(day: Day) -> None:
    day.says("diazePAM 2 mg", at=DESK)
    day.says("diazepam: 2 mg at night", at=("feed",))
    day.says("Fills on this sheet; the dose goes on", at=("pharmacy document",))
    day.never_says(
        NEVER_AT_A_DOSE,
        at=("patient's", "feed", "code", "clinic's calendar", "calendar document", "record"),
    )


def months_later(life: Life) -> None:
    day = life.look_around()
    stays_and_nothing_ended(day)
    day.says("maintenance since 9 Mar 2027", at=("caseload",))
    day.says("Maintenance dose: review due", at=("queue", "record", "item review_due"))
    day.says("Keep taking diazepam 2 mg a day.", at=("patient's page",))
    day.never_says("until your review on", at=("patient's page",))
    assert "The next pages of your calendar are ready" in day.subjects
    no_mail_tells_anything(day)


def has_moved(life: Life) -> None:
    day = life.look_around("moved")
    day.never_says("Wren Story", at=("caseload",))
    day.says("Moved to other care since 28 June 2027", "Dr N. Practice, Hill Street", at=("plan", "record"))
    day.never_says(
        "Hold H|Step back B|More changes|New plan|Takes a different dose|Print calendar|Check-in by phone",
        at=("plan", "record"),
    )
    day.says(
        "Your plan with us has ended",
        "Do not stop suddenly",
        "Dr N. Practice, Hill Street",
        "555-0190",
        at=("patient's", "code"),
    )
    day.says("Do not stop suddenly", at=("feed",))
    day.never_says(A_DOSE, at=HAND)
    day.never_says("stays review|Stopped", at=("record",))
    day.never_says("CURRENT", at=("code",))
    day.says("there is no calendar to print", at=("clinic's calendar",))
    assert [name for name in day.said if name.endswith("document")] == []
    assert day.mail == []


def test_a_life_that_does_not_go_straight_down(life: Life) -> None:
    life.sign_in()
    the_switch_is_planned(life)
    before_the_switch(life)
    life.live_until(BEGINS + 7 * DAY)
    within_the_switch(life)

    life.live_until(BEGINS + 10 * DAY)
    is_admitted(life, since=BEGINS + 9 * DAY, ask_on=BEGINS + 12 * DAY)
    in_hospital(life)
    life.live_until(BEGINS + 12 * DAY)
    the_ward_is_asked(life)

    life.live_until(BEGINS + 15 * DAY)
    shown = comes_home(life, since=BEGINS + 13 * DAY)
    home_on_a_higher_dose(life, shown)
    life.settles("tell_pharmacy_back")
    life.live_until(BEGINS + 22 * DAY)
    takes_more(life, since=BEGINS + 20 * DAY)
    another_dose_on_record(life)
    gone_on_from_there(life, goes_on(life))

    while life.dose != "diazepam 2":
        life.live_until(life.today + 7 * DAY, every=7)
    stays(life, life.today + 84 * DAY)
    at_two_for_good(life)
    life.live_until(life.today + 105 * DAY, every=7)
    months_later(life)

    waiting = life.puts_a_reminder_in_the_outbox()
    moves_away(life)
    assert life.reason_of(waiting) == ("skipped", "transferred")
    has_moved(life)
