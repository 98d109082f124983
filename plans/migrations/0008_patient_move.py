"""Offers of patients to another clinic, and what the clinic that gave one away keeps."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _to(model: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model, **more)


class Migration(migrations.Migration):
    dependencies = (("plans", "0007_caseload_import"),)

    operations = (
        migrations.CreateModel(
            name="PatientMove",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("state", models.CharField(default="offered", max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("born", models.DateField()),
                ("record_no", models.CharField(max_length=40)),
                ("drugs", models.JSONField(default=list)),
                ("note", models.TextField(blank=True)),
                ("offered_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
                ("kept", models.JSONField(default=dict)),
                ("from_clinic", _to("plans.clinic")),
                ("offered_by", _to(settings.AUTH_USER_MODEL)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="plans.patient",
                    ),
                ),
                ("settled_by", _to(settings.AUTH_USER_MODEL, blank=True, null=True)),
                ("to_clinic", _to("plans.clinic")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["from_clinic", "-offered_at", "-id"], name="move_from_clinic"),
                    models.Index(fields=["to_clinic", "-offered_at", "-id"], name="move_to_clinic"),
                    models.Index(
                        condition=models.Q(("state", "offered")), fields=["expires_at"], name="move_to_lapse"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "offered")),
                        fields=("patient",),
                        name="move_one_open_a_patient",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("from_clinic", models.F("to_clinic")), _negated=True),
                        name="move_between_two_clinics",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("state", "offered")),
                            models.Q(
                                models.Q(("state", "offered"), _negated=True), ("settled_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="move_settled_whole",
                    ),
                ],
            },
        ),
    )
