"""Runs of the nightly retention."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, operational
from plans.models.people import User


class RetentionRun(Row):
    """What a run found due, and what it then deleted, by class. A dry run deletes nothing. Numbers only."""

    dry = operational(models.BooleanField())
    # Real time; what was due then is what is deleted.
    begun_at = operational(models.DateTimeField(db_index=True))
    ended_at = operational(models.DateTimeField(null=True, blank=True))
    # Empty: the night.
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # {class: {"due": …, "deleted": …, "kept": {reason: …}}}
    figures = operational(models.JSONField(default=dict))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("dry",), condition=models.Q(dry=False, ended_at=None), name="retention_one_runs"
            ),
        )
