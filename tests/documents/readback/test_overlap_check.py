"""No text stands on another, outside the page or outside what clips it: found in the finished PDF, whoever drew it."""

from __future__ import annotations

from io import BytesIO

from plans.documents.engine.canvas import PdfCanvas
from plans.documents.engine.fonts import BOLD, REGULAR, register
from plans.documents.readback.checks import check_room
from plans.documents.readback.pdf import read_pages


def found(draw):
    """The findings for a page of 300 by 200 points."""
    register()
    buffer = BytesIO()
    canvas = PdfCanvas(buffer, pagesize=(300, 200), invariant=1)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return [(finding.code, finding.facts["text"]) for finding in check_room(read_pages(buffer.getvalue()))]


def test_texts_beside_and_under_each_other_are_no_finding():
    def draw(canvas):
        canvas.show(20, 100, "0.5 mg", BOLD, 12)
        canvas.show(70, 100, "tablets", REGULAR, 12)
        canvas.show(20, 87, "two tablets", REGULAR, 12)

    assert found(draw) == []


def test_a_text_that_runs_into_the_next_is_caught():
    def draw(canvas):
        canvas.show(20, 100, "hasta el 13 de diciembre de 2026", REGULAR, 9.3)
        canvas.show(120, 100, "dos tabletas", REGULAR, 9.3)

    assert found(draw) == [("overlap", "hasta el 13 de diciembre de 2026 / dos tabletas")]


def test_lines_set_too_close_are_caught():
    def draw(canvas):
        canvas.show(20, 100, "0.5 mg", BOLD, 12)
        canvas.show(20, 95, "0.25 mg", BOLD, 12)

    assert found(draw) == [("overlap", "0.25 mg / 0.5 mg")]


def test_a_text_that_leaves_the_page_at_the_right_is_caught():
    assert found(lambda canvas: canvas.show(280, 100, "0.125 mg", BOLD, 12)) == [("off_page", "0.125 mg")]


def test_a_text_that_its_form_cuts_off_is_caught():
    def draw(canvas):
        with canvas.form("cell", 40, 30):
            canvas.show(4, 10, "0.125 mg", BOLD, 12)
        canvas.place("cell", 20, 100)

    assert found(draw) == [("clipped", "0.125 mg")]


def test_texts_of_two_forms_may_not_meet_either():
    def draw(canvas):
        with canvas.form("one", 60, 30):
            canvas.show(4, 10, "0.125 mg", BOLD, 12)
        canvas.place("one", 20, 100)
        canvas.place("one", 30, 102)

    assert found(draw) == [("overlap", "0.125 mg / 0.125 mg")]
