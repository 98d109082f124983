"""The list of calls and the page of one call, as a nurse works through them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.domain.review.calls import CallResult, NoCall
from plans.models import Call, CallClaim, Plan, ReviewItem
from plans.services import calls, clock
from tests.clients import client_of, look_for
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan
from tests.services.test_reminders import pass_by
from tests.web.test_checkin_pages import text_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    """A patient whose first check-in closed an hour ago: a Thursday, eleven in the morning in New York."""
    with on(START):
        made = issue_story_plan(clinic.primary, make_patient(clinic.primary, name="Wren Example"))
    closed = pass_by(made, 1)[0].closes_at
    with on(closed + timedelta(hours=1)):
        yield made


@pytest.fixture
def nurse(clinic: ClinicMade) -> Client:
    return client_of(clinic.staff)


def at(plan: Plan, act: str = "") -> str:
    return f"/calls/{plan.patient_id}{act}"


def record(nurse: Client, plan: Plan, result: str, **more: str) -> Any:
    typed = {f"call-{name}": value for name, value in {"result": result, **more}.items() if name != "do"}
    return nurse.post(at(plan, "/record"), {**typed, **({"do": more["do"]} if "do" in more else {})})


@pytest.mark.usefixtures("caseload_rows")
def test_the_list_says_whom_to_call_why_on_which_number_and_what_hour_it_is_there(
    plan: Plan, nurse: Client
) -> None:
    said = text_of(nurse.get("/calls"))
    for part in ("Wren Example", "555-0142", "Missed a check-in", "11:00", "best: after 4 pm", "Calls 1 now"):
        assert part in said, part


def test_an_empty_list_says_when_patients_appear(clinic: ClinicMade, nurse: Client) -> None:
    assert "Nobody to call now Patients appear here by themselves" in text_of(nurse.get("/calls"))
    for tab in ("later", "off", "made"):
        assert "Nothing in this part" in text_of(nurse.get(f"/calls?tab={tab}"))


def test_the_next_call_is_claimed_and_everybody_sees_who_is_calling(
    plan: Plan, nurse: Client, clinic: ClinicMade
) -> None:
    response = nurse.post("/calls/next")
    assert response.headers["Location"] == at(plan)
    assert "You are calling" in text_of(nurse.get("/calls"))
    doctor = client_of(clinic.primary)
    assert clinic.staff.name in text_of(doctor.get("/calls"))
    refused = doctor.post(at(plan, "/claim"))
    assert refused.status_code == 409
    assert f"{clinic.staff.name} is calling this patient" in text_of(refused)
    assert doctor.post("/calls/next", follow=True).redirect_chain[-1][0] == "/calls"


def test_a_call_shows_what_to_say_and_all_that_may_be_left(
    plan: Plan, nurse: Client, clinic: ClinicMade
) -> None:
    nurse.post(at(plan, "/claim"))
    said = text_of(nurse.get(at(plan)))
    assert f"“Hello, my name is {clinic.staff.name}. May I speak with Wren Example?”" in said
    assert "We have not heard from you" in said
    assert "ask for the date of birth (14 March 1979)" in said
    left = said[said.index("All that may be left") :]
    assert "Please call me back on 555-0110." in left
    assert "Riverside" not in left.split("Earlier calls")[0].split("”")[0]


def test_a_patient_who_speaks_spanish_is_spoken_to_in_spanish(nurse: Client, clinic: ClinicMade) -> None:
    with on(START):
        patient = make_patient(clinic.primary, language="es")
        page = nurse.get(f"/calls/{patient.pk}")
    assert 'lang="es">“Hola, me llamo' in page.content.decode()
    assert "Hello, my name is" in text_of(page)


def test_each_outcome_is_recorded_and_moves_the_patient(
    plan: Plan, nurse: Client, clinic: ClinicMade
) -> None:
    nurse.post(at(plan, "/claim"))
    shown = nurse.get(at(plan)).content.decode()
    assert 'value="13:00"' in shown
    day = clock.now().date().isoformat()
    response = record(nurse, plan, "no_answer", again_on=day, again_at="13:00", note="Rang eight times.")
    assert response.headers["Location"] == "/calls"
    later = text_of(nurse.get("/calls?tab=later"))
    assert "call from" in later
    assert "No answer; again 13:00" in later
    assert "Rang eight times." in text_of(nurse.get("/calls?tab=made"))
    assert "No answer; again 13:00" in text_of(nurse.get(at(plan)))
    assert "called the patient: no answer" in text_of(nurse.get(f"/patients/{plan.patient_id}/history"))


def test_record_and_call_the_next_goes_straight_there(plan: Plan, nurse: Client, clinic: ClinicMade) -> None:
    with on(START):
        other = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    calls.record(
        by=clinic.staff,
        patient_id=other.patient_id,
        result="agreed",
        again_at=clock.now() + timedelta(minutes=1),
    )
    with on(clock.now() + timedelta(minutes=2)):
        first = nurse.post("/calls/next").headers["Location"]
        key = first.removeprefix("/calls/")
        response = nurse.post(f"{first}/record", {"call-result": "reached", "do": "next"})
        second = response.headers["Location"]
        assert {key, second.removeprefix("/calls/")} == {str(plan.patient_id), str(other.patient_id)}
        assert CallClaim.objects.get().patient_id != plan.patient_id or key != str(plan.patient_id)
        assert (
            nurse.post(f"{second}/record", {"call-result": "reached", "do": "next"}).headers["Location"]
            == "/calls"
        )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose what came of the call."),
        ({"result": "no_answer"}, "Give the day and the time to call again."),
        ({"result": "no_answer", "again_on": "2026-12-01"}, "Give both the day and the time, or neither."),
        ({"result": "no_answer", "again_on": "2026-11-20", "again_at": "10:00"}, "This time has passed."),
        ({"result": "reached", "agreed_on": "2027-12-01", "agreed_at": "10:00"}, "more than 90 days away"),
        ({"result": "do_not_call"}, "Choose why the patient is not to be called."),
        ({"result": "do_not_call", "why": "other"}, "Choose why"),
        ({"result": "do_not_call", "why": "abroad", "until": "2026-11-20"}, "This day has passed."),
        ({"result": "perhaps"}, "What came of it"),
    ],
    ids=str,
)
def test_what_cannot_be_recorded_is_refused_and_what_was_typed_stays(
    plan: Plan, nurse: Client, typed: dict[str, str], said: str
) -> None:
    nurse.post(at(plan, "/claim"))
    more = {"note": "Her sister answered."} if typed.get("why") != "other" else {}
    response = record(nurse, plan, typed.pop("result", ""), **typed, **more)
    assert response.status_code == 422
    if typed.get("why") == "other":
        assert "Write the reason" in text_of(response)
    else:
        assert said in text_of(response)
        assert "Her sister answered." in response.content.decode()
    assert not Call.objects.exists()


def test_recording_what_somebody_else_is_calling_about_loses_nothing(
    plan: Plan, nurse: Client, clinic: ClinicMade
) -> None:
    calls.claim(by=clinic.primary, patient_id=plan.patient_id)
    response = record(nurse, plan, "reached", note="Spoke with her.")
    assert response.status_code == 409
    assert "Spoke with her." in response.content.decode()
    assert f"{clinic.primary.name} is calling this patient" in text_of(response)


def test_do_not_call_stands_on_the_page_and_is_taken_back_there(
    plan: Plan, nurse: Client, clinic: ClinicMade
) -> None:
    calls.claim(by=clinic.staff, patient_id=plan.patient_id)
    calls.record(by=clinic.staff, patient_id=plan.patient_id, result="do_not_call", why=NoCall.NOT_SAFE.value)
    listed = text_of(nurse.get("/calls?tab=off"))
    assert "Do not call: Calls are not safe: somebody at home may listen; until changed" in listed
    assert "Call : Wren" not in listed
    assert nurse.post(at(plan, "/allow"), {"allow-note": "Has moved out."}).headers["Location"] == at(plan)
    assert "Wren Example" in text_of(nurse.get("/calls"))
    assert nurse.post(at(plan, "/allow")).status_code == 422


def test_a_call_is_agreed_without_calling(plan: Plan, nurse: Client) -> None:
    refused = nurse.post(at(plan, "/agree"), {"agree-on": "", "agree-at": "", "agree-note": "After work."})
    assert refused.status_code == 422
    assert "After work." in refused.content.decode()
    typed = {"agree-on": "2026-12-02", "agree-at": "17:30", "agree-note": "After work."}
    assert nurse.post(at(plan, "/agree"), typed).status_code == 302
    row = Call.objects.get(result=CallResult.AGREED.value)
    # Half past five in New York.
    assert row.again_at is not None
    assert (row.again_at.hour, row.again_at.minute, row.note) == (22, 30, "After work.")


def test_a_patient_is_found_by_name_in_the_list(plan: Plan, nurse: Client) -> None:
    assert "Wren Example" in text_of(look_for(nurse, "wren", where="calls", tab="now"))
    assert "Nobody matching “nobody”" in text_of(look_for(nurse, "nobody", where="calls", tab="now"))


def test_leaving_a_call_to_others_puts_it_back(plan: Plan, nurse: Client) -> None:
    nurse.post(at(plan, "/claim"))
    assert nurse.post(at(plan, "/release")).headers["Location"] == "/calls"
    assert not CallClaim.objects.exists()


def log(clinic: ClinicMade, item: ReviewItem, **typed: str) -> Any:
    sent = {"seen_lock": str(item.lock), "call-callee": "patient", "call-outcome": "will_call_back"}
    named = {f"call-{name}": value for name, value in typed.items()}
    return client_of(clinic.primary).post(f"/items/{item.pk}/call", {**sent, **named})


def test_a_call_is_agreed_on_an_item_and_is_in_the_list_at_its_time(plan: Plan, clinic: ClinicMade) -> None:
    item = ReviewItem.objects.get(source="missed")
    refused = log(clinic, item, again_on="2026-11-27")
    assert refused.status_code == 422
    assert "Give both the day and the time, or neither." in text_of(refused)
    refused = log(clinic, item, again_on="2026-11-20", again_at="09:00", note="Her sister answered.")
    assert "This time has passed." in text_of(refused)
    assert "Her sister answered." in refused.content.decode()
    assert log(clinic, item, again_on="2026-11-27", again_at="09:00").status_code == 302
    row = Call.objects.get()
    assert (row.result, row.item_id) == ("agreed", item.pk)
    assert row.again_at is not None
    # Nine in New York.
    assert (row.again_at.day, row.again_at.hour) == (27, 14)
