"""What the rules make of a sheet as it stands, and what follows from it for whoever fills it in. Writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from plans.domain.checkins import dangers, flags, forms, scoring
from plans.domain.checkins.dangers import ToldDanger
from plans.domain.checkins.flagging import Evidence, Screen
from plans.domain.checkins.forms import Ask, UnknownPage
from plans.domain.checkins.instrument import Page
from plans.domain.checkins.scoring import Past, Score
from plans.models import CheckIn, Flag, Patient
from plans.services import clock
from plans.services.checkins import evidence
from plans.services.checkins.sheets import UNSCHEDULED_FOR, Subject, row_of
from plans.services.checkins.sitting import Sitting

log = logging.getLogger("plans.checkins")


@dataclass(frozen=True, slots=True)
class Urgency:
    """What became of flagged answers: how soon somebody acts, by when, and on which number the patient is called."""

    severity: str
    first_action_due: datetime
    phone: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a saved page asks to be shown: see `saving.Outcome`."""

    screens: tuple[Screen, ...]
    dangers: tuple[ToldDanger, ...]
    urgency: Urgency | None
    following: Page | None
    sent: bool
    late: bool


def look_again(subject: Subject, *, page: str, sitting: Sitting) -> Told | None:
    """What a page that was saved asked to be shown at once, found again; None where it asks for nothing.

    Nor after a day, nor in another sitting than the one it was answered in: a letter must not tell what was answered.
    """
    row, now = row_of(subject), clock.now()
    if row is None or row.saved_at <= now - UNSCHEDULED_FOR:
        return None
    ask = Ask.from_json(row.form, row.form_version)
    try:
        where = forms.page_at(ask, row.answers, page)
    except UnknownPage:
        return None
    if sitting.hidden(row.pk, [code for code in where.items if code in row.answers]):
        return None
    patient = Patient.objects.select_related("clinic").get(pk=row.patient_id)
    past = evidence.past_of(row.plan, before=row.started_at, but=row)
    seen = evidence_of(row, patient, row.answers, ask, past, now, sending=False)
    found = flags.evaluate(seen, whole=row.state != "open")
    following = following_page(ask, row.answers, where, sent=row.state == "submitted")
    sent = row.state == "submitted" and following is None
    screens = flags.screens(found, frozenset(where.items), sent=sent)
    told = dangers.told_on(row.answers, where.items, taking=ask.taking)
    if not screens and not told:
        return None
    return Told(screens, told, urgency_of(row, patient), following, sent, row.late)


def standing_dangers(checkin_id: UUID | None) -> tuple[ToldDanger, ...]:
    """The dangers that a sheet's answers speak of; none a day after it was last saved, as in `look_again`."""
    if checkin_id is None:
        return ()
    fresh = CheckIn.objects.filter(pk=checkin_id, saved_at__gt=clock.now() - UNSCHEDULED_FOR)
    row = fresh.only("answers", "form", "form_version").first()
    if row is None:
        return ()
    return dangers.told(row.answers, taking=Ask.from_json(row.form, row.form_version).taking)


def following_page(ask: Ask, answers: Mapping[str, str], page: Page, *, sent: bool) -> Page | None:
    """The next page; after the last one, and in a sheet already sent, the first that is still open."""
    following = None if sent else forms.after(ask, answers, page)
    still_open = (
        one
        for one in forms.pages(ask, answers)
        if one.code != page.code and not forms.answered(ask, one, answers)
    )
    return following or next(still_open, None)


def known_json(seen: Evidence, *, whole: bool) -> dict[str, Any]:
    """What the rules were given beside answers and earlier sheets, as stored: `replay` asks them again from it."""
    known = {"whole": whole, "abandoned": seen.abandoned, "about": seen.about.to_json()}
    return {**known, "unscored": seen.unscored} if seen.unscored else known


def evidence_of(
    sheet: CheckIn,
    patient: Patient,
    answers: Mapping[str, str],
    ask: Ask,
    past: tuple[Past, ...],
    now: datetime,
    *,
    sending: bool,
) -> Evidence:
    """A sheet as the rules see it. `sending`: it is being sent just now, so that it was not left."""
    scores: Mapping[str, Score] = {}
    unscored = ""
    try:
        scores = scoring.score(ask, answers)
    except Exception as broken:
        # The answers are kept and the other rules asked; that the sheet has no scores is a finding of its own.
        log.exception("a sheet could not be reckoned", extra={"row_id": str(sheet.pk)})
        unscored = type(broken).__name__
    return Evidence(
        answers=answers,
        scores=scores,
        unscored=unscored,
        past=past,
        about=evidence.about(patient, patient.clinic, is_taking=ask.taking, now=now),
        abandoned=sheet.state == "abandoned" and not sending,
        texts=forms.texts(ask, answers),
    )


def urgency_now(checkin_id: UUID | None) -> Urgency | None:
    """What stands for a sheet that was sent, while nobody has dealt with it."""
    if checkin_id is None:
        return None
    row = CheckIn.objects.select_related("patient").filter(pk=checkin_id).first()
    return urgency_of(row, row.patient) if row is not None else None


def urgency_of(sheet: CheckIn, patient: Patient) -> Urgency | None:
    """What stands for this sheet, if anybody is to act on it soon."""
    raised = Flag.objects.filter(checkin=sheet, item__isnull=False).select_related("item")
    # What was dealt with promises nothing any more.
    raised = raised.exclude(item__state="resolved")
    flag = raised.order_by("-item__opened_at").first()
    item = flag.item if flag is not None else None
    return Urgency(item.severity, item.first_action_due, patient.phone) if item is not None else None
