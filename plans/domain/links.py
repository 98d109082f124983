"""What an access link in a message or on paper is for."""

from __future__ import annotations

from enum import StrEnum


class LinkPurpose(StrEnum):
    """What a link is for; a token of one purpose opens nothing of another."""

    CHECKIN = "checkin"
    PLAN = "plan"
    CONFIRM = "confirm"
    MAIL = "mail"
    DOCUMENT = "document"
    FEED = "feed"
    FEED_DOSES = "feed_doses"
