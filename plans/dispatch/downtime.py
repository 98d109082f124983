"""Makes the downtime lists that are due: a row, and a file for each clinic where the settings say."""

from __future__ import annotations

import logging
import os
import tempfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import translation

from plans.documents import downtime_page
from plans.services import downtime
from plans.wording.downtime import around

log = logging.getLogger(__name__)


def tick(now: datetime) -> int:
    """Make what is due, a clinic at a time: one that cannot be made stops no other, and is told as stale in time;
    returns how many were made."""
    made = 0
    for clinic_id in downtime.due(now):
        try:
            make(clinic_id, now)
            made += 1
        except Exception:
            log.exception("downtime list cannot be made", extra={"clinic_id": str(clinic_id)})
    downtime.tell_stale(now)
    return made


def make(clinic_id: UUID, now: datetime) -> None:
    """Make one clinic's list."""
    facts = downtime.facts(clinic_id, now)
    sealed = downtime.seal(clinic_id, downtime_page.inside(facts), now)
    with translation.override(facts.language):
        words = {name: str(said) for name, said in around(sealed.about.rpartition(", ")[0]).items()}
    page = downtime_page.around(sealed, words, facts.language)
    downtime.keep(clinic_id, page, len(facts.patients), now)
    _in_folder(clinic_id, page)


def _in_folder(clinic_id: UUID, page: str) -> None:
    """Put the list beside the others, whole or not at all, under a name that says nothing."""
    if not settings.DOWNTIME_DIR:
        return
    folder = Path(settings.DOWNTIME_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=folder, prefix=".unfinished-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(page)
        out.flush()
        os.fsync(out.fileno())
    Path(path).replace(folder / f"{clinic_id}.html")
