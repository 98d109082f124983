"""The advice on page 1 of the calendar: the clinic's own once its lead has signed it, else the project's, unsigned."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from plans.domain.documents.advice import AdviceTexts, SignedAdvice
from plans.domain.errors import Refused, Stale
from plans.models import AdviceSignature
from plans.services import audit, clock
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.documents.variant import LANGUAGES


def in_force(clinic_id: UUID, language: str) -> SignedAdvice | None:
    """The signed advice in a language; None if no lead signed any and the project's own text is used. For services."""
    row = (
        AdviceSignature.objects.select_related("signed_by")
        .filter(clinic_id=clinic_id, language=language)
        .order_by("-number")
        .first()
    )
    if row is None:
        return None
    texts = AdviceTexts(row.missed, row.worse, tuple(row.emergency))
    return SignedAdvice(texts, row.number, row.signed_by.name, row.signed_on)


def of_clinic(actor: Actor) -> Mapping[str, SignedAdvice | None]:
    """The signed advice of the actor's clinic, by language."""
    clinic = get_clinic_for(actor)
    return {language: in_force(clinic.pk, language) for language in LANGUAGES}


@transaction.atomic
def sign(*, by: Actor, language: str, seen_number: int, texts: AdviceTexts) -> int:
    """Put texts in force under the lead's signature; returns its number. `seen_number` is the one the form began with.

    Documents drawn before keep what they say until they are drawn again. Raises Refused("wrong_language"), NotAllowed
    for anybody but a lead, and Stale if somebody signed other texts meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if language not in LANGUAGES:
        raise Refused(reason="wrong_language", where="language")
    before = in_force(clinic.pk, language)
    number = before.number if before else 0
    if number != seen_number:
        raise Stale(what="advice", who=before.signed_by if before else "")
    now = clock.now()
    row = AdviceSignature.objects.create(
        clinic=clinic,
        language=language,
        number=number + 1,
        missed=texts.missed,
        worse=texts.worse,
        emergency=list(texts.emergency),
        signed_by_id=by.member_id,
        signed_at=now,
        signed_on=clock.today(clinic.zone),
    )
    audit.record(
        by=by,
        act="clinic.advice_signed",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"number": row.number, "language": language},
        at=now,
    )
    return row.number
