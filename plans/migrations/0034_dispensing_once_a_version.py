"""A fill is confirmed once for each version: what a change leaves to hand out on the day of a fill is another fill."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0033_merging"),)

    operations = (
        migrations.AddConstraint(
            model_name="dispensing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("version", "first"),
                name="dispensing_once_a_version",
            ),
        ),
        migrations.RemoveConstraint(model_name="dispensing", name="dispensing_once_a_fill"),
    )
