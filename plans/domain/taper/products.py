"""The products that doses are made of, as a pharmacy stocks them or a home can prepare them, and amounts of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from math import gcd, lcm
from typing import Final

from plans.domain.amounts import MICROLITRES_PER_ML, ZERO, Dose, Volume
from plans.domain.errors import TaperError
from plans.domain.syringes import Draw, Syringe, draws_of, volumes_of


class Form(StrEnum):
    """Dosage forms of the catalogue. Drops are counted.

    `ODT` is the orally disintegrating tablet; `form_names.py` has its name in each country.
    """

    TABLET = "tablet"
    ODT = "odt"
    CAPSULE = "capsule"
    FILM = "film"
    SUBLINGUAL = "sublingual"
    MR_TABLET = "mr_tablet"
    MR_CAPSULE = "mr_capsule"
    SOLUTION = "solution"
    CONCENTRATE = "concentrate"
    SUSPENSION = "suspension"
    DROPS = "drops"


LIQUIDS: Final = frozenset({Form.SOLUTION, Form.CONCENTRATE, Form.SUSPENSION})
# Capsules, films and modified-release forms are never split (labels; VA/DoD and JCPG take the same view).
NEVER_SPLIT: Final = frozenset({Form.CAPSULE, Form.FILM, Form.MR_TABLET, Form.MR_CAPSULE, Form.DROPS})
MOST_DROPS: Final = 60
"""Ours, no published limit was found: every further drop is one more to miscount."""
KEEP_HOURS: Final = 24
"""Hours after which a suspension of tablets in water is discarded and made again.

Ours: stability studies (60 days for clonazepam in a suspending vehicle, Roy and Besner 1997) are of vehicles, none of
water (unverified).
"""
QUARTERS: Final = 4
_ML: Final = Volume(MICROLITRES_PER_ML)


class BadProduct(TaperError):
    """A product that contradicts itself: fact `why`."""

    code = "bad_product"


@dataclass(frozen=True, slots=True, order=True)
class Product:
    """One product: a solid with a strength and the parts it may be split into, drops that are counted, or a liquid.

    `split` is 1 (whole only), 2 (halves) or 4 (quarters). For a liquid, `strength` is the dose in `per` (one mL),
    `step_ml` is the finest mark it is drawn to, and it is drawn only with its `syringes`, if any are named. For drops,
    `strength` is that of one drop and `drops_per_ml` the number in a mL (0: not known). A liquid made at home from
    whole, half or quarter tablets contains `strength` in `per`, the water; `tablet` is the strength of one tablet.
    `to_order` marks a solid that a pharmacy makes in this size, such as a capsule or the tablets of a tapering strip.
    """

    drug: str
    form: Form
    strength: Dose
    split: int = 1
    step_ml: Volume | None = None
    per: Volume = _ML
    tablet: Dose = ZERO
    drops_per_ml: int = 0
    syringes: tuple[Syringe, ...] = ()
    to_order: bool = False
    # Products are keys of every count, so the hash is computed once.
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __hash__(self) -> int:
        return self._hash

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_hash", hash((self.drug, self.form, self.strength.units, self.split, self.step_ml))
        )
        if not self.strength:
            raise BadProduct(why="no_strength", drug=self.drug)
        if self.is_liquid:
            self._check_liquid()
        elif self.split not in (1, 2, 4):
            raise BadProduct(why="split", drug=self.drug, split=self.split)
        elif self.split > 1 and self.form in NEVER_SPLIT:
            raise BadProduct(why="never_split", drug=self.drug, form=self.form.value)
        elif self.strength.units % self.split:
            raise BadProduct(why="split_not_exact", drug=self.drug, split=self.split)

    def _check_liquid(self) -> None:
        if self.step_ml is None or self.step_ml.microlitres <= 0 or self.per.microlitres <= 0:
            raise BadProduct(why="liquid_without_step", drug=self.drug)
        if self.tablet:
            if self.strength.units * QUARTERS % self.tablet.units:
                raise BadProduct(why="not_of_tablets", drug=self.drug)
        elif not self.syringes and self.grain != self.step_ml:
            raise BadProduct(why="step_not_exact", drug=self.drug)

    @property
    def is_liquid(self) -> bool:
        """Whether doses of it are measured in mL rather than counted in pieces or drops."""
        return self.form in LIQUIDS

    @property
    def is_measured(self) -> bool:
        """Whether its doses are measured or dropped rather than counted in pieces."""
        return self.is_liquid or self.is_drops

    @property
    def is_home_made(self) -> bool:
        """Whether it is made at home from tablets and water."""
        return self.tablet.units > 0

    @property
    def is_drops(self) -> bool:
        """Whether doses of it are counted in drops."""
        return self.form is Form.DROPS

    @property
    def name(self) -> str:
        """The product as the taper JSON writes it: "diazepam tablet 5 mg", "diazepam solution 1 mg/mL",
        "clonazepam drops 0.1 mg/drop", "clonazepam suspension 0.5 mg in 3 mL"."""
        unit = "mg/mL" if self.is_liquid else "mg/drop" if self.is_drops else "mg"
        if self.is_home_made:
            unit = f"mg in {self.per.text} mL"
        return f"{self.drug} {self.form.value} {self.strength.text} {unit}"

    @property
    def bottle_quarters(self) -> int:
        """For a home-made liquid: the quarters of a tablet in one bottle."""
        return self.strength.units * QUARTERS // self.tablet.units

    @property
    def made_of(self) -> Product:
        """What the pharmacy dispenses for it: the tablet for a home-made liquid, otherwise the product itself."""
        if not self.is_home_made:
            return self
        split = QUARTERS // gcd(QUARTERS, self.bottle_quarters)
        return Product(self.drug, Form.TABLET, self.tablet, split)

    @property
    def handed_out_in_ml(self) -> bool:
        """Whether the pharmacy dispenses it in mL: a liquid, or drops with a known number per mL."""
        return self.is_liquid or bool(self.drops_per_ml)

    @property
    def unit_parts(self) -> int:
        """The size of one dispensed unit: in quarters for a solid or drops, in microlitres for a liquid."""
        if self.is_liquid:
            return MICROLITRES_PER_ML
        return QUARTERS * (self.drops_per_ml or 1)

    def with_syringes(self, syringes: tuple[Syringe, ...]) -> Product:
        """The same liquid with these syringes added to its own; any other product unchanged."""
        if not self.is_liquid or not syringes:
            return self
        return replace(self, syringes=tuple(sorted({*self.syringes, *syringes})))

    @property
    def grain(self) -> Volume:
        """The least volume on the finest mark that holds a whole number of 0.00001 mg; all others are multiples of it.

        A bottle with a mg in v mL holds a whole count exactly at the multiples of v / gcd(a, v), both in their smallest
        units. So a liquid of 1/6 mg/mL marked every 0.1 mL is drawn in steps of 0.3 mL, and nothing is rounded.
        """
        exact = self.per.microlitres // gcd(self.strength.units, self.per.microlitres)
        return Volume(lcm(exact, (self.step_ml or _ML).microlitres))

    def dose_of(self, volume: Volume) -> Dose:
        """The dose in a volume of a liquid; exact if `holds_exactly`."""
        return Dose(self.strength.units * volume.microlitres // self.per.microlitres)

    def holds_exactly(self, volume: Volume) -> bool:
        """Whether a volume holds a whole number of 0.00001 mg."""
        return self.strength.units * volume.microlitres % self.per.microlitres == 0

    def draws(self, volume: Volume) -> tuple[Draw, ...]:
        """The draws that make up a volume with the named syringes; empty if none are named."""
        return draws_of(volume, self.syringes)

    @property
    def counted(self) -> tuple[tuple[int, Take], ...]:
        """Every amount of drops, or of a liquid drawn by named syringes: (units, take), smallest first.

        Empty for solids, and for liquids without syringes, whose doses are the multiples of `smallest`.
        """
        return _counted(self)

    @property
    def smallest(self) -> Dose:
        """The amount of which every dose is a multiple: its smallest piece, drop or volume."""
        if not self.is_liquid:
            return Dose(self.strength.units // self.split)
        if not self.syringes:
            return self.dose_of(self.grain)
        return Dose(gcd(*(units for units, _ in self.counted))) or self.dose_of(self.grain)


def each_once(products: Iterable[Product], syringes: tuple[Syringe, ...] = ()) -> tuple[Product, ...]:
    """The products of a plan that draws its liquids with `syringes`, each once.

    Two of one name are the same product; the last says how it is broken or drawn.
    """
    return tuple({product.name: product.with_syringes(syringes) for product in products}.values())


@lru_cache(maxsize=512)
def same_object(product: Product) -> Product:
    """One object for all equal products, so that comparing those of a plan is comparing objects."""
    return product


@lru_cache(maxsize=512)
def _counted(product: Product) -> tuple[tuple[int, Take], ...]:
    if product.is_drops:
        return tuple(
            (product.strength.units * n, Take.of_drops(product, n)) for n in range(1, MOST_DROPS + 1)
        )
    volumes = (Volume(microlitres) for microlitres in volumes_of(product.syringes))
    return tuple(
        (product.dose_of(volume).units, Take(product, volume=volume))
        for volume in volumes
        if product.holds_exactly(volume)
    )


@dataclass(frozen=True, slots=True)
class Take:
    """An amount of one product: `quarters` of a solid (4 is one whole, or one drop) or `volume` of a liquid."""

    product: Product
    quarters: int = 0
    volume: Volume | None = None

    @classmethod
    def of_drops(cls, product: Product, count: int) -> Take:
        """A number of drops."""
        return cls(product, quarters=QUARTERS * count)

    @property
    def units(self) -> int:
        """What this take contains, exactly, in units of 0.00001 mg."""
        if self.volume is not None:
            return self.product.dose_of(self.volume).units
        return self.product.strength.units * self.quarters // QUARTERS

    @property
    def dose(self) -> Dose:
        """What this take contains, exactly."""
        return Dose(self.units)

    @property
    def drops(self) -> int:
        """The count of drops; 0 for anything else."""
        return self.quarters // QUARTERS if self.product.is_drops else 0

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The draws that make up the volume with the product's named syringes; empty if none are named."""
        return () if self.volume is None else self.product.draws(self.volume)

    @property
    def things(self) -> int:
        """The number of things to take: each whole, half and quarter, a drawn volume, a dose of drops."""
        return 1 if self.product.is_measured else self.quarters // 4 + (0, 1, 1, 2)[self.quarters % 4]

    @property
    def pieces(self) -> str:
        """The count of a solid as text, in wholes, halves and quarters: "1", "0.5", "1.25"."""
        whole, rest = divmod(self.quarters, QUARTERS)
        return f"{whole}{('', '.25', '.5', '.75')[rest]}"


def pieces_of(take: Take) -> tuple[Take, ...]:
    """A take as counted by hand: whole ones together, then the part; a volume is one piece."""
    if take.volume is not None:
        return (take,)
    whole, part = divmod(take.quarters, 4)
    counted = []
    if whole:
        counted.append(Take(take.product, quarters=whole * 4))
    if part:
        counted.append(Take(take.product, quarters=part))
    return tuple(counted)
