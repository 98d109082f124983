"""Versions of a clinic's own questionnaires: publishing and withdrawing them, from a file or the settings page."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.checkins import instrument_file
from plans.domain.checkins.instrument import Questionnaire
from plans.domain.checkins.instrument_file import BadQuestionnaire
from plans.domain.errors import NotFound
from plans.models import Clinic, ClinicQuestionnaire
from plans.services import audit, clock
from plans.services.actors import SYSTEM, Actor


def asked(clinic: Clinic) -> dict[str, str]:
    """The texts of the questionnaires a clinic asks now, by code; for services."""
    rows = ClinicQuestionnaire.objects.filter(clinic=clinic, asked=True).order_by("code")
    return dict(rows.values_list("code", "text"))


def _clinic(named: str) -> Clinic:
    by = Q(name=named)
    with contextlib.suppress(ValueError):
        by |= Q(pk=UUID(named))
    found = list(Clinic.objects.select_for_update(no_key=True).filter(by)[:2])
    if len(found) != 1:
        raise NotFound(what="Clinic", named=named, several=len(found) > 1)
    return found[0]


@transaction.atomic
def load(*, clinic: str, text: str) -> Questionnaire:
    """Ask this questionnaire in new check-ins; loading the same file twice loads it once.

    `clinic`: exact name or key. Raises BadQuestionnaire ("already_published" for a version loaded before with other
    contents) and NotFound with facts `named`, `several`.
    """
    return publish(_clinic(clinic), text, by=SYSTEM)


def publish(row: Clinic, text: str, *, by: Actor) -> Questionnaire:
    """Publish a questionnaire; for services with the clinic's row locked. Raises BadQuestionnaire."""
    made = instrument_file.read_text(text)
    mine = ClinicQuestionnaire.objects.filter(clinic=row, code=made.code)
    standing = mine.filter(version=made.version).first()
    if standing is not None and standing.text != text:
        raise BadQuestionnaire(file=f"{made.code}_v{made.version}", why="already_published", where="version")
    if standing is not None and standing.asked:
        return made
    mine.update(asked=False)
    if standing is not None:
        mine.filter(pk=standing.pk).update(asked=True)
    else:
        ClinicQuestionnaire.objects.create(
            clinic=row,
            code=made.code,
            version=made.version,
            text=text,
            item_set=made.item_set(),
            loaded_at=clock.now(),
        )
    _audit(row, "clinic.questionnaire_loaded", made.code, made.version, by)
    return made


@transaction.atomic
def stop(*, clinic: str, code: str) -> bool:
    """Stop asking a questionnaire; False if it was not asked. Responses already begun keep it. Raises NotFound."""
    return withdraw(_clinic(clinic), code, by=SYSTEM)


def withdraw(row: Clinic, code: str, *, by: Actor) -> bool:
    """Stop asking a questionnaire; for services with the clinic's row locked. False if it was not asked."""
    found = ClinicQuestionnaire.objects.filter(clinic=row, code=code, asked=True).first()
    if found is None:
        return False
    ClinicQuestionnaire.objects.filter(pk=found.pk).update(asked=False)
    _audit(row, "clinic.questionnaire_stopped", code, found.version, by)
    return True


def _audit(clinic: Clinic, act: str, code: str, version: int, by: Actor) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="clinic",
        subject_id=clinic.pk,
        clinic_id=clinic.pk,
        facts={"code": code, "version": version},
    )
