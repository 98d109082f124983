"""One drug of the catalogue: every figure with its mark and source."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, Generic, TypeVar

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper.products import Product

COUNTRIES: Final = ("US", "GB", "CA", "AU", "IE", "NZ", "NL", "BE", "DE", "ES", "FR", "CH")
DEFAULT_COUNTRY: Final = "US"
# A half-life from which a drug counts as long-acting (ours: one day, so that one dose a day gives a fairly even level).
LONG_ACTING_HOURS: Final = Decimal(24)

V = TypeVar("V")


class UnknownCountry(TaperError):
    """A country the catalogue has no products for: facts `country` and `known`."""

    code = "unknown_country"


class Spread(StrEnum):
    """How a lower daily dose is shared over the times of day.

    `in_turn`: each cut lowers one time of day by a small step, and none is dropped while the tablets allow it. `even`:
    all times keep equal shares as nearly as can be made. `one_after_another`: one time of day is lowered to nothing
    before the next.
    """

    IN_TURN = "in_turn"
    EVEN = "even"
    ONE_AFTER_ANOTHER = "one_after_another"


class SourceMark(StrEnum):
    """How far a number can be trusted."""

    VERIFIED = "verified"
    SECOND_HAND = "second_hand"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Figure(Generic[V]):
    """A value with its mark and source."""

    value: V
    mark: SourceMark
    source: str


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range, both ends included: hours, or doses a day."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class CatalogueProduct:
    """A product on a country's market: marks and sources of its strength, its splitting and its packs.

    `packs` are the sizes it is sold in, in whole units (tablets, or mL), the smallest first; None if no source was
    found. `default` is False for products that must not be mixed with plain tablets unless chosen: modified release,
    sublingual.
    """

    product: Product
    mark: SourceMark
    source: str
    split: Figure[int]
    default: bool = True
    packs: Figure[tuple[int, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Metabolite:
    """An active metabolite that outlasts its parent. Half-lives in hours."""

    name: str
    half_life: Figure[NumberRange]
    model_half_life: Figure[Decimal]


@dataclass(frozen=True, slots=True)
class LabelSchedule:
    """The taper on the drug's own label: cut by `cut` (mg) at each of `times` times of day, every `days` days."""

    cut: Figure[Dose]
    times: Figure[int]
    days: Figure[int]


@dataclass(frozen=True, slots=True)
class Traits:
    """Drug properties that cautions depend on.

    `routes`: how it is cleared (cyp3a4, cyp2c19, ugt). `liver`: "avoid" or "prefer" in severe liver disease, "" if the
    sources say nothing. `seizure_use`: used against seizures, so that a taper may unmask them.
    """

    routes: Figure[frozenset[str]]
    liver: Figure[str]
    seizure_use: Figure[bool]


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug of the catalogue.

    `max_daily` in mg, and `maxima` for countries with another maximum; `half_life` and `tmax` in hours; `usual_times`
    doses a day. `own_spread` is the spread stated in the file, if any; `spread` is the one in effect.
    """

    name: str
    tall_man: str
    brands: tuple[str, ...]
    codes: dict[str, Figure[str]] = field(hash=False)
    max_daily: Figure[Dose]
    other_maxima: dict[str, Figure[Dose]] = field(hash=False)
    maxima: dict[str, Figure[Dose]] = field(hash=False)
    usual_times: Figure[NumberRange]
    half_life: Figure[NumberRange]
    tmax: Figure[NumberRange]
    model_half_life: Figure[Decimal]
    model_tmax: Figure[Decimal]
    active_metabolite: Metabolite | None
    traits: Traits
    own_spread: Figure[Spread] | None
    label_schedule: LabelSchedule | None
    by_country: dict[str, tuple[CatalogueProduct, ...]] = field(hash=False)

    @property
    def shortest_half_life(self) -> Figure[Decimal]:
        """The shortest published half-life (hours): the drug's, or its active metabolite's if longer."""
        own, met = self.half_life, self.active_metabolite
        lasting = met.half_life if met and met.half_life.value.low > own.value.low else own
        return Figure(lasting.value.low, lasting.mark, lasting.source)

    @property
    def spread(self) -> Figure[Spread]:
        """How its dose is shared over the day by default, and why.

        The spread in its file (from its label or a published schedule). Otherwise in turn if the shortest published
        half-life is under a day, so that the times of day are kept, else one after another.
        """
        if self.own_spread is not None:
            return self.own_spread
        shortest = self.shortest_half_life
        short = shortest.value < LONG_ACTING_HOURS
        value = Spread.IN_TURN if short else Spread.ONE_AFTER_ANOTHER
        return Figure(value, shortest.mark, shortest.source)

    @property
    def longest_half_life(self) -> Figure[Decimal]:
        """The longest published half-life (hours): the drug's, or its active metabolite's if longer."""
        own, met = self.model_half_life, self.active_metabolite
        return met.model_half_life if met and met.model_half_life.value > own.value else own

    @property
    def long_acting(self) -> bool:
        """Whether the drug or its active metabolite lasts at least a day (see LONG_ACTING_HOURS)."""
        return self.longest_half_life.value >= LONG_ACTING_HOURS

    def maximum(self, country: str) -> Figure[Dose]:
        """The usual maximum daily dose (mg) in a country."""
        return self.maxima.get(country, self.max_daily)

    def products(self, country: str) -> tuple[CatalogueProduct, ...]:
        """The products of a country, in file order; empty where no source was found.

        Raises UnknownCountry.
        """
        if country not in COUNTRIES:
            raise UnknownCountry(country=country, known=list(COUNTRIES))
        return self.by_country.get(country, ())

    def packs(self, product: Product, country: str) -> tuple[int, ...]:
        """The sizes of packs that a product is sold in there, the smallest first; empty where they are not known."""
        same = (product.form, product.strength)
        return next(
            (
                entry.packs.value
                for entry in self.products(country)
                if entry.packs is not None and (entry.product.form, entry.product.strength) == same
            ),
            (),
        )

    def listed(self, product: Product) -> CatalogueProduct | None:
        """The best-marked catalogue entry of this form and strength in any country, or None.

        For a home-made liquid, the entry of the tablet it is made of.
        """
        product = product.made_of
        form, units = product.form, product.strength.units
        found = [
            entry
            for country in COUNTRIES
            for entry in self.by_country.get(country, ())
            if entry.product.strength.units == units and entry.product.form is form
        ]
        return min(found, key=lambda entry: tuple(SourceMark).index(entry.mark), default=None)
