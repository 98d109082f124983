"""How long a check-in takes: the median of sittings without a long break, in whole minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plans.domain.checkins.duration import COUNTED, ENOUGH, LEFT_AFTER, Minutes, took, typical

BEGUN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def sitting(pages: int, seconds: float) -> list[datetime]:
    """A sitting of so many pages, each read for so long; the first is saved when it was read."""
    return [BEGUN + timedelta(seconds=seconds * n) for n in range(1, pages + 1)]


def test_the_first_page_counts_as_long_as_the_others() -> None:
    assert took(sitting(14, 15)) == 14 * 15


def test_a_sitting_that_was_left_and_taken_up_again_says_nothing() -> None:
    saves = sitting(14, 15)
    late = [*saves[:7], *(at + LEFT_AFTER - timedelta(seconds=15) for at in saves[7:])]
    assert took(late) is None
    nearly = [*saves[:7], *(at + LEFT_AFTER - timedelta(seconds=16) for at in saves[7:])]
    assert took(nearly) is not None


def test_what_nobody_can_have_read_is_no_sitting() -> None:
    assert took([BEGUN] * 14) is None
    assert took([BEGUN]) is None
    assert took([]) is None


def test_the_median_is_rounded_up_to_whole_minutes_once_there_are_enough() -> None:
    usual = [sitting(14, 15)] * ENOUGH  # three minutes and a half
    assert typical(usual) == 4
    assert typical(usual[1:]) is None
    assert typical([*usual, sitting(14, 60)]) == 4
    assert typical([*usual[1:], [BEGUN] * 14]) is None


def test_the_first_check_in_stands_apart() -> None:
    assert (COUNTED.of("baseline"), COUNTED.of("weekly"), COUNTED.of("long")) == (6, 4, 4)
    assert Minutes(9, 3).of("baseline") == 9
