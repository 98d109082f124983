"""The refusals of the taper engine: one class each, with a stable code and its facts.

The sentences for them are in `plans.wording.taper`. `where` is a JSON path such as `regimen[0].dose_mg`.
"""

from __future__ import annotations

from plans.domain.errors import TaperError

# ── the request cannot be read ───────────────────────────────────────────────────────────────────────────────


class BadJson(TaperError):
    """JSON that cannot be read: `why` is too_large, not_utf8, not_json, too_deep or not_finite."""

    code = "bad_json"
    shown = frozenset({"why", "line", "column", "most_bytes"})


class WrongType(TaperError):
    """A value of the wrong type: facts `expected` and `got` (object, list, text, whole_number, true_or_false, …)."""

    code = "wrong_type"
    shown = frozenset({"expected"})


class MissingKey(TaperError):
    """A required key is missing: fact `key`."""

    code = "missing_key"
    shown = frozenset({"key"})


class UnknownKey(TaperError):
    """An unknown key, perhaps misspelt: facts `key` and `allowed`."""

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


class ScheduleOfOtherDrug(TaperError):
    """A published schedule for another drug than is taken: facts `drug` (its own) and `drugs` (those taken)."""

    code = "schedule_of_other_drug"


class MixedTimes(TaperError):
    """Named times and clock times in one plan: facts `raw` and `first` (the first time of the plan)."""

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
    """A date that is invalid or out of range: facts `raw` and `why` (missing, not_iso, not_a_day, out_of_range)."""

    code = "bad_date"


class ZeroAmount(TaperError):
    """Zero where something must be taken or cut."""

    code = "zero_amount"


class BadRows(TaperError):
    """Rows that cannot be read: fact `line`, and `why`.

    `why` is none, no_header, columns, unnamed, width, days, step, dose, decimal_comma, not_csv or too_large. With days,
    a step, a dose or a decimal comma also `raw`; with a decimal comma `write`, what to write instead.
    """

    code = "bad_rows"
    shown = frozenset({"why", "line"})


class PausesTyped(TaperError):
    """Pauses given with typed rows, which have days of their own."""

    code = "pauses_typed"


class WeeklyPattern(TaperError):
    """Days of the week where they are not possible; fact `why`.

    `short`: a step of less than seven days, fact `days`. `not_fewer`: a stage of the end with no fewer days than the
    one before it, facts `count` and `before`. `start`: the method needs an even dose to begin from; `nearest` to the
    daily average, facts `drug`, `week_mg` and `average_mg`. `typed`, `goal`: nights off at the end of typed rows, or of
    a plan that stays on a dose.
    """

    code = "weekly_pattern"
    shown = frozenset({"why", "days", "count", "before"})


class WrongOption(TaperError):
    """A command line that cannot be read: fact `message`, the option parser's own."""

    code = "wrong_option"


class UnusableSettings(TaperError):
    """Settings or environment variables that cannot be read: fact `message`, the reader's own."""

    code = "unusable_settings"


class UnreadableFile(TaperError):
    """A file that cannot be read: facts `file` and `why`."""

    code = "unreadable_file"


# ── the request can be read but not met ──────────────────────────────────────────────────────────────────────


class NoProduct(TaperError):
    """A drug without a product to make it from: facts `drug` and `country`."""

    code = "no_product"


class NoProductHere(NoProduct):
    """A drug that a plan under way cannot go on with: neither the plan nor its country has a product of it."""

    code = "no_product_here"


class CannotInterleave(TaperError):
    """`interleave` with a method solved for an end, which lowers one drug after another: fact `method`."""

    code = "cannot_interleave"


class NoPreparation(TaperError):
    """The products cannot make the doses in the preparation asked for: facts `drug` and `preparation`."""

    code = "no_preparation"


class NotMakeable(TaperError):
    """A dose that no allowed pieces make; `nearest` holds its neighbours (`higher` is None if there is none).

    Facts: `drug`, `dose_mg`, `max_pieces`, `products` (allowed now), `would_help` (products of the country any one of
    which would make it).
    """

    code = "not_makeable"


class TooManyCombinations(TaperError):
    """Products that combine in too many ways to be searched: fact `drug`."""

    code = "too_many_combinations"


class NothingToTaper(TaperError):
    """The goal is not below what is taken now: facts `goal_mg` and `total_mg`."""

    code = "nothing_to_taper"


class EndsBeforeStart(TaperError):
    """The last day would be before the first cut: facts `start`, `by`, `interval_days`."""

    code = "ends_before_start"


class TooLong(TaperError):
    """More than ten years or more than 4,000 steps: facts `most_days` and `most_steps`."""

    code = "too_long"


class BandsOrder(TaperError):
    """Bands that do not fall: each `above_mg` must be lower than the one before it."""

    code = "bands_order"


class BandsGap(TaperError):
    """No band gives a cut at a dose the plan reaches: facts `dose_mg` and `goal_mg`."""

    code = "bands_gap"


class GoalNotReached(TaperError):
    """The typed rows do not end at the stated goal: facts `goal_mg` and `last_mg`."""

    code = "goal_not_reached"


class TotalNeedsOneDrug(TaperError):
    """A typed row with a total although several drugs are taken; give the doses instead. Fact `row`, from 1."""

    code = "total_needs_one_drug"


class TotalAboveStart(TaperError):
    """A typed total above what is taken now, which cannot be shared out; give the doses instead.

    Facts `row`, from 1, `total_mg` and `start_mg`.
    """

    code = "total_above_start"


class TooFewSteps(TaperError):
    """Fewer steps than drugs to be lowered, so that one of them would have none: facts `count` and `drugs`."""

    code = "too_few_steps"


class NotLongActing(TaperError):
    """A crossover to a drug that is not long-acting: fact `drug`."""

    code = "not_long_acting"


class NothingToCross(TaperError):
    """A crossover to the only drug that is taken already: fact `drug`."""

    code = "nothing_to_cross"


# ── a revision that cannot be made ───────────────────────────────────────────────────────────────────────────


class OutsidePlan(TaperError):
    """The day is not a day of the plan: facts `day`, `start`, `end`."""

    code = "outside_plan"


class NothingToHold(TaperError):
    """No dose is taken on that day, or no change comes after it, so there is nothing to hold."""

    code = "nothing_to_hold"


class NotHeld(TaperError):
    """The dose of that day is not being held, so there is no hold to end."""

    code = "not_held"


class NotLater(TaperError):
    """A hold that would not delay anything: the dose changes no earlier. Facts `day`, `due` (the day of the change)."""

    code = "not_later"


class HeldOpen(TaperError):
    """The dose is held until reviewed; its later steps wait until the hold is ended."""

    code = "held_open"


class NoMethodToUse(TaperError):
    """A change that goes on by the plan's method, where the plan has none that can: fact `why`.

    `typed`: a switch in a plan of typed rows, which name the old drug alone. `weekly`: a switch from a week whose days
    differ. `taper_on`: tapering on from typed rows, by no method of its own.
    """

    code = "no_method_to_use"
    shown = frozenset({"why"})


class SwitchRefused(TaperError):
    """A switch to the drug `to`, or a change beside one, that would be read otherwise than meant: fact `why`.

    `several`: the method's mg are of several drugs at once. `out_of_range`: the plan's `mg` of `drug` have no amount of
    the new drug that can be written. `target_date`: the plan's target date leaves no time for the switch. `ahead`:
    `drug` is added to a plan whose switch would replace it too. `goal`: `drug` is added to a plan that ends at `mg`,
    which would then be read as an amount of the drug added.
    """

    code = "switch_refused"
    shown = frozenset({"why"})


class AgreedNotKept(TaperError):
    """Steps agreed for one dose that do not only go down, and so cannot follow another."""

    code = "agreed_not_kept"


class NotTaken(TaperError):
    """A drug that is not taken on that day: fact `drug`."""

    code = "not_taken"


class AlreadyTaken(TaperError):
    """A drug that is already taken on that day: fact `drug`."""

    code = "already_taken"


class NoStepBefore(TaperError):
    """There is no regimen before the present one to step back to."""

    code = "no_step_before"


class NothingLater(TaperError):
    """No steps come after that day, so there is nothing to slow down or to stop."""

    code = "nothing_later"
