"""Append-only rows: the database itself refuses to change or delete them, whoever asks."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from plans.models import AuditEvent, CheckInRevision, PlanStep, PlanVersion, ReviewEvent, RuleSignature
from plans.services import audit, clock, reminders
from plans.services.actors import SYSTEM
from plans.services.checkins import rules, sessions
from tests.fixtures.roles import as_owner
from tests.makers_checkins import START, answer_all, asked, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived():
    """A plan, an answered check-in, a review item, signed rules: a row of every table that is only added to."""
    with on(START):
        story = asked()
        answer_all(sessions.for_link(story.link), s_fit="yes")
        reminders.tick(clock.now())
        rules.sign(by=story.clinic.lead, seen_digest=rules.in_force(story.clinic.lead).digest)
    return story


def test_a_row_that_was_appended_can_be_neither_changed_nor_deleted(lived):
    for model in (AuditEvent, CheckInRevision, ReviewEvent, PlanStep, PlanVersion, RuleSignature):
        table, key = model._meta.db_table, model.objects.values_list("pk", flat=True).first()
        assert key is not None, table
        # The row would stay what it is: the refusal does not depend on what is written.
        for query in (f"UPDATE {table} SET id = id WHERE id = %s", f"DELETE FROM {table} WHERE id = %s"):
            refused = pytest.raises(DatabaseError, match=f"append only: .* of {table} is refused")
            with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(query, [key])


def test_of_a_version_nothing_but_its_replacement_is_written_and_only_once(lived):
    version = PlanVersion.objects.filter(plan=lived.plan)
    with as_owner(), pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        version.update(replaced_at=clock.now(), note="another")
    assert version.update(replaced_at=clock.now()) == 1
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        version.update(replaced_at=None)


@pytest.mark.django_db(transaction=True)
def test_an_act_is_in_the_history_only_together_with_what_was_done():
    with pytest.raises(RuntimeError):
        audit.record(by=SYSTEM, act="plan.issued", subject_kind="plan", subject_id=None)
    assert not AuditEvent.objects.exists()
