"""How staff are reached, and the codes by which they answer."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("plans", "0013_figures"),)

    operations = (
        migrations.CreateModel(
            name="StaffChannel",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=300)),
                ("position", models.PositiveSmallIntegerField()),
                ("use_from", models.TimeField(blank=True, null=True)),
                ("use_until", models.TimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("nonce", models.BinaryField(max_length=16)),
                ("code_expires_at", models.DateTimeField()),
                ("code_tries", models.PositiveSmallIntegerField(default=0)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("worked_at", models.DateTimeField(blank=True, null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="channels",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReplyCode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("purpose", models.CharField(max_length=10)),
                ("day", models.DateField(blank=True, null=True)),
                ("nonce", models.BinaryField(max_length=16)),
                ("code_hash", models.CharField(max_length=64)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_by", models.CharField(blank=True, max_length=10)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.clinic"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "work",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reply_code",
                        to="plans.work",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="plans.staffchannel",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="staffchannel",
            index=models.Index(
                condition=models.Q(("confirmed_at__isnull", False), ("removed_at", None)),
                fields=["kind", "address"],
                name="channel_of_sender",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffchannel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("user", "kind", "address"),
                name="channel_once",
            ),
        ),
        migrations.AddIndex(
            model_name="replycode",
            index=models.Index(fields=["user", "clinic", "-answered_at"], name="reply_code_answered"),
        ),
        migrations.AddIndex(
            model_name="replycode",
            index=models.Index(
                condition=models.Q(("purpose", "test")), fields=["clinic", "day"], name="reply_code_tests"
            ),
        ),
        migrations.AddIndex(
            model_name="replycode",
            index=models.Index(
                condition=models.Q(("cleared_at", None), ("failed_at__isnull", False)),
                fields=["clinic", "-failed_at"],
                name="reply_code_failing",
            ),
        ),
        migrations.AddIndex(
            model_name="replycode",
            index=models.Index(
                condition=models.Q(
                    ("answered_at", None), ("cleared_at", None), ("failed_at", None), ("purpose", "test")
                ),
                fields=["created_at", "id"],
                name="reply_code_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="replycode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("user", "code_hash"), name="reply_code_once"
            ),
        ),
    )
