"""Access links in messages and on paper: their purposes, and how long each lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class LinkPurpose(StrEnum):
    """What a link is for. A token of one purpose opens nothing of another."""

    CHECKIN = "checkin"
    PLAN = "plan"
    CONFIRM = "confirm"
    # Preferences about messages, and opting out.
    MAIL = "mail"
    # The code on a patient's calendar.
    DOCUMENT = "document"
    # The code on a pharmacy sheet, which others than the patient hold.
    PHARMACY = "pharmacy"
    FEED = "feed"
    FEED_DOSES = "feed_doses"
    # An invitation to join a clinic. It has no token: who is invited signs in.
    INVITATION = "invitation"


ON_PAPER: Final = frozenset({LinkPurpose.DOCUMENT, LinkPurpose.PHARMACY})
"""Purposes whose links are printed codes, which anybody may find."""
OF_CARE: Final = frozenset({LinkPurpose.CHECKIN, LinkPurpose.PLAN, LinkPurpose.MAIL, LinkPurpose.CONFIRM})
"""Purposes whose links end when care ends. A printed code still says whether its page is current, and a calendar's
address whom to ask."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a link lives from the day it is made, and until what age a message may carry it again: an older one is
    replaced, so that whoever gets a message has `lasts - renewed` at least. Nothing extends a link.
    """

    lasts: timedelta
    renewed: timedelta


def _days(lasts: int, renewed: int) -> Lifetime:
    return Lifetime(timedelta(days=lasts), timedelta(days=renewed))


LIFETIMES: Final[Mapping[LinkPurpose, Lifetime]] = {
    # A check-in's link ends when the check-in closes, which is sooner; this is for the link of the plan page's button.
    LinkPurpose.CHECKIN: _days(90, 30),
    LinkPurpose.PLAN: _days(90, 30),
    LinkPurpose.CONFIRM: _days(21, 7),
    LinkPurpose.MAIL: _days(180, 60),
    LinkPurpose.DOCUMENT: _days(400, 180),
    LinkPurpose.PHARMACY: _days(400, 180),
    LinkPurpose.FEED: _days(400, 400),
    LinkPurpose.FEED_DOSES: _days(400, 400),
    LinkPurpose.INVITATION: _days(7, 0),
}
SESSION_IDLE: Final = timedelta(minutes=30)
SESSION_AT_MOST: Final = timedelta(hours=4)
"""The absolute end of a session, however busy."""
DEVICE_LASTS: Final = timedelta(days=180)
"""The absolute end of a known device; then the second fact is asked again."""
KEPT_FOR: Final = timedelta(days=90)
"""How long an ended link is kept, so that its address says that it has ended rather than that it is unknown."""
