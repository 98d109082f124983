"""Refusals: one class each, with a code and the facts; the sentence is made late, in `plans.wording`.

Every refusal says what was wrong (`code`, `facts`), where (`where`: a JSON path or a field name) and, where there is
one, the nearest thing that works (`nearest`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

Fact = str | int | bool | None | list[str] | dict[str, str | None]
Facts = Mapping[str, Fact]


class TaperplanError(Exception):
    """The root of every refusal this project makes on purpose.

    `code` is stable and tested; `facts` carry only JSON-able values; `where` names a field or a JSON path. As text
    (tracebacks, logs, failing tests) it says all three, but of the facts only those that `shown` names: codes, counts
    and names of our own files. What somebody typed, a drug or a person's name is never among them.
    """

    code: ClassVar[str] = "error"
    shown: ClassVar[frozenset[str]] = frozenset({"why"})

    def __init__(
        self, *, where: str = "", nearest: dict[str, str | None] | None = None, **facts: Fact
    ) -> None:
        super().__init__(self.code)
        self.facts: dict[str, Fact] = facts
        self.where = where
        self.nearest = nearest

    def at(self, where: str) -> TaperplanError:
        """The same refusal, said to stand at `where`; an inner path is appended to the outer one."""
        self.where = (
            f"{where}{self.where}" if self.where.startswith(("[", ".")) or not self.where else self.where
        )
        return self

    def __str__(self) -> str:
        return "".join(self._parts())

    def _parts(self) -> Iterator[str]:
        yield self.code
        if self.where:
            yield f" at {self.where}"
        told = [f"{name} {value}" for name, value in self.facts.items() if name in self.shown and value != ""]
        if told:
            yield f" ({', '.join(told)})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, where={self.where!r}, facts={self.facts!r})"


class TaperError(TaperplanError):
    """A refusal of the taper engine."""

    code = "taper_error"


class BadAmount(TaperError):
    """A text that is not an amount: facts `raw`, `kind` (dose or volume) and `why`."""

    code = "bad_amount"
    shown = frozenset({"kind", "why"})


class NotFound(TaperplanError):
    """No such thing, or none that this person may see: the two look the same from outside."""

    code = "not_found"
    shown = frozenset({"what", "several"})


class NotAllowed(TaperplanError):
    """The person may see the thing but not do this with it."""

    code = "not_allowed"
    shown = frozenset({"may"})


class Stale(TaperplanError):
    """Somebody else changed the thing meanwhile: a normal outcome, nothing was overwritten."""

    code = "stale"
    shown = frozenset({"what", "kind"})


class Refused(TaperplanError):
    """A use-case refuses what was asked: fact `reason` is a stable code that `plans.wording` knows."""

    code = "refused"
    shown = frozenset({"reason", "act", "state", "most"})
