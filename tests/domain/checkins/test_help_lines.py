"""Help lines: each with a source and a date, and an answer for every country."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from plans.domain.checkins import help_lines
from plans.domain.checkins.help_lines import BadHelpLines, _read, countries, help_for, look_again_on


@pytest.mark.parametrize("country", [*countries(), "ZZ"])
def test_every_country_has_an_emergency_number_a_line_a_source_and_a_date(country: str) -> None:
    found = help_for(country)
    assert found.emergency.isdigit()
    assert found.lines
    assert found.source
    assert found.checked_on <= date(2026, 11, 22)


@pytest.mark.parametrize(
    ("country", "emergency", "number", "href"),
    [
        ("US", "911", "988", "tel:988"),
        ("gb", "999", "116 123", "tel:116123"),
        ("AU", "000", "13 11 14", "tel:131114"),
        ("DE", "112", "https://findahelpline.com", "https://findahelpline.com"),
    ],
)
def test_the_first_line_of_a_country(country: str, emergency: str, number: str, href: str) -> None:
    found = help_for(country)
    assert (found.emergency, found.lines[0].number, found.lines[0].href) == (emergency, number, href)


def test_a_country_we_know_nothing_of_is_said_to_be_unknown() -> None:
    assert not help_for("DE").known
    assert help_for("US").known


def test_lines_are_due_for_another_look_after_half_a_year() -> None:
    entries = [help_for(country) for country in (*countries(), "DE")]
    assert {look_again_on(entry) for entry in entries} == {date(2027, 5, 22)}


@pytest.mark.parametrize("gone", ["source", "checked_on", "lines", "emergency"])
def test_an_entry_without_source_date_or_lines_is_refused(gone: str) -> None:
    line = {"kind": "call", "number": "1", "name": "A", "about": "talk", "hours": "always", "free": True}
    line["mark"] = "verified"
    entry = {
        "emergency": "112",
        "emergency_mark": "verified",
        "lines": [line],
        "source": "them",
        "checked_on": date(2026, 1, 1),
    }
    del entry[gone]
    with pytest.raises(BadHelpLines):
        _read("XX", entry)


def test_a_mark_we_do_not_know_is_refused() -> None:
    line = {"kind": "call", "number": "1", "name": "A", "about": "talk", "hours": "always", "free": True}
    entry = {
        "emergency": "112",
        "emergency_mark": "verified",
        "source": "them",
        "checked_on": date(2026, 1, 1),
    }
    with pytest.raises(BadHelpLines):
        _read("XX", {**entry, "lines": [{**line, "mark": "surely"}]})


def test_the_page_of_last_resort_names_every_line_with_its_day() -> None:
    page = (Path(help_lines.__file__).parents[3] / "templates" / "500.html").read_text(encoding="utf-8")
    for entry in help_lines.everything():
        for href in (entry.emergency_href, *(line.href for line in entry.lines)):
            assert f'href="{href}"' in page, (entry.country, href)
        assert f"Last checked on {entry.checked_on.day} {entry.checked_on:%B %Y}" in page


SERVICE = {
    "line": "1",
    "way": "relay",
    "language": "",
    "give": "711",
    "source": "them",
    "checked_on": date(2026, 1, 1),
    "mark": "verified",
}


def entry_with(service: dict[str, object]) -> dict[str, object]:
    line = {"kind": "call", "number": "1", "name": "A", "about": "talk", "hours": "always", "free": True}
    return {
        "emergency": "112",
        "emergency_mark": "verified",
        "source": "them",
        "checked_on": date(2026, 1, 1),
        "lines": [{**line, "mark": "verified"}],
        "services": [service],
    }


def test_a_further_contact_option_is_read_with_its_source_day_and_mark() -> None:
    (read,) = _read("XX", entry_with(SERVICE)).services
    assert (read.give, read.source, read.checked_on, read.mark) == (
        "711",
        "them",
        date(2026, 1, 1),
        "verified",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "2"},
        {"way": "pigeon"},
        {"mark": "surely"},
        {"source": ""},
        {"checked_on": "today"},
        {"way": "video", "language": "en"},
        {"language": "ase"},
    ],
)
def test_a_further_contact_option_that_breaks_the_grammar_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadHelpLines):
        _read("XX", entry_with({**SERVICE, **wrong}))


def test_in_spanish_988_has_its_spanish_name_the_key_to_press_and_the_word_to_text() -> None:
    call, text = help_for("US", "es").lines
    assert (call.name, call.press) == ("Línea 988 de Prevención del Suicidio y Crisis", "2")
    assert (text.send, text.href) == ("AYUDA", "sms:988?body=AYUDA")
    assert [(line.press, line.send) for line in help_for("US", "en").lines] == [("", ""), ("", "")]


def test_a_reader_sees_the_contact_options_that_concern_them() -> None:
    ways = {language: [one.way for one in help_for("US", language).services] for language in ("en", "es")}
    assert ways["en"] == ways["es"] == ["chat", "interpreter", "video", "relay"]


@pytest.mark.parametrize("country", countries())
def test_every_country_has_a_contact_option_for_deaf_people(country: str) -> None:
    assert {"relay", "video"} & {one.way for one in help_for(country).services}


def test_a_contact_option_due_for_a_check_makes_its_country_due() -> None:
    services = [one for entry in help_lines.everything() for one in entry.services]
    assert all(help_lines.look_again_on(one) == date(2027, 5, 30) for one in services)


def test_the_page_of_last_resort_says_in_spanish_which_key_to_press() -> None:
    page = (Path(help_lines.__file__).parents[3] / "templates" / "500.html").read_text(encoding="utf-8")
    assert '<span lang="es">En español: llame al 988 y oprima 2' in page
