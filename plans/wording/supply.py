"""What a clinician hears of a supply that runs out too early: until when it lasts, why, and by when to act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.wording.plans import long_day

_WORDS: Final[Mapping[str, Promise]] = {
    "supply_closed_day_weekend": _(
        "The supply lasts until %(lasts_until)s, and the next fill falls on a weekend: collect it by %(collect_by)s"
    ),
    "supply_closed_day_holiday": _(
        "The supply lasts until %(lasts_until)s, and the next fill falls on a holiday: collect it by %(collect_by)s"
    ),
    "supply_before_fill": _(
        "After the change the supply lasts until %(lasts_until)s, and the next fill was planned for %(next)s: "
        "dispense more by %(collect_by)s"
    ),
    "supply_before_fill_none": _(
        "After the change the supply lasts until %(lasts_until)s, and no fill was planned after it: "
        "dispense more by %(collect_by)s"
    ),
}


def supply_words(facts: Mapping[str, Any]) -> str:
    """The sentence of a supply item, from the facts it was raised with."""
    code = str(facts.get("code", ""))
    if code == "supply_closed_day":
        code = f"{code}_{facts.get('why') or 'weekend'}"
    elif not facts.get("next"):
        code = f"{code}_none"
    if code not in _WORDS:
        return _now("The supply needs a look")
    return str(_WORDS[code]) % {name: _day(facts.get(name)) for name in ("lasts_until", "collect_by", "next")}


def _day(raw: object) -> str:
    return long_day(date.fromisoformat(str(raw))) if raw else ""
