"""A second signature: asking for it, giving it, declining with a reason, and withdrawing.

What was asked is judged again when it is signed, and only exactly what its author was shown can be issued. The author
stays the one who issues the version; the second name stands beside theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.json import Facts, JsonObject
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.taper.amendments import Amendment
from plans.domain.taper.plan_states import PlanAct
from plans.domain.taper.second_signature import ProposalAct, ProposalState, Trigger
from plans.models import Patient, Plan, PlanVersion, Proposal, ReviewItem
from plans.services import clock, second_signature
from plans.services.access import actor_for, get_patient_for, get_proposal_for
from plans.services.actors import Actor, May
from plans.services.plans import issue, queries, revise, versions, waiting
from plans.services.plans.issue import LONGEST_REASON, IssueRequest
from plans.services.plans.locking import patient_and_plan, user_key
from plans.services.plans.queries import PatientSummary
from plans.services.review import holding, settling
from plans.services.review.review_items import open_item

# What begins within a week must be signed the same day.
_SOON: Final = timedelta(days=7)
# Refusals of what the author had answered for: the plan is judged otherwise now.
_JUDGED: Final = ("refused_findings", "reasons_missing", "signatures_missing")
Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """What waits, or waited, for a second signature.

    `form` is the form of a change as typed; `issue` what is issued with a draft, None for a change; `note` why the plan
    changes. `stands_in_the_way`: why it can no longer be signed as asked, as the code of a refusal; "" while it can.
    `changed_by`: who made the plan's newest version. `yours`: the reader asked for it.
    """

    id: UUID
    plan_id: UUID
    plan_lock: int
    patient: PatientSummary
    act: PlanAct
    state: ProposalState
    because: tuple[Trigger, ...]
    form: Form
    issue: IssueRequest | None
    note: str
    signed: frozenset[str]
    confirmed: frozenset[str]
    correction: bool
    from_day: date
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    digest: str
    stands_in_the_way: str
    changed_by: str
    yours: bool

    @property
    def signed_now(self) -> bool:
        """Whether it was signed, and is a version of the plan."""
        return self.state is ProposalState.SIGNED


def proposal_page(actor: Actor, proposal_id: UUID) -> ProposalPage:
    """One proposal with everything its page needs. Raises NotFound, NotAllowed."""
    row = get_proposal_for(actor, proposal_id)
    patient = row.plan.patient
    asked: JsonObject = row.asked
    return ProposalPage(
        id=row.pk,
        plan_id=row.plan_id,
        plan_lock=row.plan_lock,
        patient=queries.subject(actor, patient.pk),
        act=PlanAct(row.act),
        state=ProposalState(row.state),
        because=tuple(Trigger(one) for one in row.because),
        form=row.form,
        issue=_issue_request(row) if row.act == PlanAct.ISSUE.value else None,
        note=str(asked.get("note", "")),
        signed=frozenset(asked["signed"]),
        confirmed=frozenset(asked["confirmed"]),
        correction=bool(asked.get("correction")),
        from_day=row.from_day,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        decided_by=row.decided_by.name if row.decided_by else "",
        decided_at=row.decided_at,
        reason=row.reason,
        digest=row.digest,
        stands_in_the_way=_in_the_way(row, row.plan, clock.today(patient.zone)),
        changed_by=versions.last_hand(row.plan),
        yours=row.asked_by_id == actor.user_id,
    )


def _in_the_way(row: Proposal, plan: Plan, today: date) -> str:
    """Why what was asked cannot be signed any more: somebody changed the plan, or its first day has passed."""
    if plan.lock != row.plan_lock:
        version = plan.active_version.number if plan.active_version else 0
        return "changed_meanwhile" if version != row.asked["version"] else "moved_meanwhile"
    # A first day in the past that the author chose was meant.
    return "first_day_passed" if row.asked_on <= row.from_day < today else ""


@transaction.atomic
def ask_to_issue(*, by: Actor, plan_id: UUID, seen_lock: int, asked: IssueRequest) -> UUID:
    """Ask for the second signature under a draft, which stays as it is until then; nothing reaches the patient.

    Returns the proposal's key. Raises what `issue.issue` raises, and Refused("no_signature_needed",
    "waits_for_signature", "nobody_to_sign").
    """
    now = clock.now()
    ready = issue.check(by=by, plan_id=plan_id, seen_lock=seen_lock, asked=asked, now=now)
    return _ask(
        by,
        ready.patient,
        ready.plan,
        PlanAct.ISSUE,
        because=ready.because,
        form={},
        asked={
            "request": dict(asked.request),
            "checkin_weekday": asked.checkin_weekday,
            "checkin_time": asked.checkin_time.isoformat(),
            "reasons": dict(asked.reasons),
            "sources": dict(asked.sources),
            "signed": sorted(asked.signed),
            "confirmed": sorted(asked.confirmed),
            "after_words": asked.after_words,
        },
        digest=ready.shown.digest,
        from_day=ready.taper.schedule.start,
        now=now,
    )


@transaction.atomic
def ask_to_change(
    *,
    by: Actor,
    plan_id: UUID,
    seen_lock: int,
    changes: Sequence[Amendment],
    form: Form,
    note: str,
    correction: bool = False,
    review_on: str | None = None,
    item_id: UUID | None = None,
    shown: str | None = None,
    signed: Collection[str] = (),
    confirmed: Collection[str] = (),
) -> UUID:
    """Ask for the second signature under a change; the plan stays as it is until then.

    `form` is the form as typed, from which the same `changes` can be made again. Returns the proposal's key. Raises
    what `revise.change` raises, and Refused("no_signature_needed", "waits_for_signature", "nobody_to_sign").
    """
    now = clock.now()
    ready = revise.check(
        by=by,
        plan_id=plan_id,
        seen_lock=seen_lock,
        changes=changes,
        note=note,
        now=now,
        correction=correction,
        review_on=review_on,
        item_id=item_id,
        shown=shown,
        signed=signed,
        confirmed=confirmed,
    )
    return _ask(
        by,
        ready.patient,
        ready.plan,
        ready.made.act,
        because=ready.made.because,
        form=form,
        asked={
            "note": ready.note,
            "correction": correction,
            "review_on": review_on,
            "signed": sorted(signed),
            "confirmed": sorted(confirmed),
        },
        digest=ready.made.digest,
        from_day=ready.made.day,
        answers=ready.item,
        now=now,
    )


def _ask(
    by: Actor,
    patient: Patient,
    plan: Plan,
    act: PlanAct,
    *,
    because: tuple[Trigger, ...],
    form: Form,
    asked: Facts,
    digest: str,
    from_day: date,
    now: datetime,
    answers: ReviewItem | None = None,
) -> UUID:
    if not because:
        raise Refused(reason="no_signature_needed")
    waiting.check_none_waits(plan)
    second_signature.check_somebody_else(patient.clinic, user_key(by))
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    version = plan.active_version.number if plan.active_version else 0
    row = Proposal.objects.create(
        clinic_id=plan.clinic_id,
        plan=plan,
        act=act.value,
        because=[one.value for one in because],
        form={name: list(values) for name, values in form.items()},
        asked={**asked, "version": version},
        digest=digest,
        plan_lock=plan.lock,
        from_day=from_day,
        answers=answers,
        asked_by_id=user_key(by),
        asked_at=now,
        asked_on=today,
    )
    priority = Priority.HIGH if from_day - today <= _SOON else Priority.ROUTINE
    open_item(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        source="plan",
        source_key=settling.signature_key(plan.pk),
        priority=priority.value,
        facts={"code": "second_signature", "by": by.name, "proposal": str(row.pk)},
        now=now,
    )
    waiting.record(row, "plan.signature_asked", by, now)
    return row.pk


@transaction.atomic
def sign(*, by: Actor, proposal_id: UUID, shown: str, changes: Sequence[Amendment] = ()) -> UUID:
    """Give the second signature: what was asked is issued now, with both names. Returns the version's key.

    `shown` is the digest of what the signer saw; `changes` are those of the form as typed, made again. Both must be
    what the author was shown. Raises NotFound, NotAllowed; Stale (`what` proposal_… for one that somebody has decided,
    judged where it is judged otherwise now); Refused("own_signature", "author_left", "changed_meanwhile",
    "moved_meanwhile", "first_day_passed"), and what issuing and changing raise.
    """
    patient, plan, row = _locked(by, proposal_id)
    if row.asked_by_id == by.user_id:
        raise Refused(reason="own_signature")
    author = _author(row)
    today = clock.today(patient.zone)
    if why := _in_the_way(row, plan, today):
        raise Refused(reason=why, who=versions.last_hand(plan))
    if shown != row.digest:
        raise Stale(what="judged", who=author.name)
    try:
        version_id = (
            _issue(row, author, by) if row.act == PlanAct.ISSUE.value else _change(row, author, by, changes)
        )
    except Stale as stale:
        raise Stale(what="judged", who=author.name) from stale
    except Refused as refusal:
        if refusal.facts["reason"] in _JUDGED:
            raise Stale(what="judged", who=author.name) from refusal
        raise
    now = clock.now()
    waiting.end(row, ProposalAct.SIGN, ReviewOutcome.SIGNED, by=by, now=now)
    if row.answers is not None and row.answers.state != ItemState.RESOLVED.value:
        number = PlanVersion.objects.values_list("number", flat=True).get(pk=version_id)
        facts: JsonObject = {"act": row.act, "version": number}
        holding.write(row.answers, by=by, kind="plan_changed", now=now, note=row.asked["note"], facts=facts)
    return version_id


def _locked(by: Actor, proposal_id: UUID) -> tuple[Patient, Plan, Proposal]:
    """Lock patient, plan and proposal in that order. Raises Stale where the proposal no longer waits."""
    found = get_proposal_for(by, proposal_id)
    patient, plan = patient_and_plan(by, found.plan_id)
    row = get_proposal_for(by, proposal_id, lock=True)
    if row.state != ProposalState.WAITING.value:
        raise Stale(what=f"proposal_{row.state}", who=row.decided_by.name if row.decided_by else "")
    return patient, plan, row


def _author(row: Proposal) -> Actor:
    """The author as a member of the clinic. Raises Refused("author_left") where they may not plan here any more."""
    try:
        author = actor_for(row.asked_by_id, row.clinic_id)
    except NotFound:
        raise Refused(reason="author_left", who=row.asked_by.name) from None
    if not author.may(May.PLAN):
        raise Refused(reason="author_left", who=author.name)
    return author


def _issue(row: Proposal, author: Actor, second: Actor) -> UUID:
    asked = _issue_request(row)
    return issue.issue(by=author, plan_id=row.plan_id, seen_lock=row.plan_lock, asked=asked, second=second)


def _issue_request(row: Proposal) -> IssueRequest:
    asked: JsonObject = row.asked
    return IssueRequest(
        request=asked["request"],
        checkin_weekday=asked["checkin_weekday"],
        checkin_time=time.fromisoformat(asked["checkin_time"]),
        reasons=asked["reasons"],
        sources=asked["sources"],
        signed=frozenset(asked["signed"]),
        confirmed=frozenset(asked["confirmed"]),
        after_words=asked["after_words"],
        shown=row.digest,
    )


def _change(row: Proposal, author: Actor, second: Actor, changes: Sequence[Amendment]) -> UUID:
    asked: JsonObject = row.asked
    return revise.change(
        by=author,
        plan_id=row.plan_id,
        seen_lock=row.plan_lock,
        changes=changes,
        note=asked["note"],
        correction=asked["correction"],
        review_on=asked["review_on"],
        item_id=row.answers_id,
        shown=row.digest,
        signed=asked["signed"],
        confirmed=asked["confirmed"],
        second=second,
    )


@transaction.atomic
def decline(*, by: Actor, proposal_id: UUID, reason: str) -> None:
    """Do not sign, and say why: its author finds the reason and everything typed; an item says so.

    Raises NotFound, NotAllowed, Stale as `sign`, and Refused("own_signature", "why_missing", "text_too_long").
    """
    patient, plan, row = _locked(by, proposal_id)
    if row.asked_by_id == by.user_id:
        raise Refused(reason="own_signature")
    why = reason.strip()
    if not why:
        raise Refused(reason="why_missing", where="reason")
    if len(why) > LONGEST_REASON:
        raise Refused(reason="text_too_long", where="reason")
    now = clock.now()
    waiting.end(row, ProposalAct.DECLINE, ReviewOutcome.DECLINED, by=by, now=now, reason=why)
    open_item(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        source="plan",
        source_key=f"signature_declined:{row.pk}",
        priority=Priority.ROUTINE.value,
        facts={"code": "second_signature_declined", "by": by.name, "proposal": str(row.pk)},
        now=now,
    )


@transaction.atomic
def withdraw(*, by: Actor, proposal_id: UUID) -> None:
    """Take back what one asked for, to change it. Raises NotFound, Stale as `sign`, and Refused("not_the_author")."""
    _patient, _plan, row = _locked(by, proposal_id)
    if row.asked_by_id != by.user_id:
        raise Refused(reason="not_the_author", who=row.asked_by.name)
    waiting.end(row, ProposalAct.WITHDRAW, ReviewOutcome.NOTHING_TO_SIGN, by=by, now=clock.now())


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """What waits on a patient's draft or plan, for a line on their pages."""

    id: UUID
    asked_by: str
    asked_at: datetime
    issue: bool
    yours: bool


def waits_for(actor: Actor, patient_id: UUID) -> tuple[WaitingFor, ...]:
    """What waits for a second signature for a patient: a draft, a change, or both. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    rows = Proposal.objects.filter(plan__patient=patient, state=ProposalState.WAITING.value)
    return tuple(
        WaitingFor(
            row.pk,
            row.asked_by.name,
            row.asked_at,
            row.act == PlanAct.ISSUE.value,
            row.asked_by_id == actor.user_id,
        )
        for row in rows.select_related("asked_by").order_by("asked_at", "id")
    )
