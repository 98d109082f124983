"""The caseload is cut into runs: by every order each patient stands in one of them, and pages cross their ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from plans.models import Patient
from plans.services import clock
from plans.services.caseload import caseload
from plans.services.caseload_order import Sort, runs_of
from plans.services.checkins import sessions
from plans.services.review import open_item
from plans.web.clinician.caseload.views import counted
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, answer_all, on
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db

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
BY_CHANGE = ["Basil", "Elder", "Fennel", "Dill", "Anise", "Clove", "Ginger"]
BY_ANSWER = ["Clove", "Dill", "Elder", "Anise", "Basil", "Fennel", "Ginger"]
BY_FLAG = ["Fennel", "Dill", "Anise", "Basil", "Clove", "Elder", "Ginger"]


@pytest.fixture
def clinic() -> Iterator[ClinicMade]:
    """Seven patients who stand in different runs of every order."""
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


@pytest.mark.slow
@pytest.mark.parametrize("sort", list(Sort))
def test_every_patient_stands_in_one_run_of_every_order(clinic: ClinicMade, sort: Sort) -> None:
    every = Patient.objects.filter(clinic_id=clinic.id)
    found = [row.name for run in runs_of(sort, TODAY, clock.now()) for row in run.only(every)]
    assert sorted(found) == sorted(PATIENTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sort", "expected"), [("change", BY_CHANGE), ("answer", BY_ANSWER), ("flag", BY_FLAG)]
)
def test_pages_go_on_over_the_end_of_a_run(clinic: ClinicMade, sort: str, expected: list[str]) -> None:
    found, key, size = [], None, 4
    while True:
        page = caseload(clinic.primary, sort=sort, key=key, size=size)
        assert page.total_capped == len(PATIENTS)
        found += [row.name for row in page.rows]
        if (key := page.next_key) is None:
            break
        size = 1
    assert found == expected


def test_a_part_is_counted_as_far_as_anybody_reads_it() -> None:
    assert (counted(0), counted(1000), counted(1001)) == ("0", "1000", "1000+")
