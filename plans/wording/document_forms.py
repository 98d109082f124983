"""Products and their counts in words, for the printed documents: "half a 0.5 mg tablet", "two 1 mg capsules"."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext

from plans.domain.amounts import NBSP
from plans.domain.documents.words import BREAK, FormWords
from plans.domain.taper.products import Form

_Counts = tuple[str, str, str, str, str]


def number_words() -> tuple[str, ...]:
    """None to thirty, as they stand before "0.5 mg tablets"."""
    # Translators: number words from none to thirty, separated by spaces, as they count tablets.
    return tuple(
        gettext(
            "none one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty twenty-one twenty-two twenty-three twenty-four twenty-five "
            "twenty-six twenty-seven twenty-eight twenty-nine thirty"
        ).split()
    )


def form_words() -> dict[Form, FormWords]:
    """How each form is named and counted. The context of a count is the noun it must agree with."""
    # Translators: {strength} is "0.5 mg", {p} the product, "|" where the phrase may break.
    tablet = (
        pgettext("tablet", "one|{p}"),
        pgettext("tablet", "{count}|{p}"),
        pgettext("tablet", "half|a {p}"),
        pgettext("tablet", "a quarter of|a {p}"),
        pgettext("tablet", "three quarters of|a {p}"),
    )
    capsule = (
        pgettext("capsule", "one|{p}"),
        pgettext("capsule", "{count}|{p}"),
        pgettext("capsule", "half|a {p}"),
        pgettext("capsule", "a quarter of|a {p}"),
        pgettext("capsule", "three quarters of|a {p}"),
    )
    film = (
        pgettext("film", "one|{p}"),
        pgettext("film", "{count}|{p}"),
        pgettext("film", "half|a {p}"),
        pgettext("film", "a quarter of|a {p}"),
        pgettext("film", "three quarters of|a {p}"),
    )
    return {
        Form.TABLET: _named(gettext("{strength} tablet"), gettext("{strength} tablets"), tablet),
        Form.ODT: _named(
            gettext("{strength} ODT"),
            gettext("{strength} ODTs"),
            tablet,
        ),
        Form.CAPSULE: _named(gettext("{strength} capsule"), gettext("{strength} capsules"), capsule),
        Form.FILM: _named(gettext("{strength} film"), gettext("{strength} films"), film),
        Form.SUBLINGUAL: _named(
            gettext("{strength} under-tongue tablet"), gettext("{strength} under-tongue tablets"), tablet
        ),
        Form.MR_TABLET: _named(
            gettext("{strength} slow-release tablet"), gettext("{strength} slow-release tablets"), tablet
        ),
        Form.MR_CAPSULE: _named(
            gettext("{strength} slow-release capsule"), gettext("{strength} slow-release capsules"), capsule
        ),
        Form.SOLUTION: _liquid(gettext("oral solution")),
        Form.CONCENTRATE: _liquid(gettext("oral concentrate")),
        Form.SUSPENSION: _liquid(gettext("oral suspension")),
        # A count in figures, which is never followed by a strength.
        Form.DROPS: FormWords(gettext("drop"), gettext("drops"), "", "", "", "", ""),
    }


def _named(one: str, many: str, counts: _Counts) -> FormWords:
    # A line may break between a count and what it counts only at the mark.
    return FormWords(one, many, *(BREAK.join(_held(part) for part in text.split(BREAK)) for text in counts))


def _held(part: str) -> str:
    return part.replace(" {p}", f"{NBSP}{{p}}")


def _liquid(name: str) -> FormWords:
    return FormWords(name, name, "", "", "", "", "")
