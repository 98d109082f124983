"""What is kept, table by table, by the privacy classes of its fields: for docs/privacy.md."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps

from plans.models.base import FieldPrivacy, privacy_of


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table: its name, what a row of it is, and the fields of each class."""

    name: str
    what: str
    identifying: tuple[str, ...]
    clinical: tuple[str, ...]
    secret: tuple[str, ...]


def tables() -> tuple[TableLine, ...]:
    """Every table of the application, by name."""
    models = sorted(apps.get_app_config("plans").get_models(), key=lambda model: model.__name__)
    return tuple(
        TableLine(
            model.__name__,
            " ".join((model.__doc__ or "").split()).split(". ")[0].rstrip(".:"),
            *(
                tuple(one.name for one in model._meta.concrete_fields if privacy_of(one) is privacy)
                for privacy in (FieldPrivacy.IDENTIFYING, FieldPrivacy.CLINICAL, FieldPrivacy.SECRET)
            ),
        )
        for model in models
    )
