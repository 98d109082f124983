"""Who is on duty at a clinic at a moment: the first, the second, then everybody who may review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plans.models import Clinic, User


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The people to alert first and second; empty: nobody is on duty in that place."""

    first: tuple[User, ...] = ()
    second: tuple[User, ...] = ()


def on_duty(clinic: Clinic, _at: datetime) -> OnDuty:
    """Who is on duty at a moment of clinic time."""
    return OnDuty(
        first=(clinic.primary,) if clinic.primary else (), second=(clinic.second,) if clinic.second else ()
    )
