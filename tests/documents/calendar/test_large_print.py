"""Pharmacy sheet and visit summary in large print, and what they say in either size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import read_pages
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from plans.wording.visit_summary import sections
from tests.documents.pictures import VISIT
from tests.documents.plans import (
    DIAZEPAM,
    LONG,
    TABLET,
    M,
    N,
    clonazepam,
    facts,
    many_doses,
    of_kind,
    schedule,
    solid,
)

LOOKS = [
    {"paper": paper, "language": language, "words": calendar_words(language), "low_ink": low_ink}
    for paper, language, low_ink in product(("a4", "letter"), ("en", "es"), (False, True))
]
OLD = schedule(
    date(2026, 11, 30),
    [(28, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])])],
    [TABLET],
)


def named(look):
    return f"{look['paper']}-{look['language']}-{look['low_ink']}"


def dressed(kind, given):
    told = sections(given.schedule, VISIT, given.words) if kind == "summary" else ()
    return replace(given, sections=told, summary_of=VISIT.day)


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=named)
@pytest.mark.parametrize("plan", [clonazepam, many_doses])
@pytest.mark.parametrize("kind", ["pharmacy", "summary"])
def test_sheet_and_summary_in_large_print_read_back_and_are_never_under_fourteen_points(kind, plan, look):
    made = plan()
    given = dressed(kind, facts(made, large=True, previous=OLD, previous_made_on=OLD.start, **look))
    for person in ({}, LONG):
        one = replace(given, **person)
        pdf = draw(of_kind(one, kind))
        assert read_back(pdf, of_kind(one, kind)) == ()
        pages = read_pages(pdf)
        foot = {run.text for page in pages for run in page.all_runs() if run.y < 125}
        body = [run for page in pages for run in page.all_runs() if run.y >= 125 and run.text not in foot]
        # A long name of a person or a clinic may be smaller; nothing that is done by is.
        small = {run.text for run in body if run.size < 14}
        assert all(any(text in clean for clean in person.values()) for text in small)
        assert max(run.size for run in body if not run.bold) >= (16 if plan is many_doses else 18)


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_what_changed_from_one_drug_to_two_names_each(large):
    steps = [(28, StepKind.START, [(M, [solid(DIAZEPAM, 10)]), (N, [solid(TABLET, 4)])])]
    given = facts(schedule(OLD.start, steps, [TABLET, DIAZEPAM]), previous=OLD, large=large)
    pdf = draw(of_kind(given, "pharmacy"))
    assert read_back(pdf, of_kind(given, "pharmacy")) == ()
    said = " ".join(run.text for page in read_pages(pdf) for run in page.runs)
    assert "morning clonazepam 0.5 mg; morning diazepam no dose" in said.replace("  ", " ")


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_a_sheet_that_tells_changes_from_another_version_is_caught(large):
    given = facts(clonazepam(), previous=OLD, previous_made_on=OLD.start, large=large)
    other = replace(OLD, steps=(replace(OLD.steps[0], doses=OLD.steps[0].doses[:1]),))
    pdf = draw(of_kind(replace(given, previous=other), "pharmacy"))
    assert "changes" in {finding.code for finding in read_back(pdf, of_kind(given, "pharmacy"))}
    pdf = draw(of_kind(replace(given, previous_made_on=OLD.start - timedelta(days=1)), "pharmacy"))
    assert "changes" in {finding.code for finding in read_back(pdf, of_kind(given, "pharmacy"))}


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize(
    ("kept", "code"),
    [("dose", "direction"), ("days", "step_units"), ("fill", "fills"), ("version", "version")],
)
def test_a_sheet_of_another_plan_is_caught_in_either_print(large, kept, code):
    given = facts(clonazepam(), large=large)
    first = given.schedule.steps[0]
    other = {
        "dose": {"schedule": changed(given.schedule, replace(first, doses=first.doses[:1]))},
        "days": {"schedule": changed(given.schedule, replace(first, doses=first.doses[1:]))},
        "fill": {"fill_days": 14},
        "version": {"version": 3},
    }[kept]
    pdf = draw(of_kind(replace(given, **other), "pharmacy"))
    assert code in {finding.code for finding in read_back(pdf, of_kind(given, "pharmacy"))}


def changed(plan, first):
    return replace(plan, steps=(first, *plan.steps[1:]))


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_a_summary_says_its_day_and_another_day_is_caught(large, language):
    words = calendar_words(language)
    given = dressed("summary", facts(clonazepam(), large=large, words=words, language=language))
    pdf = draw(of_kind(given, "summary"))
    assert read_back(pdf, of_kind(given, "summary")) == ()
    wrong = replace(given, summary_of=VISIT.day + timedelta(days=1))
    pages = {
        finding.page for finding in read_back(pdf, of_kind(wrong, "summary")) if finding.code == "summary_day"
    }
    assert pages == set(range(1, len(read_pages(pdf)) + 1))
