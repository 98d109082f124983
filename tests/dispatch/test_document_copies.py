"""No copy of a document is left anywhere: half-written, drawn before a change, or drawn for nobody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from plans.dispatch.drawing import Drawn
from plans.domain.documents.facts import DocumentFacts
from plans.models import Document, Plan
from plans.services import clock
from plans.services import documents as document_services
from tests.dispatch.test_documents import CONTENT, Quick, hold, only, run
from tests.makers import ClinicMade


def test_what_a_killed_worker_left_half_written_is_deleted_after_an_hour_and_not_before(plan: Plan) -> None:
    root = Path(default_storage.path(""))
    root.mkdir(parents=True, exist_ok=True)
    old, young = root / ".unfinished-old", root / ".unfinished-young"
    for path in (old, young):
        path.write_bytes(CONTENT)
    os.utime(old, (0, 0))
    now = clock.real_now().timestamp()
    os.utime(young, (now, now))
    run(Quick())
    left = old.exists(), young.exists()
    young.unlink(missing_ok=True)
    assert left == (False, True)


@pytest.mark.slow
def test_a_document_drawn_again_leaves_no_copy_of_the_one_before(plan: Plan) -> None:
    run(Quick())
    first = only().file
    with transaction.atomic():
        document_services.redraw(plan.patient, clock.now())
    other = Quick()
    other.drawn = Drawn(CONTENT + b"with another telephone number", 3, ())
    run(other)
    assert (only().state, only().file != first) == ("ready", True)
    assert not default_storage.exists(first)
    assert default_storage.exists(only().file)


@pytest.mark.slow
def test_what_was_drawn_of_a_version_replaced_meanwhile_is_not_kept(clinic: ClinicMade, plan: Plan) -> None:
    quick, first = Quick(), only().pk
    inner = quick.draw

    def draw(facts: DocumentFacts, progress: Any) -> Drawn:
        if facts.version == 1:
            hold(clinic, plan)
        return inner(facts, progress)

    quick.draw = draw  # type: ignore[method-assign]  # the moment between claim and publishing
    run(quick)
    kept = {path.name[:32] for path in Path(default_storage.path("drawn")).rglob("*.pdf")}
    assert first.hex not in kept
    assert Document.objects.get(version__number=2).pk.hex in kept
