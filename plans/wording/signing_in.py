"""Words about signing in: what changed, and why something is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHANGES: Final[Mapping[str, Promise]] = {
    "password": _("The password was changed."),
    "app_added": _("An authenticator app was added."),
    "app_removed": _("The authenticator app was removed."),
    "passkey_added": _("A passkey was added."),
    "passkey_removed": _("A passkey was removed."),
    "codes_made": _("New recovery codes were made; the old ones no longer work."),
    "factor_reset": _("A lead of your clinic reset the second step. Set up a new one at your next sign-in."),
    "provider_added": _("Signing in through your clinic’s own system was added."),
}
"""What a message about a changed sign-in says."""

WEAK: Final[Mapping[str, Promise]] = {
    "too_long": _("This password is too long: write at most 256 characters."),
    "unprintable": _(
        "This password has a sign that cannot be seen, or a space at an end. "
        "Use letters, digits, signs and plain spaces."
    ),
    "few_kinds": _("This password uses too few different characters. Use at least five."),
    "common": _(
        "This password is easy to guess: it is made of common words, names, years or rows of the keyboard. "
        "Take four words that have nothing to do with you or the clinic, or let a password manager make one."
    ),
}
"""Why a password is refused."""

SSO_REFUSALS: Final[Mapping[str, Promise]] = {
    "no_role": _(
        "Your clinic’s system gives you no role here. Ask whoever runs it to put you into one of the groups that may "
        "use Taperplan."
    ),
    "no_address": _(
        "Your clinic’s system did not say that your e-mail address is verified. Ask whoever runs it, or sign in with "
        "your password."
    ),
    "elsewhere": _(
        "There is an account with your address in another clinic. Ask the lead of this clinic for an invitation, and "
        "accept it after signing in with your password."
    ),
    "ended": _("Your membership of this clinic has ended. Ask its lead to add you again."),
    "failed": _(
        "Your clinic’s system did not answer as it should, or you cancelled. Try again, or sign in with your password."
    ),
}
"""Why nobody was signed in through a clinic's own system."""

REFUSALS: Final[Mapping[str, Promise]] = {
    "too_far": _("This day is more than a year from now. Choose an earlier one."),
    "only_one": _("Your clinic requires a second step, and this is your only one. Add another first."),
    "ended": _("They were removed from the clinic. Add them again first."),
    "oneself": _("Nobody resets their own second step here. Ask another lead."),
}
"""Why a change of the second step is refused."""


def change_words(change: str) -> str:
    """What changed about signing in; "" for anything else."""
    return str(CHANGES.get(change, ""))
