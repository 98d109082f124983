"""A clinic's rules: the thresholds and cadence in force, their signature, and settings for one patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.checkins import clinic_rules
from plans.domain.checkins.clinic_rules import Cadence
from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.occasions import Ladder
from plans.domain.errors import Stale
from plans.domain.json import Facts, JsonObject
from plans.models import LIVE_STATES, Clinic, Patient, Plan, RuleSignature
from plans.services import audit, clock
from plans.services.access import get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.checkins.questionnaire_versions import asked


@dataclass(frozen=True, slots=True)
class Signature:
    """The last signature under the rules, and whether what was signed is still in force."""

    number: int
    by: str
    at: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force; `own` are the codes of the clinic's own questions. `digest` identifies all of it: a form that
    signs carries the digest it showed."""

    thresholds: Thresholds
    cadence: Cadence
    rules: Mapping[str, int]
    own: tuple[str, ...]
    digest: str
    signature: Signature | None
    whole: Facts

    @property
    def signed(self) -> bool:
        """Whether a lead has signed exactly these rules."""
        return self.signature is not None and self.signature.holds


@dataclass(frozen=True, slots=True)
class PatientThresholds:
    """One patient's thresholds and cadence: the clinic's, and those that differ for this patient."""

    patient_id: UUID
    name: str
    clinic: Thresholds
    cadence: Cadence
    own: Mapping[str, int]
    seen_version: int


def thresholds_of(clinic: Clinic, patient: Patient | None = None) -> Thresholds:
    """The thresholds in force for a clinic, or for one of its patients; for services."""
    found = clinic_rules.usable(clinic.settings.get("thresholds"))
    return found if patient is None else clinic_rules.usable(patient.thresholds, base=found)


def in_force(actor: Actor) -> InForce:
    """What is in force at the actor's clinic, and its signature."""
    clinic = get_clinic_for(actor)
    thresholds, cadence, own = thresholds_of(clinic), occasions.cadence_of(clinic), asked(clinic)
    whole = clinic_rules.to_sign(thresholds, cadence, own)
    digest = clinic_rules.digest(whole)
    last = RuleSignature.objects.select_related("signed_by").filter(clinic=clinic).order_by("-number").first()
    signature = None
    if last is not None:
        signature = Signature(last.number, last.signed_by.name, last.signed_at, last.digest == digest)
    return InForce(thresholds, cadence, whole["rules"], tuple(own), digest, signature, whole)


@transaction.atomic
def set_rules(
    *,
    by: Actor,
    thresholds: Mapping[str, int],
    every_weeks: int,
    after_cut_days: int,
    items_off: Iterable[str],
    ladder: Ladder | None = None,
    maintenance_weeks: int | None = None,
) -> None:
    """Set thresholds, cadence and messages (None leaves a value unchanged); future check-ins are rescheduled.

    Raises BadRules and NotAllowed. The previous signature becomes invalid: the lead signs again.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    made = clinic_rules.check_thresholds(thresholds)
    standing = occasions.cadence_of(clinic)
    cadence = clinic_rules.check_cadence(
        every_weeks=every_weeks,
        after_cut_days=after_cut_days,
        items_off=items_off,
        ladder=ladder or standing.ladder,
        maintenance_weeks=standing.maintenance_weeks if maintenance_weeks is None else maintenance_weeks,
    )
    own = asked(clinic)
    before = clinic_rules.to_sign(thresholds_of(clinic), standing, own)
    after = clinic_rules.to_sign(made, cadence, own)
    if before == after:
        return
    now = clock.now()
    clinic.settings = {
        **clinic.settings,
        "thresholds": clinic_rules.changed(made, Thresholds()),
        "checkin_every_weeks": cadence.every_weeks,
        "maintenance_weeks": cadence.maintenance_weeks,
        "after_cut_days": cadence.after_cut_days,
        "items_off": list(cadence.items_off),
        "ladder": asdict(cadence.ladder),
    }
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act="clinic.rules_set",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": _differing(before, after), "after": _differing(after, before)},
        at=now,
    )
    if before["cadence"] != after["cadence"]:
        _reschedule(Plan.objects.filter(clinic=clinic), now)


def _differing(one: Facts, other: Facts) -> JsonObject:
    return {
        name: value
        for part in ("thresholds", "cadence")
        for name, value in one[part].items()
        if value != other[part][name]
    }


def _reschedule(plans: QuerySet[Plan], now: datetime) -> None:
    live = plans.filter(state__in=LIVE_STATES).order_by("patient_id")
    for plan_id, patient_id in live.values_list("id", "patient_id"):
        Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        plan = (
            Plan.objects.select_for_update(of=("self",), no_key=True)
            .select_related("patient", "clinic")
            .get(pk=plan_id)
        )
        occasions.schedule_occasions(plan, now=now)


@transaction.atomic
def sign(*, by: Actor, seen_digest: str) -> int:
    """Sign what is in force; returns the signature's number. Signing twice makes one signature.

    Raises Stale if it changed since it was shown, NotAllowed for anybody but a lead.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    now = clock.now()
    standing = in_force(by)
    if standing.digest != seen_digest:
        raise Stale(what="rules")
    if standing.signature is not None and standing.signature.holds:
        return standing.signature.number
    number = (standing.signature.number if standing.signature else 0) + 1
    RuleSignature.objects.create(
        clinic=clinic,
        number=number,
        digest=standing.digest,
        signed=dict(standing.whole),
        signed_by_id=by.member_id,
        signed_at=now,
    )
    audit.record(
        by=by,
        act="clinic.rules_signed",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"number": number, "digest": standing.digest},
        at=now,
    )
    return number


def for_patient(actor: Actor, patient_id: UUID) -> PatientThresholds:
    """One patient's thresholds and cadence. Raises NotFound."""
    patient = get_patient_for(actor, patient_id)
    clinic = thresholds_of(patient.clinic)
    own = clinic_rules.changed(clinic_rules.usable(patient.thresholds, base=clinic), clinic)
    usual = occasions.cadence_of(patient.clinic)
    asked_own = _differs(clinic_rules.own_cadence(patient.cadence, usual), usual)
    return PatientThresholds(patient.pk, patient.name, clinic, usual, {**own, **asked_own}, patient.version)


def _differs(cadence: Cadence, usual: Cadence) -> dict[str, int]:
    pairs = {"every_weeks": cadence.every_weeks, "after_cut_days": cadence.after_cut_days}
    return {name: value for name, value in pairs.items() if value != getattr(usual, name)}


@transaction.atomic
def set_for_patient(
    *,
    by: Actor,
    patient_id: UUID,
    seen_version: int,
    thresholds: Mapping[str, int],
    every_weeks: int,
    after_cut_days: int,
) -> None:
    """Set one patient's thresholds and cadence; values equal to the clinic's follow the clinic. For a clinician.

    Another cadence reschedules future check-ins. Raises BadRules, NotFound, NotAllowed, and Stale if the record changed
    since it was shown.
    """
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    if patient.version != seen_version:
        raise Stale(what="patient")
    base, usual = thresholds_of(patient.clinic), occasions.cadence_of(patient.clinic)
    own = clinic_rules.changed(clinic_rules.check_thresholds(thresholds, base=base), base)
    made = clinic_rules.check_cadence(every_weeks=every_weeks, after_cut_days=after_cut_days, items_off=())
    cadence = _differs(made, usual)
    if (own, cadence) == (patient.thresholds, patient.cadence):
        return
    before, asked_before = {**patient.thresholds, **patient.cadence}, patient.cadence
    patient.thresholds, patient.cadence, patient.version = own, cadence, patient.version + 1
    patient.save(update_fields=["thresholds", "cadence", "version"])
    audit.record(
        by=by,
        act="patient.thresholds_set",
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts={"before": before, "after": {**own, **cadence}},
    )
    if cadence != asked_before:
        _reschedule(Plan.objects.filter(patient=patient), clock.now())


def shown(thresholds: Thresholds) -> dict[str, int]:
    """Thresholds by name, for forms."""
    return asdict(thresholds)
