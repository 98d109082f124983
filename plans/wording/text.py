"""Why a typed text was refused, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.domain.text import BadText

Facts = Mapping[str, object]


def _day(raw: object) -> str:
    # Translators: a date inside a sentence, in Django's date format.
    return dateformat.format(date.fromisoformat(str(raw)), pgettext("date in a sentence", "j F Y"))


_SAY: Final[Mapping[str, Callable[[Facts], str]]] = {
    "missing": lambda f: _("This is needed."),
    "too_long": lambda f: _("This is %(found)s characters long; at most %(most)s fit.") % f,
    "too_many_lines": lambda f: _("These are %(found)s lines; at most %(most)s fit.") % f,
    "broken": lambda f: _("A character in this is broken. Type it again."),
    "direction": lambda f: _(
        "This contains a hidden mark that changes the direction of writing. Type it again instead of pasting it."
    ),
    "control": lambda f: _(
        "This contains a hidden control character, such as a line break. Type it again instead of pasting it."
    ),
    "invisible": lambda f: _(
        "This contains characters that cannot be seen. Type it again instead of pasting it."
    ),
    "email_not_ascii": lambda f: _(
        "Letters with accents and hidden characters cannot be used in this address. Write it with plain letters."
    ),
    "email_more_than_one": lambda f: _(
        "Give a single address, without spaces, commas or a name beside it, such as name@example.org."
    ),
    "not_email": lambda f: _(
        "This is not an address that messages can be sent to. Write it like name@example.org."
    ),
    "emails_differ": lambda f: _("The two addresses differ. Type both again."),
    "not_phone": lambda f: _("Write the number in digits and spaces, such as 555-0142 or +1 555 555 0142."),
    "not_full_number": lambda f: _(
        "Write the number with its country code, such as +1 555 555 0142: text messages need it."
    ),
    "not_push": lambda f: _(
        "This is not the address of a push service. Write it as the service shows it, such as ntfys://ntfy.sh/my-topic."
    ),
    "push_scheme": lambda f: _("Addresses of this kind are not allowed here. Allowed: %(allowed)s.") % f,
    "push_host": lambda f: _("This server is not allowed here. Allowed: %(allowed)s.") % f,
    "push_options": lambda f: _(
        "Leave out spaces and everything from the question mark on: only service, server and topic or key are used."
    ),
    "not_record_no": lambda f: _("Use letters, digits, spaces and . / - only."),
    "not_a_choice": lambda f: _("Choose one from the list."),
    "not_zone": lambda f: _("Choose a time zone from the list, such as America/New_York."),
    "not_whole": lambda f: _("Write a whole number in digits, such as 36."),
    "out_of_range": lambda f: _("Give a number from %(least)s to %(most)s.") % f,
    "not_date": lambda f: _("Write the date as year, month and day, such as 1979-03-14."),
    "no_such_day": lambda f: _("There is no such day. Check the month and the day."),
    "date_out_of_range": lambda f: (
        _("Give a day from %(least)s to %(most)s.") % {"least": _day(f["least"]), "most": _day(f["most"])}
    ),
    "not_time": lambda f: _("Write the time with two digits each, such as 09:00."),
    "sent_twice": lambda f: _("This came twice in one form. Send it once."),
}

WHYS: Final = frozenset(_SAY)


def text_words(problem: BadText) -> str:
    """The sentence for a refused text."""
    return _SAY[problem.why](problem.facts)
