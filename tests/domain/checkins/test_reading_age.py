"""Our own sentences for patients: short, and in words a child of ten reads."""

from __future__ import annotations

import re
from pathlib import Path

import pyphen
import pytest
from django.utils import translation
from django.utils.translation import gettext

from plans.domain.checkins import instrument_file
from plans.domain.taper import about, catalogue
from plans.management.advising import block_texts

ROOT = Path(__file__).resolve().parents[3] / "templates"
MINE = sorted(
    [*(ROOT / "patient").glob("*.html")]
    + [path for path in (ROOT / "messages").rglob("*.txt") if not path.parent.name.startswith("item_")]
)
"""Every page and message for patients."""
WORDS_A_SENTENCE = 15
GRADE = 5
"""School grade; a reading age of 11 is the end of grade 5."""
ENOUGH_WORDS = 30
"""A grade of a handful of words says nothing."""


def template_sentences(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    found = re.findall(r'{% translate "([^"]+)"', text)
    found += [one for forms in block_texts(text) for one in forms]
    plain = (re.sub(r"{%.*?%}", ". ", re.sub(r"<[^>]+>", "", one)) for one in found)
    return [re.sub(r"{{.*?}}", "7", one).strip() for one in plain]


def questionnaire_sentences() -> list[str]:
    own = [one for one in instrument_file.shipped().values() if not one.standard]
    texts = []
    for one in own:
        texts += [one.titles["en"], *(one.leads.get("en", ""),)]
        for item in one.items.values():
            texts += [
                item.texts["en"],
                *([item.hints["en"]] if item.hints else []),
                *(option.texts["en"] for option in item.options),
            ]
    return texts + [one.texts["en"] for one in about.statements()]


EVERY = sorted({one for name in MINE for one in template_sentences(name)} | set(questionnaire_sentences()))


@pytest.mark.slow
@pytest.mark.parametrize("text", [one for one in EVERY if one.count(" ") >= 3], ids=lambda text: text[:30])
def test_sentences_are_short(text: str) -> None:
    for sentence in re.split(r"(?<=[.?!:])\s+", text):
        assert len(sentence.split()) <= WORDS_A_SENTENCE, sentence


HYPHENS = pyphen.Pyphen(lang="en_US")


def english_syllables(word: str) -> int:
    """Groups of vowels without a silent e; at least the places where the word may be hyphenated."""
    plain = re.sub("[^a-z]", "", word.lower())
    groups = len(re.findall("[aeiouy]+", plain))
    groups -= bool(re.search("[^aeiouy]e$", plain)) and not re.search("[^aeiouy]le$", plain)
    groups -= bool(re.search("[^aeioutd]ed$", plain))
    return max(1, groups, len(HYPHENS.positions(word)) + 1)


def grade(texts: list[str]) -> float:
    """Flesch-Kincaid (Kincaid 1975) of texts of four words or more; 0 for a handful of words."""
    sentences = [part for text in texts if text.count(" ") >= 3 for part in re.split(r"(?<=[.?!:])\s+", text)]
    words = [word for sentence in sentences for word in re.findall(r"[A-Za-z’']+", sentence)]
    if len(words) < ENOUGH_WORDS:
        return 0
    count = sum(english_syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * count / len(words) - 15.59


@pytest.mark.parametrize(
    ("word", "count"),
    [("medicine", 3), ("calendar", 3), ("open", 2), ("answered", 2), ("saved", 1), ("table", 2), ("you", 1)],
)
def test_syllables_are_counted_as_they_are_spoken(word: str, count: int) -> None:
    assert english_syllables(word) == count


def test_the_measure_tells_plain_from_learned() -> None:
    learned = (
        "Gradual benzodiazepine discontinuation necessitates individualized pharmacological supervision. " * 6
    )
    assert grade([learned]) > 2 * GRADE


def test_the_whole_reads_at_the_age_of_eleven() -> None:
    assert 0 < grade(EVERY) <= GRADE


@pytest.mark.parametrize("path", MINE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_page_and_message_reads_at_the_age_of_eleven(path: Path) -> None:
    assert grade(template_sentences(path)) <= GRADE


@pytest.mark.parametrize("name", sorted(catalogue.names()))
def test_what_is_said_of_each_medicine_reads_at_the_age_of_eleven(name: str) -> None:
    assert 0 < grade([one.texts["en"] for one in about.of_drug(name)]) <= GRADE


EASY = 80
"""Fernández-Huerta 1959: 80 and more is "easy", a reading age of about eleven; 90 and more "very easy"."""


def spanish_sentences() -> list[str]:
    own = [one for one in instrument_file.shipped().values() if not one.standard]
    own = [one for one in own if "es" in one.languages]
    texts = [text["es"] for one in own for text in (one.titles, one.leads) if text]
    texts += [item.texts["es"] for one in own for item in one.items.values()]
    texts += [one.texts["es"] for one in about.statements()]
    with translation.override("es"):
        texts += [str(gettext(text)) for name in MINE for text in template_sentences(name)]
    return [part for one in texts if one.count(" ") >= 3 for part in re.split(r"(?<=[.?!:])\s+", one)]


def syllables_of(word: str) -> int:
    """Each strong or stressed vowel is one; weak ones count where they stand alone."""
    strong = len(re.findall("[aeoáéíóú]", word))
    weak = re.findall("[iuüy]+", re.sub("[aeoáéíóú][iuüy]|[iuü](?=[aeoáéíóú])|qu|gu(?=[ei])", "", word))
    return max(1, strong + len(weak))


def test_spanish_reads_easily_too() -> None:
    sentences = spanish_sentences()
    words = [word for sentence in sentences for word in re.findall(r"[a-záéíóúüñ]+", sentence.lower())]
    count = sum(syllables_of(word) for word in words)
    ease = 206.84 - 60 * count / len(words) - 1.02 * len(words) / len(sentences)
    assert ease >= EASY
