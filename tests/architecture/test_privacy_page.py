"""docs/privacy.md says of every table what the code says."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.conf import settings

from plans.management import privacy_document
from plans.models.base import FieldPrivacy, privacy_of

PAGE = Path(settings.BASE_DIR, "docs/privacy.md")


def test_the_table_is_the_one_that_the_classes_make() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert privacy_document.document(text) == text, "run manage.py diagrams"


def test_every_table_says_how_long_it_is_kept_and_who_sees_it() -> None:
    models = {model.__name__ for model in apps.get_app_config("plans").get_models()}
    assert set(privacy_document.KEPT_AS) == models


def test_every_field_that_is_personal_or_secret_is_named() -> None:
    lines = {line.split(":")[0].removeprefix("| "): line for line in privacy_document.table().splitlines()}
    for model in apps.get_app_config("plans").get_models():
        for field in model._meta.concrete_fields:
            if privacy_of(field) is not FieldPrivacy.OPERATIONAL:
                assert f"`{field.name}`" in lines[model.__name__]
