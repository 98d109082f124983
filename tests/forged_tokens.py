"""Forged tokens at the look-up of patients' links, in process: `python -m tests.forged_tokens 1000000`.

Half are made from real tokens (one sign changed, cut, longer, another case, reversed, encoded, with a NUL or a
zero-width space), half from nothing. Each is tried for one purpose after another. Nothing may be found, and nothing may
raise anything but NotFound. The suite tries a few thousand.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from string import ascii_letters, digits
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plans.domain.links import LinkPurpose

SIGNS: Final = ascii_letters + digits + "-_"


def _changed(token: str, chance: random.Random) -> str:
    at = chance.randrange(len(token))
    other = chance.choice([sign for sign in SIGNS if sign != token[at]])
    return token[:at] + other + token[at + 1 :]


TWISTS: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    _changed,
    lambda token, chance: token[: chance.randrange(len(token))],
    lambda token, chance: token + chance.choice(SIGNS),
    lambda token, _chance: token.swapcase(),
    lambda token, _chance: token[::-1],
    lambda token, chance: token.replace(token[chance.randrange(len(token))], "%41", 1),
    lambda token, chance: token[:5] + chance.choice("\0\u200b\u202e\ud800 ") + token[5:],
    lambda token, chance: token * chance.randrange(2, 400),
)


def forged(real: Sequence[str], chance: random.Random) -> str:
    """A token that was never given out."""
    if real and chance.random() < 0.5:
        made = chance.choice(TWISTS)(chance.choice(real), chance)
        if made not in real:
            return made
    return "".join(chance.choices(SIGNS, k=chance.choice((22, 43))))


def hits(count: int, real: Sequence[str], purposes: Sequence[LinkPurpose], seed: int = 16) -> list[str]:
    """The forged tokens that opened something, or raised anything but NotFound: with what they did."""
    from plans.domain.errors import NotFound
    from plans.services import links

    chance, found = random.Random(seed), []
    for _number, purpose in zip(range(count), cycle(purposes), strict=False):
        token = forged(real, chance)
        try:
            found.append(f"{token!r} opened {links.look(token, purpose).purpose}")
        except NotFound:
            continue
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is reported
            found.append(f"{token!r} raised {fault!r}")
    return found


def main(count: int) -> int:
    """Try them at a database of its own; 1 if any opened anything."""
    from benchmarks.__main__ import prepare

    with ExitStack() as stack:
        os.environ.setdefault("TZ", "UTC")
        prepare(stack)
        from plans.services import links
        from plans.services.links import LinkPurpose
        from tests.makers import make_clinic, make_patient

        patient = make_patient(make_clinic().primary)
        rows = [links.make(purpose=purpose, patient=patient) for purpose in LinkPurpose for _n in range(5)]
        began = perf_counter()
        found = hits(count, [links.token_of(row) for row in rows], tuple(LinkPurpose))
    print(f"{count:,} forged tokens, {len(found)} opened anything, {perf_counter() - began:.0f} s")
    for line in found[:20]:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
