"""What the trail keeps of requests, and its pages: for the lead by person, patient, day and kind, and for a patient who
asks who looked."""

from __future__ import annotations

import csv
import io
import json
import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from plans.domain.audit import AuditPart
from plans.models import AuditEvent, RecordLook, User
from plans.services import audit_seals, clock
from plans.web.clinician.settings import trail as trail_pages
from tests.clients import client_of
from tests.makers import PASSWORD, make_clinic, make_member, make_patient

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def address(actor: Any) -> str:
    return User.objects.get(pk=actor.member_id).email


def acts(**found: Any) -> list[str]:
    return list(AuditEvent.objects.filter(**found).order_by("id").values_list("act", flat=True))


def page(actor: Any, **query: Any) -> str:
    response = client_of(actor).get(reverse("trail"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_opening_a_record_is_kept_and_a_list_is_none(clinic, patient, item):
    client = client_of(clinic.primary)
    for path in ("/queue", "/", reverse("patient", args=[patient.pk]), reverse("item", args=[item.pk])):
        assert client.get(path, follow=True).status_code == 200
    found = RecordLook.objects.order_by("id")
    assert [(one.subject_kind, one.patient_id, one.actor_id) for one in found] == [
        ("Patient", patient.pk, clinic.primary.id),
        ("ReviewItem", patient.pk, clinic.primary.id),
    ]
    assert len({one.session for one in found}) == 1


def test_a_form_that_is_refused_shows_the_record_and_is_kept_too(clinic, patient):
    client_of(clinic.primary).post(reverse("patient-edit", args=[patient.pk]), {"name": ""})
    assert RecordLook.objects.filter(patient_id=patient.pk).count() == 1


@pytest.mark.slow
def test_signing_in_and_out_is_kept_in_each_clinic_of_the_person(clinic):
    elsewhere = make_clinic()
    make_member(elsewhere.id, email=address(clinic.primary))
    client = Client(REMOTE_ADDR="203.0.113.9")
    assert client.post(LOGIN, {"login": address(clinic.primary), "password": PASSWORD}).status_code == 302
    client.post("/accounts/logout/")
    for place in (clinic, elsewhere):
        kept = AuditEvent.objects.filter(clinic_id=place.id, act__startswith="session.").order_by("id")
        assert [(one.act, one.actor_id) for one in kept] == [
            ("session.signed_in", clinic.primary.id),
            ("session.signed_out", clinic.primary.id),
        ]
        assert kept[0].facts["session"] == kept[1].facts["session"]
        assert kept[0].facts["network"] == "203.0.113.9"


def test_a_session_that_ended_by_itself_is_kept_as_that(clinic, settings):
    client = client_of(clinic.primary)
    client.get("/queue")
    settings.SESSION_IDLE_SECONDS = 0
    assert client.get("/queue").status_code == 302
    assert acts(act__startswith="session.") == ["session.ended"]


def test_a_wrong_password_is_kept_and_of_an_unknown_account_only_a_hash(clinic):
    Client().post(LOGIN, {"login": address(clinic.primary), "password": "not this one at all"})
    Client().post(LOGIN, {"login": "Nobody.Here@example.org", "password": "not this one at all"})
    known, unknown = AuditEvent.objects.filter(act="session.failed").order_by("id")
    assert (known.actor_id, known.clinic_id) == (clinic.primary.id, clinic.id)
    assert (unknown.actor_kind, unknown.actor_id, unknown.clinic_id) == ("unknown", None, None)
    assert len(unknown.facts["account"]) == 16
    assert "nobody" not in json.dumps(unknown.facts).lower()


def test_nobody_fills_the_trail_with_failures(clinic, monkeypatch):
    from plans.services import session_trail

    monkeypatch.setattr(session_trail, "_BURST", 3)
    for n in range(6):
        session_trail.failed(email=f"guess{n}@example.org", network="203.0.113.9")
    assert acts(act__startswith="session.") == ["session.failed"] * 3


def test_a_foreign_row_and_a_missing_one_are_refused_and_kept_alike(clinic):
    foreign = make_patient(make_clinic().primary)
    client = client_of(clinic.primary)
    for key in (foreign.pk, uuid4()):
        assert client.get(reverse("patient", args=[key])).status_code == 404
    kept = AuditEvent.objects.filter(act="access.not_here").order_by("id")
    assert [(one.clinic_id, one.actor_id, one.facts["page"]) for one in kept] == [
        (clinic.id, clinic.primary.id, "patient")
    ] * 2
    assert kept[0].subject_id == foreign.pk
    assert not RecordLook.objects.exists()


def test_what_a_role_does_not_allow_is_refused_and_kept(clinic):
    assert client_of(clinic.reader).get(reverse("trail")).status_code == 403
    kept = AuditEvent.objects.get(act="access.not_allowed")
    assert (kept.actor_id, kept.facts["page"]) == (clinic.reader.id, "trail")


@pytest.mark.slow
def test_the_page_shows_each_kind_with_its_own_and_links_the_patient(clinic, patient):
    client_of(clinic.primary).get(reverse("patient", args=[patient.pk]))
    client_of(clinic.primary).get(reverse("patient", args=[uuid4()]))
    whole = page(clinic.lead)
    assert "added the patient" in whole
    assert reverse("patient", args=[patient.pk]) in whole
    assert "asked for something that this clinic does not have (patient)" in page(clinic.lead, kind="access")
    assert "asked for something" not in page(clinic.lead, kind="record")
    looks = page(clinic.lead, kind="looks")
    assert "The last 7 days." in looks
    assert "The last 7 days." not in page(clinic.lead, kind="looks", patient=patient.pk)
    assert clinic.primary.name in looks
    assert patient.name in looks


@pytest.mark.slow
def test_the_page_is_narrowed_by_person_patient_and_day(clinic, patient):
    other = make_patient(clinic.primary)
    assert "added the patient" in page(clinic.lead, patient=other.pk)
    assert "Nothing of this kind" in page(clinic.lead, patient=uuid4())
    assert "Nothing of this kind" in page(clinic.lead, person=clinic.reader.id, kind="record")
    tomorrow = clock.now() + timedelta(days=2)
    assert "Nothing of this kind" in page(clinic.lead, first=tomorrow.date().isoformat())
    assert "added the patient" in page(clinic.lead, last=tomorrow.date().isoformat())


@pytest.mark.slow
def test_days_that_cannot_be_read_are_refused_with_what_to_do(clinic):
    client = client_of(clinic.lead)
    for query, said in (
        ({"first": "the first"}, "These days cannot be read"),
        ({"first": "2026-12-02", "last": "2026-12-01"}, "The last day is before the first"),
    ):
        response = client.get(reverse("trail"), query)
        assert response.status_code == 422
        assert said in response.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["", "looks"])
def test_the_trail_is_exported_and_the_export_stands_in_it(clinic, patient, kind):
    client_of(clinic.primary).get(reverse("patient", args=[patient.pk]))
    response = client_of(clinic.lead).post(f"{reverse('trail')}?kind={kind}")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert str(patient.pk) in {row["patient_id"] for row in rows}
    kept = AuditEvent.objects.get(act="trail.exported")
    assert (kept.actor_id, kept.facts["number"]) == (clinic.lead.id, len(rows))


def test_a_trail_of_another_clinic_is_not_shown(clinic, patient):
    assert patient.name not in page(make_clinic().lead)
    assert "added the patient" not in page(make_clinic().lead, patient=patient.pk)


@pytest.mark.slow
def test_a_patient_can_be_told_who_looked(clinic, patient):
    client = client_of(clinic.primary)
    for _ in range(2):
        client.get(reverse("patient", args=[patient.pk]))
    said = client_of(clinic.staff).get(reverse("patient-looks", args=[patient.pk])).content.decode()
    assert clinic.primary.name in said
    assert "Who looked at this record" in said


@pytest.mark.slow
def test_signing_in_is_not_among_what_was_changed_of_the_clinic(clinic):
    Client().post(LOGIN, {"login": address(clinic.primary), "password": PASSWORD})
    assert "signed in" not in client_of(clinic.lead).get(reverse("clinic-history")).content.decode()
    assert "signed in" in page(clinic.lead, kind="access")


def test_every_part_of_the_trail_can_be_chosen():
    kinds = set(trail_pages._KINDS)
    assert kinds == {"", trail_pages.LOOKS, *(part.value for part in AuditPart)}


@pytest.mark.slow
def test_a_line_of_the_access_log_says_who_asked_and_in_which_clinic(clinic, caplog):
    with caplog.at_level(logging.INFO, logger="plans.access"):
        client_of(clinic.primary).get("/queue")
        Client().get("/queue")
    inside, outside = [one for one in caplog.records if one.name == "plans.access"]
    assert (inside.user_id, inside.clinic_id) == (clinic.primary.id, clinic.id)
    assert (outside.user_id, outside.clinic_id) == (None, None)


def test_the_page_shows_the_heads_that_a_lead_may_write_down(clinic):
    audit_seals.tick(clock.real_now() + 2 * audit_seals.SEALED_EVERY)
    (head,) = audit_seals.heads()
    assert head.head in page(clinic.lead)
