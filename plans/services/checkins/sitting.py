"""Which answers of a check-in may be shown again: those given in this session, and all where the link policy allows it.

Others may read the mailbox that a link is in, or find a printed page. Without the second fact, whoever opens it sees
which questions were answered and may answer them again, but not the answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.link_policy import LinkAccess, LinkAct, LinkStrength, Origin, allows
from plans.domain.links import LinkPurpose
from plans.models import PatientSession
from plans.services import links
from plans.services.links import LinkView


@dataclass(frozen=True, slots=True)
class Sitting:
    """`all_shown`: the policy allows it, or it is staff. `wrote`: items answered here, by check-in."""

    all_shown: bool
    wrote: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def shows(self, checkin_id: UUID | None, code: str) -> bool:
        """Whether the answer to an item may be shown."""
        return self.all_shown or code in self.wrote.get(str(checkin_id), ())

    def hidden(self, checkin_id: UUID | None, answers: Collection[str]) -> frozenset[str]:
        """The answered items whose answers may not be shown."""
        return frozenset(code for code in answers if not self.shows(checkin_id, code))


_STAFF: Final = LinkAccess(LinkPurpose.CHECKIN, Origin.STAFF, LinkStrength.LINK)
OPEN: Final = Sitting(all_shown=allows(_STAFF, LinkAct.OWN_ANSWERS))
"""For staff, who see every answer of their patients."""


def of_link(link: LinkView, *, device: str) -> Sitting:
    """The sitting of a session; `device` is the key of a device that may be known."""
    if links.may(link, LinkAct.OWN_ANSWERS, device=device):
        return OPEN
    if link.session_id is None:
        return Sitting(all_shown=False)
    found = PatientSession.objects.filter(pk=link.session_id).values_list("wrote", flat=True).first()
    return Sitting(all_shown=False, wrote=found or {})


@transaction.atomic
def note(session_id: UUID, checkin_id: UUID, codes: Collection[str]) -> None:
    """Remember that these items were answered in this session and in no other. Idempotent.

    An earlier session must not show what somebody else answered later.
    """
    key, new = str(checkin_id), frozenset(codes)
    mine = Q(pk=session_id) | Q(wrote__has_key=key)
    patient = PatientSession.objects.filter(pk=session_id).values("link__patient")
    rows = PatientSession.objects.select_for_update(of=("self",), no_key=True).filter(
        mine, link__patient__in=patient
    )
    for row in rows.order_by("pk"):
        before = frozenset(row.wrote.get(key, ()))
        after = before | new if row.pk == session_id else before - new
        if after != before:
            row.wrote = {**row.wrote, key: sorted(after)}
            row.save(update_fields=["wrote"])
