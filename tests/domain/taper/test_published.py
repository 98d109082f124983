"""Published schedules: each file's request makes what it says is printed, and differs only where the file says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from plans.domain.amounts import Dose, total
from plans.domain.errors import TaperError
from plans.domain.taper import published_names
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.engine import build
from plans.domain.taper.methods.typed import TypedRow
from plans.domain.taper.products import QUARTERS
from plans.domain.taper.published import files
from plans.domain.taper.published.files import (
    DifferenceKind,
    PublishedSchedule,
    SourceKind,
    check_rows,
    followed,
    read_published,
)
from plans.domain.taper.published.following import steps_followed
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Step, TimeOfDay
from plans.management import published_document
from plans.wording.published import SOURCE_KINDS, published_words
from tests.domain.taper.asking import STORY, asked

ALL = list(published_names.names())


@pytest.fixture(params=ALL)
def schedule(request: pytest.FixtureRequest) -> PublishedSchedule:
    return files.schedule(request.param)


def request_of(schedule: PublishedSchedule) -> TaperRequest:
    return TaperRequest.from_json(schedule.request_from({"start": "2026-11-30"}))


def by_drug(doses: Iterable[tuple[TimeOfDay, str, Dose]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, drug, dose in doses:
        found[drug] = found.get(drug, 0) + dose.units
    return found


def differences(row: TypedRow, step: Step | None) -> Iterator[DifferenceKind]:
    """In what a step differs from a printed row; a step that is missing differs in its total."""
    if step is None:
        yield DifferenceKind.TOTAL
        return
    made = [(dose.time, dose.drug, dose.dose) for dose in step.doses]
    if row.total is not None:
        if total(dose for _, _, dose in made) != row.total:
            yield DifferenceKind.TOTAL
    elif by_drug(row.doses) != by_drug(made):
        yield DifferenceKind.TOTAL
    elif set(row.doses) != set(made):
        yield DifferenceKind.TIMES
    if made and step.days != row.days:
        yield DifferenceKind.DAYS


def test_each_request_makes_its_transcription_and_differs_only_where_the_file_says(
    schedule: PublishedSchedule,
) -> None:
    steps = build(request_of(schedule)).schedule.steps[1:]
    until = min((one.step for one in schedule.differs if one.what is DifferenceKind.ONWARD), default=None)
    found = {
        (n, what)
        for n, row in enumerate(schedule.printed[: until and until - 1], start=1)
        for what in differences(row, steps[n - 1] if n <= len(steps) else None)
    }
    assert found == {
        (one.step, one.what) for one in schedule.differs if one.what is not DifferenceKind.ONWARD
    }
    if until is not None:
        assert list(differences(schedule.printed[until - 1], steps[until - 1]))
    elif not schedule.goes_on:
        assert len(steps) == len(schedule.printed)


def test_the_tablets_are_those_that_are_printed() -> None:
    printed = 0
    for name in ALL:
        schedule = files.schedule(name)
        steps = build(request_of(schedule)).schedule.steps
        for one in schedule.taken:
            printed += 1
            takes = [take for dose in steps[one.step].doses for take in dose.take]
            assert one.take in [f"{Decimal(take.quarters) / QUARTERS} {take.product.name}" for take in takes]
    assert printed


def test_what_the_count_in_the_documents_rests_on() -> None:
    schedules = files.schedules()
    assert [one.gathered for one in schedules].count(1) == 20
    assert [one.gathered for one in schedules].count(2) >= 20
    assert all(one.mark is SourceMark.UNVERIFIED for one in schedules if "from memory" in one.source)
    assert all(one.kind is SourceKind.ARTICLE for one in schedules if "droracle.ai" in one.source[:12])
    assert set(SOURCE_KINDS) == set(SourceKind)
    assert published_words(files.schedule("scotland_lorazepam_2")) == (
        "NHS Scotland: lorazepam 1 mg twice a day to diazepam, then by 1 mg, daytime first "
        "(guideline, GB; read in the source)"
    )


def test_the_document_counts_every_file() -> None:
    text = published_document.document()
    assert all(f"| `{name}` |" in text for name in ALL)
    assert re.search(r"Of the 24 .* 20 ", text)


def test_a_request_keeps_the_name_of_the_schedule_it_follows() -> None:
    request = request_of(files.schedule("bnf_diazepam_40_eighths"))
    assert request.to_json()["published"] == "bnf_diazepam_40_eighths"
    assert TaperRequest.from_json(request.to_json()) == request
    assert followed(request) is files.schedule("bnf_diazepam_40_eighths")
    assert "published" not in asked().to_json()


def test_another_dose_at_the_start_still_follows_it_and_another_method_does_not() -> None:
    given = files.schedule("bnf_diazepam_40_eighths").request_from(
        {"start": "2026-11-30", "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "16"}]}
    )
    assert followed(TaperRequest.from_json(given)) is not None
    assert followed(TaperRequest.from_json({**given, "method": STORY["method"]})) is None
    assert followed(asked()) is None


def test_each_schedule_is_followed_by_the_plan_made_of_it(schedule: PublishedSchedule) -> None:
    assert steps_followed(build(request_of(schedule))) is schedule


def of(name: str, drug: str, dose_mg: str, **more: object) -> TaperRequest:
    regimen = [{"time": "night", "drug": drug, "dose_mg": dose_mg}]
    given = files.schedule(name).request_from({"start": "2026-11-30", "regimen": regimen, **more})
    return TaperRequest.from_json(given)


@pytest.mark.parametrize(
    "name",
    [
        "xanax_label_alprazolam_3",
        "klonopin_label_clonazepam_1",
        "pat_horenczyk_1998_zopiclone",
        "zolpidem_10_by_halves_of_5",
        "temazepam_10_by_quarters",
    ],
)
def test_no_plan_of_another_drug_follows_a_schedule(name: str) -> None:
    assert followed(of(name, "diazepam", "20")) is None


def test_a_plan_of_a_second_drug_beside_it_does_not_follow_a_schedule() -> None:
    both = [
        {"time": "night", "drug": "diazepam", "dose_mg": "40"},
        {"time": "night", "drug": "temazepam", "dose_mg": "10"},
    ]
    given = files.schedule("bnf_diazepam_40_eighths").request_from({"start": "2026-11-30", "regimen": both})
    assert followed(TaperRequest.from_json(given)) is None


def test_a_schedule_for_any_drug_is_followed_by_each() -> None:
    request = of("bcfi_diazepam_20_tenths", "lorazepam", "2")
    assert steps_followed(build(request)) is files.schedule("bcfi_diazepam_20_tenths")


def test_rows_in_mg_are_followed_from_the_dose_they_begin_at_alone() -> None:
    assert followed(of("diazepam_15_six_months", "diazepam", "15")) is not None
    assert followed(of("diazepam_15_six_months", "diazepam", "30")) is None


def test_rows_in_mg_of_another_drugs_schedule_are_refused_with_its_drug() -> None:
    with pytest.raises(TaperError) as refusal:
        check_rows(of("clonazepam_3_twelve_weeks", "diazepam", "12"))
    assert (refusal.value.code, refusal.value.facts) == (
        "schedule_of_other_drug",
        {"drug": "clonazepam", "drugs": ["diazepam"]},
    )
    check_rows(of("clonazepam_3_twelve_weeks", "clonazepam", "3"))


def test_steps_that_coarse_tablets_make_larger_are_not_those_of_the_schedule() -> None:
    coarse = [{"drug": "diazepam", "form": "tablet", "strength_mg": "10", "split": 1}]
    for dose in ("40", "30"):
        assert steps_followed(build(of("bnf_diazepam_40_eighths", "diazepam", dose))) is not None
        assert steps_followed(build(of("bnf_diazepam_40_eighths", "diazepam", dose, products=coarse))) is None


def test_a_pause_or_another_end_is_not_what_was_published() -> None:
    pause = [{"from": "2026-12-20", "days": 14}]
    assert followed(of("bnf_diazepam_40_eighths", "diazepam", "40", pauses=pause)) is None
    assert followed(of("bnf_diazepam_40_eighths", "diazepam", "40", goal_mg="10")) is None


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TaperError) as refused:
        asked(published="ashton_99")
    assert (refused.value.code, refused.value.where) == ("not_one_of", "published")
    assert refused.value.facts["allowed"] == ALL


@pytest.mark.parametrize(
    ("old", "new", "why", "where"),
    [
        ('mark = "verified"', 'mark = "sure"', "unreadable", "mark"),
        ('mark = "verified"\n', "", "missing", "mark"),
        ('kind = "guideline"', 'kind = "book"', "unreadable", "kind"),
        ('origin = "GB"', 'origin = "UK1"', "country", "origin"),
        ("gathered = 2", "gathered = 3", "unreadable", "gathered"),
        ("gathered = 2", "gathered = 2.0", "missing", "gathered"),
        ("gathered = 2", "gathered = 2\nany_drug = true", "unreadable", "any_drug"),
        ("gathered = 2", 'gathered = 2\nauthor = "x"', "unknown_key", "author"),
        ("stage_days = 14", "stage_days = 0", "out_of_range", "request.crossover.stage_days"),
        ("[request]", '[request]\nstart = "2026-11-30"', "unknown_key", "request.start"),
        ('drug = "diazepam", dose_mg = "9"', 'drug = "diazepam", dose_mg = "9,0"', "bad_amount",
         "printed[2].doses[0].dose_mg"),
        ("[request]", '[[taken]]\nstep = 99\ntake = "1"\n\n[request]', "unreadable", "taken[0].step"),
        ("[request]", '[[differs]]\nstep = 1\nwhat = "colour"\nwhy = "x"\n\n[request]', "unreadable",
         "differs[0].what"),
        ("[request]", '[[differs]]\nstep = 1\nwhat = "days"\n\n[request]', "missing", "differs[0].why"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_the_grammar_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, why: str, where: str
) -> None:
    text = (published_names.FOLDER / "scotland_lorazepam_2.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "scotland.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadCatalogue) as refusal:
        read_published(file)
    assert (refusal.value.facts["why"], refusal.value.where) == (why, where)


@pytest.mark.parametrize(
    ("name", "text", "why"), [("a.toml", "title = ", "not_toml"), ("A-b.toml", "", "name")]
)
def test_a_file_that_is_no_toml_or_has_no_plain_name_is_refused(
    tmp_path: Path, name: str, text: str, why: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadCatalogue) as refusal:
        read_published(tmp_path / name)
    assert refusal.value.facts["why"] == why
