"""CONTRIBUTING's table is true: a made-up thing, added in exactly the files a row names, leaves nothing red.

Leaving out any one of them turns the tests red, and they name it. Each row is tried in a copy of the tree, with the
smallest tests that guard it. Another kind of thing is another `Row`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
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


MIGRATION: Final = f"{len(list((ROOT / 'plans' / 'migrations').glob('0*.py'))) + 1:04d}_made_up"
WRITES: Final = {
    "diagrams": ("docs/rules.md", "docs/states.md", "docs/published-schedules.md", "docs/catalogue.md"),
    "advice_sentences": ("docs/intended-use.md",),
    "makemigrations plans --name made_up": (f"plans/migrations/{MIGRATION}.py",),
}
"""Which files a command writes."""


@dataclass(frozen=True)
class Row:
    """One row: the first cell, what is done, and which tests guard it; without any the walk over all kinds does, which
    `test_totality.py` asks for as well. `broken` are edits made badly: a file that is there but lacks a part."""

    thing: str
    steps: tuple[Edit | Command, ...]
    tests: tuple[str, ...] = ()
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

PO: Final = "plans/locale/es/LC_MESSAGES/django.po"
DRUGS: Final = "plans/domain/taper/drugs"
MADE_UP_DRUG: Final = copied(
    f"{DRUGS}/lorazepam.toml", ('"lorazepam"', '"madeupazolam"'), ('"LORazepam"', '"MADEUPAZolam"')
)

DRUG: Final = Row(
    "a drug",
    (
        Edit(
            "`plans/domain/taper/drugs/<name>.toml`",
            f"{DRUGS}/madeupazolam.toml",
            MADE_UP_DRUG,
            "docs/catalogue.md: as the code is",
        ),
        Command("`manage.py diagrams`", "diagrams", "docs/catalogue.md: as the code is"),
    ),
    (
        "tests/architecture/test_totality.py",
        "tests/domain/taper/test_catalogue.py",
        "tests/domain/taper/test_about.py",
        "tests/domain/taper/test_exposure.py",
        "tests/wording/test_takes.py",
        "tests/wording/test_sentences.py",
    ),
    only="madeupazolam or nothing_is_missing",
    broken=(
        Edit(
            "",
            f"{DRUGS}/madeupazolam.toml",
            lambda old: re.sub(r"\[traits\].*?(?=\n\[)", "", MADE_UP_DRUG(old), flags=re.DOTALL),
            "bad_catalogue at traits (file madeupazolam.toml, why missing)",
        ),
        Edit(
            "",
            f"{DRUGS}/madeupazolam.toml",
            lambda old: re.sub(r"(?m)^max = .*$", 'max = "4"', MADE_UP_DRUG(old)),
            "bad_catalogue at daily.max (file madeupazolam.toml, why number_without_mark_and_source)",
        ),
    ),
)

PUBLISHED: Final = "plans/domain/taper/published"
SCOTLAND: Final = copied(f"{PUBLISHED}/scotland_lorazepam_2.toml")

SCHEDULE: Final = Row(
    "a published schedule",
    (
        Edit(
            "`plans/domain/taper/published/<name>.toml`",
            f"{PUBLISHED}/made_up.toml",
            SCOTLAND,
            "docs/published-schedules.md: as the code is",
        ),
        Command(
            "`manage.py diagrams`",
            "diagrams",
            "docs/published-schedules.md: as the code is",
        ),
    ),
    ("tests/domain/taper/test_published.py", "tests/architecture/test_totality.py"),
    only="made_up or nothing_is_missing",
    broken=(
        Edit(
            "",
            f"{PUBLISHED}/made_up.toml",
            lambda old: SCOTLAND(old).replace('mark = "verified"\n', ""),
            "bad_catalogue at mark (file made_up.toml, why missing)",
        ),
        Edit(
            "",
            f"{PUBLISHED}/made_up.toml",
            lambda old: SCOTLAND(old).replace(
                'drug = "diazepam", dose_mg = "9"', 'drug = "diazepam", dose_mg = "8"'
            ),
            "test_each_request_makes_its_transcription",
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
            PO,
            at_the_end(
                '\nmsgid "Made up"\nmsgstr "Inventado"\n\nmsgid "This was made up."\nmsgstr "Es inventado."\n'
            ),
            "flag rule R99: Spanish",
        ),
        Command("`manage.py diagrams`", "diagrams", "flag rule R99: docs"),
    ),
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
    ("tests/architecture/test_totality.py", "tests/domain/checkins/test_questionnaires.py"),
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


def spanish(english: str, other: str) -> Edit:
    """The Spanish of one sentence; what its absence is called stands in the row."""
    return Edit("`django.po`", PO, at_the_end(f'\nmsgid "{english}"\nmsgstr "{other}"\n'), "")


def named(step: Edit, name: str) -> Edit:
    """A step, and what is said when it is left out."""
    return replace(step, named=name)


METHODS: Final = "plans/domain/taper/methods"
METHOD: Final = Row(
    "a taper method",
    (
        Edit(
            "`plans/domain/taper/methods/<name>.py`",
            f"{METHODS}/made_up.py",
            copied(
                f"{METHODS}/percent_of_current.py",
                ("PercentOfCurrent", "MadeUp"),
                ("percent_of_current", "made_up"),
            ),
            "made_up",
        ),
        Edit(
            "`METHODS`",
            f"{METHODS}/__init__.py",
            all_of(
                before(
                    "from plans.domain.taper.methods.micro import",
                    "from plans.domain.taper.methods.made_up import MadeUp\n",
                ),
                before("Micro\n# Methods solved", "MadeUp | "),
                before("        Micro,\n", "        MadeUp,\n"),
            ),
            "taper method made_up: line in METHODS without a spec",
        ),
        Edit(
            "`plans/wording/methods.py`",
            "plans/wording/methods.py",
            before('    "micro": _(', '    "made_up": _("Made up"),\n'),
            # The form asks for the names of all of them when it is imported.
            "KeyError: 'made_up'",
        ),
        Edit(
            "`METHOD_FIELDS`",
            "plans/web/clinician/plan/forms.py",
            before('    "micro": ("percent",),\n', '    "made_up": ("percent",),\n'),
            "taper method made_up: fields of the form",
        ),
        Edit(
            "`docs/taper-request.schema.json`",
            "docs/taper-request.schema.json",
            lambda old: old.replace('"const": "micro"', '"enum": ["micro", "made_up"]', 1),
            "taper method made_up: schema",
        ),
        Edit(
            "`docs/taper-json.md`",
            "docs/taper-json.md",
            before("| `micro` |", "| `made_up` | `percent` | made up |\n"),
            "taper method made_up: docs",
        ),
    ),
)

DANGER: Final = Row(
    "a danger",
    (
        Edit(
            "`plans/domain/checkins/dangers.py`",
            "plans/domain/checkins/dangers.py",
            before('    Danger("driving",', '    Danger("made_up", _any(made_up="yes")),\n'),
            "danger made_up: words without a spec",
        ),
        Edit(
            "`plans/wording/dangers.py`",
            "plans/wording/dangers.py",
            before(
                '    "driving": DangerWords(',
                '    "made_up": DangerWords(_("A made-up danger"), (DangerLine(_("This was made up.")),), _ILL),\n',
            ),
            "danger made_up: words",
        ),
        Edit(
            "`django.po`",
            PO,
            at_the_end(
                '\nmsgid "A made-up danger"\nmsgstr "Un peligro inventado"\n'
                '\nmsgid "This was made up."\nmsgstr "Es inventado."\n'
            ),
            "danger made_up: Spanish",
        ),
        Command("`manage.py diagrams`", "diagrams", "danger made_up: docs"),
    ),
)

LETTERS: Final = "templates/messages"
MESSAGE: Final = Row(
    "a message",
    (
        Edit(
            "`plans/domain/notices.py`",
            "plans/domain/notices.py",
            before(
                "        _alert(ITEM_ALERT),\n",
                '        _news("made_up", Precondition.VERSION_IS_CURRENT),\n',
            ),
            "message made_up: subject template without a spec",
        ),
        *(
            Edit(
                "three templates in `templates/messages/<code>/`",
                f"{LETTERS}/made_up/{name}",
                copied(f"{LETTERS}/opt_out_done/{name}"),
                f"message made_up: {said} template",
            )
            for name, said in (("subject.txt", "subject"), ("body.txt", "text"), ("body.html", "page"))
        ),
        Edit(
            "`plans/wording/messages.py`",
            "plans/wording/messages.py",
            before(
                '    "item_alert": MessageWords(',
                '    "made_up": MessageWords(_("Made up"), _("made-up message")),\n',
            ),
            "message made_up: words",
        ),
        Edit(
            "`django.po`",
            PO,
            at_the_end(
                '\nmsgid "Made up"\nmsgstr "Inventado"\n\nmsgid "made-up message"\nmsgstr "mensaje inventado"\n'
            ),
            "message made_up: Spanish",
        ),
    ),
)

TEXT_MESSAGES: Final = '''"""Made up: sends nothing."""

from __future__ import annotations

from plans.channels.email.delivery import Transport
from plans.channels.email.transports import files


def make() -> Transport:
    """The folder."""
    return files.make()
'''
WAYS: Final = "plans/channels/email/transports"
WAY_OF_SENDING: Final = Row(
    "a way of sending",
    (Edit("`plans/channels/email/transports/`", f"{WAYS}/made_up.py", new(TEXT_MESSAGES), ""),),
    broken=(
        Edit(
            "",
            f"{WAYS}/made_up.py",
            new(TEXT_MESSAGES.replace("def make()", "def made()")),
            "way of sending made_up: make()",
        ),
    ),
)

PROVIDER: Final = '''"""Made up: sends nothing."""

from __future__ import annotations

from plans.channels.short import USUAL_FAULTS, Provider
from plans.channels.sms import files

FAULTS = USUAL_FAULTS


def make() -> Provider:
    """Made up."""
    return files.make()
'''
PROVIDERS: Final = "plans/channels/sms"
CHANNEL: Final = Row(
    "a channel",
    (Edit("`plans/channels/sms/<name>.py`", f"{PROVIDERS}/made_up.py", new(PROVIDER), ""),),
    broken=(
        Edit(
            "",
            f"{PROVIDERS}/made_up.py",
            new(PROVIDER.replace("def make()", "def made()")),
            "channel made_up: make()",
        ),
        Edit(
            "",
            f"{PROVIDERS}/made_up.py",
            new(PROVIDER.replace("FAULTS = USUAL_FAULTS", "FAULTS = {}")),
            "channel made_up: FAULTS",
        ),
    ),
)

STATES: Final = "plans/domain/taper/plan_states.py"
PLAN_ACT: Final = Row(
    "a plan act",
    (
        Edit(
            "`plan_states.py`",
            STATES,
            all_of(
                before('    CORRECT = "correct"\n', '    MAKE_UP = "make_up"\n'),
                before(
                    "        PlanAct.CORRECT: ActSpec",
                    '        PlanAct.MAKE_UP: ActSpec(_BY_CLINICIAN, "plan.made_up"),\n',
                ),
                before("        (_A, PlanAct.HOLD): _H,\n", "        (_A, PlanAct.MAKE_UP): _A,\n"),
            ),
            "audit event plan.made_up: sentence without a spec",
        ),
        Edit(
            "`plans/wording/audit.py`",
            "plans/wording/audit.py",
            before('    "plan.corrected": _(', '    "plan.made_up": _("made the plan up"),\n'),
            "audit event plan.made_up: sentence",
        ),
        Command("`manage.py diagrams`", "diagrams", "plan act make_up: docs"),
    ),
    broken=(
        Edit(
            "",
            STATES,
            all_of(
                before('    CORRECT = "correct"\n', '    MAKE_UP = "make_up"\n'),
                before("        (_A, PlanAct.HOLD): _H,\n", "        (_A, PlanAct.MAKE_UP): _A,\n"),
            ),
            "plan act make_up: row in ACTS",
        ),
    ),
)

LANE: Final = Row(
    "a line under the dose",
    (
        Edit(
            "`plans/domain/checkins/lanes.py`",
            "plans/domain/checkins/lanes.py",
            before('            _symptom("sx_unreal"', '            _symptom("made_up", LaneSet.MIND),\n'),
            "lane made_up: words without a spec",
        ),
        Edit(
            "`plans/wording/lanes.py`",
            "plans/wording/lanes.py",
            before('    "sx_unreal": LaneWords(', '    "made_up": LaneWords(_("Made up")),\n'),
            "lane made_up: words",
        ),
        named(spanish("Made up", "Inventado"), "lane made_up: Spanish"),
    ),
)

EVENT: Final = Row(
    "an audit event",
    (
        Edit(
            "`plans/domain/audit.py`",
            "plans/domain/audit.py",
            before(
                '            EventSpec("member.added"',
                '            EventSpec("clinic.made_up", AuditPart.CLINIC, ("number",)),\n',
            ),
            "audit event clinic.made_up: sentence without a spec",
        ),
        Edit(
            "`plans/wording/audit.py`",
            "plans/wording/audit.py",
            before('    "member.added": _(', '    "clinic.made_up": _("made up number %(number)s"),\n'),
            "audit event clinic.made_up: sentence",
        ),
        Edit(
            "`audit.record`",
            "plans/services/clinic_facts.py",
            at_the_end(
                "\n\ndef make_up(by: Actor) -> None:\n"
                '    """Made up."""\n'
                '    audit.record(by=by, act="clinic.made_up", subject_kind="clinic", subject_id=by.clinic_id)\n'
            ),
            "audit event clinic.made_up: act that records it",
        ),
    ),
    broken=(
        Edit(
            "",
            "plans/wording/audit.py",
            before('    "member.added": _(', '    "clinic.made_up": _("made up %(name)s"),\n'),
            "audit event clinic.made_up: facts of its sentence",
        ),
    ),
)

PAGES_OF: Final = "plans/documents/calendar"
SECTION_TEXT: Final = '''"""Made up: a page that says nothing, and what reads it back."""

from __future__ import annotations

from collections.abc import Iterator

from plans.documents.calendar.context import CalendarContext
from plans.documents.engine.canvas import Canvas
from plans.documents.engine.section import PageMap, Section
from plans.documents.readback.checks import PdfDefect
from plans.documents.readback.pdf import Shown
from plans.domain.documents.facts import CalendarFacts


class MadeUp(Section):
    """No page."""

    def __init__(self, context: CalendarContext) -> None:
        self.context = context

    @property
    def pages(self) -> int:
        """None."""
        return 0

    def draw(self, canvas: Canvas, n: int, where: PageMap) -> None:
        """Nothing."""


def check_made_up(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Nothing is wrong."""
    yield from ()
'''
_IMPORTS = before(
    "from plans.documents.calendar.months import",
    "from plans.documents.calendar.made_up import MadeUp, check_made_up\n",
)
_PLACED = before(
    "    return [front, *_days(context)]\n",
    "    front = MadeUp(context) if not context.steps_shown else front\n",
)
SECTION: Final = Row(
    "a section of a document",
    (
        Edit("`plans/documents/<room>/<name>.py`", f"{PAGES_OF}/made_up.py", new(SECTION_TEXT), "made_up"),
        Edit(
            "`sections` and `READ_BACK`",
            f"{PAGES_OF}/document.py",
            all_of(_IMPORTS, _PLACED, before("    DayList: (", "    MadeUp: (check_made_up,),\n")),
            "section of a document calendar.MadeUp: place in its document",
        ),
    ),
    broken=(
        Edit(
            "",
            f"{PAGES_OF}/document.py",
            all_of(_IMPORTS, _PLACED),
            "section of a document calendar.MadeUp: reading back",
        ),
    ),
)


def page(thing: str, folder: str, template: str, urls: str, gate: str) -> Row:
    """A page of the clinic, or one that anybody may read."""
    view = f"""\"\"\"Made up.\"\"\"

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.services.actors import May
from plans.web.gate import public_page, staff_page


@{gate}
def made_up(request: HttpRequest) -> HttpResponse:
    \"\"\"Made up.\"\"\"
    return render(request, "{template}")
"""
    package = folder.replace("/", ".")
    matrix = "tests/web/access_matrix.toml"
    return Row(
        thing,
        (
            Edit("a view with a mark from `plans/web/gate.py`", f"{folder}/made_up.py", new(view), "made_up"),
            Edit(
                "`urls.py`",
                f"{folder}/urls.py",
                all_of(
                    before("\nurlpatterns = [", f"\nfrom {package} import made_up\n"),
                    before("urlpatterns = [", ""),
                    lambda old: old.replace(
                        "urlpatterns = [",
                        f'urlpatterns = [\n    path("{urls}", made_up.made_up, name="made-up"),',
                        1,
                    ),
                ),
                "page made-up: row in the access matrix without a spec",
            ),
            Edit("a template", f"templates/{template}", new("<p>Made up.</p>\n"), "page made-up: template"),
            Edit(
                "`tests/web/access_matrix.toml`",
                matrix,
                at_the_end('\n[made-up]\nGET_HEAD_POST_PUT_DELETE = "everybody 200"\n'),
                "page made-up: row in the access matrix",
            ),
        ),
        broken=(
            Edit(
                "",
                f"{folder}/made_up.py",
                new(view.replace(f"@{gate}\n", "")),
                "page made-up: gate",
            ),
        ),
    )


CLINIC_PAGE: Final = page(
    "a page",
    "plans/web/clinician/settings",
    "clinic/made_up.html",
    "settings/made-up",
    "staff_page(May.MANAGE)",
)
PUBLIC_PAGE: Final = page(
    "a page", "plans/web/patient/help", "patient/made_up.html", "made-up", "public_page"
)

DOSE_PLACE: Final = Row(
    "a place that shows a dose",
    (
        Edit(
            "`day_dose_words`",
            "plans/wording/doses.py",
            at_the_end(
                '\n\ndef made_up(day: DayDose) -> str:\n    """Made up."""\n    return day_dose_words(day)\n'
            ),
            "wording/doses.py:made_up",
        ),
        Edit(
            "`tests/architecture/test_dose_places.py`",
            "tests/architecture/test_dose_places.py",
            before('    "wording/doses.py:_named"', '    "wording/doses.py:made_up": ("made up",),\n'),
            "wording/doses.py:made_up",
        ),
        Edit(
            "`tests/web/dose_places.py`",
            "tests/web/dose_places.py",
            before('    "caseload": Place(', '    "made up": Place(lambda life: life.get("/")),\n'),
            "made up",
        ),
    ),
    ("tests/architecture/test_dose_places.py",),
)

JOB: Final = Row(
    "a periodic job",
    (
        Edit(
            "a function in `plans/jobs/`",
            "plans/jobs/made_up.py",
            copied("plans/jobs/tick.py", ("def tick()", "def run()")),
            "periodic job plans.jobs.made_up.run: line in the table without a spec",
        ),
        Edit(
            "`plans/jobs/schedule.py`",
            "plans/jobs/schedule.py",
            before('    "tick": _entry(', '    "made_up": _entry("plans.jobs.made_up.run"),\n'),
            "periodic job plans.jobs.made_up.run: line in the table",
        ),
    ),
)

_FIELD = before(
    "    cancelled_at = operational(", "    made_up = clinical(models.BooleanField(default=False))\n"
)
COLUMN: Final = Row(
    "a column",
    (
        Edit(
            "the model",
            "plans/models/visit.py",
            _FIELD,
            "column PlannedVisit.made_up: migration without a spec",
        ),
        Command(
            "`manage.py makemigrations`",
            "makemigrations plans --name made_up",
            "column PlannedVisit.made_up: migration",
        ),
    ),
    broken=(
        Edit(
            "",
            "plans/models/visit.py",
            before("    cancelled_at = operational(", "    made_up = models.BooleanField(default=False)\n"),
            "column PlannedVisit.made_up: class of privacy",
        ),
    ),
)

SETTING: Final = Row(
    "a setting",
    (
        Edit(
            "`taperplan/settings.py`",
            "taperplan/settings.py",
            at_the_end('\nMADE_UP = env.text("MADE_UP")\n'),
            "setting MADE_UP: row of docs/configuration.md without a spec",
        ),
        Edit(
            "`docs/configuration.md`",
            "docs/configuration.md",
            before("| `REDIS_URL` |", "| `MADE_UP` | none | made up |\n"),
            "setting MADE_UP: row of docs/configuration.md",
        ),
    ),
)

ADVICE: Final = Row(
    "a sentence that advises a patient",
    (
        Edit(
            "the page, message or document",
            "templates/patient/hello.html",
            before("</section>", '  <p>{% translate "Do not drink made-up tea." %}</p>\n'),
            "Do not drink made-up tea.",
        ),
        Edit(
            "`plans/wording/advising.toml`",
            "plans/wording/advising.toml",
            before(
                "[[advice]]\n",
                '[[advice]]\nreason = "Made up."\nsource = "ours"\ntexts = [\n  "Do not drink made-up tea.",\n]\n\n',
            ),
            "Do not drink made-up tea.",
        ),
        Command("`manage.py advice_sentences`", "advice_sentences", "docs/intended-use.md is out of date"),
    ),
    ("tests/wording/test_advising.py",),
)

ROWS: Final = (
    DRUG, SCHEDULE, METHOD, FLAG_RULE, LIMIT, CAUTION, DANGER, QUESTIONNAIRE, MESSAGE, WAY_OF_SENDING, CHANNEL,
    PLAN_ACT, LANE, EVENT, ADVICE, HELP_LINE, SECTION, CLINIC_PAGE, PUBLIC_PAGE, DOSE_PLACE, JOB, COLUMN, SETTING,
)  # fmt: skip


# ── trying them ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Tree:
    """A copy of the tree; what was changed in it is put back. `written`: what commands wrote, by path."""

    path: Path
    runs: subprocess.Popen[str]
    written: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of Python in the copy. Servers that stand already are used."""
        assert self.runs.stdin
        assert self.runs.stdout
        self.runs.stdin.write(f"{json.dumps(arguments)}\n")
        self.runs.stdin.flush()
        status, said = json.loads(self.runs.stdout.readline())
        return int(status), str(said)

    def red(self, row: Row) -> str:
        """What the row's tests say when they fail; empty when nothing is red."""
        if not row.tests:
            status, said = self.run("-m", "tests.architecture.walk")
            return "" if status == 0 else said
        options = ["-n", "0", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb=short"]
        chosen = ["-k", row.only] if row.only else []
        status, said = self.run("-m", "pytest", *options, *chosen, *row.tests)
        return "" if status == 0 else said or f"status {status}"

    def put(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file of the copy as it is in the checkout, or make it."""
        original = ROOT / path
        file = self.path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            change(original.read_text(encoding="utf-8") if original.exists() else ""), encoding="utf-8"
        )
        self._forget(file)

    def write(self, command: str) -> None:
        """Run a command that writes files, once; after that put what it wrote."""
        for path in WRITES[command]:
            if path not in self.written:
                status, said = self.run("manage.py", *command.split())
                assert status == 0, said
                self.written |= {
                    one: (self.path / one).read_text(encoding="utf-8") for one in WRITES[command]
                }
            (self.path / path).write_text(self.written[path], encoding="utf-8")

    def put_back(self, path: str) -> None:
        """As it is in the checkout."""
        file = self.path / path
        if (ROOT / path).exists():
            shutil.copyfile(ROOT / path, file)
        else:
            file.unlink(missing_ok=True)
            if file.parent.is_dir() and not any(file.parent.iterdir()):
                file.parent.rmdir()
        self._forget(file)

    @staticmethod
    def _forget(file: Path) -> None:
        # Compiled files are told apart by the second and the size of their source.
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=NOT_COPIED)
        else:
            shutil.copyfile(ROOT / part, tmp_path / part)
    # Compiled files stand beside their source, also where Python is told to write none or elsewhere: it is run many
    # times, and compiling takes longer than what is tried.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    runner = [sys.executable, str(ROOT / "tests" / "architecture" / "preloaded.py")]
    with subprocess.Popen(
        runner, cwd=tmp_path, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runs:
        yield Tree(tmp_path, runs)


def apply(
    tree: Tree, row: Row, *, without: Edit | Command | None = None, instead: Edit | None = None
) -> None:
    """Do what the row says, from a clean tree; leave one step out, or do one badly.

    What a command wrote when nothing was left out is kept and put again: it is slow, and of a broken tree it cannot
    be run.
    """
    for step in row.steps:
        paths = (step.path,) if isinstance(step, Edit) else WRITES[step.command]
        for path in paths:
            tree.put_back(path)
        if step is without:
            continue
        if isinstance(step, Command):
            tree.write(step.command)
        elif instead is not None and instead.path == step.path:
            tree.put(step.path, instead.change)
        else:
            tree.put(step.path, step.change)


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
