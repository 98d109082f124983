"""Every place that shows a dose is checked: each function and template that writes milligrams is listed here, either
with the places that are rendered for plans of several drugs, or with what else its figure is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import plans
from tests.sources import tree

ROOT = Path(plans.__file__).parent
TEMPLATES = ROOT.parent / "templates"
ROOMS = ("api", "dispatch", "documents", "mail", "management", "web", "wording")
# What writes a dose: the words of a day, a step or a dose, and everything that is made of them.
WORDS = {
    "day_dose_said", "day_dose_words", "day_total", "dose_words", "event_title", "per_day_words", "sig", "step_words",
    "totals", "version_story",
}  # fmt: skip
TAG = re.compile(r"{[{%].*?[}%]}")
FIGURE = re.compile(r"(?:\b|_)(?:dose|doses|mg|total)\b")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def functions(node: ast.AST, name: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every function and table of a module with its qualified name; what stands inside one belongs to it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{name}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            yield (
                f"{name}{ast.unparse(child.targets[0] if isinstance(child, ast.Assign) else child.target)}",
                child,
            )


def shows(function: ast.AST) -> bool:
    """Whether a function writes milligrams: by a dose's own text, by words made of it, or by a unit in a text."""
    said = ast.get_docstring(function, clean=False) if isinstance(function, ast.FunctionDef) else None
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDS:
            return True
        if isinstance(node, ast.Attribute) and (node.attr == "mg" or node.attr in WORDS - {"totals"}):
            return True
        if isinstance(node, ast.Attribute) and node.attr == "text" and "dose" in ast.unparse(node.value):
            return True
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if text != said and re.search(r"\bmg\b", text):
            return True
    return False


def found() -> set[str]:
    """Everything that shows a dose, as room and name."""
    names = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            where = path.relative_to(ROOT).as_posix()
            names |= {f"{where}:{name}" for name, node in functions(tree(path)) if shows(node)}
    for path in TEMPLATES.rglob("*.*"):
        tags = [QUOTED.sub("", tag) for tag in TAG.findall(path.read_text())]
        if any(FIGURE.search(tag) for tag in tags):
            names.add(path.relative_to(TEMPLATES.parent).as_posix())
    return names


# What tests of their own render, beside the table of places, in tests/web/test_every_drug_of_the_day.py.
DOCUMENTS, COMMAND, SUPPLY, STAYS = "documents", "command", "supply", "stays"
# Doses that are taken otherwise than planned, of two drugs, in tests/web/test_care_pages.py and test_other_dose.py.
OTHERWISE = "otherwise"
# What shows a day's dose, and the places that are rendered of it.
RENDERED: dict[str, tuple[str, ...]] = {
    "documents/calendar/cells.py:CellLayout._crowded": (DOCUMENTS,),
    "documents/calendar/cells.py:CellLayout._entry": (DOCUMENTS,),
    "documents/calendar/cells.py:CellLayout._head_wide": (DOCUMENTS,),
    "documents/calendar/front_readback.py:check_fillings": (DOCUMENTS,),
    "documents/calendar/front_readback.py:_dose": (DOCUMENTS,),
    "documents/pharmacy/content.py:_dose": (DOCUMENTS,),
    "documents/pharmacy/content.py:day_total": (DOCUMENTS,),
    "documents/pharmacy/content.py:direction": (DOCUMENTS,),
    "documents/pharmacy/readback.py:_drug_totals": (DOCUMENTS,),
    "documents/pharmacy/rows.py:StepRows._row": (DOCUMENTS,),
    "documents/pharmacy/rows.py:StepRows._total_wide": (DOCUMENTS,),
    "documents/calendar/recipes.py:draw_recipe": (DOCUMENTS,),
    "documents/calendar/recipes.py:_head_wide": (DOCUMENTS,),
    "documents/calendar/step_table.py:StepTable._total": (DOCUMENTS,),
    "documents/calendar/step_table.py:entries_text": (DOCUMENTS,),
    "documents/calendar/day_cells.py:DoseLines._lines": (DOCUMENTS,),
    "documents/calendar/strip_readback.py:_wanted": (DOCUMENTS,),
    "management/commands/taper.py:_as_table": (COMMAND,),
    "templates/clinic/caseload.html": ("caseload",),
    "templates/clinic/item.html": ("item",),
    "templates/clinic/patient_plans.html": ("patient, plans", "patient, next change"),
    "templates/clinic/plan_compare_rows.html": ("compare",),
    "templates/clinic/plan_day.html": ("plan, one day",),
    "templates/clinic/plan_go_on.html": (OTHERWISE,),
    "templates/clinic/plan_step_rows.html": ("plan, step",),
    "templates/clinic/plan_steps.html": ("draft, steps",),
    "templates/clinic/plan_visit.html": ("visit summary",),
    "templates/clinic/queue.html": ("queue",),
    "templates/parts/calendar.html": ("calendar to print",),
    "templates/parts/first_page.html": ("calendar to print, step",),
    "templates/parts/picture.html": ("picture, table",),
    "templates/parts/visit_patient.html": ("patient's visit summary",),
    "templates/patient/leaves.html": ("patient's calendar",),
    "templates/patient/plan.html": ("patient's page", "patient's page, next change"),
    "web/clinician/review/ahead.py:ahead_of": ("item, today",),
    "web/clinician/review/ahead.py:change_words": ("item, next change",),
    "web/clinician/review/plan_change.py:_button": ("change, button",),
    "web/clinician/review/plan_change.py:_moved": ("item, what moves", SUPPLY),
    "web/clinician/care_words.py:last_known_words": (OTHERWISE,),
    "web/clinician/caseload/lines.py:case_line": ("caseload",),
    "web/clinician/patient/views.py:plan_line": ("patient, plans", "patient, next change"),
    "web/clinician/picture/drawing.py:_svg": ("draft, picture",),
    "web/clinician/picture/stairs.py:_words": ("picture",),
    "web/clinician/picture/stairs.py:today_line": ("picture",),
    "web/parts/calendar.py:_cell": ("calendar to print", "patient's calendar"),
    "web/parts/calendar.py:_day": ("calendar to print", "patient's calendar"),
    "web/clinician/plan/compare.py:_cell": ("compare",),
    "wording/options.py:from_to": ("options, begin",),
    "wording/options.py:_picture": ("options, picture",),
    "web/clinician/plan/views.py:_table": ("picture, table",),
    "web/clinician/plan/change.py:_button": ("change, button",),
    "web/clinician/plan/change.py:_day": ("change, next",),
    "web/clinician/plan/change.py:moves_of": ("change, now", "change, after", SUPPLY),
    "web/clinician/plan/day.py:_lines": ("plan, one day",),
    "web/clinician/plan/day.py:plan_day": ("plan, one day",),
    "web/clinician/plan/visit.py:_coming": ("visit summary", "patient's visit summary"),
    "web/clinician/plan/visit.py:_shared": ("visit summary", "patient's visit summary"),
    "web/clinician/plan/steps.py:_kept_longer": ("draft, steps",),
    "web/clinician/plan/steps.py:step_rows": ("plan, step", "draft, steps"),
    "web/clinician/plan/steps.py:totals": ("plan, step", "plan, dose today", "compare"),
    "web/clinician/plan/record.py:_coming": ("record text, next change",),
    "web/clinician/plan/record.py:_last_change": ("plan, version",),
    "web/clinician/plan/views.py:_figures_under_way": (
        "plan, dose today",
        "plan, times of today",
        "plan, next change",
    ),
    "web/clinician/plan/views.py:_figures_at_rest": (OTHERWISE,),
    "web/clinician/plan/views.py:_last_dose": (STAYS,),
    "web/clinician/plan/views.py:_version": ("plan, version",),
    "web/clinician/review_lines.py:dose_words": ("queue", "item"),
    "web/clinician/review_lines.py:item_line": ("queue", "item"),
    "web/patient/plan/feed.py:_file": ("feed",),
    "web/patient/plan/today.py:_taken_in": ("patient's page, next change",),
    "web/patient/plan/today.py:doses_of": ("patient's page",),
    "wording/directions.py:sig": ("label",),
    "wording/directions.py:step_words": ("plan, times of today",),
    "wording/doses.py:per_day_words": ("patient's page, next change", "change, button"),
    "wording/doses.py:_named": ("caseload", "queue", "plan, dose today", "patient's page, next change"),
    "wording/feed.py:_amount": ("feed",),
    "wording/first_page.py:_making": (DOCUMENTS,),
    "wording/first_page.py:_step": ("calendar to print, step",),
    "wording/plans.py:_returned": (OTHERWISE,),
    "web/clinician/plan/change.py:newer_version": ("plan, version",),
    "wording/plans.py:in_force_words": ("change, title",),
    "wording/plans.py:_several": ("plan, version",),
    "wording/plans.py:_went_on": (OTHERWISE,),
    "wording/plans.py:version_story": ("plan, version",),
    "wording/taken.py:amount_words": (OTHERWISE,),
    "wording/taken.py:higher_words": (OTHERWISE,),
    "wording/taken.py:pharmacy_words": (OTHERWISE,),
    "wording/taken.py:regimen_words": (OTHERWISE,),
    "wording/taken.py:taken_words": (OTHERWISE,),
    "wording/visit_summary.py:_doses": (DOCUMENTS,),
}
# What writes milligrams of something else than a day's dose, looked at one by one.
OTHER: dict[str, str] = {
    "documents/calendar/days_readback.py:Phrases.amount": "reads a document's texts back",
    "documents/calendar/days_readback.py:_AMOUNT": "reads a document's texts back",
    "documents/calendar/days_readback.py:_ColumnReader._begin": "reads a document's texts back",
    "documents/calendar/strip_readback.py:_said": "reads a document's texts back",
    "documents/pharmacy/rows.py:product_head": "the strength of one product",
    "documents/calendar/syringes.py:draw_filling": "one volume of one product, named where there are two drugs",
    "documents/pharmacy/order.py:size_words": "what one size to order holds, with its drug",
    "management/commands/taper.py:_switch": "doses of the new drug alone, which its heading names",
    "management/commands/taper.py:_supply": "what the sizes to order hold together, each with its drug",
    "management/commands/taper.py:_both_ends": "an equivalent, of all drugs together",
    "management/commands/taper.py:_measured": "how one dose of one drug is made, which it names",
    "management/catalogue_document.py:_LEFT_OUT": "products that are not in the catalogue, and why",
    "management/published_document.py:_LEFT_OUT": "published schedules that are not made, and why",
    "templates/clinic/import_new.html": "how many patients a file holds",
    "templates/clinic/import_run.html": "how many patients a file holds",
    "templates/clinic/figures_by_clock.html": "how many items there were",
    "templates/clinic/figures_outcomes.html": "how many items there were",
    "templates/clinic/plan.html": "the day of the last dose",
    "templates/clinic/plan_new.html": "the fields of a form",
    "templates/clinic/queue_fresh.html": "how many items there are",
    "templates/clinic/dose_times.html": "the fields of a form",
    "templates/patient/answered.html": "how many questions there are",
    "templates/patient/checkin.html": "how many questions there are",
    "templates/patient/feed.html": "whether a feed tells doses",
    "web/clinician/plan/proposal.py:_change": "the sentence of a version before it is one, as the plan’s page has it",
    "web/clinician/settings/signing.py:LimitsForm.tail": "the figure of a limit, in diazepam equivalent",
    "web/clinician/settings/advice.py:_NOT_PRINTED": "words that a lead must not type",
    "web/clinician/picture/drawing.py:plain": "the height of a stair, only where the plan has one drug",
    "web/clinician/picture/stairs.py:grid": "the scale of an axis, which `stairs_words` explains",
    "web/clinician/picture/stairs.py:_tread_words": "the height of a stair, only where the plan has one drug",
    "web/clinician/plan/asked.py:asked_facts": "the lowest dose asked for, of one drug that it names",
    "web/clinician/plan/forms.py:PlanForm.end_last": "the fields of a form",
    "web/clinician/plan/change.py:_notes": "the doses of every drug of two days, named by per_day_words",
    "web/clinician/plan/change_form.py:ChangeForm.part_mg": "a field of a form",
    "web/clinician/plan/forms.py:PlanForm.rows": "the fields of a form",
    "web/clinician/plan/pattern.py:_end_values": "the lowest dose asked for, into a field of the form",
    "web/clinician/plan/result.py:_option": "the last dose of every drug, named by day_dose_words",
    "web/clinician/plan/result.py:_switch_row": "the doses of the one drug that is switched to, named above them",
    "web/clinician/plan/result.py:_equivalents": "an equivalent, of one drug that it names",
    "web/clinician/plan/published.py:_fill_regimen": "what a published schedule begins with, into fields of the form",
    "web/clinician/plan/rows.py:_dose": "reads rows that a clinician types",
    "web/clinician/plan/rows.py:_doses": "writes rows for a clinician to edit, each dose with its drug",
    "web/clinician/plan/dose_times.py:add_times": "the fields of a form",
    "web/clinician/plan_start.py:_by_time": "writes rows for a clinician to edit, each dose with its drug",
    "web/clinician/plan_start.py:times_initial": "the fields of a form",
    "web/clinician/supply/views.py:_show": "what is to be handed out, each product with its drug",
    "web/clinician/supply/views.py:supply_list": "how many patients there are",
    "templates/clinic/supply.html": "how many patients there are",
    "templates/clinic/supply_patient.html": "what is to be handed out, each product with its drug",
    "web/clinician/plan/going_on.py:_told": "the sentences of agreed versions, as the plan’s page has them",
    "web/patient/leaflets.py:strengths": "how strong one drug is beside another, by the plan's table",
    "web/patient/plan/dose_chart.py:_mg": "the line of a plan of one drug; others have none",
    "web/patient/plan/dose_chart.py:way_of": "the line of a plan of one drug; others have none",
    "wording/options.py:_fall": "both doses of every drug around a cut, named by day_dose_said",
    "wording/options.py:_last": "the last dose of every drug, named by day_dose_said",
    "wording/drugs.py:product_words": "the strength of one product",
    "wording/cautions.py:SENTENCES": "the figure of a caution",
    "wording/documents.py:_doses_that_stay": "what follows the last day: every dose of the last step by name",
    "wording/taper_errors.py:ROWS": "an example of how a step is typed",
    "wording/taper_errors.py:PRODUCTS": "the strength of one product",
    "wording/taper_errors.py:SENTENCES": "the figures of a refusal",
    "wording/taper_errors.py:SWITCHES": "the figures of a refusal",
    "wording/switch_figures.py:counted_words": "amounts asked for, each with its drug",
    "wording/switch_figures.py:_mg": "amounts asked for, each with its drug",
    "wording/taper_errors.py:_not_makeable": "the figures of a refusal",
    "wording/taper_errors.py:_pair": "the figures of a refusal",
    "wording/taper_errors.py:_weekly": "the figures of a refusal",
    "wording/caseload_file.py:PARTS": "the names of columns of a file",
    "wording/record_copy.py:step_lines": "every dose of every step, each with its drug",
    "wording/catalogue.py:LINES": "what the numbers of the catalogue are, of one drug that the page names",
    "wording/taken.py:rise_words": "both doses of each drug that would rise",
    "wording/verdicts.py:_figures": "the figures of a finding, which names its drug",
    "wording/verdicts.py:_last_dose": "the figures of a finding, which names its drug",
    "web/clinician/plan/views.py:facts_of": "how many days are spent on very low doses, all drugs together",
    "wording/verdicts.py:_new_drugs_mg": "amounts asked for, of the drug that it names",
    "wording/verdicts.py:_mg": "the figures of a finding, which names its drug",
}


@pytest.mark.slow
def test_whatever_shows_a_dose_is_rendered_for_plans_of_several_drugs_or_was_looked_at() -> None:
    assert sorted(found() - RENDERED.keys() - OTHER.keys()) == []


@pytest.mark.slow
def test_nothing_is_listed_that_shows_no_dose() -> None:
    assert sorted((RENDERED.keys() | OTHER.keys()) - found()) == []
    assert RENDERED.keys() & OTHER.keys() == set()


def test_every_place_that_is_named_is_rendered() -> None:
    from tests.web.dose_places import PLACES

    assert {place for places in RENDERED.values() for place in places} - {
        DOCUMENTS,
        COMMAND,
        SUPPLY,
        STAYS,
        OTHERWISE,
    } <= set(PLACES)


def test_a_function_that_writes_a_dose_in_any_way_is_seen() -> None:
    seen = {
        "def f(plan): return plan.dose.mg",
        "def f(day): return day_dose_words(day)",
        'def f(n): return f"{n} mg"',
        "def f(step): return words.mg(step.total(drug))",
        'def f(dose): return dose.text + " m" + "g"',
        'TABLE = {"a": lambda n: f"{n} mg"}',
    }
    assert all(any(shows(node) for _, node in functions(ast.parse(code))) for code in seen)
    assert not any(shows(node) for _, node in functions(ast.parse("def f(x):\n  '''5 mg'''\n  return x.day")))
