"""A patient's past check-ins and review items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plans.domain.review.item_states import ItemState
from plans.domain.which import which
from plans.services import people
from plans.services.actors import May
from plans.services.checkins import checkin_list
from plans.services.checkins.checkin_list import CheckInPart, CheckinRow
from plans.services.review.of_patient import all_items
from plans.web.clinician.checkin_words import state_text
from plans.web.clinician.review_lines import item_line
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.wording.checkins import purpose_text
from plans.wording.review import OUTCOMES

_PARTS: Final[dict[CheckInPart, Promise]] = {
    CheckInPart.ALL: gettext_lazy("All"),
    CheckInPart.FLAGGED: gettext_lazy("Flagged"),
    CheckInPart.MISSED: gettext_lazy("Missed"),
    CheckInPart.PHONE: gettext_lazy("By phone"),
}
# The long form says more than the short one, so it is shown if it was asked.
_MOOD: Final = (("phq9", "PHQ-9", 27), ("phq2", "PHQ-2", 6))
_WORRY: Final = (("gad7", "GAD-7", 21), ("gad2", "GAD-2", 6))


@dataclass(frozen=True, slots=True)
class CheckinLine:
    """A check-in in words."""

    row: CheckinRow
    purpose: str
    state: str
    mood: str
    worry: str


def checkin_line(row: CheckinRow) -> CheckinLine:
    """A row of the list of check-ins in words."""
    return CheckinLine(
        row, purpose_text(row.purpose), state_text(row.state), _score(row, _MOOD), _score(row, _WORRY)
    )


def _score(row: CheckinRow, scales: tuple[tuple[str, str, int], ...]) -> str:
    for code, name, top in scales:
        if code in row.totals:
            return _("%(scale)s %(n)s of %(top)s") % {"scale": name, "n": row.totals[code], "top": top}
    return ""


@require_safe
@staff_page(May.LOOK)
def checkins_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Every check-in of a patient, newest first, with links to the answers."""
    card = people.patient_card(request.actor, patient_id)
    asked = request.GET.get("part", "")
    part = asked if asked in {one.value for one in CheckInPart} else CheckInPart.ALL.value
    pages = checkin_list.of_patient(request.actor, patient_id, part=part, key=request.GET.get("after"))
    counts = checkin_list.part_counts(request.actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "part": part,
        "part_is": which(CheckInPart, part),
        "tabs": [(one.value, label, counts[one.value]) for one, label in _PARTS.items()],
        "pages": pages,
        "query": f"part={part}&" if part != CheckInPart.ALL.value else "",
        "lines": [checkin_line(row) for row in pages.rows],
    }
    return page(request, "clinic/checkins.html", context)


@require_safe
@staff_page(May.LOOK)
def items_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Every review item of a patient, newest first, with its outcome."""
    card = people.patient_card(request.actor, patient_id)
    pages = all_items(request.actor, patient_id, key=request.GET.get("after"))
    now = card.local_now
    context = {
        "place": "caseload",
        "patient": card,
        "pages": pages,
        "query": "",
        "lines": [
            (
                item_line(row, now),
                OUTCOMES.get(row.outcome, _("Resolved"))
                if row.state == ItemState.RESOLVED
                else _("Still open"),
            )
            for row in pages.rows
        ],
    }
    return page(request, "clinic/patient_items.html", context)
