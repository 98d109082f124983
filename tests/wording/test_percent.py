"""A percentage is written plainly: no sign after "is", no trailing zeros, never rounded up or down to its limit."""

from __future__ import annotations

import pytest

from plans.wording.verdicts import _percent, change_words


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("-20.00", "20\u00a0% less"),
        ("-33.33", "33.33\u00a0% less"),
        ("-10.04", "10.04\u00a0% less"),
        ("+12.50", "12.5\u00a0% more"),
        ("-100.00", "100\u00a0% less"),
    ],
)
def test_a_change_is_said_in_words(given, said):
    assert change_words(given) == said


@pytest.mark.parametrize(
    ("given", "said"), [("100", "100\u00a0%"), ("0.50", "0.5\u00a0%"), ("+7.00", "7\u00a0%")]
)
def test_zeros_before_the_point_stay(given, said):
    assert _percent(given) == said
