"""Pages of data and rights: copies, consents, retention, the downtime list, merging."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.test import Client

from plans.dispatch import documents, downtime
from plans.models import Consent, PatientMerge, RecordCopy, ReviewItem
from plans.services import clock
from plans.services.actors import Role
from tests.clients import client_of
from tests.makers import make_member, make_patient
from tests.web.patient_story import Story, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_patient_asks_for_a_copy_the_clinic_makes_it_and_the_patient_fetches_it(
    known: Client, begun: Story
) -> None:
    assert "A copy of my data" in words(known.get("/p/"))
    assert known.post("/p/copy", {"act": "ask"}).status_code == 302
    assert "You have told" not in words(known.get("/p/copy"))
    assert "We have told your clinic" in words(known.get("/p/copy"))
    assert ReviewItem.objects.get().facts["code"] == "copy_asked"
    staff = client_of(begun.clinic.primary)
    page = f"/patients/{begun.patient.pk}/copy"
    assert page in staff.get(f"/patients/{begun.patient.pk}").content.decode()
    assert staff.post(page, {"do": "ask"}, follow=True).status_code == 200
    assert "Waits for a worker" in words(staff.get(page))
    documents.run()
    key = RecordCopy.objects.get().pk
    saved = staff.post(page, {"do": "save", "id": key})
    assert saved["Content-Disposition"] == 'attachment; filename="record-copy.zip"'
    assert "index.html" in zipfile.ZipFile(io.BytesIO(saved.content)).namelist()
    assert known.post("/p/copy", {"act": "fetch"}).status_code == 410
    assert "On the patient’s page since" in words(staff.post(page, {"do": "hand", "id": key}, follow=True))
    assert "Your copy is ready" in words(known.get("/p/copy"))
    fetched = known.post("/p/copy", {"act": "fetch"})
    assert fetched.content == saved.content
    assert staff.post(page, {"do": "save", "id": "x"}).status_code == 404
    assert staff.post(page, {}).status_code == 422


def test_consents_are_given_and_taken_back_on_both_sides(known: Client, begun: Story) -> None:
    assert "Now: yes." in words(known.get("/p/consents"))
    assert known.post("/p/consents", {"id": "pharmacy", "act": "no"}).status_code == 302
    assert "Your clinic writes nothing new to your pharmacy" in words(known.get("/p/consents"))
    assert known.post("/p/consents", {"id": "nothing", "act": "no"}).status_code == 422
    staff = client_of(begun.clinic.primary)
    page = f"/patients/{begun.patient.pk}/consents"
    assert "on the patient’s page" in words(staff.get(page))
    said = {"purpose": "pharmacy", "given": "yes", "how": "phone", "note": "Rang at noon"}
    assert "Rang at noon" in words(staff.post(page, said, follow=True))
    again = staff.post(page, said)
    assert again.status_code == 422
    assert "This is what the record says already" in words(again)
    assert client_of(make_member(begun.clinic.id, Role.READER)).post(page, said).status_code == 403
    assert Consent.objects.count() == 2
    lead = client_of(begun.clinic.lead)
    lead.post("/settings/part2", {"act": "on"})
    assert "On: others are told only with written consent." in words(lead.get("/settings/part2"))
    assert "Telling others about treatment for substance use" in words(known.get("/p/consents"))
    assert known.post("/p/consents", {"id": "substance_use", "act": "yes"}).status_code == 422


def test_a_lead_and_an_operator_see_what_is_kept_and_count_what_is_due(begun: Story) -> None:
    operator = client_of(make_member(begun.clinic.id, Role.OPERATOR))
    for client, page in (
        (client_of(begun.clinic.lead), "/settings/retention"),
        (operator, "/installation/retention"),
    ):
        assert "Audit trail, and who looked at records" in words(client.get(page))
        shown = words(client.post(page, follow=True))
        assert "Counted" in shown
        assert begun.patient.name not in shown


def test_the_code_of_the_downtime_list_is_shown_once_and_the_list_saved(begun: Story) -> None:
    lead, page = client_of(begun.clinic.lead), "/settings/downtime"
    assert "None is made until a lead has set a code." in words(lead.get(page))
    assert client_of(begun.clinic.primary).post(page, {"act": "code"}).status_code == 403
    code = re.search(r"([A-Z2-7]{5}-){3}[A-Z2-7]{5}", words(lead.post(page, {"act": "code"})))
    assert code is not None
    assert code[0] not in words(lead.get(page))
    assert lead.post(page, {"act": "save"}).status_code == 422
    downtime.tick(clock.now())
    saved = client_of(begun.clinic.primary).post(page, {"act": "save"})
    assert saved["Content-Disposition"].startswith('attachment; filename="downtime-')
    assert begun.patient.name not in saved.content.decode()


def test_two_records_are_looked_at_merged_and_parted(begun: Story) -> None:
    twin = make_patient(begun.clinic.primary, name="Twin Twice", record_no="TWIN-9")
    lead, page = client_of(begun.clinic.lead), f"/patients/{begun.patient.pk}/merge"
    for unknown in ("no such", "\0"):
        refused = words(lead.post(page, {"do": "look", "other": unknown}))
        assert "No patient of this clinic has this record number" in refused
    shown = lead.post(page, {"do": "look", "other": "twin-9"})
    assert shown.status_code == 200
    assert "What comes to this record" in words(shown)
    digest = re.search(r'name="shown" value="(\w+)"', shown.content.decode())
    assert digest is not None
    said = {"do": "merge", "other": "twin-9", "shown": digest[1], "reason": ""}
    assert "Write why these are one person" in words(lead.post(page, said))
    assert lead.post(page, {**said, "reason": "Registered twice"}).status_code == 302
    assert "This record was merged into another" in words(lead.get(f"/patients/{twin.pk}"))
    key = PatientMerge.objects.get().pk
    assert "apart again" in words(lead.post(page, {"do": "undo", "id": key}, follow=True))
    assert "was merged into" not in words(lead.get(f"/patients/{twin.pk}"))
