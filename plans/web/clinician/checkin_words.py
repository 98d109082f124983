"""Check-ins in words: their state, and the answers of a response as rows for `parts/answers.html`."""

from __future__ import annotations

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.which import which
from plans.services.checkins.queries import AnswerRow, AnswersTable, ScaleRow
from plans.wording import checkins

_SCALES = {
    "phq2": gettext_lazy("Low mood (PHQ-2)"),
    "phq9": "PHQ-9",
    "gad2": gettext_lazy("Worry (GAD-2)"),
    "gad7": "GAD-7",
}


def answer_rows(table: AnswersTable) -> list[dict[str, object]]:
    """Every scale, then every question, each with the answer now, last time and at the start."""
    language = (get_language() or "en").split("-")[0]
    return [
        *(_scale_row(row) for row in table.scales),
        *(_answer_row(row, language, alone=table.last_on is None) for row in table.rows),
    ]


def _scale_row(row: ScaleRow) -> dict[str, object]:
    """A scale as a row of the table of answers."""

    def text(total: int | None) -> str:
        return "" if total is None else _("%(total)s of %(top)s") % {"total": total, "top": row.top}

    change = checkins.change_text(row.now - row.last if row.last is not None else None)
    part = (
        _("cognitive-affective part %(part)s") % {"part": row.affective} if row.affective is not None else ""
    )
    return {
        "asked": str(_SCALES.get(row.scale, row.scale)),
        "part": part,
        "now": text(row.now),
        "last": text(row.last),
        "first": text(row.first),
        "since": change,
        "changed": "yes" if row.last is not None and row.now != row.last else "",
        "severity_is": which(FlagPriority, row.severity),
    }


def _answer_row(row: AnswerRow, language: str, *, alone: bool) -> dict[str, object]:
    """A question as a row of the table of answers. `alone`: there is no earlier response to compare with."""
    not_asked = "" if alone else _("not asked")
    return {
        "asked": checkins.question_text(row.item, language),
        "part": "",
        "now": checkins.answer_text(row.item, row.now, language) or _("not answered"),
        "last": checkins.answer_text(row.item, row.last, language) or not_asked,
        "first": checkins.answer_text(row.item, row.first, language) or not_asked,
        "since": _("new") if row.new else checkins.change_text(row.change),
        "changed": "yes" if row.new or row.change else "",
        # A rule also reads a "no" beside the "yes"; the "no" is not what raised the flag.
        "severity_is": which(FlagPriority, "" if row.now == "no" else row.severity),
    }


def state_text(state: str) -> str:
    """The state of a check-in, inside a sentence: "answered"."""
    return {
        "submitted": _("answered"),
        "open": _("begun, not sent yet"),
        "abandoned": _("left unfinished"),
        "missed": _("missed"),
        "invited": _("asked, no answer yet"),
    }.get(state, state)
