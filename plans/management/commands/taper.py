"""`manage.py taper [FILE|-]`: a taper from a JSON request; no database, no server, no environment variable.

Every refusal, from a wrong option to a dose that cannot be made, is one JSON object on standard error with exit status
2 and nothing on standard output. The format is documented in `docs/taper-json.md`.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser, handle_default_options

from plans.domain.errors import TaperplanError
from plans.domain.taper import published_names
from plans.domain.taper.answer import answer, refusal
from plans.domain.taper.crossover_range import RangeEnd
from plans.domain.taper.drug import DEFAULT_COUNTRY
from plans.domain.taper.engine import build
from plans.domain.taper.published.files import check_rows, schedule, schedules
from plans.domain.taper.reading import MOST_BYTES, read_json, word
from plans.domain.taper.refusals import UnreadableFile, WrongOption
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.rows_file import typed_method
from plans.domain.taper.schedule import TimeOfDay, in_order
from plans.wording.methods import end_words, mark_words, table_words
from plans.wording.published import published_words
from plans.wording.taper import forms_as_in, says

# Any: the answer as described by docs/taper-answer.schema.json.
Answer = Mapping[str, Any]


class Command(BaseCommand):
    """Compute a taper."""

    help = "Compute a taper from a JSON request (docs/taper-json.md); needs no database and no server."
    country = DEFAULT_COUNTRY
    """Of the request, as soon as one is read: forms are named as there."""
    # Nothing here needs the database or an installation's settings.
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]  # Django's stub says instance variable

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of this command."""
        parser.add_argument(
            "file", nargs="?", default="-", help="the request; - reads standard input (default)"
        )
        parser.add_argument(
            "--format", choices=tuple(FORMATS), default="json", help="how to print the answer"
        )
        parser.add_argument(
            "--rows", metavar="CSV", help="a file of typed rows, in place of the request's method"
        )
        parser.add_argument(
            "--schedule",
            metavar="NAME",
            help="a published schedule; the keys of the request stand in the place of its own",
        )
        parser.add_argument(
            "--schedules", action="store_true", help="list the published schedules and read no request"
        )
        parser.add_argument("--exposure", action="store_true", help="add the relative blood-level curve")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line; every refusal becomes JSON on standard error and exit status 2."""
        try:
            # Django's own command-line mode would print its own text for a wrong option.
            options = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
            handle_default_options(options)
            _always_utf8(sys.stdout)
            self.stdout.write(self.handle(**vars(options)), ending="")
        except CommandError as fault:
            self._refuse(WrongOption(message=str(fault).removeprefix("Error: ")))
        except TaperplanError as fault:
            self._refuse(fault)

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> str:
        """Compute and return the answer's text. Raises TaperplanError."""
        if options["schedules"]:
            return "".join(f"{one.name}  {published_words(one)}\n" for one in schedules())
        asked = read_json(_read(options["file"]))
        if options["schedule"] is not None and isinstance(asked, dict):
            asked = schedule(word(options["schedule"], "schedule", published_names.names())).request_from(
                asked
            )
        if options["rows"] is not None and isinstance(asked, dict):
            asked["method"] = typed_method(_read(options["rows"]).decode("utf-8", "replace"))
        request = TaperRequest.from_json(asked)
        check_rows(request)
        self.country = request.country
        with forms_as_in(self.country):
            return FORMATS[options["format"]](answer(build(request), says=says, exposure=options["exposure"]))

    def _refuse(self, fault: TaperplanError) -> None:
        with forms_as_in(self.country):
            self.stderr.write(json.dumps(refusal(fault, says=says)), style_func=str)
        sys.exit(2)


def _always_utf8(stream: TextIO) -> None:
    """Write the same bytes on every machine, whatever its locale."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def _read(file: str) -> bytes:
    """The bytes of a file or of standard input, at most one more than allowed."""
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(file).open("rb") as found:
            return found.read(MOST_BYTES + 1)
    except (OSError, ValueError) as fault:
        raise UnreadableFile(file=file[:200], why=type(fault).__name__) from None


def _as_json(found: Answer) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _rows(found: Answer) -> Iterable[tuple[Answer, Answer]]:
    for step in found["steps"]:
        for dose in step["doses"] or [{"time": "", "drug": "", "dose_mg": "0", "take": []}]:
            yield step, dose


def _taken(dose: Answer) -> str:
    """What to take for a dose, piece by piece: "1.5 clonazepam tablet 0.5 mg; …", "0.4 mL diazepam solution …"."""
    return "; ".join(_one_taken(take) for take in dose["take"])


def _one_taken(take: Answer) -> str:
    if "drops" in take:
        return f"{take['drops']} drops {take['product']}"
    if "pieces" in take:
        return f"{take['pieces']} {take['product']}"
    draws = take.get("draws", ())
    drawn = f" ({', then '.join(one['ml'] + ' mL' for one in draws)})" if len(draws) > 1 else ""
    return f"{take['ml']} mL{drawn} {take['product']}"


def _both_ends(step: Answer) -> str:
    """The range of a day's diazepam equivalents over all tables: "15 to 30 mg"."""
    ends = step["diazepam_equivalent_range_mg"]
    if ends is None:
        return "no table"
    return f"{ends['low']} mg" if ends["low"] == ends["high"] else f"{ends['low']} to {ends['high']} mg"


def _as_csv(found: Answer) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    ends = ["diazepam_equivalent_low_mg", "diazepam_equivalent_high_mg"]
    # a column of its own where any dose is not taken every day
    on = ["days_of_week"] if any("days_of_week" in dose for _, dose in _rows(found)) else []
    writer.writerow(
        ["n", "start", "end", "days", "kind", "time", "drug", "dose_mg", "take", "change_percent", *ends, *on]
    )
    for step, dose in _rows(found):
        writer.writerow(
            [
                *(step[key] for key in ("n", "start", "end", "days", "kind")),
                *(dose[key] for key in ("time", "drug", "dose_mg")),
                _taken(dose),
                step["change_percent"],
                *(step["diazepam_equivalent_range_mg"] or {"low": "", "high": ""}).values(),
                *(" ".join(dose.get("days_of_week", ())) for _ in on),
            ]
        )
    return text.getvalue()


def _on_days(dose: Answer) -> str:
    """The days of the week of a dose that is not taken every day: " on Mon, Wed, Fri"."""
    days = dose.get("days_of_week", ())
    return f" on {', '.join(day[:3].capitalize() for day in days)}" if days else ""


def _as_table(found: Answer) -> str:
    times = in_order(TimeOfDay(dose["time"]) for step in found["steps"] for dose in step["doses"])
    rows = [["step", "from", "until", "days", *times, "a day", "change", "diazepam equivalent"]]
    for step in found["steps"]:
        by_time = {
            time: " and ".join(
                f"{dose['dose_mg']} mg {dose['drug']}{_on_days(dose)}"
                for dose in step["doses"]
                if dose["time"] == time
            )
            for time in times
        }
        of_week = " a week" if "week_mg" in step else ""
        totals = step.get("week_mg", step["total_mg"])
        day = " and ".join(f"{mg} mg {drug}{of_week}" for drug, mg in totals.items() if mg != "0")
        rows.append(
            [str(step["n"]), step["start"], step["end"], str(step["days"])]
            + [by_time[time] or "none" for time in times]
            + [day or "none", f"{step['change_percent']} %", _both_ends(step)]
        )
    used = [
        n for n in range(len(rows[0])) if rows[0][n] not in times or any(row[n] != "none" for row in rows[1:])
    ]
    lines = _aligned([[row[n] for n in used] for row in rows])
    lines += ["", *_switch(found), *_measured(found), *_supply(found)] + [
        f"{verdict['level']}: {verdict['says']}" for verdict in (*found["verdicts"], *_cautions(found))
    ]
    return "\n".join(lines).rstrip() + "\n"


def _aligned(rows: list[list[str]]) -> list[str]:
    """The rows as lines, every column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _switch(found: Answer) -> list[str]:
    """The switch by both ends of the published equivalents, as the page of a plan shows it; then refusals, sources."""
    ends = [(end_words(RangeEnd(one["end"])), one) for one in found.get("crossover_range", ())]
    if not ends:
        return []
    rows = [
        ["equivalent", "table", "equals, a day", "first stage", "after the switch", "stages", "last dose"]
    ]
    for name, one in ends:
        planned = [f"{one['first_dose_mg']} mg", f"{one['whole_dose_mg']} mg", str(one["stages"])]
        planned.append(one["last_day"] or "stays on a dose")
        rows.append(
            [name, table_words(one["table"]), f"{one['equal_mg']} mg"]
            + (["none"] * len(planned) if one["refused"] else planned)
        )
    said = [f"{name}: {one['refused']}" for name, one in ends if one["refused"]]
    said += [f"{name}: {one['source']} ({mark_words(one['mark'])})" for name, one in ends]
    to = found["request"]["crossover"]["to"]
    return [f"switch: both ends of the published equivalents, doses of {to}", *_aligned(rows), *said, ""]


def _measured(found: Answer) -> list[str]:
    """How doses in drops or from named syringes are made, once each."""
    said = [
        f"dose: {dose['dose_mg']} mg {dose['drug']}: {_taken(dose)}"
        for _, dose in _rows(found)
        if any("drops" in take or "draws" in take for take in dose["take"])
    ]
    return list(dict.fromkeys(said))


def _supply(found: Answer) -> list[str]:
    """The supply besides its fills: bottles made at home, sizes to order, and how long the stock at home lasts."""
    said = [f"made at home: {one['count']} times {one['product']}" for one in found.get("bottles", ())]
    for one in found.get("orders", ()):
        fills = ", ".join(f"{fill['whole_units']} by {fill['there_by']}" for fill in one["fills"])
        said.append(
            f"to order: {one['whole_units']} times {one['product']} "
            f"(together {one['together_mg']} mg): {fills}"
        )
    if "run_out" in found:
        said.append(
            f"stock at hand: not enough from {found['run_out']}"
            if found["run_out"]
            else "stock at hand: enough"
        )
    return said


def _cautions(found: Answer) -> list[dict[str, str]]:
    return [{"level": "caution", "says": caution["says"]} for caution in found["cautions"]]


FORMATS: Final[dict[str, Callable[[Answer], str]]] = {"json": _as_json, "table": _as_table, "csv": _as_csv}
