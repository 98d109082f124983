"""The rota: shifts, leave, hand-overs, and the calendars that a hospital keeps."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, clinical, identifying, operational, secret
from plans.models.people import Clinic, User


class RotaFeed(Row):
    """A calendar of shifts for one place on the rota, kept elsewhere and read from its address."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # plans.domain.review.rota.DutyPlace
    place = operational(models.CharField(max_length=10))
    # Whoever has the address can read the calendar.
    address = secret(models.CharField(max_length=1000))
    # {folded name of an event: key of the member, or "" for an event that is no shift}
    names = identifying(models.JSONField(default=dict))
    # Names of events to come that nobody could be matched to: {folded name: [name as written, start of the next]}.
    unmatched = identifying(models.JSONField(default=dict))
    # Clinic time.
    read_at = operational(models.DateTimeField(null=True, blank=True))
    good_at = operational(models.DateTimeField(null=True, blank=True))
    # What went wrong when it was last read (plans.domain.review.rota_feed.FeedProblem); empty: nothing.
    problem = operational(models.CharField(max_length=30, blank=True))
    made_at = operational(models.DateTimeField())
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = operational(models.DateTimeField(null=True, blank=True))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("clinic", "place"), condition=models.Q(ended_at=None), name="rota_feed_one_a_place"
            ),
        )


class RotaEntry(Row):
    """Something entered on the rota. Never deleted: cancelled, so that what the rota said then can be answered."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    start_at = operational(models.DateTimeField())
    made_at = operational(models.DateTimeField())
    # Empty: the update that brought the rota, or a feed.
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = operational(models.DateTimeField(null=True, blank=True))
    # Empty as well where a feed or the end of a membership cancelled it.
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Shift(RotaEntry):
    """A shift of a person in one place; without an end it is open-ended."""

    # plans.domain.review.rota.DutyPlace
    place = operational(models.CharField(max_length=10))
    end_at = operational(models.DateTimeField(null=True, blank=True))
    # An open-ended shift of a clinic that nobody watches outside opening hours.
    open_only = operational(models.BooleanField(default=False))
    # Shifts made together share a key.
    series = operational(models.UUIDField(null=True, blank=True))
    feed = models.ForeignKey(RotaFeed, null=True, blank=True, on_delete=models.PROTECT, related_name="shifts")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(end_at=None) | models.Q(end_at__gt=models.F("start_at")),
                name="shift_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=("clinic", "place"),
                condition=models.Q(end_at=None, cancelled_at=None),
                name="shift_one_open_ended",
            ),
        )
        indexes = (
            # What is on the rota from a moment on.
            models.Index(
                fields=("clinic", "end_at"), condition=models.Q(cancelled_at=None), name="shift_ahead"
            ),
            models.Index(fields=("clinic", "-start_at", "-id"), name="shift_of_clinic"),
        )


class Leave(RotaEntry):
    """A person is away: their shifts do not count."""

    end_at = operational(models.DateTimeField())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(end_at__gt=models.F("start_at")), name="leave_ends_after_start"
            ),
        )
        indexes = (models.Index(fields=("clinic", "end_at"), name="leave_of_clinic"),)


class ServiceShift(Row):
    """Hours of an outside service that patients are told to call. Never deleted: cancelled."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = operational(models.CharField(max_length=100))
    phone = operational(models.CharField(max_length=40))
    start_at = operational(models.DateTimeField())
    end_at = operational(models.DateTimeField())
    # Hours entered together share a key.
    series = operational(models.UUIDField())
    made_at = operational(models.DateTimeField())
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = operational(models.DateTimeField(null=True, blank=True))
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(end_at__gt=models.F("start_at")), name="service_shift_ends_after_start"
            ),
        )
        indexes = (models.Index(fields=("clinic", "end_at"), name="service_shift_of_clinic"),)


class HandOver(Row):
    """What whoever goes off duty leaves for whoever comes: a note, and the items open at that moment. Never changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    at = operational(models.DateTimeField())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Empty: whoever comes on duty.
    to = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = clinical(models.TextField(blank=True))
    # Of each open item: its key, priority, state and holder then.
    items = clinical(models.JSONField(default=list))

    class Meta:
        indexes = (models.Index(fields=("clinic", "-at", "-id"), name="hand_over_of_clinic"),)
