"""What the steps of one document say, worked out once: tables, doses and directions ask again and again."""

from __future__ import annotations

from plans.domain.documents.calendar import Entry, Mark, entries, mark_of
from plans.domain.taper.schedule import Schedule, Step


class StepPhrases:
    """Entries and marks of the steps of one schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._entries: dict[int, tuple[Entry, ...]] = {}
        self._marks: dict[int, Mark | None] = {}

    def entries(self, step: Step) -> tuple[Entry, ...]:
        """What each day of a step says."""
        if step.n not in self._entries:
            self._entries[step.n] = entries(self._schedule, step)
        return self._entries[step.n]

    def mark(self, step: Step) -> Mark | None:
        """What the first day of a step is marked with."""
        if step.n not in self._marks:
            self._marks[step.n] = mark_of(self._schedule, step)
        return self._marks[step.n]
