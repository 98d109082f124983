"""What a patient is told at once after a dangerous answer: one row of words for each danger.

Short, calm and without blame: a patient who is blamed once will not tell us again. Each page says what to do tonight
and what not to do: a patient who takes fright and stops everything at once is in more danger than before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_BREATHING: Final = frozenset({"opioid", "kratom", "other"})
"""What naloxone is kept for: what acts like an opioid, and pills of which nobody knows what is in them."""


@dataclass(frozen=True, slots=True)
class DangerLine:
    """Sentences that belong together. `only`: shown only if one of these items was answered so; empty: always.
    `again`: repeated on the receipt.
    """

    text: Promise
    only: frozenset[str] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class DangerWords:
    """The words of a page. `ring`: when to call the emergency number, in small print on its button."""

    heading: Promise
    lines: tuple[DangerLine, ...]
    ring: Promise

    def said(self, items: frozenset[str], *, again: bool = False) -> tuple[str, ...]:
        """The lines for the items that were answered, in the active language."""
        mine = (one for one in self.lines if not one.only or one.only & items)
        return tuple(str(one.text) for one in mine if one.again or not again)


_ILL: Final = _("if nobody answers, or you feel very ill")
_HARD_TO_WAKE: Final = _("very hard to wake, or breathing slowly")

WORDS: Final[Mapping[str, DangerWords]] = {
    "stopped": DangerWords(
        _("Please call us now"),
        (
            DangerLine(
                _("Stopping all at once can be dangerous. It can cause a seizure (a fit)."), again=True
            ),
            DangerLine(_("Do not start again on your own. Ask us first."), again=True),
            DangerLine(_("Do not drive until you have talked with us.")),
        ),
        _ILL,
    ),
    "threat": DangerWords(
        _("Are you in danger now?"),
        (
            DangerLine(_("Feeling that someone wants to harm you is frightening. We take it seriously.")),
            DangerLine(_("Go to someone you trust, or to a safe place.")),
            DangerLine(
                _("Is someone hurting or frightening you? It is not your fault. There is help for that.")
            ),
        ),
        _("in danger now, or confused or very unwell"),
    ),
    "less": DangerWords(
        _("Please call us about your doses"),
        (
            DangerLine(_("Taking much less all at once can cause a seizure (a fit)."), again=True),
            DangerLine(_("Do not take extra to catch up. Ask us what to take now."), again=True),
            DangerLine(_("Are you running out? Is it hard to take? Tell us. We can help.")),
        ),
        _ILL,
    ),
    "more": DangerWords(
        _("Please do not take more than your plan says"),
        (
            DangerLine(_("Extra doses can make you very sleepy. They can slow your breathing.")),
            DangerLine(_("Your medicine can run out early. Stopping suddenly can cause a seizure (a fit).")),
            DangerLine(_("Go back to your plan with the next dose. Do not skip doses."), again=True),
            DangerLine(_("Very sleepy? Call us before the next dose. Do not drive."), again=True),
            DangerLine(_("Does your dose feel too low? Tell us. We will not blame you.")),
        ),
        _HARD_TO_WAKE,
    ),
    "mixing": DangerWords(
        _("This mix can stop your breathing"),
        (
            DangerLine(
                _(
                    "Opioids, kratom, alcohol, and pills to calm or sleep all slow breathing. "
                    "Together, or with your medicine, they can stop it."
                )
            ),
            DangerLine(
                _("Do not take them together tonight. But do not stop your medicine suddenly."),
                again=True,
            ),
            DangerLine(
                _("Is the opioid from a doctor? Do not stop it on your own. Call us."),
                only=frozenset({"opioid"}),
                again=True,
            ),
            DangerLine(
                _("Kratom or alcohol every day? Do not stop suddenly. Tell us. We will not blame you."),
                only=frozenset({"kratom", "alcohol_days"}),
            ),
            DangerLine(
                _("Naloxone can bring breathing back after an opioid. Ask us or a pharmacist for it."),
                only=_BREATHING,
                again=True,
            ),
            DangerLine(
                _("Keep it where others can see it. Tell them to use it if you will not wake up."),
                only=_BREATHING,
            ),
        ),
        _HARD_TO_WAKE,
    ),
    "driving": DangerWords(
        _("Please do not drive for now"),
        (
            DangerLine(_("Being unsteady or sleepy makes driving dangerous, for you and for others.")),
            DangerLine(_("Wait until you feel steady and wide awake. Ask us first."), again=True),
            DangerLine(_("Do not cycle, climb ladders or use machines.")),
            DangerLine(_("Get up slowly. Keep the floor clear.")),
            DangerLine(_("Did you hit your head? See a doctor today."), only=frozenset({"sx_fell"})),
        ),
        _("if you hit your head and feel ill"),
    ),
}


def danger_words(code: str) -> DangerWords:
    """The words of a danger. Raises KeyError for one without words."""
    return WORDS[code]
