"""How items may end: by their flags or their source, and by the calls that were logged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from plans.domain.checkins.flags import SPECS
from plans.domain.review.item_states import Priority
from plans.domain.review.outcomes import Attempts, Endings, ItemKind, endings, kinds_of
from plans.models import Flag, ReviewItem


def _asking(items: Sequence[ReviewItem]) -> dict[UUID | None, list[Flag]]:
    """The flags of each item that ask for something, the most urgent first."""
    found: dict[UUID | None, list[Flag]] = defaultdict(list)
    for flag in Flag.objects.filter(item__in=items, severity__in=list(Priority)).order_by("raised_at", "id"):
        found[flag.item_id].append(flag)
    rank = [level.value for level in Priority]
    for flags in found.values():
        flags.sort(key=lambda flag: rank.index(flag.severity))
    return found


def _endings(item: ReviewItem, flags: Sequence[Flag]) -> Endings:
    specs = [SPECS.get(flag.rule) for flag in flags]
    kinds = kinds_of(item.source, [spec.family if spec else None for spec in specs])
    return endings(Priority(item.severity), kinds, call=any(spec.call for spec in specs if spec))


def of_items(items: Sequence[ReviewItem]) -> dict[UUID, tuple[ItemKind, Endings]]:
    """The first kind of each item, and how it may end."""
    flags = _asking(items)
    found = {}
    for item in items:
        specs = [SPECS.get(flag.rule) for flag in flags[item.pk]]
        kinds = kinds_of(item.source, [spec.family if spec else None for spec in specs])
        found[item.pk] = kinds[0], _endings(item, flags[item.pk])
    return found


def of_item(item: ReviewItem) -> tuple[Endings, Attempts]:
    """How an item may end, and the calls logged since its latest flag that asks for one was raised."""
    flags = _asking([item])[item.pk]
    wanting = [flag.raised_at for flag in flags if (spec := SPECS.get(flag.rule)) and spec.call]
    since = max(wanting, default=item.opened_at)
    calls = item.events.filter(kind="called", at__gte=since).order_by("at", "id")
    made = tuple((str(call.facts.get("callee")), str(call.facts.get("outcome"))) for call in calls)
    return _endings(item, flags), Attempts(made)
