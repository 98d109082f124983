"""The clinic's own questions: written and looked at, published, asked, changed by a new version, stopped, signed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from plans.domain.checkins.clinic_questionnaires import ASKED_MOST, Answer
from plans.models import CheckIn, ClinicQuestionnaire, Flag, Patient
from plans.services.checkins import clinic_questionnaires, responses, rules, sessions
from tests.makers import ClinicMade
from tests.makers_checkins import START, Asked, a_question, answer_all, asked, on
from tests.web.test_checkin_pages import text_of

pytestmark = pytest.mark.django_db
TYPED = {"english": "Did you go for a walk?", "spanish": "", "answer": "yes_no", "after": "doses", "only": ""}


@pytest.fixture
def lead(clinic: ClinicMade, client: Client) -> Client:
    client.force_login(get_user_model().objects.get(pk=clinic.lead.member_id))
    return client


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


@pytest.mark.slow
def test_a_question_is_looked_at_before_it_is_published_and_looking_keeps_nothing(lead: Client) -> None:
    said = lead.post("/settings/questions/new", {**TYPED, "do": "preview"})
    assert "As the patient sees it" in text_of(said)
    assert "I would rather not say" in text_of(said)
    assert not ClinicQuestionnaire.objects.exists()
    assert lead.post("/settings/questions/new", {**TYPED, "do": "publish"}).status_code == 302
    row = ClinicQuestionnaire.objects.get()
    assert (row.code, row.version, row.asked) == ("own1", 1, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("english", "", "This is needed."),
        ("english", "x" * 161, "at most 160 fit"),
        ("english", "a\u202eb", "changes the direction of writing"),
        ("spanish", "x" * 161, "at most 160 fit"),
        ("answer", "slider", "Choose one from the list."),
        ("after", "safety", "Choose one from the list."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words_and_stays_on_the_page(
    lead: Client, field: str, value: str, said: str
) -> None:
    response = lead.post("/settings/questions/new", {**TYPED, field: value, "do": "publish"})
    assert response.status_code == 422
    assert said in text_of(response)
    assert field == "english" or "Did you go for a walk?" in response.content.decode()
    assert not ClinicQuestionnaire.objects.exists()


@pytest.mark.slow
def test_a_published_version_is_never_edited_and_the_next_one_is_asked(
    lead: Client, clinic: ClinicMade
) -> None:
    key = clinic_questionnaires.add(by=clinic.lead, item=a_question())
    first = ClinicQuestionnaire.objects.get().text
    where = f"/settings/questions/{key}/change"
    assert 'value="Did you go for a walk?"' in lead.get(where).content.decode()
    lead.post(where, {**TYPED, "english": "Did you walk far?", "seen_version": 1, "do": "publish"})
    rows = ClinicQuestionnaire.objects.order_by("version")
    assert [(row.version, row.asked) for row in rows] == [(1, False), (2, True)]
    assert rows[0].text == first
    late = lead.post(where, {**TYPED, "english": "Did you run?", "seen_version": 1, "do": "publish"})
    assert "published another version meanwhile" in text_of(late)
    assert "Did you run?" in late.content.decode()


def test_the_same_wording_again_is_no_new_version(clinic: ClinicMade) -> None:
    key = clinic_questionnaires.add(by=clinic.lead, item=a_question())
    assert (
        clinic_questionnaires.change(by=clinic.lead, question_id=key, item=a_question(), seen_version=1)
        == key
    )


@pytest.mark.slow
def test_a_clinic_asks_at_most_ten_of_its_own(lead: Client, clinic: ClinicMade) -> None:
    for _n in range(ASKED_MOST):
        key = clinic_questionnaires.add(by=clinic.lead, item=a_question())
    said = text_of(lead.post("/settings/questions/new", {**TYPED, "do": "publish"}))
    assert "Stop asking one first" in said
    lead.post(f"/settings/questions/{key}/stop")
    assert lead.post("/settings/questions/new", {**TYPED, "do": "publish"}).status_code == 302
    assert "Not asked" in text_of(lead.post(f"/settings/questions/{key}/again", follow=True))


@pytest.mark.slow
def test_the_list_is_searched_and_paged_and_says_when_it_is_empty(lead: Client, clinic: ClinicMade) -> None:
    assert "No questions of your own yet" in text_of(lead.get("/settings/questions"))
    keys = [
        clinic_questionnaires.add(by=clinic.lead, item=a_question(english=f"Is it day {n}?"))
        for n in range(3)
    ]
    found = clinic_questionnaires.questions(clinic.reader, size=2)
    assert len(found.rows) == 2
    rest = clinic_questionnaires.questions(clinic.reader, size=2, key=found.next_key)
    assert {row.id for row in (*found.rows, *rest.rows)} == set(keys)
    said = text_of(lead.get("/settings/questions?q=day 1"))
    assert "Is it day 1?" in said
    assert "Is it day 2?" not in said
    assert "No question with these words" in text_of(lead.get("/settings/questions?q=night"))


@pytest.mark.slow
def test_it_is_asked_where_it_was_put_and_after_it_was_stopped_no_longer(story: Asked) -> None:
    key = clinic_questionnaires.add(by=story.clinic.lead, item=a_question(after="doses"))
    subject = sessions.for_link(story.link)
    answer_all(subject, own1_q="yes")
    state = responses.look(subject)
    asked_of = [code for page in state.response.pages for code in page.items]
    assert asked_of.index("dose_taken") < asked_of.index("own1_q") < asked_of.index("alcohol_days")
    clinic_questionnaires.stop(by=story.clinic.lead, question_id=key)
    assert "own1" not in responses.look(sessions.unscheduled(story.link, nonce="n")).response.spec.own
    assert responses.look(subject).response.answers["own1_q"] == "yes"


@pytest.mark.slow
def test_words_of_danger_in_an_answer_to_our_own_question_reach_the_queue(story: Asked) -> None:
    clinic_questionnaires.add(by=story.clinic.lead, item=a_question(answer=Answer.TEXT))
    answer_all(sessions.for_link(story.link), own1_q="I want to die")
    flag = Flag.objects.get(rule="W1")
    assert (flag.severity, flag.facts["item"]) == ("urgent", "own1_q")
    assert Flag.objects.get(rule="R7").facts["items"] == ["own1_q"]


@pytest.mark.slow
def test_a_question_without_spanish_is_not_asked_in_spanish(story: Asked) -> None:
    clinic_questionnaires.add(by=story.clinic.lead, item=a_question(spanish=""))
    clinic_questionnaires.add(by=story.clinic.lead, item=a_question(only="weekly"))
    assert set(responses.look(sessions.for_link(story.link)).response.spec.own) == {"own1"}
    Patient.objects.update(language="es")
    assert set(responses.look(sessions.unscheduled(story.link)).response.spec.own) == {"own2"}
    assert not CheckIn.objects.exists()


def test_the_leads_signature_covers_what_is_asked(clinic: ClinicMade) -> None:
    rules.sign(by=clinic.lead, seen_digest=rules.in_force(clinic.lead).digest)
    assert rules.in_force(clinic.lead).signed
    key = clinic_questionnaires.add(by=clinic.lead, item=a_question())
    assert not rules.in_force(clinic.lead).signed
    clinic_questionnaires.stop(by=clinic.lead, question_id=key)
    assert rules.in_force(clinic.lead).signed
    assert rules.in_force(clinic.lead).own == ()
