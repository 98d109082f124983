"""What the catalogue knows of a drug was reviewed: who, when, and by the digest of what."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0002_guards"),)

    operations = (
        migrations.CreateModel(
            name="CatalogueReview",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("drug", models.CharField(max_length=40)),
                ("digest", models.CharField(max_length=64)),
                ("reviewer", models.CharField(max_length=120)),
                ("signed_at", models.DateTimeField()),
                ("signed_on", models.DateField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.clinic"
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "drug", "digest"), name="catalogue_review_once")
                ],
            },
        ),
    )
