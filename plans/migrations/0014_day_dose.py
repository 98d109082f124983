"""Steps keep the day's dose of every drug, and plans every drug of theirs, in place of one drug and its milligrams.

Both are projections of the versions' canonical text, and are filled from it: what the old columns said of one drug says
too little of a plan with two.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import django.contrib.postgres.fields
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_BATCH = 2_000


def _units(text: str) -> int:
    """An amount of ours in mg, as counts of 0.00001 mg."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(5, "0"))


def day_units(step: dict[str, Any]) -> dict[str, int]:
    """What a step of a canonical text adds up to a day, by drug."""
    found: dict[str, int] = {}
    for dose in step["doses"]:
        found[dose["drug"]] = found.get(dose["drug"], 0) + _units(dose["dose_mg"])
    return found


def projections(canonical: str) -> list[tuple[dict[str, int], bool]]:
    """The day's doses of every step of a version, by number, and whether its regimen is another than the one before."""
    steps = json.loads(canonical)["steps"]
    changes = [False, *(one["doses"] != other["doses"] for one, other in pairwise(steps))]
    return [(day_units(step), change) for step, change in zip(steps, changes, strict=True)]


def _let_steps_change(schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Checks that wait for the end of the transaction would keep the table from being altered.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("ALTER TABLE plans_planstep DISABLE TRIGGER plans_planstep_fixed")


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The new columns from the versions' texts. Steps are append-only, so their trigger rests meanwhile."""
    step_model, version_model = apps.get_model("plans", "PlanStep"), apps.get_model("plans", "PlanVersion")
    _let_steps_change(schema_editor)
    rows: list[Any] = []

    def write() -> None:
        step_model.objects.bulk_update(rows, ["doses", "changes"])
        rows.clear()

    for version in version_model.objects.only("canonical").iterator(chunk_size=50):
        said = projections(version.canonical)
        for step in step_model.objects.filter(version_id=version.pk):
            step.doses, step.changes = said[step.n - 1]
            rows.append(step)
        if len(rows) >= _BATCH:
            write()
    write()
    schema_editor.execute("ALTER TABLE plans_planstep ENABLE TRIGGER plans_planstep_fixed")
    plan_model = apps.get_model("plans", "Plan")
    for plan in plan_model.objects.exclude(active_version=None).select_related("active_version"):
        plan_model.objects.filter(pk=plan.pk).update(drugs=json.loads(plan.active_version.canonical)["drugs"])


def restore(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The old columns: the drug being tapered, and its milligrams alone."""
    step_model, version_model = apps.get_model("plans", "PlanStep"), apps.get_model("plans", "PlanVersion")
    _let_steps_change(schema_editor)
    for version in version_model.objects.only("canonical", "plan_id").iterator(chunk_size=50):
        said = json.loads(version.canonical)
        steps = list(step_model.objects.filter(version_id=version.pk))
        for step in steps:
            step.drug = said["drug"]
            step.total_units = day_units(said["steps"][step.n - 1]).get(said["drug"], 0)
        step_model.objects.bulk_update(steps, ["drug", "total_units"])
        apps.get_model("plans", "Plan").objects.filter(active_version_id=version.pk).update(drug=said["drug"])
    schema_editor.execute("ALTER TABLE plans_planstep ENABLE TRIGGER plans_planstep_fixed")


class Migration(migrations.Migration):
    dependencies = (("plans", "0013_live_states"),)

    operations = (
        migrations.RemoveIndex(model_name="planstep", name="step_by_first_day"),
        migrations.AddField(
            model_name="plan",
            name="drugs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(model_name="planstep", name="doses", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="planstep", name="changes", field=models.BooleanField(default=False)),
        # Defaults, so that going back can make the columns before it fills them.
        migrations.AlterField(
            model_name="plan", name="drug", field=models.CharField(max_length=40, blank=True, default="")
        ),
        migrations.AlterField(
            model_name="planstep", name="drug", field=models.CharField(max_length=40, default="")
        ),
        migrations.AlterField(
            model_name="planstep", name="total_units", field=models.PositiveBigIntegerField(default=0)
        ),
        migrations.RunPython(fill, restore),
        migrations.RemoveField(model_name="plan", name="drug"),
        migrations.RemoveField(model_name="planstep", name="drug"),
        migrations.RemoveField(model_name="planstep", name="total_units"),
        migrations.AddIndex(
            model_name="planstep",
            index=models.Index(
                models.F("days__startswith"), condition=models.Q(("changes", True)), name="step_by_first_day"
            ),
        ),
    )
