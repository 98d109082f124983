"""Writes `docs/catalogue.md`: how much is known of the products of each country, and how well."""

from __future__ import annotations

from typing import Final

from django.utils import translation

from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES, SourceMark
from plans.wording.plans import COUNTRY_NAMES
from plans.wording.taper import mark_words

_DOCUMENT: Final = """# Catalogue of products

Written by `python manage.py diagrams` from the files in `plans/domain/taper/drugs`; a test compares this file with
them. `python manage.py catalogue` prints every number behind it with its source and mark, a page for each drug to
review and sign, and the catalogue in the settings shows the same to clinics.

Marks: *read in the source*: in the register, label or leaflet, or a copy of its text, as far as the source says;
*second-hand*: in a transcription, such as a pharmacy's page or a table; *not verified*: common knowledge or an
assumption. Nothing here says that a product is in stock today: a clinic confirms its own.

- Halves and quarters: tablets whose source says whether they may be split. Where makers differ, the source names whose
  tablet was read; a line that a label calls ornamental, or not meant for equal doses, is no line. Without a source a
  tablet is taken whole, but for some of the United States, Canada, Great Britain and Australia, which are halved by
  common knowledge and marked so.
- Packs: those sold to patients; stock bottles of 100 and more are left out where smaller ones are sold.
- Maxima: drugs with a maximum a day of that country's own; every other drug has the one of its file.

| country | drugs | products | {marks} | splitting known | packs | drops | maxima |
|---|---|---|---|---|---|---|---|---|---|
{countries}
Products of each drug by country, those to be chosen by hand (modified release, sublingual, drops) among them:

| drug | {codes} |
|---|{rule}
{drugs}
## Found, and left out

{left_out}"""

_LEFT_OUT: Final = (
    ("Spain, diazepam drops 2 mg/mL (Diazepan Prodes) and lormetazepam drops 2.5 mg/mL (Noctamid)",
     "how much one drop holds was not read"),
    ("Germany, diazepam drops 10 mg/mL (Valocordin-Diazepam)", "how much one drop holds was not read"),
    ("Switzerland, diazepam drops 12.5 mg/mL (Psychopax)",
     "three drops hold 1 mg, so that one holds no exact dose"),
    ("Switzerland, alprazolam under the tongue (Xanax SL)", "its strengths were not read"),
    ("New Zealand, nitrazepam 5 mg (Nitrados)", "its supply ended in 2020, says Pharmac"),
    ("New Zealand, temazepam capsules 10 and 20 mg (Normison)",
     "an older text; that of the tablets is used"),
    ("New Zealand, alprazolam and clonazepam", "no page was found that names the country and the strengths"),
)  # fmt: skip


def document() -> str:
    """The expected text of docs/catalogue.md."""
    with translation.override("en"):
        return _DOCUMENT.format(
            countries="".join(map(_country, COUNTRIES)),
            marks=" | ".join(map(mark_words, SourceMark)),
            codes=" | ".join(COUNTRIES),
            rule="---|" * len(COUNTRIES),
            drugs="".join(map(_drug, catalogue.names())),
            left_out="".join(f"- {what}: {why}.\n" for what, why in _LEFT_OUT),
        )


def _country(code: str) -> str:
    sold = [drug for drug in catalogue.drugs() if drug.products(code)]
    entries = [entry for drug in sold for entry in drug.products(code)]
    solids = [entry for entry in entries if not (entry.product.is_liquid or entry.product.is_drops)]
    cells = (
        COUNTRY_NAMES[code],
        len(sold),
        len(entries),
        *(sum(entry.mark is mark for entry in entries) for mark in SourceMark),
        f"{sum(entry.split.mark is not SourceMark.UNVERIFIED for entry in solids)} of {len(solids)}",
        sum(entry.packs is not None for entry in entries),
        sum(entry.product.is_drops for entry in entries),
        sum(code in drug.maxima for drug in catalogue.drugs()),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def _drug(name: str) -> str:
    counts = [len(catalogue.drug(name).products(country)) for country in COUNTRIES]
    return f"| {name} | {' | '.join(str(count) if count else '–' for count in counts)} |\n"
