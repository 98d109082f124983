"""The rules of close watch in words, for clinicians."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.close_watch import WatchRule

RULES: Final[dict[WatchRule, Promise]] = {
    WatchRule.FIRST_CUT: _("The plan’s first cut, for 14 days"),
    WatchRule.STEP_BACK: _("A step back, for 28 days"),
    WatchRule.URGENT_ITEM: _("An urgent item, for 28 days"),
    WatchRule.ITEM_NINE: _("Item nine of the PHQ-9 above 0 when last answered"),
    WatchRule.MARKED: _("Marked by a clinician, until a day"),
    WatchRule.RISK_GRID: _("Withdrawal risk: the grid’s highest level, and a high dose today"),
}
