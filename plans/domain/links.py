"""The purposes of access links in messages and on paper."""

from __future__ import annotations

from enum import StrEnum


class LinkPurpose(StrEnum):
    """What a link is for. A token of one purpose opens nothing of another."""

    CHECKIN = "checkin"
    PLAN = "plan"
    CONFIRM = "confirm"
    MAIL = "mail"
    DOCUMENT = "document"
    FEED = "feed"
    FEED_DOSES = "feed_doses"
