"""Second facts of patients' own, what is known of their devices, messages that say less, and an end for every link.

Links of the release before, which had no end, get the one of their purpose, and thirty days at least: the next message
brings a new one. A server of that release makes links without an end while the update runs; they are read the same way.
"""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ENDS = """
UPDATE plans_link SET expires_at = greatest(
    created_at + CASE
        WHEN purpose IN ('document', 'pharmacy', 'feed', 'feed_doses') THEN interval '400 days'
        WHEN purpose = 'mail' THEN interval '180 days'
        WHEN purpose = 'confirm' THEN interval '21 days'
        ELSE interval '90 days'
    END,
    now() + interval '30 days'
) WHERE expires_at IS NULL AND revoked_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = (("plans", "0024_signing_in"),)

    operations = (
        migrations.AddField(
            model_name="patient",
            name="discreet",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="patientdevice",
            name="kind",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="patientsession",
            name="fact_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="PatientCode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("code_hash", models.CharField(max_length=128)),
                ("set_at", models.DateTimeField()),
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="code",
                        to="plans.patient",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(ENDS, migrations.RunSQL.noop),
    )
