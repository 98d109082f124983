"""Failed sign-ins and unknown links, over all clinics, for the operator.

A failed sign-in is named by a mark of the address that was typed, whether there is an account or not, and stands once
however many clinics its account has: the list does not tell which addresses have one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Min, Q, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from plans.models import AuditEvent
from plans.services import clock, wall
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.session_trail import account_mark
from plans.services.wall import Door

SHOWN_FOR: Final = timedelta(days=90)
ACTS: Final = ("session.failed", "access.unknown_link")
_SIZE: Final = 50
_MARK: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class RefusedTry:
    """Tries of one kind from one network at one account: when first and last, and how many were kept.

    `account` is a mark of what was typed; "" for a link.
    """

    id: int
    act: str
    account: str
    network: str
    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class RefusedTryPage:
    """A page of them, latest first; `before` is the key of the next page, None on the last."""

    rows: tuple[RefusedTry, ...]
    before: int | None


def page_of(actor: Actor, *, q: str = "", before: int | None = None, size: int = _SIZE) -> RefusedTryPage:
    """The tries of the last 90 days, folded by kind, account and network. `q`: a network, an address that was typed, or
    its mark. Raises NotAllowed for anybody but an operator."""
    check_may(actor, May.OPERATE)
    rows = AuditEvent.objects.filter(act__in=ACTS, real_at__gt=clock.real_now() - SHOWN_FOR)
    # Of rows from before every failure had a mark, those without one were of accounts that exist.
    rows = rows.filter(Q(act="access.unknown_link") | Q(facts__has_key="account"))
    account = Coalesce(KT("facts__account"), Value(""), output_field=TextField())
    groups = (
        rows.order_by()
        .annotate(account=account, network=KT("facts__network"))
        .values("act", "account", "network")
        .annotate(
            newest=Max("id"),
            first=Min("real_at"),
            last=Max("real_at"),
            # An account in two clinics has two rows of one try.
            count=Count("real_at", distinct=True),
        )
    )
    if q:
        typed = q.strip().lower()
        mark = typed if _MARK.fullmatch(typed) else account_mark(typed)
        groups = (
            groups.filter(account=mark) if "@" in typed or typed == mark else groups.filter(network=typed)
        )
    if before is not None:
        groups = groups.filter(newest__lt=before)
    with wall.through(Door.INSTALLATION):
        found = list(groups.order_by("-newest")[: size + 1])
    shown = tuple(
        RefusedTry(
            one["newest"], one["act"], one["account"], one["network"], one["first"], one["last"], one["count"]
        )
        for one in found[:size]
    )
    return RefusedTryPage(shown, shown[-1].id if len(found) > size else None)
