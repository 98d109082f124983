"""Which of its enum a value is, for templates: they ask by name, and compare no quoted words.

>>> from plans.domain.review.item_states import ItemState
>>> which(ItemState, "resolved")["resolved"], which(ItemState, "")["resolved"]
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def which(kind: type[StrEnum], value: str) -> Mapping[str, bool]:
    """Each value of an enum, and whether it is this one: `{% if row.state_is.resolved %}`; "" is none of them."""
    return {one.value: one == value for one in kind}
