"""The review queue and How well we do with a million answers and 14,000 open items, beside a clinic of one page.

Both clinics are in one database, and their pages are fetched in turn: the first and the deepest page of each tab. For a
shorter run: ANSWERS=10000 OPEN_ITEMS=500.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from benchmarks import large_clinic
from benchmarks.line import BenchmarkLine, measured

ANSWERS: Final = int(os.environ.get("ANSWERS", "1000000"))
OPEN_ITEMS: Final = int(os.environ.get("OPEN_ITEMS", "14000"))
LIMIT: Final = 1.5
_TABS: Final = ("open", "nobody")
_WEEKS: Final = (4, 13, 52)
# A small clinic's patients have answered for as many weeks as the large one's.
_SMALL_WEEKS: Final = 70


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    from django.conf import settings

    from plans.services import clock, figures_counting
    from plans.services.review.queries import PAGE
    from tests.clients import client_of

    settings.ALLOWED_HOSTS = ["testserver"]
    logging.getLogger("plans.access").setLevel(logging.WARNING)
    large = large_clinic.make_queue(OPEN_ITEMS, answers=ANSWERS)
    small = large_clinic.make_queue(PAGE, answers=PAGE * _SMALL_WEEKS)
    ours, beside = client_of(large.primary), client_of(small.primary)
    for tab in _TABS:
        first = f"/queue?tab={tab}"
        pages = {"first": first, "deepest": f"{first}&after={_before_the_last(large, PAGE)}"}
        for which, page in pages.items():
            yield measured(
                f"queue: {tab}, {which} page",
                partial(_get, ours, page),
                partial(_get, beside, first),
                limit=LIMIT,
            )
    now = clock.now()
    counts = [
        partial(figures_counting.count, clinic.id, now, figures_counting.KEPT_WEEKS)
        for clinic in (large, small)
    ]
    yield measured("how well we do: a year counted", *counts)
    for weeks in _WEEKS:
        page = f"/queue/figures?weeks={weeks}"
        yield measured(
            f"how well we do: {weeks} weeks",
            partial(_get, ours, page),
            partial(_get, beside, page),
            limit=LIMIT,
        )


def _get(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code


def _before_the_last(clinic: Any, size: int) -> str:
    """The key of the last page, of as many lines as the small clinic's only one."""
    from plans.domain.review.item_states import ItemState
    from plans.models import ReviewItem
    from plans.services import paging

    rows = ReviewItem.objects.filter(clinic_id=clinic.id).exclude(state=ItemState.RESOLVED)
    before = rows.order_by("-priority", "-first_action_due", "-id").values_list("id", flat=True)[size]
    return paging.write_key(before, rows.count() - size)
