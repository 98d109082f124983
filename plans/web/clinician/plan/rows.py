"""Typed rows as text: a line a step, "14: 1.375" or "14: morning 0.5, night 0.875"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from plans.domain.taper import catalogue, reading
from plans.domain.taper.refusals import EmptyList, NotOneOf, TooMany, WrongType
from plans.domain.taper.schedule import DAY_ORDER

_MOST: Final = 400
_LINE: Final = re.compile(r"(?P<days>[0-9]{1,4}) *:(?P<doses>.*)\Z")
_PART: Final = re.compile(r"(?:(?P<drug>[a-z]+) +)?(?P<time>[a-z]+) +(?P<dose>[^ ]+)\Z")
_TIMES: Final = tuple(when.value for when in DAY_ORDER)


def read_rows(text: str, drugs: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a typed plan as the request writes them. `drugs`: the drug meant where a line names none.

    Raises TaperError with the line's number in `where` ("line 3").
    """
    lines = [(n, line.strip(" \t\r")) for n, line in enumerate(text.split("\n"), start=1)]
    lines = [(n, line) for n, line in lines if line]
    if not lines:
        raise EmptyList(where="rows")
    if len(lines) > _MOST:
        raise TooMany(where="rows", count=len(lines), most=_MOST)
    return [_row(line, f"line {n}", drugs) for n, line in lines]


def _row(line: str, where: str, drugs: Sequence[str]) -> dict[str, Any]:
    found = _LINE.match(line)
    if found is None:
        raise WrongType(where=where, expected="row", got=reading.echo(line))
    days, doses = int(found["days"]), found["doses"].strip(" ")
    if doses and not re.search(r"[a-z]", doses):
        return {"days": days, "total_mg": reading.amount(doses, where, zero=True).text}
    return {
        "days": days,
        "doses": [_dose(part.strip(" "), where, drugs) for part in doses.split(",") if part.strip()],
    }


def _dose(part: str, where: str, drugs: Sequence[str]) -> dict[str, str]:
    found = _PART.match(part)
    if found is None:
        raise WrongType(where=where, expected="row", got=reading.echo(part))
    drug = found["drug"] or (drugs[0] if drugs else "")
    if drug not in catalogue.names():
        raise NotOneOf(where=where, raw=reading.echo(drug), allowed=list(catalogue.names()))
    time = reading.word(found["time"], where, _TIMES)
    return {"time": time, "drug": drug, "dose_mg": reading.amount(found["dose"], where, zero=True).text}
