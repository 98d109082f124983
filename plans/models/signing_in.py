"""Where somebody is signed in."""

from __future__ import annotations

from django.db import models

from plans.models.base import Row, identifying, operational, secret
from plans.models.people import User


class StaffSession(Row):
    """A session of a member of staff, so that they can see and end it. The session itself is Django's."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="staff_sessions")
    session_key = secret(models.CharField(max_length=40, unique=True))
    # Real time.
    began_at = operational(models.DateTimeField(db_index=True))
    network = identifying(models.CharField(max_length=50))
    # Browser and system, from what the browser says: "Firefox, Windows".
    device = operational(models.CharField(max_length=60, blank=True))
