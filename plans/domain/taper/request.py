"""A taper request: JSON read strictly and written back canonically.

Defaults, all stated in the answer's request: country US, its products, goal 0, equivalents of Ashton 2002, four things
to take at a time, fills of 28 days, times of day falling in the order of the day (so that daytime doses end before the
night dose), several drugs one after another in the order of the regimen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Final

from plans.domain.amounts import UNITS_PER_MG, ZERO, Dose, Volume
from plans.domain.syringes import BadSyringe, Syringe, syringe_of
from plans.domain.taper import catalogue, published_names
from plans.domain.taper.crossover import Crossover, complete
from plans.domain.taper.drug import COUNTRIES, DEFAULT_COUNTRY, Spread
from plans.domain.taper.equivalence import DEFAULT_TABLE, TABLES, PairNotCovered, ratio_range
from plans.domain.taper.methods import METHODS, AnyMethod
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.patient_facts import PatientFacts
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.products import LIQUIDS, QUARTERS, BadProduct, Form, Product, Take, each_once
from plans.domain.taper.reading import (
    amount,
    day,
    flag,
    items,
    kind,
    members,
    plain_text,
    read_json,
    time_of_day,
    times_of_day,
    volume,
    weekdays,
    weekdays_of,
    whole,
    word,
    words,
    yes_or_no,
)
from plans.domain.taper.refusals import (
    Duplicate,
    MissingKey,
    MixedTimes,
    NotOneOf,
    PausesTyped,
    TooMany,
    WeeklyPattern,
    WrongType,
)
from plans.domain.taper.schedule import MOST_TIMES, USUAL_TIMES, Step, TimeOfDay, times_of_plan
from plans.domain.taper.supply import FILL_DAYS, BadInstalments
from plans.domain.taper.tablets import DEFAULT_MAX_PIECES, MOST_PIECES
from plans.domain.taper.weekdays import DAYS_A_WEEK, EVERY_DAY, Weekdays

DEFAULT_DISPENSE: Final = 28
_MOST_PRODUCTS: Final = 60
_MOST_SYRINGES: Final = 8
_MOST_BEFORE: Final = 400
MOST_AT_HOME: Final = 10_000
_WEDNESDAY: Final = 2
_REQUIRED: Final = ("start", "regimen", "method")
_OPTIONAL: Final = (
    "products",
    "country",
    "crossover",
    "goal_mg",
    "equivalence",
    "max_pieces",
    "dispense_days",
    "falls_first",
    "drug_order",
    "patient",
    "taken_before",
    "end",
    "instalment_days",
    "stock",
    "spread",
    "preparation",
    "interleave",
    "syringes",
    "published",
    "pauses",
)
_SPREADS: Final = tuple(spread.value for spread in Spread)
# The preparations a request may name; a mixture is only the fallback when nothing else makes the doses.
_PREPARATIONS: Final = tuple(name.value for name in PreparationName if name is not PreparationName.MIXED)


@dataclass(frozen=True, slots=True)
class Intake:
    """A dose of a drug taken now at a time of day, on some days of the week or all."""

    time: TimeOfDay
    drug: str
    dose: Dose
    weekdays: Weekdays = EVERY_DAY


@dataclass(frozen=True, slots=True)
class TakenBefore:
    """What was taken on a number of consecutive days before the plan."""

    days: int
    regimen: tuple[Intake, ...]


@dataclass(frozen=True, slots=True)
class AtHome:
    """Stock of a product at hand before the plan, by its name: whole tablets or capsules, or whole mL."""

    product: str
    whole_units: int


# Three times the guideline's longest interval between cuts, 4 weeks (JCPG 2025, key takeaway 5); three is ours.
LONGEST_STEP: Final = 84
# The smallest published last dose, mg of diazepam: "0.5 to 1 mg" (NICE CKS and Maudsley, second hand).
LAST_DOSE: Final = Dose.parse("0.5")


@dataclass(frozen=True, slots=True)
class PlanEnd:
    """How a plan should end; departures are noted.

    No day on less than `last_dose` of the drug that ends last (zero: any dose), and no step kept for more than
    `longest_step_days` because the products cannot make a smaller cut. `stages` are the days of the week on which the
    last dose is still taken before the stop, one interval each.
    """

    last_dose: Dose = ZERO
    longest_step_days: int = LONGEST_STEP
    stages: tuple[Weekdays, ...] = ()

    @classmethod
    def from_json(cls, value: object, drug: str, table: str) -> PlanEnd:
        """Read {last_dose_mg?, longest_step_days?, days_of_week?}; the default last dose equals 0.5 mg of diazepam."""
        found = members(value, "end", optional=("last_dose_mg", "longest_step_days", "days_of_week"))
        longest = found.get("longest_step_days", LONGEST_STEP)
        return cls(
            amount(found["last_dose_mg"], "end.last_dose_mg", zero=True)
            if "last_dose_mg" in found
            else _last_dose(drug, table),
            whole(longest, "end.longest_step_days", lowest=1, highest=366),
            _stages(found["days_of_week"], "end.days_of_week") if "days_of_week" in found else (),
        )

    def differs(self, drug: str, table: str) -> bool:
        """Whether it differs from the default end."""
        return self != PlanEnd.from_json({}, drug, table)

    def to_json(self) -> dict[str, object]:
        """The end as a request writes it."""
        stages: dict[str, object] = (
            {"days_of_week": [stage.names for stage in self.stages]} if self.stages else {}
        )
        return {"last_dose_mg": self.last_dose.text, "longest_step_days": self.longest_step_days} | stages


def _stages(value: object, where: str) -> tuple[Weekdays, ...]:
    """Lists of days of the week, each with fewer days than the one before it."""
    found: list[Weekdays] = []
    before = DAYS_A_WEEK
    for n, item in enumerate(items(value, where, most=DAYS_A_WEEK)):
        stage = weekdays(item, f"{where}[{n}]")
        if len(stage) >= before:
            raise WeeklyPattern(where=f"{where}[{n}]", why="not_fewer", count=len(stage), before=before)
        before = len(stage)
        found.append(stage)
    return tuple(found)


def _last_dose(drug: str, table: str) -> Dose:
    """The equivalent of the smallest published last dose, rounded up; zero if the table does not cover the drug."""
    try:
        mg, _ = ratio_range(drug, table)
    except PairNotCovered:
        return ZERO
    return Dose(-(-LAST_DOSE.units * mg.numerator // (10 * mg.denominator)))


@dataclass(frozen=True, slots=True)
class PlannedPause:
    """Days on which no dose changes: holidays, exams, a birth. A change due on one of them waits for the day after."""

    start: date
    days: int

    @property
    def after(self) -> date:
        """The first day after it."""
        return self.start + timedelta(days=self.days)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    def lies_in(self, step: Step) -> bool:
        """Whether a step's dose covers the whole pause; after a change to the plan it may no longer do so."""
        return step.start <= self.start and self.last <= step.end


def after_pauses(pauses: tuple[PlannedPause, ...], day: date) -> date:
    """The first day from `day` on that is in no pause."""
    while inside := [pause for pause in pauses if pause.start <= day < pause.after]:
        day = max(pause.after for pause in inside)
    return day


@dataclass(frozen=True, slots=True)
class TaperRequest:
    """A taper as requested. `products` is None for the country's own; orders are complete.

    Each fill of `dispense_days` is handed out in parts of `instalment_days`, or at once (None). `stock` is used before
    the first fill. `syringes` are what liquids are drawn with; without any, only the finest mark of each liquid is
    known.

    `spread` is how a lower day is shared over the times of day, by drug; a drug not in it has its own default.
    `interleave` lowers several drugs in turn, one cut each, instead of one after another. `preparation` is what the
    doses are to be made of, by drug; a drug not in it gets what suits its plan best. `pauses` are days on which no dose
    changes; a step due then begins after them. `published` names the published schedule that the plan follows, "" if
    none. `taken_before` are the days before the plan whose doses are known, newest last; before them the regimen is
    assumed.
    """

    start: date
    regimen: tuple[Intake, ...]
    method: AnyMethod
    products: tuple[Product, ...] | None = None
    country: str = DEFAULT_COUNTRY
    crossover: Crossover | None = None
    goal: Dose = ZERO
    goal_stated: bool = False
    equivalence: str = DEFAULT_TABLE
    max_pieces: int = DEFAULT_MAX_PIECES
    dispense_days: int = DEFAULT_DISPENSE
    falls_first: tuple[TimeOfDay, ...] = USUAL_TIMES
    drug_order: tuple[str, ...] = ()
    patient: PatientFacts | None = None
    taken_before: tuple[TakenBefore, ...] = ()
    instalment_days: int | None = None
    stock: tuple[AtHome, ...] = ()
    spread: tuple[tuple[str, Spread], ...] = ()
    preparation: tuple[tuple[str, PreparationName], ...] = ()
    interleave: bool = False
    end: PlanEnd = PlanEnd()
    published: str = ""
    pauses: tuple[PlannedPause, ...] = ()

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs of the request: those taken, then the crossover's."""
        to = () if self.crossover is None else (self.crossover.to,)
        return tuple(dict.fromkeys((*(intake.drug for intake in self.regimen), *to)))

    def with_products(self, products: Iterable[Product]) -> TaperRequest:
        """The request with these products, each once and drawn with its syringes, as its schedule has them."""
        return replace(self, products=each_once(products, self.syringes))

    def spread_of(self, drug: str) -> Spread:
        """How a lower day of a drug is shared over the times of day: as asked for, else the drug's default."""
        return dict(self.spread).get(drug, catalogue.drug(drug).spread.value)

    syringes: tuple[Syringe, ...] = ()

    @classmethod
    def from_text(cls, text: str | bytes) -> TaperRequest:
        """Read JSON text. Raises BadJson, DuplicateKey and whatever `from_json` raises."""
        return cls.from_json(read_json(text))

    @classmethod
    def from_json(cls, obj: object) -> TaperRequest:
        """Read a parsed request. Raises TaperError with the JSON path in `where`."""
        found = members(obj, "", required=_REQUIRED, optional=_OPTIONAL)
        regimen = intakes(found["regimen"], "regimen", weekly=True)
        drugs = tuple(dict.fromkeys(intake.drug for intake in regimen))
        syringes = read_syringes(found.get("syringes", []), "syringes")
        dispense_days = _fill_days(found.get("dispense_days", DEFAULT_DISPENSE), "dispense_days")
        method = read_method(found["method"])
        times = _times(found, regimen, method)
        crossover = (
            Crossover.from_json(found["crossover"], "crossover", times) if "crossover" in found else None
        )
        all_drugs = drugs if crossover is None else tuple(dict.fromkeys((*drugs, crossover.to)))
        drug_order = words(found.get("drug_order", list(drugs)), "drug_order", drugs)
        table = word(found.get("equivalence", DEFAULT_TABLE), "equivalence", TABLES)
        return cls(
            start=day(found["start"], "start"),
            regimen=regimen,
            method=method,
            products=_products(found["products"], syringes) if "products" in found else None,
            country=word(found.get("country", DEFAULT_COUNTRY), "country", COUNTRIES),
            crossover=crossover,
            goal=amount(found.get("goal_mg", "0"), "goal_mg", zero=True),
            goal_stated="goal_mg" in found,
            equivalence=table,
            max_pieces=whole(
                found.get("max_pieces", DEFAULT_MAX_PIECES), "max_pieces", lowest=1, highest=MOST_PIECES
            ),
            dispense_days=dispense_days,
            falls_first=complete(
                times_of_day(found["falls_first"], "falls_first") if "falls_first" in found else (), times
            ),
            drug_order=drug_order,
            patient=PatientFacts.from_json(found["patient"]) if "patient" in found else None,
            taken_before=_taken_before(found["taken_before"]) if "taken_before" in found else (),
            end=_end(found, method, crossover.to if crossover else drug_order[-1], table),
            instalment_days=_instalments(found["instalment_days"], dispense_days)
            if "instalment_days" in found
            else None,
            stock=_stock(found["stock"]) if "stock" in found else (),
            spread=_spread(found, all_drugs),
            interleave=flag(found.get("interleave", False), "interleave"),
            preparation=tuple(
                (drug, PreparationName(name))
                for drug, name in _by_drug(found, "preparation", all_drugs, _PREPARATIONS)
            ),
            pauses=_pauses(found["pauses"], method) if "pauses" in found else (),
            published=word(found["published"], "published", published_names.names())
            if "published" in found
            else "",
            syringes=syringes,
        )

    def to_json(self) -> dict[str, object]:
        """The request with every default written out and every amount in canonical form."""
        written: dict[str, object] = {
            "start": self.start.isoformat(),
            "regimen": _intakes_json(self.regimen),
            "country": self.country,
            "method": self.method.to_json(),
            "equivalence": self.equivalence,
            "max_pieces": self.max_pieces,
            "dispense_days": self.dispense_days,
            "falls_first": [time.value for time in self.falls_first],
            "drug_order": list(self.drug_order),
            "spread": _by_drug_json({drug: self.spread_of(drug).value for drug in self.drugs}, self.drugs),
            "end": self.end.to_json(),
        }
        if self.goal_stated:
            written["goal_mg"] = self.goal.text
        if self.products is not None:
            written["products"] = [product_json(product) for product in self.products]
        if self.crossover is not None:
            written["crossover"] = self.crossover.to_json()
        if self.patient is not None:
            written["patient"] = self.patient.to_json()
        if self.interleave:
            written["interleave"] = True
        if self.preparation:
            chosen = {drug: name.value for drug, name in self.preparation}
            written["preparation"] = _by_drug_json(chosen, self.drugs)
        if self.taken_before:
            written["taken_before"] = [
                {"days": one.days, "doses": _intakes_json(one.regimen)} for one in self.taken_before
            ]
        if self.syringes:
            written["syringes"] = syringes_json(self.syringes)
        if self.stock:
            written["stock"] = [asdict(one) for one in self.stock]
        pauses = [{"from": pause.start.isoformat(), "days": pause.days} for pause in self.pauses]
        asked = {"instalment_days": self.instalment_days, "published": self.published, "pauses": pauses}
        return written | {key: value for key, value in asked.items() if value}


def _end(found: Mapping[str, object], method: AnyMethod, drug: str, table: str) -> PlanEnd:
    """How the plan is to end. Raises WeeklyPattern for nights off that are not possible there."""
    end = PlanEnd.from_json(found.get("end", {}), drug, table)
    if not end.stages:
        return end
    where = "end.days_of_week"
    if isinstance(method, Typed):
        raise WeeklyPattern(where=where, why="typed")
    if amount(found.get("goal_mg", "0"), "goal_mg", zero=True):
        raise WeeklyPattern(where=where, why="goal")
    if method.interval_days < DAYS_A_WEEK:
        raise WeeklyPattern(where=where, why="short", days=method.interval_days)
    return end


def intakes(value: object, where: str, *, least: int = 1, weekly: bool = False) -> tuple[Intake, ...]:
    """The doses of a day, [{time, drug, dose_mg}], each time and drug once. Raises TaperError with the path.

    With `weekly` they may have `days_of_week`, and each time and drug may occur once for each day of the week.
    """
    found: list[Intake] = []
    for n, item in enumerate(items(value, where, most=MOST_TIMES * len(catalogue.names()), least=least)):
        here = f"{where}[{n}]"
        optional = ("days_of_week",) if weekly else ()
        one = members(item, here, required=("time", "drug", "dose_mg"), optional=optional)
        time = time_of_day(one["time"], f"{here}.time")
        drug = word(one["drug"], f"{here}.drug", catalogue.names())
        on = weekdays_of(one, here)
        if any((other.time, other.drug) == (time, drug) and on.meets(other.weekdays) for other in found):
            raise Duplicate(where=here, what=f"{time.value} {drug}")
        found.append(Intake(time, drug, amount(one["dose_mg"], f"{here}.dose_mg"), on))
    return tuple(found)


def _times(
    found: Mapping[str, object], regimen: tuple[Intake, ...], method: AnyMethod
) -> tuple[TimeOfDay, ...]:
    """The times of day of a plan: those taken now, and those of typed rows. Raises MixedTimes and TooMany.

    Days before the plan may have had other times of day, in another plan.
    """
    named = [(intake.time, f"regimen[{n}].time") for n, intake in enumerate(regimen)]
    if isinstance(method, Typed):
        named += [
            (time, f"method.rows[{n}].doses[{i}].time")
            for n, row in enumerate(method.rows)
            for i, (time, _, _) in enumerate(row.doses)
        ]
    count = len({time for time, _ in named})
    if count > MOST_TIMES:
        raise TooMany(where="regimen", count=count, most=MOST_TIMES)
    crossover = found.get("crossover")
    orders = {
        "falls_first": found.get("falls_first"),
        "crossover.order": crossover.get("order") if isinstance(crossover, dict) else None,
    }
    for where, order in orders.items():
        if order is not None:
            named += [(time, f"{where}[{n}]") for n, time in enumerate(times_of_day(order, where))]
    check_one_kind(named, regimen[0].time)
    return times_of_plan(time for time, _ in named)


def check_one_kind(named: Iterable[tuple[TimeOfDay, str]], first: TimeOfDay) -> None:
    """Check that all times of day, each with its path, are names or clock times like the first. Raises MixedTimes."""
    for time, where in named:
        if time.by_clock != first.by_clock:
            raise MixedTimes(where=where, raw=time.value, first=first.value)


def _intakes_json(regimen: tuple[Intake, ...]) -> list[dict[str, object]]:
    return [
        {"time": intake.time.value, "drug": intake.drug, "dose_mg": intake.dose.text}
        | ({} if intake.weekdays is EVERY_DAY else {"days_of_week": intake.weekdays.names})
        for intake in regimen
    ]


def _taken_before(value: object) -> tuple[TakenBefore, ...]:
    """Stretches of days before the plan; one without doses is a time in which nothing was taken."""
    found = []
    for n, item in enumerate(items(value, "taken_before", most=_MOST_BEFORE)):
        where = f"taken_before[{n}]"
        one = members(item, where, required=("days", "doses"))
        days = whole(one["days"], f"{where}.days", lowest=1, highest=366)
        found.append(TakenBefore(days, intakes(one["doses"], f"{where}.doses", least=0, weekly=True)))
    return tuple(found)


def _spread(found: Mapping[str, object], drugs: tuple[str, ...]) -> tuple[tuple[str, Spread], ...]:
    """The spread of every drug: as asked for, else the drug's default."""
    asked = {drug: Spread(name) for drug, name in _by_drug(found, "spread", drugs, _SPREADS)}
    return tuple((drug, asked.get(drug, catalogue.drug(drug).spread.value)) for drug in drugs)


def _by_drug(
    found: Mapping[str, object], key: str, drugs: tuple[str, ...], allowed: tuple[str, ...]
) -> list[tuple[str, str]]:
    """A choice for all drugs (a text) or by drug (an object); empty if the key is absent."""
    if key not in found:
        return []
    value = found[key]
    if not isinstance(value, dict):
        chosen = word(value, key, allowed)
        return [(drug, chosen) for drug in drugs]
    one = members(value, key, optional=drugs)
    return [(drug, word(one[drug], f"{key}.{drug}", allowed)) for drug in drugs if drug in one]


def _by_drug_json(chosen: Mapping[str, str], drugs: tuple[str, ...]) -> str | dict[str, str]:
    """A choice by drug as a request writes it: one text if it is the same for all drugs."""
    names = set(chosen.values())
    return names.pop() if len(names) == 1 and len(chosen) == len(drugs) else dict(chosen)


def _pauses(value: object, method: AnyMethod) -> tuple[PlannedPause, ...]:
    if isinstance(method, Typed):
        raise PausesTyped(where="pauses")
    found = []
    for n, item in enumerate(items(value, "pauses", most=_MOST_PRODUCTS)):
        where = f"pauses[{n}]"
        one = members(item, where, required=("from", "days"))
        days = whole(one["days"], f"{where}.days", lowest=1, highest=366)
        found.append(PlannedPause(day(one["from"], f"{where}.from"), days))
    return tuple(found)


def read_method(value: object) -> AnyMethod:
    """A method as a request writes it. Raises TaperError with the path."""
    if not isinstance(value, dict):
        raise WrongType(where="method", expected="object", got=kind(value))
    if "name" not in value:
        raise MissingKey(where="method.name", key="name")
    return METHODS[word(value["name"], "method.name", METHODS)].from_json(value, "method")


def _products(value: object, syringes: tuple[Syringe, ...]) -> tuple[Product, ...]:
    found: list[Product] = []
    for n, item in enumerate(items(value, "products", most=_MOST_PRODUCTS)):
        product = _product(item, f"products[{n}]", syringes)
        if any(product.name == other.name for other in found):
            raise Duplicate(where=f"products[{n}]", what=product.name)
        found.append(product)
    return tuple(found)


def _product(value: object, where: str, syringes: tuple[Syringe, ...] = ()) -> Product:
    """A product; the finest mark of the plan's `syringes` replaces a missing `step_ml`."""
    if not isinstance(value, dict):
        raise WrongType(where=where, expected="object", got=kind(value))
    try:
        if "from" in value:
            return _home_made(value, where, syringes)
        if "form" not in value:
            raise MissingKey(where=f"{where}.form", key="form")
        form = Form(word(value["form"], f"{where}.form", [form.value for form in Form]))
        if form in LIQUIDS:
            return _liquid(value, where, form, syringes)
        if form is Form.DROPS:
            return _drops(value, where)
        one = members(value, where, required=("drug", "form", "strength_mg"), optional=("split", "to_order"))
        return Product(
            _drug(one, where),
            form,
            amount(one["strength_mg"], f"{where}.strength_mg"),
            split=whole(one.get("split", 1), f"{where}.split", lowest=1, highest=4),
            to_order=yes_or_no(one.get("to_order", False), f"{where}.to_order"),
        )
    except BadProduct as refusal:
        raise refusal.at(where) from None


def _drug(one: Mapping[str, object], where: str) -> str:
    return word(one["drug"], f"{where}.drug", catalogue.names())


def _liquid(value: object, where: str, form: Form, syringes: tuple[Syringe, ...]) -> Product:
    one = members(value, where, required=("drug", "form", "mg_per_ml"), optional=("step_ml", "syringes"))
    own = read_syringes(one.get("syringes", []), f"{where}.syringes")
    return Product(
        _drug(one, where),
        form,
        amount(one["mg_per_ml"], f"{where}.mg_per_ml"),
        step_ml=_finest(one, where, (*own, *syringes)),
        syringes=own,
    )


def _finest(one: Mapping[str, object], where: str, syringes: tuple[Syringe, ...]) -> Volume:
    """The finest mark a liquid is drawn to: its `step_ml`, or that of the syringes named."""
    if "step_ml" in one:
        return volume(one["step_ml"], f"{where}.step_ml")
    if not syringes:
        raise MissingKey(where=f"{where}.step_ml", key="step_ml")
    return min(syringe.mark for syringe in syringes)


def _drops(value: object, where: str) -> Product:
    one = members(value, where, required=("drug", "form", "mg_per_drop"), optional=("mg_per_ml",))
    drop, per_ml = amount(one["mg_per_drop"], f"{where}.mg_per_drop"), 0
    if "mg_per_ml" in one:
        per_ml, rest = divmod(amount(one["mg_per_ml"], f"{where}.mg_per_ml").units, drop.units)
        if rest or not per_ml:
            raise BadProduct(why="drops_not_whole")
    return Product(_drug(one, where), Form.DROPS, drop, drops_per_ml=per_ml)


def _home_made(value: object, where: str, syringes: tuple[Syringe, ...]) -> Product:
    """A suspension made from a number of tablets in a volume of water."""
    one = members(value, where, required=("drug", "from", "water_ml"), optional=("step_ml", "syringes"))
    source = members(one["from"], f"{where}.from", required=("strength_mg", "pieces"))
    tablet = amount(source["strength_mg"], f"{where}.from.strength_mg")
    # parsed like a dose, so that "0.5" is half a tablet and "1.3" is refused
    pieces = amount(source["pieces"], f"{where}.from.pieces").units * QUARTERS
    quarters, rest = divmod(pieces, UNITS_PER_MG)
    strength, odd = divmod(tablet.units * quarters, QUARTERS)
    if rest or odd:
        raise BadProduct(where=f"{where}.from.pieces", why="not_of_tablets")
    own = read_syringes(one.get("syringes", []), f"{where}.syringes")
    return Product(
        _drug(one, where),
        Form.SUSPENSION,
        Dose(strength),
        step_ml=_finest(one, where, (*own, *syringes)),
        per=volume(one["water_ml"], f"{where}.water_ml"),
        tablet=tablet,
        syringes=own,
    )


def read_syringes(value: object, where: str) -> tuple[Syringe, ...]:
    """Oral syringes, [{size_ml, mark_ml}], ordered by size. Raises TaperError with the path."""
    found: list[Syringe] = []
    for n, item in enumerate(items(value, where, most=_MOST_SYRINGES, least=0)):
        here = f"{where}[{n}]"
        one = members(item, here, required=("size_ml", "mark_ml"))
        try:
            syringe = syringe_of(
                volume(one["size_ml"], f"{here}.size_ml"), volume(one["mark_ml"], f"{here}.mark_ml")
            )
        except BadSyringe as refusal:
            raise refusal.at(here) from None
        if syringe in found:
            raise Duplicate(where=here, what=f"{syringe.holds.text} mL")
        found.append(syringe)
    return tuple(sorted(found))


def syringes_json(syringes: Iterable[Syringe]) -> list[dict[str, str]]:
    """Syringes as a request writes them."""
    return [{"size_ml": one.holds.text, "mark_ml": one.mark.text} for one in syringes]


def product_json(product: Product) -> dict[str, object]:
    """A product as a request writes it."""
    written: dict[str, object] = {"drug": product.drug, "form": product.form.value}
    if product.is_drops:
        written["mg_per_drop"] = product.strength.text
        if product.drops_per_ml:
            written["mg_per_ml"] = (product.strength * product.drops_per_ml).text
        return written
    if product.step_ml is None:
        order = {"to_order": True} if product.to_order else {}
        return written | {"strength_mg": product.strength.text, "split": product.split} | order
    if product.is_home_made:
        pieces = Take(product.made_of, quarters=product.bottle_quarters).pieces
        written = {
            "drug": product.drug,
            "from": {"strength_mg": product.tablet.text, "pieces": pieces},
            "water_ml": product.per.text,
        }
    else:
        written["mg_per_ml"] = product.strength.text
    written["step_ml"] = product.step_ml.text
    if product.syringes:
        written["syringes"] = syringes_json(product.syringes)
    return written


def product_from_json(value: Mapping[str, object], where: str) -> Product:
    """A product as `product_json` wrote it."""
    return _product(value, where)


def _fill_days(value: object, where: str) -> int:
    days = whole(value, where, lowest=1, highest=366)
    if days not in FILL_DAYS:
        raise NotOneOf(where=where, raw=str(days), allowed=[str(allowed) for allowed in FILL_DAYS])
    return days


def _instalments(value: object, dispense_days: int) -> int:
    days = _fill_days(value, "instalment_days")
    if days >= dispense_days:
        raise BadInstalments(where="instalment_days", days=days, fill_days=dispense_days)
    return days


def _stock(value: object) -> tuple[AtHome, ...]:
    found: list[AtHome] = []
    for n, item in enumerate(items(value, "stock", most=_MOST_PRODUCTS)):
        where = f"stock[{n}]"
        one = members(item, where, required=("product", "whole_units"))
        name = plain_text(one["product"], f"{where}.product")
        if any(name == other.product for other in found):
            raise Duplicate(where=where, what=name)
        units = whole(one["whole_units"], f"{where}.whole_units", lowest=0, highest=MOST_AT_HOME)
        found.append(AtHome(name, units))
    return tuple(found)


def default_start(today: date) -> date:
    """The first Monday, Tuesday or Wednesday from `today` on: a new dose takes effect while the clinic is open."""
    while today.weekday() > _WEDNESDAY:
        today += timedelta(days=1)
    return today
