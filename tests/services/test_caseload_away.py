"""The caseload of patients in hospital and elsewhere: as few queries for many as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.services import clock
from plans.services.caseload import caseload
from tests.makers import ClinicMade, make_patient
from tests.makers_care import record, set_care
from tests.makers_plans import issue_story_plan

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("caseload_rows")]


def test_the_caseload_asks_no_more_for_many_patients_in_hospital_than_for_one(clinic: ClinicMade) -> None:
    asked, shown = [], []
    for _ in range(2):
        for _ in range(2):
            patient = make_patient(clinic.primary)
            today = clock.today(patient.zone)
            plan = issue_story_plan(clinic.primary, patient, start=today - timedelta(days=20))
            record(clinic.primary, plan, "night clonazepam 1", from_day=today - timedelta(days=5))
            set_care(clinic.primary, patient, "admitted", on=today - timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            shown = [row.care.last_known for row in caseload(clinic.primary).rows if row.care]
        asked.append(len(queries))
    assert [day.units for day in shown if day] == [{"clonazepam": 100_000}] * 4
    assert asked[0] == asked[1]
