"""The plan form with more times of day and with clock times: typed, refused beside its field, issued."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plans.models import Plan
from plans.services.plans.queries import schedule_of
from tests.present import present
from tests.web.plan_form_help import as_member, form_page, preview_page, typed
from tests.web.test_plan_form import answered

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def by_clock(*doses: tuple[str, str], **changes: str) -> dict[str, str]:
    """The form's doses as clock times, the named ones left empty."""
    found = {"a_morning": "", "a_night": ""}
    for n, (time, dose) in enumerate(doses, start=1):
        found |= {f"a_clock_{n}": time, f"a_dose_{n}": dose}
    return found | changes


def issued(client, patient, changes: Mapping[str, str]):
    """What version 1 says is taken on its first day, by time of day."""
    form = answered(client, patient, **changes)
    client.post(form_page(patient), form)
    version = present(Plan.objects.get(patient=patient).active_version)
    return [(dose.time.value, dose.dose.text) for dose in schedule_of(version).steps[0].doses]


def test_a_plan_of_clock_times_is_issued_in_the_order_of_the_day(signed_in, patient):
    doses = (("22:15", "1"), ("06:30", "0.5"), ("14:00", "0.5"))
    assert issued(signed_in, patient, by_clock(*doses)) == [
        ("06:30", "0.5"),
        ("14:00", "0.5"),
        ("22:15", "1"),
    ]


def test_a_plan_with_afternoon_and_bedtime_is_issued(signed_in, patient):
    changes = {"a_morning": "", "a_afternoon": "0.5", "a_bedtime": "0.5"}
    assert issued(signed_in, patient, changes) == [("afternoon", "0.5"), ("night", "1"), ("bedtime", "0.5")]


def test_typed_rows_may_name_clock_times(signed_in, patient):
    rows = "14: 06:30 0.5, 22:00 0.5\n14: 22:00 0.5"
    changes = by_clock(("06:30", "0.5"), ("22:00", "1"), method="typed", rows=rows)
    page = signed_in.post(preview_page(patient), typed(patient, **changes)).content.decode()
    assert "06:30" in page
    assert '<path class="line"' in page


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        (by_clock(("06:30", "")), "a_dose_1", "A clock time needs a dose"),
        (by_clock(("", "0.5")), "a_clock_1", "A clock time needs a dose"),
        (by_clock(("06:30", "0.5"), ("06:30", "0.5")), "a_clock_2", "entered above"),
        (by_clock(("6.30", "0.5")), "a_clock_1", "is not one of"),
        (by_clock(("night", "0.5")), "a_clock_1", "two digits"),
        ({"a_clock_1": "06:30", "a_dose_1": "0.5"}, "a_clock_1", "not both"),
        (
            by_clock(("06:30", "0.5"), drug_b="zolpidem", b_night="5"),
            "b_night",
            "names of times of day or clock times, not both",
        ),
    ],
)
def test_what_is_wrong_with_a_clock_time_is_shown_beside_it_and_kept(
    signed_in, patient, changes, field, said
):
    answer = signed_in.post(form_page(patient), typed(patient, **changes, do="issue"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in page
    assert said in page
    for name in ("a_clock_1", "a_dose_1"):
        if changes.get(name):
            assert f'value="{changes[name]}"' in page


def test_use_that_varied_is_typed_shown_and_kept(signed_in, patient):
    before = "1: morning 0.5, night 1\n1:\n2: night 1"
    page = signed_in.post(preview_page(patient), typed(patient, before=before)).content.decode()
    assert "was taken unevenly: 0" in page
    assert Plan.objects.get(patient=patient).draft["before"] == [before]


@pytest.mark.parametrize(
    ("before", "said"), [("28: 1.5", "time of day"), ("3: night", "14: morning"), ("3: night 0", "zero")]
)
def test_days_before_that_do_not_read_are_refused_beside_their_field(signed_in, patient, before, said):
    answer = signed_in.post(form_page(patient), typed(patient, before=before, do="issue"))
    assert answer.status_code == 422
    assert 'href="#f-before"' in answer.content.decode()
    assert said in answer.content.decode()
