"""The sentences of a document in one language, as data: made by `plans.wording`, read by `plans.documents`.

So the drawing process needs no translations, and a document can be drawn again years later from its facts. Amounts are
written here because the decimal mark belongs to the language; every number keeps a no-break space before its unit and
before the name of the product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations, groupby, pairwise
from typing import Final

from plans.domain.amounts import NBSP, Dose, Volume
from plans.domain.errors import TaperplanError
from plans.domain.syringes import syringe_for
from plans.domain.taper.products import KEEP_HOURS, QUARTERS, Form, Product, Take, pieces_of
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimeOfDay
from plans.domain.taper.weekdays import EVERY_DAY, Weekdays

BREAK: Final = "|"


def set_in_lines(phrase: str) -> Iterator[tuple[str, ...]]:
    """The ways to break a phrase into lines at its marks, the fewest lines first."""
    parts = phrase.split(BREAK)
    for count in range(len(parts)):
        for cuts in combinations(range(1, len(parts)), count):
            ends = (0, *cuts, len(parts))
            yield tuple(" ".join(parts[start:end]) for start, end in pairwise(ends))


class TooManyPieces(TaperplanError):
    """More pieces at one time than there are words for (fact `pieces`): digits beside the strength would be misread."""

    code = "too_many_pieces"


def ending_key(schedule: Schedule) -> str:
    """The key of the sentence about the last shown day: of the plan, or of the pages if the dose goes on after them."""
    return "pages_end_sentence" if schedule.maintenance else "last_day_sentence"


def agreed_key(schedule: Schedule, day: date) -> str:
    """The key of the sentence on what a plan is for, as of a day: lowering, a dose that stays, or one after the
    other."""
    coming = [step for step in schedule if step.start > day and schedule.changes(step)]
    if not schedule.maintenance:
        return "plan_agreed"
    if not coming:
        return "plan_agreed_stays"
    lowers = any(step.kind is StepKind.CUT for step in coming)
    return "plan_agreed_lowers_to_stay" if lowers else "plan_agreed_changes"


@lru_cache(maxsize=4096)
def _mg(units: int, mark: str) -> str:
    # Cached: a calendar writes a handful of doses a thousand times.
    return f"{Dose(units).text.replace('.', mark)}{NBSP}mg"


def care_of_bottles(products: Iterable[Product], words: Words) -> list[str]:
    """How drops are counted, and how each liquid that is made at home is prepared."""
    found = list(products)
    said = [words.say("drops_care")] if any(product.is_drops for product in found) else []
    for product in found:
        if product.is_home_made:
            bottle = Take(product.made_of, quarters=product.bottle_quarters)
            pieces = [words.piece(piece).replace(BREAK, " ") for piece in pieces_of(bottle)]
            facts = {"pieces": words.listed(pieces), "volume": words.ml(product.per), "hours": KEEP_HOURS}
            said.append(words.say("home_made_care", **facts))
    return said


@dataclass(frozen=True, slots=True)
class FormWords:
    """The words for one form of product. `{p}` is "0.5 mg tablet" or "0.5 mg tablets"; `|` marks where a phrase may
    break, also inside a long name. `{strength}` and `{count}` ("two") are what they say."""

    name: str
    names: str
    one: str
    many: str
    half: str
    quarter: str
    three_quarters: str

    def named(self, strength: str, *, many: bool = False) -> str:
        """ "0.5 mg tablet" or "0.5 mg tablets", with no-break spaces up to its own break mark, if it has one."""
        name, mark, rest = (self.names if many else self.name).format(strength=strength).partition(BREAK)
        return name.replace(" ", NBSP) + mark + rest


@dataclass(frozen=True, slots=True)
class Words:
    """All sentences of the printed documents in one language; braces are placeholders."""

    language: str
    decimal_mark: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    numbers: tuple[str, ...]
    times: Mapping[TimeOfDay, str]
    times_inside: Mapping[TimeOfDay, str]
    forms: Mapping[Form, FormWords]
    said: Mapping[str, str]

    def say(self, key: str, **facts: object) -> str:
        """The sentence of a key, filled in. Raises KeyError for an unknown key, which is a fault of ours."""
        return self.said[key].format(**facts)

    def replaced(self, version: int) -> str:
        """What a document replaces: `version`, and all before it, of which the patient may hold any."""
        return self.say("replaces" if version == 1 else "replaces_all", version=version)

    def time(self, time: TimeOfDay) -> str:
        """A time of day as a heading: "Morning", "06:30"."""
        return self.times.get(time, time.value)

    def time_inside(self, time: TimeOfDay) -> str:
        """A time of day inside a sentence: "in the morning", "at 06:30"."""
        return self.times_inside.get(time) or self.say("at_clock", time=time.value)

    def when(self, time: TimeOfDay, weekdays: Weekdays = EVERY_DAY) -> str:
        """A time of day and the days of the week: "at night on Monday, Wednesday and Friday"; every day is not said."""
        return self.on_days(self.time_inside(time), weekdays)

    def on_days(self, text: str, weekdays: Weekdays) -> str:
        """A text with the days of the week that it is for; every day is not said."""
        if weekdays.every:
            return text
        return self.say("on_weekdays", time=text, days=self._named(weekdays.days))

    def _when_in_week(self, time: TimeOfDay, weekdays: Weekdays) -> str:
        """The same beside doses that are not taken every day: "at night every day"."""
        said = self.when(time, weekdays)
        return self.say("every_day", time=said) if weekdays.every else said

    def _named(self, weekdays: Iterable[int]) -> str:
        return self.listed([self.weekdays[day] for day in weekdays])

    def of_week(self, amount: str, weekdays: Weekdays) -> str:
        """An amount in a table: "5 mg", or "5 mg, 3 of 7 days" where it is not taken every day."""
        if weekdays.every:
            return amount
        return self.say("of_seven_days", amount=amount, days=len(weekdays))

    def day_total(self, step: Step, drug: str) -> str:
        """What a day adds up to of one drug: "5 mg"; where the days of a week differ, "15 mg a week"."""
        return self.say("a_week", dose=self.mg(step.week(drug))) if step.weekly else self.mg(step.total(drug))

    def number(self, text: str) -> str:
        """A decimal number as the language writes it."""
        return text.replace(".", self.decimal_mark)

    def mg(self, dose: Dose) -> str:
        """ "0.5 mg" with a no-break space."""
        return _mg(dose.units, self.decimal_mark)

    def ml(self, volume: Volume) -> str:
        """ "0.4 mL" with a no-break space."""
        return f"{self.number(volume.text)}{NBSP}mL"

    def product(self, product: Product, *, many: bool = False) -> str:
        """ "0.5 mg tablet"; a liquid is "oral solution, 1 mg in each mL"."""
        if product.is_drops:
            return self.say("drops_product", strength=self.mg(product.strength)).replace(" mg", f"{NBSP}mg")
        if product.is_home_made:
            made = {"strength": self.mg(product.strength), "volume": self.ml(product.per)}
            return self.say("home_made_product", **made)
        if product.is_liquid:
            name = self.forms[product.form].name
            said = self.say("liquid_product", name=name, strength=self.mg(product.strength))
            return said.replace(" mL", f"{NBSP}mL")
        return self.solid(product, many=many).replace(BREAK, NBSP)

    def solid(self, product: Product, *, many: bool) -> str:
        """A product that is not a liquid, with the break mark of its name if it has one."""
        return self.forms[product.form].named(self.mg(product.strength), many=many)

    def piece(self, take: Take) -> str:
        """One piece in words with its break mark: "half a|0.5 mg tablet", "two|0.5 mg tablets", "0.4 mL".

        Raises TooManyPieces.
        """
        if take.volume is not None:
            return self.ml(take.volume)
        if take.drops:
            name = self.counted_name(take)
            return f"{self.number(str(take.drops))}{BREAK}{name}"
        form, strength = self.forms[take.product.form], self.mg(take.product.strength)
        one, many = form.named(strength), form.named(strength, many=True)
        parts = {1: form.quarter, 2: form.half, 3: form.three_quarters, 4: form.one}
        if take.quarters in parts:
            return parts[take.quarters].format(p=one, strength=strength)
        count = take.quarters // 4
        if count >= len(self.numbers):
            raise TooManyPieces(pieces=count)
        return form.many.format(p=many, strength=strength, count=self.numbers[count])

    def counted_name(self, take: Take) -> str:
        """What is counted, as written after its count: "0.5 mg tablets", "drops"."""
        many = take.quarters > QUARTERS
        form = self.forms[take.product.form]
        return form.named(self.mg(take.product.strength), many=many)

    def filled(self, take: Take) -> str:
        """How far a syringe is filled for a measured take: "0.4 mL", "10 mL, then 1.8 mL", "10 mL, 2 times"."""
        said: list[str] = []
        volumes = [draw.volume for draw in take.draws] or [take.volume or Volume(0)]
        for volume, same in groupby(volumes):
            count = len(list(same))
            often = self.say("filled_often", volume=self.ml(volume), count=count)
            said.append(often if count > 1 else self.ml(volume))
        if len(said) == 1:
            return said[0]
        return self.say("then", first=said[0], next=said[1])

    def syringes(self, take: Take) -> list[str]:
        """The syringes that measure a take, each once: "10 mL oral syringe, marked every 0.5 mL"."""
        named = [draw.syringe for draw in take.draws]
        if not named and take.volume is not None:
            usual = syringe_for(take.volume)
            named = [usual] if usual is not None else []
        said = (self.say("syringe", size=self.ml(one.holds), step=self.ml(one.mark)) for one in named)
        return list(dict.fromkeys(text.replace("\n", " ") for text in said))

    def day(self, day: date) -> str:
        """ "14 December"."""
        return self.say("date_day", day=day.day, month=self.months[day.month - 1])

    def day_year(self, day: date) -> str:
        """ "14 December 2026"."""
        return self.say("date_day_year", day=day.day, month=self.months[day.month - 1], year=day.year)

    def weekday_day(self, day: date) -> str:
        """ "Monday 14 December"."""
        return self.say("date_weekday", weekday=self.weekdays[day.weekday()], date=self.day(day))

    def weekday_day_year(self, day: date) -> str:
        """ "Monday 14 December 2026"."""
        return self.say("date_weekday", weekday=self.weekdays[day.weekday()], date=self.day_year(day))

    def span(self, first: date, last: date, *, year: bool = False) -> str:
        """ "11 to 24 January", "28 December to 3 January"; one day is that day."""
        end = self.day_year(last) if year else self.day(last)
        if first == last:
            return end
        if year and first.year != last.year:
            start = self.day_year(first)
        elif first.month != last.month:
            start = self.day(first)
        else:
            start = str(first.day)
        return self.say("date_span", first=start, last=end)

    def days(self, days: Iterable[date], *, year: bool = False) -> str:
        """Days, grouped by month: "15 December and 20 January", "3, 10 and 17 December; 7 January"."""
        months: dict[tuple[int, int], list[str]] = {}
        for day in sorted(set(days)):
            months.setdefault((day.year, day.month), []).append(str(day.day))
        key = "date_day_year" if year else "date_day"
        said = [
            self.say(key, day=self.listed(numbers), month=self.months[month - 1], year=of)
            for (of, month), numbers in months.items()
        ]
        if any(len(numbers) > 1 for numbers in months.values()):
            return "; ".join(said)
        return self.listed(said)

    def month(self, year: int, month: int) -> str:
        """ "December 2026"."""
        return self.say("date_month", month=self.months[month - 1], year=year)

    def listed(self, things: list[str], *, link: str = "and") -> str:
        """ "a, b and c"; after a "no" with `link="or"`: "a, b or c"."""
        if len(things) < 2:
            return "".join(things)
        return self.say(link, first=", ".join(things[:-1]), last=things[-1])

    def agreed(self, schedule: Schedule, day: date, clinician: str) -> str:
        """What the plan is for, and with whom it was agreed."""
        return self.say(agreed_key(schedule, day), clinician=clinician)

    def beside(self, schedule: Schedule) -> str:
        """When each ended drug ended, that bedtime is later than night if a plan has both, and the days of the week of
        each step whose days differ; "" if there is nothing to say."""
        said = [
            self.say("drug_ended", drug=drug, date=self.day_year(last)) for drug, last in schedule.drugs_ended
        ]
        if {TimeOfDay.NIGHT, TimeOfDay.BEDTIME} <= set(schedule.times):
            said.append(self.say("bedtime_is_later"))
        said += [self._weekly(step, many=len(schedule.drugs) > 1) for step in schedule if step.weekly]
        return " ".join(said)

    def _weekly(self, step: Step, *, many: bool) -> str:
        """On which days of the week the doses of a step are taken, and on which there is none."""
        doses = [
            self.say(
                "take_at",
                pieces=self.say("drug_named", drug=dose.drug, product=self.mg(dose.dose))
                if many
                else self.mg(dose.dose),
                time=self._when_in_week(dose.time, dose.weekdays),
            )
            for dose in step.doses
        ]
        dates = self.span(step.start, step.end, year=True)
        off = [n for n, day in enumerate(step.week_of_days) if not day.doses]
        said = self.say("weekly_step", dates=dates, doses=self.listed(doses))
        return f"{said} {self.say('days_off', days=self._named(off))}" if off else said
