"""Sentences about check-ins: for patients short and plain (reading age 9 to 11), for clinicians nouns and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

from django.utils import dateformat
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.domain.checkins.hours import OpeningSpan
from plans.domain.checkins.instrument import SKIP, Item, Kind, Translation, said

_TWELVE_HOURS: Final = frozenset({"US", "CA", "AU"})


def clock_text(at: time, country: str) -> str:
    """A time of day as people of a country write it: "8 am", "9:41 am", "08:00"."""
    if country not in _TWELVE_HOURS:
        return f"{at:%H:%M}"
    hour = at.hour % 12 or 12
    half = _("am") if at.hour < 12 else _("pm")
    return f"{hour}:{at:%M}\u00a0{half}" if at.minute else f"{hour}\u00a0{half}"


def moment_text(local: datetime, country: str) -> str:
    """A local moment: "Monday 23 November, 8 am"."""
    # Translators: a weekday and date inside a sentence, in Django's date format.
    day = dateformat.format(local, pgettext("weekday and date", "l j F"))
    return _("%(day)s, %(time)s") % {"day": day, "time": clock_text(local.time(), country)}


def day_text(local: datetime) -> str:
    """A local date: "Monday 23 November"."""
    return dateformat.format(local, pgettext("weekday and date", "l j F"))


def hours_text(spans: Sequence[OpeningSpan], country: str) -> str:
    """A clinic's week: "Monday to Friday, 8 am to 5 pm"."""
    parts = []
    for span in spans:
        facts = {
            "first": WEEKDAYS[span.first],
            "last": WEEKDAYS[span.last],
            "opens": clock_text(span.opens, country),
            "closes": clock_text(span.closes, country),
        }
        if span.first == span.last:
            parts.append(_("%(first)s, %(opens)s to %(closes)s") % facts)
        else:
            parts.append(_("%(first)s to %(last)s, %(opens)s to %(closes)s") % facts)
    return "; ".join(parts)


def read_line(spans: Sequence[OpeningSpan], country: str) -> str:
    """When answers are read, for the foot of every page."""
    if not spans:
        return _("Nobody reads answers straight away.")
    # In Spanish an hour may end with a full stop of its own ("5 p. m.").
    return _("Your care team reads answers %(hours)s. Nobody reads them at other times.") % {
        "hours": hours_text(spans, country).removesuffix(".")
    }


def skip_text() -> str:
    """The answer that is offered with every question."""
    return _("I would rather not say")


def problem_text(code: str, item: Item) -> str:
    """What is wrong with an answer, and what to do."""
    if code == "choose":
        return _("Choose one answer. You can choose “I would rather not say”.")
    if code == "too_long":
        return _("This is too long. Use %(most)s letters or fewer.") % {"most": item.max_length}
    if code == "signs":
        return _("This has a character we cannot save. Please type it again.")
    return _("Please choose one of the answers.")


def question_text(item: Item, language: str) -> str:
    """The question, in a language; in English where it was not written in that one."""
    return said(item.texts, language)


def answer_text(item: Item, value: str | None, language: str) -> str:
    """An answer as clinicians read it: the number with the word for scored items, the words for others."""
    if value is None:
        return ""
    if value == SKIP:
        return _("would rather not say")
    if item.kind is not Kind.CHOICE:
        return value
    option = next((one for one in item.options if one.value == value), None)
    if option is None:
        return value
    text = said(option.texts, language)
    return f"{option.score} {text.lower()}" if option.score is not None else text


def change_text(change: int | None) -> str:
    """A change of a number against an earlier one: "up 2", "down 1", "same"."""
    if change is None:
        return ""
    if change == 0:
        return _("same")
    if change > 0:
        return _("up %(by)s") % {"by": change}
    return _("down %(by)s") % {"by": -change}


def translation_text(one: Translation) -> str:
    """For clinicians: which published translation of PHQ and GAD is used, and how far it was checked."""
    checked = dateformat.format(one.checked, "j F Y")
    facts = {"name": one.name, "source": one.source, "day": checked}
    if one.read_back:
        return _("PHQ and GAD in the published wording “%(name)s” of %(source)s, checked on %(day)s.") % facts
    return (
        _(
            "PHQ and GAD in the published wording “%(name)s” of %(source)s, compared with public copies on %(day)s. "
            "Not verified by a native reader."
        )
        % facts
    )


def purpose_text(purpose: str) -> str:
    """Why a check-in was asked."""
    return {
        "baseline": _("First check-in"),
        "weekly": _("Regular check-in"),
        "maintenance": _("Check-in at the maintenance dose"),
        "after_cut": _("Check-in after a cut"),
        "last_dose": _("Check-in at the last dose"),
        "follow_up": _("Follow-up check-in"),
        "extra": _("Extra check-in"),
    }.get(purpose, _("Unscheduled check-in"))
