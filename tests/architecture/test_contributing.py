"""CONTRIBUTING's table is true: a made-up thing, added in exactly the files a row names, leaves nothing red.

Leaving out any one of them is red, and says which. Each row is tried in a copy of the tree, with the smallest tests
that guard it. Another kind of thing is another `Row`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from plans.domain.checkins import instrument_file

ROOT: Final = Path(__file__).resolve().parents[2]
PARTS: Final = (
    "plans",
    "taperplan",
    "templates",
    "tests",
    "docs",
    "manage.py",
    "pyproject.toml",
    "CONTRIBUTING.md",
)
NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", "screens", "e2e", "*.png", "*.ttf.gz")
TOTALITY: Final = "tests/architecture/test_totality.py"


@dataclass(frozen=True)
class Edit:
    """One file that a row names. `said`: how CONTRIBUTING names it; `change`: its text with the made-up thing in it;
    `named`: what the failing test says when it is left out."""

    said: str
    path: str
    change: Callable[[str], str]
    named: str


@dataclass(frozen=True)
class Command:
    """A command that a row asks for after the edits, as arguments of `manage.py`."""

    said: str
    command: str
    named: str


WRITES: Final = {"diagrams": "docs/rules.md"}
"""Which file a command writes."""


@dataclass(frozen=True)
class Row:
    """One row: the first cell, what is done, and which tests guard it. `broken` are edits made badly: a file that is
    there but lacks a part."""

    thing: str
    steps: tuple[Edit | Command, ...]
    tests: tuple[str, ...]
    only: str = ""
    broken: tuple[Edit, ...] = ()


def new(text: str) -> Callable[[str], str]:
    """A file that was not there."""
    return lambda _: text


def before(mark: str, text: str) -> Callable[[str], str]:
    """`text` in front of the first `mark`, which must be there."""

    def change(old: str) -> str:
        assert mark in old, mark
        return old.replace(mark, text + mark, 1)

    return change


def at_the_end(text: str) -> Callable[[str], str]:
    """`text` behind everything."""
    return lambda old: old + text


def all_of(*changes: Callable[[str], str]) -> Callable[[str], str]:
    """Several changes of one file."""

    def change(old: str) -> str:
        for one in changes:
            old = one(old)
        return old

    return change


def copied(path: str, *pairs: tuple[str, str]) -> Callable[[str], str]:
    """A new file made of one that exists."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for old, put in pairs:
        assert old in text, old
        text = text.replace(old, put)
    return new(text)


# ── the rows ──────────────────────────────────────────────────────────────────────────────────────────────────

DRUGS: Final = "plans/domain/taper/drugs"
LOPRAZOLAM: Final = copied(
    f"{DRUGS}/lorazepam.toml", ('"lorazepam"', '"loprazolam"'), ('"LORazepam"', '"LOPRAZolam"')
)

DRUG: Final = Row(
    "a drug",
    (Edit("`plans/domain/taper/drugs/<name>.toml`", f"{DRUGS}/loprazolam.toml", LOPRAZOLAM, ""),),
    (
        "tests/domain/taper/test_catalogue.py",
        "tests/domain/taper/test_about.py",
        "tests/domain/taper/test_exposure.py",
        "tests/wording/test_takes.py",
        "tests/wording/test_sentences.py",
    ),
    only="loprazolam",
    broken=(
        Edit(
            "",
            f"{DRUGS}/loprazolam.toml",
            lambda old: re.sub(r"\[traits\].*?(?=\n\[)", "", LOPRAZOLAM(old), flags=re.DOTALL),
            "bad_catalogue at traits (file loprazolam.toml, why missing)",
        ),
        Edit(
            "",
            f"{DRUGS}/loprazolam.toml",
            lambda old: re.sub(r"(?m)^max = .*$", 'max = "4"', LOPRAZOLAM(old)),
            "bad_catalogue at daily.max (file loprazolam.toml, why number_without_mark_and_source)",
        ),
    ),
)

RULE: Final = '''"""R99: made up."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule
from plans.domain.review.reasons import Reason


def _evaluate(rule: FlagRule, response: Evidence) -> tuple[FlagFinding, ...]:
    return (rule.found(inputs=rule.on(response, "made_up")),) if response.yes("made_up") else ()


RULE = FlagRule("R99", 1, FlagPriority.ROUTINE, Reason.MOOD, _evaluate)
'''
FLAGS: Final = "plans/domain/checkins/flags"

FLAG_RULE: Final = Row(
    "a flag rule",
    (
        Edit("`plans/domain/checkins/flags/<name>.py`", f"{FLAGS}/made_up.py", new(RULE), "made_up"),
        Edit(
            "`RULES`",
            f"{FLAGS}/__init__.py",
            all_of(
                before("    numb,\n", "    made_up,\n"), before("    improved.RULE,\n", "    made_up.RULE,\n")
            ),
            "flag rule made_up: line in RULES",
        ),
        Edit(
            "`plans/wording/flags.py`",
            "plans/wording/flags.py",
            before(
                '    "X0": FlagWords(',
                '    "R99": FlagWords(lazy("Made up"), lambda f: _("This was made up.")),\n',
            ),
            "flag rule R99: title",
        ),
        Edit(
            "`django.po`",
            "plans/locale/es/LC_MESSAGES/django.po",
            at_the_end(
                '\nmsgid "Made up"\nmsgstr "Inventado"\n\nmsgid "This was made up."\nmsgstr "Es inventado."\n'
            ),
            "flag rule R99: Spanish",
        ),
        Command("`manage.py diagrams`", "diagrams", "flag rule R99: docs"),
    ),
    (TOTALITY,),
    broken=(
        Edit("", f"{FLAGS}/made_up.py", new(RULE.replace(" Reason.MOOD,", "")), "argument: 'evaluate'"),
        Edit(
            "",
            f"{FLAGS}/made_up.py",
            new(RULE.replace("Reason.MOOD", "None").replace("ROUTINE", "HIGH")),
            "flag rule R99: family",
        ),
    ),
)

CHECK: Final = '''def invented(judged: Judged) -> Iterator[Verdict]:
    """Made up: finds nothing in a plan that has days."""
    if not judged.days:
        yield finding("invented", None, {})


'''

LIMIT: Final = Row(
    "a limit",
    (
        Edit(
            "`plans/domain/taper/limit_rules.py`",
            "plans/domain/taper/limit_rules.py",
            all_of(
                before(
                    "RULES: Final[",
                    '_INVENTED = LimitRule("invented", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)\n\n',
                ),
                before("_ABRUPT_STOP, _MAX_BEFORE,", "_INVENTED, "),
            ),
            "limit invented: sentence without a spec",
        ),
        Edit(
            "`limits.py`",
            "plans/domain/taper/limits.py",
            all_of(before("_CHECKS: Final[", CHECK), before("rising, new_drugs,", "invented, ")),
            "limit invented: check",
        ),
        Edit(
            "`plans/wording/verdicts.py`",
            "plans/wording/verdicts.py",
            all_of(
                before(
                    '    "ceiling": _ceiling,\n', '    "invented": lambda verdict: gettext("made up."),\n'
                ),
                before('    "ceiling": _("Ceiling', '    "invented": _("Made up"),\n'),
            ),
            "limit invented: sentence",
        ),
        Command("`manage.py diagrams`", "diagrams", "limit invented: docs"),
    ),
    (TOTALITY,),
)

CAUTION: Final = Row(
    "a caution",
    (
        Edit(
            "`plans/domain/taper/cautions.toml`",
            "plans/domain/taper/cautions.toml",
            at_the_end(
                '\n[[caution]]\ncode = "invented"\nage_from = "99"\nseverity = "minor"\nmust_sign = false\n'
                'mark = "unverified"\nsource = "made up"\n'
            ),
            "caution invented: sentence without a spec",
        ),
        Edit(
            "`plans/wording/cautions.py`",
            "plans/wording/cautions.py",
            before('    "several_sedatives": _(\n', '    "invented": _("Made up."),\n'),
            "caution invented: sentence",
        ),
        Command("`manage.py diagrams`", "diagrams", "caution invented: docs"),
    ),
    (TOTALITY,),
    broken=(
        Edit(
            "",
            "plans/domain/taper/cautions.toml",
            at_the_end(
                '\n[[caution]]\ncode = "invented"\nage_from = "99"\nseverity = "minor"\nmust_sign = false\n'
            ),
            ".mark (file cautions.toml, why missing)",
        ),
    ),
)

QUESTIONS: Final = "plans/domain/checkins/questionnaires"
MADE_UP: Final = (
    (ROOT / QUESTIONS / "week_v3.toml").read_text(encoding="utf-8").replace("version = 3", "version = 99", 1)
)


def _published(old: str) -> str:
    """The two lines of a published version, as whoever adds it works them out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "week_v99.toml"
        file.write_text(MADE_UP, encoding="utf-8")
        item_set = instrument_file.read_questionnaire(file).item_set()
    whole = hashlib.sha256(MADE_UP.encode()).hexdigest()
    return before("\n[files]", f'week_v99 = "{item_set}"\n')(old) + f'week_v99 = "{whole}"\n'


QUESTIONNAIRE: Final = Row(
    "a questionnaire",
    (
        Edit(
            "`plans/domain/checkins/questionnaires/<code>_v<version>.toml`",
            f"{QUESTIONS}/week_v99.toml",
            new(MADE_UP),
            "questionnaire week_v99: published.toml without a spec",
        ),
        Edit(
            "`published.toml`",
            f"{QUESTIONS}/published.toml",
            _published,
            "bad_questionnaire (file week_v99, why wrong_item_set)",
        ),
    ),
    (TOTALITY, "tests/domain/checkins/test_questionnaires.py"),
)

HELP_LINE: Final = Row(
    "a help line",
    (
        Edit(
            "`plans/domain/checkins/help_lines.toml`",
            "plans/domain/checkins/help_lines.toml",
            before(
                '  { kind = "call", number = "111", name = "NHS 111',
                '  { kind = "call", number = "5550100", name = "Made Up", about = "talk", hours = "always", '
                'free = true, mark = "unverified" },\n',
            ),
            "",
        ),
        Edit(
            "`templates/500.html`",
            "templates/500.html",
            before("</body>", '<p><a href="tel:5550100">Made Up</a></p>'),
            "tel:5550100",
        ),
    ),
    ("tests/domain/checkins/test_help_lines.py",),
)

ROWS: Final = (DRUG, FLAG_RULE, LIMIT, CAUTION, QUESTIONNAIRE, HELP_LINE)


# ── trying them ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Tree:
    """A copy of the tree; what was changed in it is put back. `written`: what commands wrote, by path."""

    path: Path
    written: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of Python in the copy. Servers that stand already are used."""
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def red(self, row: Row) -> str:
        """What the row's tests say when they fail; empty when nothing is red."""
        options = ["-n", "0", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb=short"]
        chosen = ["-k", row.only] if row.only else []
        status, said = self.run("-m", "pytest", *options, *chosen, *row.tests)
        return "" if status == 0 else said or f"status {status}"

    def put(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file of the copy as it is in the checkout, or make it."""
        original = ROOT / path
        file = self.path / path
        file.write_text(
            change(original.read_text(encoding="utf-8") if original.exists() else ""), encoding="utf-8"
        )
        self._forget(file)

    def put_back(self, path: str) -> None:
        """As it is in the checkout."""
        file = self.path / path
        if (ROOT / path).exists():
            shutil.copyfile(ROOT / path, file)
        else:
            file.unlink(missing_ok=True)
        self._forget(file)

    @staticmethod
    def _forget(file: Path) -> None:
        # Compiled files are told apart by the second and the size of their source.
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=NOT_COPIED)
        else:
            shutil.copyfile(ROOT / part, tmp_path / part)
    return Tree(tmp_path)


def apply(
    tree: Tree, row: Row, *, without: Edit | Command | None = None, instead: Edit | None = None
) -> None:
    """Do what the row says, from a clean tree; leave one step out, or do one badly.

    What a command wrote when nothing was left out is kept and put again: it is slow, and of a broken tree it cannot
    be run.
    """
    for step in row.steps:
        path = step.path if isinstance(step, Edit) else WRITES[step.command]
        tree.put_back(path)
        if step is without:
            continue
        if isinstance(step, Command):
            if path not in tree.written:
                status, said = tree.run("manage.py", step.command)
                assert status == 0, said
                tree.written[path] = (tree.path / path).read_text(encoding="utf-8")
            (tree.path / path).write_text(tree.written[path], encoding="utf-8")
        elif instead is not None and instead.path == path:
            tree.put(path, instead.change)
        else:
            tree.put(path, step.change)


def cell_of(thing: str) -> str:
    """What CONTRIBUTING says has to be touched for a thing."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return next(cells[1] for cells in rows if cells[0].removeprefix("| ").startswith(thing))


def left_out(row: Row) -> Iterator[Edit | Command]:
    """The steps whose absence something must say."""
    return (step for step in row.steps if step.named)


@pytest.mark.parametrize("row", ROWS, ids=lambda one: one.thing)
def test_the_row_names_exactly_what_is_touched(row: Row) -> None:
    cell = cell_of(row.thing)
    assert [step.said for step in row.steps if step.said not in cell] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("row", ROWS, ids=lambda one: one.thing)
def test_a_made_up_thing_needs_what_the_row_says_and_each_part_of_it(row: Row, tree: Tree) -> None:
    apply(tree, row)
    assert tree.red(row) == ""
    for step in left_out(row):
        apply(tree, row, without=step)
        assert step.named in tree.red(row), f"without {step.said} nothing says: {step.named}"
    for edit in row.broken:
        apply(tree, row, instead=edit)
        assert edit.named in tree.red(row), f"badly made, nothing says: {edit.named}"
