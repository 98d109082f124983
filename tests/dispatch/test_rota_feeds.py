"""A rota read from a calendar that a hospital keeps: followed, and an alarm where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plans.dispatch import rota_feeds
from plans.domain.errors import NotAllowed, Refused
from plans.domain.review.rota import DutyPlace
from plans.domain.review.rota_feed import NOT_A_SHIFT, FeedProblem
from plans.models import AuditEvent, Clinic, ReviewItem, RotaFeed, Shift
from plans.services import heartbeat, members, review, rota, rota_feed, shifts
from plans.wording.review import source_words
from tests.channels.test_rota_feed import Served, calendar, server
from tests.makers import ClinicMade, make_member
from tests.makers_checkins import on
from tests.services.review_help import kinds, refusal

__all__ = ["server"]
pytestmark = pytest.mark.django_db
NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)
TURN = timedelta(minutes=11)


@pytest.fixture
def feed(clinic: ClinicMade, server: Served, settings: Any) -> Iterator[Served]:
    """A calendar of the first place, whose address is entered at noon."""
    settings.ROTA_FEED_HOSTS = ["127.0.0.1"]
    with on(NOON):
        rota_feed.set_address(by=clinic.lead, place=DutyPlace.FIRST, address=server.address)
        yield server


def shift(name: str, day: int, hours: int = 15) -> str:
    end = datetime(2026, 12, day, 22) + timedelta(hours=hours)
    return f"SUMMARY:{name}\nDTSTART:202612{day:02}T220000Z\nDTEND:{end:%Y%m%dT%H%M%SZ}"


def first(clinic: ClinicMade, day: int) -> list[str]:
    at = datetime(2026, 12, day, 23, tzinfo=UTC)
    return [user.name for user in rota.on_duty(Clinic.objects.get(pk=clinic.id), at).first]


def test_shifts_follow_the_calendar_added_changed_and_gone(clinic: ClinicMade, feed: Served) -> None:
    feed.body = calendar(shift(clinic.lead.name, 5), shift(clinic.lead.name, 6))
    assert rota_feeds.run() == 1
    assert (first(clinic, 5), first(clinic, 6), first(clinic, 7)) == (
        [clinic.lead.name], [clinic.lead.name], [clinic.primary.name],
    )  # fmt: skip
    feed.body = calendar(shift(clinic.lead.name, 5), shift(clinic.second.name, 6))
    with on(NOON + TURN):
        rota_feeds.run()
    assert (first(clinic, 5), first(clinic, 6)) == ([clinic.lead.name], [clinic.second.name])
    assert not ReviewItem.objects.exists()
    assert AuditEvent.objects.filter(act="rota.feed_changed").count() == 2


def test_reading_twice_changes_nothing_and_between_two_turns_nothing_is_asked(
    clinic: ClinicMade, feed: Served
) -> None:
    feed.body = calendar(shift(clinic.lead.name, 5))
    rota_feeds.run()
    rota_feeds.run()
    assert len(feed.asked) == 1
    with on(NOON + TURN):
        rota_feeds.run()
    assert (len(feed.asked), Shift.objects.exclude(feed=None).count()) == (2, 1)


def test_a_name_that_nobody_has_is_an_alarm_at_once_and_only_once(clinic: ClinicMade, feed: Served) -> None:
    feed.body = calendar(shift("Dr W. Whoever", 20))
    rota_feeds.run()
    item = ReviewItem.objects.get()
    assert (item.source, item.severity) == ("rota", "high")
    assert "Dr W. Whoever" in source_words(item.source, item.facts)
    assert first(clinic, 20) == [clinic.primary.name]
    with on(NOON + TURN):
        rota_feeds.run()
    assert kinds(item) == ["opened"]
    # One more name joins the same item; one that is due within a day makes it urgent.
    feed.body = calendar(shift("Dr W. Whoever", 20), shift("Dr S. Soon", 3))
    with on(NOON + 2 * TURN):
        rota_feeds.run()
    item.refresh_from_db()
    assert (item.severity, item.facts["about"]) == ("urgent", ["Dr S. Soon", "Dr W. Whoever"])
    assert ReviewItem.objects.count() == 1


def test_a_lead_says_whom_a_name_means_and_what_is_no_shift(clinic: ClinicMade, feed: Served) -> None:
    feed.body = calendar(shift("AMS", 5), shift("Team meeting", 6))
    rota_feeds.run()
    (shown,) = rota_feed.feeds(clinic.lead)
    assert {one.name for one in shown.unmatched} == {"AMS", "Team meeting"}
    rota_feed.choose(
        by=clinic.lead, feed_id=shown.id, chosen={"ams": str(clinic.lead.id), "team meeting": NOT_A_SHIFT}
    )
    rota_feeds.run()
    (shown,) = rota_feed.feeds(clinic.lead)
    assert (shown.unmatched, shown.shifts, shown.problem) == ((), 1, None)
    assert first(clinic, 5) == [clinic.lead.name]
    with pytest.raises(Refused) as refused:
        rota_feed.choose(by=clinic.lead, feed_id=shown.id, chosen={"ams": str(clinic.staff.id)})
    assert refusal(refused) == "not_a_clinician"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [(404, b"", FeedProblem.GONE), (200, b"<html>Sign in</html>", FeedProblem.NOT_A_CALENDAR)],
)
def test_a_calendar_gone_or_broken_is_an_alarm_and_the_last_good_rota_stands(
    clinic: ClinicMade, feed: Served, status: int, body: bytes, problem: FeedProblem
) -> None:
    feed.body = calendar(shift(clinic.lead.name, 5))
    rota_feeds.run()
    feed.status, feed.body = status, body
    for turn in (1, 2, 3):
        with on(NOON + turn * TURN):
            assert rota_feeds.run() == 0
    item = ReviewItem.objects.get()
    assert (item.severity, kinds(item)) == ("high", ["opened"])
    assert "The last good rota stands" in source_words(item.source, item.facts)
    assert first(clinic, 5) == [clinic.lead.name]
    (shown,) = rota_feed.feeds(clinic.lead)
    assert (shown.problem, shown.good_at) == (problem, NOON)
    # A monitor sees how many there are; the clinic is alarmed, so nobody else need be called.
    pulse = heartbeat.pulse()
    assert (pulse.calendars_failing, [one for one in pulse.faults if "calendar" in one]) == (1, [])
    rota_feed.end(by=clinic.lead, feed_id=shown.id)
    assert heartbeat.pulse().calendars_failing == 0


def test_an_alarm_that_was_resolved_comes_again_after_a_day_and_not_before(
    clinic: ClinicMade, feed: Served
) -> None:
    feed.status = 500
    rota_feeds.run()
    item = ReviewItem.objects.get()
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="nothing_to_do")
    with on(NOON + TURN):
        rota_feeds.run()
    assert ReviewItem.objects.count() == 1
    with on(NOON + timedelta(days=2)):
        rota_feeds.run()
    assert ReviewItem.objects.count() == 2


def test_one_calendar_that_fails_does_not_stop_another(clinic: ClinicMade, feed: Served) -> None:
    rota_feed.set_address(by=clinic.lead, place=DutyPlace.SECOND, address="https://10.0.0.1/rota.ics")
    feed.body = calendar(shift(clinic.lead.name, 5))
    assert rota_feeds.run() == 1
    assert {one.problem for one in rota_feed.feeds(clinic.lead)} == {None, FeedProblem.PRIVATE}


def test_a_member_who_left_is_nobody_on_the_calendar_any_more(clinic: ClinicMade, feed: Served) -> None:
    helper = make_member(clinic.id, name="Dr H. Helper")
    feed.body = calendar(shift(helper.name, 5))
    rota_feeds.run()
    assert first(clinic, 5) == [helper.name]
    members.end(by=clinic.lead, user_id=helper.member_id)
    assert first(clinic, 5) == [clinic.primary.name]
    with on(NOON + TURN):
        rota_feeds.run()
    assert ReviewItem.objects.get().facts["about"] == [helper.name]


def test_what_comes_from_the_calendar_is_changed_there_alone(clinic: ClinicMade, feed: Served) -> None:
    feed.body = calendar(shift(clinic.lead.name, 5))
    rota_feeds.run()
    key = Shift.objects.exclude(feed=None).get().pk
    with pytest.raises(Refused) as refused:
        shifts.cancel(by=clinic.lead, shift_id=key)
    assert refusal(refused) == "from_feed"


def test_a_calendar_read_no_more_takes_its_shifts_to_come_along(clinic: ClinicMade, feed: Served) -> None:
    feed.body = calendar(shift(clinic.lead.name, 5))
    rota_feeds.run()
    rota_feed.end(by=clinic.lead, feed_id=RotaFeed.objects.get().pk)
    assert first(clinic, 5) == [clinic.primary.name]
    with on(NOON + TURN):
        assert rota_feeds.run() == 0
    assert len(feed.asked) == 1


def test_only_the_lead_enters_an_address_and_only_a_safe_one(clinic: ClinicMade) -> None:
    for address, reason in (
        ("http://rota.example.org/x.ics", "not_https"),
        ("ftp://rota.example.org", "not_https"),
        ("rota", "not_https"),
        ("https://ann:secret@rota.example.org/", "password"),
        (f"https://rota.example.org/{'x' * 1000}", "too_long"),
    ):
        with pytest.raises(Refused) as refused:
            rota_feed.set_address(by=clinic.lead, place=DutyPlace.FIRST, address=address)
        assert (refusal(refused), refused.value.where) == (reason, "address")
    with pytest.raises(NotAllowed):
        rota_feed.set_address(by=clinic.primary, place=DutyPlace.FIRST, address="https://rota.example.org/")
    assert not RotaFeed.objects.exists()
