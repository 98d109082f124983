"""What is wrong with a file, a row or a cell; `plans.wording.caseload_file` has the sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.domain.errors import TaperplanError

FILE_WHYS: Final = (
    "missing", "workbook", "not_text", "not_csv", "too_large", "too_many_rows", "too_many_columns", "no_rows",
)  # fmt: skip
ROW_WHYS: Final = (
    "too_wide", "record_differs", "adds_nothing", "not_known", "day_ambiguous", "day_other_order", "day_two_digits",
    "comma_ambiguous", "point_ambiguous", "drug_missing", "dose_missing", "time_missing", "dose_twice",
    "too_many_drugs", "too_many_times", "mixed_times", "plan_drug_missing", "totals_of_two_drugs",
    "step_when_missing", "step_dose_missing", "step_days_missing", "step_days_differ", "step_order",
    "step_start_first", "too_many_steps", "plan_over", "changed_here", "same_person", "shared_mailbox",
    "same_person_in_file", "shared_mailbox_in_file", "owner_unknown",
)  # fmt: skip


class BadFile(TaperplanError):
    """A file that cannot be read as rows: fact `why`, and `line` or `most` where they apply."""

    code = "bad_file"
    shown = frozenset({"why", "line", "most"})


class BadRow(TaperplanError):
    """A row, or a cell of one, that cannot be taken over: fact `why`, and what its sentence needs."""

    code = "bad_row"
    shown = frozenset({"why"})


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A refusal at a line of the file; `column` is the heading of its column, "" for the whole line."""

    line: int
    column: str
    error: TaperplanError
