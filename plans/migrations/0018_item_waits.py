"""Whom a waiting item waits for, and an index to wake it by."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0017_standing_shifts"),)

    operations = (
        migrations.AddField(
            model_name="reviewitem",
            name="waits_for",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["snoozed_until", "id"],
                name="item_waiting_to_wake",
            ),
        ),
    )
