"""Every message in every language: neutral, whole, one recipient, and the same bytes when sent again."""

from __future__ import annotations

import email
import email.policy
import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from django.conf import settings

from plans.channels.email.headers import BadAddress
from plans.channels.email.rendering import write
from plans.domain.messages import DigestFacts, DutyFacts, MessageFacts, health_words, neutral
from plans.domain.notices import NOTICES, Audience

PATIENT = [n.code for n in NOTICES.values() if n.audience is Audience.PATIENT]
STAFF = [n.code for n in NOTICES.values() if n.audience is Audience.STAFF]
LANGUAGES = [code for code, _ in settings.LANGUAGES]


def facts(notice: str, **changes: object) -> MessageFacts:
    whole = MessageFacts(
        work_id=UUID(int=7),
        notice=notice,
        language="en",
        country="US",
        zone="America/New_York",
        to_address="quill@example.org",
        sender_name="Harbour Clinic",
        sender_address="hello@mail.example.org",
        envelope_from="bounce+7@mail.example.org",
        message_id="<7@mail.example.org>",
        written_at=datetime(2026, 11, 23, 14, tzinfo=UTC),
        clinic_name="Harbour Clinic",
        link="https://go.example.org/c/k7Qm",
        clinic_phone="555-0100",
        clinic_hours={day: ["08:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        first_name="Quill",
        emergency="911",
        mail_link="https://go.example.org/m/x9",
        deadline=datetime(2026, 11, 26, 15, tzinfo=UTC),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # names are checked by the dataclass


def parsed(payload: bytes) -> EmailMessage:
    message = email.message_from_bytes(payload, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", PATIENT)
def test_a_patients_message_says_nothing_of_health_anywhere(notice: str, language: str) -> None:
    written = write(facts(notice, language=language))
    message = parsed(written.payload)
    everything = "\n".join(
        [*(f"{name}: {value}" for name, value in message.items()), written.text, written.html]
    )
    assert health_words(everything) == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", STAFF)
def test_an_alert_names_no_patient_and_says_nothing_of_health(notice: str, language: str) -> None:
    message = write(
        facts(notice, language=language, first_name="Quill", link="https://go.example.org/items/1")
    )
    # The name staff know the system by.
    said = f"{message.subject}\n{message.text}\n{message.html}".replace("Taperplan", "")
    assert health_words(said) == ()
    assert health_words(message.subject) == ()
    assert "Quill" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", [*PATIENT, *STAFF])
def test_the_text_and_the_page_say_the_same(notice: str, language: str) -> None:
    message = write(facts(notice, language=language))
    body = message.html.partition("<body")[2].partition(">")[2]
    plain = html.unescape(re.sub(r"<[^>]+>", " ", body))
    assert "".join(plain.split()) == "".join(message.text.split())


@pytest.mark.parametrize("notice", [n for n in PATIENT if n != "confirm_address"])
def test_a_patients_message_has_link_phone_hours_emergency_and_a_way_to_stop(notice: str) -> None:
    text = write(facts(notice)).text
    for part in (
        "https://go.example.org/c/k7Qm",
        "555-0100",
        "Monday to Friday, 8:00\N{NO-BREAK SPACE}am to 5:00\N{NO-BREAK SPACE}pm",
        "In an emergency, call 911.",
        "https://go.example.org/m/x9",
    ):
        assert part in text


@pytest.mark.parametrize("notice", ["checkin_invitation", "checkin_reminder"])
def test_the_deadline_is_an_absolute_local_time_with_its_zone(notice: str) -> None:
    text = write(facts(notice)).text
    assert "Thursday 26 November 2026, 10:00\N{NO-BREAK SPACE}am, Eastern time" in text


def test_an_alert_says_until_when_in_24_hours() -> None:
    message = write(facts("item_alert", deadline=datetime(2026, 11, 23, 14, 41, tzinfo=UTC)))
    assert message.subject == "A review item needs you, due 09:41"
    assert "A review item needs you in Taperplan.\nAct by 09:41." in message.text


def test_an_alert_to_a_spanish_clinic_is_spanish_throughout() -> None:
    deadline = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    message = write(facts("item_escalated", language="es", deadline=deadline, repeat=1))
    assert message.subject == (
        "Un asunto de revisión sigue esperando y requiere su atención, plazo: jueves 26 de noviembre de 2026, 10:00"
        " (enviado de nuevo)"
    )
    assert "Plazo para actuar: jueves 26 de noviembre de 2026, 10:00." in message.text
    english = write(facts("item_escalated", deadline=deadline, repeat=1)).text.splitlines()
    alike = [line for line in message.text.splitlines() if line and line in english]
    assert alike == ["https://go.example.org/c/k7Qm", "Harbour Clinic"]


def test_an_urgent_alert_says_so_and_one_that_somebody_holds_says_who() -> None:
    message = write(facts("item_escalated", urgent=True, holder="Dr A. Mockwell", deadline=None))
    assert message.subject == "Urgent: A review item still needs you"
    assert "Dr A. Mockwell has it and has recorded nothing so far." in message.text
    several = write(facts("item_alert", urgent=True, items=12, deadline=None))
    assert several.subject == "Urgent: 12 review items need you"
    assert "One of them at least is urgent." in several.text


def test_a_digest_tells_counts_and_who_is_on_duty_from_when() -> None:
    monday = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    told = DigestFacts(
        open=12, urgent=1, late=2, due_today=5, missed=4, changes=3,
        duty=(
            DutyFacts(monday, ("Dr N. Sampleton",), ("Dr A. Mockwell",)),
            DutyFacts(monday + timedelta(hours=9), (), ()),
        ),
    )  # fmt: skip
    message = write(facts("digest", digest=told, written_at=monday))
    assert message.subject == "Today: 12 open review items, 5 due today"
    for line in (
        "Harbour Clinic, Monday 23 November 2026",
        "Open review items: 12",
        "Late: 2",
        "About missed check-ins: 4",
        "Plans that change this week: 3",
        "On duty: Dr N. Sampleton, then Dr A. Mockwell",
        "From 16:30: nobody: urgent alerts go to everybody",
    ):
        assert line in message.text.splitlines(), line


def test_a_repeated_alert_says_so() -> None:
    assert "(sent again)" in write(facts("item_alert", repeat=1)).subject
    assert "(sent again)" not in write(facts("item_alert")).subject


def test_headers_say_automatic_ours_and_how_to_stop() -> None:
    message = parsed(write(facts("checkin_reminder", answers_message="<1@mail.example.org>")).payload)
    assert message["Message-ID"] == "<7@mail.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://go.example.org/m/x9>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["In-Reply-To"] == message["References"] == "<1@mail.example.org>"
    assert str(message["To"]) == "quill@example.org"
    assert str(message["From"]) == "Harbour Clinic <hello@mail.example.org>"


def test_the_same_message_is_the_same_bytes() -> None:
    assert write(facts("plan_ready")).payload == write(facts("plan_ready")).payload


def test_names_are_text_in_the_page_and_stay_on_one_line() -> None:
    message = write(facts("plan_ready", first_name="<b>Q</b>\r\nBcc: x@y.z\u202e", clinic_name="A & B"))
    assert "&lt;b&gt;Q&lt;/b&gt; Bcc: x@y.z," in message.html
    assert "A &amp; B" in message.html
    assert "Hello <b>Q</b> Bcc: x@y.z," in message.text
    assert parsed(message.payload)["Bcc"] is None


BAD = [
    "a@x.org, b@x.org",
    "a@x.org\r\nBcc: b@x.org",
    "a@[127.0.0.1]",
    "a\u200b@x.org",
    '"><script>"@x.org',
    "a@x",
    "",
]


@pytest.mark.parametrize("address", [*BAD, "a" * 300 + "@x.org"])
def test_anything_but_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        write(facts("plan_ready", to_address=address))


def test_a_sender_that_names_an_illness_gives_way_to_the_neutral_one() -> None:
    assert neutral("Harbour Benzodiazepine Recovery", "Clinic") == "Clinic"
    assert neutral("Harbour Clinic", "Clinic") == "Harbour Clinic"


def test_the_search_for_health_words_finds_them() -> None:
    assert health_words("Your TAPER: 0.5 mg of LORazepam")
    assert health_words("1.5mg")
    assert health_words("Tu dosis de hoy")


@pytest.mark.parametrize("notice", ["checkin_invitation", "checkin_reminder"])
@pytest.mark.parametrize(
    ("language", "hours", "said"),
    [
        (
            "en",
            {"mon": ["08:00", "17:00"]},
            "Our team reads answers Monday, 8:00\u00a0am to 5:00\u00a0pm. Nobody reads",
        ),
        ("en", {}, "Nobody reads answers straight away."),
        ("es", {"mon": ["08:00", "17:00"]}, "a otras horas nadie las lee."),
        ("es", {}, "Nadie lee las respuestas enseguida."),
    ],
)
def test_the_check_in_invitation_says_when_answers_are_read(
    notice: str, language: str, hours: dict[str, list[str]], said: str
) -> None:
    message = write(facts(notice, language=language, clinic_hours=hours))
    for part in (message.text, html.unescape(message.html)):
        assert said in " ".join(part.replace("\u00a0", "~").split()).replace("~", "\u00a0"), part


@pytest.mark.parametrize("notice", PATIENT)
def test_a_message_in_spanish_has_no_english_of_ours_in_it(notice: str) -> None:
    message = write(facts(notice, language="es"))
    said = f"{message.subject} {message.text} {re.sub('<[^>]+>', ' ', message.html)}"
    for english in (
        "Your",
        "Please",
        "Hello",
        "Nobody",
        "Call us",
        "check-in",
        "calendar is",
        "e-mail",
        "link",
    ):
        assert not re.search(rf"\b{english}\b", said), english
