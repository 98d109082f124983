"""The rota of a clinic: shifts, leave, locums, hand-overs, and who was on duty then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.review.rota import DutyPlace, Pattern
from plans.models import AuditEvent, Clinic, HandOver, Leave, Membership, ReviewItem, Shift
from plans.services import (
    accounts,
    clock,
    hand_overs,
    leave,
    locums,
    members,
    review,
    rota,
    shifts,
)
from plans.services.access import actor_for
from plans.services.actors import Actor, Role
from plans.wording.audit import act_words
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_checkins import on
from tests.services.review_help import again, alerted, kinds, raiser, refusal

pytestmark = pytest.mark.django_db
FIRST, SECOND = DutyPlace.FIRST, DutyPlace.SECOND
# A Thursday noon in New York.
NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(clinic: ClinicMade) -> Clinic:
    return Clinic.objects.get(pk=clinic.id)


def there(clinic: ClinicMade, at: datetime | None = None) -> tuple[list[UUID], list[UUID]]:
    found = rota.on_duty(row(clinic), at or clock.now())
    return [user.pk for user in found.first], [user.pk for user in found.second]


def add(clinic: ClinicMade, who: Actor, **changes: Any) -> shifts.ShiftsAdded:
    wanted: dict[str, Any] = {
        "by": clinic.lead, "user_id": who.id, "place": FIRST, "pattern": Pattern.ALL,
        "first_day": date(2026, 12, 5), "last_day": date(2026, 12, 6),
    }  # fmt: skip
    return shifts.add(**wanted | changes)


def dated(clinic: ClinicMade) -> Shift:
    return Shift.objects.filter(clinic_id=clinic.id, end_at__isnull=False).latest("made_at", "start_at")


# --- at all times ---------------------------------------------------------------------------------------------------


def test_whoever_stands_at_all_times_is_on_duty_and_the_history_names_them(clinic: ClinicMade) -> None:
    assert there(clinic) == ([clinic.primary.id], [clinic.second.id])
    assert shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=clinic.lead.id)
    assert there(clinic) == ([clinic.second.id], [clinic.lead.id])
    last = AuditEvent.objects.latest("id")
    assert act_words(last.act, last.facts) == (
        f"set who is on duty at all times: first {clinic.second.name}, then {clinic.lead.name}"
    )
    assert not shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=clinic.lead.id)


def test_servers_of_the_release_before_go_on_reading_their_columns(clinic: ClinicMade) -> None:
    shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=None)
    assert (row(clinic).primary_id, row(clinic).second_id) == (clinic.second.id, None)


def test_nobody_is_saved_as_a_gap_and_not_as_somebody(clinic: ClinicMade) -> None:
    shifts.set_standing(by=clinic.lead, first_id=None, second_id=None)
    assert there(clinic) == ([], [])
    assert not Shift.objects.filter(clinic_id=clinic.id, cancelled_at=None).exists()
    assert {gap.place for gap in rota.gaps_of(clinic.lead)} == {FIRST, SECOND}


def test_only_the_lead_changes_the_rota_and_only_with_clinicians_of_the_clinic(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        shifts.set_standing(by=clinic.primary, first_id=None, second_id=None)
    for stranger in (clinic.staff, clinic.reader, make_clinic().primary):
        with pytest.raises(Refused) as refused:
            shifts.set_standing(by=clinic.lead, first_id=stranger.id, second_id=clinic.second.id)
        assert (refusal(refused), refused.value.where) == ("not_a_clinician", "first")
    with pytest.raises(Refused) as refused:
        shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=clinic.second.id)
    assert refusal(refused) == "same_person"


def test_in_an_unwatched_clinic_they_are_on_duty_in_opening_hours_alone(clinic: ClinicMade) -> None:
    with on(NOON):
        shifts.set_standing(
            by=clinic.lead, first_id=clinic.primary.id, second_id=clinic.second.id, unwatched=True
        )
        assert there(clinic) == ([clinic.primary.id], [clinic.second.id])
        assert rota.gaps_of(clinic.lead) == ()
        assert accounts.clinic_card(clinic.lead).unwatched
    night = NOON + 12 * HOUR
    assert there(clinic, night) == ([], [])
    assert not rota.is_watched(clinic.id, night)
    with on(NOON):
        # A partner's people, members here for their nights, watch it all the same.
        partner = make_member(clinic.id)
        add(clinic, partner, pattern=Pattern.NIGHTS, first_day=date(2026, 12, 3), last_day=date(2026, 12, 3))
    assert there(clinic, night) == ([partner.id], [])


# --- shifts with days -----------------------------------------------------------------------------------------------


def test_nights_are_added_by_one_pattern_and_stand_over_the_others(clinic: ClinicMade) -> None:
    with on(NOON):
        added = add(
            clinic, clinic.lead, pattern=Pattern.NIGHTS,
            first_day=date(2026, 12, 7), last_day=date(2026, 12, 10),
        )  # fmt: skip
        assert (added.number, added.beside, added.on_leave) == (4, (), False)
        assert there(clinic, datetime(2026, 12, 8, 3, tzinfo=UTC)) == ([clinic.lead.id], [clinic.second.id])
        assert there(clinic, datetime(2026, 12, 8, 17, tzinfo=UTC))[0] == [clinic.primary.id]


def test_overlapping_shifts_are_said_and_all_of_their_people_alerted(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead)
        other = make_member(clinic.id, name="Dr O. Verlap")
        assert add(clinic, other).beside == (clinic.lead.name,)
    saturday = datetime(2026, 12, 5, 17, tzinfo=UTC)
    with on(saturday):
        item = raiser(clinic, make_patient(clinic.primary))("urgent")
        assert set(alerted(item)) == {clinic.lead.id, other.id}


@pytest.mark.parametrize(
    ("changes", "reason", "where"),
    [
        ({"first_day": date(2026, 12, 2)}, "day_past", "first_day"),
        ({"last_day": date(2026, 12, 4)}, "days_order", "last_day"),
        ({"last_day": date(2027, 12, 6)}, "too_long", "last_day"),
        ({"pattern": Pattern.CHOSEN}, "times_missing", "begins"),
        ({"pattern": Pattern.HOLIDAYS}, "no_such_hours", "pattern"),
        ({"pattern": Pattern.WORKING}, "no_such_hours", "pattern"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_where_it_is_wrong(
    clinic: ClinicMade, changes: dict[str, Any], reason: str, where: str
) -> None:
    with on(NOON), pytest.raises(Refused) as refused:
        add(clinic, clinic.lead, **changes)
    assert (refusal(refused), refused.value.where) == (reason, where)
    assert not Shift.objects.filter(end_at__isnull=False).exists()


def test_nobody_stands_twice_in_one_place_at_one_time(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead)
        with pytest.raises(Refused) as refused:
            add(clinic, clinic.lead, pattern=Pattern.CHOSEN, times=(time(9), time(10)))
        assert refusal(refused) == "already"
        add(clinic, clinic.lead, place=SECOND)


def test_a_cancelled_shift_counts_until_then_and_those_made_with_it_go_together(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead, pattern=Pattern.NIGHTS, last_day=date(2026, 12, 11))
        first = shifts.ahead(clinic.lead).rows[0]
        assert shifts.shift(clinic.lead, first.id).alike == 3
    midnight = datetime(2026, 12, 8, 5, tzinfo=UTC)
    with on(midnight):
        assert there(clinic)[0] == [clinic.lead.id]
        assert shifts.cancel(by=clinic.lead, shift_id=first.id, alike=True) == 4
        assert there(clinic)[0] == [clinic.primary.id]
        with pytest.raises(Refused) as refused:
            shifts.cancel(by=clinic.lead, shift_id=first.id)
        assert refusal(refused) == "cancelled"
    with on(midnight + 2 * HOUR):
        assert rota.said_then(clinic.lead, midnight - HOUR).first == (clinic.lead.name,)
        assert rota.said_then(clinic.lead, midnight + HOUR).first == (clinic.primary.name,)


def test_what_is_over_is_not_cancelled(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead)
    with on(NOON + timedelta(days=9)):
        with pytest.raises(Refused) as refused:
            shifts.cancel(by=clinic.lead, shift_id=dated(clinic).pk)
        assert refusal(refused) == "over"
        assert shifts.ahead(clinic.lead).rows == ()


def test_two_people_exchange_shifts_and_the_history_names_both(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead)
        mine = dated(clinic)
        add(clinic, clinic.second, place=SECOND, first_day=date(2026, 12, 8), last_day=date(2026, 12, 8))
        theirs = dated(clinic)
        assert [one.id for one in shifts.to_swap_with(clinic.lead, mine.pk)] == [theirs.pk]
        shifts.swap(by=clinic.lead, shift_id=mine.pk, other_id=theirs.pk)
        assert there(clinic, mine.start_at + HOUR)[0] == [clinic.second.id]
        assert there(clinic, theirs.start_at + HOUR)[1] == [clinic.lead.id]
        last = AuditEvent.objects.latest("id")
        said = act_words(last.act, last.facts).replace("\u00a0", " ")
        assert said == (
            f"let {clinic.lead.name} (Sat 5 Dec, 00:00) and {clinic.second.name} (Tue 8 Dec, 00:00) exchange "
            "their shifts"
        )
        with pytest.raises(Refused) as refused:
            shifts.swap(by=clinic.lead, shift_id=mine.pk, other_id=theirs.pk)
        assert refusal(refused) == "cancelled"


def test_a_shift_that_has_begun_is_not_exchanged_nor_one_with_its_own_person(clinic: ClinicMade) -> None:
    with on(NOON):
        add(clinic, clinic.lead)
        first = dated(clinic)
        add(clinic, clinic.lead, first_day=date(2026, 12, 8), last_day=date(2026, 12, 8))
        with pytest.raises(Refused) as refused:
            shifts.swap(by=clinic.lead, shift_id=first.pk, other_id=dated(clinic).pk)
        assert refusal(refused) == "same_person"
        add(clinic, clinic.second, first_day=date(2026, 12, 9), last_day=date(2026, 12, 9))
    with on(NOON + timedelta(days=2)), pytest.raises(Refused) as refused:
        shifts.swap(by=clinic.lead, shift_id=first.pk, other_id=dated(clinic).pk)
    assert refusal(refused) == "begun"


def test_a_shift_of_another_clinic_is_not_there(clinic: ClinicMade) -> None:
    other = make_clinic()
    with on(NOON):
        add(clinic, clinic.lead)
        for act in (
            lambda: shifts.shift(other.lead, dated(clinic).pk),
            lambda: shifts.cancel(by=other.lead, shift_id=dated(clinic).pk),
        ):
            with pytest.raises(NotFound):
                act()


# --- leave ----------------------------------------------------------------------------------------------------------


def test_leave_says_at_once_which_gaps_it_makes_and_they_go_when_it_is_cancelled(clinic: ClinicMade) -> None:
    with on(NOON):
        (gap,) = leave.add(
            by=clinic.lead,
            user_id=clinic.primary.member_id,
            first_day=date(2026, 12, 7),
            last_day=date(2026, 12, 8),
        )
        assert (gap.place, gap.start, gap.end - gap.start) == (
            FIRST, datetime(2026, 12, 7, 5, tzinfo=UTC), timedelta(days=2),
        )  # fmt: skip
        assert rota.gaps_of(clinic.lead) == (gap,)
        assert there(clinic, gap.start) == ([], [clinic.second.id])
        shown = leave.ahead(clinic.lead).rows[0]
        assert (shown.first_day, shown.last_day) == (date(2026, 12, 7), date(2026, 12, 8))
        leave.cancel(by=clinic.lead, leave_id=shown.id)
        assert rota.gaps_of(clinic.lead) == ()
        with pytest.raises(Refused):
            leave.cancel(by=clinic.lead, leave_id=shown.id)


def test_leave_covered_by_somebody_makes_no_gap_and_leave_twice_is_refused(clinic: ClinicMade) -> None:
    days = {"first_day": date(2026, 12, 7), "last_day": date(2026, 12, 8)}
    with on(NOON):
        add(clinic, clinic.lead, **days)
        assert leave.add(by=clinic.lead, user_id=clinic.primary.member_id, **days) == ()
        with pytest.raises(Refused) as refused:
            leave.add(by=clinic.lead, user_id=clinic.primary.member_id, **days)
        assert refusal(refused) == "already"
        assert add(clinic, clinic.primary, **days, place=SECOND).on_leave


def test_on_leave_an_urgent_item_goes_to_the_second_at_once(clinic: ClinicMade) -> None:
    with on(NOON):
        leave.add(
            by=clinic.lead,
            user_id=clinic.primary.member_id,
            first_day=date(2026, 12, 3),
            last_day=date(2026, 12, 3),
        )
        item = raiser(clinic, make_patient(clinic.second))("urgent")
    assert alerted(item) == [clinic.second.id]


# --- people who leave -----------------------------------------------------------------------------------------------


def test_a_member_on_duty_is_not_removed_before_somebody_else_stands_there(clinic: ClinicMade) -> None:
    with pytest.raises(Refused) as refused:
        members.end(by=clinic.lead, user_id=clinic.primary.member_id)
    assert refusal(refused) == "on_call"
    with on(NOON):
        add(clinic, clinic.lead, first_day=date(2026, 12, 3), last_day=date(2026, 12, 3))
        helper = make_member(clinic.id)
        add(clinic, helper, first_day=date(2026, 12, 3), last_day=date(2026, 12, 3))
        with pytest.raises(Refused):
            members.end(by=clinic.lead, user_id=helper.member_id)


def test_who_is_removed_while_on_the_rota_leaves_gaps_released_items_and_what_was(clinic: ClinicMade) -> None:
    helper = make_member(clinic.id)
    with on(NOON):
        add(clinic, helper)
        shifts.set_standing(by=clinic.lead, first_id=None, second_id=clinic.second.id)
        item = raiser(clinic, make_patient(clinic.primary))("high")
        review.claim(by=helper, item_id=item.pk)
        members.end(by=clinic.lead, user_id=helper.member_id)
        assert there(clinic, datetime(2026, 12, 5, 17, tzinfo=UTC)) == ([], [clinic.second.id])
        assert again(item).holder_id is None
        assert "released" in kinds(item)
        assert Shift.objects.filter(user_id=helper.member_id, cancelled_at=None).count() == 0


def test_a_role_that_reviews_nothing_takes_its_shifts_along(clinic: ClinicMade) -> None:
    helper = make_member(clinic.id)
    with on(NOON):
        add(clinic, helper)
        members.change_role(by=clinic.lead, user_id=helper.member_id, role=Role.STAFF)
        assert there(clinic, datetime(2026, 12, 5, 17, tzinfo=UTC))[0] == [clinic.primary.id]


def test_somebody_deactivated_while_on_duty_counts_no_more_and_the_next_one_is_alerted(
    clinic: ClinicMade,
) -> None:
    # As it is in the moment between a removal and its shifts: the membership alone decides.
    Membership.objects.filter(user_id=clinic.primary.member_id).update(is_active=False)
    item = raiser(clinic, make_patient(clinic.second))("urgent")
    assert alerted(item) == [clinic.second.id]


def test_a_locum_leaves_by_the_clock_once_and_everything_follows(clinic: ClinicMade) -> None:
    locum = make_member(clinic.id, name="Dr L. Locum")
    with on(NOON):
        locums.set_last_day(by=clinic.lead, user_id=locum.member_id, ends_on=date(2026, 12, 6))
        with pytest.raises(Refused) as refused:
            add(clinic, locum, last_day=date(2026, 12, 7))
        assert refusal(refused) == "leaves_before"
        add(clinic, locum)
        item = raiser(clinic, make_patient(locum))("high")
        review.claim(by=locum, item_id=item.pk)
    # The last minute of the last day in New York is still theirs.
    last = datetime(2026, 12, 7, 4, 59, tzinfo=UTC)
    assert locums.tick(last) == 0
    assert actor_for(locum.member_id, clinic.id)
    with on(last + timedelta(minutes=1)):
        assert locums.tick(clock.now()) == 1
        assert locums.tick(clock.now()) == 0
        with pytest.raises(NotFound):
            actor_for(locum.member_id, clinic.id)
        assert again(item).holder_id is None
    assert AuditEvent.objects.filter(act="member.time_over").count() == 1
    assert ReviewItem.objects.get(source="rota").facts["code"] == "owner_gone"


def test_shifts_after_a_locums_last_day_are_gaps_before_it_has_come(clinic: ClinicMade) -> None:
    locum = make_member(clinic.id)
    with on(NOON):
        shifts.set_standing(by=clinic.lead, first_id=locum.id, second_id=clinic.second.id)
        locums.set_last_day(by=clinic.lead, user_id=locum.member_id, ends_on=date(2026, 12, 6))
        (gap,) = rota.gaps_of(clinic.lead)
    assert (gap.place, gap.start) == (FIRST, datetime(2026, 12, 7, 5, tzinfo=UTC))


def test_a_lead_has_no_last_day_and_a_locum_does_not_lead(clinic: ClinicMade) -> None:
    locum = make_member(clinic.id)
    with on(NOON):
        for who, day, reason in (
            (clinic.lead, date(2026, 12, 6), "lead_stays"),
            (locum, date(2026, 12, 2), "day_past"),
        ):
            with pytest.raises(Refused) as refused:
                locums.set_last_day(by=clinic.lead, user_id=who.member_id, ends_on=day)
            assert refusal(refused) == reason
        locums.set_last_day(by=clinic.lead, user_id=locum.member_id, ends_on=date(2026, 12, 6))
        with pytest.raises(Refused) as refused:
            members.change_role(by=clinic.lead, user_id=locum.member_id, role=Role.LEAD)
        assert refusal(refused) == "leaves"
        assert locums.set_last_day(by=clinic.lead, user_id=locum.member_id, ends_on=None)
    assert locums.tick(NOON + timedelta(days=30)) == 0


# --- then -----------------------------------------------------------------------------------------------------------


def test_who_was_on_duty_has_an_answer_with_who_was_alerted(clinic: ClinicMade) -> None:
    three = datetime(2026, 12, 12, 8, tzinfo=UTC)
    with on(NOON):
        add(clinic, clinic.lead, first_day=date(2026, 12, 12), last_day=date(2026, 12, 12))
    with on(three):
        item = raiser(clinic, make_patient(clinic.primary))("urgent")
    with on(three + timedelta(days=20)):
        shifts.set_standing(by=clinic.lead, first_id=clinic.second.id, second_id=clinic.primary.id)
        said = rota.said_then(clinic.reader, three)
        assert (said.first, said.second) == ((clinic.lead.name,), (clinic.second.name,))
        assert [(one.item_id, one.to) for one in said.alerts] == [(item.pk, (clinic.lead.name,))]
        # What the rota says now of a moment to come.
        assert rota.said_then(clinic.lead, clock.now() + HOUR).first == (clinic.second.name,)


def test_the_calendar_joins_what_was_with_what_is_to_come(clinic: ClinicMade) -> None:
    with on(NOON):
        start, end = NOON - timedelta(days=2), NOON + timedelta(days=2)
        (only,) = rota.calendar(clinic.reader, start, end)
        assert (only.start, only.end, only.first) == (start, end, (clinic.primary.name,))
        shifts.set_standing(by=clinic.lead, first_id=clinic.lead.id, second_id=clinic.second.id)
        before, after = rota.calendar(clinic.reader, start, end)
        assert (before.end, after.start) == (NOON, NOON)
        assert (before.first, after.first) == ((clinic.primary.name,), (clinic.lead.name,))


# --- handing over ---------------------------------------------------------------------------------------------------


def test_a_hand_over_keeps_the_note_and_what_was_open_and_is_shown_to_whoever_comes(
    clinic: ClinicMade,
) -> None:
    raise_item = raiser(clinic, make_patient(clinic.primary))
    high, urgent = raise_item("high", key="checkin:1"), raise_item("urgent", key="checkin:2")
    review.claim(by=clinic.second, item_id=high.pk)
    hand_overs.write(by=clinic.primary, note="Her sister calls back at six.")
    review.resolve(by=clinic.second, item_id=high.pk, seen_lock=2, outcome="reached_safe", note="Safe.")
    assert hand_overs.newest(clinic.primary) is None
    found = hand_overs.newest(clinic.second)
    assert found is not None
    assert (found.by, found.note) == (clinic.primary.name, "Her sister calls back at six.")
    assert [(one.id, one.priority, one.holder, one.still_open) for one in found.items] == [
        (urgent.pk, "urgent", "", True),
        (high.pk, "high", clinic.second.name, False),
    ]
    with on(clock.now() + timedelta(hours=25)):
        assert hand_overs.newest(clinic.second) is None
        assert hand_overs.written(clinic.lead).rows[0].note == "Her sister calls back at six."


def test_a_hand_over_to_one_person_is_shown_to_them_alone(clinic: ClinicMade) -> None:
    hand_overs.write(by=clinic.primary, note="Only for you.", to_id=clinic.second.id)
    assert hand_overs.newest(clinic.second) is not None
    assert hand_overs.newest(clinic.lead) is None


def test_nothing_is_handed_over_without_note_and_items_or_by_somebody_who_may_not_review(
    clinic: ClinicMade,
) -> None:
    with pytest.raises(Refused) as refused:
        hand_overs.write(by=clinic.primary, note="  ")
    assert refusal(refused) == "nothing"
    with pytest.raises(Refused) as refused:
        hand_overs.write(by=clinic.primary, note="To a receptionist.", to_id=clinic.staff.id)
    assert refusal(refused) == "not_a_clinician"
    with pytest.raises(NotAllowed):
        hand_overs.write(by=clinic.staff, note="Not mine to give.")
    assert not HandOver.objects.exists()


def test_a_clinic_in_another_zone_than_its_doctor_has_the_doctor_on_its_own_days() -> None:
    london = make_clinic(zone="Europe/London")
    with on(NOON):
        add(london, london.lead, first_day=date(2026, 12, 5), last_day=date(2026, 12, 5))
    assert there(london, datetime(2026, 12, 5, 0, tzinfo=UTC))[0] == [london.lead.id]
    assert there(london, datetime(2026, 12, 6, 0, tzinfo=UTC))[0] == [london.primary.id]
    assert not Leave.objects.exists()
