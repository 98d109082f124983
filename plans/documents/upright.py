"""Head and foot of the upright pages: whose plan it is, and the version with its code."""

from __future__ import annotations

from plans.documents import qr
from plans.documents.fonts import BOLD, width
from plans.documents.footer import stamp_page, version_lines
from plans.documents.pen import Pen
from plans.documents.sheet import Sheet, one_line
from plans.documents.styles import PAGE_MARGIN

HEAD_FOOT = 76.0
FOOT_HIGH = 58.0


def draw_version(pen: Pen, sheet: Sheet, right: float, y: float, page: int, pages: int) -> None:
    """Scan, version, page and code at the right of an upright page's foot."""
    text_right = right - FOOT_HIGH - 3
    pen.text(text_right, y + 9, sheet.words.say("scan"), 9.5, bold=True, align="right")
    for n, line in enumerate(version_lines(sheet)):
        pen.text(text_right, y + 22.5 + n * 13.2, line, 9, align="right")
    stamp_page(pen, sheet, text_right, y + 51, page, pages)
    qr.draw(pen, right - FOOT_HIGH, y, FOOT_HIGH, sheet.facts.status_url)


def draw_head(pen: Pen, sheet: Sheet, title: str = "") -> None:
    """Drug, patient and one line under them: whose plan it is, or a page's own title."""
    wide = sheet.short - 2 * PAGE_MARGIN
    left, right = PAGE_MARGIN, sheet.short - PAGE_MARGIN
    size = one_line(pen, left, 49, sheet.drug_title, (32, 28, 24, 20, 16), wide * 0.62, "drug", bold=True)
    room = wide - width(sheet.drug_title, BOLD, size) - 14
    name, size = sheet.name_in(room, (17, 15, 13, 11, 10))
    pen.text(right, 46, name, size, bold=True, align="right")
    born = pen.text(right, 62, sheet.second_fact, 10.5, align="right")
    line = title or sheet.words.say("plan_agreed", clinician=sheet.clinician)
    one_line(pen, left, 68, line, (11, 10, 9, 8, 7.5), wide - born - 10, "clinician", bold=bool(title))
    pen.rule(left, HEAD_FOOT, right, HEAD_FOOT, 1.2)
