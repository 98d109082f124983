"""The preparation of a drug over a plan: tablets, or a liquid, or tablets and then one liquid; never back and forth.

Which doses a plan takes depends on what they can be made of, and the other way round. So the drug is laid out with each
**preparation** in turn, and the plans are compared by:

1. the worst cut that exceeds both a limit and what was asked for (none is best; compared in half milligrams of
   diazepam, so that small differences do not decide);
2. the number of changes of preparation: none, or one from tablets to a liquid. Starting with a liquid although tablets
   make the present dose also counts as one;
3. the number of forms of solids: tablets alone before tablets with capsules or orally disintegrating ones;
4. the concentration of the liquid: weaker first, because an error with the syringe matters less (ours).

Drops count as a liquid here: they are measured, not counted in pieces.

Once the doses are known, `takes_for` finds what each is taken as: solids as long as they make it, then the liquid to
the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain

from plans.domain.taper.products import Form, Product
from plans.domain.taper.tablets import Tablets, tablets


class PreparationName(StrEnum):
    """What the doses of a drug are made of over a whole plan."""

    TABLETS = "tablets"
    TABLETS_THEN_LIQUID = "tablets_then_liquid"
    LIQUID = "liquid"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a drug's doses are made of: `stock`, followed by `liquid` if the plan changes to one.

    `changes` is the number of changes of preparation for a patient who takes solids now.
    """

    name: PreparationName
    stock: Tablets
    liquid: Tablets | None = None

    @property
    def stocks(self) -> tuple[Tablets, ...]:
        """The one or two sets of products, in the order of use."""
        return (self.stock,) if self.liquid is None else (self.stock, self.liquid)


@lru_cache(maxsize=256)
def preparations(drug: str, products: tuple[Product, ...], max_pieces: int) -> tuple[Preparation, ...]:
    """Every preparation these products allow, those with the fewest changes and forms first."""
    return tuple(_preparations(drug, products, max_pieces))


def _preparations(drug: str, products: Sequence[Product], max_pieces: int) -> Iterator[Preparation]:

    def stock(chosen: Sequence[Product]) -> Tablets:
        return tablets(drug, tuple(chosen), max_pieces)

    shelves = _solid_shelves(products)
    liquids = sorted((p for p in products if p.is_measured), key=lambda p: (p.strength.units, p.name))
    for shelf in shelves:
        yield Preparation(PreparationName.TABLETS, stock(shelf))
    for liquid in liquids:
        for shelf in shelves:
            yield Preparation(PreparationName.TABLETS_THEN_LIQUID, stock(shelf), stock([liquid]))
    for liquid in liquids:
        yield Preparation(PreparationName.LIQUID, stock([liquid]))


def _solid_shelves(products: Sequence[Product]) -> list[list[Product]]:
    """The sets of solids to plan with: tablets alone, or the first other form alone; then all solids together."""
    solids = [p for p in products if not p.is_measured]
    forms = sorted({p.form for p in solids}, key=list(Form).index)
    shelves = [[p for p in solids if p.form is form] for form in forms]
    return [*shelves, solids] if len(forms) > 1 else shelves


def takes_for(
    found: Sequence[Preparation],
    everything: Tablets,
    days: Sequence[Sequence[int]],
    wanted: PreparationName | None = None,
) -> list[Tablets]:
    """What each regimen of a drug (its doses in units, in plan order) is made of.

    Solids of the fewest forms while they make every dose, then one liquid to the end. With `wanted`, only in that
    preparation, as long as it makes the doses. If nothing else is possible, `everything` together.
    """
    different = set(chain.from_iterable(days))
    for preparation in sorted(found, key=lambda one: one.name is not (wanted or one.name)):
        made = set(filter(preparation.stock.makes, different))
        first = next((n for n, doses in enumerate(days) if not made.issuperset(doses)), len(days))
        if first == len(days):
            return [preparation.stock] * len(days)
        liquid = preparation.liquid
        if liquid is not None and all(map(liquid.makes, set(chain.from_iterable(days[first:])))):
            return [preparation.stock] * first + [liquid] * (len(days) - first)
    return [everything] * len(days)
