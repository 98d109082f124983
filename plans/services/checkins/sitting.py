"""What of a check-in may be shown back: what was typed in this session, and everything on a device that knows the year.

A link lies in a mailbox that others may read. Whoever opens it without the second fact sees which questions were
answered, and may answer them anew, but not how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.models import PatientSession
from plans.services import links
from plans.services.links import LinkView


@dataclass(frozen=True, slots=True)
class Sitting:
    """`all_shown`: the device gave the year of birth, or staff look. `wrote`: items by the key of their check-in."""

    all_shown: bool
    wrote: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def shows(self, checkin_id: UUID | None, code: str) -> bool:
        """Whether the answer to an item may be shown."""
        return self.all_shown or code in self.wrote.get(str(checkin_id), ())

    def hidden(self, checkin_id: UUID | None, answers: Collection[str]) -> frozenset[str]:
        """Those of the answered items whose answers may not be shown."""
        return frozenset(code for code in answers if not self.shows(checkin_id, code))


OPEN: Final = Sitting(all_shown=True)
"""For staff, who see every answer of their patients."""


def of_link(link: LinkView, *, device: str) -> Sitting:
    """The sitting of a session; `device` is the key of a device that may have given the year of birth."""
    if links.device_knows(link.patient_id, device):
        return OPEN
    if link.session_id is None:
        return Sitting(all_shown=False)
    found = PatientSession.objects.filter(pk=link.session_id).values_list("wrote", flat=True).first()
    return Sitting(all_shown=False, wrote=found or {})


@transaction.atomic
def note(session_id: UUID, checkin_id: UUID, codes: Collection[str]) -> None:
    """Remember that these items were answered in a session, and in no other any more. Twice is once.

    Whoever answered before must not be shown what somebody else answered after.
    """
    sheet, new = str(checkin_id), frozenset(codes)
    mine = Q(pk=session_id) | Q(wrote__has_key=sheet)
    patient = PatientSession.objects.filter(pk=session_id).values("link__patient")
    rows = PatientSession.objects.select_for_update(of=("self",)).filter(mine, link__patient__in=patient)
    for row in rows.order_by("pk"):
        before = frozenset(row.wrote.get(sheet, ()))
        after = before | new if row.pk == session_id else before - new
        if after != before:
            row.wrote = {**row.wrote, sheet: sorted(after)}
            row.save(update_fields=["wrote"])
