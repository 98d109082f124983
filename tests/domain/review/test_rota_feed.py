"""Whom the events of a calendar mean: never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from plans.domain.review.rota_feed import NOT_A_SHIFT, FeedEvent, PersonNamed, match

ANN, BEN, TWIN = (UUID(int=number) for number in (1, 2, 3))
PEOPLE = {
    ANN: PersonNamed("Dr Á. Mockwell", "Mockwell@clinic.example.org"),
    BEN: PersonNamed("Dr B. Sampleton", "ben@clinic.example.org"),
}
START = datetime(2026, 12, 5, 22, tzinfo=UTC)


def event(name: str, *addresses: str, hours: int = 0) -> FeedEvent:
    start = START + timedelta(hours=hours)
    return FeedEvent(name, addresses, start, start + timedelta(hours=8))


def meant(*events: FeedEvent, people=PEOPLE, chosen=None) -> tuple[set[UUID], set[str]]:
    found = match(events, people, chosen or {})
    return {person for person, _, _ in found.shifts}, {name for name, _ in found.unmatched.values()}


@pytest.mark.parametrize(
    "name",
    [
        "Dr Á. Mockwell",
        "dr a. mockwell",
        "On call: Dr A Mockwell (nights)",
        "mockwell@clinic.example.org",
        "DR A. MOCKWELL",
    ],
)
def test_a_whole_name_or_an_address_is_recognised_however_it_is_spelt(name: str) -> None:
    assert meant(event(name)) == ({ANN}, set())


@pytest.mark.parametrize("name", ["Mockwell", "Dr Mockwellson", "A. Mockwell jr", "", "Dr B. Sampletonova"])
def test_what_is_not_the_whole_name_is_nobody(name: str) -> None:
    assert meant(event(name)) == (set(), {name})


def test_whoever_is_invited_is_meant_whatever_the_name_says() -> None:
    assert meant(event("Night shift", "BEN@clinic.example.org")) == ({BEN}, set())
    assert meant(event("Night shift", "other@clinic.example.org")) == (set(), {"Night shift"})


def test_two_named_in_one_event_are_both_on_duty() -> None:
    assert meant(event("Dr A. Mockwell / Dr B. Sampleton")) == ({ANN, BEN}, set())


def test_a_name_that_two_members_share_is_nobody_until_a_lead_says_who() -> None:
    people = {**PEOPLE, TWIN: PersonNamed("Dr A. Mockwell", "other@clinic.example.org")}
    assert meant(event("Dr A. Mockwell"), people=people) == (set(), {"Dr A. Mockwell"})
    chosen = {"dr a. mockwell": str(TWIN)}
    assert meant(event("Dr A. Mockwell"), people=people, chosen=chosen) == ({TWIN}, set())


def test_what_a_lead_chose_goes_before_everything_else() -> None:
    chosen = {"ams": str(ANN), "team meeting": NOT_A_SHIFT, "gone": str(TWIN)}
    assert meant(event("AMS"), event("Team meeting"), chosen=chosen) == ({ANN}, set())
    # Somebody who left is nobody again.
    assert meant(event("Gone"), chosen=chosen) == (set(), {"Gone"})


def test_an_unmatched_name_stands_once_with_its_next_start() -> None:
    found = match([event("Who", hours=24), event("Who"), event("who", hours=48)], PEOPLE, {})
    assert found.unmatched == {"who": ("Who", START)} or found.unmatched["who"][1] == START
