"""Outside services on the rota: entered, corrected, cancelled, told to patients, and where urgent alerts go then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.messages import MessageFacts
from plans.domain.review.rota import DutyPlace, Pattern
from plans.models import AuditEvent, Clinic, Patient, ServiceShift, Work
from plans.services import messages, outside_services, rota, shifts
from plans.services.review import digest
from plans.wording.audit import act_words
from plans.wording.review import event_words
from tests.makers import ClinicMade, make_clinic
from tests.makers_checkins import on
from tests.present import present
from tests.services.review_help import alerted, raiser, refusal

pytestmark = pytest.mark.django_db
# A Thursday noon in New York, and the night after it.
NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHT, MORNING = NOON + 11 * HOUR, NOON + 20 * HOUR
NUMBER = "555-0188"


def add(clinic: ClinicMade, **changes: Any) -> int:
    wanted: dict[str, Any] = {
        "by": clinic.lead, "name": "Night Line", "phone": NUMBER, "pattern": Pattern.NIGHTS,
        "first_day": date(2026, 12, 1 + 2), "last_day": date(2026, 12, 10),
    }  # fmt: skip
    return outside_services.add(**wanted | changes)


def to_call(clinic: ClinicMade, at: datetime) -> list[tuple[str, str]]:
    return [(one.name, one.phone) for one in rota.services_to_call(clinic.id, at)]


def last_act() -> str:
    event = AuditEvent.objects.latest("id")
    return act_words(event.act, event.facts).replace("\u00a0", " ")


@pytest.fixture
def covered(clinic: ClinicMade) -> ClinicMade:
    """A clinic whose nights of a week are a service's."""
    with on(NOON):
        # Monday to Thursday: the night from Friday on is a weekend.
        assert add(clinic) == 5
    return clinic


def test_in_its_hours_patients_are_told_its_number_and_nobody_of_the_clinic_is_on_duty(
    covered: ClinicMade,
) -> None:
    assert to_call(covered, NIGHT) == [("Night Line", NUMBER)]
    assert to_call(covered, NOON + HOUR) == to_call(covered, MORNING + HOUR) == []
    row = Clinic.objects.get(pk=covered.id)
    assert not rota.on_duty(row, NIGHT).watched
    assert rota.on_duty(row, MORNING + HOUR).watched
    assert not rota.is_watched(covered.id, NIGHT)
    with on(NIGHT):
        assert rota.gaps_of(covered.lead) == ()
    assert rota.names_on_duty(row, NIGHT).services == rota.services_to_call(covered.id, NIGHT)


def test_the_history_says_what_was_entered(covered: ClinicMade) -> None:
    assert last_act() == (
        f"entered Night Line, {NUMBER}, as whom patients call: "
        "hours from Thu 3 Dec, 17:00 to Fri 11 Dec, 08:00, 5 in all"
    )


def test_urgent_alerts_go_to_everybody_at_once_and_say_why(covered: ClinicMade, patient: Patient) -> None:
    with on(NIGHT):
        item = raiser(covered, patient)("urgent")
        assert set(alerted(item)) == {covered.lead.id, covered.primary.id, covered.second.id}
        (event,) = item.events.filter(kind="alerted")
        assert event_words("alerted", event.facts).endswith("; patients are told to call Night Line")
        work = Work.objects.filter(item=item, user_id=present(covered.second.id)).get()
        facts = messages.compose(work.pk)
        assert isinstance(facts, MessageFacts)
        assert facts.covered


def test_by_day_the_first_on_duty_alone_is_alerted(covered: ClinicMade, patient: Patient) -> None:
    with on(MORNING + HOUR):
        item = raiser(covered, patient)("urgent")
        assert alerted(item) == [covered.primary.id]
        assert not item.events.filter(kind="alerted", facts__has_key="covered").exists()


def test_whoever_has_a_shift_with_days_is_alerted_beside_the_service(
    covered: ClinicMade, patient: Patient
) -> None:
    with on(NOON):
        shifts.add(
            by=covered.lead, user_id=covered.second.member_id, place=DutyPlace.FIRST, pattern=Pattern.NIGHTS,
            first_day=date(2026, 12, 3), last_day=date(2026, 12, 3),
        )  # fmt: skip
    with on(NIGHT):
        assert alerted(raiser(covered, patient)("urgent")) == [covered.second.id]
    assert to_call(covered, NIGHT) == [("Night Line", NUMBER)]


def test_a_corrected_number_counts_from_now_on_and_what_was_said_stays(covered: ClinicMade) -> None:
    row = ServiceShift.objects.earliest("start_at")
    with on(NIGHT):
        assert (
            outside_services.correct(by=covered.lead, hours_id=row.pk, name="Night Line", phone="555-0189")
            == 5
        )
        assert last_act() == f"corrected Night Line, {NUMBER} on the rota to Night Line, 555-0189: 5 in all"
        assert to_call(covered, NIGHT) == [("Night Line", "555-0189")]
    with on(MORNING):
        said = rota.said_then(covered.lead, NIGHT - HOUR)
        assert [one.phone for one in said.services] == [NUMBER]
        assert [one.phone for one in rota.said_then(covered.lead, NIGHT + HOUR).services] == ["555-0189"]
    with on(NIGHT):
        fresh = ServiceShift.objects.filter(cancelled_at=None).earliest("start_at")
        assert (
            outside_services.correct(by=covered.lead, hours_id=fresh.pk, name="Night Line", phone="555-0189")
            == 0
        )


def test_one_night_or_all_are_cancelled_and_the_standing_people_are_on_duty_again(
    covered: ClinicMade,
) -> None:
    row = ServiceShift.objects.earliest("start_at")
    with on(NOON):
        assert outside_services.hours(covered.lead, row.pk).alike == 4
        assert outside_services.cancel(by=covered.lead, hours_id=row.pk) == 1
        assert to_call(covered, NIGHT) == []
        assert rota.on_duty(Clinic.objects.get(pk=covered.id), NIGHT).watched
        following = ServiceShift.objects.filter(cancelled_at=None).earliest("start_at")
        assert outside_services.cancel(by=covered.lead, hours_id=following.pk, alike=True) == 4
        assert last_act() == "cancelled hours of Night Line on the rota: those of Mon 7 Dec, 17:00, 4 in all"
        assert outside_services.ahead(covered.lead).rows == ()
        with pytest.raises(Refused) as refused:
            outside_services.cancel(by=covered.lead, hours_id=row.pk)
        assert refusal(refused) == "cancelled"
    with on(NOON + timedelta(days=20)), pytest.raises(Refused) as refused:
        outside_services.correct(by=covered.lead, hours_id=row.pk, name="X", phone="555-0111")
    assert refusal(refused) == "cancelled"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"first_day": date(2026, 12, 10)}, "already_covered"),
        ({"pattern": Pattern.CHOSEN}, "times_missing"),
        ({"last_day": date(2026, 12, 1)}, "days_order"),
        ({"first_day": date(2026, 12, 1)}, "day_past"),
        ({"pattern": Pattern.HOLIDAYS, "first_day": date(2026, 12, 8)}, "no_such_hours"),
    ],
)
def test_what_cannot_be_entered_is_refused(covered: ClinicMade, changes: dict[str, Any], reason: str) -> None:
    with on(NOON), pytest.raises(Refused) as refused:
        add(covered, **changes)
    assert refusal(refused) == reason
    assert ServiceShift.objects.count() == 5


def test_only_a_lead_enters_it_and_only_in_their_clinic(covered: ClinicMade) -> None:
    row, other = ServiceShift.objects.earliest("start_at"), make_clinic()
    with on(NOON):
        with pytest.raises(NotAllowed):
            add(covered, by=covered.primary)
        with pytest.raises(NotAllowed):
            outside_services.cancel(by=covered.primary, hours_id=row.pk)
        with pytest.raises(NotFound):
            outside_services.cancel(by=other.lead, hours_id=row.pk)
        with pytest.raises(NotFound):
            outside_services.hours(other.lead, row.pk)
        assert outside_services.ahead(other.lead).rows == ()
    assert to_call(other, NIGHT) == []


def test_it_is_found_by_name_and_by_number_and_listed_soonest_first(covered: ClinicMade) -> None:
    with on(NOON):
        add(
            covered, name="Weekend Service", phone="555-0199", pattern=Pattern.CHOSEN, times=(time(9), time(12)),
            first_day=date(2026, 12, 5), last_day=date(2026, 12, 6), weekdays=[5, 6],
        )  # fmt: skip
        assert len(outside_services.ahead(covered.lead).rows) == 7
        for word in ("weekend", "0199"):
            assert [one.name for one in outside_services.ahead(covered.lead, q=word).rows] == [
                "Weekend Service"
            ] * 2
        starts = [one.start for one in outside_services.ahead(covered.lead).rows]
        assert starts == sorted(starts)


@pytest.mark.slow
def test_the_digest_says_that_a_service_has_the_night_without_its_name(covered: ClinicMade) -> None:
    with on(NOON):
        duty = digest.of_clinic(Clinic.objects.get(pk=covered.id), NOON).duty
    assert [(bool(one.first), one.covered) for one in duty] == [(True, False), (False, True), (True, False)]
