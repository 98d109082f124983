"""Previewing a plan before it is issued, on the same code path as `manage.py taper`.

A preview changes nothing. Its `digest` identifies exactly what was shown and is sent back when issuing: if anything has
changed meanwhile (the record, the catalogue, the clinic's holidays), the plan is shown again instead of being issued
unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError, TaperplanError
from plans.domain.json import Facts
from plans.domain.taper import dose_records, equivalence
from plans.domain.taper.catalogue import default_products
from plans.domain.taper.cautions import Caution
from plans.domain.taper.clinic_limits import NONE, ClinicLimits, agreed
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.formulary import HomeMadeOff
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.options import TaperOption, options
from plans.domain.taper.patient_facts import PatientFacts
from plans.domain.taper.products import Product, Take
from plans.domain.taper.published.files import PublishedSchedule, check_rows
from plans.domain.taper.published.following import steps_followed
from plans.domain.taper.request import Intake, TakenBefore, TaperRequest
from plans.domain.taper.schedule import Schedule
from plans.domain.taper.second_signature import Trigger, raised
from plans.domain.taper.taken import Recorded
from plans.models import Clinic, Patient, Plan
from plans.services import clock, formulary, own_limits, second_signature
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.people import facts_of
from plans.services.plans import history, taken

DAYS: Final = 28
"""No limit looks back further than two windows of 14 days."""

# The most days after its beginning that a plan may be recorded, and ahead that it may be made.
EARLIEST: Final = timedelta(days=30)
LATEST: Final = timedelta(days=3 * 365)


class StartsTooEarly(TaperError):
    """The first day lies too far back: fact `earliest`."""

    code = "starts_too_early"


class StartsTooLate(TaperError):
    """The first day lies too far ahead: fact `latest`."""

    code = "starts_too_late"


@dataclass(frozen=True, slots=True)
class LimitFinding:
    """The findings of one rule, which share one reason, or one limit of the clinic within which none is asked."""

    rule: str
    level: LimitLevel
    verdicts: tuple[Verdict, ...]

    @property
    def agreed(self) -> bool:
        """Whether they lie within a limit of the clinic."""
        return bool(agreed(self.verdicts[0].facts))

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps concerned, in order; empty for the whole plan."""
        return tuple(sorted({step for verdict in self.verdicts for step in verdict.steps}))


@dataclass(frozen=True, slots=True)
class Preview:
    """The result of a request: a taper, or the refusal. `digest` is "" with an error.

    `holidays`, `confirmed` and `agreed` (the clinic's own limits) are what it was judged with.
    `because`: why it needs a second signature, if it does.
    `follows`: the published schedule whose steps the plan takes, if it names one.
    """

    taper: Taper | None
    error: TaperplanError | None
    findings: tuple[LimitFinding, ...] = ()
    equivalents: tuple[tuple[str, Dose, Dose], ...] = ()
    digest: str = ""
    holidays: frozenset[date] = frozenset()
    confirmed: frozenset[Product] = frozenset()
    agreed: ClinicLimits = NONE
    because: tuple[Trigger, ...] = ()
    follows: PublishedSchedule | None = None

    def options(self) -> tuple[TaperOption, ...]:
        """The complete plans to choose from, including this one, computed on demand; empty if there is no choice."""
        if self.taper is None:
            return ()
        return options(self.taper, holidays=self.holidays, confirmed=self.confirmed, agreed=self.agreed)

    @property
    def schedule(self) -> Schedule | None:
        """The steps, if the request could be met."""
        return self.taper.schedule if self.taper else None

    def at(self, level: LimitLevel) -> tuple[LimitFinding, ...]:
        """The findings of one level."""
        return tuple(finding for finding in self.findings if finding.level is level)

    @property
    def to_sign(self) -> tuple[Caution, ...]:
        """Cautions that a clinician must sign before the plan is issued."""
        return tuple(caution for caution in self.taper.cautions if caution.must_sign) if self.taper else ()


def preview(
    actor: Actor, *, patient_id: UUID, request: Mapping[str, object], confirmed: frozenset[str]
) -> Preview:
    """Preview `request` (a taper request as JSON, without its patient) for a patient.

    `confirmed` are names of products whose strength the clinician confirmed. Raises NotFound.
    """
    patient = get_patient_for(actor, patient_id, May.LOOK)
    return preview_for(patient, request, confirmed, clock.today(patient.zone))


def preview_for(patient: Patient, request: Facts, confirmed: frozenset[str], today: date) -> Preview:
    """Preview a request for a patient's row. `today` is the patient's date."""
    try:
        asked = replace(TaperRequest.from_json(dict(request)), patient=facts_of(patient, today))
        asked = replace(asked, taken_before=asked.taken_before or taken_before(patient, asked))
        check_start(asked.start, today)
        _check_home_made(asked, patient.clinic)
        holidays, products = holidays_of(patient.clinic), _confirmed_products(asked, confirmed)
        own = own_limits.of_clinic(patient.clinic)
        check_rows(asked)
        taper = build(asked, holidays=holidays, confirmed=products, agreed=own, fills_from=today)
        follows = steps_followed(taper)
        if follows is None:
            # A version names no schedule that it does not follow.
            taper = replace(taper, request=replace(taper.request, published=""))
        return Preview(
            taper=taper,
            error=None,
            findings=grouped(taper.verdicts),
            equivalents=_equivalents(taper.schedule),
            digest=digest_of(taper),
            holidays=holidays,
            confirmed=products,
            agreed=own,
            because=raised(
                second_signature.of_clinic(patient.clinic),
                taper.verdicts,
                asked.patient or PatientFacts(),
                crossover=asked.crossover is not None,
            ),
            follows=follows,
        )
    except TaperError as refusal:
        return Preview(taper=None, error=refusal)


def _check_home_made(asked: TaperRequest, clinic: Clinic) -> None:
    """Raise HomeMadeOff for a suspension made at home unless the clinic has switched that on."""
    made = [n for n, product in enumerate(asked.products or ()) if product.is_home_made]
    if made and not formulary.of_clinic(clinic).home_made:
        raise HomeMadeOff(where=f"products[{made[0]}]")


def check_start(start: date, today: date) -> None:
    """Raise StartsTooEarly or StartsTooLate for an implausible first day."""
    if start < today - EARLIEST:
        raise StartsTooEarly(where="start", earliest=(today - EARLIEST).isoformat())
    if start > today + LATEST:
        raise StartsTooLate(where="start", latest=(today + LATEST).isoformat())


def holidays_of(clinic: Clinic) -> frozenset[date]:
    """The clinic's closed days, ignoring entries that are not dates."""
    found = set()
    for raw in clinic.holidays:
        try:
            found.add(date.fromisoformat(str(raw)))
        except ValueError:
            continue
    return frozenset(found)


def grouped(verdicts: tuple[Verdict, ...]) -> tuple[LimitFinding, ...]:
    """Group findings by rule and level, the gravest first, so that one reason can cover several steps.

    Strengths to confirm stay separate: each is confirmed by itself. So do findings within the clinic's own limits.
    """
    found: dict[tuple[str, LimitLevel, str], list[Verdict]] = {}
    for verdict in verdicts:
        apart = verdict.facts.get("product" if verdict.rule == "unverified_product" else "agreed", "")
        found.setdefault((verdict.rule, verdict.level, str(apart)), []).append(verdict)
    groups = [LimitFinding(rule, level, tuple(some)) for (rule, level, _), some in found.items()]
    order = (LimitLevel.REFUSED, LimitLevel.NEEDS_REASON, LimitLevel.NOTE)
    return tuple(sorted(groups, key=lambda finding: order.index(finding.level)))


def _confirmed_products(asked: TaperRequest, names: frozenset[str]) -> frozenset[Product]:
    """The products of the request (or of the country) whose names were confirmed."""
    drugs = {intake.drug for intake in asked.regimen} | ({asked.crossover.to} if asked.crossover else set())
    stocked = asked.products
    if stocked is None:
        stocked = tuple(
            product for drug in sorted(drugs) for product in default_products(drug, asked.country)
        )
    return frozenset(product for product in stocked if product.name in names)


def _equivalents(schedule: Schedule) -> tuple[tuple[str, Dose, Dose], ...]:
    """The range of diazepam equivalents that the tables give for each drug's dose on the first day."""
    found = []
    for drug in schedule.drugs:
        dose = schedule.steps[0].total(drug)
        if not dose or drug == equivalence.REFERENCE:
            continue
        try:
            low, high = equivalence.both_ends(dose, drug)
        except TaperError:
            continue
        found.append((drug, low, high))
    return tuple(found)


def digest_of(taper: Taper) -> str:
    """SHA-256 of what a clinician is shown: the request, every step, every finding, every caution."""
    shown = {
        "request": taper.request.to_json(),
        "steps": _steps(taper.schedule),
        "verdicts": [[v.rule, v.level.value, v.step, *v.steps] for v in taper.verdicts],
        "cautions": [[c.code, c.must_sign] for c in taper.cautions],
    }
    return _digest(shown)


def digest_of_change(act: str, days: int, from_day: date, schedule: Schedule) -> str:
    """SHA-256 of a revision: the act, its number of days, its first day, and every later step."""
    shown = {"act": act, "days": days, "from": from_day.isoformat(), "steps": _steps(schedule)}
    return _digest(shown)


def _digest(shown: object) -> str:
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _steps(schedule: Schedule) -> list[object]:
    return [
        [
            step.start.isoformat(),
            step.end.isoformat(),
            step.kind.value,
            [
                [
                    dose.time.value,
                    dose.drug,
                    dose.dose.text,
                    *(f"{t.product.name}:{_amount(t)}" for t in dose.take),
                    *(() if dose.weekdays.every else dose.weekdays.names),
                ]
                for dose in step.doses
            ],
        ]
        for step in schedule
    ]


def _amount(take: Take) -> str:
    return take.volume.text if take.volume is not None else take.pieces


def taken_before(patient: Patient, asked: TaperRequest) -> tuple[TakenBefore, ...]:
    """The known doses of the last days before `asked` begins, newest last; () if nothing is known.

    Recorded doses take precedence over the plan of that time; a day without either counts as what is taken now. Days of
    drugs that the table of `asked` cannot convert are ignored.
    """
    plan = (
        Plan.objects.filter(patient=patient)
        .exclude(active_version=None)
        .select_related("patient", "active_version")
        .order_by("-active_version__issued_at", "-id")
        .first()
    )
    if plan is None:
        return ()
    schedule, records = history.full_schedule(plan), taken.records_of(plan)
    days = [asked.start - timedelta(days=n) for n in range(DAYS, 0, -1)]
    known = [_on(schedule, records, day) for day in days]
    if not any(known):
        return ()
    lived = [found or asked.regimen for found in known]
    drugs = {intake.drug for regimen in (*lived, asked.regimen) for intake in regimen}
    table = equivalence.table_named(asked.equivalence)
    if len(drugs) > 1 and not all(table.covers(drug) for drug in drugs):
        return ()
    return tuple(TakenBefore(len(list(same)), regimen) for regimen, same in groupby(lived))


def _on(schedule: Schedule, records: Sequence[Recorded], day: date) -> tuple[Intake, ...]:
    """What was taken on a day according to the record, else the plan; () without either."""
    recorded = dose_records.taken_on(records, day)
    if recorded is not None:
        return recorded.regimen
    return dose_records.pattern_on(schedule, day) if schedule.start <= day <= schedule.end else ()
