"""Answers whose check-in could not be written: a raw copy in its own transaction, and the sweep that files it.

A raw copy touches no other row, so whatever blocked the check-in does not block it. The sweep writes the check-in as
soon as that works again; if its first attempt fails, somebody is told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from plans.domain.checkins import flags, instrument_file
from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, Screen
from plans.domain.checkins.instrument import Item, Kind
from plans.domain.checkins.response import UnknownPage
from plans.domain.checkins.states import RawAnswerState
from plans.domain.errors import NotFound, Refused, TaperplanError
from plans.models import CheckIn, Patient, Plan, RawAnswer
from plans.services import access, clock
from plans.services.actors import Actor, patient_actor
from plans.services.checkins import flag_store, saving
from plans.services.checkins.responses import row_of
from plans.services.checkins.sessions import CheckInSession
from plans.services.review.review_items import open_item

log = logging.getLogger("plans.checkins")

_FIRST_TRY_AFTER: Final = timedelta(seconds=10)
_LAST_TRY_AFTER: Final = timedelta(hours=1)
_FIELDS: Final = frozenset({"page", "key", "nonce", "csrfmiddlewaretoken", "for", "seen", "do"})
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class PostedSigns:
    """What posted answers mean without reading any row. `flagged`: somebody must act soon."""

    screens: tuple[Screen, ...]
    flagged: bool


def signs_in(posted: Mapping[str, Sequence[str]], session: CheckInSession | None = None) -> PostedSigns:
    """The signs in one posted page, even if the database does not answer.

    With a session, answers of earlier pages count too, if they can be read.
    """
    found = _findings(posted, _before(session) if session is not None else None)
    soon = any(one.priority in (FlagPriority.URGENT, FlagPriority.HIGH) for one in found)
    return PostedSigns(flags.screens(found, frozenset(posted)), soon)


def _before(session: CheckInSession) -> Mapping[str, str]:
    try:
        row = row_of(session)
    except DatabaseError:
        log.exception("the earlier pages of answers that could not be saved cannot be read")
        return {}
    return row.answers if row is not None else {}


def _findings(
    posted: Mapping[str, Sequence[str]], before: Mapping[str, str] | None = None
) -> tuple[FlagFinding, ...]:
    """The findings of one page, with earlier answers only where this page adds to them."""
    fresh = {name: values[0] for name, values in posted.items() if values and name not in _FIELDS}
    ours = {code: item for one in instrument_file.shipped().values() for code, item in one.items.items()}
    answers = {**_led_here(fresh, ours), **(before or {}), **fresh}
    # The clinic's own questions are not looked up here: all their texts are searched for words of danger.
    texts = tuple(code for code in fresh if code not in ours or ours[code].kind is Kind.TEXT)
    found = flags.evaluate(Evidence(answers=answers, scores={}, texts=texts), whole=True)
    return tuple(one for one in found if fresh.keys() & one.inputs.keys() or one.rule == flags.BROKEN.code)


def _led_here(fresh: Mapping[str, str], ours: Mapping[str, Item]) -> dict[str, str]:
    """Earlier answers implied by these questions: somebody asked about a plan has reported thoughts of suicide.

    If several answers lead here, the mildest.
    """
    found: dict[str, str] = {}
    for code in fresh:
        for earlier, values in (ours[code].shown_if if code in ours else {}).items():
            found[earlier] = min(values)
    return found


def keep(session: CheckInSession, *, page: str, posted: Mapping[str, Sequence[str]]) -> bool:
    """Store a raw copy of a page, or of a sheet (`page` is ""); False if that fails too, and nothing was received."""
    answers = {
        name: [value[:_LONGEST].replace("\0", "") for value in values[:2]]
        for name, values in posted.items()
        if name not in _FIELDS
    }
    real = clock.real_now()
    try:
        # The fault may have broken the connection too.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        with transaction.atomic():
            RawAnswer.objects.create(
                clinic_id=session.by.home,
                patient_id=session.patient_id,
                plan_id=session.plan_id,
                occasion_id=session.occasion_id,
                user_id=session.user_id,
                nonce=session.nonce,
                page=page[:40],
                posted=answers,
                late=session.late,
                received_at=clock.now(),
                next_try_at=real + _FIRST_TRY_AFTER,
            )
    except DatabaseError:
        log.exception("a raw copy could not be put aside")
        return False
    return True


def sweep(limit: int = 100) -> int:
    """Write the check-ins of waiting raw copies, oldest first; returns how many were written. Idempotent."""
    due = RawAnswer.objects.filter(state=RawAnswerState.WAITING, next_try_at__lte=clock.real_now())
    keys = list(due.order_by("received_at", "id").values_list("id", flat=True)[:limit])
    return sum(_settle(key) for key in keys)


def _settle(key: UUID) -> bool:
    try:
        with transaction.atomic():
            row = _waiting(key)
            if row is None:
                return False
            _store(row)
            row.state, row.settled_at = "stored", clock.now()
            row.save(update_fields=["state", "settled_at"])
            return True
    except Exception:
        log.exception("a raw copy waits for the next sweep", extra={"row_id": str(key)})
    try:
        with transaction.atomic():
            _put_off(key)
    except Exception:
        log.exception("nobody could be told of a raw copy", extra={"row_id": str(key)})
    return False


def _waiting(key: UUID) -> RawAnswer | None:
    return (
        RawAnswer.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=key, state=RawAnswerState.WAITING)
        .first()
    )


def _store(row: RawAnswer) -> None:
    """Write the answers, unless the same page was saved since: then only raise their flags."""
    session = _session(row)
    checkin = row_of(session)
    if (
        checkin is not None
        and checkin.saved_at >= row.received_at
        and row.posted.keys() <= checkin.answers.keys()
    ):
        _raise(row, checkin)
        return
    try:
        if row.page:
            outcome: saving.SavedPage | saving.SavedSheet = saving.save_page(
                session, page=row.page, posted=row.posted
            )
        else:
            outcome = saving.save_sheet(session, posted=_still_open(row, checkin))
    except (UnknownPage, Refused):
        # Later answers removed this page; what was reported on it still counts.
        _raise(row, checkin)
        return
    _raise(row, CheckIn.objects.filter(pk=outcome.checkin_id).first() if outcome.checkin_id else None)


def _still_open(row: RawAnswer, checkin: CheckIn | None) -> Mapping[str, Sequence[str]]:
    """What a sheet says, which is every question of it: only what nothing was saved for since."""
    answered = checkin.answers if checkin is not None and checkin.saved_at >= row.received_at else {}
    return {code: values for code, values in row.posted.items() if any(values) and code not in answered}


def _raise(row: RawAnswer, checkin: CheckIn | None) -> None:
    """Raise the flags of a raw copy on the check-in; existing ones are not raised twice."""
    if checkin is None:
        raise NotFound(what="CheckIn")
    patient = Patient.objects.select_related("clinic").get(pk=row.patient_id)
    now = clock.now()
    soon = [one for one in _findings(row.posted) if one.priority in (FlagPriority.URGENT, FlagPriority.HIGH)]
    fresh = flag_store.keep(soon, patient=patient, now=now, checkin=checkin)
    flag_store.ask_for_review(fresh, checkin=checkin, patient=patient, now=now)


def _session(row: RawAnswer) -> CheckInSession:
    by: Actor = patient_actor(row.patient_id, row.clinic_id)
    if row.user_id is not None:
        try:
            by = access.actor_for(row.user_id, row.clinic_id)
        except TaperplanError:
            # No longer a member: the answers count nevertheless.
            by = replace(by, kind="user", id=row.user_id)
    return CheckInSession(by, row.patient_id, row.plan_id, row.occasion_id, row.late, row.nonce)


def _put_off(key: UUID) -> None:
    """Schedule another attempt with growing intervals; the first time somebody is told what was answered."""
    row = _waiting(key)
    if row is None:
        return
    wait = min(_FIRST_TRY_AFTER * 2 ** min(row.tries, 12), _LAST_TRY_AFTER)
    row.tries += 1
    row.next_try_at = clock.real_now() + wait
    if row.told_at is None:
        _tell(row)
        row.told_at = clock.now()
    row.save(update_fields=["tries", "next_try_at", "told_at"])


def _tell(row: RawAnswer) -> None:
    patient = Patient.objects.get(pk=row.patient_id)
    now = clock.now()
    found = _findings(row.posted, _before(_session(row)))
    open_item(
        clinic_id=patient.clinic_id,
        patient=patient,
        plan=Plan.objects.filter(pk=row.plan_id).first() if row.plan_id else None,
        source="scoring",
        source_key=f"raw:{row.pk}",
        priority=(flags.highest(found) or FlagPriority.HIGH).value,
        facts={"code": "answer_not_filed", "late": row.late},
        flags=flag_store.keep(found, patient=patient, now=now, raw=row.pk),
        now=now,
    )
