"""Words that docs/glossary.md retires are in nothing that people read; the page itself is the list.

A word in bold in the last column of its tables is retired in favour of the term in the first (in the Spanish table,
of the second). Its last table lists the contexts in which a retired word means something else.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from plans.domain.checkins import instrument_file
from tests.sources import tree

ROOT: Final = Path(__file__).resolve().parents[2]
GLOSSARY: Final = ROOT / "docs" / "glossary.md"
TRANSLATED: Final = {
    "_",
    "gettext",
    "gettext_lazy",
    "lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}


@dataclass(frozen=True)
class Text:
    """A text that people read: the file, the line it begins on, its language."""

    path: Path
    line: int
    said: str
    language: str = "en"

    def where(self, at: int) -> str:
        """`file:line` of a place in the text."""
        return f"{self.path.relative_to(ROOT)}:{self.line + self.said.count(chr(10), 0, at)}"


@dataclass(frozen=True)
class Retired:
    """A word, what to say for it, and the contexts in which it may stand."""

    word: str
    instead: str
    language: str
    contexts: tuple[str, ...]

    def found(self, text: Text) -> Iterator[str]:
        """`file:line: “word”: say …` for each place in a text where the word stands outside its contexts."""
        if text.language != self.language:
            return
        allowed = [span for one in self.contexts for span in spans(one, text.said)]
        for start, end in spans(self.word, text.said):
            if not any(begin <= start and end <= stop for begin, stop in allowed):
                yield f"{text.where(start)}: “{text.said[start:end]}”: say {self.instead}"


def spans(phrase: str, said: str) -> list[tuple[int, int]]:
    """Where a phrase stands as whole words, its last in singular or plural, over any break of a line."""
    return [match.span() for match in _whole(phrase).finditer(said)]


@cache
def _whole(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word).replace("'", "['’]") for word in phrase.split())
    return re.compile(rf"(?<!\w){words}s?(?!\w)", re.IGNORECASE)


# --- what the glossary says -----------------------------------------------------------------------------------------


@cache
def tables() -> Mapping[str, Sequence[tuple[str, str, str]]]:
    """The rows of the tables of the glossary, by heading."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    heading = ""
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith(("| term |", "| word |")):
            one, two, three = (cell.strip() for cell in line.strip("|").split("|"))
            found.setdefault(heading, []).append((one, two, three))
    return found


def contexts() -> Sequence[tuple[str, str]]:
    """(word, context) of the table of places where a retired word may stand."""
    return [(word, context) for word, context, _why in tables()["Where a retired word may stand"]]


def retired() -> list[Retired]:
    """Every retired word."""
    return [
        Retired(
            word,
            said if heading == "Spanish" else term,
            "es" if heading == "Spanish" else "en",
            tuple(context for of, context in contexts() if of == word),
        )
        for heading, rows in tables().items()
        if not heading.startswith("Where")
        for term, said, others in rows
        for word in re.findall(r"\*\*(.+?)\*\*", others)
    ]


# --- what people read -----------------------------------------------------------------------------------------------


def blanked(text: str, *patterns: str) -> str:
    """A text with everything that matches blanked out; its lines stay where they are."""
    for pattern in patterns:
        text = re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL)
    return text


def of_templates() -> Iterator[Text]:
    """The sentences of templates: what stands between tags, and what tags are given to translate."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = blanked(
            path.read_text(encoding="utf-8"), r"\{#.*?#\}", r"\{% comment %\}.*?\{% endcomment %\}"
        )
        for found in re.finditer(r"""(?:translate |_\()(?:"([^"]+)"|'([^']+)')""", text):
            yield Text(path, text.count("\n", 0, found.start()) + 1, found[1] or found[2])
        scripts = (r"<script\b.*?</script>", r"<style\b.*?</style>")
        yield Text(path, 1, blanked(text, *scripts, r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>"))


def of_code() -> Iterator[Text]:
    """The sentences that code hands to gettext, without the names of what is filled in."""
    for folder in ("plans", "taperplan"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(tree(path)):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in TRANSLATED
                ):
                    for one in node.args:
                        if isinstance(one, ast.Constant) and isinstance(one.value, str):
                            yield Text(path, one.lineno, blanked(one.value, r"%\(\w+\)s", r"\{\w*\}"))


def of_data() -> Iterator[Text]:
    """Questionnaires as they are asked today and what is told of medicines, in both languages."""
    current = {one.code: instrument_file.newest(one.code) for one in instrument_file.shipped().values()}
    asked = {f"{one.code}_v{one.version}" for one in current.values()}
    folder = ROOT / "plans" / "domain"
    files = [
        *(folder / "checkins" / "questionnaires").glob("*.toml"),
        *(folder / "taper" / "about").glob("*.toml"),
    ]
    for path in sorted(files):
        if path.parent.name == "questionnaires" and path.stem not in asked:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for language, said in re.findall(r'\b(en|es) = ("(?:[^"\\]|\\.)*")', line):
                yield Text(path, number, tomllib.loads(f"said = {said}")["said"], language)


def of_translations() -> Iterator[Text]:
    """The Spanish of the catalogue."""
    path = ROOT / "plans" / "locale" / "es" / "LC_MESSAGES" / "django.po"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("msgstr") and number > 10:
            yield Text(path, number, line.partition('"')[2].rstrip('"'), "es")


def of_pages() -> Iterator[Text]:
    """The pages of the project, without what stands in code."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for path in sorted({*pages} - {GLOSSARY}):
        text = path.read_text(encoding="utf-8")
        yield Text(
            path,
            1,
            blanked(text, r"```.*?```", r"`[^`\n]*`", r"(?m)^    .*?$", r"\]\([^)\n]*\)", r"src=\"[^\"]*\""),
        )


PLACES: Final = {
    "templates": of_templates,
    "code": of_code,
    "data": of_data,
    "translations": of_translations,
    "pages": of_pages,
}


@pytest.mark.parametrize("place", PLACES)
def test_no_retired_word_is_read_anywhere(place: str) -> None:
    texts = list(PLACES[place]())
    assert len(texts) > 10
    assert [said for word in retired() for text in texts for said in word.found(text)] == []


def test_each_context_of_a_retired_word_is_still_needed() -> None:
    texts = "\n\n".join(text.said for place in PLACES.values() for text in place())
    words = {word.word for word in retired()}
    unused = [
        (word, context)
        for word, context in contexts()
        if word not in words or not spans(word, context) or not _whole(context).search(texts)
    ]
    assert unused == []


def test_a_retired_word_is_found_with_its_place_and_the_word_to_use() -> None:
    paper = next(word for word in retired() if word.word == "paper")
    page = Text(GLOSSARY, 7, "Nothing here.\nTwo Papers were drawn, and printed on\npaper.")
    assert list(paper.found(page)) == ["docs/glossary.md:8: “Papers”: say document"]
    assert list(paper.found(Text(GLOSSARY, 1, "Papering, newspaper"))) == []
