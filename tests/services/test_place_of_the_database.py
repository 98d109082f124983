"""A restored database is noticed; a reading that could see less than the one before is not taken for one."""

from __future__ import annotations

import pytest

from plans.models import Heartbeat
from plans.services import heartbeat, restoring

pytestmark = pytest.mark.django_db


def known(place):
    heartbeat.beat("place", {"place": place})


def oid():
    return restoring.place().rpartition("/")[2]


def test_the_first_look_writes_down_where_it_is():
    assert restoring.is_original_database()
    assert Heartbeat.objects.get(name="place").facts["place"] == restoring.place()


@pytest.mark.parametrize("place", ["1/1/1", "0/0/1"])
def test_another_place_pauses_all_sending(place):
    known(place)
    assert not restoring.is_original_database()
    assert heartbeat.paused_because() == heartbeat.RESTORED


def test_a_reading_that_could_not_see_the_control_file_pauses_nothing(monkeypatch):
    assert restoring.is_original_database()
    monkeypatch.setattr(restoring, "_FULL", restoring._BARE)
    assert restoring.is_original_database()
    assert heartbeat.paused_because() == ""


def test_what_was_not_seen_at_first_is_written_down_once_it_is_seen():
    known(f"0/0/{oid()}")
    assert restoring.is_original_database()
    assert Heartbeat.objects.get(name="place").facts["place"] == restoring.place()
    assert "0" not in restoring.place().split("/")
