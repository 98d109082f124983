"""Reading back finds every kind of damage."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from plans.documents.kinds import draw, read_back
from plans.domain.documents.facts import DoesNotFit
from plans.domain.taper.schedule import StepKind
from tests.documents.plans import (
    DIAZEPAM,
    ODT,
    QUARTERS,
    SOLUTION,
    TABLET,
    M,
    N,
    assert_sound,
    clonazepam,
    facts,
    measured,
    schedule,
    solid,
)


@pytest.fixture(scope="module")
def plain():
    return facts(clonazepam())


@pytest.fixture(scope="module")
def pdf(plain):
    return draw(plain)


def codes(pdf, given):
    return {finding.code for finding in read_back(pdf, given)}


def rewritten(pdf, change):
    """The PDF with its pages changed by `change(writer)`."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def without_page(number):
    return lambda writer: writer.remove_page(number)


def page_twice(number):
    return lambda writer: writer.add_page(writer.pages[number])


def swapped(writer):
    pages = writer.root_object["/Pages"].get_object()["/Kids"]
    pages[1], pages[2] = pages[2], pages[1]


def redrawn(old, new):
    """Replace the first drawing operators `old` in the forms a page places."""

    def change(writer):
        for item in writer.pages[2]["/Resources"]["/XObject"].values():
            stream = item.get_object()
            data = stream.get_data()
            if old in data and b"Tj" in data:
                stream.pop("/Filter", None)
                stream.decoded_self = None
                stream._data = data.replace(old, new, 1)
                return
        raise AssertionError(f"no operators {old!r}")

    return change


def reworded(old, new, page=1, *, form=False):
    """Replace the first text `old` of a page, or of the forms it places."""

    def change(writer):
        holder = writer.pages[page]
        forms = holder["/Resources"].get("/XObject", {})
        streams = (
            [item.get_object() for item in forms.values()] if form else [holder["/Contents"].get_object()]
        )
        for stream in streams:
            data = stream.get_data()
            if f"({old}) Tj".encode() in data:
                stream.pop("/Filter", None)
                stream.decoded_self = None
                stream._data = data.replace(f"({old}) Tj".encode(), f"({new}) Tj".encode(), 1)
                return
        raise AssertionError(f"no text {old!r}")

    return change


def moved(text, dx, dy, page=0):
    """Move the first text `text` of a page by so many points."""

    def change(writer):
        stream = writer.pages[page]["/Contents"].get_object()
        found = re.search(
            rb"1 0 0 1 (\S+) (\S+) Tm( \S+ \S+ Tf)? \(" + text.encode() + rb"\) Tj", stream.get_data()
        )
        assert found, f"no text {text!r}"
        place = f"1 0 0 1 {float(found[1]) + dx:g} {float(found[2]) + dy:g} Tm".encode()
        data = stream.get_data()
        stream.pop("/Filter", None)
        stream.decoded_self = None
        stream._data = (
            data[: found.start()]
            + found[0].replace(b"1 0 0 1 %b %b Tm" % (found[1], found[2]), place)
            + data[found.end() :]
        )

    return change


DAMAGES = (
        (without_page(3), "date_missing"),
        (without_page(0), "missing_on_page_one"),
        (page_twice(2), "date_twice"),
        (swapped, "page_number"),
        (reworded("15", "16"), "date_missing"),
        (reworded("15", "51"), "unreadable_date"),
        (reworded("December 2026", "December 2027"), "unreadable_date"),
        (reworded("December 2026", "October 2026"), "date_not_in_plan"),
        (reworded("November", "October"), "date_not_in_plan"),
        (reworded("Monday", "Sunday"), "weekday"),
        (reworded("Marta Lindqvist", "Martin Lind"), "patient_name"),
        (reworded("Page 2 of 7", "Page 2 of 8"), "page_number"),
        (reworded("0.5 mg", "5 mg", form=True), "dose"),
        (reworded("0.5 mg", "50 mg", form=True), "dose"),
        (reworded("0.5 mg", ".5 mg", form=True), "no_leading_zero"),
        (reworded("1 mg", "1.0 mg", form=True), "trailing_zero"),
        (reworded("0.5 mg", "0.5mg", form=True), "no_space_before_unit"),
        (reworded("one 0.5 mg tablet", "two 0.5 mg tablets", form=True), "pieces"),
        (reworded("one 0.5 mg tablet", "one 0.125 mg ODT", form=True), "pieces"),
        (reworded("one 0.5 mg tablet", "1/2 0.5 mg tablet", form=True), "fraction"),
        (reworded("one 0.5 mg tablet", "", form=True), "pieces"),
        (reworded("Morning", "Evening", form=True), "times_of_day"),
        (reworded("Night", "Noon", form=True), "unknown_text"),
        (reworded("NEW DOSE", "HOLD", form=True), "mark"),
        (reworded("0.375 mg", "0.3 mg", page=0), "step_row"),
        (reworded("START", "NEW DOSE", form=True), "mark"),
        (reworded("Version 2, made 30 November 2026", "Version 1, made 2 November 2026", form=True), "version"),
        (reworded("Replaces version 1. Do not use version 1.", "", form=True), "replaces"),
        (reworded("Monday 14 December 2026", "Monday 7 December 2026", page=0), "step_row"),
        (reworded("116 123", "116 132", page=0), "missing_on_page_one"),
        (reworded("Dangerous together", "Good together", page=0), "missing_on_page_one"),
        (reworded("01632 960 142", "01632 960 124", page=0), "missing_on_page_one"),
        (reworded("Emergency: call 999", "Emergency: call 99", page=0), "missing_on_page_one"),
        (reworded("NEW DOSE", "", form=True), "mark"),
        (reworded("two 0.5 mg tablets", "one 0.5 mg tablet", form=True), "pieces"),
        (reworded("Night", "Morning", form=True), "times_of_day"),
        (reworded("1 mg", "10 mg", form=True), "dose"),
        (reworded("1 mg", "1 mL", form=True), "dose"),
        (without_page(1), "date_missing"),
        (without_page(2), "page_number"),
        (without_page(6), "after_last_day_missing"),
        (page_twice(0), "page_number"),
        (page_twice(6), "date_twice"),
        (reworded("17", "7"), "date_twice"),
        (reworded("31", "32"), "unreadable_date"),
        (reworded("Page 3 of 7", "Page 3 of 7 ", page=2), "page_number"),
        (reworded("Marta Lindqvist", "", page=0), "patient_name"),
        (redrawn(b"re W* n", b"re n"), "signs"),
        (redrawn(b"f* Q", b"n Q"), "signs"),
        (reworded("one 0.5 mg tablet", "mg tablet", form=True), "unit_parted"),
        (moved("13 December", 0, -17), "overlap"),
        (moved("13 December", 0, -9), "step_row"),
        (reworded("27 December", "17 December", page=0), "step_row"),
        (moved("13 December", 500, 0), "off_page"),
        (moved("If you miss a dose", 0, 900), "off_page"),
        (reworded("two 0.5 mg tablets", "two 0.5 mg tablets and a word that is cut off", form=True), "clipped"),
        (reworded("Morning", "Morning or later that day, if you like", form=True), "clipped"),
        (reworded("half a 0.5 mg tablet", "half a 0.5 mg ODT", form=True), "unknown_text"),
)  # fmt: skip


def test_more_than_fifty_kinds_of_damage_are_tried():
    assert len(DAMAGES) > 50


# Reading back takes a fifth of a second: every eighth kind of damage at each run, all of them in the slow part.
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(*case, marks=() if n % 8 == 0 else pytest.mark.slow, id=f"{n}-{case[1]}")
        for n, case in enumerate(DAMAGES)
    ],
)
def test_a_damaged_calendar_is_caught(plain, pdf, damage, code):
    assert code in codes(rewritten(pdf, damage), plain)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.4", b"not a pdf", b"\x00" * 400], ids=["empty", "header", "text", "zeros"]
)
def test_what_is_no_pdf_is_unreadable_and_no_error(plain, data):
    assert codes(data, plain) == {"unreadable"}


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.2, 0.95])
def test_a_cut_off_file_is_caught(plain, pdf, share):
    assert codes(pdf[: int(len(pdf) * share)], plain)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 3}, "version"),
        ({"made_on": date(2026, 11, 29)}, "version"),
        ({"replaces": 7}, "replaces"),
        ({"patient_name": "Another Person"}, "patient_name"),
        ({"status_url": "https://taperplan.example/s/other"}, "status_code"),
        ({"schedule": clonazepam(date(2026, 12, 1))}, "date_not_in_plan"),
        ({"after_last_day": "No clonazepam from 31 May 2027 on."}, "after_last_day_missing"),
        ({"clinic_phone": "1"}, None),
    ],
)
def test_a_calendar_of_other_facts_is_caught(plain, pdf, changes, code):
    if code is not None:
        assert code in codes(pdf, replace(plain, **changes))


@pytest.mark.slow
def test_a_hold_in_the_schedule_that_is_not_on_paper_is_caught(plain, pdf):
    steps = list(plain.schedule.steps)
    steps[3] = replace(steps[3], kind=StepKind.CUT)
    assert "mark" in codes(pdf, replace(plain, schedule=replace(plain.schedule, steps=tuple(steps))))


@pytest.mark.slow
def test_a_crossover_tells_its_drugs_apart(plain):
    steps = [
        (7, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
        (7, StepKind.CROSSOVER, [(M, [solid(DIAZEPAM, 20)]), (N, [solid(TABLET, 4)])]),
        (7, StepKind.CROSSOVER, [(M, [solid(DIAZEPAM, 20)]), (N, [solid(DIAZEPAM, 20)])]),
    ]
    given_facts = replace(
        plain, schedule=schedule(date(2027, 1, 4), steps, [TABLET, DIAZEPAM]), made_on=date(2027, 1, 4)
    )
    assert_sound(given_facts)


def test_a_liquid_reads_back_as_volume_and_milligrams(plain):
    steps = [
        (14, StepKind.START, [(M, [measured(3800)]), (N, [measured(4000)])]),
        (14, StepKind.CUT, [(M, [measured(3600)]), (N, [measured(4000)])]),
    ]
    given_facts = replace(
        plain, schedule=schedule(date(2027, 1, 4), steps, [SOLUTION]), made_on=date(2027, 1, 4)
    )
    assert_sound(given_facts)


def test_a_name_longer_than_a_page_is_refused_and_never_clipped(plain):
    wide = "a very long drug name that nobody has room for on any page of any size at all, " * 4
    product = replace(ODT, drug=wide)
    plan = schedule(date(2027, 1, 4), [(7, StepKind.START, [(N, [solid(product, 4)])])], [product])
    with pytest.raises(DoesNotFit):
        draw(replace(plain, schedule=plan, made_on=plan.start))


def test_quarters_and_their_words_agree(plain):
    steps = [(7, StepKind.START, [(M, [solid(QUARTERS, q)]) for q in (n,)]) for n in (1, 2, 3, 5, 6, 7, 9)]
    steps = [(days, StepKind.CUT if n else kind, regimen) for n, (days, kind, regimen) in enumerate(steps)]
    given_facts = replace(
        plain, schedule=schedule(date(2027, 1, 4), steps, [QUARTERS]), made_on=date(2027, 1, 4)
    )
    assert_sound(given_facts)
