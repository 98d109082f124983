"""Importing a caseload: choosing the file, saying what its columns hold, the dry run, and how far it has come.

One form has the columns and the buttons, so that what is imported is what the columns on the page say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.caseload_file.columns import USES, Need
from plans.domain.caseload_file.patients import FilePatient
from plans.domain.caseload_file.problems import BadFile
from plans.domain.caseload_file.table import MOST_BYTES, MOST_ROWS, FileTable
from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import Refused, Stale
from plans.services import clock, formulary, imports, owners, plan_defaults
from plans.services.accounts import clinic_card
from plans.services.actors import Actor, May
from plans.services.imports import ImportDryRun, ImportFile
from plans.services.imports.making import FormOf
from plans.services.plans.drafts import Form
from plans.web.clinician.plan_start import file_form
from plans.web.forms import EdgeForm, choices, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, part, say
from plans.web.untyped import Context, Posted
from plans.wording.caseload_file import (
    DAY_ORDERS,
    PARTS,
    file_words,
    needed_words,
    refusal_words,
    row_words,
)
from plans.wording.caseload_file import (
    USES as USE_WORDS,
)
from plans.wording.doses import drugs_words

_SHOWN_AT_MOST: Final = 1_000
_EXAMPLES: Final = 3
_FIRST: Final = 10
_LONGEST: Final = 60


class FileForm(EdgeForm):
    """The file of a caseload."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, as Excel, LibreOffice and other systems save it. Its first line names the columns."
        ),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".csv,.txt,.tsv,text/csv"}),
        allow_empty_file=True,
    )


class ColumnsForm(EdgeForm):
    """What each column holds, and how dates of numbers alone are read."""

    day_order = forms.ChoiceField(
        label=gettext_lazy("Dates"), choices=choices(DAY_ORDERS), widget=forms.RadioSelect
    )
    owner = forms.ChoiceField(
        label=gettext_lazy("Whose patients they are"),
        help_text=gettext_lazy("Where no column says it. The owner sees them under Mine in the caseload."),
        required=False,
    )
    looked = forms.BooleanField(
        label=gettext_lazy("I looked: they are different people. Import them too."), required=False
    )

    def __init__(self, actor: Actor, found: ImportFile, table: FileTable, data: Posted | None = None) -> None:
        start: Context = {f"column_{n}": code for n, code in enumerate(found.columns)}
        start |= {"day_order": found.order.value, "looked": found.looked, "owner": str(found.owner_id or "")}
        super().__init__(data, initial=start)
        able = {str(key): name for key, name in owners.candidates(actor)}
        self.fields["owner"].choices = choices(able, _("Nobody yet"))  # type: ignore[attr-defined]  # a ChoiceField
        self.names = [f"column_{n}" for n in range(len(table.headings))]
        for n, name in enumerate(self.names):
            label = table.headings[n] or _("Column %(n)s") % {"n": n + 1}
            self.fields[name] = forms.ChoiceField(label=label[:_LONGEST], choices=_uses(), required=False)

    @property
    def owner_id(self) -> UUID | None:
        """The owner of the patients for whom the file says nothing."""
        raw = self.cleaned_data["owner"]
        return UUID(raw) if raw else None

    @property
    def columns(self) -> list[str]:
        """The code of each column, after a valid clean."""
        return [str(self.cleaned_data[name]) for name in self.names]


def _uses() -> list[tuple[str, object]]:
    groups: list[tuple[str, object]] = [("", _("Not imported"))]
    for place, words in PARTS.items():
        held = [(code, _use_words(code)) for code, use in USES.items() if use.part is place]
        groups.append((str(words), held))
    return groups


def _use_words(code: str) -> str:
    need = USES[code].need
    if need is Need.REQUIRED:
        return _("%(what)s (needed)") % {"what": USE_WORDS[code]}
    if need is Need.ONE_OF:
        return _("%(what)s (one of two is needed)") % {"what": USE_WORDS[code]}
    return str(USE_WORDS[code])


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of the file: its select, and its first cells that hold anything."""

    field: forms.BoundField
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A row that cannot be taken over, and what to do."""

    line: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class NewLine:
    """A patient who would be made: who, the drugs taken now, how many steps a plan has, and the owner's name."""

    patient: FilePatient
    drugs: str
    owner: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def import_new(request: StaffRequest) -> HttpResponse:
    """Choose a file; imports that were not finished can be gone on with."""
    if request.method != "POST":
        return _choose(request, FileForm())
    form = FileForm(request.POST, files=request.FILES)
    if not form.is_valid():
        return _choose(request, form, 422)
    try:
        import_id = imports.upload(by=request.actor, raw=form.cleaned_data["file"].read(MOST_BYTES + 1))
    except BadFile as problem:
        form.add_error("file", file_words(problem))
        return _choose(request, form, 422)
    return redirect("import", import_id)


def _choose(request: StaffRequest, form: FileForm, status: int = 200) -> HttpResponse:
    context: Context = {
        "place": "caseload",
        "form": form,
        "unfinished": imports.unfinished(request.actor),
        "most_rows": MOST_ROWS,
        "most_mb": MOST_BYTES // 1_000_000,
        "needed": needed_words(code for code, use in USES.items() if use.need is not Need.OPTIONAL),
    }
    return page(request, "clinic/import_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def import_page(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """The columns and the dry run; once it has begun, how far it is."""
    found = imports.import_file(request.actor, import_id)
    if request.method != "POST":
        return _show(request, found)
    do = single(request.POST, "do")
    if do == "discard":
        return _discard(request, import_id)
    if do == "go_on":
        return _go_on(request, import_id)
    if found.table is None or not found.state_is["being_checked"]:
        return _show(request, found, 409)
    form = ColumnsForm(request.actor, found, found.table, request.POST)
    if not form.is_valid():
        return _show(request, found, 422, form=form)
    try:
        changed = imports.set_columns(
            by=request.actor,
            import_id=import_id,
            columns=form.columns,
            order=DayOrder(form.cleaned_data["day_order"]),
            looked=form.cleaned_data["looked"],
            owner_id=form.owner_id,
        )
        if do in ("all", "good") and not changed:
            return _import(request, import_id, do)
    except (Refused, Stale) as refusal:
        return _show(
            request, imports.import_file(request.actor, import_id), 409, refused=refusal_words(refusal)
        )
    if do in ("all", "good"):
        refused = refusal_words(Stale(what="import"))
        return _show(request, imports.import_file(request.actor, import_id), 409, refused=refused)
    return redirect("import", import_id)


def _import(request: StaffRequest, import_id: UUID, do: str) -> HttpResponse:
    shown = single(request.POST, "shown")
    if do == "all":
        imports.make_all(by=request.actor, import_id=import_id, shown=shown, form_of=_forms(request.actor))
        return redirect("import", import_id)
    imports.begin(by=request.actor, import_id=import_id, shown=shown)
    return _go_on(request, import_id)


def _go_on(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """The next batch; then how far it is, as a part of the page for htmx."""
    refused = ""
    try:
        imports.go_on(by=request.actor, import_id=import_id, form_of=_forms(request.actor))
    except Refused as refusal:
        refused = refusal_words(refusal)
    if request.headers.get("HX-Request") == "true":
        found = imports.import_file(request.actor, import_id)
        return part(request, "clinic/import_run.html", {"found": found, "refused": refused})
    if refused:
        return _show(request, imports.import_file(request.actor, import_id), 409, refused=refused)
    return redirect("import", import_id)


def _discard(request: StaffRequest, import_id: UUID) -> HttpResponse:
    made = imports.discard(by=request.actor, import_id=import_id)
    kept = _("The patients it has made stay: %(n)s.") % {"n": made} if made else ""
    say(request, _("The import was discarded, and its file deleted"), kept)
    return redirect("import-new")


def _forms(actor: Actor) -> FormOf:
    """Makes the draft of each patient's plan."""
    stocked, today = formulary.formulary(actor), clock.today(clinic_card(actor).zone)
    defaults = plan_defaults.plan_defaults(actor)

    def form_of(one: FilePatient) -> Form:
        return file_form(one, today=today, formulary=stocked, defaults=defaults)

    return form_of


def _show(
    request: StaffRequest,
    found: ImportFile,
    status: int = 200,
    *,
    form: ColumnsForm | None = None,
    refused: str = "",
) -> HttpResponse:
    context: Context = {"place": "caseload", "found": found, "refused": refused}
    if found.table is None or not found.state_is["being_checked"]:
        return page(request, "clinic/import_under_way.html", context, status=status)
    run = imports.dry_run(request.actor, found.id)
    form = form or ColumnsForm(request.actor, found, found.table)
    context |= {
        "form": form,
        "columns": _columns(form, found.table),
        "rows": len(found.table.rows),
        "run": run,
        "needed": needed_words(run.missing),
        "twice": needed_words(run.twice),
        **_lines(run),
    }
    return page(request, "clinic/import.html", context, status=status)


def _columns(form: ColumnsForm, table: FileTable) -> list[ColumnLine]:
    return [ColumnLine(form[name], _examples(table, n)) for n, name in enumerate(form.names)]


def _examples(table: FileTable, n: int) -> tuple[str, ...]:
    cells = (row.cells[n].strip() for row in table.rows)
    found = list(dict.fromkeys(cell for cell in cells if cell))[:_EXAMPLES]
    return tuple(cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…" for cell in found)


def _lines(run: ImportDryRun) -> Context:
    return {
        "problems": [
            ProblemLine(one.line, one.column, row_words(one.error)) for one in run.problems[:_SHOWN_AT_MOST]
        ],
        "more_problems": max(0, len(run.problems) - _SHOWN_AT_MOST),
        "first": [_new_line(one, run) for one in run.new[:_FIRST]],
    }


def _new_line(one: FilePatient, run: ImportDryRun) -> NewLine:
    drugs = tuple(dict.fromkeys(dose.drug for dose in one.regimen)) or tuple(filter(None, [one.drug]))
    owner = run.owners.get(one.owner) if one.owner else run.owner
    return NewLine(
        one, drugs_words(drugs, clinician=True) if drugs else "", owner[1] if owner is not None else ""
    )
