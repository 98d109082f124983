"""Where an item stands on its ladder, until when a patient is marked for close watch, and who wants the digest."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0019_letters"),)

    operations = (
        migrations.AddField(
            model_name="membership",
            name="digest",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="patient",
            name="close_watch_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="alerted_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="rung",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    )
