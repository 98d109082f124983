"""The picture of a plan: horizontal and vertical strokes only, shapes and words for everything, nothing inline."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from plans.domain.amounts import Dose
from plans.domain.regimen import DayDose
from plans.domain.taper.schedule import StepKind
from plans.services.plans.picture_data import (
    CheckInPoint,
    ExposureLevel,
    FlagMark,
    LanePoint,
    LevelDay,
    PictureData,
    PictureLane,
    Stairs,
    TakenMark,
    Tread,
)
from plans.web.clinician.picture import drawing as picture

START = date(2026, 7, 13)
NBSP = "\u00a0"
MG = f"{NBSP}mg"


def day(n):
    return START + timedelta(days=n)


def tread(n, start, end, dose, kind=StepKind.CUT, makeable=True):
    mg = Dose.parse(dose)
    return Tread(n, day(start), day(end), mg, DayDose.of({"clonazepam": mg}), kind, makeable)


def data(*, treads=None, drugs=("clonazepam",), **changes):
    whole = {
        "stairs": treads
        or (
            tread(1, 0, 13, "2", StepKind.START),
            tread(2, 14, 27, "1.75"),
            tread(3, 28, 41, "1.75", StepKind.HOLD),
            tread(4, 42, 48, "1.5"),
            tread(5, 49, 62, "1.75", StepKind.STEP_BACK),
            tread(6, 63, 76, "1.5"),
            tread(7, 77, 90, "1"),
            tread(8, 91, 91, "0", StepKind.STOP),
        ),
        "today": day(64),
        "lanes": (
            PictureLane("phq2", 6, 3, (LanePoint(day(0), 2), LanePoint(day(7), None), LanePoint(day(14), 3))),
            PictureLane("sx_sleep", 4, 3, (LanePoint(day(0), 1), LanePoint(day(7), 1))),
        ),
        "asked": (
            CheckInPoint(day(0), "answered"),
            CheckInPoint(day(7), "missed"),
            CheckInPoint(day(70), "planned"),
        ),
        "flags": (
            FlagMark(day(14), "urgent", "U3", {"kind": "plan"}),
            FlagMark(day(21), "routine", "R5", {}),
        ),
        "taken": (TakenMark(day(1), "planned"), TakenMark(day(15), "fewer"), TakenMark(day(50), "extra")),
    }
    found = {**whole, **changes}
    return PictureData(**{**found, "stairs": Stairs(drugs, found["stairs"])})


def drawn(svg):
    return ElementTree.fromstring(str(svg))


def paths(svg, css):
    return [
        node.get("d") for node in drawn(svg).iter() if node.get("class") == css and node.tag.endswith("path")
    ]


@pytest.mark.parametrize("draw", [picture.draft, picture.whole])
def test_the_drawing_is_well_formed_and_says_what_it_shows(draw):
    root = drawn(draw(data()))
    texts = [child.text for child in root if child.tag.split("}")[-1] in ("title", "desc")]
    assert "clonazePAM" in texts[0]
    assert f"from clonazePAM{NBSP}2{MG} to no dose" in texts[1]


@pytest.mark.parametrize("draw", [picture.draft, picture.whole])
def test_nothing_is_styled_or_scripted_inline(draw):
    for node in drawn(draw(data())).iter():
        assert "style" not in node.attrib
        assert not node.tag.endswith("script")
        assert not [name for name in node.attrib if name.startswith("on")]


def test_the_line_is_a_step_function():
    for css in ("line next", "track", "ghost"):
        for line in paths(picture.whole(data(ghost=(tread(1, 14, 27, "1.5"), tread(2, 28, 41, "1")))), css):
            assert re.fullmatch(r"(M[\d.]+ [\d.]+)([HV][\d.]+)*", line)


def test_a_cut_points_down_and_a_step_back_is_hollow_and_points_up():
    svg = picture.whole(data())
    assert len(paths(svg, "cutmark")) == 5 + 1  # the key shows one
    assert len(paths(svg, "backmark")) == 1 + 1
    assert f"step back from clonazePAM{NBSP}1.5{MG} to clonazePAM{NBSP}1.75{MG}" in svg


def test_a_dose_soon_followed_by_a_step_back_is_named_under_its_line():
    def heights(days):
        treads = (
            tread(1, 0, 27, "2", StepKind.START),
            tread(2, 28, 27 + days, "1.25"),
            tread(3, 28 + days, 90, "1.75", StepKind.STEP_BACK),
        )
        nodes = drawn(picture.whole(data(treads=treads))).iter()
        return [float(node.get("y")) for node in nodes if node.text == f"1.25{MG}"]

    assert heights(2)[0] - heights(28)[0] == 20


def test_a_hold_is_hatched_through_every_lane_with_its_word_and_days():
    svg = picture.whole(data())
    hatched = next(node for node in drawn(svg).iter() if node.get("class") == "hold")
    assert float(hatched.get("y")) + float(hatched.get("height")) > 342 + 58
    assert "14 days" in svg


def test_a_hold_cut_by_the_window_still_says_all_its_days():
    assert "14 days" in picture.whole(data(today=day(20)), weeks=4)


def test_a_lane_is_broken_where_a_check_in_was_missed():
    lines = paths(picture.whole(data()), "score")
    assert len(lines) == 1  # two answers in a row in the second lane, none in the first


def test_a_dot_is_filled_from_the_score_to_watch():
    over = [n.find("{*}title") for n in drawn(picture.whole(data())).iter() if n.get("class") == "pt over"]
    said = [title.text for title in over if title is not None]
    assert said == ["13\u00a0July\u00a02026".replace("13", "27") + ": Low mood 3 of 6"]


def test_check_ins_and_flags_are_told_apart_by_shape_and_said_in_words():
    svg = picture.whole(data())
    assert "missed" in svg
    assert "f-urgent-in" in svg
    assert "Routine" in svg


def test_days_taken_are_marks_and_other_days_are_rings_on_stems():
    svg = picture.whole(data())
    assert len([n for n in drawn(svg).iter() if n.get("class") == "odd"]) == 2 + 1
    assert "took less than planned" in svg
    assert "took more than planned" in svg


def test_the_first_version_is_a_ghost_that_says_when_it_would_have_ended():
    svg = picture.whole(data(ghost=(tread(1, 14, 27, "1.5"), tread(2, 28, 28, "0"))))
    assert "Version 1 would have ended" in svg


def test_today_says_its_date_dose_and_step():
    svg = picture.whole(data())
    assert f"1.5{MG} a day" in svg
    assert "step 6 of 8" in svg
    assert "Today 15\u00a0Sep" in svg


def test_a_dose_that_cannot_be_made_is_broken_with_a_diamond_and_no_line_runs_through_it():
    svg = picture.draft(
        data(
            treads=(tread(1, 0, 13, "2"), tread(2, 14, 27, "1.3", makeable=False), tread(3, 28, 41, "1")),
            today=None,
        )
    )
    assert len(paths(svg, "bad")) == 1
    assert len(paths(svg, "line")) == 2


def test_nothing_is_drawn_outside_the_drawing():
    for weeks in (None, 12, 8):
        for node in drawn(picture.whole(data(), weeks=weeks)).iter():
            for name in ("x", "cx"):
                if node.get(name):
                    assert 0 <= float(node.get(name)) <= 1200


def test_words_from_outside_are_escaped():
    assert "<b>" not in picture.whole(data(drugs=("<b>x",)))


@pytest.mark.parametrize("count", [1, 2, 400])
def test_plans_of_any_length_are_drawn(count):
    treads = tuple(tread(n + 1, n * 7, n * 7 + 6, "1", StepKind.CUT) for n in range(count))
    drawn(picture.whole(data(treads=treads, today=day(3))))
    drawn(picture.draft(data(treads=treads, today=None)))


def test_several_flags_of_a_day_are_one_mark_of_the_most_urgent_and_its_title_says_them_all():
    flags = (
        FlagMark(day(14), "routine", "R5", {}),
        FlagMark(day(14), "urgent", "U3", {"kind": "plan"}),
        FlagMark(day(21), "info", "I1", {}),
    )
    svg = picture.whole(data(flags=flags))
    titles = [
        n.find("{*}title").text for n in drawn(svg).iter() if n.tag == "g" and n.find("{*}title") is not None
    ]
    marks = [title for title in titles if "Urgent:" in title or "Routine:" in title]
    assert len(marks) == 1
    assert marks[0].index("Urgent:") < marks[0].index("Routine:")
    assert len(paths(svg, "f-urgent")) == 1 + 1  # the key shows one


def test_the_words_beside_a_lane_stay_inside_a_narrow_picture():
    svg = picture.beside(data(today=day(64)))
    said = [n.text for n in drawn(svg).iter() if n.text and "since last time" in n.text]
    assert said == ["up 1 since last time"]
    assert "since the start" in picture.whole(data(today=day(64)))


def levels(**changes):
    usual = tuple(LevelDay(day(n), 90 - n // 2, 110 - n // 2) for n in range(106))
    return ExposureLevel(**{"days": usual, "inputs": (), "table": "ashton_2002", **changes})


def test_the_relative_level_is_a_ribbon_with_a_line_at_every_fifty_percent_and_todays_range_in_words():
    svg = picture.whole(data(level=levels(), lanes=()))
    assert len(paths(svg, "level")) == 1
    ticks = [
        n.text
        for n in drawn(svg).iter()
        if n.get("class") == "axis end" and n.text and n.text.endswith("\u00a0%")
    ]
    assert ticks == ["0\u00a0%", "50\u00a0%", "100\u00a0%"]
    assert "58\u00a0to\u00a078\u00a0% today" in svg


def test_without_a_common_level_nothing_is_drawn_for_it():
    assert not paths(picture.whole(data(level=levels(days=()), lanes=())), "level")


@pytest.mark.parametrize(("peak", "lines"), [(100, 3), (200, 5), (201, 3), (418, 3), (900, 2), (5000, 6)])
def test_a_level_of_any_height_has_few_lines(peak, lines):
    svg = picture.whole(
        data(level=levels(days=(LevelDay(day(0), 0, peak), LevelDay(day(1), 0, peak))), lanes=())
    )
    assert len([n for n in drawn(svg).iter() if n.text and n.text.endswith("\u00a0%")]) == lines


TWO = DayDose.of({"alprazolam": Dose.parse("3"), "diazepam": Dose.parse("10")})


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ({"table": "ashton_2002"}, "Shown: ALPRAZolam + diazePAM together, as diazepam equivalents"),
        ({"alone": "diazepam"}, "Shown: diazePAM alone."),
    ],
)
def test_stairs_of_two_drugs_say_what_their_height_is_and_name_both(scale, said):
    treads = (
        Tread(1, day(0), day(13), Dose.parse("10"), TWO, StepKind.START),
        Tread(2, day(14), day(27), Dose.parse("5"), DayDose.of({"diazepam": Dose.parse("5")}), StepKind.CUT),
    )
    svg = picture.whole(PictureData(Stairs(("alprazolam", "diazepam"), treads, **scale), today=day(3)))
    assert svg.count(said) == 2  # for eyes and for screen readers
    assert f"ALPRAZolam{NBSP}3{MG} + diazePAM{NBSP}10{MG} a day" in svg
    assert f">10{MG}</text>" not in svg.partition('class="line')[2]


def test_what_the_height_is_and_todays_step_stand_apart_before_a_change():
    """They were written over each other where the dose is high; on a phone the words were too small to read."""
    treads = (
        Tread(1, day(0), day(13), Dose.parse("10"), TWO, StepKind.START),
        Tread(2, day(14), day(27), Dose.parse("5"), DayDose.of({"diazepam": Dose.parse("5")}), StepKind.CUT),
    )
    svg = picture.change(
        PictureData(Stairs(("alprazolam", "diazepam"), treads, alone="diazepam"), today=day(3))
    )
    texts = {node.text: float(node.get("y")) for node in drawn(svg).iter() if node.tag.endswith("text")}
    shown = next(y for text, y in texts.items() if text and text.startswith("Shown:"))
    step = next(y for text, y in texts.items() if text and text.startswith("step "))
    assert step - shown >= 12
    assert drawn(svg).get("class") == "part"


def test_the_drug_that_begins_is_no_cut():
    before = DayDose.of({"alprazolam": Dose.parse("3")})
    treads = (
        Tread(1, day(0), day(13), Dose.parse("60"), before, StepKind.START),
        Tread(2, day(14), day(27), Dose.parse("60"), TWO, StepKind.CROSSOVER),
    )
    svg = picture.whole(
        PictureData(Stairs(("alprazolam", "diazepam"), treads, table="ashton_2002"), today=day(3))
    )
    assert f"switch from ALPRAZolam{NBSP}3{MG} to ALPRAZolam{NBSP}3{MG} + diazePAM{NBSP}10{MG}" in svg


@pytest.mark.parametrize(
    ("kind", "css", "said"),
    [
        (StepKind.CUT, "cutmark", "cut from"),
        (StepKind.RISE, "risemark", "rise from"),
        (StepKind.STEP_BACK, "backmark", "step back from"),
        (StepKind.SWAP, "cutmark", "switch from"),
        (StepKind.SPREAD, "cutmark", "same dose at other times of day,"),
    ],
)
def test_each_change_is_called_what_it_is(kind, css, said):
    low, high = (DayDose.of({"diazepam": Dose.parse(mg)}) for mg in ("5", "10"))
    first, then = (high, low) if kind is StepKind.CUT else (low, low if kind is StepKind.SPREAD else high)
    treads = (
        Tread(1, day(0), day(13), first.dose("diazepam"), first, StepKind.START),
        Tread(2, day(14), day(27), then.dose("diazepam"), then, kind),
    )
    svg = picture.whole(PictureData(Stairs(("diazepam",), treads), today=day(3)))
    assert f": {said} diazePAM" in svg
    assert f'class="{css}"' in svg


def test_a_stay_in_hospital_is_hatched_and_named():
    dose = DayDose.of({"diazepam": Dose.parse("5")})
    treads = (
        Tread(1, day(0), day(13), dose.dose("diazepam"), dose, StepKind.START),
        Tread(2, day(14), day(27), dose.dose("diazepam"), dose, StepKind.PAUSE),
    )
    svg = picture.whole(PictureData(Stairs(("diazepam",), treads), today=day(30)))
    assert "In hospital" in svg


def took(*days):
    """Days from the story's first on, each with the milligrams taken; None: more or less, nobody said how much."""
    return tuple(
        TakenMark(day(n), "fewer") if mg is None else TakenMark(day(n), "fewer", height=Dose.parse(mg))
        for n, mg in days
    )


def test_what_was_taken_is_a_line_of_its_own_at_the_dose_reported():
    svg = picture.whole(data(taken=took((1, "2"), (2, "2"), (3, "1"), (4, "1"))))
    (line, sample) = paths(svg, "took")
    assert re.fullmatch(r"M[\d.]+ ([\d.]+)H[\d.]+V([\d.]+)H[\d.]+", line)
    assert "Taken, a mark for each day reported" in svg
    assert sample.startswith("M0 ")
    assert paths(svg, "bead")[0].count("M") == 4


def test_the_line_of_what_was_taken_is_broken_where_nobody_said():
    (line, _sample) = paths(picture.whole(data(taken=took((1, "2"), (3, "2"), (4, None), (5, "2")))), "took")
    assert line.count("M") == 3
    assert "V" not in line


def test_a_dose_above_the_plan_is_drawn_inside_the_picture():
    svg = picture.whole(data(taken=took((1, "9"))))
    (line, _sample) = paths(svg, "took")
    assert float(line.split("H")[0].split(" ")[1]) >= 54


def test_screen_readers_hear_how_much_was_reported_and_how_much_of_it_differed():
    svg = picture.whole(data(taken=(TakenMark(day(1), "planned"), *took((2, "1"), (3, None)))))
    assert "Taken: 3 days reported, 2 of them not as planned." in svg


def test_a_short_span_names_its_mondays():
    svg = picture.whole(data(), span=(day(14), day(42)))
    names = [n.text for n in drawn(svg).iter() if n.get("class") == "axis" and n.text]
    assert names == ["27\u00a0Jul", "3\u00a0Aug", "10\u00a0Aug", "17\u00a0Aug"]
    root = drawn(svg)
    assert (root.get("data-first"), root.get("data-last")) == ("2026-07-27", "2026-08-24")


def test_a_span_beyond_the_plan_is_cut_to_it():
    root = drawn(picture.whole(data(), span=(day(-400), day(400))))
    assert (root.get("data-first"), root.get("data-last")) == (day(-7).isoformat(), day(98).isoformat())


@pytest.mark.parametrize("clinic", [True, False])
def test_the_picture_of_a_visit_shows_flags_to_the_clinic_alone(clinic):
    svg = picture.visit(data(), (day(0), day(90)), clinic=clinic)
    assert ("f-urgent" in svg, "Score to review" in svg, "Check-ins" in svg) == (clinic,) * 3
    assert "Taken, a mark for each day reported" in svg
