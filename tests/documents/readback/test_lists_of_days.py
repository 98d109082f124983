"""A wrong word, number or sign anywhere on a list of days or in the strip under it is found before it is offered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from plans.documents.kinds import draw, read_back
from plans.domain.taper.schedule import StepKind
from tests.documents.plans import (
    DIAZEPAM,
    MID,
    ODT,
    QUARTERS,
    AllFacts,
    E,
    M,
    N,
    facts,
    of_kind,
    schedule,
    solid,
)

# What any other text becomes; a dose becomes ten times as much, a count the next one.
OTHERWISE = {
    "Morning": "Evening", "Midday": "Morning", "Evening": "Night", "Night": "Midday",
    "NEW DOSE": "SWITCH", "SWITCH": "NEW DOSE", "START": "LAST DAY", "LAST DAY": "START",
    "no dose": "0.5 mg", "clonazepam": "diazepam", "diazepam": "clonazepam", "five": "four",
}  # fmt: skip


def tablets() -> AllFacts:
    """Ten days, four times a day, of three products and every part of a tablet."""
    start = [(M, [solid(QUARTERS, 4)]), (MID, [solid(QUARTERS, 1)]), (E, [solid(QUARTERS, 3)])]
    steps = [
        (5, StepKind.START, [*start, (N, [solid(QUARTERS, 6), solid(ODT, 20)])]),
        (5, StepKind.CUT, [*start[:1], (N, [solid(QUARTERS, 2), solid(ODT, 4)])]),
    ]
    return facts(schedule(date(2027, 1, 4), steps, [QUARTERS, ODT]))


def handed_over() -> AllFacts:
    """Eight days in which three doses of a tablet are handed over to another drug."""
    before = [(time, [solid(QUARTERS, 2)]) for time in (M, MID, N)]
    after = [(M, [solid(DIAZEPAM, 20)]), (MID, [solid(QUARTERS, 2)]), (N, [solid(DIAZEPAM, 8)])]
    steps = [(4, StepKind.START, before), (4, StepKind.CROSSOVER, after)]
    return facts(schedule(date(2027, 1, 4), steps, [QUARTERS, DIAZEPAM]))


def _other(text: str) -> str:
    """Something else that a reader would take for good."""
    if text in OTHERWISE:
        return OTHERWISE[text]
    if " on " in text:
        return text.replace("January", "March")
    if found := re.fullmatch(r"([0-9.]+) (mg|mL)", text):
        return f"{float(found[1]) * 10:g} {found[2]}"
    if re.fullmatch(r"[0-9]{1,2}", text):
        return str(int(text) + 1)
    return text.replace("one ", "two ").replace("half ", "a quarter of ") if "mg" in text else text[::-1]


def _streams(writer: PdfWriter) -> Iterator[Any]:
    """The page of days and the forms on it, without the foot."""
    page: Any = writer.pages[1]
    yield page["/Contents"].get_object()
    for item in page["/Resources"]["/XObject"].values():
        form = item.get_object()
        if b"Version" not in form.get_data():
            yield form


def _changed(pdf: bytes, number: int, old: bytes, new: bytes, at: int) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    stream = list(_streams(writer))[number]
    data = stream.get_data()
    stream.pop("/Filter", None)
    stream.decoded_self = None
    stream._data = data[:at] + new + data[at + len(old) :]
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def damages(pdf: bytes) -> list[tuple[str, bytes]]:
    """Every text changed once, and every sign left out or made whole, one at a time."""
    found: list[tuple[str, bytes]] = []
    for number, stream in enumerate(_streams(PdfWriter(clone_from=PdfReader(BytesIO(pdf))))):
        data = stream.get_data()
        for match in re.finditer(rb"\(((?:[^()\\]|\\.)+)\) Tj", data):
            old = match[1].decode("latin-1")
            new = _other(old)
            if new != old and "\\" not in old:
                damaged = _changed(pdf, number, match[1], new.encode("latin-1"), match.start(1))
                found.append((f"{old} -> {new}", damaged))
        for match in re.finditer(rb"re W\* n|f\* Q|f\* S", data):
            new_operator = b"re n" if b"W" in match[0] else b"n" + match[0][2:]
            found.append((f"sign {match[0]!r}", _changed(pdf, number, match[0], new_operator, match.start())))
    return found


def test_other_words_under_a_list_and_another_sign_in_it_are_found() -> None:
    one = of_kind(tablets(), "calendar")
    pdf = draw(one)
    tried = damages(pdf)
    (other, *_) = [damaged for what, damaged in tried if what == "one 0.5 mg tablet -> two 0.5 mg tablet"]
    assert "recipe" in {defect.code for defect in read_back(other, one)}
    signs = [damaged for what, damaged in tried if what.startswith("sign")]
    assert any("pieces" in {defect.code for defect in read_back(damaged, one)} for damaged in signs)


@pytest.mark.slow
@pytest.mark.parametrize("plan", [tablets, handed_over])
def test_every_text_and_sign_of_a_list_of_days_is_read_back(plan: Callable[[], AllFacts]) -> None:
    one = of_kind(plan(), "calendar")
    pdf = draw(one)
    assert read_back(pdf, one) == ()
    tried = damages(pdf)
    assert len(tried) > 50
    # The heading of the strip says nothing that could be wrong.
    tried = [(what, damaged) for what, damaged in tried if not what.startswith("How to make")]
    missed = [what for what, damaged in tried if not read_back(damaged, one)]
    assert not missed, "; ".join(missed)
