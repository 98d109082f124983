"""What every page of a clinic shows: the user and clinic, open counts, and whether reminders run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plans.domain.review.rota import RotaGap
from plans.services import channel_tests, clock, rota
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.caseload import calls_key
from plans.services.channel_tests import FailingChannel
from plans.services.heartbeat import StatusLine, status_of
from plans.services.review.queries import QueueCounts, counts


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The frame of a page. `now` is the clinic's local time, `calls` how many patients are to be called now, `gaps`
    those of the rota's next 14 days, for a lead."""

    clinic: str
    phone: str
    zone: str
    now: datetime
    who: str
    role: str
    queue: QueueCounts
    calls: int
    status: StatusLine
    unreached: tuple[FailingChannel, ...]
    ahead: timedelta
    gaps: tuple[RotaGap, ...]
    many_clinics: bool
    may_look: bool
    may_see_supply: bool
    may_dispense: bool
    may_operate: bool
    may_plan: bool
    may_review: bool
    may_edit: bool
    may_enter: bool
    may_manage: bool


def page_frame(actor: Actor) -> PageFrame:
    """The frame for a member of staff, from a few short queries made before anything is rendered."""
    clinic, looks = get_clinic_for(actor, May.MEMBER), actor.may(May.LOOK)
    ahead = clock.offset()
    line, now = status_of(clinic, listed=calls_key(clinic.pk)), clock.now()
    if line.last_run_at is not None:
        # Loops run on real time, which next to a moved clock would read as hours ago.
        line = replace(line, last_run_at=line.last_run_at + ahead)
    return PageFrame(
        clinic=clinic.name,
        phone=clinic.phone,
        zone=clinic.zone,
        now=now.astimezone(ZoneInfo(clinic.zone)),
        who=actor.name,
        role=actor.role.value if actor.role else "",
        queue=counts(actor) if looks else QueueCounts(0, 0, None),
        calls=line.listed if looks else 0,
        status=line,
        unreached=channel_tests.failing(clinic.pk, now) if looks and line.tests_failed else (),
        ahead=ahead,
        gaps=rota.gaps_ahead(clinic, now) if actor.may(May.MANAGE) else (),
        many_clinics=actor.elsewhere,
        may_look=looks,
        may_see_supply=actor.may(May.SEE_SUPPLY),
        may_dispense=actor.may(May.DISPENSE),
        may_operate=actor.may(May.OPERATE),
        may_plan=actor.may(May.PLAN),
        may_review=actor.may(May.REVIEW),
        may_edit=actor.may(May.EDIT_PATIENT),
        may_enter=actor.may(May.ENTER_CHECKIN),
        may_manage=actor.may(May.MANAGE),
    )
