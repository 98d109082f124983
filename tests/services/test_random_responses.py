"""Made-up check-ins through the service: every one is a row, and every flag is found again from what is stored.

RANDOM_RESPONSES says how many (10000 for a long run), RANDOM_SEED which. One in fifty is answered page by page, the
others are written directly up to their last page and sent through the service; some are left, some amended.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from datetime import timedelta
from time import monotonic

import pytest

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.response import Response
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.models import CheckIn, CheckInRevision, Flag, Patient, Plan
from plans.services import clock
from plans.services.actors import patient_actor
from plans.services.checkins import evidence, flag_store, replay, responses, saving
from plans.services.checkins.rules import thresholds_of
from plans.services.checkins.sessions import CheckInSession
from tests.domain.checkins.test_random_responses import random_answers
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan
from tests.present import present

RESPONSES = int(os.environ.get("RANDOM_RESPONSES", "40"))
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(120 + RESPONSES)]
SEED = int(os.environ.get("RANDOM_SEED", "20261123"))
EACH = 20
"""Responses of each patient, so that each has earlier ones to compare with."""


def a_patient(clinic: ClinicMade, dice: random.Random) -> Patient:
    with on(START):
        patient = make_patient(
            clinic.primary,
            language=dice.choice(("en", "en", "es")),
            substances=dice.choice(((), ("kratom",), ("opioids",))),
            conditions=dice.choice(((), (), ("pregnancy",))),
        )
        issue_story_plan(clinic.primary, patient)
    return patient


def answer(
    subject: CheckInSession, ask: QuestionnaireSpec, answers: dict[str, str], dice: random.Random
) -> CheckIn:
    """Send one state, or leave it after some pages and let it be closed."""
    known: dict[str, str] = {}
    page = Response(ask).pages[0]
    leave_after = dice.randint(1, 12) if dice.random() < 0.1 else 0
    if dice.random() > 0.02:
        last = Response(ask, answers).pages[leave_after - 1]
        known = {code: value for code, value in answers.items() if code not in last.items}
        page = last
        lay_down(subject, ask, Response(ask).with_answers(known).answers, page.code)
    for turn in range(60):
        posted = {code: [answers[code]] for code in page.items if code in answers}
        outcome = saving.save_page(subject, page=page.code, posted=posted)
        if outcome.following is None or turn + 1 == leave_after or (leave_after and known):
            break
        page = outcome.following
    row = CheckIn.objects.select_related("patient__clinic", "plan").get(pk=present(outcome.checkin_id))
    if row.state == "open":
        saving.abandon(row, now=clock.now() + timedelta(hours=72))
    return row


def lay_down(subject: CheckInSession, ask: QuestionnaireSpec, answers: Mapping[str, str], page: str) -> None:
    """Write the state before its last page directly, as answering page by page would have left it."""
    patient = Patient.objects.select_related("clinic").get(pk=subject.patient_id)
    plan, now = Plan.objects.get(patient=patient), clock.now()
    context = evidence.context(patient, thresholds_of(patient.clinic, patient), taking=ask.taking, now=now)
    seen = Response(ask, answers, past=evidence.past_of(plan, before=now), context=context)
    row = CheckIn.objects.create(
        clinic=patient.clinic, patient=patient, plan=plan, form=ask.form, form_version=ask.to_json(),
        answers=answers, scores=scoring.to_json(seen.scores, seen.past), page=page, revision=1, started_at=now,
        saved_at=now, local_date=now.date(), nonce=subject.nonce,
    )  # fmt: skip
    CheckInRevision.objects.create(
        checkin=row, number=1, answers=answers, page=page, saved_at=now,
        known=seen.known(),
    )  # fmt: skip
    flag_store.raise_flags(seen, seen, row=row, patient=patient, now=now)


def amend(subject: CheckInSession, row: CheckIn, dice: random.Random) -> None:
    """Answer a page once more: a new revision, and the rules look again."""
    ask = QuestionnaireSpec.from_json(row.form, row.form_version)
    page = dice.choice(Response(ask, CheckIn.objects.get(pk=row.pk).answers).pages)
    fresh = random_answers(ask, dice)
    posted = {code: [fresh[code]] for code in page.items if code in fresh}
    saving.save_page(subject, page=page.code, posted=posted)


def test_every_made_up_check_in_is_stored_and_its_flags_are_found_again_from_what_is_stored() -> None:
    dice, begun = random.Random(SEED), monotonic()
    clinic = make_clinic()
    patient, differing, held = None, [], 0
    for n in range(RESPONSES):
        if n % EACH == 0:
            patient = a_patient(clinic, dice)
        assert patient is not None
        with on(START + timedelta(days=1 + 7 * (n % EACH), hours=1)):
            by = patient_actor(patient.pk, patient.clinic_id)
            subject = CheckInSession(by, patient.pk, None, None, late=False, nonce=f"response-{n}")
            ask = responses.look(subject).response.spec
            row = answer(subject, ask, random_answers(ask, dice), dice)
            if row.state == "submitted" and dice.random() < 0.1:
                with on(clock.now() + timedelta(hours=1)):
                    amend(subject, row, dice)
        if n % 500 == 499:
            print(f"{n + 1} responses, {monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(f"{RESPONSES} responses stored, {monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for one in replay.every():
        assert not one.before
        held += one.flags
        if one.differs:
            differing.append(one)
    assert not differing, differing[:3]
    assert CheckIn.objects.exclude(state="open").count() == replay.count() == RESPONSES
    assert Flag.objects.filter(checkin__isnull=False).count() == held
    assert not Flag.objects.filter(rule=flags.BROKEN.code).exists()
    if RESPONSES >= 1000:
        assert set(Flag.objects.values_list("rule", flat=True)) >= {rule.code for rule in flags.RULES} - {
            "U7"
        }
    fired = set(Flag.objects.filter(checkin__isnull=False).values_list("rule", flat=True))
    revisions, left = CheckInRevision.objects.count(), CheckIn.objects.filter(state="abandoned").count()
    print(
        f"{RESPONSES} responses, seed {SEED}: {revisions} revisions, {left} left unfinished, "
        f"{held} flags of {len(fired)} rules found again, {monotonic() - begun:.0f} s",
        file=sys.stderr,
    )
    assert RESPONSES < 1000 or fired == {rule.code for rule in flags.RULES}
