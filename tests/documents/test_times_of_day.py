"""Plans of five to eight times of day on paper, on a phone's calendar and in every look: drawn and read back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from plans.documents.kinds import draw
from plans.documents.readback.pdf import read_pages
from plans.domain.taper.schedule import DAY_ORDER, Schedule, TimeOfDay
from plans.wording.documents import calendar_words
from plans.wording.feed import event_title
from tests.documents.plans import AllFacts, assert_sound, facts, of_kind
from tests.documents.test_hard_plans import EVERY_LOOK
from tests.domain.taper.test_times_of_day import EIGHT_BY_CLOCK, regimen, taken_at

LATER = {"en": "Bedtime is later than night.", "es": "«Al acostarse» es más tarde que «Noche»."}


def plan(*times: str) -> Schedule:
    quarter = {"name": "percent_of_current", "percent": "25", "interval_days": 14}
    return taken_at(*times, method=quarter).schedule


def words_of(given: AllFacts) -> str:
    pdf = draw(of_kind(given, "calendar"))
    return " ".join(run.text for page in read_pages(pdf) for run in page.all_runs())


@pytest.mark.slow
@pytest.mark.parametrize(
    "look", EVERY_LOOK, ids=lambda look: f"{look['paper']}-{look['large']}-{look['language']}"
)
@pytest.mark.parametrize("times", [DAY_ORDER, EIGHT_BY_CLOCK], ids=["names", "clock"])
def test_calendars_of_up_to_eight_times_a_day_are_read_back_in_every_look(
    times: Sequence[str], look: dict[str, object]
) -> None:
    assert_sound(facts(plan(*times), **look))


@pytest.mark.slow
def test_a_calendar_of_five_times_a_day_is_read_back() -> None:
    given = facts(plan("morning", "midday", "afternoon", "evening", "bedtime"))
    assert_sound(given)
    assert LATER["en"] not in words_of(given)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
def test_paper_says_that_bedtime_is_later_than_night(language: str) -> None:
    both = plan("night", "bedtime")
    given = facts(both, language=language, words=calendar_words(language))
    assert_sound(given)
    assert LATER[language] in words_of(given)


@pytest.mark.slow
def test_two_drugs_by_the_clock_are_read_back() -> None:
    two = [*regimen("06:30", "22:00"), *regimen("14:00", drug="lorazepam")]
    assert_sound(facts(taken_at(regimen=two).schedule))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "alprazolam: 0.5 mg at 06:30 and 0.5 mg at 22:00"),
        ("es", "alprazolam: 0.5 mg a las 06:30 y 0.5 mg a las 22:00"),
    ],
)
def test_a_phones_calendar_says_clock_times(language: str, said: str) -> None:
    step = plan("06:30", "22:00").steps[0]
    assert event_title(step, calendar_words(language), doses=True).replace("\xa0", " ") == said


def test_a_phones_calendar_says_afternoon_and_bedtime() -> None:
    step = plan("afternoon", "bedtime").steps[0]
    said = event_title(step, calendar_words("en"), doses=True).replace("\xa0", " ")
    assert said == "alprazolam: 0.5 mg in the afternoon and 0.5 mg at bedtime"


def test_every_name_has_words_of_its_own_in_every_language() -> None:
    for language in ("en", "es"):
        words = calendar_words(language)
        assert len({words.time(time) for time in DAY_ORDER}) == len(DAY_ORDER)
        assert len({words.time_inside(time) for time in DAY_ORDER}) == len(DAY_ORDER)
        assert "06:30" in words.time_inside(TimeOfDay("06:30"))
