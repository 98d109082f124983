"""Progress of a long command: one line rewritten on a terminal, occasional new lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

_WIDTH: Final = 24
# Seconds between two lines: a terminal is rewritten often, a log file must not fill up.
_ON_TERMINAL: Final = 0.2
_IN_LOG: Final = 5.0


def shown(
    things: Iterable[T],
    *,
    of: int,
    what: str,
    write: Callable[[str], object],
    terminal: bool,
    seconds: Callable[[], float],
) -> Iterator[T]:
    """Yield the things one after another, showing a bar, the count and the time left.

    `of` is how many are expected; `write` takes raw text; `seconds` is a monotonic clock. The first and the last line
    are always written.
    """
    begun = seconds()
    written = begun - _IN_LOG
    done = 0
    for thing in things:
        yield thing
        done += 1
        now = seconds()
        if done < of and now - written >= (_ON_TERMINAL if terminal else _IN_LOG):
            write(_placed(_line(done, of, what, now - begun), terminal))
            written = now
    write(_placed(_line(done, max(of, done), what, seconds() - begun), terminal))
    if terminal:
        write("\n")


def _placed(line: str, terminal: bool) -> str:
    # Return and clear the line only on a terminal.
    return f"\r{line}\x1b[K" if terminal else f"{line}\n"


def _line(done: int, of: int, what: str, spent: float) -> str:
    full = _WIDTH * done // of if of else _WIDTH
    bar = "#" * full + "." * (_WIDTH - full)
    if done >= of:
        return f"[{bar}] {done} of {of} {what}, done in {_time(spent)}"
    return f"[{bar}] {done} of {of} {what}, {_time(spent * (of - done) / done)} left"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
