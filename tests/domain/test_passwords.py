"""Which passwords are refused, and which stay usable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.passwords import LEAST, Guesser

GUESSER = Guesser(
    frozenset({"password", "letmein", "taperplan", "benzodiazepine", "welcome", "qwerty", "correct"})
)
CLINIC = ("Harbour", "Test", "Clinic", "Sampleton")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("123456789012", "common"),
        ("aaaaaaaaaaaa", "few_kinds"),
        ("abababababab", "few_kinds"),
        ("abcdeabcdeabcde", "common"),
        ("passwordpassword", "common"),
        ("letmeinletmein", "common"),
        ("taperplan2026", "common"),
        ("T4perpl@n2026", "common"),
        ("benzodiazepine", "common"),
        ("Ｐａｓｓｗｏｒｄ１２３４", "common"),
        ("pässwörd-1984", "common"),
        ("qwertyuiop123", "common"),
        ("1qaz2wsx3edc4rfv", "common"),
        ("poiuytrewq321", "common"),
        ("Welcome-2026!", "common"),
        (" " * 12, "unprintable"),
        ("\u200b" * 12, "unprintable"),
        ("heron\u00a0kelp moss ferry", "unprintable"),
        ("heron\tkelp moss ferry", "unprintable"),
        ("heron kelp moss ferry ", "unprintable"),
        ("heron\u202ekelp moss ferry", "unprintable"),
        ("x1" * 129, "too_long"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, why: str) -> None:
    assert GUESSER.why_weak(password) == why


@pytest.mark.parametrize(
    "password",
    [
        "a long quiet river 42",
        "heron-kelp-moss-ferry-31",
        "xkqjzvwpmlot",
        "garza-muelle-lámpara-nube",
        "Øl, brød & 7 måger",
    ],
)
def test_what_is_not_guessed_stays_usable(password: str) -> None:
    assert GUESSER.why_weak(password, about=CLINIC) is None


def test_the_name_of_the_clinic_and_of_the_person_count_as_words_of_the_house() -> None:
    assert GUESSER.why_weak("HarbourClinic2026") is None
    assert GUESSER.why_weak("HarbourClinic2026", about=CLINIC) == "common"
    assert GUESSER.why_weak("sampleton1984", about=CLINIC) == "common"


@pytest.mark.slow
@given(st.text(max_size=300))
def test_any_text_is_judged_and_two_listed_words_never_pass(text: str) -> None:
    assert GUESSER.why_weak(text) in (None, "too_long", "unprintable", "few_kinds", "common")


@given(st.sampled_from(sorted(GUESSER.words)), st.sampled_from(sorted(GUESSER.words)), st.integers(0, 99))
def test_two_common_words_and_two_digits_never_pass(first: str, second: str, number: int) -> None:
    assert GUESSER.why_weak(f"{first}-{second}{number}") is not None
    assert LEAST > 2
