"""Who opened whose record, appended only; and indexes for reading the trail by person and by day."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0021_service_shifts"),)

    operations = (
        migrations.CreateModel(
            name="RecordLook",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("real_at", models.DateTimeField()),
                ("clinic_id", models.UUIDField()),
                ("actor_id", models.UUIDField()),
                ("actor_name", models.CharField(max_length=200)),
                ("patient_id", models.UUIDField()),
                ("session", models.CharField(max_length=16)),
                ("subject_kind", models.CharField(max_length=20)),
                ("subject_id", models.UUIDField()),
            ),
            options={
                "indexes": (
                    models.Index(fields=["patient_id", "id"], name="look_of_patient"),
                    models.Index(fields=["clinic_id", "at"], name="look_of_day"),
                    models.Index(fields=["clinic_id", "actor_id", "at"], name="look_of_actor"),
                ),
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER plans_recordlook_fixed BEFORE UPDATE OR DELETE ON plans_recordlook "
            "FOR EACH ROW EXECUTE FUNCTION taperplan_append_only();",
            "DROP TRIGGER plans_recordlook_fixed ON plans_recordlook;",
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["clinic_id", "actor_id", "id"], name="audit_of_actor"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["clinic_id", "at"], name="audit_of_day"),
        ),
    )
