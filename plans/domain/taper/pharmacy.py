"""The products of one plan: what its doses are made of, and what would help where they cannot be made."""

from __future__ import annotations

from plans.domain.amounts import Dose
from plans.domain.taper import catalogue
from plans.domain.taper.course import nearest
from plans.domain.taper.products import Product
from plans.domain.taper.refusals import NoProduct, NotMakeable
from plans.domain.taper.schedule import TimedDose, TimeOfDay
from plans.domain.taper.tablets import Tablets, tablets


class Pharmacy:
    """Products by drug: those that were `asked` for, or (None) the country's own."""

    def __init__(self, country: str, asked: tuple[Product, ...] | None, max_pieces: int) -> None:
        self._country = country
        self._asked = asked
        self._max_pieces = max_pieces
        self._products: dict[str, tuple[Product, ...]] = {}
        self._stock: dict[str, Tablets] = {}
        self._timed: dict[tuple[TimeOfDay, str, int], TimedDose] = {}

    def products(self, drug: str) -> tuple[Product, ...]:
        """The products of a drug in this plan. Raises NoProduct."""
        if drug not in self._products:
            found = (
                catalogue.default_products(drug, self._country)
                if self._asked is None
                else tuple(product for product in self._asked if product.drug == drug)
            )
            if not found:
                raise NoProduct(where="products", drug=drug, country=self._country)
            self._products[drug] = found
        return self._products[drug]

    def stock(self, drug: str) -> Tablets:
        """The search over a drug's products."""
        if drug not in self._stock:
            self._stock[drug] = tablets(drug, self.products(drug), self._max_pieces)
        return self._stock[drug]

    def timed(self, time: TimeOfDay, drug: str, units: int, where: str) -> TimedDose:
        """A dose with its takes. Raises NotMakeable, said to stand at `where`."""
        key = (time, drug, units)
        if key not in self._timed:
            take = self.stock(drug).make(Dose(units))
            if take is None:
                raise self.not_makeable(drug, units, where)
            self._timed[key] = TimedDose(time, drug, Dose(units), take)
        return self._timed[key]

    def not_makeable(self, drug: str, units: int, where: str) -> NotMakeable:
        """The refusal of a dose, with its neighbours and what would help."""
        stock = self.stock(drug)
        lower, higher = stock.nearest(Dose(units))
        return NotMakeable(
            where=where,
            nearest=nearest(lower.units, None if higher is None else higher.units),
            drug=drug,
            dose_mg=Dose(units).text,
            max_pieces=self._max_pieces,
            products=[product.name for product in stock.products],
            would_help=self._would_help(drug, units),
        )

    def _would_help(self, drug: str, units: int) -> list[str]:
        """The country's products any one of which, beside the plan's own, would make the dose."""
        here = self.products(drug)
        names = {product.name for product in here}
        return [
            product.name
            for product in catalogue.default_products(drug, self._country)
            if product.name not in names and tablets(drug, (*here, product), self._max_pieces).makes(units)
        ]
