"""The scheduler of Celery beat: the table of `plans.jobs.schedule`, in memory, with a health file.

Every entry is an interval, so nothing has to be remembered over a restart and no file can be corrupted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from celery.beat import Scheduler as CeleryScheduler


class Scheduler(CeleryScheduler):
    """Touches the file named by BEAT_ALIVE_FILE at every tick, for health checks."""

    def setup_schedule(self) -> None:
        """Load the whole table."""
        from plans.jobs.schedule import BEAT  # noqa: PLC0415 - reads models, which are ready only now

        # Any: Celery ships no types.
        self.merge_inplace(cast("Any", BEAT))

    # Any: the same.
    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due and touch the health file."""
        alive = os.environ.get("BEAT_ALIVE_FILE")
        if alive:
            Path(alive).touch()
        return super().tick(*args, **kwargs)
