"""Patients' choices about messages: when to write, how often, stop, start again, wrong person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.domain.people import EmailState, MailState
from plans.domain.which import which
from plans.models import LIVE_STATES, AuditEvent, Patient, Plan
from plans.services import audit, clock, close_watch, documents, links, outbox, patient_mail
from plans.services.actors import Actor, patient_actor
from plans.services.checkins import ladder, occasions
from plans.services.links import LinkPurpose, LinkView
from plans.services.review.review_items import open_item

EARLIEST, LATEST = time(8, 0), time(20, 0)
MOST_A_DAY: Final = 20
"""The most changes and restarts per day, which limits the documents and messages a leaked link can cause. Stopping is
never refused."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A patient's current choices."""

    weekday: int
    at: time
    zone: str
    language: str
    mail_state: str
    reminders: int
    most_reminders: int

    @property
    def mail_state_is(self) -> Mapping[str, bool]:
        """Which state their messages are in, for templates."""
        return which(MailState, self.mail_state)


def session(link: LinkView, *, device: str) -> str:
    """The key of a session of the choices page for the holder of a plan's link; `device` is the key of a device.

    Raises what `links.check` raises.
    """
    links.check(link, LinkAct.TO_PREFERENCES, device=device)
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        standing = links.lasting(purpose=LinkPurpose.MAIL, patient=patient)
        return links.pass_on(link, standing, LinkAct.TO_PREFERENCES, device=device)


def choices(link: LinkView) -> Choices:
    """The patient's choices; `reminders` is the number in force."""
    patient = Patient.objects.select_related("clinic").get(pk=link.patient_id)
    most = occasions.cadence_of(patient.clinic).ladder
    return Choices(
        patient.checkin_weekday,
        patient.checkin_time,
        patient.zone,
        patient.language,
        patient.mail_state,
        most.for_patient(patient.reminders).reminders,
        most.reminders,
    )


def change(
    link: LinkView, *, weekday: int, at: time, zone: str, language: str, reminders: int | None = None
) -> None:
    """Set day, hour, zone, language and the number of reminders; check-ins not yet announced move with them.

    Queued reminders beyond that number are cancelled, and queued again if more are wanted.

    Raises Refused("outside_hours") for an hour at night, Refused("too_many_reminders") for more than the clinic sends,
    and Refused("too_many_changes") after `MOST_A_DAY`.
    """
    if not EARLIEST <= at <= LATEST:
        raise Refused(reason="outside_hours", where="at")
    now = clock.now()
    with transaction.atomic():
        patient = (
            Patient.objects.select_for_update(of=("self",), no_key=True)
            .select_related("clinic")
            .get(pk=link.patient_id)
        )
        _not_too_many(patient, now)
        if reminders is not None:
            _set_reminders(patient, reminders, now)
        patient.checkin_weekday, patient.checkin_time = weekday, at
        other_language = patient.language != language
        patient.zone, patient.language = zone, language
        patient.version += 1
        patient.save(
            update_fields=["checkin_weekday", "checkin_time", "zone", "language", "reminders", "version"]
        )
        for plan in Plan.objects.filter(patient=patient, state__in=LIVE_STATES):
            occasions.schedule_occasions(plan, now=now)
        if patient.mail_state == MailState.ON:
            ladder.put_back(patient, now=now)
        if other_language:
            documents.redraw(patient, now, all_kinds=True)
        audit.record(
            by=patient_actor(patient.pk, patient.clinic_id),
            act="patient.choices_changed",
            subject_kind="patient",
            subject_id=patient.pk,
            patient_id=patient.pk,
            facts={
                "weekday": weekday,
                "at": at.isoformat("minutes"),
                "zone": zone,
                "language": language,
                "reminders": patient.reminders,
            },
        )


def _set_reminders(patient: Patient, wanted: int, now: datetime) -> None:
    most = occasions.cadence_of(patient.clinic).ladder.reminders
    if not 0 <= wanted <= most:
        raise Refused(reason="too_many_reminders", where="reminders", most=most)
    # As many as the clinic sends means following the clinic, also when it changes that.
    patient.reminders = wanted if wanted < most else None
    outbox.cancel_pending(
        patient=patient, notices=("checkin_reminder",), above_rung=wanted, why="fewer_asked", now=now
    )


def stop(link: LinkView) -> bool:
    """Stop check-in messages and tell the clinic. Idempotent: True the first time only."""
    with transaction.atomic():
        patient = (
            Patient.objects.select_for_update(no_key=True).select_related("clinic").get(pk=link.patient_id)
        )
        return stop_for(patient, by=patient_actor(patient.pk, patient.clinic_id), now=clock.now())


def stop_for(patient: Patient, *, by: Actor, now: datetime) -> bool:
    """The same for a locked patient; for services."""
    if patient.mail_state == MailState.OPTED_OUT:
        return False
    patient_mail.set_mail_state(patient=patient, state=MailState.OPTED_OUT, by=by)
    outbox.skip_pending(
        patient=patient, notices=("checkin_invitation", "checkin_reminder"), why="opted_out", now=now
    )
    outbox.put(
        notice="opt_out_done",
        key=f"opt_out:{patient.pk}:{now.isoformat()}",
        clinic_id=patient.clinic_id,
        patient=patient,
        now=now,
    )
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first(),
        source="mail",
        source_key=f"opt_out:{patient.pk}",
        priority="high" if close_watch.watched(patient, now) else "routine",
        facts={"code": "opted_out"},
        now=now,
    )
    return True


def start(link: LinkView) -> bool:
    """Start check-in messages again after a stop or suspension, including those of an open check-in.

    Idempotent: True if they were off. Raises Refused("too_many_changes") after `MOST_A_DAY`.
    """
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        if patient.mail_state == MailState.ON:
            return False
        _not_too_many(patient, clock.now())
        return start_for(patient, by=patient_actor(patient.pk, patient.clinic_id), now=clock.now())


def start_for(patient: Patient, *, by: Actor, now: datetime) -> bool:
    """The same for a locked patient, however often; for services."""
    if patient.mail_state == MailState.ON:
        return False
    patient_mail.set_mail_state(patient=patient, state=MailState.ON, by=by)
    ladder.put_back(patient, now=now)
    return True


def _not_too_many(patient: Patient, now: datetime) -> None:
    acts = ("patient.choices_changed", "patient.mail_on")
    made = AuditEvent.objects.filter(patient_id=patient.pk, actor_kind="patient", act__in=acts)
    if made.filter(at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Refused(reason="too_many_changes")


def wrong_person(link: LinkView) -> None:
    """Record that the recipient is not the patient: every link of the patient ends and the clinic is told."""
    now = clock.now()
    with transaction.atomic():
        patient = (
            Patient.objects.select_for_update(no_key=True).select_related("clinic").get(pk=link.patient_id)
        )
        patient.email_state = EmailState.REFUSED
        patient.version += 1
        patient.save(update_fields=["email_state", "version"])
        links.revoke_all(patient)
        open_item(
            clinic_id=patient.clinic_id,
            patient=patient,
            plan=None,
            source="mail",
            source_key=f"wrong_person:{patient.pk}",
            priority="high",
            facts={"code": "wrong_person"},
            now=now,
        )
        audit.record(
            by=patient_actor(patient.pk, patient.clinic_id),
            act="patient.address_refused",
            subject_kind="patient",
            subject_id=patient.pk,
            patient_id=patient.pk,
        )
