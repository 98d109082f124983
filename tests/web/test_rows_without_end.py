"""One link cannot make rows without end: private addresses, ticks and devices are limited per day."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from plans.models import AuditEvent, Link, PatientDevice
from plans.services import devices, dose_marks, feeds
from tests.web.patient_story import Story, give, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_so_many_private_addresses_a_day(known: Client, begun: Story) -> None:
    answers = [known.post("/p/feed", {"act": "open_doses"}) for _n in range(feeds.MOST_A_DAY + 5)]
    assert [one.status_code for one in answers] == [302] * feeds.MOST_A_DAY + [429] * 5
    assert "very often today" in words(answers[-1])
    assert Link.objects.filter(purpose="feed_doses").count() == feeds.MOST_A_DAY
    # The one that stands can still be ended.
    assert known.post("/p/feed", {"act": "close"}).status_code == 302


def test_so_many_ticks_a_day(known: Client, begun: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(dose_marks, "MOST_A_DAY", 6)
    step = {"on": "2026-11-23", "time": "night", "drug": "clonazepam"}
    answers = [known.post("/p/mark", {**step, "how": ("planned", "")[n % 2]}) for n in range(9)]
    assert [one.status_code for one in answers] == [302] * 6 + [422] * 3
    assert AuditEvent.objects.filter(act__in=("dose.marked", "dose.unmarked")).count() == 6


def test_the_newest_devices_stay_known(opened: Client, begun: Story) -> None:
    for _n in range(devices.DEVICES + 10):
        give(opened, str(begun.patient.born.year))
    assert PatientDevice.objects.count() == devices.DEVICES
    assert "Which year" not in words(opened.get("/p/"))
