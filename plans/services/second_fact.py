"""The second fact, beside a link: the patient's own code, or their year of birth until they have one.

Guesses are slowed down and never lock anybody out: known devices are not asked, and every link has tries of its own on
every network. Whoever holds a printed page or an old message cannot use up those of the newest one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Max

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.domain.notices import NEW_DEVICE
from plans.domain.people import CareState
from plans.models import AuditEvent, BirthYearTry, Clinic, Patient, PatientCode
from plans.services import audit, clock, devices, limits, links, outbox
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.links import LinkView
from plans.services.review.review_items import open_item

BURST: Final = 5
EVERY: Final = timedelta(hours=1)
"""So many tries at once for a link on a network, and one more each hour."""
TOLD_AFTER: Final = 5
"""Wrong tries within a day of which the clinic is told."""
SLOW_AFTER: Final = 20
"""Wrong tries within a day after which each try waits, whoever makes it."""
SLOW_WAIT: Final = timedelta(minutes=10)
_DAY: Final = timedelta(days=1)
MESSAGES_A_DAY: Final = 5
"""The most messages about new devices."""
SHORTEST, LONGEST = 6, 12
_SETTING: Final = "birth_year_off"
_UNLOCKED: Final = "device.unlocked"


class FactKind(StrEnum):
    """What is asked."""

    CODE = "code"
    YEAR = "year"
    # The clinic does not take the year, and has given no code yet.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FactOutcome:
    """The result of a try. `device`: the key of a device to remember. `wait`: nothing was compared."""

    right: bool
    device: str = ""
    wait: timedelta = limits.NO_WAIT


def asked_of(patient_id: UUID) -> FactKind:
    """What a patient is asked for."""
    if PatientCode.objects.filter(patient_id=patient_id).exists():
        return FactKind.CODE
    off = Patient.objects.values_list("clinic__settings", flat=True).get(pk=patient_id).get(_SETTING)
    return FactKind.NONE if off else FactKind.YEAR


def is_readable(patient_id: UUID, raw: str) -> bool:
    """Whether what was typed has the form of the second fact; what has not is no guess."""
    typed = _digits(raw)
    lengths = range(SHORTEST, LONGEST + 1) if asked_of(patient_id) is FactKind.CODE else range(4, 5)
    return typed.isascii() and typed.isdigit() and len(typed) in lengths


def give(link: LinkView, raw: str, *, network: str, kind: str = "", remember: bool = True) -> FactOutcome:
    """Compare what was typed with the second fact. A right one is noted in the session; `remember`: on the device too,
    whose `kind` its browser says, and a message tells the patient's address of it.

    Raises what `links.check` raises.
    """
    links.check(link, LinkAct.GIVE_FACT)
    if wait := _take_turn(link, network):
        return FactOutcome(right=False, wait=wait)
    with transaction.atomic():
        patient = (
            Patient.objects.select_for_update(no_key=True, of=("self",))
            .select_related("clinic")
            .get(pk=link.patient_id)
        )
        right = _is_right(patient, raw)
        _record(patient, "device.confirmed" if right else "device.refused")
        if not right:
            _wrong(patient)
            return FactOutcome(right=False)
        if link.session_id is not None:
            links.fact_given(link.session_id)
        key = devices.remember(patient, kind) if remember else ""
        if key:
            _tell(patient)
    limits.refund(*_turn(link, network), every=EVERY)
    return FactOutcome(right=True, device=key)


def _turn(link: LinkView, network: str) -> tuple[str, ...]:
    # A new code, and staff who let the patient try again, are a new start.
    code = PatientCode.objects.filter(patient_id=link.patient_id).values_list("set_at", flat=True).first()
    again = AuditEvent.objects.filter(patient_id=link.patient_id, act=_UNLOCKED).aggregate(Max("at"))[
        "at__max"
    ]
    return ("fact", str(link.id), link.origin.value, network, f"{code} {again}")


def _take_turn(link: LinkView, network: str) -> timedelta:
    turn = _turn(link, network)
    if wrong_today(link.patient_id) >= SLOW_AFTER:
        wait = limits.wait_once("slow", *turn, wait=SLOW_WAIT, good_for=timedelta(hours=1))
        if wait:
            return wait
    return limits.take(*turn, burst=BURST, every=EVERY)


def wrong_today(patient_id: UUID) -> int:
    """The wrong tries within a day, up to as many as slow them down."""
    since = clock.real_now() - _DAY
    return BirthYearTry.objects.filter(patient_id=patient_id, at__gt=since)[:SLOW_AFTER].count()


def _is_right(patient: Patient, raw: str) -> bool:
    kind, typed = asked_of(patient.pk), raw.strip()
    if kind is FactKind.CODE:
        return check_password(_keyed(_digits(typed)), patient.code.code_hash)
    return kind is FactKind.YEAR and _digits(typed) == str(patient.born.year)


def _digits(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed)


def _keyed(code: str) -> str:
    """A code is short: without the key, no copy of the table can be tried out."""
    return hmac.new(settings.LINK_KEY, b"code\0" + code.encode(), hashlib.sha256).hexdigest()


def _wrong(patient: Patient) -> None:
    if wrong_today(patient.pk) < SLOW_AFTER:
        BirthYearTry.objects.create(patient=patient, at=clock.real_now())
    if wrong_today(patient.pk) != TOLD_AFTER:
        return
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=None,
        source="access",
        source_key=f"fact_guessed:{patient.pk}",
        priority="routine",
        facts={"code": "fact_guessed", "tries": TOLD_AFTER},
        now=clock.now(),
    )


def _tell(patient: Patient) -> None:
    """Tell the address on record of a new device."""
    told = limits.count("new_device", str(patient.pk), within=_DAY)
    if patient.email and told <= MESSAGES_A_DAY:
        now = clock.now()
        outbox.put(
            notice=NEW_DEVICE,
            key=f"new_device:{patient.pk}:{clock.real_now().isoformat()}",
            clinic_id=patient.clinic_id,
            patient=patient,
            now=now,
        )


def _record(patient: Patient, act: str, by: Actor | None = None) -> None:
    audit.record(
        by=by or patient_actor(patient.pk, patient.clinic_id),
        act=act,
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
    )


@transaction.atomic
def give_code(*, by: Actor, patient_id: UUID) -> str:
    """Make a code for a patient of the actor's clinic and return it, the only time; the one before ends.

    Raises NotFound and NotAllowed.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    code = next(one for one in iter(_random, "") if not _easy(one, patient.born))
    _set(patient, code, by)
    _record(patient, "code.given", by)
    return code


def _random() -> str:
    return f"{secrets.randbelow(10**SHORTEST):0{SHORTEST}}"


def is_slowed(actor: Actor, patient_id: UUID) -> bool:
    """Whether so many tries were wrong within a day that the clinic was told. Raises NotFound."""
    return wrong_today(get_patient_for(actor, patient_id).pk) >= TOLD_AFTER


@transaction.atomic
def let_try_again(*, by: Actor, patient_id: UUID) -> bool:
    """Let a patient try again at once, after somebody at the clinic has spoken with them; False if none was wrong.

    Raises NotFound and NotAllowed.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    gone, _ = BirthYearTry.objects.filter(patient=patient).delete()
    if gone:
        _record(patient, _UNLOCKED, by)
    return bool(gone)


@transaction.atomic
def clear_code(*, by: Actor, patient_id: UUID) -> bool:
    """Take a patient's code away, so that the year of birth is asked again; False without one.

    Raises Refused("birth_year_off") where the clinic does not take the year: nothing would open the pages then.
    """
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if birth_year_off(patient.clinic):
        raise Refused(reason="birth_year_off")
    gone, _ = PatientCode.objects.filter(patient=patient).delete()
    if gone:
        _record(patient, "code.cleared", by)
    return bool(gone)


def choose_code(
    link: LinkView, present: str, new: str, again: str, *, network: str, device: str
) -> FactOutcome:
    """Let a patient choose their own code behind the present second fact.

    Raises what `links.check` raises; Refused with `where`: code_length, code_easy, code_differs.
    """
    links.check(link, LinkAct.DEVICES, device=device)
    patient = Patient.objects.get(pk=link.patient_id)
    chosen = _digits(new)
    if not (chosen.isascii() and chosen.isdigit() and SHORTEST <= len(chosen) <= LONGEST):
        raise Refused(reason="code_length", where="new")
    if _easy(chosen, patient.born):
        raise Refused(reason="code_easy", where="new")
    if _digits(again) != chosen:
        raise Refused(reason="code_differs", where="again")
    outcome = give(link, present, network=network, remember=False)
    if outcome.right:
        with transaction.atomic():
            _set(Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id), chosen, None)
            _record(patient, "code.chosen")
    return outcome


def _easy(code: str, born: date) -> bool:
    """Whether somebody who knows the patient would try it first."""
    steps = {int(b) - int(a) for a, b in pairwise(code)}
    return steps in ({0}, {1}, {-1}) or str(born.year) in code or code in _birthdays(born)


def _birthdays(born: date) -> frozenset[str]:
    return frozenset(born.strftime(form) for form in ("%d%m%y", "%m%d%y", "%y%m%d"))


def _set(patient: Patient, code: str, by: Actor | None) -> None:
    PatientCode.objects.update_or_create(
        patient=patient,
        defaults={
            "code_hash": make_password(_keyed(code)),
            "set_at": clock.now(),
            "set_by_id": by.user_id if by is not None else None,
        },
    )
    BirthYearTry.objects.filter(patient=patient).delete()


def birth_year_off(clinic: Clinic) -> bool:
    """Whether a clinic does not take the year of birth as a second fact."""
    return bool(clinic.settings.get(_SETTING))


@dataclass(frozen=True, slots=True)
class BirthYearUse:
    """Whether a clinic takes the year of birth, and how many of its patients have no code yet."""

    off: bool
    without_code: int


def birth_year_use(actor: Actor) -> BirthYearUse:
    """What the settings page shows. Raises NotAllowed."""
    clinic = get_clinic_for(actor, May.MANAGE)
    rows = Patient.objects.filter(clinic=clinic, care_state=CareState.IN_CARE, code=None).exclude(email="")
    return BirthYearUse(birth_year_off(clinic), rows.count())


@transaction.atomic
def set_birth_year_off(*, by: Actor, off: bool) -> bool:
    """Say whether the clinic takes the year of birth; False if nothing changed. Raises NotAllowed."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if birth_year_off(clinic) == off:
        return False
    clinic.settings = {**clinic.settings, _SETTING: off}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by, act="clinic.birth_year_set", subject_kind="clinic", subject_id=clinic.pk, facts={"off": off}
    )
    return True


@dataclass(frozen=True, slots=True)
class CodeState:
    """What staff see of a patient's second fact. `given`: by somebody of the clinic, else the patient chose it."""

    kind: FactKind
    set_on: date | None = None
    given: bool = False
    wrong_today: int = 0


def code_state(actor: Actor, patient_id: UUID) -> CodeState:
    """The second fact of a patient of the actor's clinic. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    row = PatientCode.objects.filter(patient=patient).first()
    zone = clock.zone_of(patient.clinic.zone)
    return CodeState(
        asked_of(patient.pk),
        row.set_at.astimezone(zone).date() if row else None,
        row is not None and row.set_by_id is not None,
        wrong_today(patient.pk),
    )
