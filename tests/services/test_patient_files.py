"""Patients' files: made here, read in another installation, refused when they were changed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.patient_file import archive
from plans.domain.patient_file.problems import BadPatientFile
from plans.domain.patient_file.signature import PartnerKey, SignatureState
from plans.domain.people import ContactHow
from plans.models import (
    AuditEvent,
    CheckIn,
    Clinic,
    Document,
    DoseMark,
    Link,
    Occasion,
    Patient,
    PatientFile,
    Plan,
    PlanVersion,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services import clock, patient_files
from plans.services.caseload import projection
from plans.services.checkins import replay, sessions
from plans.services.patient_files import Entering
from plans.services.plans import queries, revise
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_care import record, set_care
from tests.makers_checkins import START, Asked, answer_all, asked, on
from tests.makers_plans import issue_story_plan
from tests.present import present

pytestmark = pytest.mark.django_db
KEY = PartnerKey("Lakeside", b"k" * 40)


@pytest.fixture
def shared(settings: Any) -> None:
    """A key that both installations have."""
    settings.PARTNER_KEYS = [KEY]


@pytest.fixture
def other(db: None) -> ClinicMade:
    """A clinic that stands for another installation: it shares nothing with the first but the key."""
    return make_clinic(name="Lakeside Clinic", zone="America/Chicago")


@pytest.fixture
def story() -> Any:
    """A patient who answered a check-in, ticked a dose and took another dose, in a plan of two versions."""
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link))
    with on(made.occasion.due_at + timedelta(hours=1)):
        plan = Plan.objects.get(pk=made.plan.pk)
        revise.revise(
            by=made.clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, act="hold", note="Heat wave.",
            params={"from": (START.date() + timedelta(days=3)).isoformat(), "days": 7},
        )  # fmt: skip
        DoseMark.objects.create(
            clinic_id=made.clinic.id, patient=made.patient, plan=plan, on=START.date(), time="morning",
            drug="clonazepam", how="planned", marked_at=clock.now(),
        )  # fmt: skip
        record(made.clinic.primary, plan, "night clonazepam 1", from_day=START.date())
        yield made


_kept: dict[str, bytes] = {}


@pytest.fixture
def raw(shared: None, request: pytest.FixtureRequest) -> bytes:
    """The story's file, made once a process: whoever alters its bytes needs no story beside it."""
    if not _kept:
        _kept["raw"] = made_of(request.getfixturevalue("story")).content
    return _kept["raw"]


def reason(refused: Any) -> str:
    return str(refused.value.facts["reason"])


def made_of(story: Asked, partner: str = "Lakeside") -> patient_files.MadeFile:
    return patient_files.make(by=story.clinic.primary, patient_id=story.patient.pk, partner=partner)


def altered(raw: bytes, change: Callable[[dict[str, Any]], None], key: PartnerKey | None = KEY) -> bytes:
    """A file whose record says something else, signed again by whoever changed it."""
    found = archive.unpack(raw)
    changed = json.loads(found.text)
    change(changed)
    titles = [one["title"] for one in changed.pop("documents")]
    return archive.pack({**changed, "documents": titles}, found.documents, key)


def read_in(other: ClinicMade, raw: bytes, **changes: Any) -> Patient:
    file_id = patient_files.upload(by=other.primary, raw=raw)
    said = replace(Entering(record_no="LK-1", zone="America/Chicago"), **changes)
    return Patient.objects.get(pk=patient_files.enter(by=other.primary, file_id=file_id, asked=said))


@pytest.mark.slow
@pytest.mark.usefixtures("shared", "caseload_rows")
def test_a_file_goes_on_where_the_plan_was_with_answers_and_history(story: Asked, other: ClinicMade) -> None:
    made = made_of(story)
    file_id = patient_files.upload(by=other.primary, raw=made.content)
    seen = patient_files.patient_file(other.primary, file_id)
    assert (seen.signature, seen.partner) == (SignatureState.VALID, "Lakeside")
    assert (seen.name, seen.clinic) == (story.patient.name, Clinic.objects.get(pk=story.clinic.id).name)
    assert (seen.live, seen.plans, seen.versions, seen.answered) == (True, 1, 2, 1)
    assert any("issued the plan" in line.what for line in seen.history)
    assert not Patient.objects.filter(clinic_id=other.id).exists()
    patient = Patient.objects.get(
        pk=patient_files.enter(
            by=other.primary, file_id=file_id, asked=Entering(record_no="LK-1", zone="America/Chicago")
        )
    )
    assert (patient.clinic_id, patient.owner_id, patient.record_no) == (other.id, other.primary.id, "LK-1")
    plan = Plan.objects.get(patient=patient)
    there = Plan.objects.get(pk=story.plan.pk)
    for name in ("state", "drugs", "last_day", "ends_at_zero", "goal_on", "held_until"):
        assert getattr(plan, name) == getattr(there, name), name
    assert texts(plan) == texts(there)
    page = queries.plan_page(other.primary, plan.pk)
    assert [row.by for row in page.versions] == [story.clinic.primary.name] * 2
    assert page.schedule.steps == queries.plan_page(story.clinic.primary, there.pk).schedule.steps
    (answered,) = CheckIn.objects.filter(patient=patient)
    assert answered.answers == CheckIn.objects.get(patient=story.patient).answers
    assert present(answered.occasion).purpose == "baseline"
    assert DoseMark.objects.filter(patient=patient).count() == 1
    assert (
        TakenDose.objects.get(patient=patient).regimen == TakenDose.objects.get(patient=story.patient).regimen
    )
    assert Occasion.objects.filter(patient=patient, state="planned").exists()
    assert Document.objects.filter(patient=patient, state="asked").exists()
    assert projection.compare([patient.pk], clock.now()).differing == ()


def texts(plan: Plan) -> list[tuple[int, str, str, str]]:
    rows = PlanVersion.objects.filter(plan=plan).order_by("number")
    return list(rows.values_list("number", "canonical", "sha256", "kind"))


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_consent_links_and_messages_stay_behind(story: Asked, other: ClinicMade) -> None:
    patient = read_in(other, made_of(story).content)
    assert (patient.consent_version, patient.email_state) == ("", "unconfirmed")
    assert not Link.objects.filter(patient=patient).exists()
    assert list(Work.objects.filter(patient=patient, queue="messages").values_list("notice", flat=True)) == [
        "confirm_address"
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_the_patient_who_came_is_changed_like_any_other(story: Asked, other: ClinicMade) -> None:
    patient = read_in(other, made_of(story).content)
    plan = Plan.objects.get(patient=patient)
    revise.revise(
        by=other.primary, plan_id=plan.pk, seen_lock=plan.lock, act="hold", note="Agreed.",
        params={"from": (clock.today(patient.zone) + timedelta(days=20)).isoformat(), "days": 7},
    )  # fmt: skip
    assert queries.plan_page(other.primary, plan.pk).versions[0].by == other.primary.name
    assert all(not one.differs for one in replay.of_plan(plan.pk))


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_an_item_says_what_to_go_through_and_the_trail_says_where_it_came_from(
    story: Asked, other: ClinicMade
) -> None:
    made = made_of(story)
    patient = read_in(other, made.content)
    (item,) = ReviewItem.objects.filter(patient=patient, facts__code="moved_in")
    assert item.facts["clinic"] == Clinic.objects.get(pk=story.clinic.id).name
    event = AuditEvent.objects.get(act="patient.read_from_file")
    assert (event.clinic_id, event.facts["file"]) == (other.id, made.fingerprint)
    assert [one.fingerprint for one in patient_files.files_made(story.clinic.primary, story.patient.pk)] == [
        made.fingerprint
    ]


@pytest.mark.usefixtures("shared")
def test_the_same_file_twice_changes_nothing_and_a_newer_one_of_the_same_patient_neither(
    story: Asked, other: ClinicMade
) -> None:
    first = made_of(story).content
    one, again = (patient_files.upload(by=other.primary, raw=first) for _ in range(2))
    assert one == again
    patient = read_in(other, first)
    with time_machine.travel(START + timedelta(days=2), tick=False):
        newer = made_of(story).content
    for raw in (first, newer):
        with pytest.raises(Refused) as refused:
            patient_files.upload(by=other.primary, raw=raw)
        assert reason(refused) == "read_already"
        assert refused.value.facts["patient"] == str(patient.pk)
    with pytest.raises(Refused) as refused:
        patient_files.enter(by=other.primary, file_id=one, asked=Entering("LK-2", "America/Chicago"))
    assert reason(refused) == "read_already"
    assert Patient.objects.filter(clinic_id=other.id).count() == 1


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_a_file_is_not_read_into_the_clinic_that_made_it(story: Asked) -> None:
    with pytest.raises(Refused) as refused:
        patient_files.upload(by=story.clinic.primary, raw=made_of(story).content)
    assert reason(refused) == "read_already"


def test_a_file_that_was_changed_after_it_was_signed_is_refused(raw: bytes, other: ClinicMade) -> None:
    other_text = altered(raw, lambda said: said["patient"].update(name="Somebody Else"), None)
    # The signature of the first under the record of the second.
    mixed = _with_signature(other_text, raw)
    with on(START + timedelta(days=14)), pytest.raises(BadPatientFile) as refused:
        patient_files.upload(by=other.primary, raw=mixed)
    assert refused.value.facts["why"] == "changed"
    assert not PatientFile.objects.exists()


def _with_signature(record_of: bytes, signature_of: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(record_of)) as one,
        zipfile.ZipFile(io.BytesIO(signature_of)) as two,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in one.namelist():
            made.writestr(name, (two if name == "signature.json" else one).read(name))
    return out.getvalue()


def test_without_a_shared_key_only_the_fingerprint_told_by_phone_lets_it_in(
    story: Asked, other: ClinicMade
) -> None:
    made = made_of(story, partner="")
    file_id = patient_files.upload(by=other.primary, raw=made.content)
    assert patient_files.patient_file(other.primary, file_id).signature == SignatureState.UNKNOWN
    for wrong in ("", "0000 0000 0000 0000 0000"):
        with pytest.raises(Refused) as refused:
            patient_files.enter(
                by=other.primary,
                file_id=file_id,
                asked=Entering("LK-1", "America/Chicago", fingerprint=wrong),
            )
        assert (reason(refused), refused.value.where) == ("fingerprint_wrong", "fingerprint")
    forged = altered(made.content, lambda said: said["patient"].update(notes="Give double."), None)
    with pytest.raises(Refused) as refused:
        read_in(other, forged, fingerprint=made.fingerprint)
    assert reason(refused) == "fingerprint_wrong"
    assert read_in(other, made.content, fingerprint=made.fingerprint.upper()).clinic_id == other.id


def _double(said: dict[str, Any]) -> None:
    version = said["plans"][0]["versions"][0]
    version["canonical"] = version["canonical"].replace('"dose_mg":"0.5"', '"dose_mg":"5"')


def _dose_that_takes_do_not_make(said: dict[str, Any]) -> None:
    _double(said)
    version = said["plans"][0]["versions"][0]
    version["sha256"] = hashlib.sha256(version["canonical"].encode()).hexdigest()


def _story_that_cannot_be_told(said: dict[str, Any]) -> None:
    version = said["plans"][0]["versions"][1]
    whole = json.loads(version["canonical"])
    whole["extra"]["story"] = {"days": "many"}
    version["canonical"] = json.dumps(whole)
    version["sha256"] = hashlib.sha256(version["canonical"].encode()).hexdigest()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_double, "changed"),
        (_dose_that_takes_do_not_make, "not_whole"),
        (lambda said: said["patient"].update(born="1850-01-01"), "not_whole"),
        (lambda said: said["patient"].update(country="XX"), "not_whole"),
        (lambda said: said["patient"].update(name="\u202egnihT"), "not_whole"),
        (lambda said: said["patient"].update(conditions=["made_up"]), "not_whole"),
        (lambda said: said["patient"].pop("phone"), "not_whole"),
        (lambda said: said["plans"][0].update(state="draft"), "not_whole"),
        (lambda said: said["plans"][0].update(versions=[]), "not_whole"),
        (lambda said: said["plans"][0]["versions"].reverse(), "not_whole"),
        (lambda said: said["plans"].append(said["plans"][0]), "not_whole"),
        (lambda said: said["plans"][0]["responses"][0].update(scores={}), "not_whole"),
        (lambda said: said["plans"][0]["responses"][0]["answers"].update(made_up="yes"), "not_whole"),
        (lambda said: said["plans"][0]["responses"][0]["answers"].update(overall="a\x00b"), "not_whole"),
        (lambda said: said["plans"][0]["responses"][0]["asked"].update(off=["not one"]), "not_whole"),
        (lambda said: said["plans"][0].update(ended_because="boredom"), "not_whole"),
        (_story_that_cannot_be_told, "not_whole"),
        (lambda said: said["plans"][0]["responses"][0].update(occasion=7), "not_whole"),
        (lambda said: said["plans"][0]["marks"].append(said["plans"][0]["marks"][0]), "not_whole"),
        (lambda said: said["plans"][0]["taken"][0]["regimen"][0].update(units=-1), "not_whole"),
        (lambda said: said.update(origin="not a key"), "not_whole"),
        (lambda said: said.update(made_at="2026-11-23"), "not_whole"),
        (lambda said: said.update(history=[1]), "not_whole"),
    ],
)
def test_what_cannot_be_is_refused_whole_even_if_it_is_signed(
    raw: bytes, other: ClinicMade, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    with on(START + timedelta(days=14)), pytest.raises(BadPatientFile) as refused:
        patient_files.upload(by=other.primary, raw=altered(raw, change))
    assert refused.value.facts["why"] == why
    assert not PatientFile.objects.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_a_number_and_a_name_that_are_here_are_asked_about(story: Asked, other: ClinicMade) -> None:
    twin = make_patient(
        other.primary, name=story.patient.name, born=story.patient.born, record_no=story.patient.record_no
    )
    raw = made_of(story).content
    seen = patient_files.patient_file(other.primary, patient_files.upload(by=other.primary, raw=raw))
    assert (seen.number_taken, seen.namesakes) == (True, (twin.record_no,))
    with pytest.raises(Refused) as refused:
        read_in(other, raw, record_no=twin.record_no)
    assert reason(refused) == "record_no_taken"
    with pytest.raises(Refused) as refused:
        read_in(other, raw)
    assert (reason(refused), refused.value.where) == ("same_person", "looked")
    assert read_in(other, raw, looked=True).record_no == "LK-1"


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_a_live_plan_needs_two_people_on_call(story: Asked) -> None:
    alone = make_clinic(on_call=False)
    with pytest.raises(Refused) as refused:
        read_in(alone, made_of(story).content)
    assert reason(refused) == "no_on_call"
    assert not Patient.objects.filter(clinic_id=alone.id).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_a_plan_that_has_ended_comes_as_one_that_has_ended(story: Asked, other: ClinicMade) -> None:
    set_care(story.clinic.primary, story.patient, "transferred")
    patient = read_in(other, made_of(story).content)
    plan = Plan.objects.get(patient=patient)
    assert (plan.state, plan.ended_because) == ("stopped", "transferred")
    assert not Occasion.objects.filter(patient=patient, state="planned").exists()
    assert not Document.objects.filter(patient=patient).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_nobody_in_hospital_gets_a_file(story: Asked) -> None:
    set_care(story.clinic.primary, story.patient, "admitted")
    with pytest.raises(Refused) as refused:
        made_of(story)
    assert reason(refused) == "in_hospital"


@pytest.mark.slow
def test_a_patient_without_a_plan_or_anything_else_comes_too(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.staff, email="", contact_how=ContactHow.PHONE)
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    there = read_in(other, made.content, fingerprint=made.fingerprint)
    assert (there.name, there.email_state) == (patient.name, "none")
    assert not Plan.objects.filter(patient=there).exists()


@pytest.mark.slow
def test_what_nobody_has_asked_yet_is_still_to_be_asked_there(clinic: ClinicMade, other: ClinicMade) -> None:
    patient = make_patient(clinic.primary, to_ask=("duration_months", "conditions"), duration_months=None)
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    there = read_in(other, made.content, fingerprint=made.fingerprint)
    assert (there.to_ask, there.duration_months) == (["duration_months", "conditions"], None)
    claimed = altered(made.content, lambda said: said["patient"].update(to_ask=[]), None)
    with pytest.raises(BadPatientFile):
        patient_files.upload(by=make_clinic().primary, raw=claimed)


def test_a_file_is_made_for_a_partner_that_is_known_and_by_whoever_plans(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    patient = make_patient(clinic.primary)
    with pytest.raises(Refused) as refused:
        patient_files.make(by=clinic.primary, patient_id=patient.pk, partner="Nowhere")
    assert reason(refused) == "not_a_partner"
    for nobody in (clinic.staff, clinic.reader):
        with pytest.raises(NotAllowed):
            patient_files.make(by=nobody, patient_id=patient.pk)
    with pytest.raises(NotFound):
        patient_files.make(by=other.primary, patient_id=patient.pk)
    with pytest.raises(NotAllowed):
        patient_files.upload(by=other.staff, raw=b"")


@pytest.mark.slow
def test_another_clinic_reaches_no_file(story: Asked, other: ClinicMade) -> None:
    file_id = patient_files.upload(by=other.primary, raw=made_of(story, "").content)
    stranger = make_clinic()
    for act in (
        lambda by: patient_files.patient_file(by, file_id),
        lambda by: patient_files.document(by, file_id, 1),
        lambda by: patient_files.discard(by=by, file_id=file_id),
        lambda by: patient_files.enter(by=by, file_id=file_id, asked=Entering("X-1", "America/Chicago")),
    ):
        with pytest.raises(NotFound):
            act(stranger.lead)


@pytest.mark.slow
def test_a_file_that_nobody_reads_is_deleted_after_a_day_and_one_that_was_read_stays(
    story: Asked, other: ClinicMade
) -> None:
    made = made_of(story, "")
    read_in(other, made.content, fingerprint=made.fingerprint)
    third = make_clinic()
    waiting = patient_files.upload(by=third.primary, raw=made.content)
    assert [one.id for one in patient_files.patient_files(third.primary)] == [waiting]
    with time_machine.travel(clock.real_now() + timedelta(days=1, minutes=1), tick=False):
        assert patient_files.patient_files(third.primary) == ()
        assert patient_files.forget() == 1
    assert PatientFile.objects.get().clinic_id == other.id


@pytest.mark.slow
def test_the_documents_come_along_and_are_opened_by_number(
    clinic: ClinicMade, other: ClinicMade, drawn: Callable[[Plan], bytes]
) -> None:
    patient = make_patient(clinic.primary)
    content = drawn(issue_story_plan(clinic.primary, patient))
    made = patient_files.make(by=clinic.primary, patient_id=patient.pk)
    file_id = patient_files.upload(by=other.primary, raw=made.content)
    assert patient_files.patient_file(other.primary, file_id).documents == ("Dose calendar (en)",)
    assert patient_files.document(other.reader, file_id, 1) == content
    for number in (0, 2, -1):
        with pytest.raises(NotFound):
            patient_files.document(other.reader, file_id, number)


@pytest.fixture
def drawn() -> Callable[[Plan], bytes]:
    """Stores something as the drawn calendar of a plan."""
    from plans.services.documents import files

    def store(plan: Plan) -> bytes:
        content = b"%PDF-1.7 drawn"
        row = Document.objects.filter(plan=plan)[0]
        name = files.store(row.pk, content)
        Document.objects.filter(pk=row.pk).update(state="ready", file=name, sha256=files.digest(content))
        return content

    return store
