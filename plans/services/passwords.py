"""Passwords that are refused: common and breached ones, and words of this house. No network is asked.

The words are the 19,640 most common passwords of known breaches that Django ships, about 150 words of ours
(`plans/domain/house_words.txt`), the drugs of the catalogue, and the names of the person and of their clinics.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Final

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from plans.domain.passwords import Guesser, fold
from plans.domain.taper.catalogue import names as drug_names
from plans.models import Membership, User
from plans.services import wall
from plans.wording.signing_in import WEAK

_SHORTEST: Final = 3


@functools.cache
def guesser() -> Guesser:
    """What guessers try first, read once."""
    raw = resources.files("plans.domain").joinpath("house_words.txt").read_text(encoding="utf-8")
    house = [line.strip() for line in raw.splitlines() if line.strip() and not line.startswith("#")]
    words = {fold(word) for word in (*CommonPasswordValidator().passwords, *house, *drug_names())}
    return Guesser(frozenset(word for word in words if len(word) >= _SHORTEST))


def about(user: User) -> tuple[str, ...]:
    """The words about a person that others know: names, address, and their clinics' names."""
    with wall.as_person(user.pk):
        clinics = list(Membership.objects.filter(user_id=user.pk).values_list("clinic__name", flat=True))
    return tuple(
        word for text in (user.name, user.email, *clinics) for word in re.split(r"[\W_]+", text) if word
    )


class GuessableValidator:
    """A validator of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError with what is wrong with the password."""
        why = guesser().why_weak(password, about=about(user) if user is not None else ())
        if why is not None:
            raise ValidationError(str(WEAK[why]), code=why)

    def get_help_text(self) -> str:
        """What a password should be."""
        return str(WEAK["common"])
