"""The demo's two clinics and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from plans.domain.channel_test import ChannelTestTime
from plans.domain.review.rota import DutyPlace, Pattern
from plans.services import access, accounts, channel_tests, clock, second_factor, shifts
from plans.services.actors import Actor, Role
from plans.services.checkins import rules

WITH_CODE: Final = "blank@riverside.example.org"
"""Who has an authenticator app; `manage.py demo_code` shows what it shows."""
WEEKDAYS: Final = {day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
WEEKDAYS_GB: Final = {day: ["08:30", "17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one clinic."""

    clinic_id: UUID
    zone: str
    country: str
    phone_stem: str
    clinician: Actor
    reception: Actor


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who can sign in to the demo."""

    clinic: str
    name: str
    email: str
    role: Role


def _share_out(lead: Actor, colleague: UUID, pattern: Pattern) -> None:
    """For a year, a colleague is first in these hours, and the lead second."""
    today = clock.today(accounts.clinic_card(lead).zone)
    for place, user_id in ((DutyPlace.FIRST, colleague), (DutyPlace.SECOND, lead.member_id)):
        shifts.add(
            by=lead, user_id=user_id, place=place, pattern=pattern, first_day=today,
            last_day=today + timedelta(days=365),
        )  # fmt: skip


def make(password: str) -> tuple[dict[str, Staff], tuple[Login, ...]]:
    """Create the clinics; every login has the same password."""
    begins = clock.real_now().date() + timedelta(days=28)
    harbour = accounts.create_clinic(
        name="Harbour Test Clinic",
        phone="555-0100",
        zone="America/New_York",
        country="US",
        hours=WEEKDAYS,
        paper="letter",
        crisis_words="You matter to us. If you cannot reach us, call one of these numbers now.",
        out_of_hours_words="Nobody reads answers at night or at weekends.",
        second_factor_from=begins,
    )
    riverside = accounts.create_clinic(
        name="Riverside Test Practice",
        phone="01632 960142",
        zone="Europe/London",
        country="GB",
        hours=WEEKDAYS_GB,
        crisis_words="You are not alone. If you cannot reach us, call one of these numbers now.",
        out_of_hours_words="At night and at weekends call NHS 111.",
        second_factor_from=begins,
    )
    logins = (
        Login("Harbour Test Clinic", "Dr N. Sampleton", "sampleton@harbour.example.org", Role.LEAD),
        Login("Harbour Test Clinic", "Dr A. Mockwell", "mockwell@harbour.example.org", Role.CLINICIAN),
        Login("Harbour Test Clinic", "Ms F. Blankley", "blankley@harbour.example.org", Role.STAFF),
        Login("Harbour Test Clinic", "Mr D. Fillmore", "fillmore@harbour.example.org", Role.PHARMACIST),
        Login("Harbour Test Clinic", "Ms B. Placeholder", "placeholder@harbour.example.org", Role.OPERATOR),
        Login("Riverside Test Practice", "Dr P. Nullman", "nullman@riverside.example.org", Role.LEAD),
        Login("Riverside Test Practice", "Dr A. Mockwell", "mockwell@harbour.example.org", Role.CLINICIAN),
        Login("Riverside Test Practice", "Dr S. Blank", WITH_CODE, Role.CLINICIAN),
    )
    keys = {"Harbour Test Clinic": harbour, "Riverside Test Practice": riverside}
    made = {
        (one.clinic, one.email): accounts.create_member(
            clinic_id=keys[one.clinic], email=one.email, name=one.name, role=one.role, password=password
        )
        for one in logins
    }

    def actor(clinic: str, email: str) -> Actor:
        return access.actor_for(made[(clinic, email)], keys[clinic])

    sampleton = actor("Harbour Test Clinic", "sampleton@harbour.example.org")
    nullman = actor("Riverside Test Practice", "nullman@riverside.example.org")
    mockwell = made[("Harbour Test Clinic", "mockwell@harbour.example.org")]
    shifts.set_standing(by=sampleton, first_id=sampleton.id, second_id=mockwell, lead_id=sampleton.id)
    shifts.set_standing(by=nullman, first_id=nullman.id, second_id=mockwell, lead_id=nullman.id)
    _share_out(sampleton, mockwell, Pattern.WEEKENDS)
    blank = made[("Riverside Test Practice", WITH_CODE)]
    _share_out(nullman, blank, Pattern.NIGHTS)
    # One person signs in with a code as well; nobody else needs one for four weeks.
    second_factor.give_app(blank)
    # Nobody in the demo would answer it, and every page would say so.
    for lead in (sampleton, nullman):
        channel_tests.set_time(by=lead, chosen=ChannelTestTime(on=False))
    # One clinic has signed its rules, the other has not.
    rules.sign(by=sampleton, seen_digest=rules.in_force(sampleton).digest)
    return {
        "harbour": Staff(
            harbour, "America/New_York", "US", "555-01", sampleton,
            actor("Harbour Test Clinic", "blankley@harbour.example.org"),
        ),
        "riverside": Staff(
            riverside, "Europe/London", "GB", "01632 9601", nullman,
            actor("Riverside Test Practice", "blank@riverside.example.org"),
        ),
    }, logins  # fmt: skip
