"""The clinic's rules: changed within limits, tried on past answers, signed by the lead, set for one patient."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from plans.domain.checkins.clinic_rules import LIMITS
from plans.domain.checkins.flagging import Thresholds
from plans.models import Clinic, Flag, Occasion, Patient
from plans.services.actors import Actor
from plans.services.checkins import alert_load, responses, rules, sessions
from tests.makers_checkins import START, Asked, answer_all, asked, on
from tests.web.test_checkin_pages import text_of

pytestmark = pytest.mark.django_db
MESSAGES = {"reminders": 2, "apart_days": 1, "closes_days": 3}


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def sign_in(client: Client, actor: Actor) -> Client:
    client.force_login(get_user_model().objects.get(pk=actor.member_id))
    return client


def usual(**changes: object) -> dict[str, object]:
    numbers = {name: getattr(Thresholds(), name) for name in LIMITS}
    return {**numbers, "every_weeks": 1, "after_cut_days": 5, "maintenance_weeks": 4, **MESSAGES, **changes}


def own_settings(story: Asked) -> dict[str, object]:
    """The clinic's settings besides what its rota wrote down."""
    settings = Clinic.objects.get(pk=story.clinic.id).settings
    return {name: value for name, value in settings.items() if name != "rota_unwatched"}


@pytest.mark.slow
def test_a_new_threshold_is_tried_on_past_answers_and_nothing_is_saved(story: Asked, client: Client) -> None:
    answer_all(sessions.for_link(story.link), sx_shaking="3")
    assert not Flag.objects.exists()
    sign_in(client, story.clinic.lead)
    response = client.post("/settings/rules/try", usual(symptom_top=3))
    said = text_of(response)
    assert "1 past check-in, weeks looked at: 1" in said
    assert "Items a week: 0 now, 1 with these numbers" in said
    assert own_settings(story) == {}


@pytest.mark.slow
def test_what_is_put_in_force_flags_from_the_next_check_in_on(story: Asked, client: Client) -> None:
    sign_in(client, story.clinic.lead)
    assert client.post("/settings/rules/save", usual(symptom_top=3)).status_code == 302
    answer_all(sessions.for_link(story.link), sx_shaking="3")
    assert Flag.objects.get().rule == "H3"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("phq9_high", "28", "Use a whole number from 10 to 27"),
        ("phq9_high", "twenty", "Use a whole number from 10 to 27"),
        ("gad7_watch", "", "Use a whole number from 5 to 15"),
        ("every_weeks", "0", "Use a whole number from 1 to 4"),
        ("reminders", "3", "Use a whole number from 0 to 2"),
        ("apart_days", "0", "Use a whole number from 1 to 2"),
        ("closes_days", "9", "Use a whole number from 2 to 5"),
        ("closes_days", "2", "The last reminder would come after that. Use at least 3 days."),
    ],
)
def test_a_number_outside_its_limits_is_refused_and_kept_on_the_page(
    story: Asked, client: Client, field: str, value: str, said: str
) -> None:
    sign_in(client, story.clinic.lead)
    response = client.post("/settings/rules/save", usual(**{field: value}))
    assert response.status_code == 422
    assert said in text_of(response)
    assert own_settings(story) == {}


@pytest.mark.slow
def test_a_middle_band_above_the_high_one_is_refused(story: Asked, client: Client) -> None:
    sign_in(client, story.clinic.lead)
    response = client.post("/settings/rules/save", usual(phq9_high=12, phq9_watch=13))
    assert "cannot be higher" in text_of(response)


@pytest.mark.slow
def test_the_lead_signs_what_is_in_force_and_a_change_ends_it(story: Asked, client: Client) -> None:
    sign_in(client, story.clinic.lead)
    assert "Nobody has signed" in text_of(client.get("/settings"))
    digest = rules.in_force(story.clinic.lead).digest
    client.post("/settings/rules/sign", {"digest": digest})
    client.post("/settings/rules/sign", {"digest": digest})
    assert f"number 1, signed by {story.clinic.lead.name}, 23 November 2026" in text_of(
        client.get("/settings")
    )
    client.post("/settings/rules/save", usual(missed_days=1))
    assert "changed since they were signed" in text_of(client.get("/settings"))
    client.post("/settings/rules/sign", {"digest": digest})
    assert not rules.in_force(story.clinic.lead).signed


@pytest.mark.slow
def test_another_cadence_reschedules_the_check_ins_not_yet_asked(story: Asked, client: Client) -> None:
    ahead = Occasion.objects.filter(plan=story.plan, state="planned", purpose="weekly")
    before = ahead.count()
    sign_in(client, story.clinic.lead)
    client.post("/settings/rules/save", usual(every_weeks=2))
    assert 0 < ahead.count() < before


@pytest.mark.slow
def test_an_item_left_out_is_not_asked_and_one_that_keeps_people_safe_cannot_be(
    story: Asked, client: Client
) -> None:
    sign_in(client, story.clinic.lead)
    assert client.post("/settings/rules/save", usual(items_off=["sx_heart"])).status_code == 422
    client.post("/settings/rules/save", usual(items_off=["sx_light"]))
    state = responses.look(sessions.for_link(story.link))
    assert state.response.spec.off == {"sx_light"}
    answer_all(sessions.for_link(story.link))
    assert "sx_light" not in responses.look(sessions.for_link(story.link)).response.answers


@pytest.mark.slow
def test_a_patients_own_number_holds_for_that_patient_alone(story: Asked, client: Client) -> None:
    sign_in(client, story.clinic.primary)
    page = client.get(f"/patients/{story.patient.pk}/thresholds").content.decode()
    seen = re.search(r'name="seen_version" value="(\d+)"', page)
    numbers = {**usual(symptom_top=3), "seen_version": seen[1] if seen else ""}
    assert client.post(f"/patients/{story.patient.pk}/thresholds", numbers).status_code == 302
    assert Patient.objects.get(pk=story.patient.pk).thresholds == {"symptom_top": 3}
    answer_all(sessions.for_link(story.link), sx_shaking="3")
    assert Flag.objects.get().rule == "H3"
    assert "changed meanwhile" in text_of(
        client.post(f"/patients/{story.patient.pk}/thresholds", {**numbers, "symptom_top": 4})
    )


@pytest.mark.slow
def test_a_patients_own_cadence_reschedules_that_patients_check_ins(story: Asked, client: Client) -> None:
    ahead = Occasion.objects.filter(plan=story.plan, state="planned", purpose="weekly")
    before = ahead.count()
    sign_in(client, story.clinic.primary)
    numbers = {**usual(every_weeks=2), "seen_version": Patient.objects.get(pk=story.patient.pk).version}
    where = f"/patients/{story.patient.pk}/thresholds"
    refused = client.post(where, {**numbers, "every_weeks": 9})
    assert "Use a whole number from 1 to 4" in text_of(refused)
    assert ahead.count() == before
    assert client.post(where, numbers).status_code == 302
    assert Patient.objects.get(pk=story.patient.pk).cadence == {"every_weeks": 2}
    assert 0 < ahead.count() < before


def test_a_rule_over_budget_and_one_never_acted_on_are_shown_to_the_lead() -> None:
    over = alert_load.RuleLoad("H3", flags=3, acted=1, closed=1, per_hundred=11)
    at = alert_load.RuleLoad("R7", flags=3, acted=1, closed=1, per_hundred=10)
    idle = alert_load.RuleLoad("R4", flags=5, acted=0, closed=5, per_hundred=5)
    assert alert_load.Load(100, (over, at, idle)).to_look_at == (over, idle)


@pytest.mark.slow
def test_the_load_counts_flags_and_those_whose_item_ended_in_an_act(story: Asked) -> None:
    from plans.models import ReviewItem

    answer_all(sessions.for_link(story.link), sx_fell="yes")
    ReviewItem.objects.update(
        state="resolved",
        outcome="reached_safe",
        resolved_at=story.occasion.due_at,
        resolved_by_id=story.clinic.lead.id,
    )
    load = alert_load.load(story.clinic.reader)
    assert [(one.rule, one.flags, one.acted, one.per_hundred) for one in load.rules] == [("H7", 1, 1, None)]
    assert load.checkins == 1


@pytest.mark.slow
def test_staff_see_how_sure_each_help_line_is_and_when_it_is_due(story: Asked, client: Client) -> None:
    said = text_of(sign_in(client, story.clinic.reader).get("/settings"))
    assert "116 123 Samaritans unverified 22 May 2027" in said
    assert "988 988 Suicide &amp; Crisis Lifeline verified" in said
