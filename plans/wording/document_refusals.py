"""Why a document could not be drawn or checked, for whoever ran the command."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from plans.domain.errors import TaperplanError

_REFUSALS: Final = {
    "does_not_fit": _("It does not fit on paper: there is no room for {what} at the smallest size."),
    "unprintable_text": _(
        "The printed page cannot show these characters: {characters}. Write the text with others."
    ),
    "bad_document_facts": _("The document cannot be drawn from these facts ({why})."),
    "nothing_to_show": _("Every day of this plan lies before the day the calendar is made ({made_on})."),
    "too_many_pieces": _(
        "{pieces} pieces at one time are too many to write in words. Use a larger strength."
    ),
    "unreadable_file": _("The file {file} cannot be read ({why})."),
    "unwritable_file": _("The file {file} cannot be written ({why})."),
    "wrong_option": _("{message}"),
    "not_found": _("There is no such document of that version. Give the options it was drawn with."),
    "no_database": _("The database cannot be asked ({why}). A request in JSON can be checked without one."),
    "unknown_day": _(
        "The file says no day of which this version has a visit summary in this look. Give the options it was drawn "
        "with, or its day with --day."
    ),
}


def says_document(fault: TaperplanError) -> str | None:
    """The sentence for a refusal to draw or check a document; None for any other refusal."""
    sentence = _REFUSALS.get(fault.code)
    if sentence is None:
        return None
    facts = {key: ", ".join(fact) if isinstance(fact, list) else fact for key, fact in fault.facts.items()}
    return str(sentence).format(**facts)
