"""The rows of each patient put together: the record, what is taken now, and the steps of a running plan.

The rows of a patient have the same record number. The first has the record; the others repeat it or leave it out, and
add a drug that is taken or a step of the plan. A row with a date or days is a step: of a day's total, or of the doses
in its row. A row without is what is taken now. Steps that are over are left out, and the one under way goes on for the
days it has left, so that a plan begins today at the earliest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import partial
from typing import Final, TypeVar

from plans.domain import people, places, text
from plans.domain.amounts import Dose
from plans.domain.caseload_file import columns
from plans.domain.caseload_file.problems import BadRow, RowProblem
from plans.domain.caseload_file.table import FileRow, FileTable
from plans.domain.caseload_file.values import (
    DayOrder,
    DecimalSigns,
    codes_and_texts,
    one_of,
    read_amount,
    read_day,
    several_of,
)
from plans.domain.errors import Refused, TaperplanError
from plans.domain.people import ContactHow, EmergencyContact, MayBeTold, PatientData, StillToAsk
from plans.domain.taper.course import MOST_DAYS
from plans.domain.taper.schedule import MOST_TIMES, TimeOfDay
from plans.domain.text import BadText, fold

T = TypeVar("T")

# What the form of a plan has room for.
MOST_DRUGS: Final = 2
MOST_STEPS: Final = 400
_AMOUNTS: Final = (*columns.TIMES, "dose", "step_total")
_NONE: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: what each column holds, dates, and the words for codes, by set (`drug`, `conditions` …).

    `defaults`: zone, country and language of the clinic, for patients whose row names none.
    """

    columns: tuple[str, ...]
    order: DayOrder
    today: date
    words: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileDose:
    """A dose of one drug at a time of day."""

    drug: str
    time: TimeOfDay
    dose: Dose


@dataclass(frozen=True, slots=True)
class FileStep:
    """`days` on a day's total or on these doses."""

    days: int
    total: Dose | None = None
    doses: tuple[FileDose, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePatient:
    """A patient of the file. `data` is None if the record has problems; `given`: the fields that the file names.

    `drug`: the drug of the steps, if what is taken now is not said. `owner`: the e-mail address of the member whose
    patient it is to be, in lower case, as the file says it.

    `start` is the first day of the plan, if the file says it; `left_out`: how many steps were over already.
    """

    line: int
    record_no: str
    data: PatientData | None
    given: frozenset[str]
    regimen: tuple[FileDose, ...] = ()
    steps: tuple[FileStep, ...] = ()
    drug: str = ""
    owner: str = ""
    start: date | None = None
    left_out: int = 0
    problems: tuple[RowProblem, ...] = ()

    @property
    def planned(self) -> bool:
        """Whether the file says anything for a plan."""
        return bool(self.regimen or self.steps)


@dataclass(slots=True)
class _Step:
    """A step as its row gives it."""

    row: _Cells
    start: date | None
    days: int | None
    total: Dose | None
    doses: list[FileDose]


class _Cells:
    """The cells of a row by what they hold, and its problems as they are found."""

    def __init__(self, row: FileRow, table: FileTable, reading: Reading) -> None:
        self.line = row.line
        self.heading = {code: table.headings[n] for n, code in enumerate(reading.columns) if code}
        self.raw = {code: row.cells[n].strip() for n, code in enumerate(reading.columns) if code}
        self.problems: list[RowProblem] = []
        if row.too_wide:
            self.refuse("", BadRow(why="too_wide", most=len(table.headings)))

    def __getitem__(self, code: str) -> str:
        return self.raw.get(code, "")

    def refuse(self, code: str, error: TaperplanError) -> None:
        """Note a problem of the column that holds `code`, or of the row."""
        self.problems.append(RowProblem(self.line, self.heading.get(code, ""), error))

    def read(self, code: str, read: Callable[[str], T], default: T) -> T:
        """A cell as `read` reads it; the default if it is empty or refused, which is noted."""
        if not self[code]:
            return default
        try:
            return read(self[code])
        except TaperplanError as error:
            self.refuse(code, error)
            return default


def file_patients(table: FileTable, reading: Reading) -> Iterator[FilePatient]:
    """The patients of a file, in the order of their first rows; rows without a record number are one each."""
    rows = [_Cells(row, table, reading) for row in table.rows]
    signs = DecimalSigns.of(row[code] for row in rows for code in _AMOUNTS)
    groups: dict[str, list[_Cells]] = {}
    for row in rows:
        groups.setdefault(_key(row["record_no"]) or f"\n{row.line}", []).append(row)
    for group in groups.values():
        yield _patient(group, reading, signs)


def _key(record_no: str) -> str:
    return " ".join(unicodedata.normalize("NFC", record_no).casefold().split())


def _patient(rows: list[_Cells], reading: Reading, signs: DecimalSigns) -> FilePatient:
    first = rows[0]
    given = {code for code, use in columns.USES.items() if use.part is columns.Part.PATIENT and first[code]}
    data = _Record(first, reading).data()
    for row in rows[1:]:
        _check_repeated(first, row, given)
    taken: list[FileDose] = []
    steps: list[_Step] = []
    for row in rows:
        before = len(taken), len(steps)
        _read_doses(row, reading, taken, steps, signs)
        if row is not first and (len(taken), len(steps)) == before and not row.problems:
            row.refuse("record_no", BadRow(why="adds_nothing", line=first.line))
    _check_taken(first, taken)
    merged = _merged(steps)
    drug = _drug_of_totals(merged, taken, reading)
    plan, start, left_out = _plan(merged, reading.today) if not _wrong(rows) else ((), None, 0)
    owner = first.read("owner", text.clean_email, "").lower()
    wrong = _wrong(rows)
    return FilePatient(
        line=first.line,
        record_no=data.record_no if data else first["record_no"],
        data=data if not wrong else None,
        given=frozenset(given),
        regimen=_in_order(taken),
        steps=plan,
        drug=drug,
        owner=owner,
        start=start,
        left_out=left_out,
        problems=wrong,
    )


def _in_order(taken: Sequence[FileDose]) -> tuple[FileDose, ...]:
    """Drug by drug as the file names them, each in the order of the day."""
    drugs = list(dict.fromkeys(one.drug for one in taken))
    return tuple(sorted(taken, key=lambda one: (drugs.index(one.drug), one.time.minutes)))


def _drug_of_totals(steps: Sequence[_Step], taken: Sequence[FileDose], reading: Reading) -> str:
    """The drug that totals are of: named in their rows, or among what is taken."""
    totals = [step for step in steps if step.total is not None]
    words = reading.words["drug"]
    named = {words[fold(step.row["drug"])] for step in totals if fold(step.row["drug"]) in words}
    if len(named) > 1:
        totals[0].row.refuse("step_total", BadRow(why="totals_of_two_drugs"))
    elif totals and not taken and not named and not any(step.row["drug"] for step in totals):
        totals[0].row.refuse("drug", BadRow(why="plan_drug_missing"))
    return min(named) if named and not taken else ""


def _wrong(rows: Sequence[_Cells]) -> tuple[RowProblem, ...]:
    return tuple(problem for row in rows for problem in row.problems)


def _check_repeated(first: _Cells, row: _Cells, given: set[str]) -> None:
    """A later row may repeat the record or leave it out, and say nothing else."""
    for code, use in columns.USES.items():
        if use.part is columns.Part.PATIENT and code != "record_no" and row[code] not in ("", first[code]):
            row.refuse(code, BadRow(why="record_differs", line=first.line))


class _Record:
    """Reads the record from a patient's first row."""

    def __init__(self, row: _Cells, reading: Reading) -> None:
        self.row, self.reading, self.words = row, reading, reading.words

    def data(self) -> PatientData | None:
        """The record, None if anything of it is missing or wrong."""
        row = self.row
        for code, use in columns.USES.items():
            if use.need is columns.Need.REQUIRED and not row[code]:
                row.refuse(code, BadText(why="missing"))
        values = {**self._who(), **self._contact(), **self._health(), "to_ask": self._to_ask()}
        if row.problems:
            return None
        data = PatientData(**values)  # type: ignore[arg-type]  # each read as its field is
        try:
            people.check_whole(data, self.reading.today)
        except Refused as refusal:
            row.refuse(refusal.where, refusal)
            return None
        return data

    def _to_ask(self) -> tuple[str, ...]:
        """What the file does not say, which is no answer: "none" is one."""
        named = {StillToAsk.PERSON: "person_name"}
        return tuple(code.value for code in StillToAsk if not self.row[named.get(code, code.value)])

    def _line(self, code: str, most: int = text.LINE_MOST) -> str:
        return self.row.read(code, partial(text.clean_line, most=most), "")

    def _word(self, code: str, default: str) -> str:
        return self.row.read(code, lambda raw: one_of(raw, self.words[code]), default)

    def _born(self, raw: str) -> date:
        found = read_day(raw, self.reading.order)
        least, most = people.OLDEST_BIRTH, self.reading.today
        if not least <= found <= most:
            raise BadText(why="date_out_of_range", least=least.isoformat(), most=most.isoformat())
        return found

    def _who(self) -> dict[str, object]:
        row, defaults = self.row, self.reading.defaults
        return {
            "name": self._line("name"),
            "preferred_name": self._line("preferred_name", 100),
            "record_no": row.read("record_no", text.clean_record_no, ""),
            "born": row.read("born", self._born, people.OLDEST_BIRTH),
            "zone": row.read("zone", lambda raw: places.clean_zone(raw.replace(" ", "_")), defaults["zone"]),
            "country": self._word("country", defaults["country"]),
            "language": self._word("language", defaults["language"]),
        }

    def _contact(self) -> dict[str, object]:
        row = self.row
        email = row.read("email", text.clean_email, "")
        person = EmergencyContact(
            name=self._line("person_name"),
            relation=self._line("person_relation", 100),
            phone=row.read("person_phone", text.clean_phone, ""),
            may_be_told=MayBeTold(self._word("may_be_told", MayBeTold.NOTHING.value)),
        )
        usual = ContactHow.EMAIL if email else ContactHow.PHONE
        return {
            "email": email,
            "phone": row.read("phone", text.clean_phone, ""),
            "contact_how": ContactHow(self._word("contact_how", usual.value)),
            "contact_when": self._line("contact_when"),
            "checkin_weekday": int(self._word("checkin_weekday", "0")),
            "checkin_time": row.read("checkin_time", text.clean_time, time(9)),
            "person_to_call": person,
            "crisis_plan": row.read("crisis_plan", text.clean_text, ""),
            "pharmacy": self._line("pharmacy", 300),
        }

    def _health(self) -> dict[str, object]:
        row = self.row
        months = partial(text.clean_whole, least=0, most=people.DURATION_MOST)
        return {
            "indication": self._word("indication", ""),
            "duration_months": row.read("duration_months", months, 0),
            "conditions": row.read(
                "conditions", lambda raw: several_of(raw, self.words["conditions"]), _NONE
            ),
            "substances": row.read(
                "substances", lambda raw: several_of(raw, self.words["substances"]), _NONE
            ),
            "medicines": row.read("medicines", self._medicines, _NONE),
            "notes": row.read("notes", text.clean_text, ""),
        }

    def _medicines(self, raw: str) -> tuple[str, ...]:
        codes, others = codes_and_texts(raw, self.words["medicines"])
        return (*codes, *text.clean_lines("\n".join(others)))


def _read_doses(
    row: _Cells, reading: Reading, taken: list[FileDose], steps: list[_Step], signs: DecimalSigns
) -> None:
    """What a row says of doses, added to what is taken or to the steps."""
    amount = partial(read_amount, signs=signs)
    count = partial(text.clean_whole, least=1, most=MOST_DAYS)
    start = row.read("step_start", lambda raw: read_day(raw, reading.order), None)
    days = row.read("step_days", count, None)
    total: Dose | None = row.read("step_total", amount, None)
    is_step = bool(row["step_start"] or row["step_days"])
    if row["step_total"] and not is_step:
        row.refuse("step_total", BadRow(why="step_when_missing"))
    doses = list(_row_doses(row, reading, amount))
    if is_step and not row["step_total"]:
        if not doses and not any(row[code] for code in (*columns.TIMES, "dose")):
            row.refuse("step_total", BadRow(why="step_dose_missing"))
        steps.append(_Step(row, start, days, None, doses))
        return
    if is_step:
        steps.append(_Step(row, start, days, total, []))
    taken += [one for one in doses if one.dose]


def _row_doses(row: _Cells, reading: Reading, amount: Callable[[str], Dose]) -> Iterator[FileDose]:
    """The doses in a row, of one drug: by the columns of the times of day, or one dose with its time."""
    by_time = [(TimeOfDay(code), code) for code in columns.TIMES if row[code]]
    if row["dose"]:
        if not row["time"]:
            row.refuse("time", BadRow(why="time_missing"))
            return
        named = row.read("time", lambda raw: _time(raw, reading.words["time"]), None)
        if named is None:
            return
        by_time.append((named, "dose"))
    elif row["time"]:
        row.refuse("dose", BadRow(why="dose_missing"))
    drug = row.read("drug", lambda raw: one_of(raw, reading.words["drug"]), "")
    if row["drug"] and not by_time and not row["step_total"]:
        row.refuse("dose", BadRow(why="dose_missing"))
    if by_time and not row["drug"]:
        row.refuse("drug", BadRow(why="drug_missing"))
    for when, code in by_time:
        dose = row.read(code, amount, None)
        if dose is not None and drug:
            yield FileDose(drug, when, dose)


def _time(raw: str, words: Mapping[str, str]) -> TimeOfDay:
    try:
        return TimeOfDay(raw.zfill(5) if raw[:1].isdigit() else one_of(raw, words))
    except ValueError:
        raise BadText(why="not_time") from None


def _check_taken(first: _Cells, taken: Sequence[FileDose]) -> None:
    """What is taken must fit the form of a plan, and say each dose once."""
    _check_times(first, taken)
    if len({one.drug for one in taken}) > MOST_DRUGS:
        first.refuse("drug", BadRow(why="too_many_drugs", most=MOST_DRUGS))
    if any(sum(one.drug == drug for one in taken) > MOST_TIMES for drug in {one.drug for one in taken}):
        first.refuse("time", BadRow(why="too_many_times", most=MOST_TIMES))


def _check_times(row: _Cells, doses: Sequence[FileDose]) -> None:
    said = [(one.drug, one.time) for one in doses]
    if len(set(said)) != len(said):
        row.refuse("drug", BadRow(why="dose_twice"))
    if len({one.time.by_clock for one in doses}) > 1:
        row.refuse("time", BadRow(why="mixed_times"))


def _merged(steps: Sequence[_Step]) -> list[_Step]:
    """Steps, where rows that begin on one day are one step of several doses."""
    found: list[_Step] = []
    for step in steps:
        last = found[-1] if found else None
        if last and step.start and step.start == last.start and last.total is None and step.total is None:
            last.doses += step.doses
            last.days = last.days or step.days
        else:
            found.append(replace(step, doses=list(step.doses)))
    for step in found:
        _check_times(step.row, step.doses)
    if len(found) > MOST_STEPS:
        found[0].row.refuse("step_days", BadRow(why="too_many_steps", most=MOST_STEPS))
    return found


def _plan(steps: Sequence[_Step], today: date) -> tuple[tuple[FileStep, ...], date | None, int]:
    """The steps that are not over, the first day of the plan, and how many steps were over."""
    found, start = _counted(steps)
    return _from_today(steps, found, start, today)


def _counted(steps: Sequence[_Step]) -> tuple[tuple[FileStep, ...], date | None]:
    """The steps with their days, which follow from the next date where none are given; and the first day."""
    if not steps:
        return (), None
    found: list[FileStep] = []
    start = steps[0].start
    day = start
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.start and day is None and step is not steps[0]:
            step.row.refuse("step_start", BadRow(why="step_start_first"))
        elif step.start and day and step.start != day:
            step.row.refuse("step_start", BadRow(why="step_days_differ", day=day.isoformat()))
        days = _days(step, after)
        doses = tuple(one for one in step.doses if one.dose)
        found.append(FileStep(days, step.total if doses or step.total is not None else Dose(0), doses))
        begins = step.start or day
        day = begins + timedelta(days=days) if begins else None
    return tuple(found), start


def _days(step: _Step, after: _Step | None) -> int:
    gap = None
    if after and after.start and step.start:
        gap = (after.start - step.start).days
        if not 1 <= gap <= MOST_DAYS:
            after.row.refuse("step_start", BadRow(why="step_order"))
            return step.days or 1
    if step.days is None and gap is None and not step.row["step_days"]:
        step.row.refuse("step_days", BadRow(why="step_days_missing"))
    return step.days or gap or 1


def _from_today(
    merged: Sequence[_Step], steps: tuple[FileStep, ...], start: date | None, today: date
) -> tuple[tuple[FileStep, ...], date | None, int]:
    """The steps from today on, the first with the days it has left; and how many were over."""
    if start is None or start >= today or not steps:
        return steps, start, 0
    day = start
    for n, step in enumerate(steps):
        after = day + timedelta(days=step.days)
        if after > today:
            return (replace(step, days=(after - today).days), *steps[n + 1 :]), today, n
        day = after
    merged[-1].row.refuse("step_start", BadRow(why="plan_over", day=(day - timedelta(days=1)).isoformat()))
    return steps, start, 0
