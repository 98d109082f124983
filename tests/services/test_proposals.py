"""A second signature: asking for it, giving it, declining, withdrawing, and what may happen meanwhile."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from plans.domain.documents.kinds import CALENDAR
from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.notices import PLAN_CHANGED, PLAN_READY
from plans.domain.taper.second_signature import ProposalState, Trigger
from plans.models import (
    AuditEvent,
    Document,
    Membership,
    Patient,
    Plan,
    PlanVersion,
    Proposal,
    ReviewItem,
    Work,
)
from plans.services import clock, drawing, item_page, moving, review, second_signature
from plans.services.actors import Actor, Role
from plans.services.plans import drafts, issue, proposals, queries, revise, states, versions
from plans.services.review import acts
from plans.wording import plans as words
from plans.wording.audit import act_words
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_plans import asked_for, issue_plan, issue_story_plan, plan_row
from tests.makers_proposals import (
    ask_to_change,
    ask_to_issue,
    rising,
    sign,
    slower,
    typed_slower,
    want_two,
)
from tests.present import present

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)


@pytest.fixture
def two(clinic: ClinicMade) -> ClinicMade:
    """A clinic that wants two signatures under a rise, and for pregnant patients."""
    want_two(clinic, Trigger.RISE, Trigger.PREGNANCY)
    return clinic


@pytest.fixture
def plan(two: ClinicMade) -> Plan:
    """The running plan of a patient who became pregnant after it was issued."""
    patient = make_patient(two.primary)
    made = issue_story_plan(two.primary, patient, start=clock.today(patient.zone) - 20 * ONE)
    Patient.objects.filter(pk=patient.pk).update(conditions=["pregnancy"])
    return plan_row(made.pk)


def waiting_item(plan_id: UUID) -> ReviewItem:
    return ReviewItem.objects.get(plan_id=plan_id, source_key=f"signature:{plan_id}", resolved_at=None)


def messages(patient: Patient) -> list[str]:
    """What was put in the outbox for the patient about plans."""
    return list(
        Work.objects.filter(patient=patient, notice__in=(PLAN_READY, PLAN_CHANGED)).values_list(
            "notice", flat=True
        )
    )


# ── a draft ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_that_needs_two_is_not_issued_by_one(two: ClinicMade, patient: Patient) -> None:
    with pytest.raises(Refused) as refused:
        issue_plan(two.primary, patient, rising(patient))
    assert refused.value.facts["reason"] == "second_signature"
    assert not PlanVersion.objects.exists()


@pytest.mark.slow
def test_off_by_default_and_off_again_one_signature_is_enough(clinic: ClinicMade, patient: Patient) -> None:
    assert second_signature.triggers(clinic.lead) == ()
    want_two(clinic, Trigger.RISE)
    want_two(clinic)
    assert issue_plan(clinic.primary, patient, rising(patient)).active_version is not None


def test_until_the_second_signature_nothing_is_issued_and_nothing_is_sent(
    two: ClinicMade, patient: Patient
) -> None:
    key = ask_to_issue(two.primary, patient)
    row = Proposal.objects.get(pk=key)
    assert (row.plan.state, row.because, PlanVersion.objects.count()) == ("draft", ["rise"], 0)
    assert messages(patient) == []
    item = waiting_item(row.plan_id)
    assert (item.severity, item.facts["by"]) == ("high", two.primary.name)


def test_what_begins_in_some_weeks_may_be_signed_in_some_days(two: ClinicMade, patient: Patient) -> None:
    row = Proposal.objects.get(pk=ask_to_issue(two.primary, patient, ahead=21))
    assert waiting_item(row.plan_id).severity == "routine"


@pytest.mark.slow
def test_with_the_second_signature_it_is_issued_with_both_names(two: ClinicMade, patient: Patient) -> None:
    key = ask_to_issue(two.primary, patient)
    version = PlanVersion.objects.get(pk=sign(two.second, key))
    assert (version.number, version.issued_by_id) == (1, two.primary.id)
    assert versions.second_name(versions.read(version)) == two.second.name
    assert versions.hands(version) == f"{two.primary.name}, {two.second.name}"
    page = queries.plan_page(two.primary, version.plan_id)
    assert (page.signed_by, page.signed_second) == (two.primary.name, two.second.name)
    assert page.versions[0].second == two.second.name
    facts = drawing.facts_of(version.pk, kind=CALENDAR.code, variant=_variant(version))
    assert facts.clinician == f"{two.primary.name}, {two.second.name}"
    assert messages(patient) == [PLAN_READY]
    row = Proposal.objects.get(pk=key)
    assert (row.state, row.decided_by_id) == ("signed", two.second.id)
    item = ReviewItem.objects.get(source_key=f"signature:{row.plan_id}")
    assert (item.outcome, item.resolved_by_id) == ("signed", two.second.id)


def _variant(version: PlanVersion) -> str:
    return Document.objects.filter(version=version, kind=CALENDAR.code)[0].variant


@pytest.mark.slow
def test_the_history_says_who_asked_who_signed_and_who_issued(two: ClinicMade, patient: Patient) -> None:
    sign(two.second, ask_to_issue(two.primary, patient))
    acts_done = ("plan.signature_asked", "plan.issued", "plan.signature_given")
    said = {
        row.act: f"{row.actor_name} {act_words(row.act, row.facts)}"
        for row in AuditEvent.objects.filter(act__in=acts_done)
    }
    assert said == {
        "plan.signature_asked": f"{two.primary.name} asked for a second signature",
        "plan.issued": f"{two.primary.name} issued the plan, with the second signature of {two.second.name}",
        "plan.signature_given": (
            f"{two.second.name} gave the second signature on what {two.primary.name} asked for"
        ),
    }


@pytest.mark.slow
def test_a_draft_that_waits_is_neither_changed_nor_discarded_nor_issued(
    two: ClinicMade, patient: Patient
) -> None:
    ask_to_issue(two.primary, patient)
    draft = present(drafts.load(two.primary, patient_id=patient.pk))
    asked = asked_for(two.primary, patient, rising(patient))
    for act in (
        lambda: drafts.save(by=two.primary, patient_id=patient.pk, form={}, seen_lock=draft.lock),
        lambda: drafts.discard_draft(by=two.primary, patient_id=patient.pk, seen_lock=draft.lock),
        lambda: issue.issue(by=two.second, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked),
        lambda: proposals.ask_to_issue(
            by=two.second, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked
        ),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.facts == {"reason": "waits_for_signature", "who": two.primary.name}
        assert two.primary.name in words.refusal(refused.value)


# ── a change ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_waits_and_is_made_as_it_was_asked_for(two: ClinicMade, plan: Plan) -> None:
    with pytest.raises(Refused) as refused:
        revise.change(
            by=two.primary, plan_id=plan.pk, seen_lock=plan.lock, changes=[slower(plan)], note="Agreed."
        )
    assert refused.value.facts["reason"] == "second_signature"
    key = ask_to_change(two.primary, plan)
    assert (plan_row(plan.pk).lock, PlanVersion.objects.filter(plan=plan).count()) == (plan.lock, 1)
    version = PlanVersion.objects.get(pk=sign(two.second, key, slower(plan)))
    assert (version.number, version.kind, version.note) == (2, "slow_down", "Agreed on the phone.")
    assert (version.issued_by_id, versions.second_name(versions.read(version))) == (
        two.primary.id,
        two.second.name,
    )
    event = AuditEvent.objects.get(act="plan.slowed_down")
    assert (event.actor_name, event.facts["second"]) == (two.primary.name, two.second.name)


@pytest.mark.slow
def test_only_what_its_author_was_shown_can_be_signed(two: ClinicMade, plan: Plan) -> None:
    key = ask_to_change(two.primary, plan)
    with pytest.raises(Stale) as stale:
        sign(two.second, key, slower(plan, 28))
    assert stale.value.facts["what"] == "judged"
    with pytest.raises(Stale):
        proposals.sign(by=two.second, proposal_id=key, shown="other", changes=[slower(plan)])
    assert PlanVersion.objects.filter(plan=plan).count() == 1


@pytest.mark.slow
def test_a_hold_never_waits_and_a_later_version_does_not_repeat_the_second_name(
    two: ClinicMade, plan: Plan
) -> None:
    sign(two.second, ask_to_change(two.primary, plan), slower(plan))
    revise.revise(
        by=two.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        act="hold",
        params={"days": 7, "from": "tomorrow"},
        note="Asked for.",
    )
    newest = present(plan_row(plan.pk).active_version)
    assert (newest.kind, versions.second_name(versions.read(newest))) == ("hold", "")


@pytest.mark.slow
def test_a_change_from_an_item_answers_it_when_it_is_signed(two: ClinicMade, plan: Plan) -> None:
    from django.db import transaction

    with transaction.atomic():
        item = review.open_item(
            clinic_id=two.id, patient=plan.patient, plan=plan, source="plan", source_key="plan:1",
            priority="high", facts={}, now=clock.now(),
        )  # fmt: skip
    acts.claim(by=two.primary, item_id=item.pk)
    key = ask_to_change(two.primary, plan, item_id=item.pk)
    version = PlanVersion.objects.get(pk=sign(two.second, key, slower(plan)))
    assert version.item_id == item.pk
    events = item_page.item_page(two.primary, item.pk).events
    assert [(one.by, one.facts["version"]) for one in events if one.kind == "plan_changed"] == [
        (two.second.name, 2)
    ]


def test_what_needs_no_second_signature_cannot_ask_for_one(clinic: ClinicMade, patient: Patient) -> None:
    plan = issue_story_plan(clinic.primary, patient)
    with pytest.raises(Refused) as refused:
        ask_to_change(clinic.primary, plan)
    assert refused.value.facts["reason"] == "no_signature_needed"


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_its_author_cannot_sign_nor_decline_it_and_nobody_else_withdraws_it(
    two: ClinicMade, plan: Plan
) -> None:
    key = ask_to_change(two.primary, plan)
    for act in (
        lambda: sign(two.primary, key, slower(plan)),
        lambda: proposals.decline(by=two.primary, proposal_id=key, reason="No."),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.facts["reason"] == "own_signature"
    with pytest.raises(Refused) as refused:
        proposals.withdraw(by=two.second, proposal_id=key)
    assert (refused.value.facts["reason"], refused.value.facts["who"]) == ("not_the_author", two.primary.name)


@pytest.mark.slow
def test_reception_readers_and_other_clinics_neither_see_nor_sign_it(two: ClinicMade, plan: Plan) -> None:
    key = ask_to_change(two.primary, plan)
    for who, refused in ((two.staff, NotAllowed), (two.reader, NotAllowed), (make_clinic().lead, NotFound)):
        for act in (
            lambda who=who: proposals.proposal_page(who, key),
            lambda who=who: proposals.sign(by=who, proposal_id=key, shown="", changes=[]),
            lambda who=who: proposals.decline(by=who, proposal_id=key, reason="No."),
            lambda who=who: proposals.withdraw(by=who, proposal_id=key),
        ):
            with pytest.raises(refused):
                act()


@pytest.mark.slow
def test_where_nobody_else_could_sign_nothing_is_left_waiting(two: ClinicMade, plan: Plan) -> None:
    others = Membership.objects.filter(clinic_id=two.id).exclude(user_id=two.primary.member_id)
    others.update(is_active=False)
    with pytest.raises(Refused) as refused:
        ask_to_change(two.primary, plan)
    assert refused.value.facts["reason"] == "nobody_to_sign"
    assert not Proposal.objects.exists()


def test_a_clinic_of_one_clinician_cannot_choose_it(clinic: ClinicMade) -> None:
    Membership.objects.filter(clinic_id=clinic.id).exclude(user_id=clinic.lead.member_id).update(
        is_active=False
    )
    with pytest.raises(Refused) as refused:
        want_two(clinic, Trigger.RISE)
    assert refused.value.facts["reason"] == "one_clinician"


def test_only_a_lead_chooses_and_of_two_the_second_reads_who_was_first(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        second_signature.set_triggers(by=clinic.primary, seen=(), chosen=[Trigger.RISE])
    want_two(clinic, Trigger.RISE)
    with pytest.raises(Stale) as stale:
        second_signature.set_triggers(by=clinic.lead, seen=(), chosen=[Trigger.PREGNANCY])
    assert stale.value.facts["who"] == clinic.lead.name
    assert AuditEvent.objects.get(act="clinic.second_signature_set").facts == {
        "before": [],
        "after": ["rise"],
    }
    assert second_signature.triggers(make_clinic().lead) == ()


# ── not signed ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_declining_takes_a_reason_which_its_author_finds_with_everything_typed(
    two: ClinicMade, plan: Plan
) -> None:
    key = ask_to_change(two.primary, plan)
    with pytest.raises(Refused) as refused:
        proposals.decline(by=two.second, proposal_id=key, reason="  ")
    assert (refused.value.facts["reason"], refused.value.where) == ("why_missing", "reason")
    proposals.decline(by=two.second, proposal_id=key, reason="Wait for the visit.")
    page = proposals.proposal_page(two.primary, key)
    assert (page.state, page.decided_by, page.reason) == (
        ProposalState.DECLINED,
        two.second.name,
        "Wait for the visit.",
    )
    assert page.form == typed_slower(plan)
    back = ReviewItem.objects.get(source_key=f"signature_declined:{key}")
    assert (back.severity, back.state, back.facts["by"]) == ("routine", "new", two.second.name)
    asked = ReviewItem.objects.get(source_key=f"signature:{plan.pk}")
    assert (asked.state, asked.outcome) == ("resolved", "declined")
    assert PlanVersion.objects.filter(plan=plan).count() == 1
    assert ask_to_change(two.primary, plan)


def test_a_withdrawn_draft_is_a_draft_again(two: ClinicMade, patient: Patient) -> None:
    key = ask_to_issue(two.primary, patient)
    proposals.withdraw(by=two.primary, proposal_id=key)
    draft = present(drafts.load(two.primary, patient_id=patient.pk))
    assert draft.form == {"method": ["typed"]}
    drafts.save(by=two.primary, patient_id=patient.pk, form={}, seen_lock=draft.lock)
    item = ReviewItem.objects.get(source_key=f"signature:{draft.plan_id}")
    assert (item.state, item.outcome) == ("resolved", "nothing_to_sign")


@pytest.mark.slow
def test_the_item_is_closed_by_signing_or_declining_alone(two: ClinicMade, plan: Plan) -> None:
    ask_to_change(two.primary, plan)
    item = waiting_item(plan.pk)
    acts.claim(by=two.second, item_id=item.pk)
    lock = ReviewItem.objects.get(pk=item.pk).lock
    with pytest.raises(Refused) as refused:
        acts.resolve(by=two.second, item_id=item.pk, seen_lock=lock, outcome="nothing_to_do")
    assert refused.value.facts["reason"] == "sign_first"


# ── meanwhile ────────────────────────────────────────────────────────────────────────────────────────────────


def refused_to(who: Actor, key: UUID, plan: Plan) -> Refused | Stale:
    with pytest.raises((Refused, Stale)) as caught:
        sign(who, key, slower(plan))
    assert isinstance(caught.value, Refused | Stale)
    return caught.value


@pytest.mark.slow
def test_the_second_of_two_signers_reads_who_was_first(two: ClinicMade, plan: Plan) -> None:
    key = ask_to_change(two.primary, plan)
    change = slower(plan)
    sign(two.second, key, change)
    refusal = refused_to(two.lead, key, plan)
    assert words.refusal(refusal) == (
        f"{two.second.name} signed this before you. Nothing was done twice: look at the plan."
    )
    assert PlanVersion.objects.filter(plan=plan).count() == 2


@pytest.mark.slow
def test_what_its_author_withdrew_meanwhile_is_not_signed(two: ClinicMade, plan: Plan) -> None:
    key = ask_to_change(two.primary, plan)
    proposals.withdraw(by=two.primary, proposal_id=key)
    assert words.refusal(refused_to(two.second, key, plan)) == (
        f"{two.primary.name} withdrew this meanwhile: there is nothing left to sign."
    )


@pytest.mark.slow
def test_what_waited_on_a_plan_that_ended_lapses_with_its_item(two: ClinicMade, plan: Plan) -> None:
    key = ask_to_change(two.primary, plan)
    states.stop(by=two.lead, plan_id=plan.pk, seen_lock=plan.lock, note="Moved away.")
    assert words.refusal(refused_to(two.second, key, plan)) == (
        f"This plan ended, was replaced or moved to another clinic meanwhile, by {two.lead.name}: "
        "there is nothing left to sign."
    )
    item = ReviewItem.objects.get(source_key=f"signature:{plan.pk}")
    assert (item.state, item.outcome) == ("resolved", "nothing_to_sign")
    assert AuditEvent.objects.filter(act="plan.signature_lapsed", plan_id=plan.pk).count() == 1


@pytest.mark.slow
def test_a_patient_who_moves_to_another_clinic_takes_no_waiting_change_along(
    two: ClinicMade, plan: Plan
) -> None:
    key, other = ask_to_change(two.primary, plan), make_clinic()
    move = moving.offer(by=two.primary, patient_id=plan.patient_id, to_id=other.id)
    moving.accept(by=other.primary, move_id=move, record_no="M-1", zone="America/New_York")
    assert Proposal.objects.get(pk=key).state == ProposalState.LAPSED.value
    item = ReviewItem.objects.get(source_key=f"signature:{plan.pk}")
    assert (item.state, item.outcome) == ("resolved", "nothing_to_sign")


def test_a_plan_that_was_changed_meanwhile_is_looked_at_again_by_its_author(
    two: ClinicMade, plan: Plan
) -> None:
    key = ask_to_change(two.primary, plan)
    revise.revise(
        by=two.lead,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": 7, "from": "tomorrow"},
        note="She asked for it.",
    )
    said = words.refusal(refused_to(two.second, key, plan))
    assert said.startswith(f"{two.lead.name} changed this plan after it was asked for. Decline it")
    assert proposals.proposal_page(two.second, key).stands_in_the_way == "changed_meanwhile"
    proposals.decline(by=two.second, proposal_id=key, reason=said)


@pytest.mark.slow
def test_a_first_day_that_passed_unsigned_is_not_signed(
    two: ClinicMade, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ask_to_change(two.primary, plan)
    Proposal.objects.filter(pk=key).update(
        from_day=clock.today(plan.patient.zone) - ONE, asked_on=clock.today(plan.patient.zone) - ONE
    )
    assert words.refusal(refused_to(two.second, key, plan)).startswith("Its first day has passed unsigned")


def test_a_record_that_changed_meanwhile_sends_the_draft_back(two: ClinicMade, patient: Patient) -> None:
    key = ask_to_issue(two.primary, patient)
    Patient.objects.filter(pk=patient.pk).update(conditions=["sleep_apnoea"])
    with pytest.raises(Stale) as stale:
        sign(two.second, key)
    assert words.refusal(stale.value).startswith(f"This is no longer what {two.primary.name} was shown")
    assert not PlanVersion.objects.exists()


@pytest.mark.slow
def test_a_draft_whose_author_left_is_declined_and_made_by_another(two: ClinicMade, patient: Patient) -> None:
    author = make_member(two.id, Role.CLINICIAN)
    key = ask_to_issue(author, patient)
    Membership.objects.filter(user_id=author.member_id).update(is_active=False)
    with pytest.raises(Refused) as refused:
        sign(two.second, key)
    assert author.name in words.refusal(refused.value)
    proposals.decline(by=two.second, proposal_id=key, reason="The author left.")


@pytest.mark.slow
def test_one_thing_at_a_time_waits_on_a_plan(two: ClinicMade, plan: Plan) -> None:
    ask_to_change(two.primary, plan)
    with pytest.raises(Refused) as refused:
        ask_to_change(two.second, plan)
    assert refused.value.facts == {"reason": "waits_for_signature", "who": two.primary.name}
