"""The plan page, its changes, its documents and its printable calendar."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from plans.domain.documents.calendar import shown_days
from plans.models import AuditEvent, Document
from plans.services import clock
from plans.services.plans import queries, states
from tests.makers import make_clinic, make_patient
from tests.makers_plans import REASON, issue_plan, issue_story_plan, plan_row
from tests.present import present
from tests.web.markup import tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic):
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - timedelta(days=20))


def as_member(client, actor):
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model()._default_manager.get(pk=actor.id))
    return client


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def page_of(client, plan, name="plan", **query):
    return tight(client.get(reverse(name, args=[plan.pk]), query).content.decode())


def change(client, plan, **form):
    sent = {
        "act": "hold",
        "begins": "today",
        "hold_how": "days",
        **dict.fromkeys(("days", "back_days", "slow_days"), form.get("days", "14")),
        "because": "by_patient",
        "note": "Asked for contact",
        "review_on": (clock.today(plan.patient.zone) + timedelta(days=84)).isoformat(),
        "lock": plan.lock,
        **form,
    }
    sent["shown"] = form.get("shown", shown_in(client.post(reverse("plan-change", args=[plan.pk]), sent)))
    return client.post(reverse("plan-change", args=[plan.pk]), {**sent, "do": "change"}, follow=True)


def shown_in(response):
    return present(re.search(r'name="shown" value="(\w*)"', response.content.decode()))[1]


@pytest.mark.slow
def test_the_page_shows_dose_steps_picture_versions_and_documents(signed_in, plan):
    page = page_of(signed_in, plan)
    assert "<dt>Dose today</dt><dd>clonazePAM\u00a0" in page
    assert '<svg class="year"' in page
    assert "The same as a table" in page
    assert "1, active" in page
    assert f"Reasons given</summary><ul><li>Cuts larger than asked for, steps 11 to 13: {REASON}" in page
    assert "Dose calendar" in page


@pytest.mark.slow
def test_the_page_says_how_much_of_the_plan_is_spent_at_very_low_doses(signed_in, clinic, patient):
    request = {
        "start": clock.today(patient.zone).isoformat(),
        "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "1"}],
        "products": [{"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 4}],
        "method": {"name": "fixed_amount", "amount_mg": "0.5", "interval_days": 14},
    }
    page = page_of(signed_in, issue_plan(clinic.primary, patient, request))
    assert "Under 1 mg of diazepam equivalent <b>14 of 29 days</b>" in page


@pytest.mark.slow
def test_the_last_twelve_weeks_can_be_chosen(signed_in, plan):
    assert page_of(signed_in, plan, window="recent") != page_of(signed_in, plan)


@pytest.mark.slow
def test_with_no_worker_the_page_says_so_and_offers_the_calendar_to_print(signed_in, plan):
    page = page_of(signed_in, plan)
    assert "No documents are being drawn at the moment" in page
    assert reverse("plan-calendar", args=[plan.pk]) in page


@pytest.mark.slow
def test_a_document_asks_for_itself_until_it_is_a_download(signed_in, plan):
    document = Document.objects.get(plan=plan)
    state = reverse("document-state", args=[document.pk])
    assert f'hx-get="{state}"' in signed_in.get(state).content.decode()
    Document.objects.filter(pk=document.pk).update(state="ready", pages=10)
    ready = signed_in.get(state).content.decode()
    assert reverse("document", args=[document.pk]) in ready
    assert "hx-get" not in ready


@pytest.mark.slow
def test_a_document_still_being_drawn_is_no_error(signed_in, plan):
    document = Document.objects.get(plan=plan)
    answer = signed_in.get(reverse("document", args=[document.pk]))
    assert answer.status_code == 409
    assert "still being drawn" in answer.content.decode()


@pytest.mark.slow
def test_an_old_document_says_on_which_day_it_was_replaced_and_leads_on(signed_in, plan):
    old = Document.objects.get(plan=plan)
    change(signed_in, plan)
    new = Document.objects.get(plan=plan, version__number=2)
    answer = signed_in.get(reverse("document", args=[old.pk]))
    said = answer.content.decode()
    today = clock.today(plan.patient.zone)
    assert answer.status_code == 410
    assert "This is version 1. Do not use it." in said
    assert f"It was replaced on {today.day} {today:%B} {today.year}." in said.replace("\u00a0", " ")
    assert f'href="{reverse("document", args=[new.pk])}"' in said


@pytest.mark.slow
def test_the_documents_of_a_plan_that_was_stopped_are_no_longer_offered(signed_in, clinic, plan):
    document = Document.objects.get(plan=plan)
    Document.objects.filter(pk=document.pk).update(state="ready", pages=10)
    states.stop(by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, note="Moved away.")
    answer = signed_in.get(reverse("document", args=[document.pk]))
    assert answer.status_code == 410
    assert "No document has taken its place" in answer.content.decode()


@pytest.mark.slow
def test_a_change_shows_what_will_change_before_it_is_done(signed_in, plan):
    page = page_of(signed_in, plan, "plan-change", act="hold")
    due = present(queries.schedule_of(plan.active_version).next_change(clock.today(plan.patient.zone))).start
    later = due + timedelta(days=14)
    button = re.search(r"Hold through ([^<]+); next change ([^<]+)<", page)
    assert f"{later.day}\u00a0{later:%B}\u00a0{later.year}" in present(button)[2]
    last = later - timedelta(days=1)
    assert f"{last.day}\u00a0{last:%B}\u00a0{last.year}" in present(button)[1]
    assert "1 cancelled, 1 new message, at once" in page
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.slow
def test_a_preview_changes_nothing_though_the_focused_button_was_sent_with_it(signed_in, plan):
    sent = {"act": "hold", "days": "14", "begins": "today", "note": "Asked for contact", "lock": plan.lock}
    shown = signed_in.post(
        reverse("plan-change", args=[plan.pk]), {**sent, "do": "change"}, headers={"HX-Request": "true"}
    )
    assert "What will change" in shown.content.decode()
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "shown"), [("hold", ""), ("hold", "stop"), ("stop", ""), ("stop", "stoplost")]
)
def test_what_was_not_shown_is_shown_and_not_done(signed_in, plan, act, shown):
    page = change(signed_in, plan, act=act, shown=shown).content.decode()
    assert "The fields no longer match what the button said" in page
    assert "Asked for contact" in page
    assert (plan_row(plan.pk).state, present(plan_row(plan.pk).active_version).number) == ("active", 1)


@pytest.mark.slow
def test_a_change_makes_the_next_version_and_says_so(signed_in, plan):
    page = change(signed_in, plan).content.decode()
    assert "Version 2 is in force" in page
    assert "Held at clonazePAM\u00a01.375\u00a0mg for 14 days." in page
    assert "Asked for contact" in page


@pytest.mark.slow
@pytest.mark.parametrize("act", ["step_back", "slow_down", "stop_here"])
def test_every_change_can_be_made_from_the_page(signed_in, plan, act):
    change(signed_in, plan, act=act, days="28")
    assert present(plan_row(plan.pk).active_version).kind == act


@pytest.mark.slow
def test_a_change_without_a_note_is_refused_and_nothing_typed_is_lost(signed_in, plan):
    answer = change(signed_in, plan, note="", days="21")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#r-note"' in page
    assert 'value="21"' in page


@pytest.mark.slow
@pytest.mark.parametrize("days", ["", "0", "367", "1e2", "٥", "-3"])
def test_days_typed_wrongly_are_refused_beside_their_field(signed_in, plan, days):
    answer = change(signed_in, plan, days=days)
    assert answer.status_code == 422
    assert 'href="#r-days"' in answer.content.decode()


@pytest.mark.slow
def test_the_second_of_two_people_is_told_and_overwrites_nothing(signed_in, clinic, plan):
    change(signed_in, plan)
    answer = change(as_member(signed_in, clinic.second), plan)
    assert clinic.primary.name in answer.content.decode()
    assert present(plan_row(plan.pk).active_version).number == 2


@pytest.mark.slow
def test_a_plan_that_stays_on_a_dose_makes_way_for_a_new_one(signed_in, plan):
    new = reverse("plan-new", args=[plan.patient_id])
    assert new not in page_of(signed_in, plan)
    change(signed_in, plan, act="stop_here")
    assert new in page_of(signed_in, plan)


@pytest.mark.slow
def test_a_plan_can_be_stopped_with_a_note(signed_in, plan):
    page = change(signed_in, plan, act="stop", note="Moved away").content.decode()
    assert "The plan has ended" in page
    assert AuditEvent.objects.get(plan_id=plan.pk, act="plan.stopped").facts == {"note": "Moved away"}


@pytest.mark.slow
def test_the_printable_calendar_holds_every_day_from_today_on(signed_in, plan):
    page = page_of(signed_in, plan, "plan-calendar")
    schedule = queries.schedule_of(plan.active_version)
    days = (present(schedule.last_dose_day()) - clock.today(plan.patient.zone)).days + 1
    assert len(re.findall(r'<th scope="row" class="nowrap">\w+ \d+ \w+', page)) == days
    assert "NEW DOSE" in page
    assert "LAST DAY" in page
    assert "Version 1" in page


@pytest.mark.slow
def test_the_printable_calendar_says_what_the_plan_says(signed_in, plan):
    page = page_of(signed_in, plan, "plan-calendar")
    assert "half" in page
    assert "0.5\u00a0mg\u00a0tablet" in page


@pytest.mark.slow
def test_readers_see_the_plan_but_no_way_to_change_it(client, clinic, plan):
    reader = as_member(client, clinic.reader)
    assert reverse("plan-change", args=[plan.pk]) not in page_of(reader, plan)
    assert reader.get(reverse("plan-change", args=[plan.pk])).status_code == 403


@pytest.mark.slow
def test_another_clinic_finds_nothing(client, plan):
    other = as_member(client, make_clinic().lead)
    document = Document.objects.get(plan=plan)
    for name, key in (("plan", plan.pk), ("plan-calendar", plan.pk), ("plan-change", plan.pk)):
        assert other.get(reverse(name, args=[key])).status_code == 404
    for name in ("document", "document-state"):
        assert other.get(reverse(name, args=[document.pk])).status_code == 404


def test_a_draft_has_no_plan_page(signed_in, clinic):
    from plans.services.plans import drafts

    patient = make_patient(clinic.primary)
    draft = drafts.save(by=clinic.primary, patient_id=patient.pk, form={}, seen_lock=None)
    assert signed_in.get(reverse("plan", args=[draft.plan_id])).status_code == 404


@pytest.mark.slow
def test_the_relative_level_says_that_nobody_measured_it_and_what_it_was_made_from(signed_in, plan):
    page = page_of(signed_in, plan, lines="level")
    assert "An illustration, not a measured value" in page
    assert "half gone after 39 hours" in page
    assert "Relative level" in page
    assert "An illustration" not in page_of(signed_in, plan)


@pytest.mark.slow
def test_what_the_address_asks_for_wrongly_is_shown_as_usual(signed_in, plan):
    usual = page_of(signed_in, plan)
    for query in ({"lines": "x"}, {"window": "x"}, {"lines": "LEVEL"}):
        page = page_of(signed_in, plan, **query)
        assert page.count('class="year"') == usual.count('class="year"') == 2
        assert "Mood swings" in page


@pytest.mark.slow
def test_the_lines_chosen_stay_when_the_span_is_changed(signed_in, plan):
    page = page_of(signed_in, plan, lines="body", window="recent")
    assert f'href="/plans/{plan.pk}?window=whole&amp;lines=body#picture"' in page
    assert f'href="/plans/{plan.pk}?window=recent&amp;lines=mind#picture"' in page


@pytest.mark.slow
def test_a_calendar_that_is_offered_says_that_every_day_was_read_back(signed_in, plan):
    assert "Read back" not in page_of(signed_in, plan)
    Document.objects.filter(plan=plan).update(state="ready", pages=10)
    schedule = queries.schedule_of(plan.active_version)
    days = len(shown_days(schedule, made_on=plan.active_version.made_on))
    assert f"Read back, all {days} days right" in page_of(signed_in, plan)


@pytest.mark.slow
def test_what_else_the_patient_takes_stands_among_the_facts(signed_in, clinic):
    patient = make_patient(clinic.primary, medicines=("sertraline", "omeprazole"))
    plan = issue_story_plan(clinic.primary, patient)
    assert "Also takes <b>sertraline and omeprazole</b>" in page_of(signed_in, plan)
