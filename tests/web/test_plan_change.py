"""The page of every change: several at once, until reviewed, from an item, and what somebody else did meanwhile."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from plans.domain.amounts import Dose
from plans.domain.errors import Refused
from plans.domain.taper.amendments import BeginDrug, Hold
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import TimeOfDay
from plans.models import Plan
from plans.services import clock
from plans.services.checkins import sessions
from plans.services.plans import queries, revise
from tests.clients import client_of
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, answer_all, asked, on
from tests.makers_plans import issue_story_plan, plan_row
from tests.present import present
from tests.web.markup import tight
from tests.web.test_nothing_posted_is_lost import shown_back
from tests.web.test_plan_pages import shown_in

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    patient = make_patient(clinic.primary)
    return issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - 20 * ONE)


@pytest.fixture
def desk(clinic: ClinicMade) -> Client:
    return client_of(clinic.primary)


# Any: an answer of Django's test client.
def sent(desk: Client, plan: Plan, **form: Any) -> Any:
    """What is chosen, looked at and then done."""
    address = reverse("plan-change", args=[plan.pk])
    chosen = {"begins": "today", "note": "Agreed on the phone", "lock": plan_row(plan.pk).lock, **form}
    shown = chosen.pop("shown", None) or shown_in(desk.post(address, chosen))
    return desk.post(address, {**chosen, "shown": shown, "do": "change"}, follow=True)


def boxes_of(page: Any) -> dict[str, list[str]]:
    """The boxes that a page offers, to tick all of them."""
    said = tight(page.content.decode())
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', said) for name in ("signed", "confirmed")}


@pytest.mark.slow
def test_two_changes_chosen_together_are_shown_with_picture_and_steps_and_become_one_version(
    desk: Client, plan: Plan
) -> None:
    query = "?act=step_back&act=slow_down"
    page = tight(desk.get(reverse("plan-change", args=[plan.pk]) + query).content.decode())
    assert 'class="ghost"' in page
    assert "The coming steps" in page
    assert "half a 0.5\u00a0mg" in page
    sent(desk, plan, act=["step_back", "slow_down"], back_days="14", slow_days="28")
    assert present(plan_row(plan.pk).active_version).kind == "several"


@pytest.mark.slow
def test_a_dose_held_until_reviewed_asks_for_its_review_date_and_says_so_everywhere(
    desk: Client, plan: Plan
) -> None:
    refused = sent(desk, plan, act="hold", hold_how="review")
    assert "Enter the date of the next review." in refused.content.decode()
    day = clock.today(plan.patient.zone) + 30 * ONE
    page = sent(desk, plan, act="hold", hold_how="review", review_on=day.isoformat()).content.decode()
    assert "held until reviewed" in page
    assert plan_row(plan.pk).review_on == day
    assert "until reviewed" in desk.get(reverse("caseload")).content.decode()


@pytest.mark.slow
def test_other_products_are_ticked_in_the_plan_and_the_picture_follows(desk: Client, plan: Plan) -> None:
    page = tight(desk.get(reverse("plan-change", args=[plan.pk]) + "?act=change_products").content.decode())
    assert "This would change no dose on any day" in page
    assert page.count('name="products"') > page.count(
        'name="products" value="clonazepam tablet 0.5 mg" checked'
    )
    listed = "clonazepam/US"
    names = ["clonazepam tablet 0.5 mg", "clonazepam odt 0.25 mg", "clonazepam odt 0.125 mg"]
    done = sent(desk, plan, act="change_products", products=names, listed=listed)
    assert "Version 2 is in force" in done.content.decode()
    used = present(plan_row(plan.pk).active_version)
    assert used.kind == "change_products"


@pytest.mark.slow
def test_a_second_sedative_shows_boxes_to_sign_and_is_not_begun_without_them(
    desk: Client, plan: Plan
) -> None:
    chosen = {"act": "begin_drug", "new_drug": "zolpidem", "new_night": "5"}
    page = sent(desk, plan, **chosen)
    assert page.status_code == 422
    assert "Confirm each point that asks for it." in page.content.decode()
    boxes = boxes_of(page)
    assert "several_sedatives" in boxes["signed"]
    sent(desk, plan, **chosen, **boxes)
    assert present(plan_row(plan.pk).active_version).kind == "begin_drug"


@pytest.mark.slow
def test_one_of_two_drugs_taken_is_offered_to_take_the_place_of_the_other(desk: Client, plan: Plan) -> None:
    def offered() -> list[str]:
        page = desk.get(reverse("plan-change", args=[plan.pk])).content.decode()
        return re.findall(r'value="([a-z]+)"', page.split('name="to"')[1].split("</select>")[0])

    assert "clonazepam" not in offered()
    chosen = {"act": "begin_drug", "new_drug": "diazepam", "new_night": "2"}
    sent(desk, plan, **chosen, **boxes_of(sent(desk, plan, **chosen)))
    assert {"clonazepam", "diazepam"} <= set(offered())


@pytest.mark.slow
def test_drugs_that_no_product_in_the_country_is_known_of_are_not_offered(desk: Client, plan: Plan) -> None:
    page = desk.get(reverse("plan-change", args=[plan.pk])).content.decode()
    for field in ("to", "new_drug"):
        offered = page.split(f'name="{field}"')[1].split("</select>")[0]
        assert 'value="diazepam"' in offered
        assert 'value="nitrazepam"' not in offered


@pytest.mark.slow
def test_a_drug_begun_several_times_a_day_is_taken_at_each_of_them(desk: Client, plan: Plan) -> None:
    page = sent(desk, plan, act="begin_drug", new_drug="diazepam", new_dose="2")
    assert "Enter the dose for at least one time of day." in page.content.decode()
    chosen = {"act": "begin_drug", "new_drug": "diazepam", "new_morning": "1", "new_night": "2"}
    page = sent(desk, plan, **chosen)
    sent(desk, plan, **chosen, **boxes_of(page))
    step = queries.schedule_of(present(plan_row(plan.pk).active_version)).step_on(
        clock.today(plan.patient.zone)
    )
    begun = [(one.time, one.dose.text) for one in present(step).doses if one.drug == "diazepam"]
    assert begun == [("morning", "1"), ("night", "2")]


def test_a_dose_above_the_maximum_and_above_what_was_taken_is_shown_as_refused_and_not_made(
    clinic: ClinicMade, desk: Client, plan: Plan
) -> None:
    chosen = {"act": "begin_drug", "new_drug": "diazepam", "new_night": "80"}
    address = reverse("plan-change", args=[plan.pk])
    page = tight(desk.post(address, {"begins": "today", "note": "Agreed", **chosen}).content.decode())
    assert "cannot be signed for" in page
    assert 'value="change"' not in page
    lock = plan_row(plan.pk).lock
    day = clock.today(plan.patient.zone)
    begun = BeginDrug(day, doses=(Intake(TimeOfDay.NIGHT, "diazepam", Dose.parse("80")),))
    with pytest.raises(Refused) as refusal:
        revise.change(by=clinic.primary, plan_id=plan.pk, seen_lock=lock, changes=[begun], note="Agreed")
    assert refusal.value.facts["reason"] == "refused_findings"


@pytest.mark.slow
def test_the_page_names_the_dose_of_today_before_anything_is_chosen(desk: Client, plan: Plan) -> None:
    page = tight(desk.get(reverse("plan-change", args=[plan.pk])).content.decode())
    assert re.search(r"version 1 is in force, clonazePAM\s[\d.]+\u00a0mg a day", page)


@pytest.mark.slow
def test_what_somebody_else_changed_is_shown_with_its_reason_and_what_was_chosen_is_kept(
    desk: Client, clinic: ClinicMade, plan: Plan
) -> None:
    lock = plan_row(plan.pk).lock
    revise.change(
        by=clinic.second,
        plan_id=plan.pk,
        seen_lock=lock,
        changes=[Hold(clock.today(plan.patient.zone), days=7)],
        note="Exams until Friday",
    )
    answer = sent(desk, plan, act="step_back", back_days="21", lock=lock)
    page = tight(answer.content.decode())
    assert answer.status_code == 422
    assert f"{clinic.second.name} changed this plan" in page
    assert "for 7 days" in page
    assert "Exams until Friday" in page
    assert reverse("plan-compare", args=[plan.pk]) + "?one=1&amp;other=2" in page
    assert 'value="21"' in page
    assert 'value="step_back" checked' in page


def test_a_button_pressed_twice_makes_one_version_and_says_so_both_times(
    desk: Client, clinic: ClinicMade, plan: Plan
) -> None:
    address = reverse("plan-change", args=[plan.pk])
    chosen = {"act": "hold", "days": "14", "begins": "today", "note": "Agreed", "lock": plan.lock}
    sending = {**chosen, "shown": shown_in(desk.post(address, chosen)), "do": "change"}
    for _press in (1, 2):
        answer = desk.post(address, sending, follow=True)
        assert "Version 2 is in force." in tight(answer.content.decode())
    assert present(plan_row(plan.pk).active_version).number == 2
    # Another change from the page as it was is another change, and whoever else sends the same is told who was first.
    for more in ({**sending, "shown": "x"}, {**sending, "days": "21"}):
        assert "changed this plan" in tight(desk.post(address, more).content.decode())
    other = client_of(clinic.second).post(address, sending)
    assert f"{clinic.primary.name} changed this plan" in tight(other.content.decode())


@pytest.mark.slow
def test_on_the_day_of_a_cut_a_hold_says_which_dose_it_keeps(clinic: ClinicMade, desk: Client) -> None:
    patient = make_patient(clinic.primary)
    cut = issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) - 14 * ONE)
    address = reverse("plan-change", args=[cut.pk])
    page = tight(desk.get(f"{address}?act=hold").content.decode()).replace("\u00a0", " ")
    assert (
        "The dose changes on this day. The hold keeps clonazePAM 1.375 mg a day; "
        "to stay at clonazePAM 1.5 mg a day, step back instead."
    ) in page
    later = desk.post(address, {"act": "hold", "days": "14", "begins": "tomorrow"}).content.decode()
    assert "The dose changes on this day." not in later


@pytest.mark.slow
def test_answers_since_a_day_gone_by_are_counted_before_a_change_is_dated_back() -> None:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link))
        address = reverse("plan-change", args=[made.plan.pk])
    with on(made.occasion.due_at + ONE):
        desk = client_of(made.clinic.primary)
        chosen = {"act": "hold", "days": "7", "begins": "yesterday"}
        page = tight(desk.post(address, chosen).content.decode()).replace("\u00a0", " ")
        today = desk.post(address, {**chosen, "begins": "today"}).content.decode()
    assert (
        "The patient has answered 1 check-in since 23 November 2026. "
        "Those answers stay as they were given: read them before you date this change back."
    ) in page
    assert "Those answers stay" not in today


@pytest.mark.slow
def test_products_that_cannot_make_todays_dose_are_refused_with_the_nearest_and_stay_ticked(
    desk: Client, plan: Plan
) -> None:
    twos = ["clonazepam tablet 2 mg"]
    answer = sent(
        desk,
        plan,
        act="change_products",
        products=twos,
        listed="clonazepam/US",
        shown="not shown",
        **{"split:" + twos[0]: "1"},
    )
    page = tight(answer.content.decode()).replace("\u00a0", " ")
    assert answer.status_code == 422
    assert re.search(r"cannot be made.*nearest", page)
    assert re.search(r'value="clonazepam tablet 2 mg"\s+checked', page)
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.slow
def test_a_session_that_ends_while_a_change_is_typed_gives_everything_back(desk: Client, plan: Plan) -> None:
    typed = {
        "act": ["step_back", "slow_down"], "back_days": "21", "slow_days": "28", "begins": "other",
        "from_day": "2026-12-24", "note": "She said: not before Christmas.",
    }  # fmt: skip
    assert desk.get(reverse("plan-change", args=[plan.pk])).status_code == 200
    with time_machine.travel(clock.real_now() + timedelta(minutes=16)):
        answer = desk.post(
            reverse("plan-change", args=[plan.pk]), {**typed, "lock": plan.lock, "shown": "x", "do": "change"}
        )
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Sign in, open the page again and enter it there" in page
    assert shown_back(answer) == {**typed, "act": "step_back\nslow_down"}
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.slow
def test_what_is_typed_wrongly_is_reported_and_nothing_is_done(desk: Client, plan: Plan) -> None:
    today = clock.today(plan.patient.zone)
    for form in (
        {"act": "hold", "days": "0"},
        {"act": "hold", "days": "10000"},
        {"act": "move_change", "move_how": "weekday"},
        {"act": "step_back", "back_days": "14", "begins": "other", "from_day": (today - 3 * ONE).isoformat()},
        {"act": ["stop", "hold"], "days": "14", "because": "lost"},
        {},
    ):
        answer = sent(desk, plan, shown="seen", **form)
        assert answer.status_code == 422, form
        assert "What you typed is still here." in answer.content.decode()
    assert present(plan_row(plan.pk).active_version).number == 1


@pytest.mark.slow
def test_a_plan_ends_with_its_reason(desk: Client, plan: Plan) -> None:
    sent(desk, plan, act="stop", because="by_patient", note="Wants to stop here")
    ended = plan_row(plan.pk)
    assert (ended.state, ended.ended_because) == ("stopped", "by_patient")
