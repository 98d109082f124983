"""What a patient's file holds, read strictly: a value that cannot be is refused with where it stands, and nothing is
guessed. Versions are read as issued, and their text must have its hash; answers must give the scores that they had."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeVar
from uuid import UUID

from plans.domain import places, text
from plans.domain.checkins import scoring
from plans.domain.checkins.occasions import Purpose
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject
from plans.domain.patient_file.problems import BadPatientFile
from plans.domain.people import (
    DURATION_MOST,
    ENDS_OF_CARE,
    LANGUAGES,
    OLDEST_BIRTH,
    ContactHow,
    EmergencyContact,
    MayBeTold,
    PatientData,
    StillToAsk,
)
from plans.domain.taper import catalogue, dose_records, snapshot
from plans.domain.taper.patient_facts import CONDITIONS, INDICATIONS, SUBSTANCES
from plans.domain.taper.plan_states import LIVE, EndReason, PlanAct, PlanState
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.snapshot import Snapshot

T = TypeVar("T")
_MOST: Final = {
    "plans": 50,
    "versions": 500,
    "occasions": 5_000,
    "responses": 5_000,
    "marks": 50_000,
    "taken": 2_000,
}
_MOST_LINES: Final = 50_000
_FIRST_DAY: Final = date(1990, 1, 1)
_LAST_DAY: Final = date(2199, 12, 31)
# A draft was never issued, and whoever is in hospital stays with the clinic that asks the ward.
_NOT_IN_FILES: Final = (PlanState.DRAFT, PlanState.ABANDONED, PlanState.PAUSED)
_SETTLED: Final = (OccasionState.ANSWERED, OccasionState.MISSED)
_FORMS: Final = ("baseline", "long", "weekly")
_FIGURES: Final = ("total", "affective", "change_first", "change_last")
_ENDS: Final = ("", *EndReason, *ENDS_OF_CARE)
_KINDS: Final = ("issued", "corrected", *(act.value for act in PlanAct))


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A version as it was issued elsewhere; `read` is its text read back."""

    number: int
    kind: str
    note: str
    canonical: str
    from_day: date
    made_on: date
    issued_at: datetime
    issued_by: str
    replaced_at: datetime | None
    read: Snapshot


@dataclass(frozen=True, slots=True)
class FileOccasion:
    """A check-in that was answered or missed."""

    purpose: str
    form: str
    local_date: date
    local_time: time
    zone: str
    due_at: datetime
    closes_at: datetime
    state: OccasionState


@dataclass(frozen=True, slots=True)
class FileResponse:
    """A finished response; `occasion` is its place among the occasions, None if it was not asked for."""

    occasion: int | None
    form: str
    asked: JsonObject
    state: CheckInState
    answers: dict[str, str]
    scores: JsonObject
    late: bool
    local_date: date
    started_at: datetime
    saved_at: datetime
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileMark:
    """A dose that the patient ticked."""

    on: date
    time: str
    drug: str
    how: str
    marked_at: datetime


@dataclass(frozen=True, slots=True)
class FileTaken:
    """A record of the dose really taken; `ended_how` is empty while it counts."""

    regimen: tuple[Intake, ...]
    from_day: date
    told_by: str
    note: str
    recorded_at: datetime
    last_day: date | None
    ended_how: str
    ended_at: datetime | None
    end_note: str


@dataclass(frozen=True, slots=True)
class FilePlan:
    """A plan with everything of it."""

    state: PlanState
    state_at: datetime
    created_at: datetime
    held_until: date | None
    review_on: date | None
    ended_because: str
    ended_on: date | None
    versions: tuple[FileVersion, ...]
    occasions: tuple[FileOccasion, ...]
    responses: tuple[FileResponse, ...]
    marks: tuple[FileMark, ...]
    taken: tuple[FileTaken, ...]

    @property
    def live(self) -> bool:
        """Whether it is being followed."""
        return self.state in LIVE

    @property
    def active(self) -> FileVersion:
        """The version in force."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the history at the clinic that made the file, as a sentence."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A whole file. `origin` is the patient's key where it was made, which names the same person in every file."""

    origin: str
    clinic: str
    phone: str
    made_at: datetime
    made_by: str
    data: PatientData
    plans: tuple[FilePlan, ...]
    history: tuple[HistoryLine, ...]
    open_items: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def live(self) -> FilePlan | None:
        """The plan that is being followed, if any."""
        return next((plan for plan in self.plans if plan.live), None)

    @property
    def answered(self) -> int:
        """How many finished responses there are."""
        return sum(len(plan.responses) for plan in self.plans)


def read(raw: JsonObject) -> FileRecord:
    """Read a record. Raises BadPatientFile: not_whole, with `where`; changed for a version whose hash differs."""
    try:
        return _record(_Part(raw, ""))
    except BadPatientFile:
        raise
    except (
        TaperplanError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as fault:
        # What domain types raise for values that cannot be.
        raise BadPatientFile(why="not_whole", where=getattr(fault, "where", "")) from fault


@dataclass(frozen=True, slots=True)
class _Part:
    """An object of the file, and where it stands."""

    found: JsonObject
    path: str

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str) -> BadPatientFile:
        return BadPatientFile(why="not_whole", where=self.at(name))

    # Any: whatever stands there; the reader says of which type it must be.
    def any(self, name: str, *kinds: type) -> Any:
        value = self.found.get(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.wrong(name)
        return value

    def word(self, name: str, most: int = 40) -> str:
        value = self.any(name, str)
        if len(value) > most:
            raise self.wrong(name)
        return str(value)

    def line(self, name: str, most: int = 300) -> str:
        return text.clean_line(self.any(name, str), where=self.at(name), most=most, required=False)

    def prose(self, name: str, most: int = text.TEXT_MOST) -> str:
        return text.clean_text(self.any(name, str), where=self.at(name), most=most)

    def moment(self, name: str) -> datetime:
        value = datetime.fromisoformat(self.word(name))
        if value.tzinfo is None or not _FIRST_DAY <= value.date() <= _LAST_DAY:
            raise self.wrong(name)
        return value.astimezone(UTC)

    def day(self, name: str) -> date:
        value = date.fromisoformat(self.word(name))
        if not _FIRST_DAY <= value <= _LAST_DAY:
            raise self.wrong(name)
        return value

    def maybe(self, name: str, read: Callable[[str], T]) -> T | None:
        return None if self.found.get(name) is None else read(name)

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        value = self.word(name)
        if value not in tuple(allowed):
            raise self.wrong(name)
        return value

    def each(self, name: str, read: Callable[[_Part], T]) -> tuple[T, ...]:
        rows = self.any(name, list)
        if len(rows) > _MOST.get(name, _MOST_LINES):
            raise BadPatientFile(why="too_many", where=self.at(name))
        return tuple(read(_Part(_object(row), f"{self.at(name)}[{n}]")) for n, row in enumerate(rows))

    def codes(self, name: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        rows = self.any(name, list)
        known = None if allowed is None else tuple(allowed)
        if len(rows) > 60 or (known is not None and not set(rows) <= set(known)):
            raise self.wrong(name)
        return tuple(text.clean_line(row, where=self.at(name)) for row in rows)


def _object(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _record(one: _Part) -> FileRecord:
    plans = one.each("plans", _plan)
    if sum(plan.live for plan in plans) > 1 or _twice(plans):
        raise one.wrong("plans")
    clinic = _Part(one.any("clinic", dict), "clinic")
    return FileRecord(
        origin=str(UUID(one.word("origin"))),
        clinic=clinic.line("name"),
        phone=clinic.line("phone"),
        made_at=one.moment("made_at"),
        made_by=one.line("made_by"),
        data=_patient(_Part(one.any("patient", dict), "patient")),
        plans=plans,
        history=one.each(
            "history", lambda row: HistoryLine(row.moment("at"), row.line("who"), row.prose("what"))
        ),
        open_items=tuple(text.clean_text(str(row), most=1_000) for row in one.any("open_items", list)[:200]),
        titles=one.each("documents", lambda row: row.line("title")),
    )


def _twice(plans: tuple[FilePlan, ...]) -> bool:
    """Whether a check-in or a ticked dose stands there twice."""
    asked = [(found.purpose, found.local_date) for plan in plans for found in plan.occasions]
    ticked = [(mark.on, mark.time, mark.drug) for plan in plans for mark in plan.marks]
    return len(set(asked)) != len(asked) or len(set(ticked)) != len(ticked)


def _patient(one: _Part) -> PatientData:
    """The record, without consent: it was given to another installation."""
    to_ask = one.codes("to_ask", StillToAsk)
    duration = one.maybe("duration_months", lambda name: _within(one, name, DURATION_MOST))
    if duration is None and StillToAsk.DURATION not in to_ask:
        raise one.wrong("duration_months")
    person = _Part(one.any("person_to_call", dict), one.at("person_to_call"))
    contact = EmergencyContact(
        person.line("name"),
        person.line("relation", 100),
        text.clean_phone(person.any("phone", str), required=False),
        MayBeTold(person.word("may_be_told")),
    )
    return PatientData(
        name=text.clean_line(one.any("name", str), where=one.at("name")),
        preferred_name=one.line("preferred_name", 100),
        record_no=text.clean_record_no(one.any("record_no", str), where=one.at("record_no")),
        born=text.clean_date(one.word("born"), earliest=OLDEST_BIRTH, latest=_LAST_DAY) or OLDEST_BIRTH,
        email=text.clean_email(one.any("email", str), where=one.at("email"), required=False),
        phone=text.clean_phone(one.any("phone", str), where=one.at("phone"), required=False),
        zone=places.clean_zone(one.word("zone", 64), where=one.at("zone")),
        language=one.one_of("language", LANGUAGES),
        country=places.clean_country(one.word("country"), where=one.at("country")),
        contact_how=ContactHow(one.word("contact_how")),
        contact_when=one.line("contact_when", 200),
        person_to_call=contact,
        crisis_plan=one.prose("crisis_plan"),
        pharmacy=one.line("pharmacy"),
        indication=one.one_of("indication", INDICATIONS),
        conditions=one.codes("conditions", CONDITIONS),
        substances=one.codes("substances", SUBSTANCES),
        medicines=one.codes("medicines"),
        duration_months=duration,
        to_ask=to_ask,
        notes=one.prose("notes"),
        checkin_weekday=_within(one, "checkin_weekday", 6),
        checkin_time=text.clean_time(one.word("checkin_time"), where=one.at("checkin_time")),
        close_watch=one.any("close_watch", bool),
        close_watch_until=one.maybe("close_watch_until", one.day),
    )


def _within(one: _Part, name: str, most: int) -> int:
    value = int(one.any(name, int))
    if not 0 <= value <= most:
        raise one.wrong(name)
    return value


def _plan(one: _Part) -> FilePlan:
    state = PlanState(one.word("state"))
    versions = one.each("versions", _version)
    occasions = one.each("occasions", _occasion)
    if state in _NOT_IN_FILES or not versions:
        raise one.wrong("state")
    if [version.number for version in versions] != list(range(1, len(versions) + 1)):
        raise one.wrong("versions")
    responses = one.each("responses", _response)
    placed = [found.occasion for found in responses if found.occasion is not None]
    if len(set(placed)) != len(placed) or any(not 0 <= n < len(occasions) for n in placed):
        raise one.wrong("responses")
    taken = one.each("taken", _taken)
    if sum(not row.ended_how for row in taken) > 1:
        raise one.wrong("taken")
    return FilePlan(
        state=state,
        state_at=one.moment("state_at"),
        created_at=one.moment("created_at"),
        held_until=one.maybe("held_until", one.day),
        review_on=one.maybe("review_on", one.day),
        ended_because=one.one_of("ended_because", _ENDS),
        ended_on=one.maybe("ended_on", one.day),
        versions=versions,
        occasions=occasions,
        responses=responses,
        marks=one.each("marks", _mark),
        taken=taken,
    )


def _version(one: _Part) -> FileVersion:
    canonical = str(one.any("canonical", str))
    if hashlib.sha256(canonical.encode()).hexdigest() != one.word("sha256", 64):
        raise BadPatientFile(why="changed", where=one.at("canonical"))
    return FileVersion(
        number=one.any("number", int),
        kind=one.one_of("kind", _KINDS),
        note=one.prose("note"),
        canonical=canonical,
        from_day=one.day("from_day"),
        made_on=one.day("made_on"),
        issued_at=one.moment("issued_at"),
        issued_by=one.line("issued_by", 200),
        replaced_at=one.maybe("replaced_at", one.moment),
        read=snapshot.load(canonical),
    )


def _occasion(one: _Part) -> FileOccasion:
    state = OccasionState(one.word("state"))
    if state not in _SETTLED:
        raise one.wrong("state")
    return FileOccasion(
        purpose=Purpose(one.word("purpose")).value,
        form=one.one_of("form", _FORMS),
        local_date=one.day("local_date"),
        local_time=text.clean_time(one.word("local_time")),
        zone=places.clean_zone(one.word("zone", 64)),
        due_at=one.moment("due_at"),
        closes_at=one.moment("closes_at"),
        state=state,
    )


def _response(one: _Part) -> FileResponse:
    state, form, asked = CheckInState(one.word("state")), one.one_of("form", _FORMS), one.any("asked", dict)
    if state is CheckInState.OPEN:
        raise one.wrong("state")
    answers, scores = one.any("answers", dict), one.any("scores", dict)
    spec = QuestionnaireSpec.from_json(form, asked)
    known = {item for code in (*spec.versions, *spec.own) for item in spec.questionnaire(code).items}
    if not set(answers) <= known:
        raise one.wrong("answers")
    if not spec.long | spec.step_up <= set(spec.versions) or not all(map(str.isidentifier, spec.off)):
        raise one.wrong("asked")
    for said in answers.values():
        text.clean_text(said, where=one.at("answers"))
    if scoring.score(spec, answers) != scoring.from_json(scores):
        raise one.wrong("scores")
    return FileResponse(
        occasion=one.found.get("occasion") if one.found.get("occasion") is None else one.any("occasion", int),
        form=form,
        asked=spec.to_json(),
        state=state,
        answers=answers,
        scores={scale: _score(_Part(_object(found), one.at("scores"))) for scale, found in scores.items()},
        late=one.any("late", bool),
        local_date=one.day("local_date"),
        started_at=one.moment("started_at"),
        saved_at=one.moment("saved_at"),
        submitted_at=one.maybe("submitted_at", one.moment),
    )


def _score(one: _Part) -> JsonObject:
    """The figures of a scale: whole numbers, or none."""
    return {name: one.maybe(name, lambda name: one.any(name, int)) for name in _FIGURES}


def _mark(one: _Part) -> FileMark:
    return FileMark(
        on=one.day("on"),
        time=TimeOfDay(one.word("time", 10)).value,
        drug=one.one_of("drug", catalogue.names()),
        how=one.one_of("how", ("planned", "other")),
        marked_at=one.moment("marked_at"),
    )


def _taken(one: _Part) -> FileTaken:
    regimen = dose_records.from_rows(one.any("regimen", list))
    if not all(dose.dose.units > 0 and dose.drug in catalogue.names() for dose in regimen):
        raise one.wrong("regimen")
    ended = one.one_of("ended_how", ("", "later_record", "as_planned", "went_on", "stay"))
    return FileTaken(
        regimen=regimen,
        from_day=one.day("from_day"),
        told_by=dose_records.ToldBy(one.word("told_by")).value,
        note=one.prose("note"),
        recorded_at=one.moment("recorded_at"),
        last_day=one.day("last_day") if ended else None,
        ended_how=ended,
        ended_at=one.moment("ended_at") if ended else None,
        end_note=one.prose("end_note"),
    )
