"""The caseload: search, parts, pages, empty states."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import transaction

from plans.models import Patient
from plans.services import clock
from plans.services.caseload import MoodPoint, caseload
from plans.services.checkins import sessions
from plans.services.plans import drafts, revise
from plans.services.review import open_item
from plans.web.clinician.caseload.lines import spark
from tests.clients import client_of, look_for
from tests.makers import make_clinic, make_patient
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("caseload_rows")]


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


def text(response):
    return response.content.decode()


def names(clinic, **more):
    return [row.name for row in caseload(clinic.primary, **more).rows]


def urgent(clinic, patient, severity="urgent"):
    with transaction.atomic():
        return open_item(
            clinic_id=clinic.id, patient=patient, plan=None, source="missed", source_key=f"m:{patient.pk}",
            priority=severity, facts={}, now=clock.now(),
        )  # fmt: skip


def test_an_empty_clinic_says_what_to_do(client):
    page = text(client.get("/"))
    assert "No patients yet" in page
    assert 'href="/patients/new"' in page


@pytest.mark.slow
def test_the_most_urgent_come_first_then_names(clinic):
    for name in ("Quill Able", "Marlo Baker", "Tansy Clark"):
        make_patient(clinic.primary, name=name)
    urgent(clinic, make_patient(clinic.primary, name="Oriel Zeta"))
    urgent(clinic, make_patient(clinic.primary, name="Odalys Yarrow"), "routine")
    assert names(clinic) == ["Oriel Zeta", "Odalys Yarrow", "Quill Able", "Marlo Baker", "Tansy Clark"]


@pytest.mark.parametrize("q", ["able", "ÁBLE", "quill able", "able quill", "tp-9", "  ABLE  "])
def test_search_finds_by_parts_of_the_name_and_by_record_number(clinic, q):
    make_patient(clinic.primary, name="Quill Able", record_no="TP-9")
    make_patient(clinic.primary, name="Marlo Baker", record_no="TP-8")
    assert names(clinic, q=q) == ["Quill Able"]


@pytest.mark.slow
@pytest.mark.parametrize("q", ["%", "_", "'", "\\", "x" * 500])
def test_signs_with_a_meaning_in_sql_are_only_letters_here(clinic, client, q):
    make_patient(clinic.primary)
    assert names(clinic, q=q) == []
    assert look_for(client, q).status_code == 200


def test_a_search_without_a_match_says_what_to_try(clinic, client):
    make_patient(clinic.primary)
    page = text(look_for(client, "Testcsae"))
    assert "No patient matches “Testcsae”" in page
    assert "Show all 1" in page


@pytest.mark.slow
def test_pages_hold_every_patient_once(clinic):
    for n in range(5):
        make_patient(clinic.primary, name=f"Quill N{n}")
    first = caseload(clinic.primary, size=2)
    second = caseload(clinic.primary, size=2, key=first.next_key)
    third = caseload(clinic.primary, size=2, key=second.next_key)
    rows = [row.name for page in (first, second, third) for row in page.rows]
    assert rows == [f"Quill N{n}" for n in range(5)]
    assert (second.first, second.last, second.total_capped) == (3, 4, 5)
    assert third.next_key is None


@pytest.mark.slow
def test_a_page_key_names_nobody(clinic):
    for n in range(3):
        make_patient(clinic.primary, name=f"Quill N{n}")
    assert "quill" not in (caseload(clinic.primary, size=1).next_key or "").lower()


@pytest.mark.slow
def test_the_row_says_where_the_plan_stands(clinic, client):
    patient = make_patient(clinic.primary)
    start = clock.today(patient.zone) - timedelta(days=10)
    issue_story_plan(clinic.primary, patient, start=start)
    page = text(client.get("/"))
    for words in ("clonazePAM", "1.5\u00a0mg", "1 of ", "4 days", "Active"):
        assert words in page


@pytest.mark.slow
def test_parts_hold_what_they_say(clinic, client):
    held, drafted = (
        make_patient(clinic.primary, name="Quill Held"),
        make_patient(clinic.primary, name="Oriel None"),
    )
    plan = issue_story_plan(clinic.primary, held)
    revise.revise(
        by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, act="hold",
        params={"days": 14}, note="Agreed.",
    )  # fmt: skip
    urgent(clinic, drafted)
    assert names(clinic, show="held") == ["Quill Held"]
    assert names(clinic, show="attention") == ["Oriel None"]
    assert names(clinic, show="no_plan") == ["Oriel None"]
    assert names(clinic, show="mine") == ["Oriel None", "Quill Held"]
    assert names(clinic, show="draft") == []
    assert "No patients here at the moment" in text(client.get("/?show=draft"))
    page = text(client.get("/?show=held"))
    assert "Held" in page
    assert re.search(r"since \d+\s\w+, through \d+\s\w+", page)


@pytest.mark.slow
def test_a_change_within_the_week_is_found(clinic):
    soon, later = (
        make_patient(clinic.primary, name="Quill Soon"),
        make_patient(clinic.primary, name="Marlo Later"),
    )
    today = clock.today(soon.zone)
    issue_story_plan(clinic.primary, soon, start=today - timedelta(days=10))
    issue_story_plan(clinic.primary, later, start=today)
    assert names(clinic, show="week") == ["Quill Soon"]


@pytest.mark.slow
def test_nobody_sees_patients_of_another_clinic(clinic, client):
    make_patient(make_clinic().primary, name="Saskia Vignette")
    assert "Vignette" not in text(client.get("/"))
    assert "Vignette" not in text(look_for(client, "vignette")).replace("“vignette”", "")


@pytest.mark.slow
def test_the_list_needs_the_same_few_queries_however_long_it_is(
    clinic, client, django_assert_max_num_queries
):
    for n in range(3):
        issue_story_plan(clinic.primary, make_patient(clinic.primary, name=f"Quill N{n}"))
    # The first page of a session writes it.
    client.get("/")
    with django_assert_max_num_queries(15):
        client.get("/")


def test_the_line_of_low_mood_breaks_where_answers_are_missing():
    today = clock.today("UTC")
    points = [MoodPoint(today - timedelta(days=ago), 3) for ago in (35, 28, 7, 0)]
    line = spark(points, today)
    assert line is not None
    assert line.path.count("M") == 2
    assert (line.x, line.y) == ("93.0", "14.0")
    assert spark([], today) is None


class TestWhomToPhone:
    """An open check-in that no message brings to the patient is seen before it closes."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "unreached",
        [
            {"contact_how": "phone"},
            {"email": "", "email_state": "none"},
            {"email_state": "bounced"},
            {"email_state": "unconfirmed"},
            {"mail_state": "opted_out"},
            {"mail_state": "suspended"},
        ],
        ids=lambda change: "-".join(change.values()),
    )
    def test_whoever_no_message_reaches_is_listed_with_the_last_hour_to_phone(self, unreached):
        with on(START):
            made = asked()
            Patient.objects.filter(pk=made.patient.pk).update(**unreached)
        with on(made.occasion.due_at + timedelta(hours=1)):
            rows = caseload(made.clinic.staff, show="phone").rows
            assert [(row.patient_id, row.phone_by) for row in rows] == [
                (made.patient.pk, made.occasion.closes_at)
            ]
            page = text(client_of(made.clinic.staff).get("/?show=phone"))
            assert f'href="/patients/{made.patient.pk}/checkin"' in page
            assert "phone by" in page

    @pytest.mark.slow
    def test_whoever_gets_messages_answered_or_is_no_longer_in_care_is_not(self):
        with on(START):
            made = asked()
        with on(made.occasion.due_at + timedelta(hours=1)):
            assert caseload(made.clinic.staff, show="phone").rows == ()
            Patient.objects.filter(pk=made.patient.pk).update(contact_how="phone", care_state="transferred")
            assert caseload(made.clinic.staff, show="phone").rows == ()
            Patient.objects.filter(pk=made.patient.pk).update(care_state="in_care")
            answer_all(sessions.for_link(made.link))
            assert caseload(made.clinic.staff, show="phone").rows == ()


@pytest.fixture
def three(clinic):
    """Able answered and changes later than Clark, Baker has no plan."""
    with on(START):
        able = make_patient(clinic.primary, name="Quill Able")
        make_patient(clinic.primary, name="Marlo Baker")
        clark = make_patient(clinic.primary, name="Tansy Clark")
        issue_story_plan(clinic.primary, clark)
        issue_story_plan(clinic.primary, able, start=START.date() + timedelta(days=3))
        answer_all(sessions.by_phone(clinic.staff, able.pk))
        yield clinic


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Quill Able", "Marlo Baker", "Tansy Clark"]),
        ("change", ["Tansy Clark", "Quill Able", "Marlo Baker"]),
        ("answer", ["Quill Able", "Marlo Baker", "Tansy Clark"]),
        ("nonsense", ["Quill Able", "Marlo Baker", "Tansy Clark"]),
    ],
)
def test_a_column_sorts_the_list_and_pages_keep_the_order(three, sort, expected):
    assert names(three, sort=sort) == expected
    found, key = [], None
    while True:
        page = caseload(three.primary, sort=sort, key=key, size=1)
        found += [row.name for row in page.rows]
        key = page.next_key
        if key is None:
            break
    assert found == expected


@pytest.mark.slow
def test_the_list_of_one_drug_holds_plans_under_way_with_it(three):
    assert set(names(three, drug="clonazepam")) == {"Quill Able", "Tansy Clark"}
    assert names(three, drug="diazepam") == []


@pytest.mark.slow
def test_what_was_chosen_stays_with_every_link_of_the_list(three):
    page = html.unescape(text(look_for(client_of(three.primary), "a", sort="change", show="all")))
    assert re.search(r'href="\?find=[\w-]+&sort=name"', page)
    assert re.search(r'href="\?find=[\w-]+&sort=change&show=held"', page)
    assert 'aria-sort="ascending"' in page


@pytest.mark.slow
def test_a_draft_keeps_the_drugs_chosen_in_its_form(clinic, client):
    patient = make_patient(clinic.primary)
    form = {"drug_a": ["lorazepam"], "drug_b": ["not a drug"]}
    drafts.save(by=clinic.primary, patient_id=patient.pk, form=form, seen_lock=None)
    [row] = caseload(clinic.primary, show="draft").rows
    assert row.plan is not None
    assert row.plan.drugs == ("lorazepam",)
    assert "LORazepam" in text(client.get("/?show=draft"))


@pytest.mark.slow
def test_each_row_names_its_owner_and_whoever_has_none_is_found(clinic, client):
    make_patient(clinic.primary, name="Quill Owned")
    make_patient(clinic.staff, name="Oriel Nobodys")
    assert names(clinic, show="no_owner") == ["Oriel Nobodys"]
    assert names(clinic, show="mine") == ["Quill Owned"]
    assert caseload(clinic.second, show="mine").rows == ()
    page = text(client.get("/"))
    assert clinic.primary.name in page
    assert "no owner" in page
