"""The review queue's rules: the states of a review item, its two clocks, and how it may end. Plain Python.

    >>> from datetime import UTC, datetime
    >>> from plans.domain.review.deadlines import deadlines, read_opening
    >>> from plans.domain.review.item_states import Act, ItemState, Priority, after
    >>> from plans.domain.review.outcomes import Attempts, Ending, ItemKind, check_end, endings
    >>> opening = read_opening("America/New_York", {"mon": ["08:00", "17:00"]})
    >>> opened = datetime(2026, 11, 30, 15, tzinfo=UTC)     # a Monday, ten in the morning in New York
    >>> str(deadlines(Priority.HIGH, opened, opening).first_action)     # the end of that working day
    '2026-11-30 22:00:00+00:00'
    >>> after(ItemState.NEW, Act.CLAIM, Priority.URGENT).value      # anything not in the table is refused
    'claimed'
    >>> may = endings(Priority.URGENT, [ItemKind.SAFETY], call=True)     # it ends with a note, and a call or why not
    >>> check_end(may, Ending("reached_safe", note="Spoke."), Attempts((("patient", "reached"),))).value
    'reached_safe'

`item_states` is the table of states and acts, `deadlines` has the clocks, `outcomes` the ends, `reasons` the queue's
filter, `closed_days` the days on which nothing is dispensed.
"""
