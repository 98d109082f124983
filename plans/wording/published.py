"""Words for published schedules: the kind of publication, and the name in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.published.files import PublishedSchedule, SourceKind
from plans.wording.taper import mark_words

SOURCE_KINDS: Final[Mapping[SourceKind, Promise]] = {
    SourceKind.GUIDELINE: _("guideline"),
    SourceKind.LABEL: _("label"),
    SourceKind.MANUAL: _("manual"),
    SourceKind.TRIAL: _("trial"),
    SourceKind.ARTICLE: _("article, no guideline"),
}


def published_words(schedule: PublishedSchedule) -> str:
    """A schedule in a list: its title, kind of publication, country or body, and mark."""
    kind = str(SOURCE_KINDS[schedule.kind])
    return f"{schedule.title} ({kind}, {schedule.origin}; {mark_words(schedule.mark)})"


def cited_words(schedule: PublishedSchedule) -> str:
    """A schedule as cited in a reason: title, source and mark."""
    return f"{schedule.title}. {schedule.source}. {mark_words(schedule.mark)}"
