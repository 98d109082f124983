"""Fills that a pharmacist handed out. Roles need no change of rows: the codes of those that were there stay."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _key(to: str, *, empty: bool = False) -> models.Field:
    return models.ForeignKey(
        **({"blank": True, "null": True} if empty else {}),
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = (("plans", "0026_kept_forms"),)

    operations = (
        migrations.CreateModel(
            name="Dispensing",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("counts", models.JSONField(default=list)),
                ("dispensed_on", models.DateField()),
                ("note", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("by", _key(settings.AUTH_USER_MODEL)),
                ("clinic", _key("plans.clinic")),
                ("patient", _key("plans.patient")),
                ("plan", _key("plans.plan")),
                ("version", _key("plans.planversion")),
                ("withdrawn_by", _key(settings.AUTH_USER_MODEL, empty=True)),
            ],
            options={
                "indexes": [models.Index(fields=["patient", "-dispensed_on"], name="dispensing_of_patient")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("plan", "first"),
                        name="dispensing_once_a_fill",
                    )
                ],
            },
        ),
    )
