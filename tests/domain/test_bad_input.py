"""Whatever is typed is refused or taken as it was written, never otherwise."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from plans.domain.amounts import Dose
from tests import bad_input


def test_three_hundred_texts_written_by_hand_are_refused_or_taken_as_they_stand() -> None:
    assert len(bad_input.BY_HAND) >= 300
    assert bad_input.faults(bad_input.BY_HAND) == []


@pytest.mark.slow
def test_so_are_generated_ones() -> None:
    assert bad_input.faults(islice(bad_input.generated(random.Random(7)), 3_000)) == []


def test_a_text_that_is_taken_otherwise_is_found() -> None:
    careless = bad_input.Reader("careless", lambda raw: raw.replace(",", ""), lambda raw, took: raw == took)
    assert not careless.says("5,5", careless.read("5,5"))
    assert not bad_input.READERS[0].says("0.55", Dose.parse("0.5"))
