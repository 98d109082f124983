"""Checks on a record that need more than one field."""

from __future__ import annotations

from datetime import date

import pytest

from plans.domain.errors import Refused
from plans.domain.people import check_whole
from tests.makers import patient_data


@pytest.mark.parametrize(
    ("born", "today"),
    [(date(2008, 11, 28), date(2026, 11, 27)), (date(2008, 2, 29), date(2026, 2, 28))],
)
def test_the_day_before_somebody_comes_of_age_the_record_is_refused(born: date, today: date) -> None:
    with pytest.raises(Refused) as refused:
        check_whole(patient_data(born=born, duration_months=6, consent_on=date(2026, 1, 2)), today)
    assert (refused.value.facts["reason"], refused.value.where) == ("not_an_adult", "born")


@pytest.mark.parametrize(
    ("born", "today"),
    [(date(2008, 11, 27), date(2026, 11, 27)), (date(2008, 2, 29), date(2026, 3, 1))],
)
def test_on_the_day_somebody_comes_of_age_the_record_is_taken(born: date, today: date) -> None:
    check_whole(patient_data(born=born, duration_months=6, consent_on=date(2026, 1, 2)), today)
