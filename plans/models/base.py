"""What every row shares: a UUID key made by the application, so that a row can be named before it is written."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

# How a field is treated when data is exported, scrubbed or shown: every field of every model has exactly one class.
#   identifying  names a person or leads to one            clinical     says something of somebody's health
#   secret       must not leave the database, even hashed  operational  neither
PRIVACY_CLASSES = frozenset({"identifying", "clinical", "secret", "operational"})


class Row(models.Model):
    """A row with a UUID key. Subclasses name the privacy class of each field in `PRIVACY`."""

    PRIVACY: ClassVar[dict[str, str]]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"
