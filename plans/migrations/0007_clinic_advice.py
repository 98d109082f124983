# What a lead signs for page 1 of the calendar, and a clinic's address.

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0006_planned_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="address",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="clinic",
            name="pharmacist_phone",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.CreateModel(
            name="AdviceSignature",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("language", models.CharField(max_length=10)),
                ("number", models.PositiveIntegerField()),
                ("missed", models.TextField()),
                ("worse", models.TextField()),
                ("emergency", models.JSONField()),
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
                    models.UniqueConstraint(
                        fields=("clinic", "language", "number"), name="advice_signature_once"
                    )
                ],
            },
        ),
    ]
