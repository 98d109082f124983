"""How well the queue of a clinic was worked, week by week."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, operational
from plans.models.people import Clinic


class FiguresWeek(Row):
    """The figures of one week as they were last counted, so that a page of a year reads 52 rows and no items."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="figures_weeks")
    # The Monday, by the clinic's calendar.
    first = operational(models.DateField())
    # Clinic time.
    counted_at = operational(models.DateTimeField())
    # plans.services.figures.CountedWeek
    facts = clinical(models.JSONField(default=dict))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("clinic", "first"), name="figures_week_once"),)
