"""The products of one plan: what its doses are made of, and what would help where they cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from plans.domain.amounts import Dose
from plans.domain.syringes import Syringe
from plans.domain.taper import catalogue
from plans.domain.taper.course import nearest
from plans.domain.taper.preparation import Preparation, PreparationName, preparations, takes_for
from plans.domain.taper.products import Product, same_object
from plans.domain.taper.refusals import NoProduct, NotMakeable
from plans.domain.taper.schedule import TimedDose, TimeOfDay
from plans.domain.taper.sharing import Doses, Sharing
from plans.domain.taper.tablets import Tablets, tablets
from plans.domain.taper.weekdays import Weekdays


class Pharmacy:
    """Products by drug: those `asked` for, or (None) the country's; liquids are drawn with `syringes`."""

    def __init__(
        self,
        country: str,
        asked: tuple[Product, ...] | None,
        max_pieces: int,
        syringes: tuple[Syringe, ...] = (),
    ) -> None:
        self._syringes = syringes
        self._country = country
        self._asked = asked
        self._max_pieces = max_pieces
        self._products: dict[str, tuple[Product, ...]] = {}
        self._stock: dict[str, Tablets] = {}

    def products(self, drug: str) -> tuple[Product, ...]:
        """The products of a drug in this plan. Raises NoProduct."""
        if drug not in self._products:
            found = (
                self._usual(drug)
                if self._asked is None
                else tuple(self._drawn(product) for product in self._asked if product.drug == drug)
            )
            if not found:
                raise NoProduct(where="products", drug=drug, country=self._country)
            self._products[drug] = tuple(map(same_object, found))
        return self._products[drug]

    def _drawn(self, product: Product) -> Product:
        return product.with_syringes(self._syringes)

    def _usual(self, drug: str) -> tuple[Product, ...]:
        return tuple(self._drawn(product) for product in catalogue.default_products(drug, self._country))

    def stock(self, drug: str) -> Tablets:
        """The search for makeable doses over a drug's products."""
        if drug not in self._stock:
            self._stock[drug] = tablets(drug, self.products(drug), self._max_pieces)
        return self._stock[drug]

    def preparations(self, drug: str) -> tuple[Preparation, ...]:
        """What a drug's doses can be made of over a whole plan, simplest first."""
        return preparations(drug, self.products(drug), self._max_pieces)

    def takes_for(
        self, drug: str, days: Sequence[Sequence[int]], wanted: PreparationName | None
    ) -> list[Tablets]:
        """What each regimen of a drug (its doses in units) is made of: see `preparation.takes_for`."""
        return takes_for(self.preparations(drug), self.stock(drug), days, wanted)

    def check(self, drug: str, units: int, where: str) -> None:
        """Check that the products make a dose. Raises NotMakeable with the path `where`."""
        if not self.stock(drug).makes(units):
            raise self.not_makeable(drug, units, where)

    def timed(self, time: TimeOfDay, drug: str, units: int, weekdays: Weekdays, stock: Tablets) -> TimedDose:
        """A dose with its takes from `stock`, or from all products if `stock` does not make it."""
        found = _timed(time, drug, units, weekdays, stock) or _timed(
            time, drug, units, weekdays, self.stock(drug)
        )
        if found is None:
            raise self.not_makeable(drug, units, "regimen")
        return found

    def shared(self, drug: str, total: int, within: Doses, where: str, *, evenly: bool) -> Doses:
        """A daily total shared over the times of day, none above its dose in `within`; `evenly` or one after another.

        From tablets if they make it. Raises NotMakeable, with the nearest totals and the products any one of which
        would make it.
        """
        if not total:
            return (0,) * len(within)
        stocks = [one.stock for one in self.preparations(drug)]
        shares = (Sharing(stock, within).share(total, evenly=evenly) for stock in (*stocks, self.stock(drug)))
        doses = next((found for found in shares if found is not None), None)
        if doses is None:
            sharing = Sharing(self.stock(drug), within)
            raise self._refusal(
                drug,
                total,
                where,
                sharing.nearest(total),
                lambda more: Sharing(more, within).share(total) is not None,
            )
        return doses

    def not_makeable(self, drug: str, units: int, where: str) -> NotMakeable:
        """The refusal of a dose, with the nearest doses and the products that would help."""
        stock = self.stock(drug)
        neighbours = stock.floor(units), stock.ceil(units)
        return self._refusal(drug, units, where, neighbours, lambda more: more.makes(units))

    def _refusal(
        self,
        drug: str,
        units: int,
        where: str,
        neighbours: tuple[int, int | None],
        would_do: Callable[[Tablets], bool],
    ) -> NotMakeable:
        return NotMakeable(
            where=where,
            nearest=nearest(*neighbours),
            drug=drug,
            dose_mg=Dose(units).text,
            max_pieces=self._max_pieces,
            products=[product.name for product in self.stock(drug).products],
            would_help=self._would_help(drug, would_do),
        )

    def _would_help(self, drug: str, would_do: Callable[[Tablets], bool]) -> list[str]:
        """The country's products any one of which, added to the plan's own, would do."""
        here = self.products(drug)
        names = {product.name for product in here}
        return [
            product.name
            for product in self._usual(drug)
            if product.name not in names and would_do(tablets(drug, (*here, product), self._max_pieces))
        ]


@lru_cache(maxsize=4096)
def _timed(time: TimeOfDay, drug: str, units: int, weekdays: Weekdays, stock: Tablets) -> TimedDose | None:
    """A dose with its takes from `stock`, or None; one object however often it is taken."""
    dose = Dose(units)
    take = stock.make(dose)
    return None if take is None else TimedDose(time, drug, dose, take, weekdays)
