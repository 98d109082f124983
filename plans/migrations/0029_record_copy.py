"""Copies of everything kept about a patient."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0028_record_opening"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordCopy",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("state", models.CharField(default="asked", max_length=20)),
                ("asked_at", models.DateTimeField()),
                ("withheld", models.JSONField(default=list)),
                ("step_now", models.PositiveSmallIntegerField(default=0)),
                ("steps_all", models.PositiveSmallIntegerField(default=0)),
                ("pieces", models.PositiveIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("ready_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("handed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.clinic"
                    ),
                ),
                (
                    "handed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="record_copies",
                        to="plans.patient",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecordCopyPiece",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                (
                    "copy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="plans.recordcopy"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="recordcopy",
            index=models.Index(fields=["patient", "-asked_at"], name="record_copy_of_patient"),
        ),
        migrations.AddIndex(
            model_name="recordcopy",
            index=models.Index(
                condition=models.Q(("state", "ready")), fields=["expires_at"], name="record_copy_to_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordcopy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "being_made"])),
                fields=("patient",),
                name="record_copy_one_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordcopypiece",
            constraint=models.UniqueConstraint(fields=("copy", "number"), name="record_copy_piece_once"),
        ),
    ]
