"""A patient's links and devices in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.links import LinkPurpose

PURPOSES: Final[Mapping[LinkPurpose, Promise]] = {
    LinkPurpose.CHECKIN: _("Link to a check-in, in an e-mail"),
    LinkPurpose.PLAN: _("Link to the plan, in an e-mail"),
    LinkPurpose.CONFIRM: _("Link to confirm the address, in an e-mail"),
    LinkPurpose.MAIL: _("Link to the choices about e-mails"),
    LinkPurpose.DOCUMENT: _("Code on a printed calendar"),
    LinkPurpose.PHARMACY: _("Code on a pharmacy sheet"),
    LinkPurpose.FEED: _("Address for a calendar, without doses"),
    LinkPurpose.FEED_DOSES: _("Address for a calendar, with doses"),
    LinkPurpose.INVITATION: _("Invitation to a clinic"),
}
DEVICES: Final[Mapping[str, Promise]] = {
    "phone": _("Phone"),
    "tablet": _("Tablet"),
    "computer": _("Computer"),
    "": _("Device"),
}
REFUSALS: Final[Mapping[str, Promise]] = {
    "code_length": _("Use 6 to 12 figures, and nothing else."),
    "code_easy": _(
        "This is easy to guess. Do not use your year or day of birth, the same figure only, or figures in a row."
    ),
    "code_differs": _("This is not the same as above. Type the same code here."),
    "too_many_changes": _("You have changed this very often today. Try again tomorrow, or call us."),
    "no_button": _("Press one of the buttons below."),
    "birth_year_off": _(
        "The clinic does not take the year of birth, so without a code nothing would open. Give a new code instead."
    ),
}


def purpose_words(purpose: str) -> str:
    """What a link is for; the bare purpose for one without words."""
    known = {one.value: words for one, words in PURPOSES.items()}
    return str(known.get(purpose, purpose))
