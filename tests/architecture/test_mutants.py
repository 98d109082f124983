"""The list of faults that tests must notice is valid. `make mutants` puts the faults in, which takes minutes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests import mutants

MUTANTS = mutants.read()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_every_fault_can_be_put_in_and_its_test_exists(mutant: mutants.Mutant) -> None:
    mutants.check(mutant)


def test_names_are_given_once_and_there_are_many() -> None:
    assert [name for name, times in Counter(one.name for one in MUTANTS).items() if times > 1] == []
    assert len(MUTANTS) >= 40


def test_no_two_faults_are_the_same() -> None:
    assert len({(one.file, one.was, one.becomes) for one in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"file": "plans/gone.py"}, "there is no plans/gone.py"),
        ({"was": "def"}, "not once"),
        ({"was": "nowhere to be found"}, "stands 0 times"),
        ({"becomes": ")"}, "would not be Python"),
        ({"test": "tests/domain/test_text.py::test_gone"}, "there is no test"),
        ({"test": "tests/gone.py::test_gone"}, "there is no test"),
        (
            {"test": "tests/web/test_swaps_browser.py::test_the_space_bar_counts_as_well"},
            "leaves its test out",
        ),
        ({"needs": "server"}, "its test is fast"),
        ({"needs": "time"}, "none of process, browser, server"),
    ],
)
def test_an_entry_that_no_longer_fits_is_refused_by_name(wrong: dict[str, str], why: str) -> None:
    good = next(one for one in MUTANTS if one.name == "fraction_shifted")
    mutants.check(good)
    with pytest.raises(mutants.Unusable, match=f"fraction_shifted: .*{why}"):
        mutants.check(replace(good, **wrong))


def test_make_test_fast_leaves_out_what_the_list_says_it_does() -> None:
    assert f'-m "{mutants.FAST}"' in (mutants.ROOT / "Makefile").read_text(encoding="utf-8")
