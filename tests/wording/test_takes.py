"""Takes, products, directions: words that cannot be read as another amount."""

from __future__ import annotations

import re

import pytest

from plans.domain.amounts import Volume
from plans.domain.syringes import USUAL
from plans.domain.taper import catalogue
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import DAY_ORDER, StepKind, TimedDose, TimeOfDay
from plans.wording import taper as words
from plans.wording.documents import calendar_words
from plans.wording.feed import event_title
from tests.domain.taper.schedules import laid_out, mg, pieces, tablet

HALF_MG = tablet("clonazepam", "0.5", 4)
ODT = tablet("clonazepam", "0.125", form=Form.ODT)
SOLUTION = Product("diazepam", Form.SOLUTION, mg("1"), 1, Volume.parse("0.1"))


def plain(text: str) -> str:
    """With ordinary spaces, so that a test can be typed."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("product", "quarters", "said"),
    [
        (HALF_MG, 1, "a quarter of a 0.5 mg tablet"),
        (HALF_MG, 2, "half a 0.5 mg tablet"),
        (HALF_MG, 3, "half a 0.5 mg tablet and a quarter of a 0.5 mg tablet"),
        (HALF_MG, 4, "one 0.5 mg tablet"),
        (HALF_MG, 6, "one 0.5 mg tablet and half a 0.5 mg tablet"),
        (HALF_MG, 8, "two 0.5 mg tablets"),
        (HALF_MG, 44, "11 0.5 mg tablets"),
        (ODT, 4, "one 0.125 mg orally disintegrating tablet"),
        (ODT, 8, "two 0.125 mg orally disintegrating tablets"),
        (tablet("x", "8", 2), 2, "half an 8 mg tablet"),
        (tablet("x", "11", 2), 2, "half an 11 mg tablet"),
        (tablet("x", "10", 4), 1, "a quarter of a 10 mg tablet"),
    ],
)
def test_a_take_is_said_in_words(product: Product, quarters: int, said: str) -> None:
    assert plain(words.take_words(Take(product, quarters=quarters))) == said


def test_a_liquid_is_said_in_millilitres() -> None:
    take = Take(SOLUTION, volume=Volume.parse("0.4"))
    assert plain(words.take_words(take)) == "0.4 mL"
    assert [plain(line) for line in words.measured_lines(take)] == ["0.4 mL of the 1 mg/mL solution"]


def test_a_number_never_leaves_its_unit() -> None:
    assert "0.5\u00a0mg" in words.take_words(Take(HALF_MG, quarters=4))


@pytest.mark.parametrize("form", list(Form))
def test_every_form_has_a_word_in_singular_and_plural(form: Form) -> None:
    assert words.form_words(form, 1)
    assert words.form_words(form, 2)


def test_a_product_can_name_its_drug() -> None:
    assert plain(words.product_words(ODT)) == "0.125 mg orally disintegrating tablet"
    assert plain(words.product_words(SOLUTION, named=True, clinician=True)) == "diazePAM 1 mg/mL solution"


@pytest.mark.parametrize(
    ("name", "tall"),
    [("clonazepam", "clonazePAM"), ("diazepam", "diazePAM"), ("lorazepam", "LORazepam"), ("alprazolam", "ALPRAZolam"),
     ("chlordiazepoxide", "chlordiazePOXIDE"), ("zolpidem", "zolpidem")],
)  # fmt: skip
def test_clinicians_see_tall_letters_and_patients_do_not(name: str, tall: str) -> None:
    assert words.drug_words(name, clinician=True) == tall
    assert words.drug_words(name) == name


@pytest.mark.parametrize("time", DAY_ORDER)
def test_every_time_of_day_is_a_heading_and_fits_a_sentence(time: TimeOfDay) -> None:
    assert words.time_words(time)
    assert words.when_words(time).islower()


def test_the_label_sentence_says_what_when_and_for_how_long() -> None:
    doses = [
        pieces(HALF_MG, 2, TimeOfDay.MORNING),
        pieces(HALF_MG, 4, TimeOfDay.NIGHT),
    ]
    step = laid_out("clonazepam", [(14, doses)]).steps[0]
    assert plain(words.sig(step, "clonazepam")) == (
        "Take half a 0.5 mg tablet in the morning, and one 0.5 mg tablet at night, by mouth, every day for 14 days "
        "(23 November 2026 to 6 December 2026). In all clonazePAM 0.75 mg a day."
    )


def test_the_label_sentence_of_a_single_day_and_of_zero() -> None:
    schedule = laid_out("clonazepam", [(1, [pieces(ODT, 4)]), (1, [])])
    assert plain(words.sig(schedule.steps[0], "clonazepam")) == (
        "Take one 0.125 mg orally disintegrating tablet at night, by mouth, on 23 November 2026 only. "
        "In all clonazePAM 0.125 mg a day."
    )
    assert words.sig(schedule.steps[1], "clonazepam") == "No clonazePAM from 24 November 2026."


def test_a_step_fits_in_a_line() -> None:
    doses = [pieces(ODT, 4, TimeOfDay.MORNING), pieces(HALF_MG, 4, TimeOfDay.NIGHT)]
    schedule = laid_out("clonazepam", [(14, doses), (1, [])])
    line = "clonazepam 0.125 mg in the morning and 0.5 mg at night"
    assert plain(words.step_words(schedule.steps[0])) == line
    assert words.step_words(schedule.steps[1]) == "no dose"


@pytest.mark.parametrize("kind", list(StepKind))
def test_every_kind_of_step_has_a_word(kind: StepKind) -> None:
    assert words.kind_words(kind)


def test_a_hold_never_stands_alone_as_a_word() -> None:
    assert words.kind_words(StepKind.HOLD) == "hold, same dose"


@pytest.mark.parametrize("name", catalogue.names())
def test_a_missed_dose_is_never_doubled(name: str) -> None:
    said = words.missed_dose_words(name)
    assert "Never take two doses at once." in said
    assert name in said
    assert max(len(sentence.split()) for sentence in re.split(r"\. ", said)) <= 20


def test_a_missed_sleeping_pill_is_left_out_and_a_missed_long_acting_dose_is_made_up() -> None:
    assert "leave it out" in words.missed_dose_words("zolpidem")
    assert "on the same day" in words.missed_dose_words("diazepam")
    assert "half the time" in words.missed_dose_words("lorazepam")


def test_drops_are_said_in_figures_with_their_noun() -> None:
    drops = Product("clonazepam", Form.DROPS, mg("0.1"), drops_per_ml=25)
    assert words.take_words(Take.of_drops(drops, 7)) == "7 drops"
    assert words.take_words(Take.of_drops(drops, 1)) == "1 drop"
    assert plain(words.product_words(drops)) == "0.1 mg drops"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "0.7 mg, 7 drops at night"), ("es", "0.7 mg, 7 gotas")]
)
def test_the_calendar_feed_counts_drops_beside_the_milligrams(language: str, said: str) -> None:
    drops = Product("clonazepam", Form.DROPS, mg("0.1"), drops_per_ml=25)
    take = Take.of_drops(drops, 7)
    dose = TimedDose(TimeOfDay.NIGHT, "clonazepam", take.dose, (take,))
    step = laid_out("clonazepam", [(14, [dose])]).steps[0]
    assert said in plain(event_title(step, calendar_words(language), doses=True))


def test_a_volume_of_several_draws_says_them_in_turn() -> None:
    drawn = Product("diazepam", Form.SOLUTION, mg("1"), 1, Volume.parse("0.01"), syringes=USUAL)
    take = Take(drawn, volume=Volume.parse("11.8"))
    assert plain(words.take_words(take)) == "11.8 mL (10 mL, then 1.8 mL)"
    assert plain(words.take_words(Take(drawn, volume=Volume.parse("0.4")))) == "0.4 mL"


def test_a_suspension_made_at_home_says_what_its_bottle_holds() -> None:
    made = Product(
        "clonazepam",
        Form.SUSPENSION,
        mg("0.5"),
        step_ml=Volume.parse("0.1"),
        per=Volume.parse("3"),
        tablet=mg("0.5"),
    )
    assert plain(words.product_words(made)) == "home-made suspension, 0.5 mg in 3 mL"
