"""Forty made-up check-ins through the service: every one is stored, and every flag can be found again."""

from __future__ import annotations

import random

import pytest

from plans.domain.checkins import flags, forms, scoring
from plans.domain.checkins.flagging import Evidence
from plans.domain.checkins.forms import Ask
from plans.models import CheckIn, Flag
from plans.services import clock
from plans.services.checkins import evidence, saving, sheets
from tests.domain.checkins.test_random_sheets import an_answer
from tests.makers_checkins import START, asked, on

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]
SHEETS = 40


def test_every_made_up_check_in_is_stored_and_its_flags_follow_from_what_is_stored() -> None:
    dice = random.Random(20261123)
    with on(START):
        story = asked()
    with on(story.occasion.due_at):
        for n in range(SHEETS):
            subject = sheets.unscheduled(story.link, nonce=f"sheet-{n}")
            page = "safety_a"
            for _turn in range(40):
                sheet = sheets.look(subject)
                where = forms.page_at(sheet.ask, sheet.answers, page)
                items = sheet.ask.questionnaire(where.questionnaire).items
                posted = {code: [an_answer(items[code], dice)] for code in where.items}
                outcome = saving.save_page(subject, page=page, posted=posted)
                if outcome.following is None:
                    break
                page = outcome.following.code
            assert outcome.sent
        assert CheckIn.objects.filter(state="submitted", occasion=None).count() == SHEETS
        for row in CheckIn.objects.filter(occasion=None):
            refound(row)


def refound(row: CheckIn) -> None:
    """What the rules find in the stored sheet stands among its flags, with the same version."""
    ask = Ask.from_json(row.form, row.form_version)
    scores = scoring.score(ask, row.answers)
    assert scores == scoring.from_json(row.scores)
    about = evidence.about(row.patient, row.patient.clinic, is_taking=ask.taking, now=clock.now())
    immediate = flags.evaluate(Evidence(row.answers, scores, (), about), whole=False)
    stored = set(Flag.objects.filter(checkin=row).values_list("rule", "rule_version", "facts__kind"))
    assert {(one.rule, one.version, one.kind) for one in immediate} <= stored
    assert flags.BROKEN not in {rule for rule, _version, _kind in stored}
