"""What a column of the file can hold, and the guess from its heading, in English and Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.taper.schedule import DAY_ORDER
from plans.domain.text import fold


class Need(StrEnum):
    """Whether a patient can be made without it; of those that reach a patient, one is enough."""

    REQUIRED = "required"
    ONE_OF = "one_of"
    OPTIONAL = "optional"


class Part(StrEnum):
    """What a column is about."""

    PATIENT = "about_patient"
    TAKEN = "about_taken"
    STEPS = "about_steps"


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What a column holds. `headings`: folded, without units and punctuation, in English and Spanish."""

    code: str
    part: Part
    need: Need
    headings: tuple[str, ...]


def _patient(code: str, need: Need, *headings: str) -> ColumnUse:
    return ColumnUse(code, Part.PATIENT, need, headings)


_MUST, _ONE, _MAY = Need.REQUIRED, Need.ONE_OF, Need.OPTIONAL
_TIMES_ES: Final = {
    "morning": ("manana", "am", "dosis manana"),
    "midday": ("mediodia", "noon", "lunch", "dosis mediodia"),
    "afternoon": ("tarde",),
    "evening": ("atardecer", "cena", "dosis tarde"),
    "night": ("noche", "pm", "dosis noche"),
    "bedtime": ("al acostarse", "hora de dormir"),
}
_USES: Final = (
    _patient("record_no", _MUST, "record number", "record no", "record", "mrn", "patient number", "patient no",
             "patient id", "id", "chart number", "numero de historia", "no historia", "no de historia",
             "historia clinica", "historia", "expediente",
             "numero de expediente", "nhc", "no expediente"),
    _patient("name", _MUST, "name", "full name", "patient", "patient name", "nombre", "nombre completo", "paciente",
             "nombre y apellidos"),
    _patient("born", _MUST, "born", "date of birth", "dob", "birth date", "birthdate", "birthday",
             "fecha de nacimiento", "nacimiento", "nacido", "fecha nacimiento", "f nacimiento"),
    _patient("indication", _MUST, "reason for the medicine", "indication", "reason", "taken for", "indicacion",
             "motivo"),
    _patient("duration_months", _MUST, "how long taken", "duration months", "months", "months of use", "months taken",
             "duration", "meses", "duracion", "meses de uso"),
    _patient("email", _ONE, "e mail", "email", "mail", "email address", "e mail address", "correo",
             "correo electronico"),
    _patient("phone", _ONE, "phone", "telephone", "phone number", "mobile", "cell", "telefono", "movil", "celular"),
    _patient("preferred_name", _MAY, "preferred name", "known as", "nombre preferido"),
    _patient("language", _MAY, "language", "idioma", "lengua"),
    _patient("zone", _MAY, "time zone", "timezone", "zone", "zona horaria", "zona", "huso horario"),
    _patient("country", _MAY, "country", "pais"),
    _patient("contact_how", _MAY, "preferred contact", "contact", "contacto preferido", "contacto"),
    _patient("contact_when", _MAY, "best time to call", "when to call", "cuando llamar"),
    _patient("checkin_weekday", _MAY, "check in on", "check in day", "checkin weekday", "weekday",
             "dia del cuestionario"),
    _patient("checkin_time", _MAY, "check in at", "check in time", "checkin time", "hora del cuestionario"),
    _patient("person_name", _MAY, "emergency contact", "person to call", "contacto de emergencia"),
    _patient("person_relation", _MAY, "relation", "relationship", "relacion", "parentesco"),
    _patient("person_phone", _MAY, "their phone", "emergency phone", "emergency contact phone",
             "telefono de emergencia"),
    _patient("may_be_told", _MAY, "may be told", "se le puede decir"),
    _patient("crisis_plan", _MAY, "crisis plan", "plan de crisis"),
    _patient("pharmacy", _MAY, "pharmacy", "farmacia"),
    _patient("conditions", _MAY, "conditions", "diagnoses", "condiciones", "diagnosticos", "enfermedades"),
    _patient("substances", _MAY, "substances", "sustancias"),
    _patient("medicines", _MAY, "medicines", "other medicines", "medications", "medicamentos", "otros medicamentos"),
    _patient("owner", _MAY, "owner", "owner e mail", "owner email", "clinician", "clinician e mail", "clinician email",
             "prescriber e mail", "prescriber email", "medico", "responsable", "correo del responsable"),
    _patient("notes", _MAY, "notes", "note", "comments", "notas", "observaciones"),
    ColumnUse("drug", Part.TAKEN, _MAY, ("drug", "current drug", "benzodiazepine", "farmaco", "benzodiacepina")),
    *(
        ColumnUse(time.value, Part.TAKEN, _MAY, (time.value, f"dose {time.value}", f"{time.value} dose",
                                                 *_TIMES_ES[time.value]))
        for time in DAY_ORDER
    ),
    ColumnUse("dose", Part.TAKEN, _MAY, ("dose", "dose mg", "current dose", "mg", "dosis")),
    ColumnUse("time", Part.TAKEN, _MAY, ("time", "time of day", "hora", "momento", "hora del dia")),
    ColumnUse("step_start", Part.STEPS, _MAY, ("step date", "step start", "start", "from", "date", "inicio",
                                               "fecha", "desde", "fecha de inicio")),
    ColumnUse("step_days", Part.STEPS, _MAY, ("days", "step days", "dias")),
    ColumnUse("step_total", Part.STEPS, _MAY, ("total", "total mg", "step total", "daily total", "total a day",
                                               "total diario", "dosis total")),
)  # fmt: skip
USES: Final[Mapping[str, ColumnUse]] = MappingProxyType({use.code: use for use in _USES})
TIMES: Final = tuple(time.value for time in DAY_ORDER)
_UNITS: Final = re.compile(
    r"\((?:mg|months?|meses|days|dias|yyyy-mm-dd|aaaa-mm-dd)[^)]*\)|\bin mg\b|\ben mg\b"
)
_BY_HEADING: Final = {
    heading: use.code for use in _USES for heading in (fold(use.code.replace("_", " ")), *use.headings)
}


def guess(headings: Iterable[str]) -> tuple[str, ...]:
    """The code of what each column holds, by its heading; "" where none is known, and each code once."""
    found: list[str] = []
    for heading in headings:
        code = _BY_HEADING.get(_plain(heading), "")
        found.append("" if code in found else code)
    return tuple(found)


def _plain(heading: str) -> str:
    text = _UNITS.sub(" ", fold(heading).replace("_", " ").replace("º", "o"))
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


def missing(columns: Sequence[str]) -> tuple[str, ...]:
    """What no patient can be made without and no column holds; of e-mail and phone both if both are missing."""
    needed = [code for code, use in USES.items() if use.need is _MUST and code not in columns]
    reach = [code for code, use in USES.items() if use.need is _ONE]
    return (*needed, *(reach if not set(reach) & set(columns) else ()))


def twice(columns: Sequence[str]) -> tuple[str, ...]:
    """What more than one column is said to hold."""
    return tuple(code for code in USES if columns.count(code) > 1)
