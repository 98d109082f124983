"""A Monday of twelve items at the real pages, counted in presses and page loads; docs/review-queue.md says how many.

A press is one of a link, a button, a box or a heading that opens, or a choice from a list; typing is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import transaction
from django.urls import reverse

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services.checkins.flag_store import keep
from tests.e2e.test_ten_days import Desk, on_a_plan
from tests.makers import ClinicMade, make_patient
from tests.web.browsing import expect, follow, sign_in

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True),
]  # fmt: skip

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "review-queue.md"
WITHOUT: Final = "Eight of one kind that need nothing, two more routine, two high"
WITH: Final = "Twelve, each with a call and a step back"


class Counting(Desk):
    """A desk that counts page loads, and a choice from a list as a press."""

    loads = 0

    def press(self, what: Any) -> None:
        """Press something that leads to another page."""
        self.clicks += 1
        self.loads += 1
        follow(self.page, what)

    def choose(self, place: str, value: str) -> None:
        """Choose from a list."""
        self.clicks += 1
        self.page.select_option(place, value)


def raise_item(clinic: ClinicMade, patient: Any, rule: str, priority: str, key: str) -> ReviewItem:
    """An item about a patient with a flag of a rule."""
    with transaction.atomic():
        finding = FlagFinding(rule, 1, FlagPriority(priority), facts={"in_a_row": 1, "why": "extra"})
        flags = keep((finding,), patient=patient, now=clock.now(), marks=key)
        return review.open_item(
            clinic_id=clinic.id, patient=patient, plan=None, source="checkin", source_key=key, priority=priority,
            facts={}, flags=flags, now=clock.now(),
        )  # fmt: skip


def table() -> dict[str, tuple[int, int]]:
    """Presses and page loads, as the page says."""
    rows = re.findall(
        r"^\| ([^|]+?) \| (\d+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    return {name: (int(presses), int(loads)) for name, presses, loads in rows}


def without_calls(desk: Counting) -> None:
    clinic = desk.clinic
    for n in range(12):
        rule, priority = ("R5", "routine") if n < 8 else ("R7", "routine") if n < 10 else ("H6", "high")
        raise_item(clinic, make_patient(clinic.primary), rule, priority, f"one:{n}")
    desk.begins_at(reverse("queue"))
    desk.tick(desk.page.locator("#together summary"))
    desk.press(desk.link("Missed check-in: 8"))
    desk.press(desk.button("End the ticked items"))
    expect(desk.page.locator("main")).to_contain_text("8 items resolved")
    desk.press(desk.button(re.compile("Claim the next")).first)
    for n in range(4):
        if n < 2:
            desk.choose("#id_end-outcome", "nothing_to_do")
        desk.press(desk.button("End it and claim the next"))
    assert (
        not ReviewItem.objects.filter(clinic_id=clinic.id, patient__isnull=False)
        .exclude(state="resolved")
        .exists()
    )


def with_calls(desk: Counting) -> None:
    clinic = desk.clinic
    for n in range(12):
        patient, _plan = on_a_plan(clinic, f"Monday{n} Storyline")
        raise_item(clinic, patient, "H7", "high", f"two:{n}")
    others = ReviewItem.objects.filter(clinic_id=clinic.id).exclude(source_key__startswith="two:")
    for item in others.exclude(state="resolved"):
        review.claim(by=clinic.primary, item_id=item.pk)
        item.refresh_from_db()
        review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=item.lock, outcome="duplicate", note="x")
    desk.begins_at(reverse("queue"))
    desk.press(desk.button(re.compile("Claim the next")).first)
    for _n in range(12):
        desk.tick(desk.page.locator("input[name='act-act'][value=step_back]"))
        desk.page.fill("#id_act-act_note", "Fell twice since the cut.")
        expect(desk.page.locator("#act-go")).to_contain_text("Step back")
        desk.press(desk.page.locator("#act-go"))
        desk.choose("#id_end-called", "reached")
        desk.press(desk.button("End it and claim the next"))
    ended = ReviewItem.objects.filter(clinic_id=clinic.id, source_key__startswith="two:")
    assert {(item.state, item.outcome) for item in ended} == {("resolved", "plan_changed")}
    assert all(item.events.filter(kind="called").count() == 1 for item in ended)


def test_twelve_items_take_the_presses_that_the_page_says(
    make_page: Callable[..., Any], clinic: ClinicMade
) -> None:
    counted = {}
    page = make_page()
    sign_in(page, clinic.primary)
    for name, monday in ((WITHOUT, without_calls), (WITH, with_calls)):
        desk = Counting(page, clinic)
        monday(desk)
        counted[name] = (desk.clicks, desk.loads)
    assert counted[WITHOUT][0] < 20
    assert counted[WITHOUT][1] < 14
    assert counted[WITH][0] < 50
    assert counted == table()
