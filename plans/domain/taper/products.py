"""What a pharmacy stocks: the solid and liquid products doses are made of, and the pieces taken of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plans.domain.amounts import MICROLITRES_PER_ML, Dose, Volume
from plans.domain.errors import TaperError


class Form(StrEnum):
    """Dosage forms of the catalogue. A wafer is an orally disintegrating tablet (ODT)."""

    TABLET = "tablet"
    WAFER = "wafer"
    CAPSULE = "capsule"
    FILM = "film"
    SUBLINGUAL = "sublingual"
    MR_TABLET = "mr_tablet"
    MR_CAPSULE = "mr_capsule"
    SOLUTION = "solution"
    CONCENTRATE = "concentrate"
    SUSPENSION = "suspension"


LIQUIDS: Final = frozenset({Form.SOLUTION, Form.CONCENTRATE, Form.SUSPENSION})
# Capsules, films and modified-release forms are never split (labels; VA/DoD and JCPG take the same view).
NEVER_SPLIT: Final = frozenset({Form.CAPSULE, Form.FILM, Form.MR_TABLET, Form.MR_CAPSULE})


class BadProduct(TaperError):
    """A product that contradicts itself: fact `why`."""

    code = "bad_product"


@dataclass(frozen=True, slots=True, order=True)
class Product:
    """One product: a solid with a strength and the parts it may be split into, or a liquid.

    `split` is 1 (whole only), 2 (halves) or 4 (quarters). For a liquid `strength` is the dose in one mL and `step_ml`
    the smallest volume that can be drawn; for a solid `step_ml` is None.
    """

    drug: str
    form: Form
    strength: Dose
    split: int = 1
    step_ml: Volume | None = None

    def __post_init__(self) -> None:
        if not self.strength:
            raise BadProduct(why="no_strength", drug=self.drug)
        if self.is_liquid:
            if self.step_ml is None or self.step_ml.microlitres <= 0:
                raise BadProduct(why="liquid_without_step", drug=self.drug)
            if (self.strength.units * self.step_ml.microlitres) % MICROLITRES_PER_ML:
                raise BadProduct(why="step_not_exact", drug=self.drug)
        elif self.split not in (1, 2, 4):
            raise BadProduct(why="split", drug=self.drug, split=self.split)
        elif self.split > 1 and self.form in NEVER_SPLIT:
            raise BadProduct(why="never_split", drug=self.drug, form=self.form.value)
        elif self.strength.units % self.split:
            raise BadProduct(why="split_not_exact", drug=self.drug, split=self.split)

    @property
    def is_liquid(self) -> bool:
        """Whether doses of it are measured in mL rather than counted in pieces."""
        return self.form in LIQUIDS

    @property
    def name(self) -> str:
        """The product as the taper JSON writes it: "diazepam tablet 5 mg", "diazepam solution 1 mg/mL"."""
        unit = "mg/mL" if self.is_liquid else "mg"
        return f"{self.drug} {self.form.value} {self.strength.text} {unit}"

    @property
    def smallest(self) -> Dose:
        """The smallest dose this product can make: its smallest piece, or its smallest volume."""
        if self.step_ml is not None:
            return Dose(self.strength.units * self.step_ml.microlitres // MICROLITRES_PER_ML)
        return Dose(self.strength.units // self.split)


@dataclass(frozen=True, slots=True)
class Take:
    """So much of one product: `quarters` of a solid (4 is one whole), or `volume` of a liquid; never both."""

    product: Product
    quarters: int = 0
    volume: Volume | None = None

    @property
    def dose(self) -> Dose:
        """What this take contains, exactly."""
        if self.volume is not None:
            return Dose(self.product.strength.units * self.volume.microlitres // MICROLITRES_PER_ML)
        return Dose(self.product.strength.units * self.quarters // 4)

    @property
    def things(self) -> int:
        """How many things there are to take: each whole, half and quarter is one, and so is a drawn volume."""
        return 1 if self.volume is not None else self.quarters // 4 + (0, 1, 1, 2)[self.quarters % 4]

    @property
    def pieces(self) -> str:
        """The count of a solid as text of whole, half and quarter: "1", "0.5", "1.25"."""
        whole, rest = divmod(self.quarters, 4)
        return f"{whole}{('', '.25', '.5', '.75')[rest]}"
