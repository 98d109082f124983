"""Pages of interrupted plans: another dose, going on from it, hospital and home again, corrections."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Document, Patient, Plan, ReviewItem, TakenDose, User
from plans.services import clock
from plans.services.plans import revise
from plans.services.review import acts
from tests.clients import client_of
from tests.makers import ClinicMade
from tests.makers_care import go_on, record, return_home, set_care
from tests.makers_plans import plan_row
from tests.web.item_help import raise_urgent
from tests.web.patient_story import Story, words

pytestmark = pytest.mark.django_db

LESS = ("morning clonazepam 0.25", "night clonazepam 0.75")
SAYS = "takes clonazePAM 1 mg, plan says clonazePAM 1.5 mg"


@pytest.fixture
def desk(begun: Story) -> Client:
    """The browser of the clinician on call."""
    browser = Client()
    browser.force_login(User.objects.get(pk=begun.clinic.primary.member_id))
    return browser


def at(name: str, story: Story) -> str:
    key = story.patient.pk if name.startswith("patient") else story.plan.pk
    return reverse(name, args=[key])


def typed(desk: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What stands in the form of a page, as a browser sends it, with changes."""
    form = desk.get(address).context["form"]
    found = {bound.html_name: bound.value() for bound in form}
    sent = {name: value for name, value in found.items() if value not in (None, False)}
    return {**sent, **changes}


def plan_of(story: Story) -> Plan:
    return plan_row(story.plan.pk)


@pytest.mark.slow
def test_another_dose_is_recorded_in_one_form_and_stands_everywhere(desk: Client, begun: Story) -> None:
    address = at("plan-taken", begun)
    said = typed(desk, address, a_morning="0.25", a_night="0.75", told_by="carer", lock=str(begun.plan.lock))
    answer = desk.post(address, {**said, "note": "Read from the box."}, follow=True)
    assert SAYS in words(answer).replace("Takes", "takes")
    item = raise_urgent(begun.clinic, begun.patient)
    for page in (
        at("plan", begun),
        at("patient", begun),
        reverse("caseload"),
        reverse("item", args=[item.pk]),
    ):
        assert SAYS in words(desk.get(page)).replace("Takes", "takes"), page
    assert "reported by a carer or relative" in words(answer)


@pytest.mark.slow
def test_the_list_of_documents_says_that_another_dose_is_on_record(desk: Client, begun: Story) -> None:
    Document.objects.filter(plan=begun.plan).update(state="ready")
    address = at("plan-taken", begun)
    said = typed(desk, address, a_morning="0.25", a_night="0.75", told_by="carer", lock=str(begun.plan.lock))
    desk.post(address, said)
    Document.objects.filter(plan=begun.plan).update(state="ready")
    row = Document.objects.filter(plan=begun.plan).first()
    assert row is not None
    for page in (at("plan", begun), reverse("document-state", args=[row.pk])):
        assert "Current version; another dose was recorded" in words(desk.get(page)), page


@pytest.mark.slow
def test_all_mistakes_are_reported_at_once(desk: Client, begun: Story) -> None:
    address = at("plan-taken", begun)
    blank = dict.fromkeys(("drug_a", "a_morning", "a_midday", "a_evening", "a_night"), "")
    said = typed(desk, address, told_by="", from_day="2099-01-01", lock=str(begun.plan.lock), **blank)
    errors = desk.post(address, said).context["form"].errors
    assert set(errors) == {"drug_a", "told_by", "from_day"}


@pytest.mark.slow
def test_all_mistakes_in_a_return_are_reported_at_once(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    address = at("plan-go-on", begun)
    blank = dict.fromkeys(("drug_a", "a_morning", "a_midday", "a_evening", "a_night"), "")
    said = typed(desk, address, told_by="", since="2099-01-01", do="go", note="", **blank)
    errors = desk.post(address, said).context["form"].errors
    assert set(errors) == {"drug_a", "told_by", "since", "note"}


@pytest.mark.slow
def test_what_was_typed_stays_and_each_slip_stands_at_its_field(desk: Client, begun: Story) -> None:
    address = at("plan-taken", begun)
    said = typed(desk, address, a_morning=".25", told_by="", note="Kept words.", lock=str(begun.plan.lock))
    answer = desk.post(address, said)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"a_morning", "told_by"}
    assert 'value=".25"' in answer.content.decode()
    assert "Kept words." in words(answer)
    assert not TakenDose.objects.exists()


@pytest.mark.slow
def test_doses_without_a_drug_and_nothing_beside_doses_are_refused(desk: Client, begun: Story) -> None:
    address = at("plan-taken", begun)
    said = typed(desk, address, b_night="5", nothing="on", told_by="gp", lock=str(begun.plan.lock))
    errors = desk.post(address, said).context["form"].errors
    assert set(errors) == {"drug_b", "nothing"}


@pytest.mark.slow
def test_the_way_to_it_is_one_press_from_plan_item_and_record(desk: Client, begun: Story) -> None:
    item = raise_urgent(begun.clinic, begun.patient)
    acts.claim(by=begun.clinic.primary, item_id=item.pk)
    wanted = at("plan-taken", begun)
    for page in (at("plan", begun), at("patient", begun), reverse("item", args=[item.pk])):
        assert wanted in desk.get(page).content.decode(), page
    record(begun.clinic.primary, begun.plan, *LESS)
    wanted = at("plan-go-on", begun)
    for page in (at("plan", begun), at("patient", begun), reverse("item", args=[item.pk])):
        assert wanted in desk.get(page).content.decode(), page


@pytest.mark.slow
def test_going_on_shows_first_and_does_what_was_shown(desk: Client, begun: Story) -> None:
    record(begun.clinic.primary, begun.plan, "morning clonazepam 0.75", "night clonazepam 1.25")
    address = at("plan-go-on", begun)
    page = desk.get(address)
    assert "rise" in words(page)
    assert "Continue from here" in words(page)
    said = {
        "begins": "today",
        "note": "Agreed.",
        "lock": str(page.context["plan"].lock),
        "shown": page.context["seen"].digest,
        "do": "go",
    }
    refused = desk.post(address, {**said, "shown": "x"})
    assert refused.status_code == 422
    assert plan_of(begun).active_version.number == 1  # type: ignore[union-attr]  # issued
    answer = desk.post(address, said, follow=True)
    assert plan_of(begun).active_version.number == 2  # type: ignore[union-attr]  # issued
    assert "Continues from clonazePAM 2 mg a day; the plan said clonazePAM 1.5 mg." in words(answer)


@pytest.mark.slow
def test_going_on_asks_why(desk: Client, begun: Story) -> None:
    record(begun.clinic.primary, begun.plan, *LESS)
    answer = desk.post(at("plan-go-on", begun), {"begins": "today", "note": "", "do": "go"})
    assert set(answer.context["form"].errors) == {"note"}


@pytest.mark.slow
def test_as_planned_again_says_that_the_dose_rises_and_asks_why(desk: Client, begun: Story) -> None:
    record(begun.clinic.primary, begun.plan, *LESS)
    page = words(desk.get(at("plan-taken", begun)))
    assert "higher than what is taken: clonazePAM from 1 mg to 1.5 mg" in page
    address = at("plan-taken-again", begun)
    today = clock.today(begun.patient.zone).isoformat()
    said = {"again_from": today, "lock": str(plan_of(begun).lock)}
    assert desk.post(address, {**said, "again_note": ""}).status_code == 422
    assert desk.post(address, {**said, "again_note": "She told me."}).status_code == 302
    assert TakenDose.objects.get().ended_how == "as_planned"


def care_form(desk: Client, story: Story, state: str, **more: Any) -> Any:
    address = at("patient-care", story)
    version = Patient.objects.get(pk=story.patient.pk).version
    said = typed(desk, address, care_state=state, care_note="The ward called.", seen_version=str(version))
    return desk.post(address, {**said, **more}, follow=True)


@pytest.mark.slow
def test_in_hospital_the_pages_say_since_when_and_offer_the_return(desk: Client, begun: Story) -> None:
    care_form(desk, begun, "admitted")
    assert plan_of(begun).state == "paused"
    item = ReviewItem.objects.get(facts__code="tell_pharmacy")
    acts.claim(by=begun.clinic.primary, item_id=item.pk)
    for page in (at("plan", begun), at("patient", begun), reverse("item", args=[item.pk])):
        said = words(desk.get(page))
        assert "In hospital since 23 November 2026" in said, page
        assert "last known dose clonazePAM 1.5 mg" in said, page
        assert "Record the return" in said, page
        for gone in ("Hold H", "Step back", "Slow down", "Print calendar"):
            assert gone not in said, (page, gone)
    assert "last known dose clonazePAM 1.5 mg" in words(desk.get(reverse("caseload")))


@pytest.mark.slow
def test_the_return_is_looked_at_then_recorded(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    address = at("plan-go-on", begun)
    said = typed(desk, address, a_night="0.5", told_by="ward", note="Letter of the ward.")
    looked = desk.post(address, {**said, "do": "show"})
    assert looked.status_code == 200
    assert "Record the return and continue" in words(looked)
    assert plan_of(begun).state == "paused"
    done = desk.post(
        address,
        {
            **said,
            "do": "go",
            "shown": looked.context["seen"].digest,
            "lock": str(looked.context["plan"].lock),
        },
        follow=True,
    )
    assert plan_of(begun).state == "active"
    assert "Back from hospital: continues from clonazePAM 1 mg a day." in words(done)


@pytest.mark.slow
def test_what_was_agreed_before_a_stay_is_quoted_and_asked_about_and_never_dropped(
    desk: Client, begun: Story
) -> None:
    revise.revise(
        by=begun.clinic.primary,
        plan_id=begun.plan.pk,
        seen_lock=plan_of(begun).lock,
        act="slow_down",
        params={"days": 28, "from": "tomorrow"},
        note="Tremor since the last cut.",
    )
    set_care(begun.clinic.primary, begun.patient, "admitted")
    address = at("plan-go-on", begun)
    page = words(desk.get(address))
    assert (
        f"Version 2, 23 November 2026, {begun.clinic.primary.name}: Slowed down: a cut every 28 days." in page
    )
    assert "Why: Tremor since the last cut." in page
    said = typed(desk, address, told_by="ward", note="Letter of the ward.")
    refused = desk.post(address, {**said, "do": "show"})
    assert refused.status_code == 422
    assert "Choose one: nothing agreed is dropped unsaid." in words(refused)
    looked = desk.post(address, {**said, "agreed": "kept", "do": "show"})
    assert looked.status_code == 200
    sent = {**said, "lock": str(looked.context["plan"].lock), "do": "go"}
    digest = looked.context["seen"].digest
    other = desk.post(address, {**sent, "agreed": "anew", "shown": digest})
    assert other.status_code == 422
    assert plan_of(begun).state == "paused"
    done = desk.post(address, {**sent, "agreed": "kept", "shown": digest}, follow=True)
    assert plan_of(begun).state == "active"
    assert "What version 2 agreed goes on." in words(done)


@pytest.mark.slow
def test_going_on_above_what_is_taken_is_shown_as_a_rise(
    desk: Client, begun: Story, standing_clock: Any
) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    standing_clock.shift(timedelta(days=3))
    desk.force_login(User.objects.get(pk=begun.clinic.primary.member_id))
    address = at("plan-go-on", begun)
    said = typed(desk, address, a_morning="", told_by="ward", from_dose="before", do="show")
    assert "rise" in words(desk.post(address, said))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["transferred", "stopped_care", "died"])
def test_an_end_of_care_leaves_nothing_but_its_correction(desk: Client, begun: Story, state: str) -> None:
    care_form(desk, begun, state, prescriber="Dr N. Practice", prescriber_phone="555-0190")
    item = raise_urgent(begun.clinic, begun.patient)
    acts.claim(by=begun.clinic.primary, item_id=item.pk)
    for page in (at("plan", begun), at("patient", begun), reverse("item", args=[item.pk])):
        found = desk.get(page)
        said = words(found)
        assert ("Died on" if state == "died" else "since") + " 23 November 2026" in said, page
        for gone in (
            "Hold H",
            "Step back",
            "Slow down",
            "New plan",
            "Takes a different dose",
            "Print calendar",
        ):
            assert gone not in said, (page, gone)
        assert at("patient-care", begun) in found.content.decode(), page
        assert ("Dr N. Practice" in said) == (state == "transferred"), page
    assert begun.patient.name not in words(desk.get(reverse("caseload")))
    assert begun.patient.name in words(desk.get(reverse("caseload") + "?show=gone"))
    assert "555-0142" not in words(desk.get(reverse("item", args=[item.pk]))) or state != "died"


@pytest.mark.slow
def test_a_death_lists_what_is_to_close_by_hand(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "died")
    item = ReviewItem.objects.get(facts__code="died")
    said = words(desk.get(reverse("item", args=[item.pk])))
    assert "Tell the pharmacy: Harbour Pharmacy, 555-0177" in said
    assert "Next of kin: Bryony Testcase, sister, 555-0143" in said
    assert "ask for a welfare check" not in said


@pytest.mark.slow
def test_a_mistake_is_taken_back_with_its_reason(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "died")
    version = Patient.objects.get(pk=begun.patient.pk).version
    address = at("patient-care-correct", begun)
    assert desk.post(address, {"seen_version": str(version), "correction": ""}).status_code == 422
    said = {"seen_version": str(version), "correction": "Another patient was meant."}
    assert desk.post(address, said).status_code == 302
    assert plan_of(begun).state == "active"
    history = words(desk.get(reverse("history", args=[begun.patient.pk])))
    assert "Another patient was meant." in history


@pytest.mark.slow
def test_a_hospital_stay_without_a_day_to_ask_is_refused_at_its_field(desk: Client, begun: Story) -> None:
    answer = care_form(desk, begun, "admitted", ask_on="")
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"ask_on"}
    assert "The ward called." in words(answer)


@pytest.mark.slow
def test_the_ward_is_asked_again_on_another_day(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    day = clock.today(begun.patient.zone) + timedelta(days=9)
    assert desk.post(at("patient-care-ask", begun), {"ask_on": day.isoformat()}).status_code == 302
    assert plan_of(begun).ask_ward_on == day


@pytest.mark.slow
def test_the_clinics_own_page_of_a_calendar_prints_none_of_a_plan_that_rests(
    desk: Client, begun: Story, clinic: ClinicMade
) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    answer = desk.get(at("plan-calendar", begun))
    assert answer.status_code == 302


TWO = ("morning alprazolam 1", "night diazepam 5")


@pytest.fixture
def two(standing_clock: Any) -> Story:
    """A patient on two drugs whose plan begins today."""
    from tests.makers import make_clinic, make_patient
    from tests.makers_plans import issue_plan, story_request
    from tests.web.patient_story import FIRST_DAY, token_for

    clinic = make_clinic(name="Harbour Clinic")
    patient = make_patient(clinic.primary)
    regimen = [
        {"time": "morning", "drug": "alprazolam", "dose_mg": "1"},
        {"time": "night", "drug": "diazepam", "dose_mg": "10"},
    ]
    request = story_request(FIRST_DAY, regimen=regimen)
    del request["products"]
    plan = issue_plan(clinic.primary, patient, request)
    return Story(clinic, patient, plan, token_for(patient, plan))


@pytest.mark.slow
def test_of_two_drugs_both_are_named_wherever_another_dose_is_shown(two: Story) -> None:
    desk = Client()
    desk.force_login(User.objects.get(pk=two.clinic.primary.member_id))
    record(two.clinic.primary, two.plan, *TWO)
    says = "takes ALPRAZolam 1 mg + diazePAM 5 mg, plan says ALPRAZolam 1 mg + diazePAM 10 mg"
    for page in (at("plan", two), at("patient", two), reverse("caseload"), at("plan-go-on", two)):
        assert says in words(desk.get(page)).replace("Takes", "takes"), page
    each = "ALPRAZolam 1 mg morning; diazePAM 5 mg night"
    assert each in words(desk.get(at("plan-taken", two)))
    go_on(two.clinic.primary, two.plan)
    story = "Continues from ALPRAZolam 1 mg + diazePAM 5 mg a day; the plan said ALPRAZolam 1 mg + diazePAM 10 mg."
    assert story in words(desk.get(at("plan", two)))
    set_care(two.clinic.primary, two.patient, "admitted")
    known = "last known dose ALPRAZolam 1 mg + diazePAM 5 mg"
    for page in (at("plan", two), at("patient", two), reverse("caseload")):
        assert known in words(desk.get(page)), page
    return_home(two.clinic.primary, two.plan, *TWO)
    assert "continues from ALPRAZolam 1 mg + diazePAM 5 mg a day" in words(desk.get(at("plan", two)))


@pytest.mark.slow
def test_a_higher_dose_of_the_ward_is_shown_as_higher_before_the_return_is_recorded(
    begun: Story, standing_clock: Any
) -> None:
    standing_clock.shift(timedelta(days=8))
    set_care(begun.clinic.primary, begun.patient, "admitted")
    standing_clock.shift(timedelta(days=6))
    desk = client_of(begun.clinic.primary)
    since = (clock.today(begun.patient.zone) - timedelta(days=2)).isoformat()
    address = at("plan-go-on", begun)
    said = typed(desk, address, a_morning="1", a_night="1", since=since, told_by="ward", do="show")
    page = words(desk.post(address, said))
    assert (
        "From 7 December 2026 the dose is higher than the plan said: "
        "clonazePAM 2 mg a day, not clonazePAM 1.5 mg. Pages say HIGHER DOSE."
    ) in page


@pytest.mark.slow
def test_in_hospital_the_record_says_that_messages_rest(desk: Client, begun: Story) -> None:
    page = at("patient", begun)
    assert "Check-in messages are sent" in words(desk.get(page))
    set_care(begun.clinic.primary, begun.patient, "admitted")
    said = words(desk.get(page))
    assert "Check-in messages are sent" not in said
    assert "Check-in messages are paused until the return from hospital is recorded" in said


@pytest.mark.slow
def test_the_clinics_own_page_of_a_calendar_says_what_it_replaces_and_what_is_really_taken(
    desk: Client, begun: Story
) -> None:
    page = at("plan-calendar", begun)
    set_care(begun.clinic.primary, begun.patient, "admitted")
    return_home(begun.clinic.primary, begun.plan)
    assert "Replaces version 1. Do not use version 1." in words(desk.get(page))
    record(begun.clinic.primary, begun.plan, *LESS)
    assert SAYS in words(desk.get(page)).replace("Takes", "takes")


@pytest.mark.slow
def test_after_a_move_nothing_of_the_plan_is_still_to_come_and_no_dose_is_asked_for(
    desk: Client, begun: Story
) -> None:
    revise.revise(
        by=begun.clinic.primary, plan_id=begun.plan.pk, seen_lock=begun.plan.lock, act="stop_here",
        params={"review_on": (clock.today(begun.patient.zone) + timedelta(days=84)).isoformat()}, note="Agreed.",
    )  # fmt: skip
    set_care(begun.clinic.primary, begun.patient, "transferred")
    said = words(desk.get(at("patient", begun)))
    assert "stays" not in said
    assert "Stopped" not in said
    assert "Ended" in said
    assert desk.get(at("plan-taken", begun)).headers["Location"] == at("plan", begun)
    assert "No patients yet" not in words(desk.get(reverse("caseload")))


@pytest.mark.slow
def test_a_return_that_somebody_else_recorded_meanwhile_keeps_what_was_typed(
    desk: Client, begun: Story
) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    address = at("plan-go-on", begun)
    said = typed(desk, address, a_night="0.5", told_by="ward", note="Letter of the ward.", do="go")
    lock = str(plan_of(begun).lock)
    return_home(begun.clinic.second, begun.plan)
    answer = desk.post(address, {**said, "lock": lock})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert (form["a_night"].value(), form["told_by"].value()) == ("0.5", "ward")
    assert "Letter of the ward." in words(answer)
    assert "Nothing was overwritten" in words(answer)


@pytest.mark.slow
def test_in_hospital_the_page_of_changes_leads_to_the_return(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    answer = desk.get(reverse("plan-change", args=[begun.plan.pk]) + "?act=hold")
    assert answer["Location"] == at("plan-go-on", begun)


@pytest.mark.slow
def test_a_change_typed_while_somebody_recorded_a_stay_is_shown_back(desk: Client, begun: Story) -> None:
    set_care(begun.clinic.primary, begun.patient, "admitted")
    sent = {"act": "hold", "note": "She asked for it on the telephone.", "do": "change", "lock": "1"}
    answer = desk.post(reverse("plan-change", args=[begun.plan.pk]), sent)
    assert answer.status_code == 409
    assert "This plan can no longer be changed" in words(answer)
    assert "She asked for it on the telephone." in words(answer)
