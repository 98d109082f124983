"""A second step at sign-in by each clinic's date, a count that ends all sessions of a user, and where they are signed in.

Clinics that exist get four weeks; one that is made later requires it at once.
"""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FOUR_WEEKS = "UPDATE plans_clinic SET second_factor_from = CURRENT_DATE + 28 WHERE second_factor_from IS NULL"


class Migration(migrations.Migration):
    dependencies = (("plans", "0023_seals"),)

    operations = (
        migrations.AddField(
            model_name="clinic",
            name="second_factor_from",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("began_at", models.DateTimeField(db_index=True)),
                ("network", models.CharField(max_length=50)),
                ("device", models.CharField(blank=True, max_length=60)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staff_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(FOUR_WEEKS, migrations.RunSQL.noop),
    )
