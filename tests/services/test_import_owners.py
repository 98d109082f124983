"""Whose the patients of an imported caseload are: by the file, else as chosen for all, else nobody's yet."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import Refused, Stale
from plans.models import AuditEvent, Membership, Patient, User
from plans.services import imports, owners
from plans.services.actors import Actor
from plans.services.imports import making
from tests.makers import ClinicMade, make_clinic
from tests.services.test_imports import HEAD, form_of, line

pytestmark = pytest.mark.django_db


def address(actor: Actor) -> str:
    return User.objects.get(pk=actor.member_id).email


def upload(by: Actor, *rows: tuple[int, str]) -> Any:
    """A file whose last column is the owner."""
    lines = [f"{line(n)},{owner}" for n, owner in rows]
    return imports.upload(by=by, raw="\n".join([f"{HEAD},owner", *lines, ""]).encode())


def give(by: Actor, key: Any, owner_id: Any) -> None:
    """Choose the owner of those for whom the file says nothing."""
    columns = imports.import_file(by, key).columns
    imports.set_columns(
        by=by, import_id=key, columns=columns, order=DayOrder.UNSAID, looked=False, owner_id=owner_id
    )


def make_all(by: Actor, key: Any) -> int:
    shown = imports.dry_run(by, key).digest
    return imports.make_all(by=by, import_id=key, shown=shown, form_of=form_of)


def owned() -> dict[str, Any]:
    return dict(Patient.objects.values_list("record_no", "owner_id"))


def leave(actor: Actor) -> None:
    Membership.objects.filter(user_id=actor.member_id).update(is_active=False)


def test_the_file_says_it_else_the_one_for_all_else_nobody(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, (1, f" {address(clinic.second).upper()} "), (2, ""))
    give(clinic.lead, key, clinic.primary.member_id)
    make_all(clinic.lead, key)
    assert owned() == {"TP-1": clinic.second.member_id, "TP-2": clinic.primary.member_id}
    added = AuditEvent.objects.filter(act="patient.added").order_by("id")
    assert [event.facts.get("owner") for event in added] == [
        str(clinic.second.member_id),
        str(clinic.primary.member_id),
    ]
    make_all(clinic.lead, upload(clinic.lead, (3, "")))
    assert owned()["TP-3"] is None


def test_an_import_in_parts_gives_every_patient_their_owner(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 1)
    key = upload(clinic.lead, (1, ""), (2, address(clinic.second)))
    give(clinic.lead, key, clinic.primary.member_id)
    imports.begin(by=clinic.lead, import_id=key, shown=imports.dry_run(clinic.lead, key).digest)
    while imports.go_on(by=clinic.lead, import_id=key, form_of=form_of):
        pass
    assert owned() == {"TP-1": clinic.primary.member_id, "TP-2": clinic.second.member_id}


@pytest.mark.parametrize("who", ["staff", "reader", "stranger", "nobody", "left"])
def test_somebody_who_does_not_plan_here_is_refused_at_the_line(clinic: ClinicMade, who: str) -> None:
    if who == "left":
        leave(clinic.second)
    found = {
        "staff": lambda: address(clinic.staff),
        "reader": lambda: address(clinic.reader),
        "stranger": lambda: address(make_clinic().primary),
        "nobody": lambda: "nobody@mail.example.org",
        "left": lambda: address(clinic.second),
    }[who]()
    run = imports.dry_run(clinic.lead, upload(clinic.lead, (1, ""), (2, found)))
    assert [one.record_no for one in run.new] == ["TP-1"]
    (problem,) = run.problems
    assert (problem.line, problem.column) == (3, "owner")
    assert problem.error.facts == {"why": "owner_unknown", "raw": found}


def test_what_is_no_address_is_refused_at_the_line(clinic: ClinicMade) -> None:
    (problem,) = imports.dry_run(clinic.lead, upload(clinic.lead, (1, "Dr Jones"))).problems
    assert (problem.line, problem.column) == (2, "owner")


def test_only_who_plans_here_can_be_chosen_for_all(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, (1, ""))
    for owner_id in (clinic.staff.member_id, make_clinic().primary.member_id, uuid4()):
        with pytest.raises(Refused) as refusal:
            give(clinic.lead, key, owner_id)
        assert refusal.value.facts["reason"] == "not_a_candidate"
    assert imports.import_file(clinic.lead, key).owner_id is None


def test_another_owner_is_not_what_was_shown(clinic: ClinicMade) -> None:
    key = upload(clinic.lead, (1, ""))
    shown = imports.dry_run(clinic.lead, key).digest
    give(clinic.lead, key, clinic.primary.member_id)
    with pytest.raises(Stale):
        imports.make_all(by=clinic.lead, import_id=key, shown=shown, form_of=form_of)


def test_who_left_before_it_began_is_refused_and_who_left_during_it_gets_no_more(
    clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 1)
    key = upload(clinic.lead, (1, ""), (2, ""))
    give(clinic.lead, key, clinic.second.member_id)
    shown = imports.dry_run(clinic.lead, key).digest
    leave(clinic.second)
    with pytest.raises(Refused) as refusal:
        imports.begin(by=clinic.lead, import_id=key, shown=shown)
    assert refusal.value.facts["reason"] == "not_a_candidate"
    give(clinic.lead, key, clinic.primary.member_id)
    imports.begin(by=clinic.lead, import_id=key, shown=imports.dry_run(clinic.lead, key).digest)
    imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    leave(clinic.primary)
    imports.go_on(by=clinic.lead, import_id=key, form_of=form_of)
    assert owned() == {"TP-1": clinic.primary.member_id, "TP-2": None}


def test_who_is_here_keeps_their_owner_and_is_not_refused_for_it(clinic: ClinicMade) -> None:
    make_all(clinic.lead, upload(clinic.lead, (1, address(clinic.second))))
    patient = Patient.objects.get()
    owners.set_owner(by=clinic.lead, patient_id=patient.pk, owner_id=clinic.primary.member_id)
    run = imports.dry_run(clinic.lead, upload(clinic.lead, (1, address(clinic.second))))
    assert (run.known, run.new, run.problems) == (1, (), ())
    assert owned() == {"TP-1": clinic.primary.member_id}
