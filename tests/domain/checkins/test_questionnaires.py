"""Questionnaires are what was published, licensed, and whole; wrong item sets are refused."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from plans.domain.checkins import instrument_file
from plans.domain.checkins.instrument import Questionnaire
from plans.domain.checkins.instrument_file import BadQuestionnaire, read_questionnaire

EVERY = sorted(instrument_file.shipped().values(), key=lambda one: one.code)
GOOD = """
code = "mine"
version = 1
recall = "7 days"
licence = "Apache-2.0"
source = "Own wording"
languages = ["en"]
title.en = "Mine"
scored = ["a"]
pages = [{ code = "one", items = ["a"] }]
[scales.s]
options = [{ value = "0", score = 0, text.en = "No" }, { value = "1", score = 1, text.en = "Yes" }]
[[items]]
code = "a"
scale = "s"
text.en = "A?"
"""


def read(tmp_path: Path, text: str, name: str = "mine_v1") -> Questionnaire:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_questionnaire(path)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.code)
def test_licence_source_and_recall_are_named(one: Questionnaire) -> None:
    assert one.licence
    assert one.source
    assert one.recall in ("7 days", "2 weeks")


@pytest.mark.parametrize("one", [one for one in EVERY if one.standard], ids=lambda one: one.code)
def test_published_scales_carry_the_credit_line_and_the_two_week_lead(one: Questionnaire) -> None:
    assert "Spitzer" in one.credits["en"]
    assert "No permission required" in one.licence
    assert one.leads["en"].startswith("Over the last 2 weeks, how often have you been bothered by")


@pytest.mark.parametrize("code", ["phq2", "phq9", "gad2", "gad7"])
def test_another_language_is_a_published_translation_with_its_name_source_permission_and_day(
    code: str,
) -> None:
    one = instrument_file.newest(code)
    assert one.languages == ("en", "es")
    spanish = one.translations["es"]
    assert (spanish.name, spanish.checked) == ("Spanish for the USA", date(2026, 11, 27))
    assert "phqscreeners.com" in spanish.source
    assert one.permission("es") == "No se requiere permiso para reproducir, traducir, presentar o distribuir."
    assert one.permission("en") == one.licence
    assert "Spitzer" in one.credits["es"]
    assert one.leads["es"].startswith("Durante las últimas 2 semanas, ")
    assert not spanish.read_back


def test_a_scale_in_a_language_whose_translation_is_not_named_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "questionnaires"
    shutil.copytree(instrument_file.FOLDER, folder)
    path, lines = folder / "phq2_v2.toml", folder / "published.toml"
    text = path.read_text(encoding="utf-8")
    begins = text.index("[translations.es]")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(text[:begins] + text[text.index("[scales.often]") :], encoding="utf-8")
    now = hashlib.sha256(path.read_bytes()).hexdigest()
    lines.write_text(lines.read_text(encoding="utf-8").replace(before, now), encoding="utf-8")
    monkeypatch.setattr(instrument_file, "FOLDER", folder)
    with pytest.raises(BadQuestionnaire) as refused:
        instrument_file.shipped.__wrapped__()
    assert refused.value.facts["why"] == "translation_without_source"


@pytest.mark.parametrize(
    ("code", "top", "panel", "total"),
    [
        ("phq2", 6, "55757-9", "55758-7"),
        ("phq9", 27, "44249-1", "44261-6"),
        ("gad2", 6, "", ""),
        ("gad7", 21, "69737-5", "70274-6"),
    ],
)
def test_tops_and_codes(code: str, top: int, panel: str, total: str) -> None:
    one = instrument_file.newest(code)
    assert (one.top, one.loinc_panel, one.loinc_total) == (top, panel, total)


def test_the_codes_of_the_last_two_gad_7_items_are_not_swapped() -> None:
    items = instrument_file.newest("gad7").items
    assert (items["gad_6"].texts["en"], items["gad_6"].loinc) == (
        "Becoming easily annoyed or irritable",
        "69689-8",
    )
    assert (items["gad_7"].loinc, items["gad_7"].texts["en"][:14]) == ("69736-7", "Feeling afraid")


@pytest.mark.parametrize(("short", "long"), [("phq2", "phq9"), ("gad2", "gad7")])
def test_a_short_scale_is_the_beginning_of_the_long_one(short: str, long: str) -> None:
    small, large = instrument_file.newest(short), instrument_file.newest(long)
    assert all(large.items[code] == item for code, item in small.items.items())
    assert large.pages[0].items == small.pages[0].items
    assert large.pages[0].code == small.pages[0].code


def test_no_item_has_two_meanings() -> None:
    texts: dict[str, str] = {}
    for one in (instrument_file.newest(code) for code in sorted({one.code for one in EVERY})):
        for code, item in one.items.items():
            assert texts.setdefault(code, item.texts["en"]) == item.texts["en"]


def test_a_later_version_takes_the_answers_of_the_one_before() -> None:
    """Answers of an earlier response stand beside those of today, whatever the wording was."""
    for one in EVERY:
        later = instrument_file.newest(one.code)
        for code, item in one.items.items():
            again = later.items[code]
            assert again.kind is item.kind
            assert [(o.value, o.score) for o in again.options] == [(o.value, o.score) for o in item.options]
            assert again.shown_if == item.shown_if


def test_item_nine_has_a_page_of_its_own() -> None:
    assert next(page.items for page in instrument_file.newest("phq9").pages if "phq_9" in page.items) == (
        "phq_9",
    )


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).top == 1


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('licence = "Apache-2.0"', 'licence = " "', "missing"),
        ('licence = "Apache-2.0"', "", "missing"),
        ('source = "Own wording"', "", "missing"),
        ('title.en = "Mine"', 'title.en = "Mine"\ncolour = "red"', "unknown_key"),
        ('items = ["a"]', "items = []", "pages_are_not_items"),
        ("score = 1, ", "", "item_without_score"),
        ('value = "1"', 'value = "0"', "value_twice"),
        ('text.en = "A?"', 'text.de = "A?"', "languages_differ"),
        ('recall = "7 days"', 'recall = "lately"', "unknown_recall"),
        ('code = "mine"', 'code = "yours"', "name_is_not_file"),
        ('scale = "s"', 'scale = "t"', "unknown_scale"),
        ('text.en = "A?"', 'text.en = "A?"\nshown_if = { b = ["1"] }', "shown_before_asked"),
        ("version = 1", "version = [", "not_toml"),
        ("[scales.s]", "[translations.es]\nname = 'Spanish'\n[scales.s]", "languages_differ"),
        ("[scales.s]", "[translations.en]\nname = 'Mine'\n[scales.s]", "missing"),
    ],
)
def test_a_file_with_a_fault_is_refused_and_says_which(tmp_path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(BadQuestionnaire) as refused:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert refused.value.facts["why"] == why


def test_alcohol_items_under_the_name_of_the_benzodiazepine_scale_are_refused(tmp_path: Path) -> None:
    options = ", ".join(f'{{ value = "{n}", score = {n}, text.en = "{n}" }}' for n in range(8))
    items = "".join(f'[[items]]\ncode = "a{n}"\nscale = "s"\ntext.en = "{n}"\n' for n in range(20))
    codes = ", ".join(f'"a{n}"' for n in range(20))
    text = (
        'code = "ciwa_b"\nversion = 1\nrecall = "now"\nlicence = "ours"\nsource = "seen"\nlanguages = ["en"]\n'
        f'title.en = "CIWA-B"\nscored = [{codes}]\npages = [{{ code = "one", items = [{codes}] }}]\n'
        f"[scales.s]\noptions = [{options}]\n{items}"
    )
    with pytest.raises(BadQuestionnaire) as refused:
        read(tmp_path, text, "ciwa_b_v1")
    assert refused.value.facts["why"] == "wrong_item_set"


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("phq9_v1", "Poor appetite or overeating", "Poor appetite", "wrong_item_set"),
        ("phq9_v1", 'value = "3", score = 3', 'value = "3", score = 4', "wrong_item_set"),
        ("symptoms_v2", 'shown_if = { sx_heart = ["4"] }', 'shown_if = { sx_heart = ["3"] }', "edited"),
        ("week_v2", "We do not read this straight away.", "We read this soon.", "edited"),
        ("gad7_v1", "with an educational grant", "with a grant", "edited"),
    ],
)
def test_a_published_file_that_was_edited_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, why: str
) -> None:
    folder = tmp_path / "questionnaires"
    shutil.copytree(instrument_file.FOLDER, folder)
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(instrument_file, "FOLDER", folder)
    with pytest.raises(BadQuestionnaire) as refused:
        instrument_file.shipped.__wrapped__()
    assert (refused.value.facts["file"], refused.value.facts["why"]) == (name, why)
