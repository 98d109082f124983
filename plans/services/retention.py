"""The nightly retention: what each class's time has run out for is counted, then deleted batch by batch.

    dry = dry_run(by=lead)      # counts, deletes nothing
    ran = run()                 # a whole run at once; the tick does a few seconds of one at a time

A run deletes what was due when it began, and its figures say afterwards what became of that: a difference is shown.
What the tick deletes within minutes (expired limits, links, uploads) is counted and deleted here as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from plans.domain.checkins.states import RawAnswerState
from plans.domain.documents.states import DocumentState
from plans.domain.links import ON_PAPER
from plans.domain.notices import Queue
from plans.domain.outbox import UNFINISHED
from plans.domain.people import ENDS_OF_CARE
from plans.domain.review.item_states import ItemState
from plans.domain.rights.copies import CopyState
from plans.domain.rights.retention import BATCH, CLASSES, DELETED, EVERY, NIGHT, DataClass, KeptWhy
from plans.models import (
    LIVE_STATES,
    BirthYearTry,
    CaseloadImport,
    Document,
    Invitation,
    KeptForm,
    Limit,
    Link,
    Patient,
    PatientDevice,
    PatientFile,
    PatientSession,
    Plan,
    RawAnswer,
    RecordCopy,
    ReplyCode,
    RetentionRun,
    ReviewItem,
    StaffSession,
    Work,
)
from plans.services import audit, clock, imports, links, record_copies, wall
from plans.services.access import check_may
from plans.services.actors import SYSTEM, Actor, May
from plans.services.documents import files
from plans.services.wall import Door

_SECONDS: Final = 3.0
_KEYS: Final = 5_000
"""Keys looked up at once, deleted in batches."""

# Any: rows of any model.
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Times:
    """When a run began, in real time and in clinic time."""

    real: datetime
    now: datetime

    def before(self, code: DataClass, *, clinic: bool = False) -> datetime:
        """What is older than this has had its time."""
        period = CLASSES[code].period or timedelta(0)
        return (self.now if clinic else self.real) - period


def _sessions(at: Times) -> Rows:
    store: type[SessionStore] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    rows: Rows = store.get_model_class()._default_manager.filter(
        expire_date__lt=at.before(DataClass.STAFF_SESSIONS)
    )
    return rows


def _staff_sessions(at: Times) -> Rows:
    longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return StaffSession.objects.filter(began_at__lt=at.before(DataClass.STAFF_SESSIONS) - longest)


def _invitations(at: Times) -> Rows:
    old = at.before(DataClass.INVITATIONS)
    return Invitation.objects.filter(Q(settled_at__lt=old) | Q(outcome="", expires_at__lt=old))


def _reply_codes(at: Times) -> Rows:
    return ReplyCode.objects.filter(ended_at__lt=at.before(DataClass.REPLY_CODES, clinic=True))


def _entries(at: Times, code: DataClass, queue: Queue) -> Rows:
    """Ended outbox entries of a queue, but for those that another row still needs."""
    rows = Work.objects.filter(queue=queue.value, settled_at__lt=at.before(code, clinic=True))
    carries = Work.objects.filter(carried_by=OuterRef("pk"))
    answered = ReplyCode.objects.filter(work=OuterRef("pk"))
    return rows.exclude(state__in=UNFINISHED).exclude(Exists(carries)).exclude(Exists(answered))


def _staff_messages(at: Times) -> Rows:
    rows = _entries(at, DataClass.STAFF_MESSAGES, Queue.ALERTS)
    return rows.filter(Q(item=None) | Q(item__state=ItemState.RESOLVED.value))


def _drawings(at: Times) -> Rows:
    return _entries(at, DataClass.DRAWINGS, Queue.DOCUMENTS)


def _links(at: Times) -> Rows:
    ended = at.before(DataClass.LINKS, clinic=True)
    rows = Link.objects.filter(Q(revoked_at__lt=ended) | Q(expires_at__lt=ended), occasion=None, version=None)
    return rows.exclude(purpose__in=ON_PAPER)


def _raw_answers(at: Times) -> Rows:
    old = at.before(DataClass.RAW_ANSWERS, clinic=True)
    return RawAnswer.objects.filter(state=RawAnswerState.STORED.value, settled_at__lt=old)


def _refused_documents(at: Times) -> Rows:
    old = at.before(DataClass.REFUSED_DOCUMENTS, clinic=True)
    return Document.objects.filter(
        state__in=(DocumentState.FAILED.value, DocumentState.REPLACED.value),
        file__startswith=files.REFUSED,
        asked_at__lt=old,
    )


def _expired(model: type[Model], name: str, code: DataClass, **more: object) -> Callable[[Times], Rows]:
    def rows(at: Times) -> Rows:
        found: Rows = model._default_manager.filter(**{f"{name}__lte": at.before(code)}, **more)
        return found

    return rows


_DUE: Final[Mapping[DataClass, tuple[Callable[[Times], Rows], ...]]] = {
    DataClass.STAFF_SESSIONS: (_sessions, _staff_sessions),
    DataClass.LIMITS: (_expired(Limit, "until", DataClass.LIMITS),),
    DataClass.KEPT_FORMS: (_expired(KeptForm, "expires_at", DataClass.KEPT_FORMS),),
    DataClass.INVITATIONS: (_invitations,),
    DataClass.REPLY_CODES: (_reply_codes,),
    DataClass.STAFF_MESSAGES: (_staff_messages,),
    DataClass.DRAWINGS: (_drawings,),
    DataClass.PATIENT_SESSIONS: (_expired(PatientSession, "expires_at", DataClass.PATIENT_SESSIONS),),
    DataClass.LINKS: (_links,),
    DataClass.DEVICES: (_expired(PatientDevice, "expires_at", DataClass.DEVICES),),
    DataClass.WRONG_FACTS: (_expired(BirthYearTry, "at", DataClass.WRONG_FACTS),),
    DataClass.RAW_ANSWERS: (_raw_answers,),
    DataClass.IMPORTS: (_expired(CaseloadImport, "expires_at", DataClass.IMPORTS),),
    DataClass.PATIENT_FILES: (_expired(PatientFile, "expires_at", DataClass.PATIENT_FILES),),
    DataClass.RECORD_COPIES: (
        _expired(RecordCopy, "expires_at", DataClass.RECORD_COPIES, state=CopyState.READY.value),
    ),
    DataClass.REFUSED_DOCUMENTS: (_refused_documents,),
}
"""The rows of each class whose time is over; total over the classes that are deleted (tested)."""


def _drop_refused(rows: Rows) -> int:
    found = list(rows.values_list("pk", "file")[:BATCH])
    for key, name in found:
        files.drop(name)
        Document.objects.filter(pk=key, file=name).update(file="")
    return len(found)


_OWN_WAY: Final[Mapping[DataClass, Callable[[Rows], int]]] = {
    DataClass.LINKS: lambda _rows: links.forget_sessions(),
    DataClass.IMPORTS: lambda _rows: imports.forget(),
    DataClass.RECORD_COPIES: lambda _rows: record_copies.forget(),
    DataClass.REFUSED_DOCUMENTS: _drop_refused,
}
"""Classes whose rows are not simply deleted."""


def _kept(at: Times) -> dict[str, dict[str, int]]:
    """What stays although its time is over, or because it is not, and why; of the record, how many patients."""
    alerts = Work.objects.filter(
        queue=Queue.ALERTS.value, settled_at__lt=at.before(DataClass.STAFF_MESSAGES, clinic=True)
    )
    still_open = alerts.filter(item__isnull=False).exclude(item__state=ItemState.RESOLVED.value)
    waiting = RawAnswer.objects.filter(
        state=RawAnswerState.WAITING.value, received_at__lt=at.before(DataClass.RAW_ANSWERS, clinic=True)
    )
    return {
        DataClass.STAFF_MESSAGES.value: {KeptWhy.OPEN_ITEM.value: still_open.count()},
        DataClass.RAW_ANSWERS.value: {KeptWhy.IN_USE.value: waiting.count()},
        DataClass.RECORDS.value: {
            KeptWhy.IN_CARE.value: Patient.objects.exclude(care_state__in=ENDS_OF_CARE).count(),
            KeptWhy.LAW.value: _ended(at, "gte").count(),
            KeptWhy.OPEN_ITEM.value: _ended(at, "lt").filter(_OPEN_ITEM).count(),
            KeptWhy.LIVE_PLAN.value: _ended(at, "lt").exclude(_OPEN_ITEM).filter(_LIVE_PLAN).count(),
        },
    }


_OPEN_ITEM: Final = Q(
    Exists(ReviewItem.objects.filter(patient=OuterRef("pk")).exclude(state=ItemState.RESOLVED.value))
)
_LIVE_PLAN: Final = Q(Exists(Plan.objects.filter(patient=OuterRef("pk"), state__in=LIVE_STATES)))


def _ended(at: Times, how: str) -> QuerySet[Patient]:
    """Patients whose care ended before (`lt`) or within (`gte`) the time that a record is kept."""
    ended = Patient.objects.filter(care_state__in=ENDS_OF_CARE).annotate(
        ended_at=Max("care_changes__made_at", filter=Q(care_changes__corrected_at=None))
    )
    before = at.before(DataClass.RECORDS, clinic=True)
    unknown = Q(ended_at=None, **{f"created_at__{how}": before})
    return ended.filter(Q(**{f"ended_at__{how}": before}) | unknown)


# Any: counts, and counts by reason.
def _counted(at: Times) -> dict[str, dict[str, Any]]:
    kept = _kept(at)
    found = {
        one.code.value: {
            "due": sum(rows(at).count() for rows in _DUE[one.code]),
            "kept": kept.get(one.code.value, {}),
        }
        for one in DELETED
    }
    # A record whose time is over is erased by a person, who is shown how many there are.
    over = _ended(at, "lt").exclude(_OPEN_ITEM).exclude(_LIVE_PLAN)
    found[DataClass.RECORDS.value] = {"due": over.count(), "kept": kept[DataClass.RECORDS.value]}
    return found


def _times(real: datetime) -> Times:
    return Times(real, real + clock.offset())


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class: what a run found due, what it deleted (None in a dry run), and what stays, by reason."""

    code: DataClass
    due: int
    deleted: int | None
    kept: tuple[tuple[KeptWhy, int], ...]

    @property
    def differs(self) -> bool:
        """Whether something that was due is still there."""
        return self.deleted is not None and CLASSES[self.code].deletes and self.deleted != self.due


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its figures."""

    id: UUID
    dry: bool
    begun_at: datetime
    ended_at: datetime | None
    by: str
    figures: tuple[ClassFigures, ...]

    @property
    def differs(self) -> bool:
        """Whether a class was not deleted as it was due."""
        return self.ended_at is not None and any(one.differs for one in self.figures)


def last_runs(actor: Actor) -> tuple[RunView | None, RunView | None]:
    """The last dry run and the last real one. Raises NotAllowed for anybody but a lead or an operator."""
    _check(actor)
    rows = RetentionRun.objects.select_related("by").order_by("-begun_at")
    dry, real = rows.filter(dry=True).first(), rows.filter(dry=False).first()
    return (_view(dry) if dry else None, _view(real) if real else None)


def _check(actor: Actor) -> None:
    check_may(actor, May.OPERATE if actor.may(May.OPERATE) else May.MANAGE)


def _view(row: RetentionRun) -> RunView:
    figures = tuple(
        ClassFigures(
            DataClass(code),
            one["due"],
            None if row.dry else one.get("deleted", 0),
            tuple((KeptWhy(why), count) for why, count in one["kept"].items() if count),
        )
        for code, one in row.figures.items()
    )
    return RunView(row.pk, row.dry, row.begun_at, row.ended_at, row.by.name if row.by else "", figures)


def dry_run(*, by: Actor = SYSTEM) -> RunView:
    """Count what a run would delete now. Raises NotAllowed for anybody but a lead, an operator or the command."""
    if by is not SYSTEM:
        _check(by)
    real = clock.real_now()
    with wall.through(Door.INSTALLATION):
        figures = _counted(_times(real))
    row = RetentionRun.objects.create(
        dry=True, begun_at=real, ended_at=real, by_id=by.user_id, figures=figures
    )
    return _view(row)


def run() -> RunView:
    """A whole run, going on with one that was interrupted; for the command. May be interrupted and run again."""
    row = _begun()
    while not _go_on(row, seconds=60.0):
        pass
    return _view(RetentionRun.objects.get(pk=row.pk))


def tick(real: datetime) -> int:
    """A few seconds of the night's run, if there is one to begin or to go on with; returns how many were deleted."""
    row = RetentionRun.objects.filter(dry=False, ended_at=None).first()
    if row is None:
        last = RetentionRun.objects.filter(dry=False).order_by("-begun_at").first()
        if not NIGHT[0] <= real.hour < NIGHT[1] or (last is not None and last.begun_at > real - EVERY):
            return 0
        row = _begun()
    before = _deleted(row)
    _go_on(row, seconds=_SECONDS)
    row.refresh_from_db()
    return _deleted(row) - before


def _deleted(row: RetentionRun) -> int:
    return sum(one.get("deleted", 0) for one in row.figures.values())


def _begun() -> RetentionRun:
    standing = RetentionRun.objects.filter(dry=False, ended_at=None).first()
    if standing is not None:
        return standing
    real = clock.real_now()
    try:
        with transaction.atomic():
            return RetentionRun.objects.create(dry=False, begun_at=real, figures=_counted(_times(real)))
    except IntegrityError:
        # Another worker began it.
        return RetentionRun.objects.get(dry=False, ended_at=None)


def _go_on(row: RetentionRun, *, seconds: float) -> bool:
    """Delete batches until the time is up; True once nothing is left that can be deleted."""
    at, ends = _times(row.begun_at), time.monotonic() + seconds
    for one in DELETED:
        for rows in _DUE[one.code]:
            while _batch(one.code, rows(at)):
                if time.monotonic() > ends:
                    _write(row, at)
                    return False
    _write(row, at)
    with transaction.atomic():
        ended = RetentionRun.objects.filter(pk=row.pk, ended_at=None).update(ended_at=clock.real_now())
        if ended:
            row.refresh_from_db()
            audit.record(
                by=SYSTEM,
                act="retention.ran",
                subject_kind="retention",
                subject_id=row.pk,
                facts={"number": _deleted(row)},
            )
    return True


def _batch(code: DataClass, rows: Rows) -> int:
    """Delete some rows; 0 once none is left, or none that can be deleted now. Each transaction is short, and a row
    that somebody holds is left for the next night."""
    own = _OWN_WAY.get(code)
    if own is not None:
        return own(rows)
    gone = 0
    keys = list(rows.values_list("pk", flat=True)[:_KEYS])
    for begin in range(0, len(keys), BATCH):
        some = keys[begin : begin + BATCH]
        with transaction.atomic():
            mine = rows.model._default_manager.filter(pk__in=some).order_by("pk")
            free = mine.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
            gone += rows.model._default_manager.filter(pk__in=list(free)).delete()[0]
    return gone


def _write(row: RetentionRun, at: Times) -> None:
    """Say how much of what was due is gone."""
    figures = {
        code: {**one, "deleted": max(0, one["due"] - sum(rows(at).count() for rows in _DUE[DataClass(code)]))}
        if DataClass(code) in _DUE
        else {**one, "deleted": 0}
        for code, one in row.figures.items()
    }
    row.figures = figures
    RetentionRun.objects.filter(pk=row.pk).update(figures=figures)
