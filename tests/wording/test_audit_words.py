"""Every act the services record has a sentence, and every sentence can be made from the facts kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plans.domain.audit import BEGINNINGS, EVENTS
from plans.wording.audit import WORDS, act_words, actor_words

PLANS = Path(__file__).resolve().parents[2] / "plans"
# Whatever begins like an act is one, however it is recorded.
BEGINS = sorted({f"{code.partition('.')[0]}." for code in EVENTS})
LITERAL = re.compile(rf'"((?:{"|".join(map(re.escape, BEGINS))})[a-z_]+)"')


def written() -> set[str]:
    """The codes that stand in the code as they are."""
    return {code for path in (PLANS / "services").rglob("*.py") for code in LITERAL.findall(path.read_text())}


def test_every_act_that_is_written_is_described():
    found = written()
    assert len(found) > 15
    assert found - EVENTS.keys() == set()


@pytest.mark.parametrize("act", sorted(WORDS))
def test_no_sentence_needs_a_fact_that_may_be_missing(act):
    assert act_words(act, {})


def test_a_changed_record_names_its_fields():
    assert (
        act_words("patient.changed", {"fields": ["phone", "zone"]})
        == "changed the record: phone and time zone"
    )


def test_a_hold_says_how_long_and_from_when():
    words = act_words("plan.held", {"days": 14, "from_day": "2026-11-23"})
    assert words.replace("\u00a0", " ") == "held the plan for 14 days from 23 November 2026"


def test_a_dose_taken_otherwise_than_planned_is_not_called_ticked_off():
    assert act_words("dose.marked", {"how": "planned"}) == "ticked off a dose"
    assert act_words("dose.marked", {"how": "other"}) == "ticked that something other than planned was taken"


def test_an_escalation_says_to_whom():
    assert act_words("item.escalated", {"tier": 2}) == "escalated the item to the second on call"
    assert act_words("item.escalated", {"tier": 3}) == "escalated the item to everybody who may review"
    assert act_words("item.escalated", {"tier": 1}) == "escalated the item"


def test_a_review_and_the_pages_drawn_say_their_day():
    assert (
        act_words("plan.review_set", {"on": "2026-12-07"}).replace("\u00a0", " ").endswith("7 December 2026")
    )
    assert "7\u00a0December" in act_words("plan.pages_drawn", {"on": "2026-12-07"})


def test_an_unknown_act_is_shown_as_it_is():
    assert act_words("later.invented", {}) == "later.invented"


def test_the_patient_is_not_named_as_actor():
    assert actor_words("patient", "") == "The patient"
    assert actor_words("system", "Taperplan") == "Taperplan"


def test_every_act_is_found_in_exactly_its_part_of_the_trail() -> None:
    for code, event in EVENTS.items():
        found = [part for part, beginnings in BEGINNINGS.items() if code.startswith(beginnings)]
        assert found == [event.part], code
