"""Spanish on every document, and the catalogues: compiled, complete, with the placeholders of the English."""

from __future__ import annotations

import gettext
import io
import re
import string
from dataclasses import replace
from datetime import date

import pytest

from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import read_pages
from plans.domain.documents.visit import VisitFacts
from plans.management import catalogue
from plans.wording.documents import after_last_day, calendar_words, help_rows
from plans.wording.visit_summary import sections
from tests.documents.pictures import crossover, four_times, liquid
from tests.documents.plans import clonazepam, facts, of_kind, two_bottles
from tests.documents.reading import text_of

PLANS = {
    "two-products": lambda: facts(clonazepam(), follow_up=(date(2026, 12, 15),)),
    "liquid": liquid,
    "four-times": four_times,
    "crossover": crossover,
}
VISIT = VisitFacts(date(2027, 1, 20), None, (), (), (), (), (date(2027, 1, 25),))


def spanish(name, **changes):
    plan, words = PLANS[name](), calendar_words("es")
    after = after_last_day(plan.schedule, words)
    return replace(plan, words=words, language="es", after_last_day=after, **changes)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
@pytest.mark.parametrize(
    "look",
    [
        {},
        pytest.param({"paper": "letter", "low_ink": True}, marks=pytest.mark.slow),
        pytest.param({"large": True}, marks=pytest.mark.slow),
        pytest.param({"large": True, "paper": "letter"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_every_document_is_drawn_in_spanish_and_reads_back(name, kind, look):
    given = spanish(name, **look)
    assert read_back(draw(of_kind(given, kind)), of_kind(given, kind)) == ()


@pytest.mark.slow
def test_no_english_is_left_on_a_spanish_calendar():
    given = spanish("two-products", help_lines=(), clinic_hours="")
    texts = " ".join(
        run.text for page in read_pages(draw(of_kind(given, "calendar"))) for run in page.all_runs()
    )
    words = {word.strip(".,:;").lower() for word in texts.split()}
    assert not words & {"the", "of", "and", "dose", "tablet", "page", "day", "take", "version", "morning"}
    assert "media tableta de 0.5 mg" in texts
    assert "DOSIS NUEVA" in texts


def test_no_text_of_the_documents_is_left_in_english():
    english, other = calendar_words("en").said, calendar_words("es").said
    same = {key for key in english if english[key] == other[key]}
    # Patterns without a word of their own.
    assert same == {"date_weekday", "take_at", "take_measured", "weekly_step"}


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_visit_summary_is_drawn_in_both_languages(large):
    for language in ("en", "es"):
        words = calendar_words(language)
        given = facts(
            clonazepam(),
            words=words,
            language=language,
            large=large,
            sections=sections(clonazepam(), VISIT, words),
        )
        assert read_back(draw(of_kind(given, "summary")), of_kind(given, "summary")) == ()


def test_a_summary_with_a_word_changed_is_caught():
    words = calendar_words("en")
    given = facts(clonazepam(), sections=sections(clonazepam(), VISIT, words))
    other = sections(clonazepam(date(2026, 12, 7)), VISIT, words)
    pdf = draw(of_kind(replace(given, sections=other), "summary"))
    assert "summary_text_missing" in {finding.code for finding in read_back(pdf, of_kind(given, "summary"))}


def test_one_row_stands_for_a_line_that_takes_calls_and_texts():
    assert help_rows("US", "en") == (("988 Suicide & Crisis Lifeline", "988", "call or text"),)
    assert help_rows("CA", "es")[0][2] == "llamada o mensaje"


@pytest.mark.slow
@pytest.mark.parametrize("look", [{}, {"paper": "letter"}, {"large": True}], ids=str)
def test_the_spanish_name_of_988_and_the_key_to_press_stand_on_page_one(look):
    rows = help_rows("US", "es")
    assert rows == (("Línea 988 de Prevención del Suicidio y Crisis", "988", "oprima 2"),)
    given = spanish("two-products", help_lines=rows, **look)
    pdf = draw(of_kind(given, "calendar"))
    assert read_back(pdf, of_kind(given, "calendar")) == ()
    texts = " ".join(run.text for run in read_pages(pdf)[0].all_runs())
    assert "oprima 2" in texts
    assert rows[0][0] in texts


@pytest.mark.parametrize("path", catalogue.catalogues(), ids=lambda path: path.parent.parent.name)
def test_the_compiled_catalogue_is_that_of_the_text(path):
    raw = catalogue.compiled(path)
    assert path.with_suffix(".mo").read_bytes() == raw, "run manage.py words"
    # Python's own reader understands it the same way.
    loaded = gettext.GNUTranslations(io.BytesIO(raw))
    for key, value in catalogue.read_po(path.read_text("utf-8")).items():
        if key and "\x00" not in key:
            assert loaded.gettext(key) == value


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", catalogue.catalogues(), ids=lambda path: path.parent.parent.name)
def test_translations_fill_in_what_the_english_fills_in(path):
    for key, value in catalogue.read_po(path.read_text("utf-8")).items():
        text = key.split("\x04")[-1].split("\x00")[0]
        if key and "{" in text and "%" not in text:
            assert fields(text) == fields(value), text


@pytest.mark.parametrize(
    "broken", ['msgid "a', "msgid a\nmsgstr b", 'what "a"', 'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"']
)
def test_a_broken_catalogue_is_refused(broken):
    with pytest.raises(catalogue.BadTranslations):
        catalogue.read_po(broken)


def test_contexts_plurals_and_fuzzy_entries_are_read():
    read = catalogue.read_po(
        'msgctxt "c"\nmsgid "a"\nmsgstr "b"\n\n#, fuzzy\nmsgid "x"\nmsgstr "y"\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "uno"\nmsgstr[1] ""\n"muchos"\n'
    )
    assert read == {"c\x04a": "b", "one\x00many": "uno\x00muchos"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
def test_a_language_with_a_comma_keeps_the_rules_of_writing(kind):
    words = replace(calendar_words("es"), decimal_mark=",")
    after = after_last_day(clonazepam(), words)
    given = facts(clonazepam(), words=words, language="es", after_last_day=after)
    pdf = draw(of_kind(given, kind))
    assert read_back(pdf, of_kind(given, kind)) == ()
    said = text_of(pdf).replace("\N{NO-BREAK SPACE}", " ")
    doses = set(re.findall(r"(\S+) mg\b", said))
    assert {"0,5", "0,375", "1"} <= {dose.lstrip("(") for dose in doses}
    assert not re.search(r"\d\.\d+ mg|(?<!\d),\d|,\d*0 mg", said)


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_a_volume_and_its_bottle_are_joined_as_the_language_joins_them(large):
    words = calendar_words("es")
    given = facts(two_bottles(), words=words, language="es", large=large)
    said = {}
    for kind in ("calendar", "pharmacy"):
        pdf = draw(of_kind(given, kind))
        assert read_back(pdf, of_kind(given, kind)) == ()
        said[kind] = " ".join(run.text for page in read_pages(pdf) for run in page.all_runs())
    assert "Tome 2 mL de solución oral" in said["pharmacy"]
    assert "de solución oral" in said["calendar"]
