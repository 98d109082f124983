"""Drops, draws by named syringes, and a suspension made at home: on paper, and read back from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from plans.documents.kinds import draw, read_back
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.facts import CalendarFacts, PharmacyFacts
from plans.domain.syringes import USUAL
from plans.domain.taper import catalogue
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from tests.documents.plans import (
    DIAZEPAM,
    ODT,
    SOLUTION,
    TABLET,
    N,
    facts,
    measured,
    of_kind,
    schedule,
    solid,
)
from tests.documents.reading import text_of

START = date(2027, 1, 4)
DROPS = Product("clonazepam", Form.DROPS, Dose.parse("0.1"), drops_per_ml=25)
DRAWN = replace(SOLUTION, syringes=USUAL)
HOME = Product(
    "clonazepam",
    Form.SUSPENSION,
    Dose.parse("0.5"),
    step_ml=Volume(100),
    per=Volume(3000),
    tablet=Dose.parse("0.5"),
)


def given(
    product: Product, amounts: list[int], *, language: str = "en", large: bool = False
) -> CalendarFacts:
    """Two weeks on each amount at night: drops, or microlitres."""
    takes = [
        Take.of_drops(product, amount) if product.is_drops else measured(amount, product)
        for amount in amounts
    ]
    steps = [(14, StepKind.CUT if n else StepKind.START, [(N, [take])]) for n, take in enumerate(takes)]
    products = [product, TABLET] if product.is_home_made else [product]
    words = calendar_words(language)
    return facts(schedule(START, steps, products), language=language, words=words, large=large)


PLANS = {
    "drops": (DROPS, [42, 7, 1]),
    "draws": (DRAWN, [31_800, 11_800, 800]),
    "home-made": (HOME, [3000, 2700, 300]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLANS))
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
@pytest.mark.parametrize("large", [False, True])
def test_what_is_counted_or_drawn_is_drawn_and_read_back(name, language, kind, large):
    known = of_kind(given(*PLANS[name], language=language, large=large), kind)
    assert read_back(draw(known), known) == ()


def said(product: Product, amounts: list[int], kind: str) -> str:
    return text_of(draw(of_kind(given(product, amounts), kind))).replace("\u00a0", " ").replace("\n", " ")


@pytest.mark.slow
def test_drops_are_counted_in_figures_and_handed_out_in_millilitres():
    text = said(DROPS, [42, 7, 1], "calendar")
    assert "42 drops" in text
    assert "1 drop" in text
    assert "Count the drops into a spoon or a glass" in text
    sheet = said(DROPS, [42, 7, 1], "pharmacy")
    assert "Take 7 drops at night." in sheet
    # 49 drops of 14 days, and 14 more: 700 of 25 a mL
    assert "28 mL" in sheet


@pytest.mark.slow
def test_more_than_a_syringe_holds_is_said_as_draws_with_the_syringes():
    text = said(DRAWN, [31_800, 11_800, 800], "calendar")
    assert "fill to 10 mL, then 1.8 mL" in text
    assert "fill to 10 mL, 3 times, then 1.8 mL" in text
    sheet = said(DRAWN, [31_800, 11_800, 800], "pharmacy")
    assert "(10 mL, then 1.8 mL)" in sheet
    assert "Oral syringes to give:" in sheet


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_two_draws_of_different_syringes_name_both(large):
    known = of_kind(given(DRAWN, [5200, 5000], large=large), "calendar")
    pdf = draw(known)
    assert read_back(pdf, known) == ()
    text = text_of(pdf).replace("\u00a0", " ").replace("\n", " ")
    assert "fill to 5 mL, then 0.2 mL" in text
    assert "5 mL oral syringe, marked every 0.2 mL" in text
    assert "1 mL oral syringe, marked every 0.01 mL" in text
    assert "(5 mL, then 0.2 mL)" in said(DRAWN, [5200, 5000], "pharmacy")


@pytest.mark.slow
def test_a_home_made_suspension_has_its_recipe_and_hands_out_tablets():
    text = said(HOME, [3000, 2700, 300], "calendar")
    assert "put one 0.5 mg tablet in the bottle and fill it up with water to 3 mL" in text
    assert "Throw away what is left after 24 hours." in text
    sheet = said(HOME, [3000, 2700, 300], "pharmacy")
    assert "42 bottles, each of 1 0.5 mg tablets" in sheet


def ordered(capsules: tuple[int, int], *, language: str = "en", large: bool = False) -> PharmacyFacts:
    """35 days on so many 0.45 mg capsules, then 14 on so many of 0.4 mg."""
    sizes = [Product("clonazepam", Form.CAPSULE, Dose.parse(mg), to_order=True) for mg in ("0.45", "0.4")]
    steps = [
        (days, StepKind.START, [(N, [solid(size, 4 * count)])])
        for days, size, count in zip((35, 14), sizes, capsules, strict=True)
    ]
    words = calendar_words(language)
    known = of_kind(
        facts(schedule(START, steps, sizes), language=language, words=words, large=large), "pharmacy"
    )
    assert isinstance(known, PharmacyFacts)
    return known


ORDERED = {
    "en": (
        "To order, made in these sizes",
        "0.45 mg capsules: 35 in all, each with 0.45 mg clonazepam (together 15.75 mg).",
        "0.4 mg capsules: 14 in all, each with 0.4 mg clonazepam (together 5.6 mg).",
        "This plan does not say what else is in them.",
        "To be there by Monday 4 January 2027, for the days until 31 January 2027: 0.45 mg capsules: 28.",
        "To be there by Monday 1 February 2027, for the days until 21 February 2027: 0.45 mg capsules: 7;",
        "0.45 mg capsules: 7; 0.4 mg capsules: 14.",
    ),
    "es": (
        "Por encargo, en estas dosis",
        "35 en total, con 0.45 mg de clonazepam por unidad (en conjunto 15.75 mg).",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", sorted(ORDERED))
def test_sizes_made_to_order_are_an_order_form_with_counts_for_every_fill(language, large):
    known = ordered((1, 1), language=language, large=large)
    pdf = draw(known)
    assert read_back(pdf, known) == ()
    text = text_of(pdf).replace("\u00a0", " ").replace("\n", " ")
    for line in ORDERED[language]:
        assert line in text


@pytest.mark.slow
def test_another_order_than_the_plan_needs_is_refused():
    codes = {defect.code for defect in read_back(draw(ordered((1, 2))), ordered((1, 1)))}
    assert "orders" in codes


@pytest.mark.slow
def test_what_is_at_home_is_not_ordered_and_instalments_order_a_whole_fill():
    known = ordered((1, 1))
    size = known.schedule.products[0]
    known = replace(known, at_hand={size: 40 * 4}, instalment_days=7)
    pdf = draw(known)
    assert read_back(pdf, known) == ()
    text = text_of(pdf).replace("\u00a0", " ").replace("\n", " ")
    assert "31 January 2027: 0.45 mg capsules" not in text
    assert "by Monday 1 February 2027, for the days until 21 February 2027: 0.45 mg capsules" not in text
    assert (
        "To be there by Monday 1 February 2027, for the days until 21 February 2027: 0.4 mg capsules: 14."
        in text
    )


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_fill_says_how_many_packs_it_is_and_is_not_rounded(language):
    words = calendar_words(language)
    steps = [(60, StepKind.START, [(N, [solid(DIAZEPAM, 8)])])]
    made = facts(schedule(START, steps, [DIAZEPAM]), language=language, words=words)
    sizes = catalogue.packs([DIAZEPAM], "FR")
    assert sizes == {DIAZEPAM: (40,)}
    sheet = of_kind(made, "pharmacy")
    assert isinstance(sheet, PharmacyFacts)
    known = replace(sheet, packs=sizes)
    pdf = draw(known)
    assert read_back(pdf, known) == ()
    both = {"en": "56 = 1 × 40 and 16.", "es": "56 = 1 × 40 y 16."}
    assert both[language] in text_of(pdf).replace("\u00a0", " ").replace("\n", " ")
    assert read_back(draw(replace(known, packs={})), known)


@pytest.mark.slow
def test_a_plan_of_products_in_stock_has_no_order_form():
    assert "To order" not in said(DROPS, [42, 7, 1], "pharmacy")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLANS))
def test_another_amount_on_the_page_than_in_the_plan_is_refused(name):
    product, amounts = PLANS[name]
    other = [amounts[0], amounts[1] - (1 if product.is_drops else 600), amounts[2]]
    for kind in ("calendar", "pharmacy"):
        wrong = draw(of_kind(given(product, other), kind))
        assert read_back(wrong, of_kind(given(product, amounts), kind))


def test_a_plan_of_two_products_beside_drops_keeps_its_drawings():
    steps = [(14, StepKind.START, [(N, [solid(TABLET, 4), Take.of_drops(DROPS, 3)])])]
    known = facts(schedule(START, steps, [DROPS, TABLET, ODT]))
    assert read_back(draw(known), known) == ()
