"""How hard a password is to guess, without a network: common and breached ones, words of the house, runs, repeats.

A password is split into the cheapest parts that make it up. A word that guessers try early counts 1 however long it is,
a run such as "6789" or "qwer" as well, a year a half, any other character 0.4, and whatever was there before nothing.
Below `LEAST` it is refused:

    >>> guess = Guesser(frozenset({"password", "dragon"}))
    >>> guess.why_weak("password-password")
    'common'
    >>> guess.why_weak("P4ssword2026!")
    'common'
    >>> guess.why_weak("vqz7 heron&kelp moss") is None
    True
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

LEAST: Final = 3.3
LONGEST: Final = 256
"""Characters; more would only keep the server busy."""
_WORD, _RUN, _YEAR, _CHARACTER = 1.0, 1.0, 0.5, 0.4
_SHORTEST_RUN: Final = 3
_FEWEST_KINDS: Final = 5
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_LETTERS_FOR: Final = str.maketrans("01345789@$!|", "oieastbgasil")
_NOT_TYPED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


def fold(text: str) -> str:
    """A text as guessers try it: without case, accents and compatibility forms."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Guesser:
    """What guessers try first: `words`, folded, of three letters or more."""

    words: frozenset[str]
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest", max(map(len, self.words), default=0))

    def why_weak(self, password: str, *, about: Iterable[str] = ()) -> str | None:
        """Why a password is refused, or None: "unprintable", "too_long", "few_kinds", "common".

        `about`: words about the person and their clinics, which count as words of the house.
        """
        if len(password) > LONGEST:
            return "too_long"
        if password != password.strip() or any(not _typed(char) for char in password):
            return "unprintable"
        if len(set(password.casefold())) < _FEWEST_KINDS:
            return "few_kinds"
        plain = fold(password)
        own = frozenset(word for word in map(fold, about) if len(word) >= _SHORTEST_RUN)
        cheapest = min(self._cost(text, own) for text in {plain, plain.translate(_LETTERS_FOR)})
        return "common" if cheapest < LEAST else None

    def _cost(self, text: str, own: frozenset[str]) -> float:
        """The cost of the cheapest parts that make up the text."""
        longest = max([self.longest, *map(len, own)])
        best = [0.0]
        for end in range(1, len(text) + 1):
            found = best[-1] + (0.0 if text[end - 1] == " " else _CHARACTER)
            for start in range(max(0, end - longest), end - _SHORTEST_RUN + 1):
                cost = self._part(text, start, end, own)
                if cost is not None:
                    found = min(found, best[start] + cost)
            best.append(found)
        return best[-1]

    def _part(self, text: str, start: int, end: int, own: frozenset[str]) -> float | None:
        """The cost of a part of the text; None if it is nothing that guessers try as one."""
        part = text[start:end]
        if text.find(part, 0, start) >= 0:
            return 0.0
        if part in self.words or part in own:
            return _WORD
        if _is_run(part):
            return _RUN
        if len(part) == 4 and part.isdigit() and part[:2] in ("19", "20"):
            return _YEAR
        return None


def _typed(char: str) -> bool:
    """Whether a character can be seen and typed; the only space is the plain one."""
    return char == " " or unicodedata.category(char) not in _NOT_TYPED


def _is_run(part: str) -> bool:
    """Whether a part is one character again and again, or a piece of a row of the keyboard, of letters or of digits."""
    if len(set(part)) == 1:
        return True
    return any(part in row or part[::-1] in row for row in _ROWS)
