"""`manage.py load_questionnaire FILE --clinic NAME`: let a clinic ask its own instrument or items."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.domain.checkins.instrument_file import BadQuestionnaire
from plans.domain.errors import NotFound
from plans.services.checkins import questionnaire_versions

_WHY = {
    "already_published": "this version was loaded with other contents: give the file a new version",
    "is_ours": "a questionnaire of this code is part of the program: choose another code",
    "item_without_prefix": "codes of items and pages begin with the code of the questionnaire and _",
    "item_without_score": "an item that is scored has an answer without a score",
    "languages_differ": "a text is missing in one of the languages the file names",
    "missing": "this key is missing",
    "not_toml": "this is not TOML",
    "unknown_key": "this key is not known",
    "unknown_place": "this is not a place or a form of a check-in",
    "wrong_item_set": "this is not the item set of the instrument the file names",
}


class Command(BaseCommand):
    """Load or stop a questionnaire of one clinic."""

    help = "Load a questionnaire file for one clinic (or stop asking one with --stop CODE)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("file", nargs="?", type=Path, help="a TOML file, as docs/check-ins.md describes")
        parser.add_argument("--clinic", required=True, help="one clinic, by its exact name or key")
        parser.add_argument("--stop", default="", metavar="CODE", help="ask this questionnaire no longer")

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Print one line on what is asked now."""
        if bool(options["file"]) == bool(options["stop"]):
            raise CommandError("Give a file, or --stop with the code of a questionnaire.")
        try:
            if options["stop"]:
                done = questionnaire_versions.stop(clinic=options["clinic"], code=options["stop"])
                self.stdout.write("No longer asked." if done else "It was not asked.")
                return
            text = options["file"].read_text(encoding="utf-8")
            made = questionnaire_versions.load(clinic=options["clinic"], text=text)
        except (OSError, UnicodeDecodeError) as wrong:
            raise CommandError(f"{options['file']} cannot be read: {wrong}") from None
        except NotFound as fault:
            why = "several clinics have this name: give a key" if fault.facts["several"] else "no such clinic"
            raise CommandError(f"{fault.facts['named']}: {why}.") from None
        except BadQuestionnaire as bad:
            why = _WHY.get(str(bad.facts["why"]), str(bad.facts["why"]))
            raise CommandError(f"{options['file']}: {bad.where}: {why}. Nothing was loaded.") from None
        self.stdout.write(f"{made.code}, version {made.version}: asked in check-ins begun from now on.")
