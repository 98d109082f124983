"""The base of every model: a UUID key made by the application, and the privacy class of every field."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, Final, TypeVar

from django.db import models

AnyField = TypeVar("AnyField", bound="models.Field[Any, Any]")  # Any: a class is given to fields of any value


class FieldPrivacy(StrEnum):
    """How a field is treated when data is exported, scrubbed or shown."""

    # Identifies a person.
    IDENTIFYING = "identifying"
    # About somebody's health.
    CLINICAL = "clinical"
    # Must not leave the database, even hashed.
    SECRET = "secret"  # noqa: S105 - the name of a class
    # None of these.
    OPERATIONAL = "operational"


# Fields from Django's base class of users.
_INHERITED: Final = {"password": FieldPrivacy.SECRET, "last_login": FieldPrivacy.OPERATIONAL}


def identifying(field: AnyField) -> AnyField:
    """Mark a field that identifies a person."""
    return _marked(field, FieldPrivacy.IDENTIFYING)


def clinical(field: AnyField) -> AnyField:
    """Mark a field about somebody's health."""
    return _marked(field, FieldPrivacy.CLINICAL)


def secret(field: AnyField) -> AnyField:
    """Mark a field that must not leave the database, even hashed."""
    return _marked(field, FieldPrivacy.SECRET)


def operational(field: AnyField) -> AnyField:
    """Mark a field that is neither identifying nor clinical nor secret."""
    return _marked(field, FieldPrivacy.OPERATIONAL)


def _marked(field: AnyField, privacy: FieldPrivacy) -> AnyField:
    field.privacy = privacy  # type: ignore[attr-defined]  # ours, read by `privacy_of`
    return field


def privacy_of(field: models.Field[Any, Any]) -> FieldPrivacy | None:  # Any: fields of any value
    """The privacy class of a field; None if nobody has chosen one.

    A foreign key needs no mark: it is operational, and the fields it leads to are marked there.
    """
    if field.is_relation:
        return FieldPrivacy.OPERATIONAL
    return getattr(field, "privacy", None) or _INHERITED.get(field.name)


class Row(models.Model):
    """A row with a UUID key."""

    id = operational(models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"
