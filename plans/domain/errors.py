"""Refusals: exceptions with a code and facts; `plans.wording` makes their sentences.

A refusal says what was wrong (`code`, `facts`), where (`where`: a JSON path or a field name) and, if there is one, the
nearest value that works (`nearest`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

Fact = str | int | bool | None | list[str] | dict[str, str | None]
Facts = Mapping[str, Fact]


class TaperplanError(Exception):
    """The base class of every deliberate refusal.

    `code` is stable and tested; `facts` hold only JSON-able values; `where` names a field or a JSON path. As text
    (tracebacks, logs, failing tests) it shows all three, but only the facts named in `shown`: codes, counts and names
    of our own files, and never typed text, a drug or a person's name.
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
        """The same refusal, located at `where`; an existing path is appended to it."""
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
        safe = [f"{name} {value}" for name, value in self.facts.items() if name in self.shown and value != ""]
        if safe:
            yield f" ({', '.join(safe)})"

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
    """It does not exist, or this person may not see it: the two cannot be told apart from outside."""

    code = "not_found"
    shown = frozenset({"what", "several"})


class NotAllowed(TaperplanError):
    """This person may see it but not do this to it."""

    code = "not_allowed"
    shown = frozenset({"may"})


class Stale(TaperplanError):
    """Somebody else changed it meanwhile: a normal outcome, nothing was overwritten."""

    code = "stale"
    shown = frozenset({"what", "kind"})


class Refused(TaperplanError):
    """A use case refused the request: fact `reason` is a stable code that `plans.wording` knows."""

    code = "refused"
    shown = frozenset({"reason", "act", "state", "most"})
