"""Reads questionnaire files; refuses unknown keys, missing licences and wrong item sets.

A file is TOML: `code`, `version`, `recall`, `licence`, `source`, `languages`, `title`, optional `lead`, `credit`,
`loinc`, `scored`; a clinic's own may say `after` and `only`; `pages`; `[translations.X]` with `name`, `source`,
`permission`, `checked` (a date) and `read_back`; `[scales.X]` with `options`; `[[items]]` with `code`, `scale` or
`kind`, texts by language.
Its name is `<code>_v<version>.toml`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from plans.domain.checkins.instrument import (
    FORMS,
    PLACES,
    Item,
    Kind,
    Option,
    Questionnaire,
    QuestionPage,
    Translation,
)
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject

FOLDER: Final = Path(__file__).with_name("questionnaires")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_RECALLS: Final = frozenset({"7 days", "2 weeks", "now", "month"})
# Scored items and the highest score of each, for instruments of these names wherever the file comes from.
# Public code ships alcohol-withdrawal items (0 to 7) under the name CIWA-B; such files are refused.
SHAPES: Final = {
    "phq2": (2, 3), "phq8": (8, 3), "phq9": (9, 3), "gad2": (2, 3), "gad7": (7, 3), "ciwa_b": (20, 4),
    "bwsq": (20, 2), "isi": (7, 4),
}  # fmt: skip


class BadQuestionnaire(TaperplanError):
    """A questionnaire that cannot be used: facts `file`, `why`; `where` is the path of the key."""

    code = "bad_questionnaire"
    shown = frozenset({"file", "why"})


def read_questionnaire(path: Path) -> Questionnaire:
    """The questionnaire in a file. Raises BadQuestionnaire, naming the key and why."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadQuestionnaire(file=path.name, why="not_toml") from wrong
    return _QuestionnaireReader(path.stem, data).questionnaire()


@lru_cache(maxsize=64)
def read_text(text: str) -> Questionnaire:
    """The questionnaire in the text of a file that a clinic loaded. Its item codes must not clash with ours.

    Raises BadQuestionnaire.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise BadQuestionnaire(file="", why="not_toml") from wrong
    stem = f"{data.get('code')}_v{data.get('version')}"
    try:
        made = _QuestionnaireReader(stem, data).questionnaire()
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise BadQuestionnaire(file=stem, why="bad_value", where=str(wrong)[:80]) from wrong
    if any(made.code == one.code for one in shipped().values()):
        raise BadQuestionnaire(file=stem, why="is_ours", where="code")
    codes = (*made.items, *(page.code for page in made.pages))
    strange = next((code for code in codes if not code.startswith(f"{made.code}_")), None)
    if strange is not None or made.code in ("s", "sx", "phq", "gad"):
        raise BadQuestionnaire(file=stem, why="item_without_prefix", where=f"items.{strange or made.code}")
    return made


@cache
def shipped() -> dict[str, Questionnaire]:
    """Every questionnaire of this release by "<code>_v<version>", each compared with what was published.

    Raises BadQuestionnaire: "edited" for a file changed after publication, "wrong_item_set" for one that was never
    published like this, "translation_without_source" for a published scale in a language without a named translation.
    """
    published = tomllib.loads((FOLDER / "published.toml").read_text(encoding="utf-8"))
    paths = {path.stem: path for path in sorted(FOLDER.glob("*_v*.toml"))}
    found = {name: read_questionnaire(path) for name, path in paths.items()}
    for name, questionnaire in found.items():
        if published.get(name) != questionnaire.item_set():
            raise BadQuestionnaire(file=name, why="wrong_item_set")
        if published["files"].get(name) != hashlib.sha256(paths[name].read_bytes()).hexdigest():
            raise BadQuestionnaire(file=name, why="edited")
        if questionnaire.standard and set(questionnaire.languages) != {"en", *questionnaire.translations}:
            raise BadQuestionnaire(file=name, why="translation_without_source", where="translations")
    return found


def get(code: str, version: int) -> Questionnaire:
    """A shipped questionnaire. Raises BadQuestionnaire for an unknown one."""
    try:
        return shipped()[f"{code}_v{version}"]
    except KeyError as unknown:
        raise BadQuestionnaire(file=f"{code}_v{version}", why="unknown") from unknown


def newest(code: str) -> Questionnaire:
    """The newest shipped version of a questionnaire."""
    versions = [found for found in shipped().values() if found.code == code]
    if not versions:
        raise BadQuestionnaire(file=code, why="unknown")
    return max(versions, key=lambda found: found.version)


def scales_in(language: str) -> bool:
    """Whether every published scale that check-ins ask is available in a language."""
    return all(language in newest(one.code).languages for one in shipped().values() if one.standard)


def translations() -> dict[str, Translation]:
    """The published translations of PHQ and GAD that are asked, by language; English is the original."""
    return dict(newest("phq9").translations)


class _QuestionnaireReader:
    """Walks one parsed file. Every `_take` removes a key, so whatever is left over is unknown."""

    def __init__(self, stem: str, data: JsonObject) -> None:
        self.stem = stem
        self.data = data
        self.languages: tuple[str, ...] = ()

    def questionnaire(self) -> Questionnaire:
        data = self.data
        code, version = self._text(data, "code"), self._take(data, "version", int)
        if self.stem != f"{code}_v{version}" or not _CODE.match(code):
            raise self._bad("name_is_not_file", "code")
        self.languages = tuple(self._take(data, "languages", list))
        if "en" not in self.languages:
            raise self._bad("no_english", "languages")
        scales = {name: self._options(name, table) for name, table in data.pop("scales", {}).items()}
        items = [self._item(n, raw, scales) for n, raw in enumerate(self._take(data, "items", list))]
        loinc = data.pop("loinc", {})
        made = Questionnaire(
            code=code,
            version=version,
            titles=self._texts(data, "title", ""),
            leads=self._texts(data, "lead", "") if "lead" in data else {},
            credits=self._texts(data, "credit", "") if "credit" in data else {},
            licence=self._text(data, "licence"),
            source=self._text(data, "source"),
            recall=self._text(data, "recall"),
            languages=self.languages,
            loinc_panel=str(loinc.pop("panel", "")),
            loinc_total=str(loinc.pop("total", "")),
            scored=tuple(data.pop("scored", ())),
            items={item.code: item for item in items},
            pages=tuple(self._page(code, raw) for raw in self._take(data, "pages", list)),
            after=str(data.pop("after", "")),
            only=str(data.pop("only", "")),
            translations={
                language: self._translation(language, raw)
                for language, raw in data.pop("translations", {}).items()
            },
        )
        for left, where in ((data, ""), (loinc, "loinc.")):
            if left:
                raise self._bad("unknown_key", f"{where}{min(left)}")
        self._check(made, len(items))
        return made

    def _check(self, made: Questionnaire, count: int) -> None:
        """Check the whole: each item once on a page and after the item that brings it up; scores; the item set."""
        if len(made.items) != count:
            raise self._bad("item_twice", "items")
        if made.recall not in _RECALLS:
            raise self._bad("unknown_recall", "recall")
        if made.after not in ("", *PLACES):
            raise self._bad("unknown_place", "after")
        if made.only not in ("", *FORMS):
            raise self._bad("unknown_place", "only")
        self._check_pages(made)
        self._check_scores(made)

    def _check_pages(self, made: Questionnaire) -> None:
        paged = [code for page in made.pages for code in page.items]
        if sorted(paged) != sorted(made.items):
            raise self._bad("pages_are_not_items", "pages")
        asked: set[str] = set()
        for page in made.pages:
            for code in page.items:
                if not set(made.items[code].shown_if) <= asked:
                    raise self._bad("shown_before_asked", f"items.{code}.shown_if")
            asked.update(page.items)

    def _check_scores(self, made: Questionnaire) -> None:
        for code in made.scored:
            options = made.items[code].options if code in made.items else ()
            if not options or any(option.score is None for option in options):
                raise self._bad("item_without_score", f"items.{code}")
        shape = SHAPES.get(made.code)
        tops = {max(o.score or 0 for o in made.items[code].options) for code in made.scored}
        if shape is not None and (len(made.scored), tops) != (shape[0], {shape[1]}):
            raise self._bad("wrong_item_set", "scored")

    def _options(self, name: str, table: JsonObject) -> tuple[Option, ...]:
        where = f"scales.{name}"
        made = []
        for raw in self._take(table, "options", list, where):
            score = raw.pop("score", None)
            made.append(
                Option(
                    value=self._text(raw, "value", where),
                    score=score,
                    loinc=str(raw.pop("loinc", "")),
                    texts=self._texts(raw, "text", where),
                )
            )
            self._empty(raw, where)
        self._empty(table, where)
        if len({option.value for option in made}) != len(made):
            raise self._bad("value_twice", where)
        return tuple(made)

    def _item(self, n: int, raw: JsonObject, scales: dict[str, tuple[Option, ...]]) -> Item:
        where = f"items[{n}]"
        kind = Kind(raw.pop("kind", "choice"))
        scale = raw.pop("scale", "")
        if (kind is Kind.CHOICE) != (scale in scales):
            raise self._bad("unknown_scale", f"{where}.scale")
        made = Item(
            code=self._text(raw, "code", where),
            kind=kind,
            texts=self._texts(raw, "text", where),
            hints=self._texts(raw, "hint", where) if "hint" in raw else {},
            options=scales.get(scale, ()),
            minimum=raw.pop("minimum", 0),
            maximum=raw.pop("maximum", 0),
            max_length=raw.pop("max_length", 0),
            optional=raw.pop("optional", False),
            no_lead=raw.pop("no_lead", False),
            when=raw.pop("when", ""),
            shown_if={code: frozenset(values) for code, values in raw.pop("shown_if", {}).items()},
            loinc=str(raw.pop("loinc", "")),
        )
        if not _CODE.match(made.code) or made.when not in ("", "taking"):
            raise self._bad("bad_value", where)
        self._empty(raw, where)
        return made

    def _page(self, questionnaire: str, raw: JsonObject) -> QuestionPage:
        page = QuestionPage(
            self._text(raw, "code", "pages"), questionnaire, tuple(self._take(raw, "items", list, "pages"))
        )
        self._empty(raw, "pages")
        return page

    def _translation(self, language: str, raw: JsonObject) -> Translation:
        where = f"translations.{language}"
        if language not in self.languages:
            raise self._bad("languages_differ", where)
        read_back = raw.pop("read_back", None)
        if not isinstance(read_back, bool):
            raise self._bad("missing", f"{where}.read_back")
        made = Translation(
            name=self._text(raw, "name", where),
            source=self._text(raw, "source", where),
            permission=self._text(raw, "permission", where),
            checked=self._take(raw, "checked", date, where),
            read_back=read_back,
        )
        self._empty(raw, where)
        return made

    def _texts(self, table: JsonObject, key: str, where: str) -> dict[str, str]:
        texts: dict[str, str] = self._take(table, key, dict, where)
        if sorted(texts) != sorted(self.languages) or not all(
            isinstance(t, str) and t for t in texts.values()
        ):
            raise self._bad("languages_differ", f"{where}.{key}")
        return texts

    def _text(self, table: JsonObject, key: str, where: str = "") -> str:
        text: str = self._take(table, key, str, where)
        if not text.strip():
            raise self._bad("missing", f"{where}.{key}".lstrip("."))
        return text

    # Any: a value of type `kind`.
    def _take(self, table: JsonObject, key: str, kind: type[Any], where: str = "") -> Any:
        value = table.pop(key, None)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._bad("missing", f"{where}.{key}".lstrip("."))
        return value

    def _empty(self, table: JsonObject, where: str) -> None:
        if table:
            raise self._bad("unknown_key", f"{where}.{min(table)}")

    def _bad(self, why: str, where: str) -> BadQuestionnaire:
        return BadQuestionnaire(file=self.stem, why=why, where=where)
