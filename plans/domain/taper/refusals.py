"""The refusals of the taper engine: one class each, a stable code, the facts, and nothing else.

Sentences for them are made in `plans.wording.taper`. `where` is a JSON path such as `regimen[0].dose_mg`.
"""

from __future__ import annotations

from plans.domain.errors import TaperError

# ── the request does not read ────────────────────────────────────────────────────────────────────────────────


class BadJson(TaperError):
    """The text is not JSON we read: `why` is too_large, not_utf8, not_json, too_deep or not_finite."""

    code = "bad_json"
    shown = frozenset({"why", "line", "column", "most_bytes"})


class WrongType(TaperError):
    """A value of another type: facts `expected` and `got` (object, list, text, whole_number, true_or_false, …)."""

    code = "wrong_type"
    shown = frozenset({"expected"})


class MissingKey(TaperError):
    """A key that must be there is not: fact `key`."""

    code = "missing_key"
    shown = frozenset({"key"})


class UnknownKey(TaperError):
    """A key nobody knows, perhaps misspelt: facts `key` and `allowed`."""

    code = "unknown_key"


class DuplicateKey(TaperError):
    """The same key twice in one JSON object: fact `key`."""

    code = "duplicate_key"


class Duplicate(TaperError):
    """The same thing twice in a list: fact `what`."""

    code = "duplicate"


class NotOneOf(TaperError):
    """A text outside a closed list: facts `raw` and `allowed`."""

    code = "not_one_of"


class MixedTimes(TaperError):
    """A time of day by name in a plan of clock times, or the other way round: facts `raw` and `first` (the first one
    of the plan)."""

    code = "mixed_times"


class OutOfRange(TaperError):
    """A number outside its range: facts `raw`, `lowest`, `highest` (as text)."""

    code = "out_of_range"
    shown = frozenset({"lowest", "highest"})


class TooMany(TaperError):
    """A list that is too long: facts `count` and `most`."""

    code = "too_many"
    shown = frozenset({"count", "most"})


class EmptyList(TaperError):
    """A list that must not be empty."""

    code = "empty_list"


class BadDate(TaperError):
    """Not a date we plan with: facts `raw` and `why` (not_iso, not_a_day, out_of_range)."""

    code = "bad_date"


class ZeroAmount(TaperError):
    """Zero where something must be taken or cut."""

    code = "zero_amount"


class BadRows(TaperError):
    """Rows that do not read: `why` is no_header, columns, unnamed, width, decimal_comma, not_csv or too_large; fact
    `line`, and with a decimal comma `raw` and what to `write`."""

    code = "bad_rows"
    shown = frozenset({"why", "line"})


class PausesTyped(TaperError):
    """Pauses beside typed rows, which have days of their own."""

    code = "pauses_typed"


class WeeklyPattern(TaperError):
    """Days of the week where they cannot stand. `why`: short (a step of less than seven days, fact `days`), not_fewer
    (a stage of the end with no fewer days than the one before it, facts `count` and `before`), start (a method that
    needs an even dose to begin from; `nearest` to what is taken a day on average, facts `drug`, `week_mg` and
    `average_mg`), typed or goal (nights off at the end of typed rows, or of a plan that stays on a dose)."""

    code = "weekly_pattern"
    shown = frozenset({"why", "days", "count", "before"})


class WrongOption(TaperError):
    """A command line that does not read: fact `message`, in the words of the option parser."""

    code = "wrong_option"


class UnusableSettings(TaperError):
    """Settings or environment variables that cannot be read: fact `message`, in their own words."""

    code = "unusable_settings"


class UnreadableFile(TaperError):
    """A file that cannot be read: facts `file` and `why`."""

    code = "unreadable_file"


# ── the request reads but cannot be met ──────────────────────────────────────────────────────────────────────


class NoProduct(TaperError):
    """A drug without a single product to make it of: facts `drug` and `country`."""

    code = "no_product"


class CannotInterleave(TaperError):
    """A method that is solved for an end lowers one drug after the other: fact `method`."""

    code = "cannot_interleave"


class NoPreparation(TaperError):
    """The products do not make the doses in the way that was asked for: facts `drug` and `preparation`."""

    code = "no_preparation"


class NotMakeable(TaperError):
    """A dose that no allowed pieces make. Facts: `drug`, `dose_mg`, `max_pieces`, `products` (allowed now),
    `would_help` (products of the country with one of which it could be made). `nearest` holds the makeable
    neighbours, `higher` is None if nothing higher can be made."""

    code = "not_makeable"


class TooManyCombinations(TaperError):
    """The products combine in more ways than can be searched: fact `drug`."""

    code = "too_many_combinations"


class NothingToTaper(TaperError):
    """The goal is not under what is taken now: facts `goal_mg` and `total_mg`."""

    code = "nothing_to_taper"


class EndsBeforeStart(TaperError):
    """The last day would come before the first cut: facts `start`, `by`, `interval_days`."""

    code = "ends_before_start"


class TooLong(TaperError):
    """More than ten years or more than 4,000 steps: facts `most_days` and `most_steps`."""

    code = "too_long"


class BandsOrder(TaperError):
    """Bands must fall: `above_mg` of each lower than of the one before it."""

    code = "bands_order"


class BandsGap(TaperError):
    """No band gives the cut at a dose the plan comes to: facts `dose_mg` and `goal_mg`."""

    code = "bands_gap"


class GoalNotReached(TaperError):
    """The typed rows do not end at the stated goal: facts `goal_mg` and `last_mg`."""

    code = "goal_not_reached"


class TotalNeedsOneDrug(TaperError):
    """A typed row gives a total although several drugs are taken: give the doses instead. Fact `row`, from 1."""

    code = "total_needs_one_drug"


class TotalAboveStart(TaperError):
    """A typed total above what is taken now cannot be shared out: give the doses instead. Facts
    `row`, from 1, `total_mg` and `start_mg`."""

    code = "total_above_start"


class TooFewSteps(TaperError):
    """Fewer steps than drugs to be lowered, so that one of them would have none: facts `count` and `drugs`."""

    code = "too_few_steps"


class NotLongActing(TaperError):
    """A crossover to a drug that is not long-acting: fact `drug`."""

    code = "not_long_acting"


class NothingToCross(TaperError):
    """A crossover to the only drug that is taken anyway: fact `drug`."""

    code = "nothing_to_cross"


# ── a revision that cannot be made ───────────────────────────────────────────────────────────────────────────


class OutsidePlan(TaperError):
    """The day is not a day of the plan: facts `day`, `start`, `end`."""

    code = "outside_plan"


class NothingToHold(TaperError):
    """No dose is taken on that day, or no change comes after it: there is nothing to hold."""

    code = "nothing_to_hold"


class NotHeld(TaperError):
    """The dose of that day is not being held, so it cannot be resumed."""

    code = "not_held"


class NotLater(TaperError):
    """The dose changes no sooner than the day after that one anyway: facts `day`, `due` (the day of the change)."""

    code = "not_later"


class HeldOpen(TaperError):
    """The dose is held until reviewed: its later steps wait until the hold is ended."""

    code = "held_open"


class NotTaken(TaperError):
    """A drug that is not taken on that day: fact `drug`."""

    code = "not_taken"


class AlreadyTaken(TaperError):
    """A drug that is taken on that day already: fact `drug`."""

    code = "already_taken"


class NoStepBefore(TaperError):
    """There is no regimen before the present one to step back to."""

    code = "no_step_before"


class NothingLater(TaperError):
    """No steps come after that day: there is nothing to slow down or to stop."""

    code = "nothing_later"
