"""From a document that was asked for to one that is offered: only while it is in force, and never half a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from plans.dispatch import documents, drawing
from plans.dispatch.drawing import Drawn, NotDrawn
from plans.documents.kinds import read_back
from plans.domain.documents.facts import DocumentFacts, PharmacyFacts
from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.notices import CRASHES_ALLOWED
from plans.models import AuditEvent, Document, Plan, PlanVersion, ReviewItem, Work
from plans.services import clock, heartbeat
from plans.services import documents as document_services
from plans.services import drawing as document_facts
from plans.services.plans import revise
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present

CONTENT = b"%PDF-1.4 made up"


class Quick:
    """Stands in for the drawing process where the drawing itself is not what is tested."""

    def __init__(self, *, findings: tuple[str, ...] = (), fault: str = "", again: bool = False) -> None:
        self.drawn = Drawn(CONTENT, 3, findings)
        self.fault, self.again = fault, again

    def __call__(self) -> Quick:
        return self

    def __enter__(self) -> Quick:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def draw(self, facts: DocumentFacts, progress: Any) -> Drawn:
        """What was set."""
        progress(1, 3)
        if self.fault:
            raise NotDrawn(self.fault, again=self.again)
        return self.drawn


def run(drawer: Any) -> Any:
    return documents.run(drawer=drawer)


def only() -> Document:
    return Document.objects.get()


@pytest.mark.slow
def test_an_issued_plan_gets_a_calendar_that_reads_back_right(clinic: ClinicMade, plan: Plan) -> None:
    assert documents.run().sent == 1
    row = only()
    assert (row.state, row.variant) == ("ready", "a4-normal-en")
    assert AuditEvent.objects.get(act="document.sent").version == 1
    found = document_services.open_file(clinic.primary, row.pk)
    facts = document_facts.facts_of(row.version_id, kind=row.kind, variant=row.variant)
    assert read_back(found.content, facts) == ()
    assert found.filename == "calendar-v1.pdf"
    assert Work.objects.get(queue="documents").state == "sent"
    assert document_services.current_for_patient(plan).ready
    assert document_services.open_current_for_patient(plan).sha256 == row.sha256


@pytest.mark.slow
def test_no_half_file_is_left_beside_the_finished_one(plan: Plan) -> None:
    root = Path(default_storage.path(""))
    # A worker that another test killed in the middle of writing may have left one of its own.
    before = set(root.rglob(".unfinished-*"))
    run(Quick())
    assert set(root.rglob(".unfinished-*")) <= before
    assert Path(default_storage.path(only().file)).read_bytes() == CONTENT


@pytest.mark.slow
def test_the_same_calendar_is_asked_for_once(plan: Plan) -> None:
    version = plan.active_version
    assert version is not None
    assert document_services.ask(version, now=plan.state_at).pk == only().pk
    assert Work.objects.filter(queue="documents").count() == 1


def test_a_calendar_that_fails_reading_back_is_kept_reported_and_never_offered(
    clinic: ClinicMade, plan: Plan
) -> None:
    run(Quick(findings=("day_missing",)))
    row = only()
    assert (row.state, row.fault) == ("failed", "read_back:day_missing")
    assert row.file.startswith("refused/")
    with pytest.raises(Refused) as refusal:
        document_services.open_file(clinic.primary, row.pk)
    assert refusal.value.facts["reason"] == "failed"
    item = ReviewItem.objects.get(source="document")
    assert (item.severity, item.facts["fault"]) == ("high", "read_back:day_missing")
    assert Work.objects.get(queue="documents").state == "poison"


@pytest.mark.slow
def test_what_can_never_be_drawn_is_not_tried_again(plan: Plan) -> None:
    assert run(Quick(fault="does_not_fit")).rejected == 1
    assert not run(Quick()).any
    assert (only().state, only().fault) == ("failed", "does_not_fit")


@pytest.mark.slow
def test_a_failed_calendar_can_be_asked_for_again_and_a_good_one_cannot(
    clinic: ClinicMade, plan: Plan
) -> None:
    run(Quick(fault="does_not_fit"))
    document_services.ask_again(by=clinic.primary, document_id=only().pk)
    run(Quick())
    assert only().state == "ready"
    with pytest.raises(Stale):
        document_services.ask_again(by=clinic.primary, document_id=only().pk)
    with pytest.raises(NotAllowed):
        document_services.ask_again(by=clinic.reader, document_id=only().pk)


@pytest.mark.slow
def test_a_drawing_that_dies_is_tried_a_few_times_and_then_set_aside(plan: Plan) -> None:
    for _ in range(CRASHES_ALLOWED):
        Work.objects.update(try_at=None)
        run(Quick(fault="process_died", again=True))
    assert only().state == "failed"
    assert Work.objects.get(queue="documents").state == "poison"
    assert ReviewItem.objects.filter(source="document").count() == 1


def hold(clinic: ClinicMade, plan: Plan) -> None:
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan_row(plan.pk).lock,
        act="hold",
        params={"days": 14},
        note="Waiting.",
    )


@pytest.mark.slow
def test_a_new_version_replaces_the_documents_and_asks_for_its_own(clinic: ClinicMade, plan: Plan) -> None:
    run(Quick())
    first = only()
    hold(clinic, plan)
    run(Quick())
    first.refresh_from_db()
    assert first.state == "replaced"
    rows = document_services.for_plan(clinic.primary, plan.pk)
    assert [(row.version, row.state) for row in rows] == [(2, "ready"), (1, "replaced")]
    with pytest.raises(Refused) as refusal:
        document_services.open_file(clinic.primary, first.pk)
    assert refusal.value.facts["current"] == str(rows[0].id)


@pytest.mark.slow
def test_a_plan_changed_while_its_calendar_is_drawn_leaves_the_old_one_unpublished(
    clinic: ClinicMade, plan: Plan
) -> None:
    quick = Quick()
    inner = quick.draw

    def draw(facts: DocumentFacts, progress: Any) -> Drawn:
        if facts.version == 1:
            hold(clinic, plan)
        return inner(facts, progress)

    quick.draw = draw  # type: ignore[method-assign]  # the moment between claim and publishing
    run(quick)
    states = dict(Document.objects.values_list("version__number", "state"))
    assert states == {1: "replaced", 2: "ready"}


@pytest.mark.slow
def test_the_calendar_of_a_plan_that_is_over_is_not_drawn_and_no_page_waits_for_it(plan: Plan) -> None:
    Plan.objects.update(state="completed")
    assert run(Quick()).skipped == 1
    assert only().state == "replaced"
    assert Work.objects.get(queue="documents").state == "skipped"


def test_a_file_that_is_gone_or_changed_is_drawn_again_and_never_served(
    clinic: ClinicMade, plan: Plan
) -> None:
    run(Quick())
    path = Path(default_storage.path(only().file))
    path.write_bytes(CONTENT.replace(b"made", b"fade"))
    with pytest.raises(Refused) as refusal:
        document_services.open_file(clinic.primary, only().pk)
    assert refusal.value.facts["reason"] == "being_drawn"
    assert document_services.state(clinic.primary, only().pk).state == "asked"
    run(Quick())
    assert document_services.open_file(clinic.primary, only().pk).content == CONTENT


@pytest.mark.slow
def test_a_document_of_another_clinic_does_not_exist(plan: Plan) -> None:
    stranger = make_clinic().primary
    for look_up in (document_services.open_file, document_services.state):
        with pytest.raises(NotFound):
            look_up(stranger, only().pk)
    with pytest.raises(NotFound):
        document_services.for_plan(stranger, plan.pk)


@pytest.mark.slow
def test_the_page_knows_whether_anybody_is_there_to_draw(clinic: ClinicMade, plan: Plan) -> None:
    assert not document_services.state(clinic.primary, only().pk).worker_alive
    heartbeat.beat(heartbeat.worker_name("documents"))
    assert document_services.state(clinic.primary, only().pk).worker_alive


@pytest.mark.slow
def test_progress_is_on_the_row_while_it_is_drawn(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []
    told = document_facts.progress

    def progress(*args: Any) -> bool:
        held = told(*args)
        row = only()
        seen.append((row.state, row.page_now, row.pages_all))
        return held

    monkeypatch.setattr(document_facts, "progress", progress)
    run(Quick())
    assert seen == [("drawing", 1, 3)]


@pytest.mark.slow
def test_a_document_of_a_second_version_knows_the_first(clinic: ClinicMade, plan: Plan) -> None:
    hold(clinic, plan)
    document_services.ask(
        PlanVersion.objects.get(number=2), now=clock.now(), kind="pharmacy", variant="a4-normal-en"
    )
    row = Document.objects.get(version__number=2, kind="pharmacy")
    data = document_facts.facts_of(row.version_id, kind=row.kind, variant=row.variant)
    assert isinstance(data, PharmacyFacts)
    assert (data.version, data.replaces) == (2, 1)
    assert data.previous is not None
    assert replace(data, previous=None).schedule != data.previous
    assert PlanVersion.objects.filter(plan=plan).count() == 2


def test_the_drawing_process_is_the_one_used_by_default() -> None:
    assert present(documents.run.__kwdefaults__)["drawer"] is drawing.Drawer


class Poisoned(Quick):
    """Dies on every document of one patient and draws all others."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def draw(self, facts: DocumentFacts, progress: Any) -> Drawn:
        """What was set, or the end of the process."""
        if facts.patient_name == self.name:
            raise NotDrawn("process_died", again=True)
        return super().draw(facts, progress)


@pytest.mark.slow
def test_others_are_drawn_while_a_poisoned_input_fails_and_it_ends_after_a_bounded_number_of_tries(
    clinic: ClinicMade, plan: Plan
) -> None:
    drawer = Poisoned(plan.patient.name)
    for tries in range(1, CRASHES_ALLOWED + 1):
        other = issue_story_plan(clinic.primary, make_patient(clinic.primary))
        # The poisoned one comes first each time.
        Work.objects.filter(document__plan=plan).update(try_at=None)
        counts = run(drawer)
        assert (counts.sent, counts.crashed) == (1, 1)
        assert Document.objects.get(plan=other).state == "ready"
        assert Document.objects.get(plan=plan).state == ("failed" if tries == CRASHES_ALLOWED else "drawing")
    assert not run(drawer).any
    assert ReviewItem.objects.get(plan=plan).facts["code"] == "document_failed"
