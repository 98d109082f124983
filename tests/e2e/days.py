"""One patient's plan day by day: the clinic's clock, a desk, a phone, the e-mails, and every place that shows it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pypdfium2
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from plans.dispatch import documents as drawing
from plans.dispatch import messages, upkeep
from plans.domain.notices import Queue
from plans.models import Document, Link, Occasion, Patient, Plan, ReviewItem, Work
from plans.services import clock, links, review
from plans.services.checkins import sessions
from plans.services.documents import files
from plans.services.links import LinkPurpose
from plans.services.plans.queries import schedule_of
from tests.channels.email.scripted import ScriptedServer
from tests.dispatch.reading import header, text_of
from tests.documents.reading import text_of as pdf_text
from tests.makers import ClinicMade
from tests.makers_checkins import answer_all
from tests.present import present
from tests.web.browsing import follow, sign_in, violations

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
MORNING = time(10, 0, 30)
ZONE = ZoneInfo("America/New_York")
_SHOTS = os.environ.get("SHOTS", "")


def plain(text: str) -> str:
    """Words in one line; spaces that hold a number and its unit together count as spaces."""
    return " ".join(text.replace("\u00a0", " ").split())


@dataclass
class Day:
    """What every place showed on a day, by name, and the e-mails that arrived: subject and text."""

    on: str
    said: dict[str, str] = field(default_factory=dict)
    mail: list[tuple[str, str]] = field(default_factory=list)

    def of(self, *begins: str) -> dict[str, str]:
        """The places whose names begin with these; at least one for each."""
        for one in begins:
            assert any(name.startswith(one) for name in self.said), f"no {one} on {self.on}"
        return {name: text for name, text in self.said.items() if name.startswith(begins)}

    def says(self, *sentences: str, at: tuple[str, ...]) -> None:
        """Each of these places says all of this."""
        missing = [(name, one) for name, text in self.of(*at).items() for one in sentences if one not in text]
        assert missing == [], "\n".join(f"{name}: {self.said[name][:1500]}" for name, _ in missing)

    def never_says(self, pattern: str, *, at: tuple[str, ...]) -> None:
        """None of these places says it."""
        found = [
            (name, text[max(0, hit.start() - 60) : hit.end() + 40])
            for name, text in self.of(*at).items()
            for hit in re.finditer(pattern, text, re.IGNORECASE)
        ]
        assert found == []

    @property
    def subjects(self) -> list[str]:
        """Subjects of the e-mails of the day, in their order."""
        return [subject for subject, _ in self.mail]


class Life:
    """A patient, their clinicians, and the places that show the plan. `move_to` is the only clock."""

    clinic: ClinicMade
    patient: Patient

    def __init__(self, make_page: Callable[..., Any], server: ScriptedServer, begins: date) -> None:
        self.desk, self.phone = make_page(**DESK), make_page(**PHONE)
        self.move_to(datetime.combine(begins, MORNING, ZONE))
        self._server, self._read = server, 0

    def belongs_to(self, clinic: ClinicMade, patient: Patient) -> None:
        """Say whose life it is."""
        self.clinic, self.patient = clinic, patient

    def move_to(self, moment: datetime) -> None:
        """Set the clock to `moment`; from there it runs like the machine's, never backwards."""
        self._ahead = moment - clock.real_now()

    @property
    def now(self) -> datetime:
        """What time it is here."""
        return (clock.real_now() + self._ahead).astimezone(ZONE)

    def ahead(self) -> timedelta:
        """How far this life is ahead of the machine's clock."""
        return self._ahead

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return Plan.objects.select_related("active_version").get(patient=self.patient)

    @property
    def today(self) -> date:
        """The patient's day."""
        return self.now.date()

    @property
    def dose(self) -> str:
        """What the plan says of today, of every drug: "diazepam 12"."""
        step = schedule_of(present(self.plan.active_version)).step_on(self.today)
        return " + ".join(f"{drug} {dose.text}" for drug, dose in step.day) if step else ""

    def live_until(self, day: date, every: int = 1) -> None:
        """Live on, some days at a time: what is due is done and sent, and each check-in is answered calmly."""
        while self.today < day:
            # Ten in the morning there, whatever the clocks of that country do.
            self.move_to(datetime.combine(self.today + timedelta(days=every), MORNING, ZONE))
            self._send()
            for one in Occasion.objects.filter(patient=self.patient, state="invited"):
                link = Link.objects.get(occasion=one, purpose=LinkPurpose.CHECKIN.value)
                answer_all(sessions.for_link(links.look(links.token_of(link), LinkPurpose.CHECKIN)))

    def _send(self) -> None:
        assert upkeep.run() == ()
        for queue in (Queue.ALERTS, Queue.MESSAGES):
            messages.run(queue, seconds=60)

    def work(self) -> None:
        """Let the workers send and draw whatever is due."""
        self._send()
        drawn = drawing.run(seconds=240)
        assert (drawn.rejected, drawn.crashed) == (0, 0)
        messages.run(Queue.MESSAGES, seconds=60)

    def mail(self) -> list[tuple[str, str]]:
        """The patient's e-mails that arrived since this was last asked: subject and plain words."""
        new, self._read = self._server.kept[self._read :], len(self._server.kept)
        return [
            (header(one, "Subject"), plain(text_of(one)))
            for one in new
            if self.patient.email in one.recipients
        ]

    # Looking

    def look_around(self, name: str = "") -> Day:
        """Let the workers run, then look at every place that shows the plan."""
        self.work()
        day = Day(f"{self.today} {name}".strip(), mail=self.mail())
        self._look_at_the_desk(day)
        self._look_at_the_phone(day)
        self._read_documents(day)
        if _SHOTS:
            lines = [f"## {name}\n{text}\n" for name, text in day.said.items()]
            lines += [f"## MAIL {subject}\n{text}\n" for subject, text in day.mail]
            (Path(_SHOTS) / f"{day.on}.txt").write_text("\n".join(lines))
        return day

    def _look_at_the_desk(self, day: Day) -> None:
        plan, patient = self.plan.pk, self.patient.pk
        places = {
            "caseload": "/", "plan": reverse("plan", args=[plan]), "record": reverse("patient", args=[patient]),
            "queue": "/queue", "clinic's calendar": reverse("plan-calendar", args=[plan]),
            "taken": reverse("plan-taken", args=[plan]),
        }  # fmt: skip
        open_items = ReviewItem.objects.filter(patient=self.patient).exclude(state="resolved")
        for item in open_items:
            places[f"item {item.facts.get('code', item.source)}"] = reverse("item", args=[item.pk])
        for name, address in places.items():
            self.desk.goto(address)
            day.said[name] = self.read(self.desk, f"{day.on} {name}")

    def _look_at_the_phone(self, day: Day) -> None:
        self.open_link()
        day.said["patient's page"] = self.read(self.phone, f"{day.on} patient")
        self.phone.goto("/p/calendar")
        day.said["patient's calendar"] = self.read(self.phone, f"{day.on} patient calendar")
        for version in self.plan.versions.order_by("number"):
            for link in Link.objects.filter(purpose=LinkPurpose.DOCUMENT.value, version=version):
                self.phone.goto(reverse("printed", args=[links.token_of(link)]))
                name = f"code of version {version.number}"
                day.said[name] = self.read(self.phone, f"{day.on} {name}")
        feed = links.lasting(purpose=LinkPurpose.FEED_DOSES, patient=self.patient)
        answer = Client().get(reverse("feed", args=[links.token_of(feed)]))
        day.said["feed"] = _feed(answer.content)

    def _read_documents(self, day: Day) -> None:
        for document in Document.objects.filter(plan=self.plan, state="ready"):
            content = files.read(document.file)
            assert content is not None
            day.said[f"{document.kind} document"] = plain(pdf_text(content))
            if _SHOTS:
                for n, leaf in enumerate(pypdfium2.PdfDocument(content)):
                    leaf.render(scale=1.4).to_pil().save(
                        Path(_SHOTS) / f"{day.on} {document.kind} {n + 1:02}.png"
                    )

    def read(self, page: Any, name: str) -> str:
        """The words of the current page, which must break no accessibility rule and fit its window's width."""
        if _SHOTS:
            page.screenshot(path=str(Path(_SHOTS) / f"{name}.png"), full_page=True)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        return plain(page.inner_text("body"))

    # Acting

    def sign_in(self) -> None:
        """Sign in at the desk."""
        sign_in(self.desk, self.clinic.primary)

    def settles(self, code: str) -> None:
        """Claim the open item with this code and resolve it."""
        item = ReviewItem.objects.exclude(state="resolved").get(patient=self.patient, facts__code=code)
        review.claim(by=self.clinic.primary, item_id=item.pk)
        item.refresh_from_db()
        review.resolve(
            by=self.clinic.primary,
            item_id=item.pk,
            seen_lock=item.lock,
            outcome="nothing_to_do",
            note="Told on the telephone.",
        )

    def puts_a_reminder_in_the_outbox(self) -> UUID:
        """Let the next check-in fall due without its e-mail being sent yet."""
        due = Occasion.objects.filter(patient=self.patient, state="planned").earliest("due_at").due_at
        self.move_to(max(self.now, due + timedelta(minutes=1)))
        assert upkeep.run() == ()
        waiting = Work.objects.filter(patient=self.patient, queue="messages", state="pending")
        return waiting.earliest("due_at").pk

    def reason_of(self, work: UUID) -> tuple[str, str]:
        """What became of an outbox entry, and why."""
        row = Work.objects.get(pk=work)
        return row.state, row.reason

    def open_link(self) -> None:
        """Open the plan on the phone by the link of the e-mails, giving the year of birth where it is asked."""
        link = links.lasting(purpose=LinkPurpose.PLAN, patient=self.patient, plan=self.plan)
        self.phone.goto(reverse("plan-open", args=[links.token_of(link)]))
        if self.phone.locator("#fact").count():
            self.phone.fill("#fact", str(self.patient.born.year))
            with self.phone.expect_navigation():
                self.phone.keyboard.press("Enter")

    def asks_for_the_pharmacy_sheet(self) -> None:
        """Ask for it on the plan's page, which is open at the desk."""
        self.desk.locator("summary", has_text="More documents").click()
        self.desk.select_option("#document-kind", "pharmacy")
        follow(self.desk, self.desk.get_by_role("button", name="Draw it"))


def _feed(content: bytes) -> str:
    """Each event of a calendar feed that stands: its first day, what it is called and what it says."""
    events = [one for one in Calendar.from_ical(content).walk("VEVENT") if str(one["status"]) == "CONFIRMED"]
    return plain(
        " | ".join(
            f"{one.decoded('dtstart')} {one['summary']}: {one.get('description', '')}" for one in events
        )
    )
