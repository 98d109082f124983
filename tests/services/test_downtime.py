"""The downtime list: what it says, that it opens with the code alone, and that a stale one is told."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import pbkdf2_hmac
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plans.dispatch import downtime as making
from plans.domain.errors import NotAllowed, Refused
from plans.domain.rights.downtime import AT_HOUR, STALE, typed
from plans.models import AuditEvent, DowntimeKey, DowntimeList, Patient, ReviewItem
from plans.services import clock, downtime
from plans.services.actors import Role
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db
CANARIES = ("Marta", "clonazepam", "555")


@pytest.fixture
def clinic() -> Any:
    with on(START):
        yield make_clinic()


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    found = make_patient(
        clinic.primary, name="Marta <i>Lindqvist</i>", phone="+1 555 0100", crisis_plan="Call sister first."
    )
    issue_story_plan(clinic.primary, found)
    return found


def opened(page: str, code: str) -> str:
    """As docs/downtime.md opens it."""
    found = re.search(r'id="sealed">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    sealed = json.loads(found[1])
    raw = {name: base64.b64decode(sealed[name]) for name in ("salt", "iv", "data")}
    key = pbkdf2_hmac("sha256", typed(code).encode(), raw["salt"], sealed["iterations"])
    return AESGCM(key).decrypt(raw["iv"], raw["data"], sealed["about"].encode()).decode()


def test_it_opens_with_the_code_alone_and_says_who_takes_what(
    clinic: ClinicMade, patient: Patient, settings: Any, tmp_path: Path
) -> None:
    settings.DOWNTIME_DIR = str(tmp_path)
    code = downtime.set_key(by=clinic.lead)
    assert re.fullmatch(r"([A-Z2-7]{5}-){3}[A-Z2-7]{5}", code)
    assert making.tick(clock.now()) == 1
    page, made_at = downtime.fetch(by=clinic.primary)
    assert made_at == clock.now()
    assert not [word for word in CANARIES if word in page]
    inside = opened(page, code.lower().replace("-", " "))
    for said in (*CANARIES, "Call sister first.", "Marta &lt;i&gt;Lindqvist"):
        assert said.lower() in inside.lower()
    assert "<i>" not in inside
    with pytest.raises(InvalidTag):
        opened(page, code[:-1] + ("A" if code[-1] != "A" else "B"))
    # Whole, under a name that says nothing, and nothing else beside it.
    assert [path.name for path in tmp_path.iterdir()] == [f"{clinic.id}.html"]
    assert next(tmp_path.iterdir()).read_text() == page
    assert AuditEvent.objects.filter(act="downtime.fetched", actor_id=clinic.primary.id).count() == 1


def test_neither_rows_nor_the_page_hold_the_code_or_a_key(clinic: ClinicMade, patient: Patient) -> None:
    code = downtime.set_key(by=clinic.lead)
    making.tick(clock.now())
    key = DowntimeKey.objects.get()
    derived = pbkdf2_hmac("sha256", typed(code).encode(), bytes(key.salt), key.iterations)
    assert derived not in bytes(key.sealed)
    events = json.dumps(list(AuditEvent.objects.values_list("facts", flat=True)))
    assert code not in events
    assert code not in DowntimeList.objects.get().page
    # A row moved to another clinic does not open.
    other = make_clinic(name="Lakeside Clinic")
    DowntimeKey.objects.filter(pk=key.pk).update(clinic_id=other.id)
    with pytest.raises(Refused, match="no_key"):
        making.make(other.id, clock.now())


def test_one_is_made_a_night_and_two_are_kept(clinic: ClinicMade, patient: Patient) -> None:
    assert making.tick(clock.now()) == 0
    first = downtime.set_key(by=clinic.lead)
    assert (making.tick(clock.now()), making.tick(clock.now())) == (1, 0)
    midnight = (START + timedelta(days=1)).replace(hour=5)
    for night in range(3):
        with on(midnight + timedelta(days=night)):
            assert making.tick(clock.now()) == 0
        with on(midnight + timedelta(days=night, hours=AT_HOUR + 1)):
            assert making.tick(clock.now()) == 1
    assert DowntimeList.objects.count() == 2
    with on(midnight + timedelta(days=2, hours=9)):
        second = downtime.set_key(by=clinic.lead)
        assert making.tick(clock.now()) == 1
        page, _ = downtime.fetch(by=clinic.lead)
    assert opened(page, second)
    with pytest.raises(InvalidTag):
        opened(page, first)


def test_a_stale_list_is_told_once_and_the_others_are_made(
    clinic: ClinicMade, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_clinic(name="Lakeside Clinic")
    for one in (clinic, other):
        downtime.set_key(by=one.lead)
    making.tick(clock.now())
    right = making.make

    def broken(clinic_id: Any, now: Any) -> None:
        if clinic_id == clinic.id:
            raise OSError
        right(clinic_id, now)

    monkeypatch.setattr(making, "make", broken)
    with on(START + STALE + timedelta(hours=1)):
        assert making.tick(clock.now()) == 1
        making.tick(clock.now())
        item = ReviewItem.objects.get(source="rights")
        assert (item.clinic_id, item.severity, item.facts["code"]) == (clinic.id, "high", "downtime_stale")
        assert downtime.latest(clinic.lead).stale
        assert not downtime.latest(other.lead).stale


def test_what_is_really_taken_and_a_hospital_stay_stand_first(clinic: ClinicMade, patient: Patient) -> None:
    found = downtime.facts(clinic.id, clock.now()).patients
    assert [one.record_no for one in found] == [patient.record_no]
    assert len(found[0].doses) >= 1
    plan = patient.plans.get()
    plan.state = "paused"
    plan.save(update_fields=["state"])
    (one,) = downtime.facts(clinic.id, clock.now()).patients
    assert one.doses == ()
    assert "ward" in one.notes[0]
    Patient.objects.filter(pk=patient.pk).update(care_state="died")
    assert downtime.facts(clinic.id, clock.now()).patients == ()


def test_only_a_lead_sets_the_code_and_who_only_reads_takes_no_list_along(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        downtime.set_key(by=clinic.primary)
    with pytest.raises(Refused, match="no_list"):
        downtime.fetch(by=clinic.primary)
    with pytest.raises(NotAllowed):
        downtime.fetch(by=make_member(clinic.id, Role.READER))
    assert replace(downtime.latest(clinic.lead)).made_at is None
