"""Whose patient it is. Until somebody says otherwise, whoever made their latest plan and still works there."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WHO_PLANNED = """
UPDATE plans_patient SET owner_id = latest.created_by_id FROM (
    SELECT DISTINCT ON (plan.patient_id) plan.patient_id, plan.created_by_id
    FROM plans_plan plan
    JOIN plans_membership place
      ON place.user_id = plan.created_by_id AND place.clinic_id = plan.clinic_id AND place.is_active
     AND place.role IN ('lead', 'clinician')
    WHERE plan.state <> 'abandoned'
    ORDER BY plan.patient_id, plan.created_at DESC
) latest WHERE plans_patient.id = latest.patient_id
"""


class Migration(migrations.Migration):
    dependencies = (("plans", "0003_catalogue_review"),)

    operations = (
        migrations.AddField(
            model_name="patient",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(WHO_PLANNED, migrations.RunSQL.noop),
    )
