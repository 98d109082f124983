"""Plays the demo's last half year day by day through the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from plans.dispatch import messages, upkeep
from plans.domain.notices import Queue
from plans.domain.people import ContactHow, EmergencyContact, MayBeTold, PatientData
from plans.domain.taper.limit_rules import LimitLevel
from plans.management.seeding.answers import CourseWeek, course, fill
from plans.management.seeding.clinics import Staff
from plans.management.seeding.people import PEOPLE, TAPERS, Person
from plans.services import clock, demo_lookups, dose_marks, mail_choices, people, visits
from plans.services.checkins import sessions
from plans.services.links import LinkPurpose
from plans.services.plans import drafts, preview, revise
from plans.services.plans.issue import IssueRequest, issue
from plans.services.review import acts

# Who has a visit, and in how many days.
_COMING: Final[Mapping[str, int]] = {"Quill Testcase": 10, "Winslow Pretend": 4, "Oriel Dummett": 17}

# Who ticks doses, and how many days before today they took something else.
_TICKERS: Final[Mapping[str, int]] = {"Quill Testcase": 15, "Oriel Dummett": 9, "Winslow Pretend": 20}
# Days since they began to tick.
_FOR_DAYS: Final = 56

# The patient with a draft plan.
BEGUN_FOR: Final = "Odalys Example"

AFTERNOON: Final = time(15, 30)
# Minutes before now at which somebody sent an unscheduled check-in, so that the queue has a fresh item.
JUST_NOW: Final = {
    "crisis_now": 22,
    "ran_out": 66,
    "kratom": 190,
    "shaking": 260,
    "writes": 320,
    "fell": 1130,
}
REASON: Final = (
    "Agreed with the patient; the smaller steps at the end are the published ones, and we speak every week."
)


@dataclass
class Life:
    """The state of the seeding: who is who, and what day it is."""

    staff: dict[str, Staff]
    now: datetime
    say: Callable[[str], None]
    ids: dict[str, UUID] = field(default_factory=dict)
    by_id: dict[UUID, Person] = field(default_factory=dict)

    def run(self) -> None:
        """Play every day from the earliest start to this minute."""
        first = self.now.date() - timedelta(days=max(p.starts for p in PEOPLE) + 9)
        days = (self.now.date() - first).days
        for n in range(days):
            day = first + timedelta(days=n)
            with clock.standing_at(datetime.combine(day, AFTERNOON, UTC)):
                self._day(day)
            if n % 10 == 9:
                self.say(f"{n + 1} of {days} days")
        self._today()

    def _start(self, person: Person) -> date:
        """The first day of the taper: the Monday of its week, as plans begin by default."""
        day = self.now.date() - timedelta(days=person.starts)
        return day - timedelta(days=day.weekday())

    def _day(self, day: date) -> None:
        for person in PEOPLE:
            issued = min(self._start(person), self.now.date() - timedelta(days=1))
            if day == issued - timedelta(days=2):
                self._add(person, day)
            elif day == issued - timedelta(days=1) and person.email not in ("none", "unconfirmed"):
                self._confirm(person)
            elif day == issued and person.plan:
                self._issue(person, self._start(person))
        self._tick()
        self._answers(day)
        mark_doses(self.ids, day, today=self.now.date())
        self._events(day)
        self._reviews(day)

    def _tick(self) -> None:
        failed = upkeep.run()
        if failed:
            raise RuntimeError(f"upkeep failed: {failed}")
        for queue in (Queue.ALERTS, Queue.MESSAGES):
            messages.run(queue)

    def _hand(self, person: Person) -> Staff:
        return self.staff[person.clinic]

    def _add(self, person: Person, day: date) -> None:
        staff = self._hand(person)
        number = PEOPLE.index(person) + 204
        first = person.name.split()[0]
        mailbox = person.name.lower().replace(" ", ".")
        data = PatientData(
            name=person.name,
            preferred_name=first,
            record_no=f"TP-{number:05}",
            born=person.born,
            zone=staff.zone,
            country=staff.country,
            indication=person.indication,
            duration_months=person.months,
            email="" if person.email == "none" else f"{mailbox}@mail.example.org",
            phone=f"{staff.phone_stem}{number % 100:02}",
            language=person.language,
            contact_how=ContactHow.PHONE if person.email == "none" else ContactHow.EMAIL,
            contact_when="after four in the afternoon",
            person_to_call=EmergencyContact(
                name=f"Bryony {person.name.split()[-1]}",
                relation="sister",
                phone=f"{staff.phone_stem}{number % 90 + 9:02}",
                may_be_told=MayBeTold.SAFETY,
            ),
            crisis_plan="Call sister first. Keys are with the neighbour on the left.",
            pharmacy="Invented Row Pharmacy",
            conditions=person.conditions,
            substances=person.substances,
            medicines=person.medicines,
            consent_version="1",
            consent_on=day,
            checkin_weekday=number % 5,
            checkin_time=time(10),
        )  # fmt: skip
        self.ids[person.name] = people.create_patient(by=staff.clinician, data=data)
        self.by_id[self.ids[person.name]] = person

    def _confirm(self, person: Person) -> None:
        link = demo_lookups.link_of(self.ids[person.name], LinkPurpose.CONFIRM)
        if link is not None:
            people.confirm_email(link)

    def _issue(self, person: Person, start: date) -> None:
        staff, patient_id = self._hand(person), self.ids[person.name]
        taper = TAPERS[str(person.plan)]
        request = {
            "start": start.isoformat(),
            "country": staff.country,
            "regimen": taper.regimen,
            "products": taper.products,
            "method": taper.method,
            "equivalence": "ashton_2002",
            **taper.more,
        }
        draft = drafts.save(by=staff.clinician, patient_id=patient_id, form={}, seen_lock=None)
        shown = preview.preview(
            staff.clinician, patient_id=patient_id, request=request, confirmed=frozenset()
        )
        if shown.error is not None:
            raise RuntimeError(f"{person.name}: {shown.error!r}")
        confirmed = frozenset(
            product.name for product in (shown.taper.schedule.products if shown.taper else ())
        )
        asked = IssueRequest(
            request=request,
            checkin_weekday=PEOPLE.index(person) % 5,
            checkin_time=time(10),
            reasons={finding.rule: REASON for finding in shown.at(LimitLevel.NEEDS_REASON)},
            signed=frozenset(caution.code for caution in shown.to_sign),
            confirmed=confirmed,
        )
        issue(by=staff.clinician, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)

    def _answers(self, day: date) -> None:
        for ask in demo_lookups.open_checkins(clock.now()):
            person = self.by_id[ask.patient_id]
            week = self._week(person, day)
            if not self._answers_now(person, week):
                continue
            if person.email in ("none", "unconfirmed"):
                subject = sessions.by_phone(self._hand(person).reception, ask.patient_id)
            elif ask.link is not None:
                subject = sessions.for_link(ask.link)
            else:
                continue
            fill(subject, course(person.mood, person.name, week))

    def _week(self, person: Person, day: date) -> CourseWeek:
        started = self._start(person)
        return CourseWeek(
            since_cut=demo_lookups.days_since_cut(self.ids[person.name], day),
            number=(day - started).days // 7,
            # Never 0: answers given "just now" are sent at their own minute.
            to_go=(self.now.date() - day).days // 7 + 1,
        )

    @staticmethod
    def _answers_now(person: Person, week: CourseWeek) -> bool:
        if week.number in person.pauses:
            return False
        if person.mood == "silent_lately":
            return week.to_go > 3
        if person.mood == "misses_one":
            return week.to_go != 2
        if person.mood == "baseline_only":
            return week.number == 0
        return True

    def _events(self, day: date) -> None:
        for person in PEOPLE:
            started = self._start(person)
            for after, what in person.events:
                if started + timedelta(days=after) == day:
                    self._event(person, what)
            if person.email == "bounces" and (self.now.date() - day).days == 2:
                self._move_house(person)

    def _event(self, person: Person, what: str) -> None:
        patient_id, by = self.ids[person.name], self._hand(person).clinician
        if what == "opt_out":
            mail_choices.stop(demo_lookups.mail_link(patient_id))
            return
        plan = demo_lookups.plan_now(patient_id)
        if plan is None:
            raise RuntimeError(f"{person.name} has no plan to change")
        params, note = {
            "hold": ({"days": 14}, "Worse since the last cut; asked to wait. We speak again in a week."),
            "step_back": ({"days": 21}, "Swings between doses since the last cut."),
            "slow_down": ({"days": 21}, "Two weeks are too short; three weeks a step from here."),
        }[what]
        revise.revise(by=by, plan_id=plan.id, seen_lock=plan.lock, act=what, params=params, note=note)

    def _move_house(self, person: Person) -> None:
        """Set an address that does not exist: the message to it is refused, and the clinic is told."""
        by, patient_id = self._hand(person).reception, self.ids[person.name]
        card = people.patient_card(by, patient_id)
        data = people.data_of(card)
        moved = PatientData(
            **{f: getattr(data, f) for f in data.__dataclass_fields__}
            | {"email": "yarrow@bounces.example.org"}
        )
        people.update_patient(by=by, patient_id=patient_id, seen_version=card.version, data=moved)

    def _reviews(self, day: date) -> None:
        """Clinicians resolve items a day old, but leave those of the last three days on the queue."""
        if (self.now.date() - day).days < 3:
            return
        for item in demo_lookups.open_items():
            self._review(item)

    def _review(self, item: demo_lookups.OpenItem) -> None:
        by = next(s.clinician for s in self.staff.values() if s.clinic_id == item.clinic_id)
        acts.claim(by=by, item_id=item.id)
        lock = next(one.lock for one in demo_lookups.open_items() if one.id == item.id)
        urgent = item.severity == "urgent"
        acts.resolve(
            by=by,
            item_id=item.id,
            seen_lock=lock,
            outcome="reached_safe" if item.severity != "routine" else "nothing_to_do",
            note="Spoke on the phone; safe, will ring if it gets worse." if urgent else "",
            called="reached" if item.severity != "routine" else "",
        )

    def _today(self) -> None:
        """Play the last day and a half, minute by minute where it matters."""
        moments: list[tuple[int, Callable[[], None]]] = [
            (90, self._tick),
            (75, partial(plan_visits, self.staff["harbour"], self.ids, self.now.date())),
            (70, partial(begin_draft, self.staff["harbour"], self.ids[BEGUN_FOR], self.now.date())),
            (35, self._tick),
            (5, self._tick),
            (0, self._tick),
        ]
        moments += [
            (JUST_NOW[person.mood], partial(self._writes, person))
            for person in PEOPLE
            if person.mood in JUST_NOW
        ]
        for minutes, act in sorted(moments, key=lambda one: -one[0]):
            with clock.standing_at(self.now - timedelta(minutes=minutes)):
                act()

    def _writes(self, person: Person) -> None:
        link = demo_lookups.link_of(self.ids[person.name], LinkPurpose.CHECKIN)
        if link is None:
            raise RuntimeError(f"{person.name} never got a message: is sending paused? See the log above.")
        week = CourseWeek(since_cut=7, number=99, to_go=0)
        fill(sessions.unscheduled(link, nonce=f"seed-{person.name}"), course(person.mood, person.name, week))


def begin_draft(staff: Staff, patient_id: UUID, today: date) -> None:
    """Diazepam 10 mg at night, 1 mg less every two weeks from the Monday after next; the usual products."""
    start = today + timedelta(days=14 - today.weekday())
    typed = {
        "drug_a": "diazepam", "a_night": "10", "start": start.isoformat(), "country": staff.country,
        "method": "fixed_amount", "amount": "1", "interval": "14", "goal": "zero", "falls_first": "morning",
        "max_pieces": "4", "dispense_days": "28", "equivalence": "ashton_2002", "checkin_day": "0",
        "checkin_time": "10:00", "cross_days": "7", "cross_first": "night",
    }  # fmt: skip
    form = {name: [value] for name, value in typed.items()}
    drafts.save(by=staff.clinician, patient_id=patient_id, form=form, seen_lock=None)


def mark_doses(ids: Mapping[str, UUID], day: date, *, today: date) -> None:
    """Tick the doses of a day within the last weeks; one day in six is forgotten."""
    ago = (today - day).days
    if not 0 < ago <= _FOR_DAYS:
        return
    for name, odd in _TICKERS.items():
        link = demo_lookups.link_of(ids[name], LinkPurpose.PLAN) if name in ids else None
        if link is None or (ago + len(name)) % 6 == 0:
            continue
        for hour, drug in demo_lookups.doses_on(ids[name], day):
            how = "other" if ago == odd else "planned"
            dose_marks.mark(link, on=day, time=hour, drug=drug, how=how)


def plan_visits(staff: Staff, ids: Mapping[str, UUID], today: date) -> None:
    """Plan the coming visits, as the front desk does."""
    for name, days in _COMING.items():
        on = today + timedelta(days=days)
        visits.plan_visit(
            by=staff.reception, patient_id=ids[name], on=on, at=time(10, 30), with_whom=staff.clinician.name
        )
