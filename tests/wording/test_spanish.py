"""Spanish is whole: every string a patient can meet has its translation, with the same facts in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.domain.checkins import instrument_file
from plans.domain.taper import about
from plans.management.advising import block_texts, web_for_patients
from plans.management.catalogue import LOCALE, read_po
from tests.sources import tree

PLANS = LOCALE.parent
TEMPLATES = PLANS.parent / "templates"
PAGES = [
    *sorted((TEMPLATES / "patient").rglob("*.html")),
    # Messages to patients, and alerts to the staff of a clinic that writes Spanish.
    *(path for path in sorted((TEMPLATES / "messages").rglob("*")) if path.is_file()),
    # The patient's sheet of a visit, which the clinic prints.
    *sorted((TEMPLATES / "parts").glob("visit_*.html")),
]
CODE = [
    *web_for_patients(),
    PLANS / "wording" / "call_script.py",
    PLANS / "wording" / "checkins.py",
    PLANS / "wording" / "dangers.py",
    PLANS / "wording" / "doses.py",
    PLANS / "wording" / "drugs.py",
    PLANS / "wording" / "options.py",
    # The visit summary is the patient's as well.
    PLANS / "wording" / "visit_summary.py",
    # So is the picture on it.
    *sorted((PLANS / "web" / "clinician" / "picture").glob("*.py")),
    PLANS / "wording" / "flags.py",
    PLANS / "wording" / "lanes.py",
]
SPANISH = read_po((LOCALE / "es" / "LC_MESSAGES" / "django.po").read_text("utf-8"))
_CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "pgettext": 2}


def of_page(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for found in re.finditer(r"""{% translate (?:"([^"]+)"|'([^']+)')""", text):
        yield found[1] or found[2]
    yield from re.findall(r'_\("([^"]+)"\)', text)
    for block in block_texts(text):
        forms = [one.replace("%", "%%") for one in block]
        yield "\0".join(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", one) for one in forms)


def of_code(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if len(texts) >= _CALLS.get(node.func.id, 99):
            yield {"ngettext": "\0", "pgettext": "\4"}.get(node.func.id, "").join(
                texts[: _CALLS[node.func.id]]
            )


STRINGS = sorted(
    {text for path in PAGES for text in of_page(path)} | {t for path in CODE for t in of_code(path)}
)


def test_every_string_of_the_patients_pages_is_translated() -> None:
    assert len(STRINGS) > 250
    assert [text for text in STRINGS if text not in SPANISH] == []


def test_a_translation_holds_the_same_facts() -> None:
    for text in STRINGS:
        for form in SPANISH.get(text, "").split("\0"):
            facts = set(re.findall(r"%\((\w+)\)s|{(\w+)}", text.split("\0")[-1]))
            assert set(re.findall(r"%\((\w+)\)s|{(\w+)}", form)) == facts or "\0" in text, text


def test_our_own_questionnaires_and_the_published_scales_are_asked_in_spanish() -> None:
    for code in {one.code for one in instrument_file.shipped().values()}:
        assert instrument_file.newest(code).languages == ("en", "es")


@pytest.mark.parametrize(
    "code",
    ["safety", "symptoms", "doses", "substances", "medicines", "week", "phq2", "phq9", "gad2", "gad7"],
)
def test_a_new_version_asks_the_same_with_the_same_scores(code: str) -> None:
    old, new = instrument_file.get(code, 1), instrument_file.get(code, 2)
    for item in old.items.values():
        again = new.items[item.code]
        assert again.texts["en"] == item.texts["en"]
        assert [(o.value, o.score) for o in again.options] == [(o.value, o.score) for o in item.options]
    assert [page.items for page in new.pages] == [page.items for page in old.pages]


def test_no_text_of_ours_is_left_in_english() -> None:
    texts = [one.texts for one in about.statements()]
    for code in ("safety", "symptoms", "doses", "substances", "medicines", "week"):
        questionnaire = instrument_file.newest(code)
        texts += [questionnaire.titles, *(item.texts for item in questionnaire.items.values())]
    assert [one["en"] for one in texts if one["en"] == one["es"]] == []
