"""A clinic's own questionnaires: loaded, asked, scored, stopped; wrong ones refused with the place and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from plans.models import CheckIn, Clinic, ClinicQuestionnaire
from plans.services.checkins import queries, sessions
from tests.makers_checkins import START, Asked, answer_all, asked, calm, on

pytestmark = pytest.mark.django_db

OWN = """
code = "walk"
version = 1
recall = "7 days"
licence = "Ours"
source = "Own wording"
languages = ["en"]
title.en = "Walking"
scored = ["walk_far", "walk_glad"]
pages = [{ code = "walk_page", items = ["walk_far", "walk_glad"] }]

[scales.amount]
options = [
  { value = "0", score = 0, text.en = "Not at all" },
  { value = "1", score = 1, text.en = "A lot" },
]

[[items]]
code = "walk_far"
scale = "amount"
text.en = "Did you walk?"

[[items]]
code = "walk_glad"
scale = "amount"
text.en = "Did you like it?"
"""


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def load(folder: Path, text: str, clinic: object, **more: str) -> str:
    file, out = folder / "questions.toml", StringIO()
    file.write_text(text, encoding="utf-8")
    call_command("load_questionnaire", str(file), clinic=str(clinic), stdout=out, **more)
    return out.getvalue()


@pytest.mark.slow
def test_it_is_asked_before_the_last_page_scored_and_read_again_after_it_was_stopped(
    story: Asked, tmp_path: Path
) -> None:
    name = Clinic.objects.get(pk=story.clinic.id).name
    assert "walk, version 1" in load(tmp_path, OWN, name)
    load(tmp_path, OWN, name)
    subject = sessions.for_link(story.link)
    answer_all(subject, walk_far="1", walk_glad="1")
    checkin = CheckIn.objects.get()
    assert checkin.scores["walk"]["total"] == 2
    call_command("load_questionnaire", clinic=name, stop="walk", stdout=StringIO())
    assert not ClinicQuestionnaire.objects.filter(asked=True).exists()
    asked_of = [row.item.code for row in queries.answers_table(checkin.pk).rows]
    assert asked_of.index("walk_far") < asked_of.index("overall")
    assert calm(subject, "walk_page") == {"walk_far": ["0"], "walk_glad": ["0"]}


@pytest.mark.slow
def test_a_version_once_loaded_is_never_edited_and_a_new_one_takes_its_place(
    story: Asked, tmp_path: Path
) -> None:
    load(tmp_path, OWN, story.clinic.id)
    with pytest.raises(CommandError, match="give the file a new version"):
        load(tmp_path, OWN.replace("Did you walk?", "Did you run?"), story.clinic.id)
    load(tmp_path, OWN.replace("version = 1", "version = 2"), story.clinic.id)
    standing = ClinicQuestionnaire.objects.order_by("version").values_list("version", "asked")
    assert list(standing) == [(1, False), (2, True)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("walk", "isi"), "not the item set"),
        (("walk", "ciwa_b"), "not the item set"),
        (('code = "walk"', 'code = "week"'), "part of the program"),
        (("walk_far", "sx_far"), "begin with the code"),
        (('licence = "Ours"', ""), "licence: this key is missing"),
        ((", score = 1", ""), "without a score"),
        (("[scales", "[scales.]["), "not TOML"),
    ],
    ids=lambda one: one if isinstance(one, str) else one[1] or "gone",
)
def test_a_wrong_file_is_refused_with_its_reason(
    story: Asked, tmp_path: Path, change: tuple[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        load(tmp_path, OWN.replace(*change), story.clinic.id)
    assert not ClinicQuestionnaire.objects.exists()


def test_an_unknown_clinic_is_refused(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match="no such clinic"):
        load(tmp_path, OWN, "Nowhere")
