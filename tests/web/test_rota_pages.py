"""The pages of the rota: what a lead can do, every refusal in words, and gaps that are not overlooked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.domain.review.rota import DutyPlace
from plans.domain.review.rota_feed import FeedEvent
from plans.models import Leave, Membership, RotaFeed, Shift
from plans.services import hand_overs, rota, rota_feed, shifts
from plans.wording.rota import PROBLEMS
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_checkins import on
from tests.services.review_help import raiser

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# A Thursday noon in New York.
NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)


@pytest.fixture
def lead(clinic: ClinicMade) -> Iterator[Client]:
    with on(NOON):
        yield client_of(clinic.lead)


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("\u00a0", " ").replace("&#x27;", "'").split())


def typed(clinic: ClinicMade, **changes: Any) -> dict[str, Any]:
    wanted = {
        "person": str(clinic.lead.id), "place": "first", "first_day": "2026-12-07", "last_day": "2026-12-11",
        "pattern": "nights", "weekdays": [str(number) for number in range(7)],
    }  # fmt: skip
    return wanted | changes


# --- gaps -----------------------------------------------------------------------------------------------------------


def test_a_gap_stands_on_every_page_of_the_lead_until_it_is_filled(clinic: ClinicMade, lead: Client) -> None:
    sent = {"person": str(clinic.second.id), "first_day": "2026-12-05", "last_day": "2026-12-06"}
    said = words(lead.post(reverse("rota-leave"), sent, follow=True))
    assert "Nobody is second on the rota from Sat 5 Dec, 00:00 to Mon 7 Dec, 00:00." in said
    for address in ("/", "/queue", "/settings", reverse("members")):
        assert "Rota: 1 gap in the next 14 days" in words(lead.get(address)), address
    assert "in the next 14 days" not in words(client_of(clinic.primary).get("/"))
    lead.post(
        reverse("rota-add"),
        typed(clinic, place="second", first_day="2026-12-05", last_day="2026-12-06", pattern="all"),
    )
    assert "in the next 14 days" not in words(lead.get("/"))


def test_a_clinic_without_a_rota_says_so_in_settings_queue_and_calendar() -> None:
    clinic = make_clinic(on_call=False)
    lead = client_of(clinic.lead)
    assert "No plan can be issued yet" in words(lead.get("/settings"))
    assert "Nobody is on call" in words(lead.get("/queue"))
    page = words(lead.get(reverse("rota")))
    assert "2 gaps in the next 14 days" in page
    assert "nobody first" in page
    assert "Nobody is on duty now" in page


# --- at all times ---------------------------------------------------------------------------------------------------


def test_the_lead_says_who_is_on_duty_at_all_times(clinic: ClinicMade, lead: Client) -> None:
    sent = {"first": str(clinic.second.id), "second": str(clinic.lead.id)}
    assert "Alerts go to them from now on" in words(lead.post(reverse("rota-standing"), sent, follow=True))
    assert shifts.standing(clinic.lead).first_id == clinic.second.id
    # Nobody is never saved as if it were somebody.
    said = words(lead.post(reverse("rota-standing"), {"first": str(clinic.second.id)}, follow=True))
    assert "Saved, with a place that nobody fills" in said
    assert "Alerts go to them" not in said


def test_the_second_must_be_somebody_else_of_this_clinic(clinic: ClinicMade, lead: Client) -> None:
    twice = lead.post(reverse("rota-standing"), {"first": str(clinic.lead.id), "second": str(clinic.lead.id)})
    assert twice.status_code == 422
    assert 'id="id_second_error"' in twice.content.decode()
    stranger = {"first": str(make_clinic().primary.id), "second": str(clinic.lead.id)}
    assert lead.post(reverse("rota-standing"), stranger).status_code == 422
    assert shifts.standing(clinic.lead).first_id == clinic.primary.id


# --- shifts ---------------------------------------------------------------------------------------------------------


def test_nights_are_added_and_stand_in_the_calendar(clinic: ClinicMade, lead: Client) -> None:
    said = words(lead.post(reverse("rota-add"), typed(clinic), follow=True))
    assert f"4 shifts of {clinic.lead.name} are on the rota" in said
    assert "Mon 7 Dec, 17:00 to Fri 11 Dec, 08:00" in said
    calendar = words(client_of(clinic.reader).get(f"{reverse('rota')}?from=2026-12-07"))
    assert (
        f"08:00–17:00 {clinic.primary.name} then {clinic.second.name} 17:00–24:00 {clinic.lead.name}"
        in calendar
    )
    month = words(lead.get(f"{reverse('rota')}?view=month&from=2027-02-10"))
    assert "February 2027" in month


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"first_day": "2026-12-01"}, "first_day", "This day is over"),
        ({"last_day": "2026-12-06"}, "last_day", "before the first day"),
        ({"first_day": "7/12/26"}, "first_day", ""),
        ({"last_day": ""}, "last_day", ""),
        ({"pattern": "chosen", "begins": "17:00"}, "begins", "Give both times"),
        ({"pattern": "holidays"}, "pattern", "Nothing in these days matches"),
        ({"pattern": "never"}, "pattern", ""),
        ({"person": ""}, "person", ""),
    ],
)
def test_what_cannot_be_added_is_said_beside_its_field_and_stays_typed(
    clinic: ClinicMade, lead: Client, changes: dict[str, str], field: str, said: str
) -> None:
    answer = lead.post(reverse("rota-add"), typed(clinic, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"_{field}_error" in page or f'href="#id_{field}"' in page
    assert said in words(answer)
    assert "2026-12-11" in page or "last_day" in changes
    assert not Shift.objects.filter(end_at__isnull=False).exists()


def test_an_overlap_and_leave_within_it_are_said_at_once(clinic: ClinicMade, lead: Client) -> None:
    lead.post(reverse("rota-add"), typed(clinic))
    other = make_member(clinic.id, name="Dr O. Verlap")
    lead.post(
        reverse("rota-leave"),
        {"person": str(other.id), "first_day": "2026-12-08", "last_day": "2026-12-08"},
    )
    said = words(lead.post(reverse("rota-add"), typed(clinic, person=str(other.id)), follow=True))
    assert f"{clinic.lead.name} is alerted then as well." in said
    assert "They are on leave for a part of it" in said
    again = lead.post(reverse("rota-add"), typed(clinic))
    assert "They stand there already, from Mon 7 Dec, 17:00." in words(again)


def test_a_shift_is_cancelled_alone_or_with_those_made_with_it(clinic: ClinicMade, lead: Client) -> None:
    lead.post(reverse("rota-add"), typed(clinic))
    first = shifts.ahead(clinic.lead).rows[0]
    address = reverse("rota-shift", args=[first.id])
    assert "Cancel all 4 shifts made together" in words(lead.get(address))
    assert "1 shift of" in words(lead.post(address, {"do": "cancel"}, follow=True))
    assert "Cancelled: it counted until Thu 3 Dec, 12:00" in words(lead.get(address))
    refused = lead.post(address, {"do": "cancel"})
    assert refused.status_code == 422
    assert "This shift was cancelled meanwhile" in words(refused)
    rest = reverse("rota-shift", args=[shifts.ahead(clinic.lead).rows[0].id])
    assert "3 shifts of" in words(lead.post(rest, {"do": "cancel_alike"}, follow=True))
    assert lead.post(rest, {"do": "explode"}).status_code == 422


def test_two_shifts_are_exchanged(clinic: ClinicMade, lead: Client) -> None:
    lead.post(reverse("rota-add"), typed(clinic, last_day="2026-12-07"))
    mine = shifts.ahead(clinic.lead).rows[0]
    address = reverse("rota-shift", args=[mine.id])
    assert "Nobody else has a shift" in words(lead.get(address))
    assert lead.post(address, {"do": "swap"}).status_code == 422
    lead.post(
        reverse("rota-add"),
        typed(clinic, person=str(clinic.second.id), first_day="2026-12-09", last_day="2026-12-09"),
    )
    theirs = next(row for row in shifts.ahead(clinic.lead).rows if row.user_id == clinic.second.id)
    assert lead.post(address, {"do": "swap", "other": str(theirs.id)}).status_code == 302
    assert [row.user_id for row in shifts.ahead(clinic.lead).rows] == [clinic.second.id, clinic.lead.id]
    assert "exchange their shifts" in words(lead.get(reverse("clinic-history")))


def test_shifts_are_found_by_name_and_an_empty_list_says_what_to_do(clinic: ClinicMade, lead: Client) -> None:
    assert "No shifts with days yet" in words(lead.get(reverse("rota")))
    lead.post(reverse("rota-add"), typed(clinic))
    assert clinic.lead.name in words(lead.get(f"{reverse('rota')}?name={clinic.lead.name[-2:]}"))
    assert "No shift of that name" in words(lead.get(f"{reverse('rota')}?name=zzz"))


# --- leave, locums --------------------------------------------------------------------------------------------------


def test_leave_is_cancelled_and_entered_twice_is_refused(clinic: ClinicMade, lead: Client) -> None:
    assert "Nobody has leave" in words(lead.get(reverse("rota-leave")))
    sent = {"person": str(clinic.lead.id), "first_day": "2026-12-05", "last_day": "2026-12-06"}
    assert "It makes no gap." in words(lead.post(reverse("rota-leave"), sent, follow=True))
    again = lead.post(reverse("rota-leave"), sent)
    assert (again.status_code, "They have leave in these days already" in words(again)) == (422, True)
    cancel = reverse("rota-leave-cancel", args=[Leave.objects.get().pk])
    assert "Their shifts count again." in words(lead.post(cancel, follow=True))
    assert "cancelled meanwhile" in words(lead.post(cancel, follow=True))


def test_a_locum_gets_a_last_day_and_a_lead_none(clinic: ClinicMade, lead: Client) -> None:
    locum = make_member(clinic.id, name="Dr L. Locum")
    address = reverse("member", args=[locum.id])
    said = words(lead.post(address, {"do": "last_day", "ends_on": "2026-12-10"}, follow=True))
    assert "The last day of Dr L. Locum is 10 December 2026" in said
    assert "until 10 Dec 2026" in words(lead.get(reverse("members")))
    past = lead.post(address, {"do": "last_day", "ends_on": "2026-12-01"})
    assert (past.status_code, "This day is over" in words(past)) == (422, True)
    late = lead.post(reverse("rota-add"), typed(clinic, person=str(locum.id)))
    assert "Their last day in this clinic is 10 December 2026." in words(late)
    own = lead.post(reverse("member", args=[clinic.lead.id]), {"do": "last_day", "ends_on": "2026-12-10"})
    assert "A lead has no last day" in words(own)
    assert "has no last day" in words(lead.post(address, {"do": "last_day", "ends_on": ""}, follow=True))
    assert Membership.objects.get(user_id=locum.member_id).ends_on is None


# --- then -----------------------------------------------------------------------------------------------------------


def test_who_was_on_duty_is_answered_with_what_the_rota_said_then(clinic: ClinicMade, lead: Client) -> None:
    with on(NOON - timedelta(days=2)):
        item = raiser(clinic, make_patient(clinic.primary))("urgent")
    lead.post(reverse("rota-standing"), {"first": str(clinic.lead.id), "second": str(clinic.second.id)})
    page = lead.get(reverse("rota-then"), {"day": "2026-12-01", "time": "13:00"})
    said = words(page)
    assert f"First {clinic.primary.name} Second {clinic.second.name}" in said
    assert f"Tue 1 Dec, 12:00: {clinic.primary.name}." in said
    assert reverse("item", args=[item.pk]) in page.content.decode()
    ahead = words(lead.get(reverse("rota-then"), {"day": "2026-12-20", "time": "03:00"}))
    assert f"First {clinic.lead.name}" in ahead
    assert "This is still to come" in ahead


def test_an_hour_that_the_clocks_skip_or_repeat_is_told_apart(clinic: ClinicMade, lead: Client) -> None:
    twice = words(lead.get(reverse("rota-then"), {"day": "2026-11-01", "time": "01:30"}))
    assert "This hour came twice" in twice
    assert "(EDT)" in twice
    assert "(EST)" in twice
    none = lead.get(reverse("rota-then"), {"day": "2027-03-14", "time": "02:30"})
    assert (none.status_code, "There is no such time on that day" in words(none)) == (422, True)
    assert lead.get(reverse("rota-then"), {"day": "yesterday"}).status_code == 422


# --- handing over ---------------------------------------------------------------------------------------------------


def test_a_hand_over_stands_above_the_queue_of_whoever_comes(clinic: ClinicMade) -> None:
    raiser(clinic, make_patient(clinic.primary, name="Quill Overhanded"))("high")
    mine, theirs = client_of(clinic.primary), client_of(clinic.second)
    assert "Nothing was handed over yet" in words(mine.get(reverse("rota-hand-over")))
    said = words(mine.post(reverse("rota-hand-over"), {"note": "She calls back at six."}, follow=True))
    assert "Handed over" in said
    assert "High: Quill Overhanded Unassigned" in said
    queue = words(theirs.get("/queue"))
    assert "She calls back at six." in queue
    assert "With 1 open item." in queue
    assert "She calls back at six." not in words(mine.get("/queue"))
    assert "She calls back at six." not in words(client_of(clinic.staff).get("/queue"))


def test_an_empty_hand_over_is_refused(clinic: ClinicMade) -> None:
    answer = client_of(clinic.primary).post(reverse("rota-hand-over"), {"note": " "})
    assert (answer.status_code, "nothing to hand over but a note" in words(answer)) == (422, True)
    assert hand_overs.newest(clinic.second) is None


# --- calendars ------------------------------------------------------------------------------------------------------


def test_an_address_is_entered_and_names_are_matched(clinic: ClinicMade, lead: Client) -> None:
    page = reverse("rota-feeds")
    assert "No calendar is read" in words(lead.get(page))
    sent = {"do": "address", "place": "first", "address": "https://rota.example.org/secret-key/a.ics"}
    assert "read within a minute" in words(lead.post(page, sent, follow=True))
    row = RotaFeed.objects.get()
    start = NOON + timedelta(days=2)
    rota_feed.took(row.pk, [FeedEvent("AMS", (), start, start + timedelta(hours=8))], NOON)
    shown = lead.get(page)
    assert "Nobody is matched; next on Sat 5 Dec, 12:00" in words(shown)
    assert "secret-key" not in shown.content.decode()
    (name,) = re.findall(r'name="(name-\w+)"', shown.content.decode())
    wrong = lead.post(page, {"do": "match", "feed": str(row.pk), name: str(clinic.staff.id)}, follow=True)
    assert "Only an active clinician of this clinic can be on duty" in words(wrong)
    right = {"do": "match", "feed": str(row.pk), name: str(clinic.lead.id)}
    assert "The names are matched" in words(lead.post(page, right, follow=True))
    assert RotaFeed.objects.get().names == {"ams": str(clinic.lead.id)}
    assert "not read any more" in words(lead.post(page, {"do": "end", "feed": str(row.pk)}, follow=True))
    gone = lead.post(page, {"do": "end", "feed": str(row.pk)})
    assert gone.status_code == 422


@pytest.mark.parametrize("problem", PROBLEMS)
def test_whatever_is_wrong_with_a_calendar_is_said_and_that_the_last_good_rota_stands(
    clinic: ClinicMade, lead: Client, problem: Any
) -> None:
    rota_feed.set_address(by=clinic.lead, place=DutyPlace.SECOND, address="https://rota.example.org/")
    rota_feed.failed(RotaFeed.objects.get().pk, problem, NOON)
    said = words(lead.get(reverse("rota-feeds")))
    assert f"It cannot be read: {str(PROBLEMS[problem]).replace(chr(0xA0), ' ')}." in said
    assert "The last good rota stands" in said


@pytest.mark.parametrize(
    "address", ["http://rota.example.org/", "https://a:b@rota.example.org/", "", "x" * 2000]
)
def test_an_address_that_cannot_be_read_is_refused(lead: Client, address: str) -> None:
    answer = lead.post(reverse("rota-feeds"), {"do": "address", "place": "first", "address": address})
    assert answer.status_code == 422
    assert 'href="#id_address"' in answer.content.decode()
    assert not RotaFeed.objects.exists()


# --- who may --------------------------------------------------------------------------------------------------------


def test_looking_at_the_rota_changes_nothing_and_odd_addresses_show_today(clinic: ClinicMade) -> None:
    reader = client_of(clinic.reader)
    for odd in ("?from=tomorrow", "?view=decade", "?from=0001-01-01", "?after=x", "?name=%00"):
        assert reader.get(reverse("rota") + odd).status_code == 200, odd
    page = reader.get(reverse("rota")).content.decode()
    assert '<form method="post" action="/settings/rota' not in page
    assert "Only the lead can change this." in page
    assert rota.on_duty_now(clinic.lead).first == clinic.primary.name
