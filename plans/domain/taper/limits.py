"""Guideline limits: what a schedule goes past, how far, and what that asks for.

A limit never changes a schedule. A `note` is read, a `needs_reason` is signed with a reason before the plan
is issued, a `refused` cannot be issued. `limit_rules.RULES` is the whole list, with the source of each number; `judge`
runs also on schedules that were held, stepped back or slowed down.

All comparing is done on whole numbers (`measure.py`): in mg with one drug, in diazepam equivalents by the
plan's table with several drugs or after a crossover. The base of a cut is the highest day among the 14 days before
the day of the cut, as they were lived (`taken.py`), so that a step back followed by the old cut is found again; a
limit is passed when it is exceeded, not when it is met.
"""

from __future__ import annotations

from datetime import date

from plans.domain.amounts import Dose
from plans.domain.taper.drug import DEFAULT_COUNTRY
from plans.domain.taper.judged import Judged
from plans.domain.taper.limit_checks import checks
from plans.domain.taper.limit_rules import RULES, Verdict
from plans.domain.taper.products import Product
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.taken import Lived


def judge(
    schedule: Schedule,
    *,
    table: str,
    goal: Dose,
    method: str,
    holidays: frozenset[date] = frozenset(),
    confirmed: frozenset[Product] = frozenset(),
    country: str = DEFAULT_COUNTRY,
    lived: Lived | None = None,
) -> tuple[Verdict, ...]:
    """Everything the schedule goes past, ordered by step, then by rule.

    `table` names the equivalence table, `goal` is where the plan is to end, `method` how its steps were made
    (shown in the findings where the basis is the original dose). `holidays` are days the clinic is closed;
    `confirmed` are products the clinic has confirmed it can get; `country` is whose maxima count; `lived` are the days
    before and during the plan as they were lived (`taken.lived`; None: the first step was taken before as well).
    Raises UnknownTable, UnknownDrug, and PairNotCovered where several drugs must be added up and the table does not
    cover one of them.
    """
    judged = Judged.of(schedule, table, goal, method, holidays, confirmed, country, lived)
    found = [verdict for check in checks() for verdict in check(judged)]
    order = list(RULES)
    return tuple(sorted(found, key=lambda verdict: (verdict.step or 0, order.index(verdict.rule))))
