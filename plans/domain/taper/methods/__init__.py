"""The methods of tapering, one file each. A new one is a file here and a line in METHODS; methods are independent."""

from __future__ import annotations

from typing import Final

from plans.domain.taper.methods.bands import Bands
from plans.domain.taper.methods.equal_occupancy import EqualOccupancy
from plans.domain.taper.methods.fixed_amount import FixedAmount
from plans.domain.taper.methods.micro import Micro
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.methods.percent_of_original import PercentOfOriginal
from plans.domain.taper.methods.steps import Steps
from plans.domain.taper.methods.target_date import TargetDate
from plans.domain.taper.methods.two_rates import TwoRates
from plans.domain.taper.methods.typed import Typed

# Methods that lower one drug at a time: `walk(course)`.
OneByOne = PercentOfCurrent | PercentOfOriginal | FixedAmount | Bands | EqualOccupancy | TwoRates | Micro
# Methods solved for all drugs together: `walks(courses)`.
Solved = TargetDate | Steps
# Methods whose amounts are mg of the drug that they lower: `figures`, `scaled(ratio)`.
InMilligrams = FixedAmount | Bands | TwoRates
AnyMethod = OneByOne | Solved | Typed

METHODS: Final[dict[str, type[AnyMethod]]] = {
    method.name: method
    for method in (
        PercentOfCurrent,
        PercentOfOriginal,
        FixedAmount,
        Bands,
        EqualOccupancy,
        TwoRates,
        Micro,
        TargetDate,
        Steps,
        Typed,
    )
}
