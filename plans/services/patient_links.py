"""A patient's devices and links, as the patient and the clinic see and end them; and messages that say less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.domain.link_policy import LinkAct
from plans.domain.links import LIFETIMES, LinkPurpose
from plans.domain.notices import NEW_LINK
from plans.domain.people import EmailState
from plans.models import Link, Patient
from plans.services import audit, clock, devices, limits, links, outbox
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.devices import DeviceView
from plans.services.links import LinkView
from plans.services.review.review_items import open_item

ENDED_ALL_A_DAY: Final = 5
"""So often a day a patient may end everything; each time brings a message and an item."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that still opens something. `ends_on` is in the patient's time zone."""

    id: UUID
    purpose: LinkPurpose
    made_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class AccessList:
    """What opens a patient's pages. `sends_to`: a new link can be sent, because the address is confirmed."""

    patient_id: UUID
    name: str
    devices: Sequence[DeviceView]
    links: Sequence[OpenLink]
    discreet: bool
    sends_to: bool


def of_link(link: LinkView, *, device: str) -> AccessList:
    """What opens the pages of the patient behind a link. Raises what `links.check` raises."""
    links.check(link, LinkAct.DEVICES, device=device)
    return _opened(Patient.objects.get(pk=link.patient_id), device)


def of_patient(actor: Actor, patient_id: UUID) -> AccessList:
    """What opens the pages of a patient of the actor's clinic. Raises NotFound."""
    return _opened(get_patient_for(actor, patient_id, May.LOOK), "")


def _opened(patient: Patient, device: str) -> AccessList:
    return AccessList(
        patient_id=patient.pk,
        name=patient.name,
        devices=devices.of_patient(patient.pk, device),
        links=_open_links(patient),
        discreet=patient.discreet,
        sends_to=patient.email_state == EmailState.CONFIRMED.value,
    )


def _open_links(patient: Patient) -> list[OpenLink]:
    now, zone = clock.now(), clock.zone_of(patient.zone)
    rows = Link.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), patient=patient, revoked_at=None)
    found = []
    for row in rows.order_by("-created_at", "-id"):
        purpose = LinkPurpose(row.purpose)
        ends = row.expires_at or row.created_at + LIFETIMES[purpose].lasts
        # The button of the plan page opens it: it was never sent.
        unsent = purpose is LinkPurpose.CHECKIN and row.occasion_id is None
        if ends > now and not unsent:
            found.append(OpenLink(row.pk, purpose, _day(row.created_at, zone), _day(ends, zone)))
    return found


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def end_device(*, patient_id: UUID, device_id: UUID, by: Actor) -> None:
    """End a device, for the patient or staff. Raises NotFound for another patient's."""
    with transaction.atomic():
        patient = _locked(patient_id, by)
        if not devices.end(patient.pk, device_id):
            raise NotFound(what="device")
        _record(patient, "device.ended", by)


def end_link(*, patient_id: UUID, link_id: UUID, by: Actor) -> None:
    """End a link and its sessions, for the patient or staff. Raises NotFound for another patient's."""
    with transaction.atomic():
        patient = _locked(patient_id, by)
        row = Link.objects.filter(patient=patient, pk=link_id, revoked_at=None).first()
        if row is None:
            raise NotFound(what="link")
        links.revoke(row.pk)
        _record(patient, "link.ended", by, facts={"purpose": row.purpose})


def end_all(*, patient_id: UUID, by: Actor) -> bool:
    """End every link, session and device, because somebody else may read the messages; True if a new link is on its
    way: only to an address that is confirmed.

    The clinic is told, unless it does it itself. Raises Refused("too_many_changes") after `ENDED_ALL_A_DAY`.
    """
    now = clock.now()
    with transaction.atomic():
        patient = _locked(patient_id, by)
        if by.user_id is None and limits.count("end_all", str(patient.pk), within=_DAY) > ENDED_ALL_A_DAY:
            raise Refused(reason="too_many_changes")
        links.revoke_all(patient)
        devices.end_all(patient.pk)
        sends = patient.email_state == EmailState.CONFIRMED.value
        if sends:
            outbox.put(
                notice=NEW_LINK,
                key=f"new_link:{patient.pk}:{now.isoformat()}",
                clinic_id=patient.clinic_id,
                patient=patient,
                now=now,
            )
        if by.user_id is None:
            open_item(
                clinic_id=patient.clinic_id,
                patient=patient,
                plan=None,
                source="access",
                source_key=f"mail_read:{patient.pk}",
                priority="high",
                facts={"code": "mail_read"},
                now=now,
            )
        _record(patient, "link.all_ended", by)
    return sends


def set_discreet(*, patient_id: UUID, on: bool, by: Actor) -> bool:
    """Let messages to a patient name neither the clinic nor what waits; False if nothing changed."""
    with transaction.atomic():
        patient = _locked(patient_id, by)
        if patient.discreet == on:
            return False
        patient.discreet = on
        patient.version += 1
        patient.save(update_fields=["discreet", "version"])
        _record(patient, "patient.discreet_set", by, facts={"less": on})
    return True


def _locked(patient_id: UUID, by: Actor) -> Patient:
    """The patient's row: for staff in their clinic, for a patient their own. Raises NotFound and NotAllowed."""
    if by.user_id is not None:
        return get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if by.id != patient_id:
        raise NotFound(what="patient")
    return Patient.objects.select_for_update(no_key=True).get(pk=patient_id)


def actor_of(link: LinkView, *, device: str) -> Actor:
    """The patient behind a link, for `by`. Raises what `links.check` raises."""
    links.check(link, LinkAct.DEVICES, device=device)
    return patient_actor(link.patient_id, link.clinic_id)


def _record(patient: Patient, act: str, by: Actor, facts: JsonObject | None = None) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="patient",
        subject_id=patient.pk,
        patient_id=patient.pk,
        facts=facts or {},
    )
