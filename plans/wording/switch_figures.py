"""What the amounts of a plan count as after a switch to another drug."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from plans.domain.amounts import NBSP, Dose
from plans.domain.taper.switch_figures import Counted
from plans.wording.drugs import drug_words, listed


def counted_words(found: Sequence[Counted]) -> str:
    """ "The plan's 1.5 mg of lorazepam count as 15 mg of diazepam."; "" where nothing is counted otherwise."""
    if not found:
        return ""
    one = found[0]
    to = drug_words(one.to, clinician=True)
    first = gettext("The plan’s {mg} of {drug} count as {counted} of {to}.").format(
        mg=_mg(one.dose), drug=drug_words(one.drug, clinician=True), counted=_mg(one.becomes), to=to
    )
    more = list(dict.fromkeys((other.dose, other.becomes) for other in found))[1:]
    if not more:
        return first
    pairs = [
        gettext("{mg} as {counted}").format(mg=_mg(dose), counted=_mg(becomes)) for dose, becomes in more
    ]
    return f"{first} " + gettext("Likewise {pairs}.").format(pairs=listed(pairs))


def _mg(dose: Dose) -> str:
    return f"{dose.text}{NBSP}mg"
