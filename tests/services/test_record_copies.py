"""Everything kept about one patient as a file: what is in it, what is not, and who gets it."""

from __future__ import annotations

import io
import json
import secrets
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.apps import apps
from django.conf import settings

from plans.dispatch import documents
from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.domain.rights.copies import CopyState
from plans.models import (
    AuditEvent,
    CheckInRevision,
    Patient,
    RecordCopy,
    RecordCopyPiece,
    ReviewItem,
    TakenDose,
    Work,
)
from plans.services import clock, links, looks, record_copies
from plans.services.access import Fetched
from plans.services.actors import Role
from plans.services.checkins import sessions
from plans.services.links import FactWanted, LinkPurpose
from plans.services.record_copies.parts import LEFT_OUT, PARTS
from plans.services.record_copies.schema import schema
from plans.wording import record_copy as words
from tests.makers import make_clinic, make_member
from tests.makers_checkins import START, Asked, answer_all, asked, on

pytestmark = pytest.mark.django_db
SECRET_WORD = "Her sister says she hides tablets."


@pytest.fixture
def told() -> Any:
    """A patient who answered, of whom a sister told something, and whose record a colleague opened."""
    with on(START):
        made = asked(notes="Prefers mornings. ¿Sí?", preferred_name="<b>Marta</b>")
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link))
    with on(made.occasion.due_at + timedelta(hours=1)):
        TakenDose.objects.create(
            clinic_id=made.clinic.id, patient=made.patient, plan=made.plan, regimen=[], from_day=START.date(),
            told_by="carer", note=SECRET_WORD, recorded_at=clock.now(),
            recorded_by_id=made.clinic.primary.member_id,
        )  # fmt: skip
        opened = Fetched("Patient", made.patient.pk, made.patient.pk)
        looks.record(by=made.clinic.primary, session="s" * 32, fetched=[opened])
        yield made


@pytest.fixture
def story(told: Asked) -> Asked:
    """The same, whose documents nobody draws."""
    Work.objects.filter(notice="draw").update(state="cancelled", settled_at=clock.now())
    return told


@pytest.fixture
def drawn(told: Asked) -> Asked:
    """The same, with documents."""
    documents.run()
    return told


def whole(found: record_copies.CopyFile) -> zipfile.ZipFile:
    content = b"".join(found.pieces)
    assert len(content) == found.size
    return zipfile.ZipFile(io.BytesIO(content))


def made_copy(story: Asked, *withheld: str) -> zipfile.ZipFile:
    by = story.clinic.primary
    key = record_copies.ask(by=by, patient_id=story.patient.pk, withheld=withheld)
    documents.run()
    return whole(record_copies.open_copy(by=by, copy_id=key))


def test_every_table_with_something_of_a_patient_is_in_a_copy_or_left_out_for_a_reason() -> None:
    reached: set[Any] = {Patient}
    # A table belongs to patients if it leads to one, in however many steps.
    while True:
        more = {
            model
            for model in apps.get_app_config("plans").get_models()
            if model not in reached
            and any(
                one.name in ("patient", "patient_id")
                or (one.is_relation and one.related_model in reached - {Patient} and not one.null)
                for one in model._meta.concrete_fields
            )
        }
        if not more:
            break
        reached |= more
    assert reached == {part.model for part in PARTS} | set(LEFT_OUT)
    assert set(words.PARTS) == {part.code for part in PARTS}
    assert set(LEFT_OUT.values()) <= set(words.LEFT_OUT)


def test_the_published_schema_is_what_copies_are_written_by() -> None:
    kept = Path(settings.BASE_DIR, "docs/record-copy.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == schema(), "run manage.py diagrams"


def test_a_copy_is_read_by_its_schema_and_by_a_person(drawn: Asked) -> None:
    found = made_copy(drawn)
    assert found.testzip() is None
    assert json.loads(found.read("record.schema.json")) == schema()
    record = json.loads(found.read("record.json"))
    jsonschema.Draft202012Validator(schema()).validate(record)
    assert record["person"][0]["notes"] == "Prefers mornings. ¿Sí?"
    assert [one["number"] for one in record["versions"]] == [1]
    assert record["responses"][0]["answers"]["dose_taken"] == "planned"
    assert (
        len(record["saved_answers"]) == CheckInRevision.objects.filter(checkin__patient=drawn.patient).count()
    )
    assert record["looks"][0]["actor_name"] == drawn.clinic.primary.name
    page = found.read("index.html").decode()
    assert "&lt;b&gt;Marta&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<script" not in page
    for said in ("clonazepam", "Prefers mornings.", drawn.clinic.primary.name, "Who looked at your record"):
        assert said in page
    # Documents as issued, named in both.
    pdfs = [name for name in found.namelist() if name.startswith("documents/")]
    assert pdfs
    assert all(found.read(name).startswith(b"%PDF-") for name in pdfs)
    assert set(pdfs) == set(record["attachments"].values())
    assert all(f'href="{name}"' in page for name in pdfs)
    # Nothing that opens a page of the patient's.
    text = found.read("record.json").decode()
    assert drawn.token not in text
    assert not {"token_hash", "nonce", "key_hash", "code_hash", "session"} & set(record["links"][0])


def test_what_was_said_in_confidence_is_left_out_wherever_it_is_quoted_and_the_copy_says_so(
    story: Asked,
) -> None:
    (note,) = record_copies.notes(story.clinic.primary, story.patient.pk)
    assert note.text == SECRET_WORD
    assert SECRET_WORD in made_copy(story).read("record.json").decode()
    found = made_copy(story, note.key, "taken_doses:of-nobody")
    for name in ("record.json", "index.html"):
        assert SECRET_WORD not in found.read(name).decode()
        assert "164.524(a)(2)(v)" in found.read(name).decode()


def test_asking_twice_is_asking_once_and_a_newer_copy_ends_the_one_before(story: Asked) -> None:
    by, patient_id = story.clinic.primary, story.patient.pk
    first = record_copies.ask(by=by, patient_id=patient_id)
    assert record_copies.ask(by=by, patient_id=patient_id) == first
    assert AuditEvent.objects.filter(act="patient.copy_asked", patient_id=patient_id).count() == 1
    with pytest.raises(Refused, match="not_ready"):
        record_copies.open_copy(by=by, copy_id=first)
    documents.run()
    assert [one.percent for one in record_copies.copies(by, patient_id)] == [100]
    second = record_copies.ask(by=by, patient_id=patient_id)
    documents.run()
    with pytest.raises(Refused, match="copy_gone"):
        record_copies.open_copy(by=by, copy_id=first)
    assert not RecordCopyPiece.objects.filter(copy_id=first).exists()
    assert whole(record_copies.open_copy(by=by, copy_id=second))


def test_pieces_are_sealed_for_their_copy_and_place(story: Asked) -> None:
    made_copy(story)
    piece = RecordCopyPiece.objects.get()
    assert b"record.json" not in bytes(piece.sealed)
    assert b"clonazepam" not in bytes(piece.sealed)
    RecordCopyPiece.objects.filter(pk=piece.pk).update(number=2)
    RecordCopy.objects.filter(pk=piece.copy_id).update(pieces=2)
    with pytest.raises(NotFound):
        list(record_copies.open_copy(by=story.clinic.primary, copy_id=piece.copy_id).pieces)


def test_a_copy_that_died_halfway_is_begun_anew(story: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    from plans.dispatch import record_copies as writer

    by = story.clinic.primary
    key = record_copies.ask(by=by, patient_id=story.patient.pk)
    with monkeypatch.context() as broken:
        broken.setattr(writer, "_page", lambda *_args: 1 / 0)
        documents.run()
    assert RecordCopy.objects.get(pk=key).state == CopyState.BEING_MADE
    Work.objects.filter(notice="record_copy").update(try_at=None)
    documents.run()
    assert whole(record_copies.open_copy(by=by, copy_id=key)).testzip() is None


def test_the_patient_asks_and_fetches_it_behind_the_second_fact_until_it_ends(story: Asked) -> None:
    row = links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan)
    bare = links.by_id(row.pk)
    with pytest.raises(FactWanted):
        record_copies.ask_clinic(bare, device="")
    known = links.session_link(links.start_session(row.pk, fact_at=clock.real_now()), LinkPurpose.PLAN)
    assert record_copies.of_link(known, device="").asked is False
    record_copies.ask_clinic(known, device="")
    record_copies.ask_clinic(known, device="")
    item = ReviewItem.objects.get(source="rights")
    assert (item.severity, item.facts["code"]) == ("routine", "copy_asked")
    assert record_copies.of_link(known, device="").asked is True
    by = story.clinic.primary
    key = record_copies.ask(by=by, patient_id=story.patient.pk)
    with pytest.raises(Refused, match="not_ready"):
        record_copies.hand_over(by=by, copy_id=key)
    documents.run()
    # Made is not yet handed over.
    with pytest.raises(NotFound):
        record_copies.fetch(known, device="")
    Patient.objects.filter(pk=story.patient.pk).update(email_state="unconfirmed")
    with pytest.raises(Refused, match="unconfirmed"):
        record_copies.hand_over(by=by, copy_id=key)
    Patient.objects.filter(pk=story.patient.pk).update(email_state="confirmed")
    record_copies.hand_over(by=by, copy_id=key)
    record_copies.hand_over(by=by, copy_id=key)
    assert Work.objects.filter(notice="copy_ready").count() == 1
    with pytest.raises(FactWanted):
        record_copies.fetch(bare, device="")
    assert whole(record_copies.fetch(known, device="")).namelist()
    assert AuditEvent.objects.filter(act="patient.copy_fetched", actor_kind="patient").count() == 1
    RecordCopy.objects.filter(pk=key).update(expires_at=clock.real_now())
    with pytest.raises(NotFound):
        record_copies.fetch(known, device="")
    assert (record_copies.forget(), record_copies.forget()) == (1, 0)
    assert not RecordCopyPiece.objects.exists()


def test_only_who_may_plan_in_the_same_clinic_makes_and_opens_one(story: Asked) -> None:
    other = make_clinic(name="Lakeside Clinic")
    with pytest.raises(NotFound):
        record_copies.ask(by=other.primary, patient_id=story.patient.pk)
    assistant = make_member(story.clinic.id, Role.STAFF)
    with pytest.raises(NotAllowed):
        record_copies.ask(by=assistant, patient_id=story.patient.pk)
    made_copy(story)
    key = RecordCopy.objects.get().pk
    with pytest.raises(NotFound):
        record_copies.open_copy(by=other.primary, copy_id=key)


def peak_of(story: Asked) -> int:
    """The most memory that making a copy takes at once."""
    record_copies.ask(by=story.clinic.primary, patient_id=story.patient.pk)
    tracemalloc.start()
    documents.run(seconds=60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_a_long_record_takes_no_more_memory_than_a_short_one(
    story: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plans.services.record_copies import parts, writing

    by, moment = story.clinic.primary, clock.now()
    monkeypatch.setattr(writing, "PIECE", 5_000)
    monkeypatch.setattr(parts, "_PAGE", 50)
    short = peak_of(story)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=moment, real_at=moment, clinic_id=by.clinic_id, actor_kind="user", actor_id=by.id,
            actor_name=by.name, act="patient.changed", subject_kind="patient", patient_id=story.patient.pk,
            facts={"fields": ["notes"], "new": {"n": secrets.token_hex(2_000)}},
        )
        for _n in range(1_500)
    )  # fmt: skip
    long = peak_of(story)
    row = RecordCopy.objects.get(state=CopyState.READY)
    assert row.pieces > 5
    found = whole(record_copies.open_copy(by=by, copy_id=row.pk))
    size = found.getinfo("record.json").file_size
    assert size > 6_000_000
    assert long < short + size / 3
    assert len(json.loads(found.read("record.json"))["history"]) > 1_500
