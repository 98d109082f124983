"""Names of drugs, products and times of day, and what is taken of a product, in words.

Counts are words and parts are words ("half a 0.5 mg tablet"): a printed 1/2 or + has been read as another number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.taper import catalogue
from plans.domain.taper.drug import DEFAULT_COUNTRY
from plans.domain.taper.form_names import OdtName, odt_name
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.weekdays import EVERY_DAY, Weekdays

TIME_NAMES: Final[Mapping[TimeOfDay, Promise]] = {
    TimeOfDay.MORNING: _("Morning"),
    TimeOfDay.MIDDAY: _("Midday"),
    TimeOfDay.AFTERNOON: _("Afternoon"),
    TimeOfDay.EVENING: _("Evening"),
    TimeOfDay.NIGHT: _("Night"),
    TimeOfDay.BEDTIME: _("Bedtime"),
}
_WHEN: Final[Mapping[TimeOfDay, Promise]] = {
    TimeOfDay.MORNING: _("in the morning"),
    TimeOfDay.MIDDAY: _("at midday"),
    TimeOfDay.AFTERNOON: _("in the afternoon"),
    TimeOfDay.EVENING: _("in the evening"),
    TimeOfDay.NIGHT: _("at night"),
    TimeOfDay.BEDTIME: _("at bedtime"),
}
_NUMBERS: Final[tuple[Promise, ...]] = (
    _("no"),
    _("one"),
    _("two"),
    _("three"),
    _("four"),
    _("five"),
    _("six"),
    _("seven"),
    _("eight"),
    _("nine"),
    _("ten"),
)


def drug_words(name: str, *, clinician: bool = False) -> str:
    """A drug's name: plain for patients, in tall-man letters (clonazePAM) for clinicians and pharmacists.

    A name that is not in the catalogue is returned unchanged.
    """
    if not clinician or name not in catalogue.names():
        return name
    return catalogue.drug(name).tall_man


def time_words(time: TimeOfDay) -> str:
    """A time of day as a heading: "Morning", "06:30"."""
    return str(TIME_NAMES.get(time, time.value))


def when_words(time: TimeOfDay, weekdays: Weekdays = EVERY_DAY) -> str:
    """A time of day inside a sentence: "in the morning", "at 06:30", "at night on Monday and Friday"."""
    said = gettext("at {time}").format(time=time.value) if time.by_clock else str(_WHEN[time])
    if weekdays.every:
        return said
    return gettext("{time} on {days}").format(time=said, days=weekdays_words(weekdays))


def when_in_week_words(time: TimeOfDay, weekdays: Weekdays) -> str:
    """The same beside doses that are not taken every day: "at night every day"."""
    said = when_words(time, weekdays)
    return gettext("{time} every day").format(time=said) if weekdays.every else said


def weekdays_words(weekdays: Weekdays) -> str:
    """Days of the week: "Monday, Wednesday and Friday"."""
    return listed([str(WEEKDAY_NAMES[day]) for day in weekdays.days])


def number_words(count: int) -> str:
    """A count as a word up to ten, then in figures."""
    return str(_NUMBERS[count]) if count < len(_NUMBERS) else str(count)


# The country whose names of forms are used, as a language is active.
_COUNTRY: Final = ContextVar("country of the names of forms", default=DEFAULT_COUNTRY)


@contextmanager
def forms_as_in(country: str) -> Iterator[None]:
    """Name forms as a country does, for what is said inside."""
    before = _COUNTRY.set(country)
    try:
        yield
    finally:
        _COUNTRY.reset(before)


def _odt_words(count: int) -> str:
    if odt_name(_COUNTRY.get()) is OdtName.ORODISPERSIBLE:
        return ngettext("orodispersible tablet", "orodispersible tablets", count)
    return ngettext("orally disintegrating tablet", "orally disintegrating tablets", count)


# A row for each form; `ngettext` is called late, in the reader's language.
_FORM_WORDS: Final[Mapping[Form, Callable[[int], str]]] = {
    Form.TABLET: lambda count: ngettext("tablet", "tablets", count),
    Form.ODT: _odt_words,
    Form.CAPSULE: lambda count: ngettext("capsule", "capsules", count),
    Form.FILM: lambda count: ngettext("film", "films", count),
    Form.SUBLINGUAL: lambda count: ngettext("under-the-tongue tablet", "under-the-tongue tablets", count),
    Form.MR_TABLET: lambda count: ngettext("modified-release tablet", "modified-release tablets", count),
    Form.MR_CAPSULE: lambda count: ngettext("modified-release capsule", "modified-release capsules", count),
    Form.SOLUTION: lambda _count: gettext("solution"),
    Form.CONCENTRATE: lambda _count: gettext("concentrate"),
    Form.SUSPENSION: lambda _count: gettext("suspension"),
    Form.DROPS: lambda _count: gettext("drops"),
}


def form_words(form: Form, count: int = 1) -> str:
    """A dosage form, singular or plural: "tablet", "capsules"."""
    return _FORM_WORDS[form](count)


def product_words(product: Product, *, count: int = 1, named: bool = False, clinician: bool = False) -> str:
    """A product: "0.5 mg tablet", "1 mg/mL solution"; with its drug in front where `named`."""
    unit = "mg/mL" if product.is_liquid else "mg"
    facts = {"strength": f"{product.strength.text}{NBSP}{unit}", "form": form_words(product.form, count)}
    words = pgettext("a product", "%(strength)s %(form)s") % facts
    if product.is_home_made:
        made = {"strength": product.strength.mg, "volume": product.per.ml}
        words = gettext("home-made suspension, %(strength)s in %(volume)s") % made
    return f"{drug_words(product.drug, clinician=clinician)} {words}" if named else words


def listed(parts: Sequence[str]) -> str:
    """Several things in running text: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return pgettext("a list", "%(several)s and %(last)s") % {
        "several": ", ".join(parts[:-1]),
        "last": parts[-1],
    }


def take_lines(take: Take) -> tuple[str, ...]:
    """What is taken of one product, a line for each piece: ("one 5 mg tablet", "half a 5 mg tablet")."""
    if take.volume is not None:
        return (_volume_words(take),)
    if take.drops:
        return (ngettext("%(count)s drop", "%(count)s drops", take.drops) % {"count": take.drops},)
    whole, rest = divmod(take.quarters, 4)
    lines = []
    if whole:
        facts = {"count": number_words(whole), "product": product_words(take.product, count=whole)}
        lines.append(pgettext("so many whole pieces", "%(count)s %(product)s") % facts)
    part = {"product": product_words(take.product)}
    # English has "an" before 8, 11 and 18; other languages translate both alike.
    vowel = take.product.strength.text.startswith("8") or take.product.strength.text in ("11", "18")
    if rest & 2:
        lines.append((gettext("half an %(product)s") if vowel else gettext("half a %(product)s")) % part)
    if rest & 1:
        lines.append(
            (gettext("a quarter of an %(product)s") if vowel else gettext("a quarter of a %(product)s"))
            % part
        )
    return tuple(lines)


def _volume_words(take: Take) -> str:
    """A volume, with its draws where it needs more than one: "11.8 mL (10 mL, then 1.8 mL)"."""
    volume = take.volume.ml if take.volume is not None else ""
    if len(take.draws) < 2:
        return volume
    draws = pgettext("draws", ", then ").join(draw.volume.ml for draw in take.draws)
    return pgettext("a volume and its draws", "%(volume)s (%(draws)s)") % {"volume": volume, "draws": draws}


def take_words(take: Take) -> str:
    """What is taken of one product, in running text: "two 0.5 mg tablets", "half a 0.5 mg tablet", "0.4 mL"."""
    return listed(take_lines(take))


def measured_lines(take: Take) -> tuple[str, ...]:
    """Like `take_lines`, but a liquid is named: ("0.4 mL of the 1 mg/mL solution",)."""
    if take.volume is None and not take.drops:
        return take_lines(take)
    facts = {"volume": take_lines(take)[0], "product": product_words(take.product)}
    return (gettext("%(volume)s of the %(product)s") % facts,)
