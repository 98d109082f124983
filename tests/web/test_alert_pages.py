"""What pages say of alerts: a folded history, the signs of a clock, close watch and digest in the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.domain.checkins.close_watch import OFF_BY_DEFAULT, WatchRule
from plans.models import ReviewItem
from plans.services import close_watch, review
from plans.services.review import digest
from plans.wording.close_watch import RULES
from tests.makers import ClinicMade
from tests.web.markup import tight
from tests.web.plan_form_help import as_member

pytestmark = pytest.mark.django_db
PAGE = "/settings/close-watch"
USUAL = [rule.value for rule in WatchRule if rule not in OFF_BY_DEFAULT]


@pytest.fixture
def lead(clinic: ClinicMade) -> Client:
    return as_member(Client(), clinic.lead)


def page(client: Client, path: str) -> str:
    return tight(client.get(path).content.decode())


@pytest.mark.slow
def test_alerts_in_a_row_are_one_line_with_each_of_them_behind_it(
    lead: Client, clinic: ClinicMade, item: ReviewItem
) -> None:
    for minutes in (5, 15, 20):
        review.escalate_due(item.opened_at + timedelta(minutes=minutes))
    review.add_note(by=clinic.staff, item_id=item.pk, seen_lock=item.lock, note="The sister rang.")
    said = page(lead, f"/items/{item.pk}")
    # The note was written just after the first of four.
    assert said.count("Alerted 3 times, last ") == 1
    folded = said.partition("Each of them")[2].partition("</details>")[0]
    assert folded.count("Alert sent to ") == 3
    assert "The sister rang." in said


@pytest.mark.slow
def test_queue_and_item_say_how_much_of_the_time_is_gone(lead: Client, item: ReviewItem) -> None:
    for share, words in (
        (0.4, ""),
        (0.6, "half the time is gone"),
        (0.9, "four fifths of the time are gone"),
    ):
        whole = timedelta(hours=1)
        ReviewItem.objects.filter(pk=item.pk).update(
            opened_at=item.opened_at - share * whole, first_action_due=item.opened_at + (1 - share) * whole
        )
        for path in ("/queue", f"/items/{item.pk}"):
            said = page(lead, path)
            assert words in said
            assert ("time is gone" in said or "time are gone" in said) is bool(words)


def test_every_rule_of_close_watch_has_words() -> None:
    assert RULES.keys() == set(WatchRule)


@pytest.mark.slow
def test_the_lead_switches_rules_beside_their_figures(lead: Client, clinic: ClinicMade) -> None:
    said = page(lead, PAGE)
    for words in RULES.values():
        assert str(words) in said
    assert said.count("checked") == len(USUAL)
    fewer = USUAL[1:]
    answer = lead.post(PAGE, {"seen": USUAL, "rules": fewer}, follow=True)
    assert "Saved: these rules hold from now on" in answer.content.decode()
    assert [one.rule.value for one in close_watch.loads(clinic.lead) if one.on] == fewer
    late = lead.post(PAGE, {"seen": USUAL, "rules": USUAL})
    assert late.status_code == 409
    assert f"Not saved: {clinic.lead.name} changed this meanwhile" in tight(late.content.decode())


@pytest.mark.slow
def test_a_member_turns_the_digest_off_and_on(client: Client, clinic: ClinicMade) -> None:
    mine = as_member(client, clinic.second)
    for do, words in (("off", "Turn my digest on"), ("on", "Turn my digest off")):
        said: Any = mine.post("/settings/digest", {"do": do}, follow=True)
        assert words in said.content.decode()
        assert digest.wants(clinic.second) is (do == "on")
