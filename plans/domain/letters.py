"""Letters to a patient, a prescriber, a pharmacy or a service: templates with fields from a closed list.

>>> from plans.domain.letters import Field, check_template, fill, unfilled
>>> check_template("Dear {addressee}, {patient} now takes {dose}.")
>>> text = fill("{patient} now takes {dose}.", {Field.PATIENT: "Quill Testcase", Field.DOSE: ""})
>>> text                          # what the record does not hold stands out, and the letter is not kept with it
'Quill Testcase now takes [dose].'
>>> unfilled(text)
('dose',)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plans.domain.errors import Refused

TEXT_MOST: Final = 6000
TEMPLATES_MOST: Final = 30
_FIELD: Final = re.compile(r"{([^{}]*)}")
_MARK: Final = re.compile(r"\[([a-z_]+)\]")


class LetterTo(StrEnum):
    """Whom a letter is for."""

    PATIENT = "patient"
    GP = "gp"
    PHARMACY = "pharmacy"
    SERVICE = "service"


class LetterWay(StrEnum):
    """How a letter goes out."""

    PRINTED = "printed"
    MESSAGE = "message"


class Field(StrEnum):
    """What a template can be filled in with."""

    ADDRESSEE = "addressee"
    PATIENT = "patient"
    PREFERRED_NAME = "preferred_name"
    BORN = "born"
    RECORD_NO = "record_no"
    PHARMACY = "pharmacy"
    DRUGS = "drugs"
    DOSE = "dose"
    NEXT_CHANGE = "next_change"
    LAST_DOSE = "last_dose"
    TODAY = "today"
    CLINICIAN = "clinician"
    CLINIC = "clinic"
    CLINIC_PHONE = "clinic_phone"
    CLINIC_ADDRESS = "clinic_address"


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """A clinic's template: its name, whom it is for, its subject and its text with fields in braces."""

    name: str
    to: LetterTo
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as it goes out."""

    to: LetterTo
    to_name: str
    subject: str
    text: str

    @property
    def digest(self) -> str:
        """What was shown before it is kept: only that can be kept."""
        whole = [self.to.value, self.to_name, self.subject, self.text]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def check_template(text: str) -> None:
    """Raise Refused with `where="text"`: unknown_field (fact `field`), or stray_brace for one that opens no field."""
    known = {field.value for field in Field}
    for name in _FIELD.findall(text):
        if name not in known:
            raise Refused(reason="unknown_field", where="text", field=name[:40])
    if re.search(r"[{}]", _FIELD.sub("", text)):
        raise Refused(reason="stray_brace", where="text")


def fill(text: str, values: Mapping[Field, str]) -> str:
    """The text with its fields filled in; one without a value stays as its name in square brackets."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        known = values.get(Field(name), "") if name in set(Field) else ""
        return known or f"[{name}]"

    return _FIELD.sub(value, text)


def unfilled(text: str) -> tuple[str, ...]:
    """The names of fields that still stand in a letter unfilled, each once."""
    known = {field.value for field in Field}
    return tuple(dict.fromkeys(name for name in _MARK.findall(text) if name in known))
