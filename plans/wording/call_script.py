"""What is said on the phone: to whoever answers, to the patient, and all that may be left as a message.

Sentences are for the patient, in their language; a caller who speaks another reads the meaning below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.review.calls import CallReason


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """Who calls whom, from where. `phone` is the clinic's; `minutes`: about how long the questions take."""

    caller: str
    clinic: str
    phone: str
    patient: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A sentence to say, in the patient's language; `meaning` in the caller's, if it is another."""

    text: str
    meaning: str


_OPENING: Final = _("Hello, my name is %(caller)s. May I speak with %(patient)s?")
_KNOWN: Final = _("I am calling from %(clinic)s. Can you talk now?")
_ABOUT: Final[Mapping[CallReason, Promise]] = {
    CallReason.ASKED_TODAY: _("You asked us to get in touch today. What can we do for you?"),
    CallReason.CALLBACK: _("We agreed that I would call you. How have you been?"),
    CallReason.MISSED: _(
        "We have not heard from you, and want to know how you are. May I ask you the questions now? "
        "It takes about %(minutes)s minutes."
    ),
    CallReason.BY_PHONE: _(
        "It is time for your check-in. May I ask you the questions now? It takes about %(minutes)s minutes."
    ),
    CallReason.ASKED_WEEK: _("You asked us to get in touch this week. What can we do for you?"),
}
_ANYHOW: Final = _("I am calling to ask how you are.")
_CLOSING: Final = _("If this is not a good time: when may I call you again?")
_WORD: Final = _("This is %(caller)s, with a message for %(patient)s. Please call me back on %(phone)s.")


def script(
    reasons: Iterable[CallReason], facts: ScriptFacts, language: str
) -> tuple[tuple[ScriptLine, ...], tuple[ScriptLine, ...]]:
    """What to say to whoever answers, and then to the patient, in this order."""
    about = [_ABOUT[one] for one in CallReason if one in set(reasons)] or [_ANYHOW]
    return (
        (_said(_OPENING, facts, language),),
        tuple(_said(one, facts, language) for one in (_KNOWN, *about, _CLOSING)),
    )


def word_to_leave(facts: ScriptFacts, language: str) -> ScriptLine:
    """All that may be left as a message, with whoever answers or on a machine: no clinic, and nothing about health."""
    return _said(_WORD, facts, language)


def _said(words: Promise, facts: ScriptFacts, language: str) -> ScriptLine:
    named = {
        "caller": facts.caller, "clinic": facts.clinic, "phone": facts.phone, "patient": facts.patient,
        "minutes": facts.minutes,
    }  # fmt: skip
    here = str(words) % named
    with translation.override(language):
        theirs = str(words) % named
    return ScriptLine(theirs, here if here != theirs else "")
