"""The kinds of things that have one spec, and every place where each spec must have an entry.

A kind is one entry of `KINDS`: its specs, by code, and its places, each a question asked of every code. A place that
may not keep words without a spec lists them in `known`. `test_totality.py` checks them all and names each missing
entry, so that a newcomer is told what else a new thing needs.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from celery import Task
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field
from django.template import TemplateDoesNotExist
from django.template.backends.django import Template
from django.template.loader import get_template

from plans.channels.email import rendering
from plans.channels.fates import Fate
from plans.channels.push import by_apprise
from plans.channels.short import Fault
from plans.documents.engine.section import Section
from plans.documents.kinds import DRAWINGS
from plans.domain import audit, diagrams, notices
from plans.domain.checkins import dangers, flags, instrument_file
from plans.domain.checkins.flagging import FlagPriority, FlagRule, Screen, Thresholds
from plans.domain.checkins.lanes import LANES as LANE_SPECS
from plans.domain.checkins.lanes import LaneSet
from plans.domain.documents import kinds as document_kinds
from plans.domain.notices import NOTICES, Audience, Privacy
from plans.domain.outbox import WorkState
from plans.domain.people import CareState, EmailState, MailState
from plans.domain.review.item_states import ItemState
from plans.domain.review.reasons import Reason
from plans.domain.taper import cautions, limit_rules, plan_states
from plans.domain.taper.methods import METHODS
from plans.jobs.schedule import BEAT
from plans.management import catalogue_document, published_document, rules_document
from plans.management.catalogue import LOCALE, read_po
from plans.models.base import privacy_of
from plans.services.actors import May
from plans.services.links import LinkPurpose
from plans.services.messages import composing, preconditions
from plans.web.clinician.plan.forms import METHOD_FIELDS
from plans.wording import audit as audit_words
from plans.wording import cautions as caution_words
from plans.wording import dangers as danger_words
from plans.wording import documents as document_words
from plans.wording import flags as flag_words
from plans.wording import lanes, levels, messages, people, review, verdicts
from plans.wording import methods as method_words
from tests.channels.email.test_rendering import facts
from tests.web.access_table import TABLE
from tests.web.access_world import routes

ROOT: Final = Path(__file__).resolve().parents[2]
_TRANSLATED: Final = {"_": 1, "gettext": 1, "lazy": 1, "gettext_lazy": 1, "ngettext": 2}


@dataclass(frozen=True)
class Place:
    """One place: `holds` says whether it has something for a code; `known` are the codes it lists, if it lists any."""

    holds: Callable[[str], object]
    known: Callable[[], Iterable[str]] = tuple


@dataclass(frozen=True)
class Kind:
    """One kind of thing. `codes`: what there is of it."""

    name: str
    codes: Callable[[], Iterable[str]]
    places: Mapping[str, Place] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Every missing entry, and every entry for a code that no longer exists: "flag rule U1: title"."""
        codes = list(self.codes())
        empty = [
            f"{self.name} {code}: {place}"
            for code in codes
            for place, at in self.places.items()
            if not at.holds(code)
        ]
        left = [
            f"{self.name} {code}: {place} without a spec"
            for place, at in self.places.items()
            for code in at.known()
            if code not in codes
        ]
        return empty + left


# ── how a place is asked ──────────────────────────────────────────────────────────────────────────────────────


@cache
def text_of(path: str) -> str:
    """The text of a file, from the root."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def template(name: str) -> str:
    """The text of a template, by the name it is rendered under."""
    found = get_template(name)
    assert isinstance(found, Template)
    return Path(found.origin.name).read_text(encoding="utf-8")


@cache
def spanish() -> dict[str, str]:
    """The Spanish of every string that has one."""
    return read_po((LOCALE / "es" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8"))


@cache
def rows_of(path: str, table: str) -> dict[str, ast.expr]:
    """The rows of a table of words in a module: code → its expression."""
    for node in ast.parse(text_of(path)).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as rows) if name == table:
                keys = [key.value if isinstance(key, ast.Constant) else None for key in rows.keys]
                return {str(key): row for key, row in zip(keys, rows.values, strict=True)}
    raise AssertionError(f"{path} has no table {table}")


@cache
def functions_of(path: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module by name."""
    return {node.name: node for node in ast.parse(text_of(path)).body if isinstance(node, ast.FunctionDef)}


def strings_in(path: str, node: ast.AST) -> Iterator[str]:
    """Every string a row says, as the catalogue of translations keys it; functions it names are followed."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id in functions_of(path) and one.id not in _TRANSLATED:
            yield from strings_in(path, functions_of(path)[one.id])
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in _TRANSLATED:
            texts = [
                arg.value for arg in one.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
            yield "\0".join(texts[: _TRANSLATED[one.func.id]])


def in_spanish(path: str, table: str) -> Callable[[str], bool]:
    """A question: whether everything in a row is translated."""

    def holds(code: str) -> bool:
        row = rows_of(path, table).get(code)
        return row is not None and all(text in spanish() for text in strings_in(path, row))

    return holds


@cache
def code_in(folder: str, *, but: str) -> str:
    """The text of all modules of a folder but one."""
    paths = (path for path in sorted((ROOT / folder).glob("*.py")) if path.name != but)
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def documented(section: str, path: str = "docs/rules.md") -> Place:
    """A question: whether a code has a row under a heading of a document."""

    def rows() -> list[str]:
        part = text_of(path).partition(f"## {section}\n")[2].partition("\n## ")[0]
        return re.findall(r"^\| (\w+) \|", part, flags=re.MULTILINE)[1:]

    return Place(lambda code: code in rows(), rows)


# ── the kinds ─────────────────────────────────────────────────────────────────────────────────────────────────


def _module_of(code: str) -> bool:
    rule = flags.SPECS[code]
    return not isinstance(rule, FlagRule) or rule.evaluate.__module__.startswith(flags.__name__)


def _family(code: str) -> bool:
    """Whether a rule has its family; only a rule that does not act at once may be without one."""
    spec = flags.SPECS[code]
    if spec.family is None:
        return spec.priority in (FlagPriority.ROUTINE, FlagPriority.INFO)
    return spec.family.value in review.REASONS and code in flags.codes_of(spec.family)


def _flag_modules() -> Iterator[str]:
    """Modules of rules whose rule is evaluated nowhere."""
    folder = Path(flags.__file__).parent
    asked = {rule.evaluate.__module__.rpartition(".")[2] for rule in flags.RULES} | {"silence", "__init__"}
    yield from (path.stem for path in sorted(folder.glob("*.py")) if path.stem not in asked)


FLAG_RULES: Final = Kind(
    "flag rule",
    lambda: flags.SPECS,
    {
        "line in RULES": Place(_module_of, _flag_modules),
        "title": Place(flag_words.WORDS.get, lambda: flag_words.WORDS),
        "sentence": Place(
            lambda code: code in flag_words.WORDS and callable(flag_words.WORDS[code].sentence)
        ),
        "Spanish": Place(in_spanish("plans/wording/flags.py", "WORDS")),
        "family": Place(_family),
        "docs": documented("Flag rules"),
    },
)

DANGERS: Final = Kind(
    "danger",
    lambda: (one.code for one in dangers.DANGERS),
    {
        "words": Place(danger_words.WORDS.get, lambda: danger_words.WORDS),
        "Spanish": Place(in_spanish("plans/wording/dangers.py", "WORDS")),
        "docs": documented("Dangers"),
    },
)

PRIORITIES: Final = Kind(
    "priority",
    lambda: (one.value for one in FlagPriority),
    {
        "word": Place(lambda code: lanes.severity_name(code) != code),
        # What asks for nothing is shown in lists as a word alone.
        "sign": Place(lambda code: code == "info" or f'id="{code}"' in template("parts/icons.html")),
        "colour": Place(
            lambda code: code == "info" or f".sev.{code} " in text_of("plans/static/plans/taperplan.css")
        ),
        "group of the queue": Place(
            lambda code: code == "info" or code in review.GROUPS, lambda: review.GROUPS
        ),
    },
)

FAMILIES: Final = Kind(
    "family of reasons",
    lambda: (one.value for one in Reason),
    {"word": Place(review.REASONS.get, lambda: review.REASONS)},
)

SCREENS: Final = Kind(
    "screen",
    lambda: (one.value for one in Screen if one is not Screen.NONE),
    {"page": Place(lambda code: f"show_{code}" in template("patient/crisis.html"))},
)


@cache
def _published() -> tuple[str, ...]:
    """The versions whose hashes were published."""
    return tuple(
        tomllib.loads((instrument_file.FOLDER / "published.toml").read_text(encoding="utf-8"))["files"]
    )


QUESTIONNAIRES: Final = Kind(
    "questionnaire",
    instrument_file.shipped,
    {
        "licence": Place(lambda code: instrument_file.shipped()[code].licence),
        "published.toml": Place(lambda code: code in _published(), _published),
    },
)

LIMITS: Final = Kind(
    "limit",
    lambda: limit_rules.RULES,
    {
        "check": Place(lambda code: f'"{code}"' in code_in("plans/domain/taper", but="limit_rules.py")),
        "sentence": Place(verdicts._SENTENCES.get, lambda: verdicts._SENTENCES),
        "name": Place(verdicts.NAMES.get, lambda: verdicts.NAMES),
        "docs": documented("Limits of a plan"),
    },
)

CAUTIONS: Final = Kind(
    "caution",
    lambda: (one.code for one in cautions.entries()),
    {
        "sentence": Place(caution_words.SENTENCES.get, lambda: caution_words.SENTENCES),
        "severity": Place(
            lambda code: (
                {one.severity for one in cautions.entries() if one.code == code}
                & caution_words.SEVERITIES.keys()
            )
        ),
        "docs": documented("Cautions"),
    },
)

_ACTS: Final = {act.value: spec for act, spec in plan_states.ACTS.items()}

PLAN_ACTS: Final = Kind(
    "plan act",
    lambda: (act.value for act in plan_states.PlanAct),
    {
        "row in ACTS": Place(_ACTS.get, lambda: _ACTS),
        "transition": Place(lambda code: any(act.value == code for _, act in plan_states.TRANSITIONS)),
        "audit event": Place(lambda code: code in _ACTS and _ACTS[code].audit in audit.EVENTS),
        "message": Place(lambda code: code in _ACTS and _ACTS[code].message in (None, *NOTICES)),
        "docs": Place(lambda code: re.search(rf"\b{code.replace('_', ' ')}\b", text_of("docs/states.md"))),
    },
)


def _quotes_its_facts(code: str) -> bool:
    """Whether the sentence of an event quotes nothing but the facts its spec names."""
    row = rows_of("plans/wording/audit.py", "WORDS").get(code)
    if row is None:
        return False
    quoted = {
        name
        for text in strings_in("plans/wording/audit.py", row)
        for name in re.findall(r"%\((\w+)\)s", text)
    }
    # What care is now, as the sentence calls it.
    return {"now" if name == "care" else name for name in quoted} == set(audit.EVENTS[code].facts)


@cache
def _acts_recorded() -> frozenset[str]:
    """The names of acts the services write; for a composed name, its fixed part."""
    found = set()
    for path in sorted((ROOT / "plans").rglob("*.py")):
        if path.parent.name in ("wording", "migrations") or path == ROOT / "plans/domain/audit.py":
            continue
        found |= set(re.findall(r'"([a-z]+\.[a-z_]*)(?:"|(?=\{))', path.read_text(encoding="utf-8")))
    return frozenset(found)


def _recorded(code: str) -> bool:
    """Whether something records an event: by its whole name, or as one of a family put together ("item.{act}")."""
    return code in _acts_recorded() or any(
        code.startswith(begun) for begun in _acts_recorded() if begun.endswith((".", "_"))
    )


AUDIT_EVENTS: Final = Kind(
    "audit event",
    lambda: audit.EVENTS,
    {
        "sentence": Place(audit_words.WORDS.get, lambda: audit_words.WORDS),
        "facts of its sentence": Place(_quotes_its_facts),
        "act that records it": Place(_recorded),
    },
)

LANES: Final = Kind(
    "lane",
    lambda: LANE_SPECS,
    {
        "words": Place(lanes.WORDS.get, lambda: lanes.WORDS),
        "Spanish": Place(in_spanish("plans/wording/lanes.py", "WORDS")),
        "threshold": Place(lambda code: LANE_SPECS[code].watch in Thresholds.__dataclass_fields__),
        "set": Place(lambda code: LANE_SPECS[code].sets),
    },
)

LANE_SETS: Final = Kind(
    "set of lanes",
    lambda: (one.value for one in LaneSet),
    {"tab": Place(lambda code: code in {one.value for one in levels.SETS}, lambda: levels.SETS)},
)


@cache
def _modules(package: str) -> tuple[ModuleType, ...]:
    """The modules of a package."""
    folder = ROOT / package.replace(".", "/")
    return tuple(import_module(f"{package}.{path.stem}") for path in sorted(folder.glob("[a-z]*.py")))


@cache
def _sections() -> dict[str, type[Section]]:
    """Every section class in the folders of the documents, as "folder.Class"."""
    return {
        f"{room}.{name}": found
        for room in DRAWINGS
        for module in _modules(f"plans.documents.{room}")
        for name, found in vars(module).items()
        if isinstance(found, type) and Section in found.__mro__ and found.__module__ == module.__name__
    }


def _drawn(code: str) -> bool:
    """Whether the module that lists the sections of a kind names this one."""
    room, _, name = code.partition(".")
    listing = text_of(f"{DRAWINGS[room].sections.__module__.replace('.', '/')}.py")
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(listing)))


def _read_back(code: str) -> bool:
    """A section is read back by code in its own folder."""
    room, section = f"plans.documents.{code.partition('.')[0]}.", _sections().get(code)
    checks = DRAWINGS[code.partition(".")[0]].read_back.get(section, ()) if section else ()
    return bool(checks) and all(check.__module__.startswith(room) for check in checks)


SECTIONS: Final = Kind(
    "section of a document",
    _sections,
    {"place in its document": Place(_drawn), "reading back": Place(_read_back)},
)


def _says_nothing(code: str) -> bool:
    """The name of a download holds the kind and the version alone."""
    return document_kinds.KINDS[code].file_name(2) == f"{code}-v2.pdf"


DOCUMENTS: Final = Kind(
    "document",
    lambda: document_kinds.KINDS,
    {
        "drawing": Place(DRAWINGS.get, lambda: DRAWINGS),
        "facts": Place(lambda code: set(DRAWINGS[code].facts.__annotations__) - {"kind"}),
        "title": Place(document_words.WORDS.get, lambda: document_words.WORDS),
        "who may ask": Place(lambda code: document_kinds.KINDS[code].may in set(May)),
        "links": Place(lambda code: document_kinds.KINDS[code].links <= set(LinkPurpose)),
        "privacy": Place(lambda code: document_kinds.KINDS[code].privacy in ("identifying", "clinical")),
        "file name": Place(_says_nothing),
        "docs": documented("Kinds", "docs/documents.md"),
    },
)


def _states(name: str, states: Iterable[Enum], words: Mapping[str, object]) -> Kind:
    """The states that a person reads, and their words."""
    codes = [str(one.value) for one in states]
    return Kind(f"state of {name}", lambda: codes, {"words": Place(words.get, lambda: words)})


STATES: Final = (
    _states("a review item", ItemState, review.STATES),
    _states("an outbox entry", WorkState, messages.STATES),
    _states("care", CareState, people.CARE_STATES),
    _states("an address", EmailState, people.EMAIL_STATES),
    _states("the sending of check-ins", MailState, people.MAIL_STATES),
)


def _template_of(name: str, known: Callable[[], Iterable[str]] = tuple) -> Place:
    return Place(lambda code: (ROOT / "templates" / "messages" / code / name).is_file(), known)


def _message_folders() -> Iterator[str]:
    folders = (path.name for path in sorted((ROOT / "templates" / "messages").iterdir()) if path.is_dir())
    yield from (name for name in folders if name != rendering.DISCREET)


def _in_both_languages(code: str) -> bool:
    """Whether subject, text and page of a message are written otherwise in Spanish."""
    try:
        english, other = (
            rendering.render(code, rendering.words(facts(code, language=language)))
            for language in ("en", "es")
        )
    except TemplateDoesNotExist:
        return False
    return english.subject != other.subject and english.text != other.text and english.html != other.html


def _link(code: str) -> bool:
    """A message to a patient has an access link, one to a colleague leads to a page behind the sign-in."""
    notice = notices.MESSAGES[code]
    if notice.audience is Audience.STAFF:
        return notice.link in composing._STAFF_PATHS
    return notice.link in composing._PATHS


def _privacy(code: str) -> bool:
    notice = notices.MESSAGES[code]
    return (notice.privacy is Privacy.STAFF) == (notice.audience is Audience.STAFF)


MESSAGES: Final = Kind(
    "message",
    lambda: notices.MESSAGES,
    {
        "subject template": _template_of("subject.txt", _message_folders),
        "text template": _template_of("body.txt"),
        "page template": _template_of("body.html"),
        "templates in Spanish": Place(_in_both_languages),
        "words": Place(
            messages.WORDS.get,
            lambda: (code for code in messages.WORDS if code not in ("draw", "redraw", "record_copy")),
        ),
        "Spanish": Place(in_spanish("plans/wording/messages.py", "WORDS")),
        "link": Place(_link),
        "precondition": Place(
            lambda code: preconditions.PRECONDITIONS.get(notices.MESSAGES[code].still_right)  # type: ignore[arg-type]  # None has none
        ),
        "privacy": Place(_privacy),
    },
)

PRECONDITIONS: Final = Kind(
    "precondition of a message",
    lambda: (one.value for one in notices.Precondition),
    {
        "function": Place(
            {one.value: check for one, check in preconditions.PRECONDITIONS.items()}.get,
            lambda: preconditions.PRECONDITIONS,
        ),
        "message": Place(lambda code: {one.still_right for one in notices.MESSAGES.values()} & {code}),
    },
)

TAPER_METHODS: Final = Kind(
    "taper method",
    lambda: METHODS,
    {
        "line in METHODS": Place(
            lambda code: code in METHODS,
            lambda: (module.__name__.rpartition(".")[2] for module in _modules("plans.domain.taper.methods")),
        ),
        "name": Place(method_words._METHODS.get, lambda: method_words._METHODS),
        "fields of the form": Place(METHOD_FIELDS.get, lambda: METHOD_FIELDS),
        "schema": Place(lambda code: f'"{code}"' in text_of("docs/taper-request.schema.json")),
        "docs": Place(lambda code: f"| `{code}` |" in text_of("docs/taper-json.md")),
    },
)

_ROUTES: Final = {route.name: route for route in routes() if route.ours}


def _templates_exist(code: str) -> bool:
    """Whether every template that the module of a page names is there."""
    module = inspect.getmodule(inspect.unwrap(_ROUTES[code].view))
    assert module is not None
    names = re.findall(r'"((?:clinic|patient|account|parts)/[\w/]+\.html)"', inspect.getsource(module))
    return all((ROOT / "templates" / name).is_file() for name in names)


PAGES: Final = Kind(
    "page",
    lambda: _ROUTES,
    {
        "gate": Place(lambda code: getattr(_ROUTES[code].view, "gate", None)),
        "row in the access matrix": Place(
            TABLE.get,
            lambda: TABLE.keys() - {"columns"} - {route.name for route in routes() if not route.ours},
        ),
        "template": Place(_templates_exist),
    },
)


@cache
def settings_read() -> frozenset[str]:
    """Environment variables that settings and the web server read through `taperplan.env`."""
    paths = sorted((ROOT / "taperplan").glob("*.py"))
    return frozenset(
        name
        for path in paths
        for name in re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', path.read_text(encoding="utf-8"))
    )


def _documented_settings() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/configuration.md"), flags=re.MULTILINE)


SETTINGS: Final = Kind(
    "setting",
    settings_read,
    {
        "row of docs/configuration.md": Place(
            lambda code: _documented_settings().count(code) == 1, _documented_settings
        )
    },
)


def _transports() -> dict[str, ModuleType]:
    return {one.__name__.rpartition(".")[2]: one for one in _modules("plans.channels.email.transports")}


def _providers() -> dict[str, ModuleType]:
    return {one.__name__.rpartition(".")[2]: one for one in _modules("plans.channels.sms")} | {
        "by_apprise": by_apprise
    }


def _faults(code: str) -> bool:
    """Whether a provider says what can go wrong, and each of that has a fate and words."""
    faults = getattr(_providers()[code], "FAULTS", {})
    return bool(faults) and all(
        fault in set(Fault) and faults[fault] in set(Fate) and fault.value in messages.REASONS
        for fault in faults
    )


CHANNELS: Final = Kind(
    "channel",
    _providers,
    {
        "make()": Place(lambda code: hasattr(_providers()[code], "make")),
        "FAULTS": Place(_faults),
    },
)

WAYS_OF_SENDING: Final = Kind(
    "way of sending",
    _transports,
    {"make()": Place(lambda code: hasattr(_transports()[code], "make"))},
)


@cache
def _jobs() -> tuple[str, ...]:
    """The tasks of Celery, by name."""
    found = (task for module in _modules("plans.jobs") for task in vars(module).values())
    return tuple(task.name for task in found if isinstance(task, Task))


def _beaten() -> list[str]:
    return [str(line["task"]) for line in BEAT.values()]


JOBS: Final = Kind(
    "periodic job", _jobs, {"line in the table": Place(lambda code: _beaten().count(code) == 1, _beaten)}
)


@cache
def _columns() -> dict[str, Field]:
    """Every field of every row, as "Model.field"."""
    return {
        f"{model.__name__}.{one.name}": one
        for model in apps.get_app_config("plans").get_models()
        for one in model._meta.local_fields
    }


@cache
def _migrated() -> frozenset[str]:
    """The fields that the migrations make."""
    state = MigrationLoader(None).project_state()
    return frozenset(
        f"{model.name}.{name}"
        for (app, _), model in state.models.items()
        if app == "plans"
        for name in model.fields
    )


COLUMNS: Final = Kind(
    "column",
    _columns,
    {
        "class of privacy": Place(lambda code: privacy_of(_columns()[code])),
        "migration": Place(lambda code: code in _migrated(), _migrated),
    },
)

_WRITTEN: Final = {
    "docs/states.md": diagrams.document,
    "docs/rules.md": rules_document.document,
    "docs/published-schedules.md": published_document.document,
    "docs/catalogue.md": catalogue_document.document,
}

WRITTEN: Final = Kind(
    "document made by `manage.py diagrams`",
    lambda: _WRITTEN,
    {"as the code is": Place(lambda code: text_of(code) == _WRITTEN[code]() if code in _WRITTEN else False)},
)

KINDS: Final[tuple[Kind, ...]] = (
    FLAG_RULES, DANGERS, PRIORITIES, FAMILIES, SCREENS, QUESTIONNAIRES, LIMITS, CAUTIONS, PLAN_ACTS, AUDIT_EVENTS,
    LANES, LANE_SETS, MESSAGES, PRECONDITIONS, DOCUMENTS, SECTIONS, TAPER_METHODS, PAGES, SETTINGS, WAYS_OF_SENDING,
    CHANNELS,    JOBS, COLUMNS, WRITTEN, *STATES,
)  # fmt: skip
