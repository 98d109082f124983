"""Comparing enum values in templates by name instead of with quoted strings.

>>> from plans.domain.review.item_states import ItemState
>>> which(ItemState, "resolved")["resolved"], which(ItemState, "")["resolved"]
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def which(kind: type[StrEnum], value: str) -> Mapping[str, bool]:
    """A map from each value of an enum to whether it is this one: `{% if row.state_is.resolved %}`; "" matches none."""
    return {one.value: one == value for one in kind}
