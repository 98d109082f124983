"""Every place that shows what is taken on a day, as text, for a given patient and plan."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client

from plans.documents.kinds import draw, read_back
from plans.domain.taper.options import TaperOption
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.schedule import Step
from plans.services import clock, documents, drawing
from plans.services.plans import pictures
from plans.services.plans.compare import compare
from plans.services.plans.picture_data import PictureData, stairs_of
from plans.web.clinician.picture import drawing as picture
from plans.web.clinician.plan.steps import step_rows
from plans.wording import options
from plans.wording.directions import sig
from plans.wording.options import OptionWords
from tests.documents.reading import text_of
from tests.makers_plans import story_request
from tests.web.lives import Life
from tests.web.markup import tight


def said(page: str) -> str:
    """The words of a piece of a page, in small letters."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", plain).strip().lower()


def piece(pattern: str, page: str) -> str:
    """The part of a page that a pattern's group holds."""
    found = re.search(pattern, page, re.DOTALL) or re.search(pattern, tight(page), re.DOTALL)
    assert found is not None, f"nothing like {pattern}"
    return said(found[1])


def row_of(page: str, name: str) -> str:
    """The cells of the table row that begins with a name, each under the words of its column."""
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        heads = [said(one) for one in re.findall(r"<th scope=\"col\".*?</th>", table, re.DOTALL)]
        for row in re.findall(r"<tr[ >].*?</tr>", table, re.DOTALL):
            first = re.search(r"<th scope=\"row\".*?</th>", row, re.DOTALL)
            if first is not None and said(first[0]).startswith(name.lower()):
                cells = re.findall(r"<td.*?</td>", row, re.DOTALL)
                return " ; ".join(
                    f"{head} {said(cell)}" for head, cell in zip(heads[1:], cells, strict=False)
                )
    raise AssertionError(f"no row {name}")


def _level_row(life: Life) -> str:
    day = life.step.start
    return piece(
        rf">{day.day}\u00a0{day:%B}\u00a0{day.year}</a></th><td class=\"n doses\">(.*?)</td>", life.plan_page
    )


def _stairs(life: Life) -> str:
    data = pictures.picture(life.clinic.primary, life.plan.pk)
    return piece(r'<text class="dose now[^>]*>(.*?)</text>', str(picture.beside(data)))


def _draft(life: Life) -> str:
    taper = life.preview.taper
    assert taper is not None
    svg = str(picture.draft(PictureData(stairs_of(taper.schedule, taper.equivalence))))
    return piece(r"<desc[^>]*>.*?from (.*?) to no dose", svg)


def _draft_steps(life: Life) -> str:
    taper = life.preview.taper
    assert taper is not None
    page = render_to_string("clinic/plan_steps.html", {"rows": step_rows(taper)})
    return piece(r'<td class="n doses"><b>(.*?)</b>', page)


def _option(life: Life) -> OptionWords:
    """The plan as one to choose from with the patient."""
    assert life.preview.taper is not None
    return options.option_words(TaperOption(PreparationName.TABLETS, life.preview.taper, chosen=True))


def _begins(life: Life) -> str:
    assert life.preview.taper is not None
    return said(options.from_to(life.preview.taper))


def _moves(life: Life) -> str:
    sent = {
        "seen_lock": str(life.item.lock), "plan_lock": str(life.plan.lock), "act-act": "hold",
        "act-days": "14", "act-start": "today", "act-act_note": "",
    }  # fmt: skip
    page = life.staff.post(f"/items/{life.item.pk}/preview", sent).content.decode()
    return piece(r"Dose a day</th><td>(.*?)</td>", page)


def _compared(life: Life) -> str:
    """What the version in force says of today, beside itself or the version before it."""
    found = compare(life.clinic.primary, life.plan.pk)
    today = next(one for one in found.stretches if one.start <= life.today <= one.end)
    page = life.get(f"/plans/{life.plan.pk}/compare?one={found.one}&other={found.other}")
    day = f"{today.start.day} {today.start:%b} {today.start.year}"
    # Before the first time of day: the day's total.
    return row_of(page, day).split(" ; ")[1].partition(":")[0]


def _leaf(life: Life) -> str:
    page = life.phone.get("/p/calendar").content.decode()
    day = f"{life.today:%a} {life.today.day} {life.today:%b}"
    return piece(rf'<th scope="row" class="nowrap">{day}(.*?)</tr>', page)


def _feed(life: Life) -> str:
    life.phone.post("/p/feed", {"act": "open_doses"})
    address = re.search(r"/f/[\w-]+\.ics", life.phone.get("/p/feed").content.decode())
    assert address is not None
    text = re.sub(r"\r\n[ \t]", "", Client().get(address[0]).content.decode()).replace("\\", "")
    events = text.split("BEGIN:VEVENT")[1:]
    first = f"DTSTART;VALUE=DATE:{life.step.start:%Y%m%d}"
    return piece(r"SUMMARY[^:]*:(.*?)\r\n", next(one for one in events if first in one))


def answer(life: Life, form: str, folder: Path) -> str:
    """What the command says of the plan's request, in one of its formats."""
    path = folder / "request.json"
    path.write_text(json.dumps(story_request(life.schedule.start, life.story)))
    out = io.StringIO()
    call_command("taper", str(path), format=form, stdout=out)
    return out.getvalue()


def document(life: Life, kind: str, size: str) -> tuple[str, tuple[Any, ...]]:
    """A document of the version in force as text, and everything that its reading back finds."""
    day = f"@{life.today.isoformat()}" if kind == "summary" else ""
    variant = f"a4-{size}-en{day}"
    documents.ask(life.plan.active_version, now=clock.now(), kind=kind, variant=variant)
    facts = drawing.facts_of(life.plan.active_version_id, kind=kind, variant=variant)
    pdf = draw(facts)
    return text_of(pdf).replace("\u00a0", " ").lower(), read_back(pdf, facts)


def _visit(life: Life, query: str) -> str:
    page = life.get(f"/plans/{life.plan.pk}/visit{query}")
    return piece(r'>Now</th><td class="doses"><b>(.*?)</b>', page)


def _figure(name: str) -> Callable[[Life], str]:
    return lambda life: piece(rf"<dt>{name}</dt><dd>(.*?)<small>", life.plan_page)


@dataclass(frozen=True)
class Place:
    """Where a dose is shown: its text, of which day ("today", "next", "first" or "version"), and how it is said.

    `how`: "day" is the day's total of each drug, "times" each single dose, and "drug" a dose beside a drug that is
    named once, where the plan has only one.
    """

    text: Callable[[Life], str]
    of: str = "today"
    how: str = "day"

    def step(self, life: Life) -> Step:
        """The step whose dose must be said."""
        if self.of == "next":
            return life.next
        if self.of == "first" or (self.of == "version" and not life.act):
            return life.schedule.steps[0]
        return life.step

    def wanted(self, life: Life) -> list[tuple[str, str]]:
        """Each drug with its milligrams, as they must stand there."""
        step = self.step(life)
        if self.how == "day":
            return [(drug, dose.text) for drug, dose in step.day]
        return [(dose.drug, dose.dose.text) for dose in step.doses]


PLACES: dict[str, Place] = {
    "caseload": Place(lambda life: piece(r'data-label="Dose today">(.*?)</td>', life.get("/"))),
    "patient, plans": Place(
        lambda life: piece(
            r'h-plans"><table.*?<td class="n doses">(.*?)</td>', life.get(f"/patients/{life.plan.patient_id}")
        )
    ),
    "patient, next change": Place(
        lambda life: piece(
            r'h-plans"><table.*?<span class="sub">to (.*?)</span>',
            life.get(f"/patients/{life.plan.patient_id}"),
        ),
        of="next",
    ),
    "queue": Place(lambda life: row_of(life.get("/queue") if life.item else "", life.plan.patient.name)),
    "item": Place(
        lambda life: piece(
            r'id="h-act".*?<span class="hint">(.*?)</span>', life.get(f"/items/{life.item.pk}")
        )
    ),
    "item, today": Place(
        lambda life: piece(r"<dt>Today</dt>\s*<dd>(.*?)(?:;|<span)", life.get(f"/items/{life.item.pk}"))
    ),
    "item, next change": Place(
        lambda life: piece(r'<p class="next">.*?<b>(.*?)</b>', life.get(f"/items/{life.item.pk}")), of="next"
    ),
    "item, what moves": Place(_moves),
    "plan, dose today": Place(_figure("Dose today")),
    "plan, times of today": Place(
        lambda life: piece(r"<dt>Dose today</dt><dd>.*?<small>(.*?)</small>", life.plan_page), how="times"
    ),
    "plan, next change": Place(_figure("Next change"), of="next"),
    "plan, step": Place(
        lambda life: piece(
            r'<tr aria-current="true"><td class="n" data-label="Step">.*?<b>(.*?)</b>', life.plan_page
        )
    ),
    "record text, next change": Place(
        lambda life: piece(
            r"Dose changes to come\n- [^:]*: ([^\n<]*)", life.get(f"/plans/{life.plan.pk}/record")
        ),
        how="times",
        of="next",
    ),
    "plan, version": Place(
        lambda life: piece(
            r'<tr aria-current="true"><th scope="row" class="nowrap">\d.*?</th><td>([^<]*)',
            life.plan_page,
        ),
        of="version",
    ),
    "picture": Place(_stairs),
    "picture, table": Place(_level_row),
    "plan, one day": Place(
        lambda life: piece(r"<h3>To be taken</h3>(.*?)<h3>", life.get(f"/plans/{life.plan.pk}/day")),
        how="times",
    ),
    "visit summary": Place(lambda life: _visit(life, "")),
    "patient's visit summary": Place(lambda life: _visit(life, "?for=patient")),
    "change, title": Place(lambda life: piece(r"is in force, (.*?)</span>", life.change_page())),
    "change, now": Place(lambda life: piece(r"Dose a day</th><td>(.*?)</td>", life.change_page())),
    "change, after": Place(
        lambda life: piece(r"Dose a day</th><td>.*?</td><td>(.*?)</td>", life.change_page("stop_here"))
    ),
    "change, next": Place(
        lambda life: piece(r"Next change</th><td>(.*?)</td>", life.change_page()), of="next"
    ),
    "change, button": Place(
        lambda life: piece(r'id="change-go"[^>]*>(.*?)</button>', life.change_page("stop_here"))
    ),
    "compare": Place(_compared),
    "draft, picture": Place(_draft, of="first"),
    "draft, steps": Place(_draft_steps, of="first"),
    "options, begin": Place(_begins, of="first"),
    "options, picture": Place(
        lambda life: piece(r"from (.*?) to no dose", _option(life).picture), of="first"
    ),
    "calendar to print": Place(
        lambda life: row_of(
            life.get(f"/plans/{life.plan.pk}/calendar"),
            f"{life.today:%a} {life.today.day} {life.today:%b}",
        ),
        how="drug",
    ),
    "calendar to print, step": Place(
        lambda life: piece(
            r"<caption[^>]*>[^<]*</caption>.*?<tbody>\s*<tr[^>]*>(.*?)</tr>",
            life.get(f"/plans/{life.plan.pk}/calendar"),
        ),
        how="drug",
    ),
    "patient's page": Place(
        lambda life: piece(
            r'aria-labelledby="h-today">(.*?)</section>', life.phone.get("/p/").content.decode()
        ),
        how="drug",
    ),
    "patient's page, next change": Place(
        lambda life: piece(r'id="h-next">.*?<b>(.*?)</b>', life.phone.get("/p/").content.decode()), of="next"
    ),
    "patient's calendar": Place(_leaf, how="drug"),
    "feed": Place(_feed, how="times"),
    "label": Place(lambda life: " ".join(said(sig(life.step, drug)) for drug in life.step.day.drugs)),
}
