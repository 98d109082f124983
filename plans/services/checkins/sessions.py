"""Sessions: who answers a check-in, through a link in a message, the patient's own link, or the phone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.errors import NotFound
from plans.domain.link_policy import LinkAct
from plans.models import CheckIn, Occasion, Patient
from plans.services import clock, links
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May, patient_actor
from plans.services.links import LinkPurpose, LinkState, LinkView

# Characters that `secrets.token_urlsafe` never makes.
_NOT_OURS: Final = re.compile(r"[^A-Za-z0-9_-]")
AMENDED_FOR: Final = timedelta(weeks=4)
"""How long answers may be changed if no check-in follows: the longest interval between two planned ones."""


@dataclass(frozen=True, slots=True)
class CheckInSession:
    """Whose response it is and who writes it. Without an occasion it is unscheduled; `nonce` then identifies the form,
    so that the same form sent twice is one response. `late`: the check-in has closed."""

    by: Actor
    patient_id: UUID
    plan_id: UUID | None
    occasion_id: UUID | None
    late: bool
    nonce: str = ""

    @property
    def user_id(self) -> UUID | None:
        """The member of staff who enters it; None for the patient."""
        return self.by.user_id


def for_link(link: LinkView) -> CheckInSession:
    """The session of a link in a message. Raises NotFound for a revoked link."""
    if link.state is LinkState.REVOKED:
        raise NotFound(what="link")
    late = link.state is LinkState.EXPIRED
    if link.occasion_id is not None:
        occasion = Occasion.objects.get(pk=link.occasion_id)
        late = (
            late
            or occasion.state in (OccasionState.MISSED, OccasionState.CANCELLED)
            or occasion.closes_at <= clock.now()
        )
        late = late and not _may_be_amended(occasion)
    by = patient_actor(link.patient_id, link.clinic_id)
    return CheckInSession(by, link.patient_id, link.plan_id, link.occasion_id, late)


def _may_be_amended(occasion: Occasion) -> bool:
    """Whether answers may be changed: the response was sent and no later check-in has opened."""
    sent = CheckIn.objects.filter(occasion=occasion, state=CheckInState.SUBMITTED).exists()
    return sent and not over_since(occasion.patient_id, occasion.due_at)


def over_since(patient_id: UUID, moment: datetime) -> bool:
    """Whether a check-in of the patient has opened since a moment, or four weeks have passed: after the last check-in
    of a plan none opens any more, and an old message must not show answers for ever."""
    if clock.now() >= moment + AMENDED_FOR:
        return True
    rows = Occasion.objects.filter(patient_id=patient_id, due_at__gt=moment, due_at__lte=clock.now())
    return rows.exclude(state=OccasionState.CANCELLED).exists()


def unscheduled(link: LinkView, *, nonce: str = "") -> CheckInSession:
    """An unscheduled check-in, through any check-in link that was not revoked, even an expired one."""
    session = for_link(link)
    return replace(session, occasion_id=None, nonce=_plain(nonce))


def _plain(nonce: str) -> str:
    """A form's nonce with every character removed that we never put in one."""
    return _NOT_OURS.sub("", nonce)[:64]


def own_session(link: LinkView, *, device: str) -> str:
    """The key of a session for unscheduled check-ins, for the holder of a plan's link; `device` is the key of a device.

    Raises what `links.check` raises.
    """
    links.check(link, LinkAct.TO_CHECKIN, device=device)
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        own = links.lasting(purpose=LinkPurpose.CHECKIN, patient=patient)
        return links.pass_on(link, own, LinkAct.TO_CHECKIN, device=device)


def by_phone(
    actor: Actor, patient_id: UUID, *, nonce: str = "", occasion_id: UUID | None = None
) -> CheckInSession:
    """The session of a member of staff on the phone: the open check-in, else an unscheduled one.

    `occasion_id`: the check-in that a form was made for. While it is open the form stays with it, also if the patient
    has sent the answers meanwhile.
    """
    patient = get_patient_for(actor, patient_id, May.ENTER_CHECKIN)
    now = clock.now()
    open_now = Occasion.objects.filter(
        patient=patient, state__in=(OccasionState.INVITED, OccasionState.ANSWERED), closes_at__gt=now
    )
    open_now = open_now.filter(due_at__lte=now)
    occasion = open_now.filter(pk=occasion_id).first() if occasion_id is not None else None
    if occasion is None:
        open_now = open_now.exclude(checkin__state=CheckInState.SUBMITTED)
        occasion = open_now.order_by("-due_at").first()
    return CheckInSession(
        actor, patient.pk, None, occasion.pk if occasion else None, late=False, nonce=_plain(nonce)
    )
