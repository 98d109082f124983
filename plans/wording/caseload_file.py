"""Words for importing a caseload: what columns hold, the words read for codes, and what is wrong with a row."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from plans.domain import places
from plans.domain.caseload_file import columns
from plans.domain.caseload_file.problems import BadFile, BadRow
from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import Refused, Stale, TaperplanError
from plans.domain.json import JsonObject
from plans.domain.taper import catalogue
from plans.domain.text import BadText, fold
from plans.wording.drugs import TIME_NAMES, listed
from plans.wording.patient_facts import CONDITIONS, INDICATIONS, MEDICINES, SUBSTANCES
from plans.wording.people import CONTACT_HOW, LANGUAGES, MAY_BE_TOLD, WEEKDAYS, people_refusal
from plans.wording.plans import long_day
from plans.wording.taper_errors import AMOUNTS
from plans.wording.text import text_words

USES: Final[Mapping[str, Promise]] = {
    "record_no": _("Record number"),
    "name": _("Name"),
    "born": _("Date of birth"),
    "indication": _("Reason for the medicine"),
    "duration_months": _("How long taken (months)"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "preferred_name": _("Preferred name"),
    "language": _("Language"),
    "zone": _("Time zone"),
    "country": _("Country"),
    "contact_how": _("Preferred contact"),
    "contact_when": _("Best time to call"),
    "checkin_weekday": _("Check-in on"),
    "checkin_time": _("Check-in at"),
    "person_name": _("Emergency contact"),
    "person_relation": _("Relation of the emergency contact"),
    "person_phone": _("Phone of the emergency contact"),
    "may_be_told": _("May be told"),
    "crisis_plan": _("Crisis plan"),
    "pharmacy": _("Pharmacy"),
    "conditions": _("Conditions"),
    "substances": _("Substances"),
    "medicines": _("Medicines"),
    "owner": _("Owner: the e-mail address of a member"),
    "notes": _("Notes"),
    "drug": _("Drug taken now"),
    **{time.value: name for time, name in TIME_NAMES.items()},
    "dose": _("One dose"),
    "time": _("Time of that dose"),
    "step_start": _("Step: first day"),
    "step_days": _("Step: number of days"),
    "step_total": _("Step: total a day"),
}
PARTS: Final[Mapping[columns.Part, Promise]] = {
    columns.Part.PATIENT: _("Patient"),
    columns.Part.TAKEN: _("Taken now, in mg"),
    columns.Part.STEPS: _("Steps of a running plan"),
}
DAY_ORDERS: Final[Mapping[str, Promise]] = {
    DayOrder.UNSAID.value: _("Refuse dates such as 03/04/2026, which can be read in two ways"),
    DayOrder.DAY_FIRST.value: _("The day is first: 03/04/2026 is 3 April"),
    DayOrder.MONTH_FIRST.value: _("The month is first: 03/04/2026 is 4 March"),
}
_FILE: Final[Mapping[str, Promise]] = {
    "missing": _("Choose a file with at least one row."),
    "workbook": _(
        "This is an Excel workbook. Open it, choose Save as, and save it as CSV UTF-8. Then choose that file."
    ),
    "not_text": _("This is not a CSV file: it holds signs that no text has. Save it as CSV and try again."),
    "not_csv": _(
        "Line %(line)s cannot be divided into cells: a quotation mark is open or stands inside a cell. Correct the "
        "line and choose the file again."
    ),
    "too_large": _(
        "The file is larger than %(most)s MB. Divide it and import the parts one after the other."
    ),
    "too_many_rows": _(
        "The file has more than %(most)s rows. Divide it and import the parts one after the other."
    ),
    "too_many_columns": _("The file has more than %(most)s columns. Take out those that are not imported."),
    "no_rows": _("The file has no rows below its first line, which names the columns."),
}
_ROW: Final[Mapping[str, Promise]] = {
    "too_wide": _(
        "The row has more cells than the first line, which has %(most)s. A cell with a separator in it needs "
        "quotation marks."
    ),
    "record_differs": _(
        "Line %(line)s has the same record number and says something else here. Repeat it or leave it empty; give "
        "another patient a number of their own."
    ),
    "adds_nothing": _(
        "Line %(line)s has the same record number, and this row adds nothing to it. Take it out, or give the other "
        "patient a number of their own."
    ),
    "not_known": _("“%(raw)s” is not known. Write one of: %(known)s."),
    "day_ambiguous": _(
        "%(raw)s can be read in two ways. Write %(write)s or %(other)s, or say below what is first in dates."
    ),
    "day_other_order": _(
        "%(raw)s cannot be read in the order chosen below. Write the year first, such as 1979-03-14."
    ),
    "day_two_digits": _(
        "%(raw)s has a year of two digits. Write the year first and whole, such as 1979-03-14."
    ),
    "comma_ambiguous": _(
        "%(raw)s may be a thousand and more, or less than ten. If it is the latter, write %(write)s."
    ),
    "point_ambiguous": _(
        "%(raw)s stands in a file with decimal commas, where the point may divide thousands. Write %(write)s."
    ),
    "drug_missing": _("A dose needs its drug. Name it in this row."),
    "dose_missing": _(
        "A drug needs its dose, and a time its dose. Give it, or leave the row’s drug and time empty."
    ),
    "time_missing": _("A dose needs its time of day, such as night or 22:00."),
    "dose_twice": _("One drug stands twice at one time of day. Write the whole dose once."),
    "too_many_drugs": _(
        "More than %(most)s drugs are taken. A plan is made for %(most)s: take the others out, and note them."
    ),
    "too_many_times": _("More than %(most)s times of day. Leave some out."),
    "mixed_times": _("Use names of times of day or clock times for a patient, not both."),
    "plan_drug_missing": _("The steps do not say of which drug they are. Name it in this row."),
    "totals_of_two_drugs": _(
        "Totals of two drugs cannot be told apart. Give the doses by time of day instead, a row for each drug."
    ),
    "step_when_missing": _("The total of a step needs its first day or its number of days."),
    "step_dose_missing": _(
        "A step needs the total a day, or doses by time of day. Write 0 where nothing is taken."
    ),
    "step_days_missing": _("Give the number of days: no later date says how long this step is."),
    "step_days_differ": _(
        "The step before ends so that this one begins on %(day)s. Correct its days or this date."
    ),
    "step_order": _("This step begins before or with the one above it. Order the steps by date."),
    "step_start_first": _("The first step needs its date as well."),
    "too_many_steps": _("The plan has more than %(most)s steps. Leave out those that are over."),
    "plan_over": _("The last step ended on %(day)s. Take the steps out, or correct their dates."),
    "changed_here": _(
        "This patient is here already, with other entries: %(fields)s. Nothing is overwritten: change the record on "
        "its page, or take the row out."
    ),
    "same_person": _("Record %(record_no)s here has the same name and date of birth."),
    "shared_mailbox": _(
        "Record %(record_no)s here has the same e-mail address: whoever reads that mailbox sees both patients’ "
        "messages."
    ),
    "same_person_in_file": _("Line %(line)s has the same name and date of birth."),
    "shared_mailbox_in_file": _(
        "Line %(line)s has the same e-mail address: whoever reads that mailbox sees both patients’ messages."
    ),
    "owner_unknown": _(
        "Nobody with the address “%(raw)s” plans here. Write the address that a member signs in with, or leave it "
        "empty."
    ),
}
FILE_WHYS: Final = frozenset(_FILE)
ROW_WHYS: Final = frozenset(_ROW)
_DATED: Final = ("day",)
_MOST_KNOWN: Final = 40


def file_words(problem: BadFile) -> str:
    """Why a file cannot be read, and what to do."""
    return str(_FILE[str(problem.facts["why"])]) % problem.facts


def row_words(problem: TaperplanError) -> str:
    """What is wrong with a row or a cell, and what to write instead."""
    if isinstance(problem, BadRow):
        facts: JsonObject = dict(problem.facts)
        facts |= {name: long_day(date.fromisoformat(str(facts[name]))) for name in _DATED if name in facts}
        if "known" in facts:
            known = list(facts["known"])
            facts["known"] = "; ".join(known[:_MOST_KNOWN]) + (" …" if len(known) > _MOST_KNOWN else "")
        if "fields" in facts:
            facts["fields"] = listed([str(USES[code]).lower() for code in facts["fields"]])
        return str(_ROW[str(problem.facts["why"])]) % facts
    if isinstance(problem, BadText):
        return text_words(problem)
    if isinstance(problem, Refused):
        return people_refusal(problem)
    return str(AMOUNTS[str(problem.facts["why"])]) % problem.facts


def needed_words(codes: Iterable[str]) -> str:
    """What no column holds yet and must: of e-mail and phone, one is enough."""
    found = list(codes)
    reach = [code for code in found if columns.USES[code].need is columns.Need.ONE_OF]
    said = [str(USES[code]) for code in found if code not in reach]
    if reach:
        said.append(gettext("{one} or {other}").format(one=USES[reach[0]], other=USES[reach[1]]))
    return listed(said)


_REFUSALS: Final[Mapping[str, Promise]] = {
    "has_errors": _(
        "Some rows have problems: correct the file and choose it again, or import the rows without."
    ),
    "not_a_candidate": _(
        "This member does not plan in the clinic any more. Choose another owner, or nobody."
    ),
    "import_begun": _("Somebody has begun this import meanwhile. This is how far it is."),
    "not_begun": _("This import has not begun. Look at what would be made, then begin."),
    "columns_missing": _("Say what the columns hold first."),
    "record_no_taken": _(
        "Somebody has added a patient with one of these numbers meanwhile. This is what would be made now."
    ),
}
_CHANGED: Final = _("This is not what was shown before: look at it again, then import.")


def refusal_words(refusal: Refused | Stale) -> str:
    """Why an import was not begun or did not go on."""
    if isinstance(refusal, Stale):
        return str(_CHANGED)
    return str(_REFUSALS[str(refusal.facts["reason"])])


# How Spanish files write what our lists hold; the pages of a clinic are in English.
_SPANISH: Final[Mapping[str, Mapping[str, str]]] = {
    "indication": {
        "ansiedad": "anxiety", "pánico": "panic", "insomnio": "insomnia", "sueño": "insomnia",
        "convulsiones": "seizures", "epilepsia": "seizures", "espasmo muscular": "muscle_spasm",
        "abstinencia de alcohol": "alcohol_withdrawal", "otro": "other", "otra": "other", "no se sabe": "unknown",
        "desconocido": "unknown", "desconocida": "unknown",
    },
    "conditions": {
        "epilepsia": "seizure_disorder", "depresión": "depression", "trastorno bipolar": "bipolar_disorder",
        "psicosis": "psychosis", "tept": "ptsd", "embarazo": "pregnancy", "lactancia": "breastfeeding",
        "apnea del sueño": "sleep_apnoea", "miastenia gravis": "myasthenia_gravis",
    },
    "substances": {"opioides": "opioids", "opiáceos": "opioids", "alcohol": "alcohol", "pomelo": "grapefruit",
                   "toronja": "grapefruit"},
    "medicines": {"clozapina": "clozapine", "fluvoxamina": "fluvoxamine", "fluoxetina": "fluoxetine",
                  "sertralina": "sertraline", "fluconazol": "fluconazole", "valproato": "valproate",
                  "anticonceptivo hormonal": "hormonal_contraceptive", "hipérico": "st_johns_wort"},
    "language": {"inglés": "en", "español": "es", "castellano": "es"},
    "contact_how": {"correo": "email", "correo electrónico": "email", "teléfono": "phone"},
    "may_be_told": {"nada": "nothing", "todo": "everything", "lo necesario": "safety"},
    "time": {"mañana": "morning", "mediodía": "midday", "tarde": "afternoon", "atardecer": "evening",
             "noche": "night", "al acostarse": "bedtime"},
    "checkin_weekday": {day: str(n) for n, day in enumerate(
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
    )},
}  # fmt: skip
_NONE: Final = dict.fromkeys(("none", "no", "ninguno", "ninguna", "nada", "-"), "")
_SHORT: Final[Mapping[str, Mapping[str, str]]] = {
    "contact_how": {"e-mail": "email", "email": "email", "phone": "phone"},
    "may_be_told": {"nothing": "nothing", "safety": "safety", "everything": "everything"},
    "indication": {"insomnia": "insomnia", "epilepsy": "seizures", "other": "other", "unknown": "unknown"},
    "conditions": {
        "epilepsy": "seizure_disorder",
        "seizures": "seizure_disorder",
        "bipolar": "bipolar_disorder",
    },
    "medicines": {"gabapentin": "gabapentinoid", "pregabalin": "gabapentinoid"},
}


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The words that are read for the codes of each column: our own, the codes, and Spanish ones; folded."""
    with override("en"):
        lists: dict[str, dict[str, str]] = {
            "indication": _both(INDICATIONS),
            "conditions": _both(CONDITIONS),
            "substances": _both(SUBSTANCES),
            "medicines": _both(MEDICINES),
            "language": _both(LANGUAGES),
            "contact_how": _both(CONTACT_HOW),
            "may_be_told": _both(MAY_BE_TOLD),
            "time": _both({time.value: name for time, name in TIME_NAMES.items()}),
            "checkin_weekday": {str(day): str(n) for n, day in enumerate(WEEKDAYS)},
            "country": {code: code for code in places.countries()}
            | {name: code for code, name in places.countries().items()},
            "drug": {name: name for name in catalogue.names()},
        }
    for code in ("conditions", "substances", "medicines"):
        lists[code] |= _NONE
    return {
        name: {
            fold(word): code
            for word, code in {**_SHORT.get(name, {}), **own, **_SPANISH.get(name, {})}.items()
        }
        for name, own in lists.items()
    }


def _both(labels: Mapping[str, Promise]) -> dict[str, str]:
    return (
        {str(label): code for code, label in labels.items()}
        | {code.replace("_", " "): code for code in labels}
        | {code: code for code in labels}
    )
