"""Importing a caseload in a real browser: a file is chosen, looked at, and made in parts without a press in between."""

from __future__ import annotations

from typing import Any

import pytest

from plans.models import Patient
from plans.services.imports import making
from tests.makers import ClinicMade
from tests.services.test_imports import line, text_of
from tests.web.browsing import expect, follow, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_file_is_read_mapped_and_imported_in_parts_by_itself(
    page: Any, clinic: ClinicMade, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(making, "BATCH", 3)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, clinic.lead)
    follow(page, page.get_by_role("link", name="Import a caseload").first)
    assert violations(page) == []
    text = text_of(*(line(n) for n in range(8)), line(8, born="03/04/1979", months="two years"))
    page.set_input_files(
        "input[type=file]",
        {"name": "caseload.csv", "mimeType": "text/csv", "buffer": text.replace("name", "who", 1).encode()},
    )
    follow(page, page.get_by_role("button", name="Read the file"))
    assert violations(page) == []
    page.get_by_label("who", exact=True).select_option("name")
    follow(page, page.get_by_role("button", name="Check the file with these columns"))
    expect(page.locator("dl.figures")).to_contain_text("8")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    follow(page, page.get_by_role("button", name="Import the 8 patients without problems"))
    expect(page.locator("#run")).to_contain_text("8 of 8 patients are made.")
    assert violations(page) == []
    assert Patient.objects.count() == 8
    follow(page, page.get_by_role("link", name="Look at the drafts"))
    expect(page.locator("table")).to_contain_text("Quill Testcase7")
