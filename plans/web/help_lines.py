"""Help lines on pages without a known patient: every country we have, and what to do elsewhere."""

from __future__ import annotations

from django.utils.translation import gettext as _

from plans.domain.checkins.help_lines import ANY, Help, everything, help_for
from plans.domain.places import countries
from plans.web import languages


def everywhere() -> dict[str, object]:
    """What `patient/lines.html` needs. It reads no rows."""
    language = languages.current()
    known = [help_for(one.country, language) for one in everything() if one.known]
    return {
        "known": [(_name(one), one) for one in known],
        "anywhere": help_for(ANY, language),
        "oldest": min(one.checked_on for one in everything()),
    }


def _name(entry: Help) -> str:
    names = {
        "US": _("United States"),
        "CA": _("Canada"),
        "GB": _("United Kingdom"),
        "AU": _("Australia"),
    }
    return names.get(entry.country) or countries()[entry.country]
