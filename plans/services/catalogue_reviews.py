"""Reviews of the catalogue's drugs: stored with name, day and digest, and void as soon as the drug's entry changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db import transaction

from plans.domain import text
from plans.domain.errors import Stale
from plans.domain.taper import catalogue
from plans.domain.taper.catalogue_table import review_digest
from plans.models import CatalogueReview
from plans.services import audit, clock
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May


class Review(NamedTuple):
    """A valid review: who reviewed the drug's numbers, and the day it was signed."""

    reviewer: str
    signed_on: date


def of_clinic(actor: Actor, drugs: Iterable[str]) -> Mapping[str, Review | None]:
    """The valid review of each drug at the actor's clinic, in the order of `drugs`.

    None if there is none, or the drug's entry changed since.
    """
    digests = {drug: review_digest(drug) for drug in drugs}
    clinic = get_clinic_for(actor)
    rows = CatalogueReview.objects.filter(clinic_id=clinic.pk, digest__in=digests.values())
    found = {(row.drug, row.digest): Review(row.reviewer, row.signed_on) for row in rows}
    return {drug: found.get((drug, digest)) for drug, digest in digests.items()}


@transaction.atomic
def sign(*, by: Actor, drug: str, seen: str, reviewer: str) -> None:
    """Record that `reviewer` reviewed the drug's numbers; `seen` is the digest of what was shown.

    Signing twice keeps the first. Raises NotAllowed for anybody but a lead, UnknownDrug, BadText, and Stale where the
    drug is no longer what was shown.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    digest = review_digest(catalogue.drug(drug).name)
    name = text.clean_line(reviewer, where="reviewer", most=120)
    if seen != digest:
        raise Stale(what="catalogue", who="")
    now = clock.now()
    _, made = CatalogueReview.objects.get_or_create(
        clinic=clinic,
        drug=drug,
        digest=digest,
        defaults={
            "reviewer": name,
            "signed_by_id": by.member_id,
            "signed_at": now,
            "signed_on": clock.today(clinic.zone),
        },
    )
    if made:
        audit.record(
            by=by,
            act="clinic.catalogue_reviewed",
            subject_kind="clinic",
            subject_id=clinic.pk,
            facts={"medicine": drug, "who": name, "digest": digest},
            at=now,
        )
