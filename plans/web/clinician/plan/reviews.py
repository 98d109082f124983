"""Who reviewed the numbers of a plan's drugs, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from plans.services import catalogue_reviews
from plans.services.actors import Actor
from plans.wording.catalogue import review_words
from plans.wording.drugs import drug_words


def reviews(actor: Actor, drugs: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each drug: "clonazePAM: Catalogue not reviewed"."""
    found = catalogue_reviews.of_clinic(actor, drugs)
    return tuple(
        f"{drug_words(drug, clinician=True)}: {review_words(review)}" for drug, review in found.items()
    )
