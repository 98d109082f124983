"""Clinics, members and patients for tests, made through services, as the application makes them."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid4

import time_machine
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from plans.domain.channel_test import ChannelTestTime
from plans.domain.people import ContactHow, EmergencyContact, MayBeTold, PatientData
from plans.models import Patient, Shift, User
from plans.services import accounts, channel_tests, clock, people, shifts
from plans.services.access import actor_for
from plans.services.actors import Actor, Role
from tests.present import present

HOURS = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LONG_FROM_NOW = date(2099, 12, 31)
PASSWORD = "a long quiet river 42"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class ClinicMade:
    """A clinic with its people; `primary` and `second` are on call, `lead` manages. Others are made when asked for."""

    id: UUID
    lead: Actor
    primary: Actor
    second: Actor

    @functools.cached_property
    def staff(self) -> Actor:
        """A member of the reception staff."""
        return make_member(self.id, Role.STAFF)

    @functools.cached_property
    def reader(self) -> Actor:
        """Somebody who may only look."""
        return make_member(self.id, Role.READER)

    @functools.cached_property
    def pharmacist(self) -> Actor:
        """Somebody who sees plans and supply."""
        return make_member(self.id, Role.PHARMACIST)

    @functools.cached_property
    def operator(self) -> Actor:
        """Somebody who sees the installation and no patient."""
        return make_member(self.id, Role.OPERATOR)


def make_member(clinic_id: UUID, role: Role = Role.CLINICIAN, *, name: str = "", email: str = "") -> Actor:
    """A member of a clinic who can sign in with PASSWORD."""
    number = next(_numbers)
    user_id = accounts.create_member(
        clinic_id=clinic_id,
        email=email or f"{role.value}{number}@clinic.example.org",
        name=name or f"Dr {role.value.title()} {number}",
        role=role,
    )
    # Hashing is slow on purpose: once a process is enough.
    User.objects.filter(pk=user_id).update(password=_hashed())
    return actor_for(user_id, clinic_id)


@functools.cache
def _hashed() -> str:
    return make_password(PASSWORD)


def make_clinic(
    *, name: str = "", on_call: bool = True, zone: str = "America/New_York", **more: Any
) -> ClinicMade:
    """A clinic with one member of each role and a second clinician; on call are the two clinicians."""
    if (name, on_call, zone, more) == ("", True, "America/New_York", {}):
        return _usual_clinic().again()
    return _make_clinic(name=name, on_call=on_call, zone=zone, **more)


def _make_clinic(*, name: str, on_call: bool, zone: str, **more: Any) -> ClinicMade:
    clinic_id = accounts.create_clinic(
        name=name or f"Riverside Clinic {next(_numbers)}",
        phone="555-0110",
        zone=zone,
        country="US",
        **{"hours": HOURS, "second_factor_from": LONG_FROM_NOW, **more},
    )
    made = ClinicMade(
        id=clinic_id,
        lead=make_member(clinic_id, Role.LEAD),
        primary=make_member(clinic_id),
        second=make_member(clinic_id),
    )
    if on_call:
        shifts.set_standing(by=made.lead, first_id=made.primary.id, second_id=made.second.id)
        # Whatever hour a test moves to, they stand there.
        Shift.objects.filter(clinic_id=clinic_id).update(start_at=LONG_AGO, made_at=LONG_AGO)
    return made


@dataclass(frozen=True)
class _Recorded:
    """What services wrote for the usual clinic, to be written again under other ids: most tests begin with one."""

    sql: str
    made: ClinicMade

    def again(self) -> ClinicMade:
        """Another clinic of its kind, made now."""
        ids = {UUID(found): uuid4() for found in re.findall(r"'([0-9a-f]{32})'::uuid", self.sql)}
        numbers = {str(_ODD + one): str(next(_numbers)) for one in range(4)}

        def renamed(text: str) -> str:
            return re.sub(rf"{_ODD // 10}\d", lambda found: numbers[found[0]], text)

        def of(actor: Actor) -> Actor:
            return replace(
                actor, id=ids[present(actor.id)], clinic_id=ids[self.made.id], name=renamed(actor.name)
            )

        sql = re.sub(r"[0-9a-f]{32}(?='::uuid)", lambda found: ids[UUID(found[0])].hex, renamed(self.sql))
        with connection.cursor() as cursor:
            cursor.execute(sql.replace(str(_THEN), str(clock.now())))
        return ClinicMade(
            id=ids[self.made.id],
            lead=of(self.made.lead),
            primary=of(self.made.primary),
            second=of(self.made.second),
        )


# A number and a moment that are found again in what was written.
_ODD: Final = 4_071_900_010
_THEN: Final = datetime(2001, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)


@functools.cache
def _usual_clinic() -> _Recorded:
    global _numbers  # noqa: PLW0603 - the names of this one are found again by their numbers
    kept, _numbers = _numbers, itertools.count(_ODD)
    try:
        with (
            transaction.atomic(),
            time_machine.travel(_THEN, tick=False),
            CaptureQueriesContext(connection) as queries,
        ):
            made = _make_clinic(name="", on_call=True, zone="America/New_York")
            transaction.set_rollback(True)
    finally:
        _numbers = kept
    writes = [one["sql"] for one in queries.captured_queries if one["sql"].startswith(("INSERT", "UPDATE"))]
    return _Recorded(";\n".join(writes), made)


def make_quiet_clinic(**more: Any) -> ClinicMade:
    """A clinic whose clock sends nobody anything by itself, at whatever hour: no digest and no test of channels."""
    made = make_clinic(**{"hours": {}, **more})
    channel_tests.set_time(by=made.lead, chosen=ChannelTestTime(on=False))
    return made


def patient_data(**changes: Any) -> PatientData:
    """A complete record of a made-up person; any field can be given."""
    number = next(_numbers)
    whole = PatientData(
        name=f"Quill Testcase{number}",
        preferred_name="Quill",
        record_no=f"TP-{number:05}",
        born=date(1979, 3, 14),
        email=f"quill{number}@mail.example.org",
        phone="555-0142",
        zone="America/New_York",
        country="US",
        language="en",
        contact_how=ContactHow.EMAIL,
        contact_when="after 4 pm",
        person_to_call=EmergencyContact("Bryony Testcase", "sister", "555-0143", MayBeTold.EVERYTHING),
        crisis_plan="Calls her sister first.",
        pharmacy="Harbour Pharmacy, 555-0177",
        indication="panic",
        conditions=(),
        substances=(),
        duration_months=36,
        consent_version="1",
        consent_on=date(2026, 1, 10),
        checkin_weekday=0,
        checkin_time=time(9),
    )
    return replace(whole, **changes)


def make_patient(by: Actor, *, confirmed: bool = True, **changes: Any) -> Patient:
    """A patient's row, made by `by`; unless told otherwise the address counts as confirmed."""
    patient_id = people.create_patient(by=by, data=patient_data(**changes))
    if confirmed:
        confirm(patient_id)
    return Patient.objects.get(pk=patient_id)


def confirm(patient_id: UUID) -> None:
    """Do what the patient does with the first message: follow its link."""
    from plans.services import links

    patient = Patient.objects.get(pk=patient_id)
    if patient.email:
        link = links.lasting(purpose=links.LinkPurpose.CONFIRM, patient=patient)
        people.confirm_email(links.look(links.token_of(link), links.LinkPurpose.CONFIRM))


def at(text: str) -> datetime:
    """An aware moment from ISO text, e.g. "2026-11-23T14:12+00:00"."""
    return datetime.fromisoformat(text)
