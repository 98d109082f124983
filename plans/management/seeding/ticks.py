"""Doses that invented people tick off on their page: most days as planned, now and then something else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from plans.services import demo_lookups, dose_marks
from plans.services.links import Purpose

# Who ticks, and how many days before today they took something else.
_TICKERS: Final[Mapping[str, int]] = {"Quill Testcase": 15, "Oriel Dummett": 9, "Winslow Pretend": 20}
# Since they found out that they can.
_FOR_DAYS: Final = 56


def of_the_day(ids: Mapping[str, UUID], day: date, *, today: date) -> None:
    """Tick the doses of a day that lies within the last weeks; one day in six is forgotten."""
    ago = (today - day).days
    if not 0 < ago <= _FOR_DAYS:
        return
    for name, odd in _TICKERS.items():
        link = demo_lookups.link_of(ids[name], Purpose.PLAN) if name in ids else None
        if link is None or (ago + len(name)) % 6 == 0:
            continue
        for time, drug in demo_lookups.doses_on(ids[name], day):
            how = "other" if ago == odd else "planned"
            dose_marks.mark(link, on=day, time=time, drug=drug, how=how)
