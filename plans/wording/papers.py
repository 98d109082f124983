"""Sentences that a paper carries but no person typed."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext


def after_last_day(language: str, *, ends_at_zero: bool) -> str:
    """What the calendar says after its last day when the clinician wrote nothing there."""
    with translation.override(language):
        if ends_at_zero:
            return gettext("This plan ends here. We go on asking how you are.")
        return gettext("Stay on this dose. Call us for your next calendar before this one ends.")
