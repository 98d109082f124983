"""The drug catalogue, read from `drugs/<name>.toml`. Every number has a mark and a source.

Grammar of a drug file (the loader, `catalogue_file.py`, refuses anything else):

    name = "clonazepam"             generic name, lower case, equal to the file's name
    tall_man = "clonazePAM"         as shown to clinicians, to tell look-alike names apart
    brands = ["Klonopin"]           trade names, for searching only

    [sources]                       short key -> the whole citation; every `source` below is one of these keys
    [codes]                         atc and rxnorm, each a FIGURE, where known
    [daily]
    max = FIGURE                    most mg a day in the usual indication
    max_for.<indication> = FIGURE   another maximum (panic, seizure …): shown for information, never used as the limit
    max_in.<country> = FIGURE       a different maximum printed by a country's sources: used instead
    times = SPAN                    usual doses a day
    [hours]
    half_life, tmax = SPAN          the published ranges, in hours
    model_half_life, model_tmax     FIGURE: the number inside each range that exposure and limits use
    [metabolite]                    where one matters: name, half_life (SPAN), model_half_life (FIGURE)
    [spread]                        default ("in_turn", "even", "one_after_another"), mark, source; if left
                                    out, it follows from the half-life: see Drug.spread
    [label_schedule]                where the label prints a taper, a FIGURE each: cut_mg at each of `times` times
                                    of day, every `days` days
    [traits]                        codes for cautions, a FIGURE each: routes, liver, seizure_use; see Traits
    [[products.US]]                 form, strength_mg (a liquid: mg_per_ml and step_ml; drops: mg_per_ml and
                                    mg_per_drop = FIGURE), mark, source,
                                    split = FIGURE of 1, 2 or 4 (solids);
                                    packs = FIGURE of the sizes it is sold in, tablets or mL ("14 28"), where known;
                                    default = false if it must be chosen by hand

    FIGURE = {value = "4", mark = MARK, source = KEY}          SPAN = {low = "18", high = "50", mark, source}
    MARK   = verified (read in the source itself) | second_hand (a transcription of it) | unverified

Numbers are strings: TOML's own numbers would be binary floats. No pharmacist has reviewed these files; the
program shows mark and source wherever it shows a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from plans.domain.errors import TaperError
from plans.domain.taper.catalogue_file import read_drug
from plans.domain.taper.drug import Drug
from plans.domain.taper.products import Product

DRUG_FILES: Final = Path(__file__).parent / "drugs"


class UnknownDrug(TaperError):
    """A drug the catalogue has no file for: fact `drug`, and `known`, the names it has."""

    code = "unknown_drug"


@cache
def names() -> tuple[str, ...]:
    """The generic names of all drugs, in alphabetical order."""
    return tuple(sorted(path.stem for path in DRUG_FILES.glob("*.toml")))


@cache
def drug(name: str) -> Drug:
    """The drug of a generic name (lower case). Raises UnknownDrug."""
    if name not in names():
        raise UnknownDrug(drug=name[:40], known=list(names()))
    return read_drug(DRUG_FILES / f"{name}.toml")


def drugs() -> tuple[Drug, ...]:
    """All drugs of the catalogue, in alphabetical order."""
    return tuple(drug(name) for name in names())


def packs(products: Iterable[Product], country: str) -> dict[Product, tuple[int, ...]]:
    """The sizes of packs of those products of which they are known in a country; never of one made to order."""
    found = {
        product: drug(product.drug).packs(product, country) for product in products if not product.to_order
    }
    return {product: sizes for product, sizes in found.items() if sizes}


def default_products(name: str | Drug, country: str) -> tuple[Product, ...]:
    """The products of a plan that names none: solids first, then liquids.

    All products of the country except those that must be chosen by hand (modified release, sublingual); empty where the
    catalogue has no source for the country. Raises UnknownDrug, UnknownCountry.
    """
    known = name if isinstance(name, Drug) else drug(name)
    chosen = [entry.product for entry in known.products(country) if entry.default]
    return tuple(sorted(chosen, key=lambda product: product.is_liquid))


@cache
def digest() -> str:
    """SHA-256 over all drug files, by which an issued plan identifies the catalogue it was made with."""
    summed = sha256()
    for name in names():
        summed.update(name.encode() + b"\0" + (DRUG_FILES / f"{name}.toml").read_bytes() + b"\0")
    return summed.hexdigest()
