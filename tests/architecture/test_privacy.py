"""Every field of every row has been given a class of privacy by somebody who thought about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from plans.models import PRIVACY_CLASSES

MODELS = list(apps.get_app_config("plans").get_models())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_classified(model: Any) -> None:
    fields = {field.name for field in model._meta.get_fields() if field.concrete}
    assert set(model.PRIVACY) == fields
    assert set(model.PRIVACY.values()) <= PRIVACY_CLASSES
