"""A night in real browsers: a patient answers at three, the first on duty sleeps, text messages are down, the second on
duty replies with the code of an e-mail and claims the item in the morning. Its record shows every step.

E-mail goes through a real SMTP conversation, the reply comes back through a mailbox, text messages go to a provider on
this machine that asks to wait each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse

from plans.dispatch import bounces, messages, upkeep
from plans.domain.notices import Queue
from plans.domain.reaching import ChannelKind
from plans.models import Occasion, ReviewItem, Work
from plans.services import clock, reminders
from tests.channels.email.imap import ImapServer, imap
from tests.channels.email.scripted import ScriptedServer, scripted
from tests.channels.provider import Provider, serving
from tests.dispatch.reading import header, text_of
from tests.e2e.days import ZONE, Life, plain
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import opened
from tests.makers_plans import issue_story_plan
from tests.reaching_help import NUMBER, confirmed, user_of
from tests.web.browsing import expect, follow, sign_in

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True),
]  # fmt: skip

MONDAY, THREE, MORNING = date(2026, 11, 23), time(3, 12), time(7, 40)
FIRST_AT_HOME, SECOND_AT_HOME = "first@home.example.org", "second@home.example.org"
LATER = 503


@dataclass
class Night:
    """A clinic with a patient whose check-in is open, and everything that carries alerts."""

    life: Life
    mail: ScriptedServer
    box: ImapServer
    texts: Provider
    token: str

    @property
    def clinic(self) -> ClinicMade:
        """The clinic."""
        return self.life.clinic

    @property
    def item(self) -> ReviewItem:
        """What the answers opened."""
        return ReviewItem.objects.get(clinic_id=self.clinic.id, source="checkin")

    def after(self, minutes: int) -> list[tuple[str, ...]]:
        """Let so many minutes pass since the item was opened; to whom e-mails went then, in the order of addresses."""
        before = len(self.mail.kept)
        self.life.move_to(self.item.opened_at + timedelta(minutes=minutes, seconds=1))
        self.send()
        return sorted(kept.recipients for kept in self.mail.kept[before:])

    def send(self) -> None:
        """Let the clock and the sender of alerts run once."""
        assert upkeep.run() == ()
        messages.run(Queue.ALERTS, seconds=120)


@pytest.fixture
def night(monkeypatch: Any, settings: Any, make_page: Any) -> Iterator[Night]:
    with scripted() as mail, serving() as texts, imap() as box:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", mail.port, 30
        settings.TEXT_PROVIDER, settings.TEXT_URL = "http", texts.url
        settings.BOUNCE_MAILBOX = box.url
        texts.script = [LATER] * 1000
        life = Life(make_page, mail, MONDAY)
        monkeypatch.setattr(clock, "offset", life.ahead)
        life.move_to(datetime.combine(MONDAY, time(8), ZONE))
        clinic = make_clinic(name="Harbour Clinic")
        patient = make_patient(clinic.primary, name="Wren Story", preferred_name="Wren")
        life.belongs_to(clinic, patient)
        confirmed(clinic.primary, ChannelKind.TEXT, NUMBER)
        confirmed(clinic.primary, ChannelKind.EMAIL, FIRST_AT_HOME)
        confirmed(clinic.second, ChannelKind.EMAIL, SECOND_AT_HOME)
        occasion = Occasion.objects.get(plan=issue_story_plan(clinic.primary, patient), purpose="baseline")
        reminders.tick(occasion.due_at)
        token = opened(clinic, Occasion.objects.get(pk=occasion.pk)).token
        # What confirmed the channels and invited the patient arrived on Monday.
        Work.objects.all().delete()
        yield Night(life, mail, box, texts, token)


def patient_answers_at_three(night: Night) -> None:
    night.life.move_to(datetime.combine(MONDAY + timedelta(days=1), THREE, ZONE))
    page = night.life.phone
    page.goto(f"/c/{night.token}")
    for code in ("s_fit", "s_seeing"):
        page.locator(f"input[name={code}][value=no]").check()
    follow(page, page.locator("button.btn.main"))
    page.locator("input[name=s_thoughts][value=yes]").check()
    follow(page, page.locator("button.btn.main"))
    expect(page.locator("body")).to_contain_text("You are not alone")
    said = night.life.read(page, "what the patient sees at three")
    assert "The clinician on call has been told." in said
    assert night.item.severity == "urgent"


def first_on_duty_sleeps(night: Night) -> None:
    """The text message cannot go; the second channel takes the alert five minutes later, and nobody looks."""
    assert night.after(0) == []
    assert {taken.json["to"] for taken in night.texts.taken} == {NUMBER}
    assert night.after(5) == [(FIRST_AT_HOME,)]


def second_on_duty_replies_with_the_code(night: Night) -> None:
    assert night.after(15) == [(SECOND_AT_HOME,)]
    alert = night.mail.kept[-1]
    assert header(alert, "Subject").startswith("Urgent: A review item still needs you, due ")
    assert "Wren" not in alert.content.decode()
    code = re.search(r"Reply with (\d{4})\b", plain(text_of(alert)))
    assert code is not None
    night.box.messages.append(
        f"From: Dr <{SECOND_AT_HOME}>\r\nTo: <{header(alert, 'Reply-To')}>\r\nSubject: Re\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{code[1]}\r\n".encode()
    )
    assert bounces.run() == 1
    messages.run(Queue.ALERTS, seconds=120)
    assert night.mail.kept[-1].recipients == (SECOND_AT_HOME,)
    assert "sign in and claim the item" in plain(text_of(night.mail.kept[-1]))


def alerts_go_on_until_morning(night: Night) -> None:
    """Acknowledged is not claimed: after ten minutes the second is alerted again, and so is everybody.

    The first channel of the first on duty is still down at half past; by the second they get each of the others.
    """
    lead = (user_of(night.clinic.lead).email,)
    assert night.after(20) == []
    assert night.after(30) == sorted([lead, (SECOND_AT_HOME,)])
    # A repeat counts from the round before it, and so comes a moment later each time.
    for minutes in (60, 121, 242):
        assert night.after(minutes) == sorted([lead, (FIRST_AT_HOME,), (SECOND_AT_HOME,)]), minutes
    assert night.item.acknowledged_at is None


def claims_in_the_morning(night: Night) -> str:
    """The second signs in and claims; what the item's page says then, with what was folded unfolded."""
    night.life.move_to(datetime.combine(MONDAY + timedelta(days=1), MORNING, ZONE))
    night.send()
    page = night.life.desk
    sign_in(page, night.clinic.second)
    page.goto(reverse("queue"))
    follow(page, page.get_by_role("link", name="Wren Story").first)
    follow(page, page.get_by_role("button", name=re.compile("Claim this item")))
    night.life.read(page, "the item in the morning")
    done = page.locator("section", has=page.locator("#h-done"))
    lines = plain(done.inner_text())
    for summary in done.locator("summary").all():
        summary.click()
    night.life.read(page, "the item in the morning, unfolded")
    return f"{lines} UNFOLDED {plain(done.inner_text())}"


def test_somebody_is_reached_although_the_first_sleeps_and_text_messages_are_down(night: Night) -> None:
    patient_answers_at_three(night)
    first_on_duty_sleeps(night)
    second_on_duty_replies_with_the_code(night)
    alerts_go_on_until_morning(night)
    folded, _, unfolded = claims_in_the_morning(night).partition(" UNFOLDED ")
    first, second, lead = (
        user_of(who).name for who in (night.clinic.primary, night.clinic.second, night.clinic.lead)
    )
    # Newest first: claimed, alerted until then, acknowledged, alerted before, opened.
    assert re.search(
        rf"{second}: claimed.*Alerted 5 times.*{second}: alert acknowledged by e-mail, not claimed"
        r".*Alerted 3 times.*opened",
        folded,
        re.IGNORECASE,
    ), folded
    for who in (first, second, lead):
        assert who in unfolded
    assert len(re.findall("Alert sent to", unfolded)) == 8, unfolded
    the_rota_says_who_was_on_duty(night, first, second)
    # Nothing was sent twice, and no text message was counted as one.
    assert {taken.json["to"] for taken in night.texts.taken} == {NUMBER}
    assert not Work.objects.filter(state="unknown").exists()


def the_rota_says_who_was_on_duty(night: Night, first: str, second: str) -> None:
    page, day = night.life.desk, MONDAY + timedelta(days=1)
    page.goto(f"{reverse('rota-then')}?day={day.isoformat()}&time={THREE:%H:%M}")
    said = night.life.read(page, "who was on duty")
    assert f"First {first} Second {second}" in said, said
    assert f"{first}. Open the item" in said
