"""Words of merging two records: what moves, and why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused

COUNTS: Final[Mapping[str, Promise]] = {
    "Plan": _("plans"),
    "CheckIn": _("responses"),
    "ReviewItem": _("review items"),
    "Letter": _("letters"),
    "Work": _("messages and documents in the log"),
    "PlannedVisit": _("visits"),
    "Call": _("calls"),
    "Link": _("links"),
    "PatientDevice": _("known devices"),
    "others": _("other rows"),
}
REFUSALS: Final[Mapping[str, Promise]] = {
    "same_record": _("This is the same record. Choose another one."),
    "not_found": _("No patient of this clinic has this record number. Look it up in the caseload."),
    "not_shown": _("One of the records changed since this was shown. Look at it again, then merge."),
    "reason_missing": _("Write why these are one person: others must be able to follow."),
    "both_plans": _("Both have a running plan. Choose which one ends."),
    "both_drafts": _("Both have a draft of a plan. Discard one, then merge."),
    "merged_already": _("One of them was merged before. Undo that first."),
    "in_hospital": _("One of them is in hospital. Record the return first."),
    "offered": _("One of them is offered to another clinic. Take the offer back first."),
    "both_answered": _(
        "Both were asked the same check-in on the same day, so they cannot be told apart. Keep both, and note it in "
        "each."
    ),
    "undone_already": _("This merge was undone already."),
    "undo_too_late": _("More than 30 days have passed: it cannot be undone any more."),
}


def merge_refusal(refusal: Refused) -> str:
    """Why records were not merged or parted, and what to do."""
    return str(REFUSALS[str(refusal.facts["reason"])])
