"""The scheduler of Celery beat: the table of `plans.jobs.schedule`, in memory, with a sign of life.

Kept in memory: every entry is an interval, so there is nothing to remember over a restart and no file to spoil.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from celery.beat import Scheduler as CeleryScheduler


class Scheduler(CeleryScheduler):
    """Touches the file named by BEAT_ALIVE_FILE at every turn, for health checks."""

    def setup_schedule(self) -> None:
        """Take in the whole table."""
        from plans.jobs.schedule import BEAT  # noqa: PLC0415 - reads models, which are ready only now

        # Any: Celery ships no types.
        self.merge_inplace(cast("Any", BEAT))

    # Any: the same.
    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """One turn: send what is due and say that we are alive."""
        alive = os.environ.get("BEAT_ALIVE_FILE")
        if alive:
            Path(alive).touch()
        return super().tick(*args, **kwargs)
