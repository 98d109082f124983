"""Finds every sentence of ours that advises patients, and compares them with the register of reasons and sources.

The register is `plans/wording/advising.toml`, keyed by the English text of the page, message or document. Statements on
medicines (`statements.toml`) have their own sources.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import trim_whitespace

from plans.domain.checkins import instrument_file
from plans.domain.taper import about

PLANS: Final = Path(__file__).resolve().parents[1]
REGISTER: Final = PLANS / "wording" / "advising.toml"
_FOR_STAFF: Final = frozenset(
    {
        "audit", "calls", "caseload_file", "catalogue", "cautions", "clinic_questionnaires", "close_watch",
        "document_refusals", "downtime", "flags", "lanes", "letters", "levels", "mail_server", "merging", "messages",
        "methods", "moving", "patient_facts", "patient_file", "people", "plans", "reaching", "retention", "review",
        "rota", "rules", "second_signature", "signing_in", "taper", "taper_errors", "text", "verdicts",
    }
)  # fmt: skip
"""Modules of `plans/wording` for the clinic, or for form fields (`text`); every other one, and any new one, is for
patients."""
_WEB_FOR_STAFF: Final = frozenset({"account", "clinician", "middleware.py", "not_saved.py"})
_MESSAGES_TO_STAFF: Final = (
    "audit_heads", "channel_code", "channel_failed", "channel_test", "credentials_changed", "digest", "item_alert",
    "item_escalated", "item_taken_over", "reply_answer",
)  # fmt: skip
_CALLS: Final = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "_now"})

_STATEMENTS: Final = """
a about all an and any are as at because before by can did does every for from half had has have he her here his how i
in is it its just last many more most my next no nobody not nothing of often on once one or our over she so some someone
something thank that the their there these they things this those to today two was we were what when where which who
whom whose why with x your yours you
"""
_BEGINS_A_STATEMENT: Final = frozenset(_STATEMENTS.split())
"""First words of sentences that only state something (`x` is a placeholder); any other word may be a command."""
_ADVISES: Final = re.compile(
    r"\b((?<!we )(?<!they )do not|don’t|never|always|please|should|must|need to|ought|avoid|make sure|be sure"
    r"|dangerous|call|text|you (can|may|could) (ask|wait|tell|stop|start|go|talk)"
    r"|(ask|tell|take|stop|keep|stay|wait|drive|halve|measure|swallow)"
    r" (us|the|your|a|an|it|near|someone|taking|before))\b",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(r"{{\s*(\w+)\s*}}|%\((\w+)\)s|{(\w*)}")


@dataclass(frozen=True, slots=True)
class Advice:
    """One text that advises: its reason, its source, and the places it appears in."""

    text: str
    reason: str
    source: str
    where: tuple[str, ...]


class NotRegistered(ValueError):
    """Advising texts that the register lacks, or register entries that no page contains any more."""


def sentences(text: str) -> list[str]:
    """The sentences of a text; a placeholder is one word."""
    return [part.strip() for part in re.split(r"(?<=[.?!:])\s+| / ", _PLACE.sub("X", text)) if part.strip()]


def as_read(text: str) -> str:
    """A text as the register holds it: without tags, placeholders as {name}, lines separated by a slash."""
    plain = _PLACE.sub(
        lambda found: "{" + next(filter(None, found.groups()), "") + "}", re.sub(r"<[^>]+>", "", text)
    )
    return " / ".join(" ".join(line.split()) for line in plain.strip().split("\n"))


def advises(text: str) -> bool:
    """Whether any sentence of a text may advise: it does not begin like a statement, or it contains do, never or
    call."""
    return any(_one_advises(one) for one in sentences(text))


def _one_advises(sentence: str) -> bool:
    words = re.findall(r"[a-z’']+", sentence.lower())
    if len(words) < 2 or sentence.endswith("?"):
        return False
    if _ADVISES.search(sentence):
        return True
    whole = sentence.endswith(".") or len(words) >= 4
    return whole and words[0] not in _BEGINS_A_STATEMENT


def texts() -> dict[str, tuple[str, ...]]:
    """Every English text that patients may read, with its places. Statements of `about` are separate."""
    found: dict[str, set[str]] = defaultdict(set)
    for where, text in _everything():
        found[as_read(text)].add(where)
    return {text: tuple(sorted(places)) for text, places in sorted(found.items())}


def _everything() -> Iterator[tuple[str, str]]:
    templates = Path(settings.TEMPLATES_DIR)
    for path in [*(templates / "patient").rglob("*.html"), *(templates / "messages").rglob("*.*")]:
        if path.parent.name not in _MESSAGES_TO_STAFF:
            yield from ((_short(path), text) for text in _of_template(path))
    for name in ("advice", "contacts", "first_page"):
        path = templates / "parts" / f"{name}.html"
        yield from ((_short(path), text) for text in _of_template(path))
    # The page of last resort is plain HTML.
    last = templates / "500.html"
    for text in re.findall(r"<(?:p|h1|h2)\b[^>]*>(.*?)</(?:p|h1|h2)>", last.read_text("utf-8"), re.DOTALL):
        yield _short(last), trim_whitespace(text)
    words = [path for path in (PLANS / "wording").rglob("*.py") if path.stem not in _FOR_STAFF]
    for path in [*web_for_patients(), *words]:
        yield from ((_short(path), text) for text in _of_code(path))
    for instrument in instrument_file.shipped().values():
        if instrument.standard or instrument is not instrument_file.newest(instrument.code):
            continue
        # The items themselves ask; the texts around them may advise.
        shown = [instrument.leads["en"]] if instrument.leads else []
        shown += [item.hints["en"] for item in instrument.items.values() if item.hints]
        yield from ((f"questionnaire {instrument.code}", text) for text in shown)


def web_for_patients() -> Iterator[Path]:
    """Modules of patients' pages and of what all pages share; the others are for staff."""
    web = PLANS / "web"
    for path in sorted(web.rglob("*.py")):
        if path.relative_to(web).parts[0] not in _WEB_FOR_STAFF:
            yield path


def _short(path: Path) -> str:
    home = PLANS if PLANS in path.parents else Path(settings.TEMPLATES_DIR)
    return str(path.relative_to(home.parent))


def _of_template(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for found in re.finditer(r"""{% translate (?:"([^"]+)"|'([^']+)')""", text):
        yield found[1] or found[2]
    for forms in block_texts(text):
        yield from forms


def block_texts(template: str) -> Iterator[list[str]]:
    """The text of every `{% blocktranslate %}` as gettext looks it up: one form, or singular and plural."""
    for tag, body in re.findall(
        r"{% blocktranslate([^%]*)%}(.*?){% endblocktranslate %}", template, re.DOTALL
    ):
        forms = re.split(r"{% plural %}", body)
        yield [trim_whitespace(one) for one in forms] if " trimmed " in tag else forms


def _of_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            for one in node.args:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


@dataclass(frozen=True, slots=True)
class Register:
    """The register: advice by its text, and the texts that were checked and advise nothing."""

    advice: Mapping[str, tuple[str, str]]
    not_advice: frozenset[str]


def register(path: Path = REGISTER) -> Register:
    """Read the register; each text occurs once, and its source is one of `[sources]`. Raises NotRegistered."""
    data = tomllib.loads(path.read_text("utf-8"))
    advice: dict[str, tuple[str, str]] = {}
    plain = [text for group in data["not_advice"].values() for text in group]
    for entry in data["advice"]:
        for text in entry["texts"]:
            if not entry["reason"].strip() or entry["source"] not in data["sources"]:
                raise NotRegistered(
                    f"{path.name}: “{text}” has no reason, or a source that is not in [sources]."
                )
            if text in advice or text in plain:
                raise NotRegistered(f"{path.name}: “{text}” stands there twice.")
            advice[text] = (entry["reason"], data["sources"][entry["source"]])
    return Register(advice, frozenset(plain))


def check(found: Mapping[str, tuple[str, ...]] | None = None, kept: Register | None = None) -> None:
    """Compare what patients read with the register. Raises NotRegistered, naming each text and what to do."""
    found, kept = texts() if found is None else found, register() if kept is None else kept
    new = [
        text for text in found if advises(text) and text not in kept.advice and text not in kept.not_advice
    ]
    gone = sorted({*kept.advice, *kept.not_advice} - set(found))
    said = []
    if new:
        said.append("These texts may advise a patient and stand nowhere in plans/wording/advising.toml:")
        said += [f"  “{text}” ({', '.join(found[text])})" for text in new]
        said.append(
            "Add each under [[advice]] with its reason and its source; or under [not_advice], if a patient does "
            "nothing because of it. Then run: python manage.py advice_sentences"
        )
    if gone:
        said.append(
            "These texts of plans/wording/advising.toml stand on no page, message or document any more:"
        )
        said += [f"  “{text}”" for text in gone]
        said.append("Take them out, or change them as the page was changed.")
    if said:
        raise NotRegistered("\n".join(said))


def advice() -> list[Advice]:
    """Every text that advises, in the order of the register, then the statements on medicines. Raises NotRegistered."""
    found, kept = texts(), register()
    check(found, kept)
    rows = [Advice(text, *kept.advice[text], found[text]) for text in kept.advice]
    for one in about.statements():
        if advises(one.texts["en"]):
            whom = ", ".join(one.drugs) or one.group.replace("_", " ")
            source = f"{one.source} ({one.mark.replace('_', '-')})"
            rows.append(Advice(one.texts["en"], _TOLD, source, (f"About your medicine: {whom}",)))
    return rows


_TOLD: Final = "Told on the page about the medicine."


def table() -> str:
    """The part of docs/intended-use.md that lists every sentence that advises a patient."""
    rows = [
        f"| {_cell(one.text)} | {_cell(one.reason)} | {_cell(one.source)} | {_cell(', '.join(one.where))} |"
        for one in advice()
    ]
    return "\n".join(["| Sentence | Why | Source | Where |", "|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
