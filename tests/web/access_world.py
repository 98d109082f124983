"""Two clinics with everything a route can name, and every kind of visitor: the world of the access matrix."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from plans.domain.letters import LetterText, LetterTo, LetterWay
from plans.domain.reaching import ChannelKind
from plans.domain.review.rota import DutyPlace, Pattern
from plans.domain.taper.second_signature import Trigger
from plans.models import (
    CheckIn,
    Document,
    Invitation,
    Leave,
    Link,
    Membership,
    Patient,
    Plan,
    ReviewItem,
    ServiceShift,
    Shift,
    User,
    Work,
)
from plans.services import (
    clock,
    devices,
    dispensing,
    imports,
    leave,
    letters,
    links,
    members,
    moving,
    outside_services,
    patient_files,
    shifts,
    staff_channels,
    visits,
)
from plans.services.actors import Role
from plans.services.checkins import clinic_questionnaires, sessions
from plans.services.documents import files
from plans.services.links import LinkPurpose, LinkView
from tests.factors import give_app
from tests.makers import PASSWORD, ClinicMade, make_clinic, make_member, make_patient
from tests.makers_checkins import START, a_question, answer_all, asked, on
from tests.makers_plans import issue_story_plan
from tests.makers_proposals import ask_to_change, want_two

ACTORS = (
    "anonymous", "reader", "staff", "pharmacist", "operator", "clinician", "lead", "foreign", "homeless", "patient",
    "stranger",
)  # fmt: skip
DERIVED = ("unfactored", "halfway")
"""Actors without a column: what they get follows from the others' (`access_table.expected`)."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_COOKIES = {
    "tp_c": LinkPurpose.CHECKIN,
    "tp_p": LinkPurpose.PLAN,
    "tp_y": LinkPurpose.CONFIRM,
    "tp_m": LinkPurpose.MAIL,
}
_CANARIES = (
    "Canaryname",
    "canarybox",
    "CR-",
    "Canarycrisis",
    "Canarypharmacy",
    "Canarynotes",
    "Canaryperson",
)


@dataclass(frozen=True)
class Side:
    """One clinic's patient with a plan, an answered check-in that was flagged, messages and documents."""

    mark: str
    clinic: ClinicMade
    patient: Patient
    plan: Plan
    checkin: CheckIn
    item: ReviewItem
    document: Document
    work: Work
    question: UUID
    links: dict[LinkPurpose, LinkView]
    tokens: dict[LinkPurpose, str]
    visit_id: UUID
    letter_id: UUID
    import_id: UUID
    proposal_id: UUID
    channel_id: UUID

    @property
    def canaries(self) -> tuple[str, ...]:
        """Words that are in this patient's record and nowhere else."""
        return tuple(f"{word}{self.mark}" for word in _CANARIES)


def make_side(mark: str) -> Side:
    """A clinic whose patient's every free field carries a canary."""
    words = [f"{word}{mark}" for word in _CANARIES]
    name, box, record, crisis, pharmacy, notes, person = words
    with on(START):
        made = asked(
            name=f"{name} Testcase",
            preferred_name=name,
            email=f"{box}@mail.example.org",
            record_no=record,
            crisis_plan=crisis,
            pharmacy=pharmacy,
            notes=notes,
            person_to_call=_person(person),
        )
        proposal_id = _proposal(made.clinic, made.plan)
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link), s_thoughts="yes")
        patient, plan = made.patient, made.plan
        rows: dict[LinkPurpose, Link] = {
            LinkPurpose.PLAN: links.lasting(purpose=LinkPurpose.PLAN, patient=patient, plan=plan),
            LinkPurpose.CONFIRM: links.lasting(purpose=LinkPurpose.CONFIRM, patient=patient),
            LinkPurpose.MAIL: links.lasting(purpose=LinkPurpose.MAIL, patient=patient),
            LinkPurpose.DOCUMENT: links.lasting(
                purpose=LinkPurpose.DOCUMENT, patient=patient, version=plan.active_version
            ),
        }
        visit_id = visits.plan_visit(
            by=made.clinic.primary,
            patient_id=patient.pk,
            on=START.date() + timedelta(days=40),
            at=None,
            with_whom="",
        )
    tokens = {purpose: links.token_of(row) for purpose, row in rows.items()} | {
        LinkPurpose.CHECKIN: made.token
    }
    return Side(
        mark=mark,
        clinic=made.clinic,
        patient=patient,
        plan=plan,
        checkin=CheckIn.objects.get(patient=patient),
        item=ReviewItem.objects.filter(patient=patient).latest("opened_at"),
        document=Document.objects.filter(plan=plan)[0],
        work=Work.objects.filter(patient=patient, queue="messages")[0],
        question=clinic_questionnaires.add(by=made.clinic.lead, item=a_question()),
        links={purpose: links.look(token, purpose) for purpose, token in tokens.items()},
        tokens=tokens,
        visit_id=visit_id,
        letter_id=_letter(made.clinic, patient),
        proposal_id=proposal_id,
        channel_id=staff_channels.add(
            by=made.clinic.primary, kind=ChannelKind.EMAIL, address=f"{mark}@home.example.org"
        ),
        import_id=imports.upload(
            by=made.clinic.lead, raw=f"name,record number\n{name} Import,{record}-I\n".encode()
        ),
    )


def with_new_links(side: Side) -> Side:
    """The side with the links that a message or page of today carries: old ones have ended."""
    by_version = {LinkPurpose.DOCUMENT: side.plan.active_version}
    by_plan = {LinkPurpose.PLAN: side.plan}
    tokens = {
        purpose: links.token_of(
            links.lasting(
                purpose=purpose,
                patient=side.patient,
                plan=by_plan.get(purpose),
                version=by_version.get(purpose),
            )
        )
        for purpose in (LinkPurpose.PLAN, LinkPurpose.CONFIRM, LinkPurpose.MAIL, LinkPurpose.DOCUMENT)
    }
    tokens = side.tokens | tokens
    return replace(
        side, tokens=tokens, links={purpose: links.look(token, purpose) for purpose, token in tokens.items()}
    )


def _letter(clinic: ClinicMade, patient: Patient) -> UUID:
    """A letter about the patient."""
    written = LetterText(LetterTo.GP, "", "About the taper", "It goes on.")
    return letters.keep(
        by=clinic.primary, patient_id=patient.pk, letter=written, shown=written.digest, way=LetterWay.PRINTED
    )


def _proposal(clinic: ClinicMade, plan: Plan) -> UUID:
    """A change that waits for a second signature."""
    want_two(clinic, Trigger.OPIOIDS)
    before = Patient.objects.values_list("substances", flat=True).get(pk=plan.patient_id)
    Patient.objects.filter(pk=plan.patient_id).update(substances=["opioids"])
    key = ask_to_change(clinic.primary, plan)
    Patient.objects.filter(pk=plan.patient_id).update(substances=before)
    want_two(clinic)
    return key


def _person(name: str) -> Any:
    from plans.domain.people import EmergencyContact, MayBeTold

    return EmergencyContact(name, "sister", "555-0143", MayBeTold.EVERYTHING)


def make_world() -> World:
    """Both sides, and somebody whose membership was ended."""
    a, b = make_side("A"), make_side("B")
    gone = make_member(a.clinic.id)
    Membership.objects.filter(user_id=gone.member_id).update(is_active=False)
    members.add(
        by=a.clinic.lead,
        email=User.objects.get(pk=b.clinic.second.member_id).email,
        name="",
        role=Role.READER,
    )
    # To a clinic that is neither's: what is offered to b may be seen by b.
    move = moving.offer(by=a.clinic.primary, patient_id=a.patient.pk, to_id=make_clinic().id)
    return World(
        a,
        b,
        gone.member_id,
        Invitation.objects.get(clinic_id=a.clinic.id).pk,
        move,
        file_from_elsewhere(a.clinic),
        *on_the_rota(a.clinic),
        handed_out(a),
    )


def handed_out(side: Side) -> UUID:
    """A fill of a side's patient that a pharmacist handed out."""
    by = side.clinic.pharmacist
    found = dispensing.page(by, side.patient.pk)
    return dispensing.confirm(
        by=by, patient_id=side.patient.pk, version=found.version, first=found.fills[0].first, on=found.today
    )


def on_the_rota(clinic: ClinicMade) -> tuple[UUID, UUID, UUID]:
    """A shift, leave and the hours of an outside service of a clinic, all still to come."""
    day = clock.today("America/New_York") + timedelta(days=200)
    shifts.add(
        by=clinic.lead, user_id=clinic.lead.member_id, place=DutyPlace.SECOND, pattern=Pattern.ALL,
        first_day=day, last_day=day,
    )  # fmt: skip
    leave.add(by=clinic.lead, user_id=clinic.second.member_id, first_day=day, last_day=day)
    outside_services.add(
        by=clinic.lead, name="Night Line", phone="555-0188", pattern=Pattern.ALL, first_day=day, last_day=day
    )
    shift = Shift.objects.get(clinic_id=clinic.id, end_at__isnull=False)
    return shift.pk, Leave.objects.get().pk, ServiceShift.objects.get().pk


def file_from_elsewhere(clinic: ClinicMade) -> UUID:
    """A patient's file with a document that another installation made, uploaded to a clinic."""
    elsewhere = make_clinic()
    plan = issue_story_plan(elsewhere.primary, make_patient(elsewhere.primary))
    row, content = Document.objects.filter(plan=plan)[0], b"%PDF-1.7 drawn"
    name = files.store(row.pk, content)
    Document.objects.filter(pk=row.pk).update(state="ready", file=name, sha256=files.digest(content))
    made = patient_files.make(by=elsewhere.primary, patient_id=plan.patient_id)
    return patient_files.upload(by=clinic.primary, raw=made.content)


@dataclass(frozen=True)
class World:
    """Side `a`, whose rows the routes name, and side `b`, whose people must not reach them."""

    a: Side
    b: Side
    homeless: UUID
    invitation: UUID
    move: UUID
    file: UUID
    shift: UUID
    leave: UUID
    service: UUID
    dispensed: UUID

    def client(self, actor: str, **more: Any) -> Client:
        """A browser of an actor."""
        client = Client(raise_request_exception=False, **more)
        members = {
            "reader": self.a.clinic.reader,
            "staff": self.a.clinic.staff,
            "pharmacist": self.a.clinic.pharmacist,
            "operator": self.a.clinic.operator,
            "clinician": self.a.clinic.primary,
            "lead": self.a.clinic.lead,
            "foreign": self.b.clinic.lead,
        }
        if actor in members:
            client.force_login(User.objects.get(pk=members[actor].member_id))
        elif actor == "unfactored":
            client.force_login(User.objects.get(pk=make_clinic(second_factor_from=None).lead.member_id))
        elif actor == "halfway":
            give_app(self.a.clinic.second)
            email = User.objects.get(pk=self.a.clinic.second.member_id).email
            client.post("/accounts/login/", {"login": email, "password": PASSWORD})
        elif actor == "homeless":
            client.force_login(User.objects.get(pk=self.homeless))
        elif actor in ("patient", "stranger"):
            _sit_down(client, self.a if actor == "patient" else self.b)
        return client

    def path(self, route: Route, *, missing: bool = False) -> str:
        """The address of a route about side a; with `missing`, about rows that do not exist."""
        keys = {
            "patient_id": self.a.patient.pk,
            "plan_id": self.a.plan.pk,
            "checkin_id": self.a.checkin.pk,
            "item_id": self.a.item.pk,
            "document_id": self.a.document.pk,
            "work_id": self.a.work.pk,
            "user_id": self.a.clinic.second.id,
            "visit_id": self.a.visit_id,
            "letter_id": self.a.letter_id,
            "question_id": self.a.question,
            "import_id": self.a.import_id,
            "move_id": self.move,
            "file_id": self.file,
            "proposal_id": self.a.proposal_id,
            "channel_id": self.a.channel_id,
            "invitation_id": self.invitation,
            "shift_id": self.shift,
            "leave_id": self.leave,
            "hours_id": self.service,
            "dispensing_id": self.dispensed,
            "kept_id": uuid.UUID(int=8),
        }
        if missing:
            keys = dict.fromkeys(keys, uuid.UUID(int=7))
        tokens = {f"{purpose.value}-open": token for purpose, token in self.a.tokens.items()}
        tokens["printed"] = tokens["printed-plan"] = self.a.tokens[LinkPurpose.DOCUMENT]
        others = {
            "country": "us",
            "language": "en",
            "name": "lorazepam",
            "table": "weeks",
            "uidb36": "1",
            "number": 1,
            "pk": 1,
            "provider_id": "none",
            "key": "set-password",
            "token": tokens.get(route.name, "none"),
        }
        known: dict[str, Any] = {**keys, **others}
        return reverse(route.name, kwargs={name: known[name] for name in route.arguments})


def _sit_down(client: Client, side: Side) -> None:
    for cookie, purpose in _COOKIES.items():
        client.cookies[cookie] = links.start_session(side.links[purpose].id)
    client.cookies["tp_device"] = devices.remember(side.patient, "phone")


@dataclass(frozen=True)
class Route:
    """A route of the URLconf."""

    name: str
    pattern: str
    arguments: tuple[str, ...]
    view: Any

    @property
    def ours(self) -> bool:
        """Whether the view is of this project."""
        return str(self.view.__module__).startswith("plans.")


def routes() -> tuple[Route, ...]:
    """Every route of the URLconf."""
    return tuple(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern)
        elif isinstance(entry, URLPattern):
            arguments = tuple(re.findall(r"<(?:\w+:)?(\w+)>", pattern))
            yield Route(str(entry.name), pattern, arguments, entry.callback)


def answer(response: Any) -> str:
    """A response in the words of the table: login, clinics, account, or the status."""
    where = response.headers.get("Location", "")
    if response.status_code == 302 and where.startswith("/accounts/login/"):
        return "login"
    if response.status_code == 302 and where == "/clinics":
        return "clinics"
    if response.status_code == 302 and where == "/account":
        return "account"
    return str(response.status_code)
