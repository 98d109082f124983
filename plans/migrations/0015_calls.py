"""Calls: what came of each, who is calling whom, and the place of every patient in the list of calls.

At the end every patient is marked, so that rows of the caseload are written with it. The release before goes on reading
its own columns; a row that it writes has no place in the list of calls until this one has written it again.
"""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NO_WORRY = 2**62
EVENTS = ("INSERT", "UPDATE", "DELETE")
MARK = "".join(
    f"CREATE TRIGGER caseload_mark_{event.lower()} AFTER {event} ON plans_call"
    " FOR EACH ROW EXECUTE FUNCTION taperplan_mark_caseload();\n"
    for event in EVENTS
)
UNMARK = "".join(f"DROP TRIGGER caseload_mark_{event.lower()} ON plans_call;\n" for event in EVENTS)
ALL = "INSERT INTO plans_caseloadmark (patient_id, transaction) SELECT id, 0 FROM plans_patient"


def _to(model: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, **{"related_name": "+", "to": model, **more}
    )


def _key() -> models.UUIDField:
    return models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = (("plans", "0014_staff_channels"),)

    operations = (
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", _key()),
                ("at", models.DateTimeField()),
                ("result", models.CharField(max_length=20)),
                ("reasons", models.JSONField(default=list)),
                ("again_at", models.DateTimeField(blank=True, null=True)),
                ("why", models.CharField(blank=True, max_length=20)),
                ("until", models.DateField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("by", _to(settings.AUTH_USER_MODEL)),
                ("clinic", _to("plans.clinic")),
                ("item", _to("plans.reviewitem", blank=True, null=True)),
                ("patient", _to("plans.patient", db_index=False, related_name="calls")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient", "result", "-at"], name="call_of_patient"),
                    models.Index(fields=["clinic", "-at", "-id"], name="call_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallClaim",
            fields=[
                ("id", _key()),
                ("lease_until", models.DateTimeField()),
                ("clinic", _to("plans.clinic")),
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_claim",
                        to="plans.patient",
                    ),
                ),
                ("user", _to(settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField("caseloadrow", "worry", models.BigIntegerField(db_default=NO_WORRY)),
        migrations.AddField("caseloadentry", "worry", models.BigIntegerField(db_default=NO_WORRY)),
        migrations.AddIndex(
            "caseloadentry",
            models.Index(
                condition=models.Q(worry__lt=NO_WORRY),
                fields=["list_key", "worry", "sort_key", "row"],
                name="caseload_by_worry",
            ),
        ),
        migrations.RunSQL(MARK, UNMARK),
        migrations.RunSQL(ALL, migrations.RunSQL.noop),
    )
