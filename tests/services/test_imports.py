"""Importing a caseload: the dry run, all or nothing, batches, the file's end, and who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.dispatch import upkeep
from plans.domain.caseload_file.problems import BadFile
from plans.domain.caseload_file.states import ImportState
from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.models import AuditEvent, CaseloadImport, Patient, Plan, Work
from plans.services import clock, imports, people
from plans.services.actors import Actor
from plans.services.imports import making
from plans.services.plans import drafts
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db

HEAD = "record number,name,date of birth,reason,months,phone,e-mail,drug,night,days,total"


def line(n: int, **changes: str) -> str:
    cells = {
        "number": f"TP-{n}", "name": f"Quill Testcase{n}", "born": "1979-03-14", "reason": "panic", "months": "36",
        "phone": "555-0142", "email": f"quill{n}@mail.example.org", "drug": "clonazepam", "night": "1.5", "days": "14",
        "total": "1.25",
    }  # fmt: skip
    return ",".join({**cells, **changes}.values())


def text_of(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


def form_of(one: Any) -> dict[str, list[str]]:
    return {"method": ["typed"], "steps": [str(len(one.steps))]}


def upload(by: Actor, *lines: str) -> Any:
    return imports.upload(by=by, raw=text_of(*lines).encode())


def shown(by: Actor, key: Any) -> str:
    return imports.dry_run(by, key).digest


def make_all(by: Actor, key: Any) -> int:
    return imports.make_all(by=by, import_id=key, shown=shown(by, key), form_of=form_of)


def whys(by: Actor, key: Any) -> list[tuple[int, str]]:
    return [(one.line, str(one.error.facts["why"])) for one in imports.dry_run(by, key).problems]


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("act", flat=True))


def test_looking_at_what_would_be_made_makes_nothing(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2))
    run = imports.dry_run(clinic.lead, key)
    assert (len(run.new), run.drafts, run.known, run.problems) == (2, 2, 0, ())
    assert not Patient.objects.exists()


def test_all_are_made_as_if_by_hand_and_nothing_is_sent_or_issued(clinic: ClinicMade) -> None:
    before = len(acts())
    key = upload(clinic.lead, line(1, total="", days=""), line(2))
    assert make_all(clinic.lead, key) == 2
    one = Patient.objects.get(record_no="TP-1")
    assert (one.email_state, one.email_confirmed_at, one.consent_version, one.owner) == (
        "unconfirmed",
        None,
        "",
        None,
    )
    assert people.patient_card(clinic.lead, one.pk).name == "Quill Testcase1"
    assert set(Plan.objects.values_list("state", flat=True)) == {"draft"}
    assert Plan.objects.get(patient__record_no="TP-2").draft == {"method": ["typed"], "steps": ["1"]}
    assert not Work.objects.exists()
    assert acts()[before:] == [
        "patient.added", "patient.added", "plan.draft_saved", "plan.draft_saved", "clinic.caseload_imported",
    ]  # fmt: skip


def test_an_imported_address_is_asked_for_when_the_first_plan_is_issued(clinic: ClinicMade) -> None:
    make_all(clinic.lead, upload(clinic.lead, line(1, drug="", night="", days="", total="")))
    patient = Patient.objects.get()
    with pytest.raises(Refused) as refused:
        issue_story_plan(clinic.primary, patient)
    assert refused.value.facts["reason"] == "no_consent"
    card = people.patient_card(clinic.primary, patient.pk)
    assert "conditions" in card.to_ask
    data = replace(people.data_of(card), consent_version="1", consent_on=clock.today(patient.zone), to_ask=())
    people.update_patient(by=clinic.primary, patient_id=patient.pk, seen_version=card.version, data=data)
    # the draft of the plan that was refused for want of consent
    draft = drafts.load(clinic.primary, patient_id=patient.pk)
    assert draft is not None
    drafts.discard_draft(by=clinic.primary, patient_id=patient.pk, seen_lock=draft.lock)
    issue_story_plan(clinic.primary, Patient.objects.get())
    assert Work.objects.filter(notice="confirm_address").count() == 1
    assert Patient.objects.get().owner_id == clinic.primary.member_id


def test_an_address_that_was_asked_for_is_not_asked_for_again_by_a_plan(clinic: ClinicMade) -> None:
    issue_story_plan(clinic.primary, make_patient(clinic.primary, confirmed=False))
    assert Work.objects.filter(notice="confirm_address").count() == 1


def test_the_trail_of_the_clinic_has_the_counts_and_the_files_digest(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2))
    digest = CaseloadImport.objects.get().digest
    make_all(clinic.lead, key)
    facts = AuditEvent.objects.get(act="clinic.caseload_imported").facts
    assert (facts["made"], facts["drafts"], facts["known"], facts["sha256"]) == (2, 2, 0, digest)


def test_the_file_is_given_up_as_soon_as_the_import_is_finished(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1))
    assert "Quill" in CaseloadImport.objects.get().content
    make_all(clinic.lead, key)
    assert CaseloadImport.objects.get().content == ""
    assert imports.import_file(clinic.lead, key).table is None


def test_the_same_file_twice_changes_nothing(clinic: ClinicMade) -> None:
    make_all(clinic.lead, upload(clinic.lead, line(1), line(2)))
    before = list(Patient.objects.order_by("id").values()), list(Plan.objects.order_by("id").values()), acts()
    key = upload(clinic.lead, line(1), line(2))
    run = imports.dry_run(clinic.lead, key)
    assert (run.new, run.known, run.problems) == ((), 2, ())
    assert make_all(clinic.lead, key) == 0
    after = list(Patient.objects.order_by("id").values()), list(Plan.objects.order_by("id").values()), acts()
    assert after == before


def test_a_known_patient_with_other_entries_is_refused_and_never_overwritten(clinic: ClinicMade) -> None:
    make_all(clinic.lead, upload(clinic.lead, line(1)))
    key = upload(clinic.lead, line(1, number="tp-1", phone="555-0199", months="40"), line(2))
    run = imports.dry_run(clinic.lead, key)
    [problem] = run.problems
    assert (problem.line, problem.error.facts["fields"]) == (2, ["duration_months", "phone"])
    with pytest.raises(Refused) as refused:
        make_all(clinic.lead, key)
    assert refused.value.facts["reason"] == "has_errors"
    imports.begin(by=clinic.lead, import_id=key, shown=run.digest)
    assert not imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert Patient.objects.get(record_no="TP-1").phone == "555-0142"
    assert Patient.objects.filter(record_no="TP-2").exists()


def test_what_the_file_does_not_name_is_not_compared(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary, record_no="TP-1", name="Quill Testcase1", notes="Of the clinic.")
    key = upload(
        clinic.lead, line(1, email=patient.email, reason=patient.indication, phone=patient.phone, months="36")
    )
    run = imports.dry_run(clinic.lead, key)
    assert (run.known, run.problems) == (1, ())


def test_all_or_nothing_makes_nothing_while_a_row_has_a_problem(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2, born="03/04/1979"))
    with pytest.raises(Refused):
        make_all(clinic.lead, key)
    assert not Patient.objects.exists()
    assert whys(clinic.lead, key) == [(3, "day_ambiguous")]


def test_all_or_nothing_makes_nothing_if_the_last_draft_fails(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2))

    def fails(one: Any) -> dict[str, list[str]]:
        if one.record_no == "TP-2":
            raise RuntimeError
        return {}

    with pytest.raises(RuntimeError):
        imports.make_all(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key), form_of=fails)
    assert not Patient.objects.exists()
    assert CaseloadImport.objects.get().state == ImportState.BEING_CHECKED


def test_the_rows_without_problems_are_made_by_choice(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2, born="03/04/1979"), line(3))
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    assert not imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert sorted(Patient.objects.values_list("record_no", flat=True)) == ["TP-1", "TP-3"]
    found = imports.import_file(clinic.lead, key)
    assert (found.made, found.drafts, found.known, found.left_out) == (2, 2, 0, 1)


@pytest.mark.slow
def test_an_import_that_was_interrupted_is_gone_on_with_and_makes_nobody_twice(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 2)
    key = upload(clinic.lead, *(line(n) for n in range(5)))
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    assert imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert [one.made for one in imports.unfinished(clinic.lead)] == [2]
    # another lead, another day's browser
    assert imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert not imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert not imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert Patient.objects.count() == Plan.objects.count() == 5
    found = imports.import_file(clinic.lead, key)
    assert (found.total, found.made, found.known, found.left_out) == (5, 5, 0, 0)
    assert acts().count("clinic.caseload_imported") == 1
    assert imports.unfinished(clinic.lead) == ()


def test_what_is_made_is_what_was_shown(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2))
    seen = shown(clinic.lead, key)
    make_patient(clinic.primary, record_no="TP-2")
    for act in (
        lambda: imports.make_all(by=clinic.lead, import_id=key, shown=seen, form_of=form_of),
        lambda: imports.begin(by=clinic.lead, import_id=key, shown=seen),
    ):
        with pytest.raises(Stale):
            act()
    assert not Patient.objects.filter(record_no="TP-1").exists()


def test_a_number_given_at_the_same_moment_undoes_the_batch_which_is_tried_anew(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = upload(clinic.lead, line(1), line(2))
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    make_patient(clinic.primary, record_no="tp-2", email="other@mail.example.org", name="Other Mockford")
    with monkeypatch.context() as before_it_was_committed:
        before_it_was_committed.setattr("plans.services.imports.judging._here", lambda _row, _found: {})
        with pytest.raises(Refused) as refused:
            imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert refused.value.facts["reason"] == "record_no_taken"
    assert not Patient.objects.filter(record_no="TP-1").exists()
    assert not imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert Patient.objects.filter(record_no="TP-1").exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "Quill Testcase1", "email": ""}, "same_person"),
        ({"born": "1980-01-01", "email": "QUILL1@mail.example.org"}, "shared_mailbox"),
    ],
)
def test_who_may_be_somebody_here_is_refused_until_a_person_has_looked(
    clinic: ClinicMade, changes: dict[str, str], why: str
) -> None:
    make_all(clinic.lead, upload(clinic.lead, line(1)))
    key = upload(clinic.lead, line(2, **changes))
    assert whys(clinic.lead, key) == [(2, why)]
    assert imports.dry_run(clinic.lead, key).alike
    found = imports.import_file(clinic.lead, key)
    imports.set_columns(
        by=clinic.lead, import_id=key, columns=found.columns, order=DayOrder.UNSAID, looked=True
    )
    assert whys(clinic.lead, key) == []
    assert make_all(clinic.lead, key) == 1


def test_two_rows_of_one_person_are_refused_at_the_second(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1), line(2, name="Quill Testcase1"))
    assert whys(clinic.lead, key) == [(3, "same_person_in_file")]


def test_another_clinics_patients_are_never_matched_and_its_imports_never_found(clinic: ClinicMade) -> None:
    other = make_clinic()
    make_all(other.lead, upload(other.lead, line(1)))
    key = upload(clinic.lead, line(1))
    run = imports.dry_run(clinic.lead, key)
    assert (len(run.new), run.known, run.problems) == (1, 0, ())
    assert make_all(clinic.lead, key) == 1
    for act in (
        lambda: imports.import_file(other.lead, key),
        lambda: imports.dry_run(other.lead, key),
        lambda: imports.go_on(by=other.lead, import_id=key, form_of=form_of),
        lambda: imports.discard(by=other.lead, import_id=key),
    ):
        with pytest.raises(NotFound):
            act()


def test_only_a_lead_may_import(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1))
    seen = shown(clinic.lead, key)
    for actor in (clinic.primary, clinic.staff, clinic.reader):
        for act in (
            lambda actor=actor: upload(actor, line(1)),
            lambda actor=actor: imports.dry_run(actor, key),
            lambda actor=actor: imports.make_all(by=actor, import_id=key, shown=seen, form_of=form_of),
            lambda actor=actor: imports.begin(by=actor, import_id=key, shown=seen),
            lambda actor=actor: imports.unfinished(actor),
            lambda actor=actor: imports.discard(by=actor, import_id=key),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert not Patient.objects.exists()


def test_columns_are_said_once_and_not_after_it_has_begun(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, line(1))
    columns = imports.import_file(clinic.lead, key).columns
    say: Any = {"by": clinic.lead, "import_id": key, "order": DayOrder.UNSAID, "looked": False}
    assert not imports.set_columns(columns=columns, **say)
    assert imports.set_columns(columns=["", *columns[1:]], **say)
    assert imports.dry_run(clinic.lead, key).missing == ("record_no",)
    with pytest.raises(Refused):
        imports.begin(by=clinic.lead, import_id=key, shown="")
    assert imports.set_columns(columns=columns, **say)
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    with pytest.raises(Refused):
        imports.set_columns(columns=["", *columns[1:]], **say)


def test_an_import_that_has_not_begun_does_not_go_on(clinic: ClinicMade) -> None:
    with pytest.raises(Refused):
        imports.go_on(by=clinic.lead, import_id=upload(clinic.lead, line(1)), form_of=form_of)
    assert not Patient.objects.exists()


def test_discarding_deletes_the_file_and_keeps_who_was_made(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 1)
    key = upload(clinic.lead, line(1), line(2))
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert imports.discard(by=clinic.lead, import_id=key) == 1
    assert not CaseloadImport.objects.exists()
    assert Patient.objects.count() == 1
    assert AuditEvent.objects.get(act="clinic.caseload_imported").facts["made"] == 1


def test_a_file_is_deleted_after_a_day_by_upkeep(clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BATCH", 1)
    key = upload(clinic.lead, line(1), line(2))
    imports.begin(by=clinic.lead, import_id=key, shown=shown(clinic.lead, key))
    imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    with time_machine.travel(clock.real_now() + timedelta(hours=23)):
        assert imports.forget() == 0
    assert "imports" in upkeep._STEPS
    with time_machine.travel(clock.real_now() + timedelta(hours=25)):
        assert imports.forget() == 1
        assert imports.forget() == 0
    assert not CaseloadImport.objects.exists()
    [event] = AuditEvent.objects.filter(act="clinic.caseload_imported")
    assert (event.actor_kind, event.clinic_id, event.facts["made"]) == ("system", clinic.id, 1)


def test_a_file_that_cannot_be_read_is_not_kept(clinic: ClinicMade) -> None:
    for raw in (b"", b"PK\x03\x04", b"name\n", b'name\n"A\n'):
        with pytest.raises(BadFile):
            imports.upload(by=clinic.lead, raw=raw)
    assert not CaseloadImport.objects.exists()


@pytest.mark.slow
def test_two_thousand_rows_take_few_queries(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, *(line(n) for n in range(2_000)))
    with CaptureQueriesContext(
        connection,
    ) as looked:
        seen = shown(clinic.lead, key)
    with CaptureQueriesContext(connection) as made:
        assert imports.make_all(by=clinic.lead, import_id=key, shown=seen, form_of=form_of) == 2_000
    assert len(looked) <= 6
    # patients, drafts and their events are written by the thousand
    assert len(made) <= 40
