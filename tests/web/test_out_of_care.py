"""A patient in hospital, treated elsewhere or dead: none of their links shows a dose, and each says whom to ask.

Every patient's route of the URLconf is walked; a new one that shows a dose fails here without being listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from plans.domain.messages import Skip
from plans.models import CheckIn, Document, Link, Occasion, Patient, Plan, Work
from plans.services import clock, links, reminders
from plans.services.checkins import sessions
from plans.services.links import LinkPurpose
from plans.services.messages import composing
from plans.wording.messages import reason_words
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import record, return_home, set_care, take_back
from tests.makers_checkins import START, calm, on
from tests.makers_plans import issue_plan, plan_row, story_request
from tests.present import present
from tests.web.access_world import routes
from tests.web.patient_story import give, shows_doses, words

pytestmark = pytest.mark.django_db

STATES = ("admitted", "transferred", "stopped_care", "died")
SAYS = {
    "admitted": "The hospital ward now decides what you take.",
    "transferred": "Your plan with us has ended.",
    "stopped_care": "Your plan with us has ended.",
    "died": "We are sorry for your loss.",
}
TWO_DRUGS = [
    {"time": "morning", "drug": "alprazolam", "dose_mg": "1"},
    {"time": "night", "drug": "diazepam", "dose_mg": "10"},
]
# What a phone can ask for without naming a row; that an address is not the patient's can always be said.
PAGES = [
    route
    for route in routes()
    if getattr(route.view, "gate", ("",))[0] == "patient"
    and not route.arguments
    and route.name not in ("confirm", "help")
]


def plan_of(clinic: ClinicMade, patient: Patient, kind: str) -> Plan:
    first = clock.today(patient.zone) - timedelta(days=20)
    if kind == "two drugs":
        request = story_request(first, regimen=TWO_DRUGS)
        del request["products"]
        return issue_plan(clinic.primary, patient, request)
    if kind == "ends on a dose":
        return issue_plan(clinic.primary, patient, story_request(first, goal_mg="1.125"))
    plan = issue_plan(clinic.primary, patient, story_request(first))
    if kind == "held":
        from plans.services.plans import revise

        revise.revise(
            by=clinic.primary,
            plan_id=plan.pk,
            seen_lock=plan.lock,
            act="hold",
            params={"days": 14},
            note="Asked.",
        )
    return plan_row(plan.pk)


class Life:
    """A patient with a plan, a check-in being asked, and a phone that has opened every link."""

    def __init__(self, kind: str) -> None:
        self.clinic = make_clinic(name="Harbour Clinic")
        self.patient = make_patient(self.clinic.primary, preferred_name="Quill")
        self.plan = plan_of(self.clinic, self.patient, kind)
        self.version = self.plan.active_version
        self.phone = Client()
        self.tokens: dict[LinkPurpose, str] = {}
        occasion = Occasion.objects.filter(plan=self.plan).order_by("due_at").first()
        assert occasion is not None
        self.due = occasion.due_at

    def ask(self) -> None:
        """Let the check-in fall due and open every link."""
        reminders.tick(self.due)
        rows: dict[LinkPurpose, Any] = {
            LinkPurpose.CHECKIN: Link.objects.filter(patient=self.patient, purpose="checkin").latest(
                "created_at"
            ),
            LinkPurpose.PLAN: links.lasting(purpose=LinkPurpose.PLAN, patient=self.patient, plan=self.plan),
            LinkPurpose.MAIL: links.lasting(purpose=LinkPurpose.MAIL, patient=self.patient),
            LinkPurpose.DOCUMENT: links.lasting(
                purpose=LinkPurpose.DOCUMENT, patient=self.patient, plan=self.plan, version=self.version
            ),
            LinkPurpose.FEED_DOSES: links.lasting(purpose=LinkPurpose.FEED_DOSES, patient=self.patient),
        }
        self.tokens = {purpose: links.token_of(row) for purpose, row in rows.items()}
        for name in ("checkin", "plan", "mail"):
            self.phone.get(reverse(f"{name}-open", args=[self.tokens[LinkPurpose(name)]]))
        give(self.phone, str(self.patient.born.year))

    def becomes(self, state: str, **more: Any) -> None:
        if state == "transferred":
            more |= {"prescriber": "Dr N. Practice", "prescriber_phone": "555-0190"}
        set_care(self.clinic.primary, self.patient, state, **more)


@pytest.fixture(
    params=[
        "one drug",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("two drugs", "held", "ends on a dose")),
    ]
)
def life(request: Any) -> Iterator[Life]:
    with on(START):
        made = Life(request.param)
    with on(made.due):
        made.ask()
        yield made


@pytest.fixture
def plain() -> Iterator[Life]:
    """A life on two drugs."""
    with on(START):
        made = Life("two drugs")
    with on(made.due):
        made.ask()
        yield made


@pytest.mark.parametrize("state", STATES)
def test_every_page_of_a_patient_says_whom_to_ask_and_no_dose(life: Life, state: str) -> None:
    life.becomes(state)
    for route in PAGES:
        found = life.phone.get(reverse(route.name))
        if found.status_code == 405:
            found = life.phone.post(reverse(route.name))
        assert found.status_code in (200, 409), route.name
        said = words(found)
        assert SAYS[state] in said, route.name
        assert not shows_doses(found), route.name
        assert "Hello" not in said, route.name
        assert "Quill" not in said, route.name
        assert ("Do not stop suddenly" in said) == (state != "died"), route.name
        assert "555-0110" in said, route.name


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_phone_that_opens_a_link_only_now_reads_the_same(plain: Life, state: str) -> None:
    plain.becomes(state)
    for name in ("checkin", "plan", "mail"):
        phone = Client()
        found = phone.get(reverse(f"{name}-open", args=[plain.tokens[LinkPurpose(name)]]))
        assert SAYS[state] in words(found), name
        assert not phone.cookies, name


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_printed_code_says_the_same_and_leads_to_no_dose(plain: Life, state: str) -> None:
    plain.becomes(state)
    found = Client().get(reverse("printed", args=[plain.tokens[LinkPurpose.DOCUMENT]]))
    assert SAYS[state] in words(found)
    assert "CURRENT" not in words(found)
    onward = Client().get(reverse("printed-plan", args=[plain.tokens[LinkPurpose.DOCUMENT]]), follow=True)
    assert SAYS[state] in words(onward)
    assert not shows_doses(onward)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_a_calendar_feed_tells_no_dose_and_cancels_what_was_to_come(plain: Life, state: str) -> None:
    plain.becomes(state)
    found = Client().get(reverse("feed", args=[plain.tokens[LinkPurpose.FEED_DOSES]]))
    today = clock.today(plain.patient.zone)
    told = list(Calendar.from_ical(found.content).walk("VEVENT"))
    titles = [str(event["summary"]) for event in told]
    assert not any("mg" in title for title in titles)
    ahead = [event for event in told if event.decoded("dtstart") > today]
    assert ahead
    assert {str(event["status"]) for event in ahead} == {"CANCELLED"}
    says = [title for title in titles if "555-0110" in title]
    assert len(says) == (0 if state == "died" else 1)
    helped = [event for event in told if "988" in str(event.get("description", ""))]
    assert len(helped) == len(says)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_no_message_waits_and_none_is_sent_later(plain: Life, state: str) -> None:
    waiting = Work.objects.filter(patient=plain.patient, queue="messages", state="pending")
    assert waiting.exists()
    keys = list(waiting.values_list("pk", flat=True))
    plain.becomes(state)
    rows = Work.objects.filter(pk__in=keys)
    assert set(rows.values_list("state", "reason")) == {("skipped", state)}
    assert reason_words(state, None)
    rows.update(state="pending", reason="", settled_at=None)
    for key in keys:
        # One that a worker had in hand is looked at once more before it goes.
        said = composing.compose(key)
        assert isinstance(said, Skip)
        assert said.reason == state


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_check_ins_and_documents_rest_and_nothing_steps_down(plain: Life, state: str) -> None:
    plain.becomes(state)
    assert not Occasion.objects.filter(plan=plain.plan, state="planned").exists()
    assert not Document.objects.filter(plan=plain.plan).exclude(state="replaced").exists()
    plan = plan_row(plain.plan.pk)
    assert plan.state == ("paused" if state == "admitted" else "stopped")
    assert plan.ended_because == ("" if state == "admitted" else state)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_taken_back_all_is_as_it_was_and_no_message_goes_twice(life: Life, state: str) -> None:
    before = plan_row(life.plan.pk)
    planned = set(
        Occasion.objects.filter(plan=life.plan, state="planned").values_list("purpose", "local_date")
    )
    sent = Work.objects.filter(patient=life.patient, notice="checkin_invitation", state="pending").update(
        state="sent"
    )
    assert sent == 1
    life.becomes(state)
    take_back(life.clinic.primary, life.patient)
    plan = plan_row(life.plan.pk)
    assert (plan.state, plan.held_until, plan.ended_because, plan.ended_on, plan.paused_on) == (
        before.state,
        before.held_until,
        "",
        None,
        None,
    )
    from plans.services.plans.queries import schedule_of

    assert schedule_of(present(plan.active_version)) == schedule_of(present(before.active_version))
    again = set(Occasion.objects.filter(plan=life.plan, state="planned").values_list("purpose", "local_date"))
    assert again == planned
    invited = Work.objects.filter(patient=life.patient, notice="checkin_invitation")
    assert list(invited.values_list("state", flat=True)) == ["sent"]
    assert "For today" in words(life.phone.get("/p/"))
    assert Document.objects.filter(plan=plan, version=plan.active_version, state="asked").exists()


@pytest.mark.slow
def test_home_again_the_pages_tell_the_dose_again(life: Life) -> None:
    life.becomes("admitted")
    return_home(life.clinic.primary, life.plan, as_agreed=True if life.plan.state == "held" else None)
    assert Patient.objects.get(pk=life.patient.pk).care_state == "in_care"
    assert "For today" in words(life.phone.get("/p/"))
    assert Occasion.objects.filter(plan=life.plan, state="planned").exists()


@pytest.mark.slow
def test_a_hold_never_rests_check_ins(clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary)
        plan = plan_of(clinic, patient, "held")
        assert plan.state == "held"
        assert Occasion.objects.filter(plan=plan, state="planned").count() > 1


@pytest.mark.slow
@pytest.mark.parametrize("state", ["admitted", "transferred", "stopped_care"])
def test_what_was_being_answered_is_still_kept_and_looked_at(plain: Life, state: str) -> None:
    page = plain.phone.get("/c/")
    code, key = page.context["page"].code, page.context["key"]
    link = links.look(plain.tokens[LinkPurpose.CHECKIN], LinkPurpose.CHECKIN)
    answers = calm(sessions.for_link(link), code)
    plain.becomes(state)
    plain.phone.post("/c/", {**answers, "page": code, "key": key, "nonce": ""})
    kept = CheckIn.objects.get(patient=plain.patient)
    assert kept.answers
    assert SAYS[state] in words(plain.phone.get("/c/"))


def test_another_dose_than_planned_shows_no_dose_and_says_to_ask(plain: Life) -> None:
    record(plain.clinic.primary, plain.plan, "night clonazepam 0.5")
    for path in ("/p/", "/p/calendar", "/p/calendar.pdf"):
        found = plain.phone.get(path, follow=True)
        assert "You take a different dose from this plan" in words(found), path
        assert "Ask us before you change anything." in words(found)
        assert not shows_doses(found), path
    document = words(Client().get(reverse("printed", args=[plain.tokens[LinkPurpose.DOCUMENT]])))
    assert "You take a different dose from this page" in document
    assert "Current version, number 1; another dose was recorded on" in document
    assert "CURRENT" not in document
    assert "is the one to use" not in document
    feed = Client().get(reverse("feed", args=[plain.tokens[LinkPurpose.FEED_DOSES]]))
    assert b" mg" not in feed.content.replace("\u00a0".encode(), b" ")


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_messages_come_back_with_a_correction_while_their_check_in_is_open(plain: Life, state: str) -> None:
    waiting = Work.objects.filter(patient=plain.patient, notice="checkin_reminder", state="pending")
    keys = set(waiting.values_list("pk", flat=True))
    assert keys
    plain.becomes(state)
    take_back(plain.clinic.primary, plain.patient)
    if Occasion.objects.filter(patient=plain.patient, state="invited").exists():
        assert set(waiting.values_list("pk", flat=True)) == keys
