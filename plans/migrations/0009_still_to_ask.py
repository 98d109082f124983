"""What nobody has asked of a patient yet; months of use are empty until somebody has."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0008_patient_move"),)

    operations = (
        migrations.AddField(
            model_name="patient",
            name="to_ask",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AlterField(
            model_name="patient",
            name="duration_months",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    )
