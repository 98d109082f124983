"""How well the queue is worked: a row for each week, and indexes for counting items, flags and check-ins by time."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0012_proposal"),)

    operations = (
        migrations.CreateModel(
            name="FiguresWeek",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("first", models.DateField()),
                ("counted_at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="figures_weeks",
                        to="plans.clinic",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "first"), name="figures_week_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["clinic", "opened_at"], name="item_opened"),
        ),
        migrations.AddIndex(
            model_name="occasion",
            index=models.Index(
                condition=models.Q(("state", "missed")),
                fields=["clinic", "settled_at"],
                name="occasion_missed",
            ),
        ),
        migrations.AddIndex(
            model_name="checkin",
            index=models.Index(
                condition=models.Q(("state__in", ("submitted", "abandoned"))),
                fields=["clinic", "started_at"],
                name="checkin_done",
            ),
        ),
        migrations.AddIndex(
            model_name="flag",
            index=models.Index(fields=["clinic", "raised_at"], name="flag_of_clinic"),
        ),
    )
