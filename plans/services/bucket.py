"""A moment's place between edges, in the database: which week, night or turn of duty it falls into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateTimeField, Func, IntegerField, Value


class Bucket(Func):
    """How many of some ascending edges a moment has reached: 0 before the first, 1 from the first one on."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, moment: str, edges: Sequence[datetime]) -> None:
        super().__init__(moment, Value(list(edges), output_field=ArrayField(DateTimeField())))
