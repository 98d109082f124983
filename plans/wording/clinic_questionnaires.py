"""A clinic's own questions in words, for its settings page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.clinic_questionnaires import TooManyItems

ANSWERS: Final[Mapping[str, Promise]] = {
    "yes_no": _("Yes or no"),
    "amount": _("How much: none, mild, moderate, severe, very severe"),
    "days": _("On how many days of the week, 0 to 7"),
    "times": _("How many times, 0 to 20"),
    "text": _("In the patient’s own words (may be left empty)"),
}
PLACES: Final[Mapping[str, Promise]] = {
    "gad2": _("After mood and worry"),
    "symptoms": _("After body and sleep"),
    "doses": _("After the doses taken"),
    "substances": _("After alcohol and other substances"),
    "medicines": _("After other medicines, before the last page"),
}
FORMS: Final[Mapping[str, Promise]] = {
    "": _("In each check-in"),
    "weekly": _("In each but the first and the one at the last dose"),
    "baseline": _("Only in the first and the one at the last dose"),
}


def room_words(refusal: TooManyItems) -> str:
    """Why another question cannot be asked, and what works."""
    return (
        _t(
            "You ask %(most)s questions of your own already: more would keep people from finishing. "
            "Stop asking one first, then publish this one."
        )
        % refusal.facts
    )
