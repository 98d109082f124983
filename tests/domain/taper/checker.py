"""An independent checker of answers: its own arithmetic on the JSON alone, sharing no code with the engine.

It reads a request and an answer as `manage.py taper` prints them and knows nothing of the engine but the rules of
docs/taper-json.md: fractions for amounts, and a loop over days.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

Json = dict[str, Any]
# What a day holds: mg by time of day and drug.
Day = dict[tuple[str, str], Fraction]

LIQUID = ("solution", "concentrate", "suspension")
WHOLE = ("capsule", "film", "mr_tablet", "mr_capsule")
NAME = re.compile(r"(?P<drug>[a-z]+) (?P<form>[a-z_]+) (?P<mg>[0-9.]+) mg(?P<liquid>/mL)?$")
ONE_DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@functools.cache
def number(text: str) -> Fraction:
    """A number of the JSON; the same few stand in every day."""
    return Fraction(text)


class Checker:
    """A request and its answer, taken apart into days."""

    def __init__(self, request: Json, answer: Json) -> None:
        self.request, self.answer = request, answer
        self.steps: list[Json] = answer["steps"]
        self.products = {self.name_of(one): one for one in request.get("products", [])}
        self.days = list(self._days())

    def check(self) -> None:
        """Everything; raises AssertionError, which names the step."""
        self.steps_are_contiguous()
        self.takes_make_the_doses()
        self.totals_add_up()
        self.nothing_rises()
        self.one_preparation()
        self.no_day_is_ahead_of_the_line()
        self.changes_are_true()
        self.supply_covers_every_day()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def name_of(product: Json) -> str:
        """The name of a product as an answer writes it."""
        if "mg_per_ml" in product:
            return f"{product['drug']} {product['form']} {product['mg_per_ml']} mg/mL"
        return f"{product['drug']} {product['form']} {product['strength_mg']} mg"

    @staticmethod
    def on(doses: list[Json], weekday: int) -> list[Json]:
        """Those of the doses that are taken on a day of the week."""
        return [one for one in doses if WEEKDAYS[weekday] in one.get("days_of_week", WEEKDAYS)]

    def regimen(self, doses: list[Json], weekday: int = 0) -> Day:
        """The doses of a day of the week by time and drug; zeros left out."""
        found = ((one["time"], one["drug"], number(one["dose_mg"])) for one in self.on(doses, weekday))
        return {(time, drug): dose for time, drug, dose in found if dose}

    def week(self, doses: list[Json]) -> Fraction:
        """What seven days on doses of one drug add up to."""
        return sum((sum(self.regimen(doses, day).values(), Fraction(0)) for day in range(7)), Fraction(0))

    def _days(self) -> Iterator[tuple[date, Json, Day]]:
        for step in self.steps:
            day, last = date.fromisoformat(step["start"]), date.fromisoformat(step["end"])
            week = [self.regimen(step["doses"], weekday) for weekday in range(7)]
            while day <= last:
                yield day, step, week[day.weekday()]
                day += ONE_DAY

    # ── what must hold ──────────────────────────────────────────────────────────────────────────────────────

    def steps_are_contiguous(self) -> None:
        """Numbered from 1, a step begins on the day after the one before it, and the counts are right."""
        for n, step in enumerate(self.steps, start=1):
            assert step["n"] == n
            first, last = date.fromisoformat(step["start"]), date.fromisoformat(step["end"])
            assert step["days"] == (last - first).days + 1 >= 1, n
        dates = [day for day, _, _ in self.days]
        assert dates[0] == date.fromisoformat(self.request["start"])
        assert all(after - before == ONE_DAY for before, after in pairwise(dates))
        assert self.answer["days"] == len(dates)
        assert self.answer["end"] == dates[-1].isoformat()

    def takes_make_the_doses(self) -> None:
        """Pieces the product may be broken into, marks of its syringe, no more things than are allowed."""
        for step in self.steps:
            for dose in step["doses"]:
                made, things = Fraction(0), 0
                for take in dose["take"]:
                    found = NAME.match(take["product"])
                    assert found is not None, take
                    assert found["drug"] == dose["drug"]
                    product = self.products[take["product"]]
                    if "ml" in take:
                        assert product["form"] in LIQUID
                        assert (number(take["ml"]) / number(product["step_ml"])).denominator == 1
                        made += number(take["ml"]) * number(product["mg_per_ml"])
                        things += 1
                    else:
                        pieces = number(take["pieces"])
                        assert (pieces * product.get("split", 1)).denominator == 1, (step["n"], take)
                        assert product["form"] not in WHOLE or pieces.denominator == 1
                        made += pieces * number(product["strength_mg"])
                        rest = pieces % 1
                        things += pieces.__floor__() + {0: 0, 1: 1, 2: 1, 3: 2}[int(rest * 4)]
                assert made == number(dose["dose_mg"]) > 0, (step["n"], dose)
                assert things <= self.answer["request"]["max_pieces"]

    def totals_add_up(self) -> None:
        """The day's total of each drug; where days of the week differ that of the fullest, and the sum of seven."""
        for step in self.steps:
            fullest: dict[str, Fraction] = {}
            week: defaultdict[str, Fraction] = defaultdict(Fraction)
            for weekday in range(7):
                by_drug: defaultdict[str, Fraction] = defaultdict(Fraction)
                for (_, drug), mg in self.regimen(step["doses"], weekday).items():
                    by_drug[drug] += mg
                for drug, mg in by_drug.items():
                    fullest[drug] = max(mg, fullest.get(drug, Fraction(0)))
                    week[drug] += mg
            assert {drug: Fraction(mg) for drug, mg in step["total_mg"].items() if Fraction(mg)} == fullest
            assert ("week_mg" in step) == any("days_of_week" in dose for dose in step["doses"]), step["n"]
            if "week_mg" in step:
                assert {drug: Fraction(mg) for drug, mg in step["week_mg"].items() if Fraction(mg)} == week

    def nothing_rises(self) -> None:
        """Without a crossover no dose is above the one before it, nor a week of them, and every step changes
        something."""
        if "crossover" in self.request:
            return
        before = [self.regimen(self.request["regimen"], day) for day in range(7)]
        for n, step in enumerate(self.steps):
            now = [self.regimen(step["doses"], day) for day in range(7)]
            for key in {key for day in now for key in day}:
                was, has = ([day.get(key, Fraction(0)) for day in week] for week in (before, now))
                assert max(has) <= max(was), step["n"]
                assert sum(has) <= sum(was), step["n"]
            assert n == 0 or now != before, step["n"]
            before = now

    def one_preparation(self) -> None:
        """Each drug changes from solids to one liquid at most once and never back."""
        drawn: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for step in self.steps:
            of_step: defaultdict[str, set[str]] = defaultdict(set)
            for dose in step["doses"]:
                of_step[dose["drug"]] |= {take["product"] for take in dose["take"] if "ml" in take}
            for drug, liquids in of_step.items():
                drawn[drug].append(frozenset(liquids))
        for drug, liquids_by_step in drawn.items():
            used: frozenset[str] = frozenset().union(*liquids_by_step)
            assert len(used) <= 1, drug
            begun = False
            for drawn_now in liquids_by_step:
                assert bool(drawn_now) >= begun, drug
                begun = bool(drawn_now)

    def line(self) -> Iterator[tuple[int, Fraction]]:
        """The ideal line of one drug: (days since the point before, mg a day), for the methods that have one."""
        method = self.request["method"]
        first = sum(self.regimen(self.request["regimen"]).values(), Fraction(0))
        level, days = first, method.get("interval_days", 0)
        while True:
            match method["name"]:
                case "percent_of_current":
                    level -= level * Fraction(method["percent"]) / 100
                case "percent_of_original":
                    level -= first * Fraction(method["percent"]) / 100
                case "fixed_amount":
                    level -= Fraction(method["amount_mg"])
                case "bands":
                    bands = [one for one in method["bands"] if number(one["above_mg"]) < level]
                    level -= Fraction(bands[0]["amount_mg"]) if bands else level
                case "two_rates":
                    rate = method["first"] if level >= Fraction(method["below_mg"]) else method["then"]
                    days = rate.get("interval_days", method.get("interval_days"))
                    base = first if rate.get("of") == "original" else level
                    level -= base * Fraction(rate["percent"]) / 100
                case _:
                    return
            level = max(level, Fraction(0))
            yield days, level

    def no_day_is_ahead_of_the_line(self) -> None:
        """On no day is less taken than the method's line has come to, the last day of a plan to zero left out."""
        if "crossover" in self.request or len({one["drug"] for one in self.request["regimen"]}) > 1:
            return
        at = 0
        lowered = [one for one in self.days[:-1] if "week_mg" not in one[1]]
        for days, level in self.line():
            at += days
            if at >= len(lowered):
                return
            _, step, day = self.days[at]
            assert sum(day.values(), Fraction(0)) >= level, (step["n"], level)

    def changes_are_true(self) -> None:
        """The change against the day before, and against the highest of the 14 days before, day by day (one drug), each
        by the week that it is a day of."""
        if "crossover" in self.request or len({one["drug"] for one in self.request["regimen"]}) > 1:
            return
        taken = [self.week(self.request["regimen"])] * 14
        for step in self.steps:
            now = self.week(step["doses"])
            assert step["change_percent"] == self.percent(taken[-1], now), step["n"]
            assert step["change_percent_14d"] == self.percent(max(taken[-14:]), now), step["n"]
            taken += [now] * step["days"]

    @staticmethod
    def percent(before: Fraction, now: Fraction) -> str:
        """A change in percent as an answer writes it: two decimals, a half away from zero."""
        if now == before:
            return "0.00"
        if not before:
            return "+100.00"
        hundredths = (abs(now - before) / before * 10_000 + Fraction(1, 2)).__floor__()
        sign = "-" if now < before else "+"
        return f"{sign}{hundredths // 100}.{hundredths % 100:02}" if hundredths else "0.00"

    def supply_covers_every_day(self) -> None:
        """What is handed out, day after day, is never less than what was taken; and what is left at the end is said."""
        handed: defaultdict[str, Fraction] = defaultdict(Fraction)
        taken: defaultdict[str, Fraction] = defaultdict(Fraction)
        fills: defaultdict[str, list[Json]] = defaultdict(list)
        for fill in self.answer["supply"]:
            fills[fill["from"]].append(fill)
        for day, step, _ in self.days:
            for fill in fills.get(day.isoformat(), []):
                handed[fill["product"]] += fill["whole_units"]
            for dose in self.on(step["doses"], day.weekday()):
                for take in dose["take"]:
                    taken[take["product"]] += number(take.get("pieces", take.get("ml", "0")))
            assert all(taken[name] <= handed[name] for name in taken), (day, dict(taken), dict(handed))
        left = {
            one["product"]: number(one.get("pieces", one.get("ml", "0"))) for one in self.answer["leftover"]
        }
        assert {name: handed[name] - taken[name] for name in handed if handed[name] != taken[name]} == left
