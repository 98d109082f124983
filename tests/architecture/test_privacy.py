"""Every model field has a privacy class."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from plans.models import Patient, User
from plans.models.base import FieldPrivacy, clinical, privacy_of

MODELS = list(apps.get_app_config("plans").get_models())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_classified(model: Any) -> None:
    fields = [field for field in model._meta.get_fields() if field.concrete]
    assert fields
    assert [field.name for field in fields if privacy_of(field) not in set(FieldPrivacy)] == []


def test_a_field_that_nobody_classified_is_noticed() -> None:
    assert privacy_of(models.CharField(name="note", max_length=10)) is None
    assert privacy_of(clinical(models.CharField(name="note", max_length=10))) is FieldPrivacy.CLINICAL


def test_classes_stand_at_their_fields() -> None:
    assert privacy_of(Patient._meta.get_field("name")) is FieldPrivacy.IDENTIFYING
    assert privacy_of(Patient._meta.get_field("conditions")) is FieldPrivacy.CLINICAL
    assert privacy_of(User._meta.get_field("password")) is FieldPrivacy.SECRET
