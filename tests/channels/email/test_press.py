"""Letters from a pattern: the same letter as written the long way, and never a word of anybody else's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from plans.channels.email import rendering as pen
from plans.channels.email.headers import BadAddress
from plans.channels.email.press import Press, _same
from plans.domain.messages import LetterFacts
from plans.domain.notices import NOTICES, Audience
from tests.channels.email.test_rendering import LANGUAGES, facts

WRITTEN = [n.code for n in NOTICES.values() if n.audience is not Audience.PAPER]
NAMES = ["Quill", "Zoë", "O’Hara & <b>", "李", "x" * 90, "a=3D b", "trailing  ", "–", ".dot"]


def person(number: int, notice: str, language: str = "en", **more: Any) -> LetterFacts:
    """Somebody of their own, with a canary in everything that is personal."""
    whole = facts(notice, language=language)
    return replace(
        whole,
        work_id=UUID(int=number + 1000),
        to_address=f"canary{number}@example.org",
        message_id=f"<{UUID(int=number + 1000)}@mail.example.org>",
        envelope_from=f"bounce+{number}@mail.example.org",
        first_name=f"Canary{number}z" if not more.get("first_name") else more["first_name"],
        link=f"https://go.example.org/c/canary{number}z",
        mail_link=f"https://go.example.org/m/canary{number}z",
        deadline=whole.deadline and whole.deadline + timedelta(hours=number),
        answers_message=f"<canary{number}z@mail.example.org>",
    )


class Counting:
    """Writes the long way and counts."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, given: LetterFacts) -> pen.Letter:
        self.times += 1
        return pen.write(given)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", WRITTEN)
def test_a_letter_from_a_pattern_says_what_the_long_way_says_and_names_nobody_else(
    notice: str, language: str
) -> None:
    slowly = Counting()
    press = Press(slowly)
    for number in range(4):
        given = person(number, notice, language)
        letter = press.write(given)
        assert _same(letter, pen.write(given))
        named = set(re.findall(r"[Cc]anary(\d+)", letter.payload.decode() + letter.text + letter.html))
        assert named == {str(number)}
    assert slowly.times == 1


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_through_whole(name: str) -> None:
    press = Press()
    press.write(person(0, "plan_ready"))
    given = person(1, "plan_ready", first_name=name)
    letter = press.write(given)
    assert _same(letter, pen.write(given))
    assert max(map(len, letter.payload.split(b"\r\n"))) <= 998
    assert b"\r" not in letter.payload.replace(b"\r\n", b"")


def test_lines_of_a_patterned_letter_are_short_enough_for_any_server() -> None:
    press = Press()
    press.write(person(0, "checkin_reminder"))
    body = press.write(person(1, "checkin_reminder")).payload.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76


def test_the_same_letter_is_the_same_bytes_also_from_a_pattern() -> None:
    press = Press()
    press.write(person(0, "plan_ready"))
    assert press.write(person(1, "plan_ready")).payload == press.write(person(1, "plan_ready")).payload


def test_a_pattern_that_differs_in_anything_is_never_used() -> None:
    def otherwise(given: LetterFacts) -> pen.Letter:
        letter = pen.write(given)
        return replace(letter, payload=letter.payload.replace(b"Auto-Submitted", b"X-Otherwise"))

    slowly = Counting()
    press = Press(lambda given: (slowly(given), otherwise(given))[1])
    for number in range(3):
        press.write(person(number, "plan_ready"))
    assert slowly.times == 3


def test_a_bad_address_is_refused_from_a_pattern_too() -> None:
    press = Press()
    press.write(person(0, "plan_ready"))
    with pytest.raises(BadAddress):
        press.write(replace(person(1, "plan_ready"), to_address="a@x.org, b@x.org"))


@pytest.mark.parametrize("field", ["message_id", "mail_link", "answers_message"])
def test_a_header_that_would_be_two_lines_is_refused(field: str) -> None:
    press = Press()
    press.write(person(0, "plan_ready"))
    with pytest.raises(ValueError, match="one word"):
        press.write(replace(person(1, "plan_ready"), **{field: "<a@b>\r\nBcc: c@d.e"}))


@pytest.mark.parametrize("length", [20, 43, 120])
def test_the_address_to_stop_letters_is_whole_however_long_the_site_s_name_is(length: int) -> None:
    press = Press()
    for number in range(2):
        link = f"https://{'a' * length}.example.org/m/{number}{'b' * 42}"
        given = replace(person(number, "checkin_reminder"), mail_link=link)
        letter = press.write(given)
        assert str(letter.parsed["List-Unsubscribe"]).strip() == f"<{link}>"
        assert _same(letter, pen.write(given))


def test_a_token_that_looks_a_little_like_a_mark_spoils_no_pattern() -> None:
    slowly = Counting()
    press = Press(slowly)
    for number, token in enumerate(("a", "qxqZ", "qxZq", "ZqlinkqxZ")):
        press.write(replace(person(number, "plan_ready"), link=f"https://go.example.org/p/{token}"))
    assert slowly.times == 1
