"""One letter: is it right now, and what does it say. Decided from its row and what stands around it."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.checkins import occasions as when
from plans.domain.checkins.help_lines import help_for
from plans.domain.messages import LetterFacts, Postpone, Skip, neutral
from plans.domain.notices import (
    CHECKIN_INVITATION,
    CHECKIN_REMINDER,
    CONFIRM_ADDRESS,
    NOTICES,
    OF_A_VERSION,
    OPT_OUT_DONE,
    Audience,
)
from plans.models import LIVE_STATES, Link, Occasion, Patient, Work
from plans.services import clock, links, outbox
from plans.services.checkins import duration
from plans.services.links import Purpose
from plans.services.messages import bundling, news, spacing
from plans.services.messages.context import Around, around
from plans.services.messages.staff import to_staff
from plans.services.outbox import Claim

UNCONFIRMED: Final = "unconfirmed"
_PATHS: Final = {Purpose.CHECKIN: "/c/", Purpose.PLAN: "/p/", Purpose.CONFIRM: "/y/", Purpose.MAIL: "/m/"}

Composed = LetterFacts | Skip | Postpone


class _Gone(Exception):
    """The letter is no longer right; becomes a Skip."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkMissing(Exception):
    """A link has to be made first, which a batch does not do."""


def begin(claim: Claim) -> Composed | None:
    """Compose the letter of a claim and, if it is right, commit that it is being sent.

    None: the claim is no longer ours. Whoever gets LetterFacts must send or settle.
    """
    with transaction.atomic():
        # Two reminders of one patient are decided one after the other.
        Patient.objects.select_for_update(no_key=True).filter(
            pk__in=Work.objects.filter(pk=claim.id).values("patient_id")
        ).values_list("pk").first()
        spacing.take_back_elsewhere(claim)
        work, now = _row(claim.id), clock.now()
        composed = compose_row(work, around((work,), now), now, make_links=True)
        if not isinstance(composed, LetterFacts):
            return composed
        if (wait := bundling.waits(work, now)) is not None:
            return wait
        if not outbox.mark_sending(claim, message_id=composed.message_id):
            return None
        return replace(composed, also=bundling.take_along(work, now))


def compose(work_id: UUID) -> Composed:
    """The letter as it would be sent now, or why it must not be, or not yet."""
    work, now = _row(work_id), clock.now()
    return compose_row(work, around((work,), now), now, make_links=True)


def _row(work_id: UUID) -> Work:
    rows = Work.objects.select_related("clinic", "patient", "user", "occasion", "plan", "item")
    return rows.get(pk=work_id)


def compose_row(work: Work, seen: Around, now: datetime, *, make_links: bool) -> Composed:
    """The letter of a row from what was seen around it. Raises LinkMissing unless links may be made."""
    try:
        if NOTICES[work.notice].audience is Audience.STAFF:
            return to_staff(work, message_id(work.pk, work.repeat), now)
        wait = _patient_wants(work, seen, now)
        return wait or _to_patient(work, seen, now, make_links=make_links)
    except _Gone as gone:
        return Skip(gone.reason)


def resume(patient: Patient, now: datetime) -> int:
    """Send again what waited for the patient's address to be confirmed and is still in time; returns how much.

    Call it in the transaction that confirms the address.
    """
    waiting = Work.objects.filter(patient=patient, state="skipped", reason=UNCONFIRMED, not_after__gt=now)
    count = waiting.update(state="pending", reason="", settled_at=None, due_at=now, try_at=None)
    if count:
        outbox.notify_on_commit("letters")
    return count


def message_id(work_id: UUID, repeat: int = 0) -> str:
    """The Message-ID of a letter: the same whenever it is sent.

    A repeated alert gets one of its own: no mailbox may take it for a copy of one that never arrived.
    """
    again = f".{repeat}" if repeat else ""
    return f"<{work_id}{again}@{settings.MAIL_DOMAIN}>"


def _patient_wants(work: Work, seen: Around, now: datetime) -> Postpone | None:
    """Whether this patient is to get this letter now. Raises _Gone."""
    patient = work.patient
    if patient is None:
        raise _Gone("nobody")
    notice = NOTICES[work.notice]
    if patient.care_state != "in_care":
        raise _Gone(patient.care_state)
    if not patient.email:
        raise _Gone("no_address")
    if patient.email_state not in ("confirmed", UNCONFIRMED):
        raise _Gone(patient.email_state)
    if notice.clinical and patient.email_state != "confirmed":
        raise _Gone(UNCONFIRMED)
    if notice.reminder and patient.contact_how == "phone":
        raise _Gone("by_phone")
    if notice.reminder and patient.mail_state != "on":
        raise _Gone(patient.mail_state)
    if work.notice == CONFIRM_ADDRESS:
        _still_unconfirmed(work, patient, seen)
    elif work.notice in OF_A_VERSION:
        if why := news.gone(work, patient):
            raise _Gone(why)
    elif work.notice == OPT_OUT_DONE and patient.mail_state != "opted_out":
        raise _Gone("on_again")
    elif work.notice in (CHECKIN_INVITATION, CHECKIN_REMINDER):
        return _still_asked(work, _occasion(work), seen, now)
    return None


def _still_unconfirmed(work: Work, patient: Patient, seen: Around) -> None:
    if patient.email_state != UNCONFIRMED:
        raise _Gone("confirmed")
    if seen.asked.get(patient.pk, work.created_at) > work.created_at:
        raise _Gone("address_changed")


def _occasion(work: Work) -> Occasion:
    if work.occasion is None:
        raise _Gone("nothing_asked")
    return work.occasion


def _still_asked(work: Work, occasion: Occasion, seen: Around, now: datetime) -> Postpone | None:
    if occasion.state in ("answered", "missed", "cancelled"):
        raise _Gone(occasion.state)
    if occasion.pk in seen.submitted:
        raise _Gone("answered")
    if occasion.closes_at <= now:
        raise _Gone("closed")
    if work.plan is not None and work.plan.state not in LIVE_STATES:
        raise _Gone("plan_over")
    # A letter that is sent once more by choice is the same letter, not a further reminder.
    if work.repeat or work.patient is None:
        return None
    wait = spacing.wait_for(work, occasion, work.patient, seen, now)
    if wait is not None and wait.until >= occasion.closes_at:
        raise _Gone(wait.reason)
    return wait


@functools.lru_cache(maxsize=4)
def _sender(raw: str) -> tuple[str, str]:
    return parseaddr(raw)


def _address(purpose: Purpose, link: Link) -> str:
    return f"{settings.SITE_URL}{_PATHS[purpose]}{links.token_of(link)}"


def _link(
    purpose: Purpose, work: Work, patient: Patient, seen: Around, *, make: bool, of_plan: bool = False
) -> Link:
    occasion = work.occasion if purpose is Purpose.CHECKIN else None
    found = seen.link(
        patient.pk,
        purpose,
        occasion=occasion.pk if occasion is not None else None,
        plan=work.plan_id if of_plan else None,
    )
    if found is not None:
        return found
    if not make:
        raise LinkMissing
    if occasion is not None:
        return links.make(purpose=purpose, patient=patient, occasion=occasion, plan=work.plan)
    return links.standing(purpose=purpose, patient=patient, plan=work.plan if of_plan else None)


def _main_link(work: Work, patient: Patient, mail_link: str, seen: Around, *, make: bool) -> str:
    if work.notice in (CHECKIN_INVITATION, CHECKIN_REMINDER):
        _occasion(work)
        return _address(Purpose.CHECKIN, _link(Purpose.CHECKIN, work, patient, seen, make=make))
    if work.notice == CONFIRM_ADDRESS:
        return _address(Purpose.CONFIRM, _link(Purpose.CONFIRM, work, patient, seen, make=make))
    if work.notice == OPT_OUT_DONE:
        return mail_link
    return _address(Purpose.PLAN, _link(Purpose.PLAN, work, patient, seen, make=make, of_plan=True))


def _to_patient(work: Work, seen: Around, now: datetime, *, make_links: bool) -> LetterFacts:
    patient, clinic = work.patient, seen.clinics[work.clinic_id]
    if patient is None:
        raise _Gone("nobody")
    confirming = work.notice == CONFIRM_ADDRESS
    # A stranger who gets the letter by mistake must not be able to change the patient's choices.
    mail_link = ""
    if not confirming:
        mail_link = _address(Purpose.MAIL, _link(Purpose.MAIL, work, patient, seen, make=make_links))
    name, address = _sender(settings.MAIL_FROM)
    return LetterFacts(
        work_id=work.pk,
        notice=work.notice,
        language=patient.language,
        country=patient.country,
        zone=when.known_zone(patient.zone, clinic.zone),
        to_address=patient.email,
        to_phone=patient.phone,
        sender_name=neutral(clinic.name, name),
        sender_address=address,
        envelope_from=f"bounce+{work.pk.hex}@{settings.MAIL_DOMAIN}",
        message_id=message_id(work.pk),
        written_at=now,
        clinic_name=clinic.name,
        link=_main_link(work, patient, mail_link, seen, make=make_links),
        clinic_phone=clinic.phone,
        clinic_hours=clinic.hours,
        first_name="" if confirming else patient.preferred_name or patient.name.split()[0],
        emergency=help_for(patient.country).emergency,
        mail_link=mail_link,
        deadline=work.occasion.closes_at if work.occasion is not None else None,
        answers_message=_first_message(work, seen),
        minutes=duration.minutes_for(clinic.pk, work.occasion.form) if work.occasion is not None else 0,
    )


def _first_message(work: Work, seen: Around) -> str:
    """The Message-ID of the occasion's first letter, so that its reminders stand with it in a mailbox."""
    if work.occasion_id is None or work.rung == 0:
        return ""
    first = seen.first.get(work.occasion_id)
    return message_id(first) if first else ""
