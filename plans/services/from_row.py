"""Building what pages read from rows: fields of the same name are copied, the others are given.

    from_row(MessageRow, work, to_name="Marta Lindqvist", seen=False)

Pages get a frozen dataclass instead of the row, so that rendering can run no query and sees no secret.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

from django.db import models

T = TypeVar("T")


# Any: values of whatever types the fields have.
def from_row(kind: type[T], row: models.Model, **given: Any) -> T:
    """A dataclass `kind` with the fields in `given`, and every other required field copied from the row.

    Raises AttributeError for a field that the row does not have.
    """
    # Any: a dataclass, which the type of `kind` does not say.
    declared: Any = kind
    copied = {
        one.name: getattr(row, one.name)
        for one in fields(declared)
        if one.name not in given and one.default is MISSING and one.default_factory is MISSING
    }
    return kind(**copied, **given)
