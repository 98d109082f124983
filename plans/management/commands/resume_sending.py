"""`manage.py resume_sending`: resume sending after a restored backup, a clock jump or a pause by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.services import heartbeat, restoring


class Command(BaseCommand):
    """Without options show the state; `--yes` resumes; `--pause` stops messages to patients."""

    help = (
        "Show why sending is paused and what may already have gone; with --yes, go on. --pause stops messages to "
        "patients; alerts to clinicians go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--yes", action="store_true", help="go on")
        parser.add_argument(
            "--this-is-the-service",
            action="store_true",
            help="go on where a database was copied to another host: from now on this one sends, and no other",
        )
        parser.add_argument(
            "--pause",
            action="store_true",
            help="stop messages to patients; what was due by then may have gone, and is listed when it goes on",
        )
        parser.add_argument(
            "--into-files",
            action="store_true",
            help="with --pause: this is a copy for a drill, and all it sends goes into files",
        )
        parser.add_argument(
            "--hold-alerts",
            action="store_true",
            help="with --pause: hold alerts to clinicians too, for an hour at most",
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Show, resume or pause. Raises CommandError for options that exclude each other."""
        if (options["hold_alerts"] or options["into_files"]) and not options["pause"]:
            raise CommandError("--hold-alerts and --into-files belong to --pause.")
        if options["into_files"]:
            heartbeat.set_paused(True, why=heartbeat.COPIED)
            self.stdout.write("All that leaves goes into files in VAR_DIR/messages.")
            return
        if options["pause"]:
            self._pause(hold_alerts=options["hold_alerts"])
            return
        restoring.is_original_database()
        why = heartbeat.paused_because()
        if not why:
            self.stdout.write("Sending is not paused.")
            return
        self.stdout.write(f"Sending is paused: {why}.")
        if why in heartbeat.PUT_BACK:
            self._tell(restoring.may_have_gone())
        if why == heartbeat.COPIED and not options["this_is_the_service"]:
            self.stdout.write(
                "Nothing outside this database knows it: it is a copy on another host, and all it sends goes into "
                "files. If it is to serve patients now and no other does, `manage.py resume_sending "
                "--this-is-the-service` goes on."
            )
            return
        if not options["yes"] and not options["this_is_the_service"]:
            self.stdout.write("Nothing was changed. `manage.py resume_sending --yes` goes on.")
            return
        unknown = restoring.resume()
        self.stdout.write(
            f"Sending goes on. {unknown} messages may have gone out before: each stands in its clinic's message "
            "log as unknown, to be left or sent once more."
        )

    def _pause(self, *, hold_alerts: bool) -> None:
        heartbeat.set_paused(True, why=heartbeat.RESTORED, hold_alerts=hold_alerts)
        self.stdout.write("Messages to patients are paused until `manage.py resume_sending --yes`.")
        if hold_alerts:
            self.stdout.write(
                self.style.WARNING(
                    "WARNING: alerts to clinicians are held as well, for an hour: until then nobody is told that a "
                    "patient answered with thoughts of suicide or a fit. Ring the people on duty now, and let them "
                    "look at the queue. After the hour alerts go by themselves."
                )
            )
        else:
            self.stdout.write("Alerts to clinicians go on.")

    def _tell(self, found: restoring.MayHaveGone) -> None:
        self.stdout.write(
            "What was due before the restored database was noticed may already have gone: "
            + (
                ", ".join(f"{count} {kind}" for kind, count in sorted(found.messages.items()))
                or "no messages"
            )
            + f"; {found.alerts} alerts; {found.check_ins} check-ins not yet asked"
            + (f"; the oldest since {found.oldest:%d %B %Y %H:%M} UTC." if found.oldest else ".")
        )
