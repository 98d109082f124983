"""Words for the list of calls: why a patient is called, what came of it, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused, Stale
from plans.domain.review.calls import CallReason, CallResult, NoCall, Stand, Worry
from plans.wording.plans import short_day
from plans.wording.times import short_moment_words

STANDS: Final[Mapping[Stand, Promise]] = {
    Stand.NOW: _("Now"),
    Stand.LATER: _("Later"),
    Stand.OFF: _("Do not call"),
}
WORRIES: Final[Mapping[Worry, Promise]] = {
    Worry.URGENT: _("An urgent item is open"),
    Worry.HIGH: _("Today"),
    Worry.AGREED: _("Agreed calls"),
    Worry.SOON: _("A missed check-in, or one that closes within a day"),
    Worry.ROUTINE: _("This week"),
}
RESULTS: Final[Mapping[CallResult, Promise]] = {
    CallResult.REACHED: _("Reached"),
    CallResult.LEFT_WORD: _("Left word"),
    CallResult.NO_ANSWER: _("No answer"),
    CallResult.DO_NOT_CALL: _("Do not call"),
    CallResult.AGREED: _("A call was agreed"),
    CallResult.MAY_CALL: _("May be called again"),
}
NO_CALL: Final[Mapping[NoCall, Promise]] = {
    NoCall.ASKED_NOT_TO: _("The patient asked not to be called"),
    NoCall.NOT_SAFE: _("Calls are not safe: somebody at home may listen"),
    NoCall.WRONG_NUMBER: _("The number is wrong"),
    NoCall.SEEN_HERE: _("The patient is seen here"),
    NoCall.ABROAD: _("The patient is away"),
    NoCall.OTHER: _("Another reason (write it below)"),
}
_REASONS: Final[Mapping[CallReason, Promise]] = {
    CallReason.ASKED_TODAY: _("Asked to be contacted today"),
    CallReason.CALLBACK: _("A call was agreed"),
    CallReason.MISSED: _("Missed a check-in"),
    CallReason.BY_PHONE: _("Check-in by phone: no e-mail brings it"),
    CallReason.ASKED_WEEK: _("Asked to be contacted this week"),
}


def reason_words(reason: CallReason, *, missed: int = 0) -> str:
    """Why a patient is called. `missed`: how many check-ins in a row."""
    if reason is CallReason.MISSED and missed > 1:
        return ngettext("Missed %(n)s check-in", "Missed %(n)s check-ins in a row", missed) % {"n": missed}
    return str(_REASONS[reason])


def reasons_words(reasons: Iterable[CallReason], *, missed: int = 0) -> str:
    """Why a patient is called, on one line."""
    return "; ".join(reason_words(one, missed=missed) for one in reasons)


# ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────


def result_words(
    result: CallResult, *, again_at: datetime | None, why: str, until: date | None, now: datetime, zone: str
) -> str:
    """What came of a call: "No answer; again 15:15", "Do not call: the number is wrong; through 4 Dec"."""
    parts = [str(RESULTS[result])]
    if why:
        parts[0] += f": {NO_CALL[NoCall(why)]}"
    if again_at is not None:
        parts.append(gettext("again %(when)s") % {"when": short_moment_words(again_at, now, zone)})
    if result is CallResult.DO_NOT_CALL:
        parts.append(
            gettext("through %(day)s") % {"day": short_day(until)} if until else gettext("until changed")
        )
    return "; ".join(parts)


_REFUSALS: Final[Mapping[str, Promise]] = {
    "result_missing": _("Choose what came of the call."),
    "not_calling": _(
        "You are not calling this patient: it may have been recorded already. Look below, and press Call if you are."
    ),
    "not_off": _("This patient is on the list: there is nothing to take back."),
    "again_missing": _("Give the day and the time to call again."),
    "again_half": _("Give both the day and the time, or neither."),
    "again_past": _("This time has passed. Give a later one."),
    "again_too_far": _("This is more than %(days)s days away. Give an earlier day."),
    "why_missing": _("Choose why the patient is not to be called."),
    "why_note_missing": _("Write the reason, so that others can follow."),
    "until_past": _("This day has passed. Give today or a later day, or leave it empty."),
    "until_too_far": _("This is more than %(days)s days away. Give an earlier day, or leave it empty."),
}
REFUSED: Final = frozenset(_REFUSALS)


def call_refusal(refusal: Refused) -> str:
    """The sentence for something that could not be recorded."""
    return str(_REFUSALS[str(refusal.facts["reason"])]) % refusal.facts


def call_stale(stale: Stale, now: datetime, zone: str) -> str:
    """Who is calling the patient, and how long that counts."""
    until = short_moment_words(datetime.fromisoformat(str(stale.facts["at"])), now, zone)
    return gettext("%(who)s is calling this patient (until %(until)s, longer while they work on it)") % {
        "who": stale.facts["who"],
        "until": until,
    }
