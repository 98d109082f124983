"""A clinic's own questions, written by its lead on the settings page: publishing, new versions, stopping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from plans.domain.checkins import clinic_questionnaires, instrument_file
from plans.domain.checkins.clinic_questionnaires import ASKED_MOST, OwnItem, TooManyItems
from plans.domain.checkins.instrument import Questionnaire
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.errors import NotFound, Stale
from plans.domain.text import fold
from plans.models import Clinic, ClinicQuestionnaire
from plans.services import paging
from plans.services.access import get_clinic_for, get_question_for
from plans.services.actors import Actor, May
from plans.services.checkins import questionnaire_versions
from plans.services.from_row import from_row
from plans.services.paging import Page

PAGE: Final = 20
_ORDER: Final = ("-loaded_at", "-id")


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One version of a question, or of a questionnaire loaded from a file (then `item` is None).

    `asked`: new check-ins ask it.
    """

    id: UUID
    code: str
    version: int
    item: OwnItem | None
    made: Questionnaire
    asked: bool
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ClinicQuestion:
    """A question with all its versions, newest first; `asked` is the current one, None if it is not asked."""

    newest: QuestionRow
    versions: tuple[QuestionRow, ...]
    asked: QuestionRow | None


def _row(row: ClinicQuestionnaire) -> QuestionRow:
    made = instrument_file.read_text(row.text)
    return from_row(
        QuestionRow, row, item=clinic_questionnaires.read(made), made=made, published_at=row.loaded_at
    )


def _mine(clinic: Clinic) -> QuerySet[ClinicQuestionnaire]:
    return ClinicQuestionnaire.objects.filter(clinic=clinic)


def questions(actor: Actor, *, q: str = "", key: str | None = None, size: int = PAGE) -> Page[QuestionRow]:
    """The newest version of every question of the actor's clinic, most recent first; `q` searches the wording."""
    every = _mine(get_clinic_for(actor))
    newer = every.filter(code=OuterRef("code"), version__gt=OuterRef("version"))
    wanted = every.filter(~Exists(newer))
    words = fold(q).split()[:6]
    if words:
        # Only the wording, not the rest of the file.
        found_in = {row.pk: fold(" ".join(_wordings(row))) for row in wanted}
        wanted = wanted.filter(pk__in=[pk for pk, text in found_in.items() if all(w in text for w in words)])
    return paging.page_of(
        wanted, _ORDER, lambda rows: [_row(row) for row in rows], every=every, key=key, size=size
    )


def _wordings(row: ClinicQuestionnaire) -> Iterator[str]:
    made = instrument_file.read_text(row.text)
    if made.source != clinic_questionnaires.SOURCE:
        yield from made.titles.values()
    for item in made.items.values():
        yield from item.texts.values()


def asked_count(actor: Actor) -> int:
    """How many questions of its own the actor's clinic asks."""
    return _mine(get_clinic_for(actor)).filter(asked=True).count()


def question(actor: Actor, question_id: UUID) -> ClinicQuestion:
    """The question of the version with this key. Raises NotFound."""
    return _whole(get_question_for(actor, question_id))


def _whole(row: ClinicQuestionnaire) -> ClinicQuestion:
    every = ClinicQuestionnaire.objects.filter(clinic_id=row.clinic_id, code=row.code).order_by("-version")
    found = [_row(one) for one in every]
    return ClinicQuestion(found[0], tuple(found), next((one for one in found if one.asked), None))


def preview(item: OwnItem) -> QuestionnaireSpec:
    """A preview check-in that asks only this question. Raises BadText; writes nothing."""
    return alone(
        "own0", clinic_questionnaires.write(clinic_questionnaires.check(item), code="own0", version=1)
    )


def alone(code: str, text: str) -> QuestionnaireSpec:
    """A check-in that asks only one of a clinic's questionnaires."""
    nothing: Iterable[str] = ()
    return QuestionnaireSpec(
        "baseline", {}, frozenset(nothing), frozenset(nothing), taking=True, own={code: text}
    )


def look_of(actor: Actor, question_id: UUID) -> QuestionnaireSpec:
    """A version as patients see it. Raises NotFound."""
    row = get_question_for(actor, question_id)
    return alone(row.code, row.text)


@transaction.atomic
def add(*, by: Actor, item: OwnItem) -> UUID:
    """Ask a new question in new check-ins; returns its key. For a lead.

    Raises BadText, NotAllowed, and TooManyItems at the limit.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    checked = clinic_questionnaires.check(item)
    _check_room(clinic)
    taken = set(_mine(clinic).values_list("code", flat=True))
    code = next(name for n in range(1, 10_000) if (name := f"own{n}") not in taken)
    return _publish(clinic, checked, code, 1, by)


@transaction.atomic
def change(*, by: Actor, question_id: UUID, item: OwnItem, seen_version: int) -> UUID:
    """Publish another wording as the next version and ask it; returns its key. For a lead.

    An unchanged question gets no new version. Raises BadText, NotFound (also for one loaded from a file), NotAllowed,
    TooManyItems, and Stale if somebody published a version since `seen_version`.
    """
    clinic, standing = _locked(by, question_id)
    if standing.newest.item is None:
        raise NotFound(what="question")
    if standing.newest.version != seen_version:
        raise Stale(what="question")
    checked = clinic_questionnaires.check(item)
    if standing.asked is None:
        _check_room(clinic)
    version = seen_version if checked == standing.newest.item else seen_version + 1
    return _publish(clinic, checked, standing.newest.code, version, by)


@transaction.atomic
def stop(*, by: Actor, question_id: UUID) -> None:
    """Stop asking a question; check-ins already begun keep it. For a lead. Raises NotFound and NotAllowed."""
    clinic, standing = _locked(by, question_id)
    questionnaire_versions.withdraw(clinic, standing.newest.code, by=by)


@transaction.atomic
def again(*, by: Actor, question_id: UUID) -> None:
    """Ask the newest version of a question again. For a lead. Raises NotFound, NotAllowed and TooManyItems."""
    clinic, standing = _locked(by, question_id)
    if standing.asked is None:
        _check_room(clinic)
    questionnaire_versions.publish(clinic, _mine(clinic).get(pk=standing.newest.id).text, by=by)


def _locked(by: Actor, question_id: UUID) -> tuple[Clinic, ClinicQuestion]:
    clinic = get_clinic_for(by, lock=True)
    return clinic, _whole(get_question_for(by, question_id, May.MANAGE))


def _publish(clinic: Clinic, item: OwnItem, code: str, version: int, by: Actor) -> UUID:
    questionnaire_versions.publish(
        clinic, clinic_questionnaires.write(item, code=code, version=version), by=by
    )
    return _mine(clinic).get(code=code, version=version).pk


def _check_room(clinic: Clinic) -> None:
    if _mine(clinic).filter(asked=True).count() >= ASKED_MOST:
        raise TooManyItems(most=ASKED_MOST)
