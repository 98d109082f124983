"""The weekly message with the heads of the audit trail, and what is compared with it."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.channels.email import rendering
from plans.domain.messages import MessageFacts
from plans.domain.notices import AUDIT_HEADS
from plans.models import Work
from plans.services import audit_seals, clock, head_messages, messages
from tests.makers import make_clinic
from tests.services.test_audit_seals import sealed

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


def told() -> list[Any]:
    return list(Work.objects.filter(notice=AUDIT_HEADS).values_list("user_id", flat=True))


def test_each_lead_gets_one_a_week_and_nobody_else_and_none_while_nothing_is_sealed(db: None) -> None:
    clinic, now = make_clinic(), clock.now()
    assert head_messages.tick(now) == 0
    sealed()
    assert [head_messages.tick(now), head_messages.tick(now), head_messages.tick(now + WEEK)] == [1, 0, 1]
    assert told() == [clinic.lead.id, clinic.lead.id]


@pytest.mark.slow
def test_a_message_that_was_received_is_compared_with_the_chain(tmp_path: Path) -> None:
    make_clinic()
    sealed()
    head_messages.tick(clock.now())
    composed = messages.compose(Work.objects.get(notice=AUDIT_HEADS).pk)
    assert isinstance(composed, MessageFacts)
    text = rendering.render(AUDIT_HEADS, rendering.words(composed)).text
    (head,) = audit_seals.heads()
    assert f"acts {head.number} {head.head}" in text.splitlines()
    saved = tmp_path / "message.txt"
    saved.write_text(text, encoding="utf-8")
    out = io.StringIO()
    call_command("verify_audit", heads=saved, stdout=out)
    assert "is as it was sealed" in out.getvalue()
    saved.write_text(text.replace(head.head, head.head[::-1]), encoding="utf-8")
    with pytest.raises(CommandError, match="1 fault"):
        call_command("verify_audit", heads=saved, stdout=io.StringIO())
    saved.write_text("Dear lead, nothing today.", encoding="utf-8")
    with pytest.raises(CommandError, match="no head"):
        call_command("verify_audit", heads=saved, stdout=io.StringIO())
