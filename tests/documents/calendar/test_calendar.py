"""The dose calendar as a finished PDF: its bytes, its texts, its pixels."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

import plans.documents
from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import read_pages
from plans.domain.documents.calendar import NothingToShow
from plans.domain.documents.facts import BadFacts, UnprintableText
from plans.domain.taper.schedule import StepKind
from tests.documents.plans import (
    QUARTERS,
    TABLET,
    M,
    N,
    clonazepam,
    facts,
    schedule,
    solid,
)
from tests.present import present


@pytest.fixture(scope="module")
def plain():
    return facts(clonazepam())


@pytest.fixture(scope="module")
def brief(plain):
    """Two steps on one month's page: enough where the plan itself is not what is tested."""
    return replace(plain, schedule=replace(plain.schedule, steps=plain.schedule.steps[:2]))


@pytest.fixture(scope="module")
def pdf(plain):
    return draw(plain)


def texts(pdf, page=None):
    pages = read_pages(pdf)
    chosen = pages if page is None else [pages[page - 1]]
    return [run.text for shown in chosen for run in shown.all_runs()]


def test_the_same_facts_give_the_same_bytes(plain, pdf):
    assert draw(plain) == pdf


@pytest.mark.slow
def test_a_finished_calendar_reads_back_without_a_finding(plain, pdf):
    assert read_back(pdf, plain) == ()


def test_progress_counts_up_to_the_last_page(plain):
    told = []
    draw(plain, lambda done, pages: told.append((done, pages)))
    assert told == [(n, 7) for n in range(1, 8)]


def test_metadata_holds_no_name_and_no_drug(pdf):
    reader = PdfReader(BytesIO(pdf))
    said = " ".join(str(value) for value in (reader.metadata or {}).values())
    assert "Lindqvist" not in said
    assert "lonazepam" not in said
    assert str(reader.root_object["/Lang"]) == "en"


def of_page(place: DictionaryObject, name: str) -> DictionaryObject:
    found = place[name]
    assert isinstance(found, DictionaryObject)
    return found


@pytest.mark.slow
def test_both_faces_are_embedded_under_two_names(pdf):
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]: font.get_object()
        for font in of_page(of_page(PdfReader(BytesIO(pdf)).pages[0], "/Resources"), "/Font").values()
    }
    for name in ("FiraSans-Regular", "FiraSans-Bold"):
        assert "/FontFile2" in fonts[name]["/FontDescriptor"].get_object()


@pytest.mark.slow
def test_a_change_day_is_framed_and_said_in_words(pdf):
    assert texts(pdf, 2).count("NEW DOSE") == 2
    assert "30" in texts(pdf, 2)
    assert "November" in texts(pdf, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"paper": "letter"},
        {"low_ink": True},
        {"week_starts": 6},
        {"paper": "letter", "low_ink": True, "week_starts": 6},
        {"replaces": None},
        {"born_year": None},
        {"follow_up": (date(2026, 12, 15), date(2027, 1, 20))},
        {"made_on": date(2026, 12, 20)},
    ],
    ids=str,
)
def test_every_variant_reads_back_without_a_finding(plain, changes):
    varied = replace(plain, **changes)
    assert read_back(draw(varied), varied) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć",
        "Ελένη Παπαδοπούλου",
        "Жанна Щербакова",
        "Nguyễn Thị Hoà",
        "A <b",
        "<font color='[[[1]]]'>x</font>",
        "O’Neill & <b>Sons",
        "Zˇ".replace("Zˇ", "Z\u030c") + "ofia",
        "Ana\u202e Lopez",
        "x\x00y\x07z",
        "<img src='/etc/passwd'/>",
        "%s%n {0} {facts}",
        "(Tj) ET Q \\)",
        "\u200bAna",
    ],
    ids=ascii,
)
def test_names_of_three_scripts_and_hostile_ones_are_drawn_as_plain_text(brief, name):
    varied = replace(brief, patient_name=name)
    pdf = draw(varied)
    assert read_back(pdf, varied) == ()
    assert "name as on record" not in " ".join(texts(pdf))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["محمد", "שרה", "山田太郎", "தமிழ்", "😀", "q\u0301\u0323", "\ud800", "", "W" * 300], ids=ascii
)
def test_a_name_the_faces_cannot_show_is_never_printed_as_boxes(brief, name):
    varied = replace(brief, patient_name=name)
    pdf = draw(varied)
    assert "name as on record no. 40721" in texts(pdf)
    assert read_back(pdf, varied) == ()


def test_a_clinic_text_the_faces_cannot_show_is_refused_by_field(plain):
    with pytest.raises(UnprintableText) as refused:
        draw(replace(plain, clinic_name="港の診療所"))
    assert refused.value.where == "clinic_name"


def test_a_calendar_made_after_the_last_day_is_refused(plain):
    with pytest.raises(NothingToShow):
        draw(replace(plain, made_on=date(2028, 1, 1)))


@pytest.mark.parametrize(
    "changes", [{"status_url": "https://x.example/" + "a" * 60}, {"paper": "a5"}, {"week_starts": 7}]
)
def test_facts_against_the_contract_are_refused(plain, changes):
    with pytest.raises(BadFacts):
        replace(plain, **changes)


@pytest.mark.slow
def test_a_long_table_moves_to_the_next_page_and_leaves_the_phones_on_page_one(plain):
    start = date(2026, 11, 30)
    steps = [
        (7, StepKind.CUT if n else StepKind.START, [(N, [solid(TABLET, 60 - 2 * n)])]) for n in range(28)
    ]
    varied = replace(plain, schedule=schedule(start, steps, [TABLET]))
    pdf = draw(varied)
    assert read_back(pdf, varied) == ()
    assert "Your plan, step by step: page 2" in texts(pdf, 1)
    assert "01632 960 142" in texts(pdf, 1)


def test_a_quarter_may_break_before_its_number(plain):
    plan = schedule(
        date(2027, 3, 1),
        [(28, StepKind.START, [(M, [solid(QUARTERS, 1)]), (N, [solid(QUARTERS, 3)])])],
        [QUARTERS],
    )
    varied = replace(plain, schedule=plan, made_on=plan.start)
    assert read_back(draw(varied), varied) == ()


@pytest.mark.slow
def test_the_zero_has_no_slash():
    page = pypdfium2.PdfDocument(draw(replace(facts(clonazepam()), clinic_phone="0"))).get_page(0)
    run = next(
        run
        for run in read_pages(draw(replace(facts(clonazepam()), clinic_phone="0")))[0].runs
        if run.text == "0"
    )
    image = page.render(scale=8).to_pil().convert("L")
    middle = (round((run.x + run.size * 0.28) * 8), round((841.9 - run.y - run.size * 0.345) * 8))
    assert image.getpixel(middle) > 200


@pytest.mark.slow
def test_no_cell_writes_over_its_edge(pdf):
    for shown in read_pages(pdf)[1:]:
        for form in shown.forms:
            for run in form.runs:
                assert form.box.holds(run.x, run.y)


@pytest.mark.slow
def test_black_and_white_alone_tell_a_hold(pdf):
    page = read_pages(pdf)[2]
    assert sum(run.text == "HOLD same dose" for run in page.all_runs()) == 14


@pytest.mark.slow
def test_documents_never_parse_markup():
    folder = Path(plans.documents.__file__).parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert "platypus" not in (node.module or ""), file.name
                assert not {"Paragraph", "Table"} & {alias.name for alias in node.names}, file.name


def test_four_times_a_day_have_a_column_each_and_their_tablets_on_the_same_page():
    from tests.documents.pictures import four_times

    given = four_times()
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    march = read_pages(pdf)[1]
    heads = [run.text for run in sorted(march.runs, key=lambda run: run.x) if run.bold and run.size == 11]
    assert heads == ["Morning", "Midday", "Evening", "Night"]
    (first, *_) = [form for form in march.forms if any(run.text == "START" for run in form.runs)]
    assert sorted(first.signs) == [("disc", 1), ("disc", 1), ("disc", 2), ("disc", 2), ("disc", 4)]
    assert "a quarter of a 0.5 mg tablet" in texts(pdf, 2)
    assert any(text.startswith("Take the solid part. Halve one tablet") for text in texts(pdf, 2))


@pytest.mark.slow
def test_large_print_is_never_under_sixteen_points_but_for_the_version(plain):
    given = replace(plain, large=True)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    days = read_pages(pdf)[3:]
    version = ("Version", "Replaces", "check this is current")
    small = {run.text for page in days for run in page.all_runs() if run.size < 15.9}
    assert {text for text in small if not text.startswith(version)} == set()


@pytest.mark.slow
def test_low_ink_needs_less_ink_on_every_page(plain):
    def ink(pdf, page):
        image = pypdfium2.PdfDocument(pdf).get_page(page).render(scale=1).to_pil().convert("L")
        return 255 * image.width * image.height - sum(image.tobytes())

    low, ordinary = draw(replace(plain, low_ink=True)), draw(plain)
    assert all(ink(low, page) < ink(ordinary, page) for page in range(3))
    assert ink(low, 2) < 0.95 * ink(ordinary, 2)


def test_a_volume_off_every_mark_stands_in_words_without_a_syringe():
    from plans.domain.amounts import Volume
    from plans.domain.syringes import syringe_for

    assert syringe_for(Volume(3_850)) is None
    assert present(syringe_for(Volume(3_800))).holds == Volume(5_000)
    assert present(syringe_for(Volume(370))).holds == Volume(1_000)


def test_a_code_holds_the_address_and_every_module_is_wide_enough_to_scan():
    from plans.documents.engine import qr

    rows = qr.modules("https://taperplan.example/s/" + "a" * 32)
    assert len(rows) == 33
    assert 58 / (len(rows) + 2 * qr.QUIET) >= 1.4


@pytest.mark.slow
def test_hostile_words_of_a_clinic_are_drawn_as_they_stand(brief):
    hostile = "<b>A & B</b> (Tj) ET \\) <img src='/etc/passwd'/>"
    varied = replace(brief, clinic_name="A & <b>B</b>", clinician=hostile, after_last_day=hostile)
    pdf = draw(varied)
    assert read_back(pdf, varied) == ()
    assert any(hostile in text for text in texts(pdf))


def test_the_pages_hold_no_script_link_or_file(pdf):
    reader = PdfReader(BytesIO(pdf))
    assert not {"/OpenAction", "/AA", "/AcroForm", "/Names"} & set(reader.root_object)
    assert not any("/Annots" in page for page in reader.pages)
