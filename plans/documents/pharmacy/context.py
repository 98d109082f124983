"""What the pages of a pharmacy sheet share."""

from __future__ import annotations

from functools import cached_property

from plans.documents.engine.context import DocumentContext
from plans.documents.engine.text import person_text
from plans.domain.documents.facts import PharmacyFacts
from plans.domain.taper.products import Product
from plans.domain.taper.supply import supplied


class PharmacyContext(DocumentContext):
    """A sheet's facts prepared for drawing. Raises UnprintableText."""

    facts: PharmacyFacts

    def __init__(self, facts: PharmacyFacts) -> None:
        super().__init__(facts)
        self.clinic_address = person_text(facts.clinic_address, "clinic_address")
        self.pharmacist_phone = person_text(facts.pharmacist_phone, "pharmacist_phone")

    @cached_property
    def supplied(self) -> tuple[Product, ...]:
        """The products that the pharmacy hands out: for liquids made at home, the tablets they are made of."""
        return supplied(self.schedule, self.products)
