"""What a check-in asks: decided when it begins, and stored with the response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from plans.domain.checkins import instrument_file
from plans.domain.checkins.instrument import SKIP, Questionnaire
from plans.domain.json import Facts, JsonObject

Answers = Mapping[str, str]

# The order of every form; a two-item scale replaces the long one unless that is due or was brought up by answers.
ORDER: Final = ("safety", "phq2", "gad2", "symptoms", "doses", "substances", "medicines", "week")
LONG_FORM: Final = {"phq2": "phq9", "gad2": "gad7"}
STEP_UP_AT: Final = 3
"""PHQ-2 or GAD-2 of 3 or more brings up the long form on the same day (Kroenke 2003; Arroll 2010), unless the clinic
set another threshold."""
STEP_UP_EVERY_DAYS: Final = 14
"""At most every 14 days, so that the two-week windows of two long forms do not overlap."""
LONG_EVERY_DAYS: Final = 25
"""Every four weeks. A check-in stays open for three days, and one answered late must not push the next long form to
five weeks."""


@dataclass(frozen=True, slots=True)
class QuestionnaireSpec:
    """What one check-in asks, decided when it begins and stored with it.

    `versions` maps each questionnaire to its version; `long` are the long forms due from the start; `step_up` those
    that today's answers may bring up; `taking`: a dose is planned, so doses are asked about.
    """

    form: str
    versions: Mapping[str, int]
    long: frozenset[str]
    step_up: frozenset[str]
    taking: bool
    off: frozenset[str] = frozenset()
    own: Mapping[str, str] = field(default_factory=dict)
    step_up_at: int = STEP_UP_AT

    def to_json(self) -> JsonObject:
        """As stored with the response."""
        return {
            "versions": dict(self.versions),
            "long": sorted(self.long),
            "step_up": sorted(self.step_up),
            "taking": self.taking,
            "off": sorted(self.off),
            "own": dict(self.own),
            "step_up_at": self.step_up_at,
        }

    @staticmethod
    def from_json(form: str, data: Facts) -> QuestionnaireSpec:
        """From what was stored with a response."""
        return QuestionnaireSpec(
            form=form,
            versions=data["versions"],
            long=frozenset(data["long"]),
            step_up=frozenset(data["step_up"]),
            taking=data["taking"],
            off=frozenset(data.get("off", ())),
            own=data.get("own", {}),
            step_up_at=data.get("step_up_at", STEP_UP_AT),
        )

    def questionnaire(self, code: str) -> Questionnaire:
        """One of this check-in's questionnaires, in the version asked."""
        if code in self.own:
            return instrument_file.read_text(self.own[code])
        return instrument_file.get(code, self.versions[code])


def decide(
    *,
    form: str,
    language: str,
    today: date,
    last_long: Mapping[str, date],
    taking: bool,
    off: Iterable[str] = (),
    own: Mapping[str, str] | None = None,
    step_up_at: int = STEP_UP_AT,
) -> QuestionnaireSpec:
    """Decide what a check-in begun today asks. `last_long` maps "phq9" and "gad7" to the day each was last complete.

    `form`: "weekly"; "baseline", with both long forms; or "long", a weekly one with both long forms unless they were
    asked less than a fortnight ago. `step_up_at`: the total of a short form that brings up the long one.

    A published scale is left out in a language without a published translation; so is a clinic's own file in a language
    that it was not written in.
    """
    versions: dict[str, int] = {}
    long: set[str] = set()
    step_up: set[str] = set()
    for code in ORDER:
        for one in (code, LONG_FORM.get(code)):
            found = instrument_file.newest(one) if one else None
            if found is not None and (not found.standard or language in found.languages):
                versions[found.code] = found.version
    for code in LONG_FORM.values():
        last = last_long.get(code)
        ago = (today - last).days if last is not None else None
        if code not in versions:
            continue
        due = LONG_EVERY_DAYS if form == "weekly" else STEP_UP_EVERY_DAYS
        if form == "baseline" or ago is None or ago >= due:
            long.add(code)
        elif ago >= STEP_UP_EVERY_DAYS:
            step_up.add(code)
    loaded = {}
    for code, text in (own or {}).items():
        mine = instrument_file.read_text(text)
        if language in mine.languages and mine.only in ("", "weekly" if form == "long" else form):
            loaded[code] = text
    return QuestionnaireSpec(
        form=form,
        versions=versions,
        long=frozenset(long),
        step_up=frozenset(step_up),
        taking=taking,
        off=frozenset(off),
        own=loaded,
        step_up_at=step_up_at,
    )


def withheld(value: str | None) -> bool:
    """Whether a question was met with "I would rather not say"."""
    return value == SKIP
