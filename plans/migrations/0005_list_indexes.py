"""Indexes for what every page counts, what the tick looks for, and lists of one state that were read to the end."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0004_patient_owner"),)

    operations = (
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)),
                fields=["lease_until", "id"],
                name="item_leased",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state", "snoozed")), fields=["snoozed_until", "id"], name="item_to_wake"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state", "resolved")),
                fields=["clinic", "-resolved_at", "-id"],
                name="item_closed",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["clinic", "-opened_at"],
                include=("severity",),
                name="item_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="work",
            index=models.Index(
                condition=models.Q(("state__in", ("skipped", "cancelled"))),
                fields=["clinic", "-created_at", "-id"],
                name="work_not_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="work",
            index=models.Index(
                condition=models.Q(("state__in", ("pending", "claimed", "sending"))),
                fields=["clinic", "-created_at", "-id"],
                name="work_waiting",
            ),
        ),
    )
