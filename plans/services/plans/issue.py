"""Issuing: a draft becomes version 1 with all its consequences, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale, TaperError
from plans.domain.json import Facts, JsonObject
from plans.domain.notices import OF_A_VERSION
from plans.domain.people import BEFORE_ISSUING, CareState
from plans.domain.taper.engine import Taper
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.plan_states import LIVE, TRANSITIONS, PlanAct, PlanState, after
from plans.domain.taper.second_signature import Trigger
from plans.domain.taper.snapshot import AcceptedReason
from plans.models import LIVE_STATES, Clinic, Patient, Plan
from plans.services import clock, documents, outbox, own_limits, owners, patient_mail, rota
from plans.services.actors import Actor
from plans.services.checkins import occasions
from plans.services.plans import plan_effects, review_dates, versions, waiting
from plans.services.plans.locking import patient_and_plan
from plans.services.plans.preview import Preview, preview_for

LONGEST_REASON: Final = 2000
# A taper under way is revised, not replaced.
_NOT_REPLACED: Final = tuple(state.value for state in LIVE if (state, PlanAct.REPLACE) not in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What a clinician issues: the taper request (JSON, without its patient) and what they confirm.

    `reasons` by rule; `sources` by rule where the reason is that the plan follows a published schedule, which counts
    only if it takes the steps of one; `signed` codes of cautions; `confirmed` names of products whose strength they
    confirmed; `shown` the digest of the preview they saw (None for commands and seeds, which show no page).
    """

    request: Facts
    checkin_weekday: int
    checkin_time: time
    reasons: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    signed: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    after_words: str = ""
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class ReadyDraft:
    """A draft that can be issued: both rows locked, its preview as shown, its reasons, and its first day.

    `because`: why it needs a second signature, if it does.
    """

    patient: Patient
    plan: Plan
    state: PlanState
    shown: Preview
    taper: Taper
    reasons: tuple[AcceptedReason, ...]
    today: date

    @property
    def because(self) -> tuple[Trigger, ...]:
        """Why it needs a second signature; empty if it needs none."""
        return self.shown.because


def check(*, by: Actor, plan_id: UUID, seen_lock: int, asked: IssueRequest, now: datetime) -> ReadyDraft:
    """Everything that issuing checks, in the caller's transaction; raises what `issue` raises, but writes nothing."""
    patient, plan = patient_and_plan(by, plan_id)
    if plan.lock != seen_lock:
        raise _overtaken(plan)
    state = after(PlanState(plan.state), PlanAct.ISSUE)
    clinic = Clinic.objects.get(pk=patient.clinic_id)
    _check_ready(clinic, patient)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    shown = preview_for(patient, asked.request, asked.confirmed, today)
    if shown.taper is None:
        raise shown.error or TaperError()
    if asked.shown is not None and asked.shown != shown.digest:
        raise Stale(what="shown")
    return ReadyDraft(patient, plan, state, shown, shown.taper, _reasons(shown, asked), today)


@transaction.atomic
def issue(
    *, by: Actor, plan_id: UUID, seen_lock: int, asked: IssueRequest, second: Actor | None = None
) -> UUID:
    """Issue a draft as version 1: version, steps, state, check-ins, calendar to draw, message and audit event.

    `second` is who gives the second signature, where the clinic wants one (`proposals.sign`). Returns the version's
    key. Raises TaperError if the request cannot be met; Stale (`what` draft, issued or shown) if somebody else saved or
    issued the draft, or the plan is not what was shown; Refused with reason draft_gone, no_on_call, no_consent,
    not_in_care, live_plan, refused_findings, reasons_missing, signatures_missing, text_too_long (`where` names the
    rule), and without `second` waits_for_signature or second_signature.
    """
    now = clock.now()
    ready = check(by=by, plan_id=plan_id, seen_lock=seen_lock, asked=asked, now=now)
    patient, plan, taper = ready.patient, ready.plan, ready.taper
    if second is None:
        waiting.check_none_waits(plan)
        if ready.because:
            raise Refused(reason="second_signature")
    _complete_replaced(by, patient, now)
    version = versions.write(
        plan=plan,
        number=1,
        kind="issued",
        note="",
        taper=taper,
        reasons=ready.reasons,
        extra=_extra(by, asked, taper) | versions.second_of(second, now),
        from_day=taper.schedule.start,
        made_on=ready.today,
        by=by,
        now=now,
    )
    versions.point_at(plan, version, taper.schedule)
    plan.state, plan.state_at, plan.draft = ready.state.value, now, {}
    plan.lock += 1
    plan.save()
    _keep_checkin_time(patient, asked)
    owners.begin(patient, by)
    occasions.schedule_occasions(plan, now=now)
    documents.ask(version, now=now)
    patient_mail.ask_if_never_asked(patient, now)
    plan_effects.notify(plan, patient, version, PlanAct.ISSUE, now)
    given = {reason.rule for reason in ready.reasons}
    plan_effects.audit(
        plan,
        PlanAct.ISSUE,
        by,
        version=1,
        facts={
            "sha256": version.sha256,
            "reasons": sorted({*asked.reasons, *asked.sources} & given),
            "signed": sorted(asked.signed),
            "confirmed": sorted(asked.confirmed),
            "second": second.name if second else "",
        },
    )
    return version.pk


def _overtaken(plan: Plan) -> Stale | Refused:
    """Raise Stale or Refused for a draft that somebody saved, issued or discarded meanwhile."""
    if plan.state == PlanState.DRAFT.value:
        return Stale(what="draft", who=plan.draft_by.name if plan.draft_by else "")
    issuer = versions.last_hand(plan)
    return Stale(what="issued", who=issuer) if issuer else Refused(reason="draft_gone")


def _check_ready(clinic: Clinic, patient: Patient) -> None:
    if not rota.is_staffed(clinic, clock.now()):
        raise Refused(reason="no_on_call")
    if patient.consent_on is None:
        raise Refused(reason="no_consent")
    if BEFORE_ISSUING & set(patient.to_ask):
        raise Refused(reason="still_to_ask")
    if patient.care_state != CareState.IN_CARE:
        raise Refused(reason="not_in_care")
    if Plan.objects.filter(patient=patient, state__in=_NOT_REPLACED).exists():
        raise Refused(reason="live_plan")


def _reasons(shown: Preview, asked: IssueRequest) -> tuple[AcceptedReason, ...]:
    """One reason for each finding that needs one, and each limit of the clinic that a finding lies within.

    Raises Refused with the missing `rules`.
    """
    if shown.at(LimitLevel.REFUSED):
        raise Refused(reason="refused_findings")
    found: list[AcceptedReason] = []
    missing: list[str] = []
    unconfirmed: list[str] = []
    for finding in shown.at(LimitLevel.NEEDS_REASON):
        if finding.rule == "unverified_product":
            unconfirmed += [str(verdict.facts["product"]) for verdict in finding.verdicts]
            continue
        text = asked.reasons.get(finding.rule, "").strip()
        source = asked.sources.get(finding.rule, "").strip() if shown.follows is not None else ""
        if max(len(text), len(source)) > LONGEST_REASON:
            raise Refused(reason="text_too_long", where=finding.rule)
        if not (text or source):
            missing.append(finding.rule)
        found += [AcceptedReason(one.rule, one.step, text, one.steps, source) for one in finding.verdicts]
    found += own_limits.reasons(one for finding in shown.at(LimitLevel.NOTE) for one in finding.verdicts)
    if missing:
        raise Refused(reason="reasons_missing", where=missing[0], rules=missing)
    unsigned = [caution.code for caution in shown.to_sign if caution.code not in asked.signed]
    if unsigned or unconfirmed:
        raise Refused(reason="signatures_missing", cautions=unsigned, products=unconfirmed)
    return tuple(found)


def _complete_replaced(by: Actor, patient: Patient, now: datetime) -> None:
    """Complete a plan in follow-up, or one that stays on its dose, because the new one replaces it."""
    for old in Plan.objects.select_for_update(no_key=True).filter(patient=patient, state__in=LIVE_STATES):
        old.state = after(PlanState(old.state), PlanAct.REPLACE).value
        old.state_at = now
        old.lock += 1
        old.save(update_fields=["state", "state_at", "lock"])
        outbox.cancel_pending(plan=old, why="replaced", notices=OF_A_VERSION, now=now)
        documents.withdraw(old, now)
        occasions.schedule_occasions(old, now=now)
        review_dates.settle(old, by, now)
        waiting.lapse(old, by, now)
        plan_effects.audit(old, PlanAct.REPLACE, by)


def _extra(by: Actor, asked: IssueRequest, taper: Taper) -> JsonObject:
    return {
        "by": by.name,
        "signed": sorted(asked.signed),
        "confirmed": sorted(asked.confirmed),
        "after": asked.after_words.strip()[:LONGEST_REASON],
        "story": {"method": taper.request.method.name},
    } | (
        {"stock": {one.product: one.whole_units for one in taper.request.stock}}
        if taper.request.stock
        else {}
    )


def _keep_checkin_time(patient: Patient, asked: IssueRequest) -> None:
    if (patient.checkin_weekday, patient.checkin_time) == (asked.checkin_weekday, asked.checkin_time):
        return
    patient.checkin_weekday, patient.checkin_time = asked.checkin_weekday, asked.checkin_time
    patient.version += 1
    patient.save(update_fields=["checkin_weekday", "checkin_time", "version"])
