"""What a patient's own pages show, from the link that opened them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from plans.domain.checkins.help_lines import Help, help_for
from plans.domain.documents.advice import SignedAdvice
from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.schedule import Schedule, Step
from plans.models import LIVE_STATES, ON_PAPER_STATES, Clinic, Patient, Plan, PlanVersion
from plans.services import advice, clock, documents, letters, links, rota
from plans.services.accounts import ClinicCard, card_of
from plans.services.care_status import Care, care_of
from plans.services.letters import LetterToRead
from plans.services.links import LinkPurpose, LinkView
from plans.services.plans import taken, versions
from plans.services.rota import ServiceToCall
from plans.services.visits import VisitLine, upcoming_visits


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """The person behind a link, as far as pages may show before the second fact is given. `services`: the outside
    services that answer for the clinic now."""

    clinic: ClinicCard
    help: Help
    first_name: str
    language: str
    zone: str
    country: str
    services: tuple[ServiceToCall, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientPlan:
    """A plan as its patient sees it on one day.

    `today` is None before the first and after the last day, and always if the plan is `over`: nobody should follow a
    plan that the clinic has ended. A dose that `stays` has no last day: `schedule` extends through its pages, and
    `review_on` is when the clinic reviews it. `equivalents`: mg of each drug that equal 10 mg of diazepam, by the
    plan's `table`; `country` is that of its products.
    """

    holder: LinkHolder
    plan_id: UUID
    over: bool
    day: date
    schedule: Schedule
    today: Step | None
    next_change: Step | None
    last_dose_day: date | None
    held_until: date | None
    stays: bool
    review_on: date | None
    version: int
    made_on: date
    document: documents.PatientDocument
    visits: tuple[VisitLine, ...]
    advice: SignedAdvice | None
    after_words: str
    clinician: str
    table: str
    equivalents: Mapping[str, str]
    country: str
    letters: tuple[LetterToRead, ...] = ()
    other_dose: bool = False
    """The clinic has recorded another dose than the plan's: until it is asked, nothing in the plan is an
    instruction."""


def link_holder(link: LinkView) -> LinkHolder:
    """The clinic, help lines and first name behind a link, without health data."""
    patient = Patient.objects.select_related("clinic").get(pk=link.patient_id)
    return _link_holder(patient, patient.clinic)


def _link_holder(patient: Patient, clinic: Clinic) -> LinkHolder:
    return LinkHolder(
        clinic=card_of(clinic),
        help=help_for(patient.country, patient.language),
        first_name=patient.preferred_name or patient.name.split()[0],
        language=patient.language,
        zone=patient.zone,
        country=patient.country,
        services=rota.services_to_call(clinic.pk, clock.now()),
    )


def _live_plan(link: LinkView) -> Plan:
    """The plan behind a plan link; if that has ended, the patient's current one, so that a link is never a dead end."""
    plans = Plan.objects.select_related("active_version__issued_by", "clinic", "patient").exclude(
        active_version=None
    )
    own = plans.filter(patient_id=link.patient_id)
    found = own.filter(state__in=LIVE_STATES).first() or own.filter(pk__in=[link.plan_id]).first()
    if found is None:
        raise NotFound(what="plan")
    return found


def plan_page(link: LinkView) -> PatientPlan:
    """Today's doses, the next change and the documents. The caller has asked the link policy."""
    plan = _live_plan(link)
    version = plan.active_version
    if version is None:
        raise NotFound(what="plan")
    said = versions.read(version)
    day = clock.today(plan.patient.zone)
    schedule = versions.written_out(plan, said.schedule, day)
    over = plan.state not in ON_PAPER_STATES
    other = not over and takes_another_dose(plan)
    return PatientPlan(
        holder=_link_holder(plan.patient, plan.clinic),
        plan_id=plan.pk,
        over=over,
        day=day,
        schedule=schedule,
        today=None if over or other else schedule.step_on(day),
        next_change=None if over or other else schedule.next_change(day),
        last_dose_day=schedule.last_dose_day(),
        held_until=plan.held_until if plan.state == PlanState.HELD else None,
        stays=plan.state == PlanState.MAINTENANCE
        or (plan.state == PlanState.HELD and plan.held_until is None),
        review_on=plan.review_on if plan.review_on is not None and plan.review_on >= day else None,
        version=version.number,
        country=said.request.country,
        made_on=plan.pages_from or version.made_on,
        document=documents.current_for_patient(plan),
        visits=upcoming_visits(plan.patient, since=day),
        advice=advice.in_force(plan.clinic_id, plan.patient.language),
        after_words=str(said.extra.get("after", "")),
        clinician=versions.hands(version),
        table=said.request.equivalence,
        equivalents=said.equivalents,
        letters=letters.to_read(plan),
        other_dose=other,
    )


def takes_another_dose(plan: Plan) -> bool:
    """Whether the clinic has recorded that another dose is taken than the plan says."""
    standing = taken.current(plan)
    return standing is not None and standing.differs


def plan_session(link: LinkView, *, device: str) -> str:
    """The key of a session of the plan page for the holder of another of the patient's links; that page asks for the
    second fact. Raises what `links.check` raises, and NotFound if no plan was ever issued."""
    links.check(link, LinkAct.TO_PLAN, device=device)
    plan = _live_plan(link)
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        standing = links.lasting(purpose=LinkPurpose.PLAN, patient=patient, plan=plan)
        return links.pass_on(link, standing, LinkAct.TO_PLAN, device=device)


def plan_pdf(link: LinkView) -> documents.OpenFile:
    """The calendar of the current version, checked against its hash. Raises Refused: "being_drawn", "failed", and
    "over" for a plan that has ended or is paused, and while another dose is taken: nobody should follow its
    calendar."""
    plan = _live_plan(link)
    if plan.state not in ON_PAPER_STATES or takes_another_dose(plan):
        raise Refused(reason="over")
    return documents.open_current_for_patient(plan)


def calendar_opened(link: LinkView, form: str) -> None:
    """Record that the patient opened the calendar, as "page" or "pdf"."""
    documents.note_opened(_live_plan(link), form)


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """Whether a scanned page is current, or when it was replaced; `onward`: by a plan that its holder may open.

    No name, drug or dose. `to_plan`: its code leads to the plan, behind the second fact. `care` is where its holder is
    treated now; `other_dose_on`: the day on which another dose than the page's was recorded.
    """

    clinic: ClinicCard
    help: Help
    country: str
    current: bool
    onward: bool
    to_plan: bool
    replaced_on: date | None
    version: int
    language: str
    care: Care
    other_dose_on: date | None


def document_status(token: str) -> DocumentStatus:
    """Whether the printed page with this token is the one in force. Raises NotFound for an unknown token."""
    link = printed_link(token)
    links.check(link, LinkAct.STATUS)
    version = (
        PlanVersion.objects.select_related("plan__patient", "plan__active_version", "plan__clinic")
        .filter(pk__in=[link.version_id])
        .first()
    )
    if version is None:
        raise NotFound(what="document")
    patient = version.plan.patient
    care = care_of(patient)
    over = version.plan.active_version_id != version.pk or version.plan.state not in ON_PAPER_STATES
    onward = over and Plan.objects.filter(patient=patient, state__in=LIVE_STATES).exists()
    # A plan replaced by another one ended with its version still the latest.
    replaced = version.replaced_at or (version.plan.state_at if onward else None)
    return DocumentStatus(
        # Who looks after the patient now, whoever issued the version.
        clinic=card_of(version.plan.clinic),
        help=help_for(patient.country, patient.language),
        country=patient.country,
        current=not over,
        onward=onward,
        to_plan=links.may(link, LinkAct.TO_PLAN, device=""),
        replaced_on=replaced.astimezone(clock.zone_of(patient.zone)).date() if replaced else None,
        version=version.number,
        language=patient.language,
        care=care,
        other_dose_on=None if over else taken.other_dose_on(version.plan),
    )


def printed_link(token: str) -> LinkView:
    """The link of a printed code: a patient's calendar, or a pharmacy sheet. Raises NotFound for an unknown token."""
    try:
        return links.look(token, LinkPurpose.DOCUMENT)
    except NotFound:
        return links.look(token, LinkPurpose.PHARMACY)
