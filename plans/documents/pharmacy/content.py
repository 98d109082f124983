"""The content of the pharmacy sheet: directions, units per step and per fill, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.amounts import MICROLITRES_PER_ML, NBSP, ZERO, Volume
from plans.domain.documents.calendar import Entry, Slot, entries, last_shown_day
from plans.domain.documents.words import BREAK
from plans.domain.taper.products import Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimeOfDay, in_order
from plans.domain.taper.supply import FILL_DAYS, day_needs, first_fill, in_packs, plan_supply
from plans.domain.taper.weekdays import Weekdays

MOST_CHANGES = 6
# Quarters of a solid or microlitres of a liquid per unit handed out.
QUARTERS = 4


@dataclass(frozen=True)
class FillRow:
    """One fill: its days, and whole units (tablets, or mL) by product."""

    first: date
    last: date
    units: dict[Product, int]


@dataclass(frozen=True)
class Change:
    """One row of "what changed": its subject, the old version's text, this version's text."""

    of: str
    old: str
    new: str


def direction(context: PharmacyContext, step: Step, *, held: bool = True) -> str:
    """The full sentence for the label: "Take half a 0.5 mg tablet in the morning, and two 0.5 mg tablets at night.".

    `held`: a count stays on one line with its product. In a narrow column only a number stays with its unit.
    """
    words, parts = context.words, []
    for entry in context.steps.entries(step):
        if not entry.dose:
            continue
        phrases = [
            words.say("take_measured", volume=_drawn(context, piece), dose=words.mg(piece.dose))
            if piece.volume is not None
            else context.plain_phrase(piece)
            for piece in entry.pieces
        ]
        if held:
            phrases = [phrase.replace(" ", NBSP) for phrase in phrases]
        time = words.when(entry.slot.time, entry.weekdays)
        parts.append(words.say("take_at", pieces=words.listed(phrases), time=time))
    if not parts:
        return words.say("take_nothing")
    what = parts[0] if len(parts) == 1 else words.say("sig_and", first=", ".join(parts[:-1]), last=parts[-1])
    return words.say("take_hold" if step.kind is StepKind.HOLD else "take", what=what)


def _drawn(context: PharmacyContext, piece: Take) -> str:
    """A volume, with its draws if it needs several: "11.8 mL oral solution (10 mL, then 1.8 mL)"."""
    phrase = context.plain_phrase(piece)
    if len(piece.draws) < 2:
        return phrase
    return f"{phrase} ({context.words.filled(piece)})"


def parts_of(take: Take) -> int:
    """Quarters of a solid or microlitres of a liquid in a take."""
    return take.volume.microlitres if take.volume is not None else take.quarters


def step_units(context: PharmacyContext, step: Step, product: Product) -> str:
    """The total of a product that a step uses: "35", "6.5", "56 mL", "70 drops", "none"."""
    parts = sum(span.days * day_needs(context.schedule, span).get(product, 0) for span in step.spans)
    return parts_words(context, product, parts)


def parts_words(context: PharmacyContext, product: Product, parts: int) -> str:
    """Quarters or microlitres of a product as a count: "6.5", "56 mL", "70 drops", "none"."""
    words = context.words
    if not parts:
        return words.say("none")
    if product.is_liquid:
        return words.ml(Volume(parts))
    take = Take(product, quarters=parts)
    return words.piece(take).replace(BREAK, NBSP) if take.drops else words.number(take.pieces)


def fill_units(context: PharmacyContext, product: Product, units: int) -> str:
    """Whole units of a fill: "77", "60 mL", "none"."""
    if not units:
        return context.words.say("none")
    if product.handed_out_in_ml:
        return context.words.ml(Volume(units * MICROLITRES_PER_ML))
    return parts_words(context, product, units * QUARTERS) if product.is_drops else str(units)


def fills(context: PharmacyContext) -> list[FillRow]:
    """What is handed out from the day of making on, one row each time: fills, or the instalments of fills."""
    facts = context.facts
    supply = plan_supply(
        context.schedule,
        fill_days(context),
        from_day=fills_from(context),
        stock=facts.at_hand,
        instalment_days=facts.instalment_days,
    )
    rows: dict[tuple[date, date], dict[Product, int]] = {}
    for fill in supply.instalments or supply.fills:
        rows.setdefault((fill.first, fill.last), {})[fill.product] = fill.whole_units
    return [FillRow(first, last, units) for (first, last), units in sorted(rows.items())]


def to_hand_over(context: PharmacyContext) -> list[str]:
    """Other things to hand out: syringes, and ingredients for bottles made at home."""
    words, schedule = context.words, context.schedule
    takes = [take for step in context.steps_shown for dose in step.doses for take in dose.take if take.draws]
    named = list(dict.fromkeys(text for take in takes for text in words.syringes(take)))
    said = [words.say("syringes_to_give", syringes="; ".join(named))] if named else []
    stock = context.facts.at_hand
    supply = plan_supply(schedule, fill_days(context), from_day=fills_from(context), stock=stock)
    for product, count in supply.bottles.items():
        pieces = words.number(Take(product.made_of, quarters=product.bottle_quarters).pieces)
        tablets = f"{pieces} {context.product_named(product.made_of, many=True)}"
        said.append(words.say("bottles", product=context.product_named(product), count=count, pieces=tablets))
    return [*said, *_pack_words(context)]


def _pack_words(context: PharmacyContext) -> list[str]:
    """How many packs the units of each fill are, one line per product whose packs are known: "28 = 1 × 28"."""
    words, said = context.words, []
    for product in context.supplied:
        sizes = context.facts.packs.get(product, ())
        counts = dict.fromkeys(row.units.get(product, 0) for row in fills(context))
        told = [_in_packs(context, count, sizes) for count in counts if count and sizes]
        if any(told):
            named = context.product_named(product, many=True)
            said.append(words.say("packs", product=named, counts="; ".join(filter(None, told))))
    return said


def _in_packs(context: PharmacyContext, units: int, sizes: tuple[int, ...]) -> str:
    """ "56 = 2 × 28", "60 = 2 × 28 and 4"; "" for less than a pack."""
    packs, size, loose = in_packs(units, sizes)
    if not packs:
        return ""
    return f"{units} = {context.words.listed([f'{packs} × {size}', *([str(loose)] if loose else [])])}"


def instalment_words(context: PharmacyContext) -> str:
    """The words that a fill is handed out in instalments; "" if it is handed out at once."""
    days = context.facts.instalment_days
    if days is None:
        return ""
    return context.words.say("instalments", days=days, fill_days=fill_days(context))


def all_fills_key(context: PharmacyContext) -> str:
    """The key of the words beside the totals: of all fills, or of those on this sheet if the dose goes on."""
    return "fills_here" if context.schedule.maintenance else "all_fills"


def fills_from(context: PharmacyContext) -> date:
    """The first day that the fills are for; on further pages, that of the fill after the current one."""
    return context.facts.fills_from or first_fill(context.schedule, context.facts.made_on)


def at_hand_words(context: PharmacyContext) -> str:
    """The words on what should be at home and is used before the first fill, and how that is known; "" without any."""
    words, facts, said = context.words, context.facts, []
    for product in context.supplied:
        parts = facts.at_hand.get(product, 0)
        if not parts:
            continue
        count = parts_words(context, product, parts)
        said.append(f"{context.product_named(product, many=True)}: {count}")
    if not said:
        return ""
    products = "; ".join(said)
    if facts.counted_on is None:
        return words.say("at_hand_filled", products=products)
    if facts.counted_on == facts.made_on:
        return words.say("at_hand", products=products)
    return words.say("at_hand_since", products=products, date=words.day_year(facts.counted_on))


def fill_days(context: PharmacyContext) -> int:
    """The planned length of a fill."""
    return max((n for n in FILL_DAYS if n <= context.facts.fill_days), default=min(FILL_DAYS))


def day_total(context: PharmacyContext, step: Step) -> list[str]:
    """The milligrams of a day, one line per drug."""
    words = context.words
    if not context.many_drugs:
        return [words.day_total(step, context.drugs[0])]
    return [f"{words.day_total(step, drug)} {drug}" for drug in context.schedule.drugs if step.total(drug)]


def changes(context: PharmacyContext, previous: Schedule) -> list[Change]:
    """What differs from the previous version, from the day of making on; the rest is summarised."""
    words, schedule = context.words, context.schedule
    previous = previous.as_of(context.facts.made_on)
    found: list[Change] = []
    more = False
    day, end, before = context.facts.made_on, max(last_shown_day(schedule), last_shown_day(previous)), None
    while day <= end:
        old, new = _regimen(previous, day), _regimen(schedule, day)
        if old != new and (old, new) != before:
            if len(found) < MOST_CHANGES:
                found.append(_change(context, previous, day))
            else:
                more = True
        before = (old, new)
        day += timedelta(days=1)
    if more:
        found.append(Change(words.say("more_changes"), "", words.say("more_changes_below")))
    old_last, new_last = last_shown_day(previous), last_shown_day(schedule)
    old_products, new_products = _products(context, previous), _products(context, schedule)
    if old_products != new_products:
        found.append(Change(words.say("row_products"), old_products, new_products))
    ends = [
        words.say("goes_on") if one.maintenance else words.day_year(last)
        for one, last in ((previous, old_last), (schedule, new_last))
    ]
    if ends[0] != ends[1]:
        found.append(Change(words.say("row_last_day"), *ends))
    return found


def cancel_words(context: PharmacyContext) -> str:
    """What to do with prescriptions of the previous version, and when that was made."""
    words, facts = context.words, context.facts
    said = words.say("cancel_old", version=facts.replaces)
    if facts.previous_made_on is None:
        return said
    made = words.day_year(facts.previous_made_on)
    return f"{said} {words.say('old_made', version=facts.replaces, date=made)}"


def title(context: PharmacyContext) -> str:
    """The drugs of the sheet, in tall-man letters where they exist."""
    used = {product.drug for product in context.products}
    names = context.facts.drug_names
    return context.words.listed(
        [names.get(drug, drug.capitalize()) for drug in context.schedule.drugs if drug in used]
    )


def second_facts(context: PharmacyContext) -> str:
    """The year of birth and the record number."""
    record = context.facts.born_year is not None and context.record_no
    facts = [context.second_fact, context.words.say("record", number=context.record_no) if record else ""]
    return ", ".join(fact for fact in facts if fact)


def prescriber(context: PharmacyContext) -> tuple[str, str, str]:
    """Who prescribes and where, the label before the telephone, and the telephone."""
    who = ", ".join(text for text in (context.clinician, context.clinic_name, context.clinic_address) if text)
    phone = context.pharmacist_phone or context.clinic_phone
    return who, context.words.say("for_pharmacists") if phone else "", phone


def _products(context: PharmacyContext, schedule: Schedule) -> str:
    words, said = context.words, []
    many = len({*context.schedule.drugs_taken, *schedule.drugs_taken}) > 1
    for product in sorted(schedule.products_taken):
        named = words.product(product, many=True)
        said.append(words.say("drug_named", drug=product.drug, product=named) if many else named)
    return words.listed(said)


def _regimen(schedule: Schedule, day: date) -> dict[tuple[object, ...], tuple[Take, ...]]:
    step = schedule.step_at(day)
    return (
        {(dose.time, dose.drug, dose.weekdays): dose.take for dose in step.doses} if step is not None else {}
    )


def _change(context: PharmacyContext, previous: Schedule, day: date) -> Change:
    words, schedule = context.words, context.schedule
    old, new = previous.step_at(day), schedule.step_at(day)
    if new is not None and new.kind is StepKind.HOLD:
        now = words.say("hold_until", date=words.day_year(new.end))
    else:
        now = _doses(context, schedule, new, old, pieces=True)
    return Change(words.day_year(day), _doses(context, previous, old, new, pieces=False), now)


def _doses(
    context: PharmacyContext, schedule: Schedule, step: Step | None, other: Step | None, *, pieces: bool
) -> str:
    """The doses of a step that differ from another step: "morning 0.375 mg: half a 0.5 mg tablet and …"."""
    words, said = context.words, []
    if step is None:
        return words.say("not_in_plan")
    drugs = tuple(dict.fromkeys((*schedule.drugs, *context.schedule.drugs)))
    taken = {dose.drug for one in (step, other) if one is not None for dose in one.doses}
    for time in in_order(dose.time for one in (step, other) if one is not None for dose in one.doses):
        for drug in drugs:
            if _takes(step, time, drug) == (_takes(other, time, drug) if other else []):
                continue
            named = len(taken) > 1 or context.many_drugs
            said += [
                f"{words.time(time).lower()} {_dose(context, entry, named=named, pieces=pieces)}"
                for entry in _entries(schedule, step, Slot(time, drug))
            ]
    return "; ".join(said)


def _takes(step: Step, time: TimeOfDay, drug: str) -> list[tuple[Weekdays, tuple[Take, ...]]]:
    return [(dose.weekdays, dose.take) for dose in step.doses if (dose.time, dose.drug) == (time, drug)]


def _entries(schedule: Schedule, step: Step, slot: Slot) -> list[Entry]:
    """What a step says of a slot; "no dose" of one that its schedule never had."""
    return [e for e in entries(schedule, step) if e.slot == slot] or [Entry(slot, ZERO, (), changed=False)]


def _dose(context: PharmacyContext, entry: Entry, *, named: bool, pieces: bool) -> str:
    """ "0.375 mg: half a 0.5 mg tablet and …", with its days of the week where it is not taken every day."""
    words = context.words
    text = words.on_days(words.mg(entry.dose), entry.weekdays) if entry.dose else words.say("no_dose")
    if named:
        # Milligrams of two drugs beside each other: each is named.
        text = words.say("drug_named", drug=entry.slot.drug, product=text)
    if pieces and entry.dose:
        text = f"{text}: {words.listed([context.plain_phrase(piece) for piece in entry.pieces])}"
    return text
