"""How members of staff are reached, in words: kinds of channels, answers to replies, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused

KINDS: Final[Mapping[str, Promise]] = {
    "email": _("e-mail"),
    "push": _("push message"),
    "text": _("text message"),
}
HOW: Final[Mapping[str, Promise]] = {
    "text": _("by text message"),
    "email": _("by e-mail"),
    "link": _("with the button in the alert"),
    "report": _("by a delivery report"),
}
ANSWERS: Final[Mapping[str, Promise]] = {
    "noted": _(
        "Noted: no repeats to you for ten minutes. Nobody has taken it by this: sign in and claim the item."
    ),
    "noted_before": _("This was noted before. Nobody has taken it by this: sign in and claim the item."),
    "resolved": _("The item is resolved already. There is nothing to do."),
    "works": _("Thank you: this channel works."),
    "old": _(
        "This code is too old, or was sent before your channel was changed. Sign in and open the queue."
    ),
    "unknown": _("This is not one of your codes. Reply with the four digits of the alert, or sign in."),
    "no_code": _("No code of four digits was found in your reply. Reply with the code alone, or sign in."),
    "too_many": _("Too many wrong codes: replies are not read for an hour. Sign in and open the queue."),
}
REFUSALS: Final[Mapping[str, Promise]] = {
    "not_offered": _("This installation cannot send such messages. Choose another kind."),
    "too_many_channels": _("You have as many channels as fit. Remove one first."),
    "already_listed": _("This is in your list already."),
    "too_many_codes": _("Too many codes were sent today. Try again tomorrow."),
    "code_wrong": _("This is not the code that was sent. Look again and type its six digits."),
    "code_over": _("The code is no longer valid. Ask for a new one."),
    "half_hours": _("Give both times, and two different ones, or leave both empty."),
    "tested_just_now": _("A test was sent a moment ago. Wait ten minutes before the next."),
}


def kind_words(kind: str) -> str:
    """A kind of channel; "" for anything else."""
    return str(KINDS.get(kind, ""))


def answer_words(answer: str) -> str:
    """What became of a reply; "" for anything else."""
    return str(ANSWERS.get(answer, ""))


def refusal_words(refusal: Refused) -> str:
    """Why a change to one's channels was refused, and what to do instead."""
    return str(REFUSALS[str(refusal.facts["reason"])])
