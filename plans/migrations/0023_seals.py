"""Seals over ranges of the audit trail, appended only."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0022_looks"),)

    operations = (
        migrations.CreateModel(
            name="AuditSeal",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("trail", models.CharField(max_length=10)),
                ("number", models.BigIntegerField()),
                ("after", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("marks", models.BinaryField()),
                ("previous", models.CharField(max_length=64)),
                ("head", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ),
            options={
                "constraints": (models.UniqueConstraint(fields=("trail", "number"), name="audit_seal_once"),),
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER plans_auditseal_fixed BEFORE UPDATE OR DELETE ON plans_auditseal "
            "FOR EACH ROW EXECUTE FUNCTION taperplan_append_only();",
            "DROP TRIGGER plans_auditseal_fixed ON plans_auditseal;",
        ),
    )
