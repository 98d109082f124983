"""Documents beside the calendar: asked for, drawn by the same worker, redrawn all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from plans.dispatch import documents
from plans.documents.kinds import read_back
from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import Clinic, Document, Plan, Work
from plans.services import documents as document_services
from plans.services import drawing, outbox, people, visits
from plans.services.documents import redraws
from plans.services.patient_cards import data_of
from tests.dispatch.test_documents import Quick, hold
from tests.makers import ClinicMade, make_clinic
from tests.present import present

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


def asked(clinic: ClinicMade, plan: Plan, **look: str) -> Document:
    said = {
        "kind": "calendar" if "size" in look else "pharmacy",
        "paper": "a4",
        "size": "normal",
        "language": "en",
    }
    said |= look
    return Document.objects.get(pk=document_services.ask_for(by=clinic.primary, plan_id=plan.pk, **said))


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"kind": "pharmacy"},
        {"kind": "pharmacy", "language": "es", "size": "large", "paper": "letter"},
        {"kind": "summary"},
        {"kind": "summary", "language": "es", "size": "large"},
        {"kind": "calendar", "paper": "letter", "size": "largelowink", "language": "es"},
    ],
    ids=str,
)
def test_every_document_is_drawn_by_a_worker_and_reads_back(
    clinic: ClinicMade, plan: Plan, look: dict[str, str]
) -> None:
    Work.objects.update(state="cancelled")
    row = asked(clinic, plan, **look)
    assert documents.run().sent == 1
    found = document_services.open_file(clinic.primary, row.pk)
    facts = drawing.facts_of(row.version_id, kind=row.kind, variant=row.variant)
    assert read_back(found.content, facts) == ()
    assert found.filename == f"{row.kind}-v1.pdf"


@pytest.mark.slow
def test_the_same_document_asked_for_twice_is_one(clinic: ClinicMade, plan: Plan) -> None:
    assert asked(clinic, plan).pk == asked(clinic, plan).pk


@pytest.mark.slow
def test_who_may_not_plan_may_not_ask_and_a_stranger_finds_no_plan(clinic: ClinicMade, plan: Plan) -> None:
    said = {"kind": "pharmacy", "paper": "a4", "size": "normal", "language": "en"}
    with pytest.raises(NotAllowed):
        document_services.ask_for(by=clinic.reader, plan_id=plan.pk, **said)
    with pytest.raises(NotFound):
        document_services.ask_for(by=make_clinic().primary, plan_id=plan.pk, **said)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [{"kind": "x"}, {"paper": "a5"}, {"size": ""}, {"language": "fr"}], ids=str)
def test_an_unknown_document_option_is_refused_at_its_field(
    clinic: ClinicMade, plan: Plan, wrong: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        asked(clinic, plan, **wrong)
    assert refused.value.where == next(iter(wrong))


@pytest.mark.slow
def test_a_new_version_asks_for_the_same_documents_but_no_summary_of_the_day_before(
    clinic: ClinicMade, plan: Plan
) -> None:
    asked(clinic, plan)
    asked(clinic, plan, kind="summary")
    hold(clinic, plan)
    kinds = Document.objects.filter(version__number=2).values_list("kind", flat=True)
    assert sorted(kinds) == ["calendar", "pharmacy"]
    assert not Document.objects.filter(version__number=1).exclude(state="replaced").exists()


def run_all(clinic: ClinicMade) -> int:
    """Begin, and ask for the first page without drawing it."""
    assert document_services.redraw_clinic(by=clinic.lead, clinic_id=clinic.lead.home)
    return ask_page()


def ask_page() -> int:
    Work.objects.filter(notice="redraw", state="pending").update(due_at=OLDEST)
    (claim,) = outbox.claim_batch("documents", 1)
    return redraws.ask_page(claim)


@pytest.mark.slow
def test_all_documents_are_drawn_again_and_the_page_knows_how_far(clinic: ClinicMade, plan: Plan) -> None:
    documents.run(drawer=Quick())
    assert document_services.redrawing(by=clinic.lead, clinic_id=clinic.lead.home) is None
    run_all(clinic)
    begun = document_services.redrawing(by=clinic.lead, clinic_id=clinic.lead.home)
    assert begun is not None
    assert (begun.all, begun.ready, begun.waiting, begun.over) == (1, 0, 1, False)
    documents.run(drawer=Quick())
    ended = document_services.redrawing(by=clinic.lead, clinic_id=clinic.lead.home)
    assert ended is not None
    assert (ended.ready, ended.over) == (1, True)


@pytest.mark.slow
def test_stopping_offers_the_documents_again_as_they_were(clinic: ClinicMade, plan: Plan) -> None:
    documents.run(drawer=Quick())
    before = Document.objects.get().sha256
    run_all(clinic)
    assert document_services.cancel_redrawing(by=clinic.lead, clinic_id=clinic.lead.home) == 1
    assert not documents.run(drawer=Quick()).any
    assert document_services.open_file(clinic.primary, Document.objects.get().pk).sha256 == before


@pytest.mark.slow
def test_a_document_that_was_never_drawn_is_drawn_even_if_the_run_is_stopped(
    clinic: ClinicMade, plan: Plan
) -> None:
    run_all(clinic)
    assert document_services.cancel_redrawing(by=clinic.lead, clinic_id=clinic.lead.home) == 0
    assert documents.run(drawer=Quick()).sent == 1


@pytest.mark.slow
def test_a_clinic_with_many_documents_is_asked_for_in_pages_and_can_be_stopped_between_them(
    clinic: ClinicMade, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("large", "lowink", "largelowink"):
        asked(clinic, plan, size=size)
    documents.run(drawer=Quick())
    monkeypatch.setattr(redraws, "_PAGE", 2)
    assert run_all(clinic) == 2
    begun = document_services.redrawing(by=clinic.lead, clinic_id=clinic.lead.home)
    assert begun is not None
    assert (begun.all, begun.waiting, begun.over) == (4, 4, False)
    assert not document_services.redraw_clinic(by=clinic.lead, clinic_id=clinic.lead.home)
    assert document_services.cancel_redrawing(by=clinic.lead, clinic_id=clinic.lead.home) == 2
    assert Document.objects.filter(state="ready").count() == 4
    assert not documents.run(drawer=Quick()).any
    assert run_all(clinic) == 2
    assert documents.run(drawer=Quick()).sent == 4
    ended = document_services.redrawing(by=clinic.lead, clinic_id=clinic.lead.home)
    assert ended is not None
    assert (ended.ready, ended.over) == (4, True)


@pytest.mark.slow
def test_only_who_manages_the_clinic_may_draw_all_again(clinic: ClinicMade, plan: Plan) -> None:
    with pytest.raises(NotAllowed):
        document_services.redraw_clinic(by=clinic.reader, clinic_id=clinic.lead.home)
    with pytest.raises(NotFound):
        document_services.redraw_clinic(by=make_clinic().lead, clinic_id=clinic.lead.home)


@pytest.mark.slow
def test_the_command_draws_all_with_the_new_telephone_number(clinic: ClinicMade, plan: Plan) -> None:
    documents.run()
    before = Document.objects.get().sha256
    Clinic.objects.update(phone="555-0199")
    out, err = StringIO(), StringIO()
    call_command("draw_documents", "--all", stdout=out, stderr=err)
    row = Document.objects.get()
    assert (row.state, row.sha256 == before) == ("ready", False)
    assert Path(default_storage.path(row.file)).exists()
    assert "1 drawn, 0 could not be drawn" in out.getvalue()
    assert "1 of 1 documents" in err.getvalue()


@pytest.mark.parametrize("argv", [[], ["--all", "--clinic", "x"], ["--clinic", "nobody"]])
def test_the_command_says_what_it_needs(db: Any, argv: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("draw_documents", *argv)


@pytest.mark.slow
def test_a_drawn_document_checks_against_its_version(clinic: ClinicMade, plan: Plan, capsys: Any) -> None:
    from plans.management.commands.check_document import Command

    documents.run()
    row = Document.objects.get()
    path = default_storage.path(row.file)
    Command().run_from_argv(["manage.py", "check_document", path, str(row.version_id)])
    assert "nothing wrong" in capsys.readouterr().out


def check(capsys: Any, path: Any, row: Document, *options: str) -> tuple[int, str]:
    """Exit status and what was said."""
    from plans.management.commands.check_document import Command

    capsys.readouterr()
    ended = 0
    try:
        Command().run_from_argv(["manage.py", "check_document", str(path), str(row.version_id), *options])
    except SystemExit as end:
        ended = int(str(end.code))
    told = capsys.readouterr()
    return ended, told.out + told.err


@pytest.mark.slow
@pytest.mark.parametrize("size", [(), ("--large",)], ids=["normal", "large"])
def test_a_visit_summary_checks_against_its_version_by_the_day_it_says_itself(
    clinic: ClinicMade, plan: Plan, capsys: Any, tmp_path: Path, size: tuple[str, ...]
) -> None:
    row = asked(clinic, plan, kind="summary", size="large" if size else "normal")
    documents.run()
    row.refresh_from_db()
    path, options = default_storage.path(row.file), ("--kind", "summary", *size)
    assert "nothing wrong" in check(capsys, path, row, *options)[1]
    day = row.variant.partition("@")[2]
    assert "nothing wrong" in check(capsys, path, row, *options, "--day", day)[1]
    ended, said = check(capsys, path, row, *options, "--day", "2020-01-01")
    assert (ended, "There is no such document" in said) == (2, True)
    ended, said = check(capsys, path, row, *options, "--language", "es")
    assert (ended, "unknown_day" in said) == (2, True)
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(Path(path).read_bytes()[:-400])
    assert check(capsys, torn, row, *options, "--day", day)[0] == 1


class Interrupted(Quick):
    """Something happens while the first calendar is being drawn."""

    def __init__(self, meanwhile: Any) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.seen: list[tuple[Any, ...]] = []

    def draw(self, facts: Any, progress: Any) -> Any:
        """Note what was drawn."""
        self.seen.append(facts.follow_up)
        if len(self.seen) == 1:
            self.meanwhile()
        return self.drawn


@pytest.mark.slow
def test_a_visit_planned_while_the_calendar_is_drawn_stands_on_the_one_that_is_offered(
    clinic: ClinicMade, plan: Plan
) -> None:
    day = present(plan.active_version).made_on + timedelta(days=14)
    drawer = Interrupted(
        lambda: visits.plan_visit(
            by=clinic.staff, patient_id=plan.patient_id, on=day, at=None, with_whom="Dr Sampleton"
        )
    )
    counts = documents.run(drawer=drawer)
    assert (counts.lost, counts.sent, drawer.seen) == (1, 1, [(), (day,)])
    assert Document.objects.get(plan=plan).state == "ready"


@pytest.mark.slow
def test_a_change_of_what_stands_on_documents_draws_them_anew_and_a_new_language_its_own(
    clinic: ClinicMade, plan: Plan
) -> None:
    asked(clinic, plan)
    documents.run(drawer=Quick())
    card = people.patient_card(clinic.primary, plan.patient_id)
    people.update_patient(
        by=clinic.primary,
        patient_id=plan.patient_id,
        seen_version=card.version,
        data=replace(data_of(card), name="Quill Newname", language="es"),
    )
    assert set(Document.objects.values_list("kind", "variant", "state")) == {
        ("calendar", "a4-normal-en", "asked"),
        ("calendar", "a4-normal-es", "asked"),
        ("pharmacy", "a4-normal-en", "asked"),
    }
    assert document_services.current_for_patient(Plan.objects.get(pk=plan.pk)).state == "asked"
