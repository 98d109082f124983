"""What a clinician works through: the life of a review item, its two clocks, and how it may end. Plain Python.

    due = deadlines(Priority.URGENT, opened_at, opening)      # first action and resolution, by the clinic's hours
    state = after(ItemState.NEW, Act.CLAIM, Priority.URGENT)  # ItemState.CLAIMED; what is not in the table is refused
    check_end(Priority.URGENT, "reached_safe", "Spoke.")      # an urgent item ends with a note, never with "nothing"

`item_states` is the table of states and acts, `deadlines` the clocks, `outcomes` the ends, `reasons` the filter over
the queue, `closed_days` the days on which nobody works.
"""
