"""About a medicine: the drugs of a plan, or the kind of medicine, with the source of each sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plans.domain.amounts import Dose
from plans.domain.checkins.instrument import said
from plans.domain.taper import about
from plans.domain.taper.about import Statement
from plans.domain.taper.equivalence import REFERENCE, REFERENCE_MG
from plans.services.patient_pages import PatientPlan
from plans.wording import taper

Told = tuple[str, str, str, str]
"""What is said: the part it stands in, the text, where it is from, how sure that is."""


@dataclass(frozen=True, slots=True)
class LeafletLine:
    """One statement in the reader's language, and the number of its source below."""

    text: str
    source: int


@dataclass(frozen=True, slots=True)
class LeafletPart:
    """One part of the page."""

    heading: str
    lines: tuple[LeafletLine, ...]
    never: bool


@dataclass(frozen=True, slots=True)
class Leaflet:
    """About one drug, or about the kind if `name` is empty. `sources`: (number, source, how well checked)."""

    name: str
    parts: tuple[LeafletPart, ...]
    sources: tuple[tuple[int, str, str], ...]


def _headings() -> dict[str, str]:
    return {
        "does": _("What it does"),
        "lasts": _("How long it lasts"),
        "mood": _("What you may notice in your mood"),
        "body": _("What you may notice in your body"),
        "why": _("Why some people feel it more"),
        "helps": _("What can help"),
        "never": _("Never mix"),
        "others": _("Other medicines"),
        "worse": _("If you feel worse"),
    }


def _mark(code: str) -> str:
    marks = {
        "verified": _("we checked this"),
        "second_hand": _("second hand, not checked"),
        "unverified": _("general knowledge, not checked"),
    }
    return marks[code]


def _source(one: Statement) -> str:
    if not one.of_benzodiazepines:
        return one.source
    return _("%(source)s (written of benzodiazepines)") % {"source": one.source}


def leaflet(name: str, statements: Sequence[Statement]) -> Leaflet:
    """The leaflet of one drug, or of the kind of medicine without a name, in the active language."""
    language = (get_language() or "en").split("-")[0]
    found = _hours(name) if name else []
    found += [(one.part, said(one.texts, language), _source(one), one.mark) for one in statements]
    return _leaflet(taper.drug_words(name) if name else "", _headings(), found)


def strengths(plan: PatientPlan) -> Leaflet | None:
    """Why the number of mg grows when diazepam takes another drug's place, by the plan's own table; None without it."""
    drugs = plan.schedule.drugs
    others = [name for name in drugs if name != REFERENCE and name in plan.equivalents]
    if REFERENCE not in drugs or not others:
        return None
    found: list[Told] = []
    for name in others:
        strong = about.strength(name, plan.equivalents[name], plan.table)
        text = _("%(mg)s of %(drug)s is about as strong as %(ten)s of diazepam.") % {
            "mg": Dose.parse(strong.mg).mg,
            "drug": taper.drug_words(name),
            "ten": REFERENCE_MG.mg,
        }
        found.append(("numbers", text, strong.source, strong.mark))
    source, mark = found[-1][2:]
    found.append(("numbers", _("Tables differ. This is the one that your plan uses."), source, mark))
    found.append(("numbers", _("A larger number of mg can be the same strength."), source, mark))
    return _leaflet(_("Your two medicines"), {"numbers": _("Why the numbers differ")}, found)


def _hours(name: str) -> list[Told]:
    """When its effect peaks and how long it lasts, from the catalogue."""
    found: list[Told] = []
    peak = about.strongest(name)
    if Decimal(peak.high) <= 1:
        text = _("It is strongest within one hour after you take it.")
    elif peak.low == peak.high:
        text = _("It is strongest about %(high)s hours after you take it.") % {"high": peak.high}
    else:
        text = _("It is strongest %(low)s to %(high)s hours after you take it.") % {
            "low": peak.low,
            "high": peak.high,
        }
    found.append(("lasts", text, peak.source, peak.mark))
    stays = about.half_life(name)
    if stays.low == stays.high:
        text = _("Half of one dose is still in your body after %(high)s hours.") % {"high": stays.high}
    else:
        text = _("Half of one dose is still in your body after %(low)s to %(high)s hours.") % {
            "low": stays.low,
            "high": stays.high,
        }
    found.append(("lasts", text, stays.source, stays.mark))
    return found


def _leaflet(name: str, headings: Mapping[str, str], found: Sequence[Told]) -> Leaflet:
    sources = list(dict.fromkeys((source, mark) for _part, _text, source, mark in found))
    parts = tuple(
        LeafletPart(
            heading,
            tuple(
                LeafletLine(text, sources.index((source, mark)) + 1)
                for part, text, source, mark in found
                if part == code
            ),
            never=code == "never",
        )
        for code, heading in headings.items()
    )
    listed = tuple((n, source, _mark(mark)) for n, (source, mark) in enumerate(sources, start=1))
    return Leaflet(name, tuple(p for p in parts if p.lines), listed)
