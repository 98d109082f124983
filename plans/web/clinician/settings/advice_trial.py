"""A trial print of a clinic's texts on page 1: a one-day calendar in every paper and print size, read back."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Final

from plans.documents.kinds import draw, read_back
from plans.domain.amounts import Dose
from plans.domain.documents.advice import AdviceTexts, SignedAdvice
from plans.domain.documents.facts import PAPERS, CalendarFacts, DoesNotFit, UnprintableText
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay
from plans.wording.documents import calendar_words

_DAY: Final = date(2026, 1, 5)
# The longest drug name: it is part of the sentence about dangerous combinations.
_CAPSULE: Final = Product("chlordiazepoxide", Form.CAPSULE, Dose.parse("10"))


def trial(
    texts: AdviceTexts | None,
    language: str,
    *,
    name: str = "Clinic",
    phone: str = "000",
    address: str = "",
    hours: str = "",
) -> tuple[str, str] | None:
    """None if it can be printed; else why not (does_not_fit, unprintable_text, writing), and which part."""
    words = calendar_words(language)
    whole = Take(_CAPSULE, quarters=4)
    dose = TimedDose(TimeOfDay.NIGHT, _CAPSULE.drug, _CAPSULE.strength, (whole,))
    step = Step(1, _DAY, _DAY, (dose,), StepKind.START)
    schedule = Schedule(_CAPSULE.drug, (_CAPSULE.drug,), (_CAPSULE,), (step,))
    for paper, large in product(PAPERS, (False, True)):
        facts = CalendarFacts(
            schedule=schedule,
            patient_name="",
            born_year=1970,
            record_no="",
            clinic_name=name,
            clinic_phone=phone,
            clinic_hours=hours,
            clinic_address=address,
            clinician="Clinic",
            emergency_number="000",
            help_lines=(),
            help_lines_checked=_DAY,
            version=1,
            replaces=None,
            made_on=_DAY,
            status_url="https://example.org/q/trial",
            after_last_day="",
            week_starts=0,
            language=language,
            words=words,
            paper=paper,
            large=large,
            advice=SignedAdvice(texts, 1, "Clinic", _DAY) if texts is not None else None,
        )
        try:
            pdf = draw(facts)
        except DoesNotFit as refusal:
            return "does_not_fit", str(refusal.facts["what"])
        except UnprintableText as refusal:
            return "unprintable_text", refusal.where
        if read_back(pdf, facts):
            return "writing", ""
    return None
