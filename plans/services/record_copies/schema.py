"""The schema of `record.json`, made from the parts of a copy: docs/record-copy.schema.json."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from plans.domain.json import JsonObject
from plans.domain.rights.copies import SCHEMA
from plans.models import User
from plans.services.record_copies.parts import PARTS, CopyPart
from plans.services.record_copies.writing import given_fields

_TEXT: Final = {"type": ["string", "null"]}
# Any: fields of any value.
_TYPES: Final[tuple[tuple[type[models.Field[Any, Any]], JsonObject], ...]] = (
    (models.DateTimeField, {"type": ["string", "null"], "format": "date-time"}),
    (models.DateField, {"type": ["string", "null"], "format": "date"}),
    (models.BooleanField, {"type": ["boolean", "null"]}),
    (models.IntegerField, {"type": ["integer", "null"]}),
    (models.JSONField, {}),
    (ArrayField, {"type": ["array", "null"], "items": {"type": "string"}}),
)
"""Any other field is text, also a key, a time of day, and bytes (base64)."""


# Any: a field of any value.
def _type(one: models.Field[Any, Any]) -> JsonObject:
    if one.is_relation:
        return _TEXT
    return next((said for kind, said in _TYPES if isinstance(one, kind)), _TEXT)


def _part(part: CopyPart) -> JsonObject:
    fields = {
        (one.name if one.is_relation and one.related_model is User else one.attname): _type(one)
        for one in given_fields(part)
    }
    said = part.model.__doc__ or ""
    return {
        "description": " ".join(said.split()),
        "type": "array",
        "items": {
            "type": "object",
            "properties": fields,
            "required": sorted(fields),
            "additionalProperties": False,
        },
    }


def schema() -> JsonObject:
    """The whole schema (JSON Schema 2020-12)."""
    text = {"type": "string"}
    left_out = {
        "type": "object",
        "properties": {"what": text, "why": text, "reason": text},
        "required": ["what", "why", "reason"],
        "additionalProperties": False,
    }
    properties: JsonObject = {
        "schema": {"const": SCHEMA},
        "made_at": {"type": "string", "format": "date-time"},
        "clinic": {
            "type": "object",
            "properties": {"name": text, "phone": text, "address": text},
            "required": ["name", "phone", "address"],
            "additionalProperties": False,
        },
        "language": text,
        **{part.code: _part(part) for part in PARTS},
        "attachments": {
            "description": "The name in the copy of each file beside the record, by the key of its row.",
            "type": "object",
            "additionalProperties": text,
        },
        "left_out": {"type": "array", "items": left_out},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "record-copy.schema.json",
        "title": "Everything that Taperplan keeps about one patient",
        "description": "record.json of a copy. Amounts of medicine are whole numbers of 0.00001 mg where a field is "
        "called units, and text in milligrams in the canonical text of a version. The number after the slash of "
        "`schema` changes whenever a field goes or means something else; fields may be added under the same number.",
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }
