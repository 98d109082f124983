"""A clinic's own advice on page 1: a missed dose, feeling worse, an emergency. The lines in bold are always ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from plans.domain.errors import Refused

TEXT_MOST: Final = 300
SIGNS_MOST: Final = 6
SIGN_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class AdviceTexts:
    """The texts in one language; `emergency` lists the signs that need an ambulance, one per line.

    Raises Refused: missing, too_long or too_many, with `where` naming the text.
    """

    missed: str
    worse: str
    emergency: tuple[str, ...]

    def __post_init__(self) -> None:
        for where, text, most in (
            ("missed", self.missed, TEXT_MOST),
            ("worse", self.worse, TEXT_MOST),
            *(("emergency", sign, SIGN_MOST) for sign in self.emergency or ("",)),
        ):
            if not text.strip():
                raise Refused(reason="missing", where=where)
            if len(text) > most:
                raise Refused(reason="too_long", where=where, most=most)
        if len(self.emergency) > SIGNS_MOST:
            raise Refused(reason="too_many", where="emergency", most=SIGNS_MOST)


@dataclass(frozen=True, slots=True)
class SignedAdvice:
    """Texts that a lead signed, with the signature's number, signer and day."""

    texts: AdviceTexts
    number: int
    signed_by: str
    signed_on: date
