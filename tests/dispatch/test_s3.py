"""Documents in an S3-compatible store: kept, checked against their hash, and drawn again when missing or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from plans.dispatch import documents
from plans.domain.errors import Refused
from plans.models import Document, Plan, Work
from plans.services import documents as document_services
from taperplan import env, storage
from tests.dispatch import s3_store
from tests.dispatch.s3_store import Store
from tests.dispatch.test_documents import CONTENT, Quick
from tests.makers import ClinicMade

pytestmark = pytest.mark.slow


@pytest.fixture
def store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with s3_store.running() as made:
        monkeypatch.setenv("DOCUMENTS_S3_BUCKET", "documents")
        monkeypatch.setenv("DOCUMENTS_S3_ENDPOINT", made.url)
        monkeypatch.setenv("DOCUMENTS_S3_REGION", "eu-west-1")
        monkeypatch.setenv("DOCUMENTS_S3_KEY", "key")
        monkeypatch.setenv("DOCUMENTS_S3_SECRET", "secret")
        found = storage.documents(settings.DOCUMENTS_DIR)
        with override_settings(STORAGES={**settings.STORAGES, "default": found}):
            yield made


def drawn(plan: Plan) -> Document:
    assert documents.run(drawer=Quick()).sent == 1
    return Document.objects.get(plan=plan)


def test_a_document_is_kept_in_the_bucket_signed_and_not_to_be_cached(
    store: Store, clinic: ClinicMade, plan: Plan
) -> None:
    row = drawn(plan)
    assert store.objects == {f"/documents/{row.file}": CONTENT}
    assert (store.unsigned, store.headers["Cache-Control"]) == (0, "no-store")
    assert document_services.open_file(clinic.primary, row.pk).content == CONTENT
    default_storage.delete(row.file)
    assert store.objects == {}


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_file_that_is_missing_or_changed_is_drawn_again_and_never_served(
    store: Store, clinic: ClinicMade, plan: Plan, damage: str
) -> None:
    row = drawn(plan)
    path = f"/documents/{row.file}"
    if damage == "missing":
        del store.objects[path]
    else:
        store.objects[path] = b"%PDF-1.4 another patient's"
    with pytest.raises(Refused) as refusal:
        document_services.open_file(clinic.primary, row.pk)
    assert refusal.value.facts["reason"] == "being_drawn"
    assert drawn(plan).state == "ready"
    assert document_services.open_file(clinic.primary, row.pk).content == CONTENT


def test_an_unavailable_store_loses_nothing(store: Store, clinic: ClinicMade, plan: Plan) -> None:
    store.away = True
    counts = documents.run(drawer=Quick())
    assert (counts.sent, counts.retried) == (0, 1)
    work = Work.objects.get(document__plan=plan)
    assert (work.state, work.reason) == ("pending", "unreachable")
    store.away = False
    Work.objects.update(try_at=None)
    row = drawn(plan)
    store.away = True
    with pytest.raises(Refused):
        document_services.open_file(clinic.primary, row.pk)
    assert Document.objects.get(pk=row.pk).state == "ready"


def test_half_a_pair_of_key_and_secret_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCUMENTS_S3_BUCKET", "documents")
    monkeypatch.setenv("DOCUMENTS_S3_KEY", "key")
    with pytest.raises(env.WrongSetting, match="DOCUMENTS_S3_SECRET: is empty"):
        storage.documents(settings.DOCUMENTS_DIR)
