"""Every sentence that advises a patient has a recorded reason and source, and is listed in the intended use."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from plans.domain.taper import about
from plans.management import advising
from plans.management.advising import NotRegistered, Register, advises


def test_every_text_that_advises_a_patient_stands_in_the_register() -> None:
    """If this fails, its message names each text, where it stands, and what to do."""
    advising.check()


def test_the_intended_use_lists_them_as_they_are() -> None:
    call_command("advice_sentences", "--check")


@pytest.mark.parametrize(
    "text",
    [
        "Do not drive tonight.",
        "Take both halves together.",
        "Sleep with the window open.",
        "Drink water before bed",
        "You should rest.",
        "It may help. Go for a walk.",
        "If it hurts, call us.",
        "Swallow it whole with {drug}.",
        "first line / Never share it",
        "Talk to someone now",
        "You can stop here.",
    ],
)
def test_what_may_advise_is_noticed(text: str) -> None:
    assert advises(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your calendar",
        "Your answer is saved.",
        "Have you had chest pain?",
        "We open on {day}.",
        "{n} days",
        "Next",
    ],
)
def test_what_only_says_or_asks_something_is_left_alone(text: str) -> None:
    assert not advises(text)


def test_a_new_text_that_advises_is_named_with_its_place_and_what_to_do() -> None:
    with pytest.raises(NotRegistered) as refused:
        advising.check({"Eat a banana first.": ("templates/patient/new.html",)}, Register({}, frozenset()))
    said = str(refused.value)
    assert "“Eat a banana first.” (templates/patient/new.html)" in said
    assert "Add each under [[advice]] with its reason and its source" in said


def test_a_text_that_no_page_says_any_more_is_named() -> None:
    with pytest.raises(NotRegistered, match=r"no page, message or document any more:\n  “Gone\.”"):
        advising.check({}, Register({"Gone.": ("because", "them")}, frozenset()))


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ('reason = ""\nsource = "us"\ntexts = ["Rest."]', "no reason"),
        ('reason = "so"\nsource = "them"\ntexts = ["Rest."]', "no reason, or a source"),
        ('reason = "so"\nsource = "us"\ntexts = ["Rest.", "Rest."]', "twice"),
        ('reason = "so"\nsource = "us"\ntexts = ["Back to bed."]', "twice"),
    ],
)
def test_an_entry_without_reason_or_source_and_one_that_stands_twice_are_refused(
    tmp_path: Path, entry: str, why: str
) -> None:
    page = tmp_path / "advising.toml"
    page.write_text(
        f'[sources]\nus = "us"\n\n[[advice]]\n{entry}\n\n[not_advice]\nlabels = ["Back to bed."]\n'
    )
    with pytest.raises(NotRegistered, match=why):
        advising.register(page)


def test_pages_messages_documents_receipts_and_hints_are_all_read() -> None:
    places = {place.split(" ")[0] for where in advising.texts().values() for place in where}
    for place in (
        "templates/patient/receipt.html",
        "templates/patient/crisis.html",
        "templates/messages/foot.txt",
        "templates/parts/first_page.html",
        "templates/500.html",
        "plans/web/patient/leaflets.py",
        "plans/wording/documents.py",
        "plans/wording/directions.py",
        "questionnaire",
    ):
        assert place in places
    assert not [place for place in places if "item_alert" in place]


def test_a_new_module_of_words_is_read_unless_it_is_said_to_be_for_staff() -> None:
    modules = {path.stem for path in (advising.PLANS / "wording").glob("*.py")}
    assert modules >= advising._FOR_STAFF
    read = {place for where in advising.texts().values() for place in where}
    unread = modules - advising._FOR_STAFF - {"__init__"}
    with_words = {name for name in unread if f"plans/wording/{name}.py" in read}
    # What is left holds no sentence of its own.
    assert unread - with_words <= {"advice", "first_page", "text"}


def test_what_is_told_of_medicines_is_listed_with_its_mark() -> None:
    listed = {one.text: one.source for one in advising.advice()}
    for one in about.statements():
        if "Tell us" in one.texts["en"]:
            assert listed[one.texts["en"]].endswith(f"({one.mark.replace('_', '-')})")


def test_tags_places_and_lines_are_written_as_the_register_holds_them() -> None:
    assert advising.as_read("Act by <b>{{ day }}</b>.\nCall  %(phone)s or {number}.") == (
        "Act by {day}. / Call {phone} or {number}."
    )
