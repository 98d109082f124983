"""The caseload: every patient of a clinic with their plan, open items and recent answers.

It is read from rows of its own, one a patient (`plans.models.caseload`), computed from all others: `facts` says what is
so of a patient, `standing` what that means at a moment and in which lists the patient stands then, `projection` writes
it in the transaction of whatever changed it, and `reading` gives pages of the lists.

    page = caseload(actor, show="held", sort="change")
    page.rows[0].plan.next_change_on

The list of calls (`plans.services.calls`) is a part of it with rows of its own.
"""

from __future__ import annotations

from plans.services.caseload.reading import (
    CallsView,
    CaseloadView,
    calls_key,
    calls_view,
    caseload,
    caseload_view,
)
from plans.services.caseload.rows import CaseRow, MoodPoint
from plans.services.caseload.standing import CaseloadShow, DueCode, DueThing, Sort

__all__ = (
    "CallsView",
    "CaseRow",
    "CaseloadShow",
    "CaseloadView",
    "DueCode",
    "DueThing",
    "MoodPoint",
    "Sort",
    "calls_key",
    "calls_view",
    "caseload",
    "caseload_view",
)
