"""Who may act in a clinic at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from plans.domain.errors import NotFound
from plans.models import Membership, User
from plans.services.access import actor_for

pytestmark = pytest.mark.django_db


def test_a_member_acts_in_their_own_clinic(clinic):
    assert actor_for(clinic.second.id, clinic.id) == clinic.second


@pytest.mark.parametrize("ended", ["place", "account"])
def test_whoever_left_the_clinic_acts_in_it_no_more(clinic, ended):
    left: dict[str, QuerySet[Any]] = {
        "place": Membership.objects.filter(user_id=clinic.second.id, clinic_id=clinic.id),
        "account": User.objects.filter(pk=clinic.second.id),
    }
    assert left[ended].update(is_active=False) == 1
    with pytest.raises(NotFound):
        actor_for(clinic.second.id, clinic.id)
