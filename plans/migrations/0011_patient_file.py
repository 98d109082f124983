"""Patients' files that came from another installation."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0010_import_owner"),)

    operations = (
        migrations.CreateModel(
            name="PatientFile",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("content", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("origin", models.UUIDField()),
                ("state", models.CharField(default="being_checked", max_length=20)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.clinic"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="plans.patient",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "origin"], name="patient_file_of_origin")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at", None), ("patient__isnull", False), ("state", "read")),
                            models.Q(
                                models.Q(("state", "read"), _negated=True),
                                ("expires_at__isnull", False),
                                ("patient", None),
                            ),
                            _connector="OR",
                        ),
                        name="patient_file_read_whole",
                    )
                ],
            },
        ),
    )
