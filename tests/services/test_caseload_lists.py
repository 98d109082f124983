"""The lists of the caseload: every order and part, page by page, also of rows that are late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from plans.domain.errors import NotAllowed, NotFound
from plans.models import CaseloadMark, CaseloadRow, Patient
from plans.services import care, clock, visits
from plans.services.actors import SYSTEM
from plans.services.caseload import CaseloadShow, DueCode, Sort, caseload, caseload_view, projection, reading
from plans.services.checkins import sessions
from plans.services.review import open_item
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import record, set_care
from tests.makers_checkins import START, answer_all, on
from tests.makers_plans import issue_story_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("caseload_rows")]

NOW = START + timedelta(days=40)
TODAY = NOW.date()
# Days until the next change (the first step lasts a fortnight), days since the last answer.
PATIENTS = {
    "Anise": (60, 40),
    "Basil": (1, None),
    "Clove": (100, 0),
    "Dill": (20, 3),
    "Elder": (5, 10),
    "Fennel": (5, None),
    "Ginger": (None, None),
}
ORDERS = {
    "change": ["Basil", "Elder", "Fennel", "Dill", "Anise", "Clove", "Ginger"],
    "answer": ["Clove", "Dill", "Elder", "Anise", "Basil", "Fennel", "Ginger"],
    "flag": ["Fennel", "Dill", "Anise", "Basil", "Clove", "Elder", "Ginger"],
    "name": ["Anise", "Basil", "Clove", "Dill", "Elder", "Fennel", "Ginger"],
}


@pytest.fixture
def clinic() -> Iterator[ClinicMade]:
    """Seven patients whose rows were last written weeks ago, but for what is open on two of them."""
    with on(START):
        made = make_clinic()
        patients = {name: make_patient(made.primary, name=name) for name in PATIENTS}
        for name, (change, _answer) in PATIENTS.items():
            if change is not None:
                issue_story_plan(made.primary, patients[name], start=TODAY + timedelta(days=change - 14))
    for name, (_change, answer) in PATIENTS.items():
        if answer is not None:
            with on(NOW - timedelta(days=answer)):
                answer_all(sessions.by_phone(made.staff, patients[name].pk))
    with on(NOW), transaction.atomic():
        for name, severity in (("Fennel", "urgent"), ("Dill", "routine")):
            open_item(
                clinic_id=made.id, patient=patients[name], plan=None, source="missed", source_key=name,
                priority=severity, facts={}, now=clock.now(),
            )  # fmt: skip
    with on(NOW):
        yield made


def walked(clinic: ClinicMade, size: int, **more: str) -> list[str]:
    """The names of a list, page by page."""
    found: list[str] = []
    key = None
    while True:
        page = caseload(clinic.primary, key=key, size=size, **more)
        assert page.seen == len(found)
        found += [row.name for row in page.rows]
        assert page.more == (page.next_key is not None) == (len(found) < page.total_capped)
        if (key := page.next_key) is None:
            return found


@pytest.mark.slow
def test_pages_of_every_order_hold_everybody_once_whether_rows_are_late_or_written(
    clinic: ClinicMade,
) -> None:
    assert CaseloadRow.objects.filter(stale_at__lte=NOW).count() == 2
    for renewed in (False, True):
        if renewed:
            assert projection.tick(NOW) >= 2
            assert not CaseloadRow.objects.filter(stale_at__lte=NOW).exists()
            assert projection.tick(NOW) == 0
        for sort, expected in ORDERS.items():
            for size in (1, 3, 25):
                assert walked(clinic, size, sort=sort) == expected, (sort, size, renewed)
        assert walked(clinic, 2, q="e", sort="change") == [
            name for name in ORDERS["change"] if "e" in name.lower()
        ]
        assert walked(clinic, 25, show="week", sort="change") == ["Basil", "Elder", "Fennel"]
        assert walked(clinic, 1, drug="clonazepam", sort="name") == ORDERS["name"][:-1]
        assert walked(clinic, 1, show="no_plan") == ["Ginger"]


@pytest.mark.slow
def test_a_common_search_is_paged_in_order_and_says_that_it_was_not_counted(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    projection.tick(NOW)
    monkeypatch.setattr(reading, "MOST_FOUND", 1)
    page = caseload(clinic.primary, q="e", sort="change", size=2)
    wanted = [name for name in ORDERS["change"] if "e" in name.lower()]
    assert [row.name for row in page.rows] == wanted[:2]
    assert not page.counted_all
    rest = caseload(clinic.primary, q="e", sort="change", size=25, key=page.next_key)
    assert [row.name for row in rest.rows] == wanted[2:]


@pytest.mark.slow
def test_a_page_key_of_another_clinic_or_of_nobody_begins_anew(clinic: ClinicMade) -> None:
    stranger = make_patient(make_clinic().primary)
    for key in (stranger.pk.hex, UUID(int=7).hex):
        assert caseload(clinic.primary, sort="name", key=f"{key}.3").seen == 0


@pytest.mark.slow
def test_nobody_without_a_clinic_or_a_role_reads_it(clinic: ClinicMade) -> None:
    with pytest.raises((NotAllowed, NotFound)):
        caseload(SYSTEM)
    assert caseload(make_clinic().lead).rows == ()


@pytest.mark.slow
def test_a_part_of_one_member_is_theirs_alone_and_counts_are_what_lists_hold(clinic: ClinicMade) -> None:
    patient = Patient.objects.get(name="Basil")
    care.set_care_state(
        by=clinic.primary,
        patient_id=patient.pk,
        seen_version=patient.version,
        state="died",
        note="Told by the family.",
    )
    nobodys = make_patient(clinic.staff, name="Hyssop")
    for actor, mine in ((clinic.primary, 6), (clinic.second, 0)):
        view = caseload_view(actor)
        assert view.counts["mine"] == mine
        for show in CaseloadShow:
            page = caseload(actor, show=show.value, size=1)
            assert page.total_capped == view.counts[show.value], show
            assert len(caseload(actor, show=show.value).rows) == view.counts[show.value], show
    assert [row.patient_id for row in caseload(clinic.primary, show="no_owner").rows] == [nobodys.pk]
    assert [row.name for row in caseload(clinic.primary, show="gone").rows] == ["Basil"]
    assert "Basil" not in [row.name for row in caseload(clinic.primary).rows]
    assert [row.name for row in caseload(clinic.primary, q="basil").rows] == ["Basil"]
    assert projection.recount() == 0


@pytest.mark.slow
def test_what_falls_due_this_week_is_named_until_its_day_is_over(clinic: ClinicMade) -> None:
    patient = Patient.objects.get(name="Ginger")
    visits.plan_visit(
        by=clinic.primary, patient_id=patient.pk, on=TODAY + timedelta(days=9), at=None, with_whom=""
    )
    for later, due in ((0, []), (1, []), (2, [DueCode.VISIT]), (9, [DueCode.VISIT]), (10, [])):
        with on(NOW + timedelta(days=later)):
            for _ in range(2):
                found = [row for row in caseload(clinic.primary, show="week").rows if row.name == "Ginger"]
                assert [one.code for row in found for one in row.due] == due, later
                projection.tick(clock.now())


@pytest.mark.slow
def test_a_statement_past_every_act_is_seen_at_once_and_written_by_the_tick(clinic: ClinicMade) -> None:
    projection.tick(NOW)
    Patient.objects.filter(name="Anise").update(care_state="transferred")
    assert CaseloadMark.objects.exists()
    assert "Anise" not in [row.name for row in caseload(clinic.primary).rows]
    assert caseload_view(clinic.primary).counts["gone"] == 1
    assert projection.tick(NOW) == 1
    assert not CaseloadMark.objects.exists()
    assert [row.name for row in caseload(clinic.primary, show="gone").rows] == ["Anise"]
    # Not even a row that is missing altogether hides its patient.
    CaseloadRow.objects.all().delete()
    Patient.objects.update(zone="America/New_York")
    assert walked(clinic, 3, sort="name") == ORDERS["name"][1:]


@pytest.mark.slow
def test_the_list_asks_no_more_for_many_than_for_one(clinic: ClinicMade) -> None:
    projection.tick(NOW)
    asked = []
    for size in (1, 25):
        with CaptureQueriesContext(connection) as queries:
            caseload_view(clinic.primary, size=size)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 6


@pytest.mark.slow
def test_another_dose_than_the_plans_is_named_as_long_as_it_differs(clinic: ClinicMade) -> None:
    patient = Patient.objects.get(name="Elder")
    plan = patient.plans.get()
    record(clinic.primary, plan, "night clonazepam 1", from_day=TODAY)
    [row] = caseload(clinic.primary, q="elder").rows
    assert row.taken is not None
    assert row.taken.day.units == {"clonazepam": 100_000}
    assert row.plan is not None
    assert row.plan.dose is not None
    assert row.plan.dose.units == {"clonazepam": 150_000}


@pytest.mark.slow
def test_somebody_in_hospital_has_no_dose_today_and_no_change_to_come(clinic: ClinicMade) -> None:
    set_care(clinic.primary, Patient.objects.get(name="Basil"), "admitted", on=TODAY)
    [row] = caseload(clinic.primary, q="basil", sort=Sort.CHANGE.value).rows
    assert row.plan is not None
    assert (row.plan.dose, row.plan.next_change_on) == (None, None)
    assert row.care is not None
    assert row.care.last_known is not None
    assert [one.code for one in row.due] == [DueCode.WARD]
